"""Rooms and rates of Duffel Stays on the wire: https://duffel.com/docs/api/v2/rates.

A `total_amount` holds base, tax and fee; what is due at the accommodation comes on top of it.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.stay import Board
from tripsage_mcp.domain.stay_details import PaidWhen, RefundStep, StayRate
from tripsage_mcp.providers.duffel.wire import (
    Currency,
    NoneIfUnreadable,
    NullAsEmpty,
    Raw,
    Unreadable,
    money,
    or_unreadable,
    readable,
)

_NAME_LENGTH = 100
_CONDITION_LENGTH = 300
_MOST_CONDITIONS = 8

# Nothing costs more, whatever the currency, or is given away.
_LESS_THAN = Decimal(10) ** 12
Part = Annotated[Decimal, Field(ge=0, lt=_LESS_THAN)]
Price = Annotated[Decimal, Field(gt=0, lt=_LESS_THAN)]
Amount = Annotated[Part | None, NoneIfUnreadable]
Code = Annotated[Currency | None, NoneIfUnreadable]
Text = Annotated[str | None, NoneIfUnreadable]
Moment = Annotated[AwareDatetime | None, NoneIfUnreadable]


_BOARDS: dict[str, Board] = {
    "room_only": "room_only",
    "breakfast": "breakfast",
    "half_board": "half_board",
    "full_board": "full_board",
    "all_inclusive": "all_inclusive",
}
_PAID: dict[str, PaidWhen] = {"pay_now": "now", "guarantee": "there", "deposit": "deposit"}


class _RawBed(Raw):
    type: str
    count: int = 1


class _RawStep(Raw):
    before: AwareDatetime
    refund_amount: Part
    currency: Currency


class _RawCondition(Raw):
    title: Text = None
    description: Text = None

    def words(self) -> str:
        return plain(
            ": ".join(part for part in (self.title, self.description) if part), _CONDITION_LENGTH
        )


class RawRate(Raw):
    """A rate; without an id, a total or terms of cancelling that can be read it is none."""

    id: str
    total_amount: Price
    total_currency: Currency
    tax_amount: Amount = None
    tax_currency: Code = None
    fee_amount: Amount = None
    fee_currency: Code = None
    # Not to be overlooked: it comes on top of the total.
    due_at_accommodation_amount: Part | None = None
    due_at_accommodation_currency: Code = None
    board_type: Text = None
    payment_type: Text = None
    cancellation_timeline: Annotated[list[_RawStep], NullAsEmpty] = Field(default=[])
    conditions: Annotated[
        list[Annotated[_RawCondition | Unreadable, or_unreadable(_RawCondition)]], NullAsEmpty
    ] = Field(default=[])
    quantity_available: Annotated[int | None, NoneIfUnreadable] = None
    supported_loyalty_programme: Text = None
    loyalty_programme_required: bool = False
    name: Text = None
    description: Text = None
    expires_at: Moment = None

    def to_domain(self) -> StayRate:
        """Translate."""
        steps = [
            RefundStep(step.before, Money(step.refund_amount, step.currency))
            for step in self.cancellation_timeline
        ]
        words = [condition.words() for condition in readable(self.conditions)]
        return StayRate(
            rate_id=self.id,
            total=Money(self.total_amount, self.total_currency),
            board=_BOARDS.get(self.board_type or ""),
            tax=money(self.tax_amount, self.tax_currency),
            fee=some(self.fee_amount, self.fee_currency),
            due_there=some(self.due_at_accommodation_amount, self.due_at_accommodation_currency),
            paid=_PAID.get(self.payment_type or ""),
            cancellation=tuple(sorted(steps, key=lambda step: step.before)),
            conditions=tuple(word for word in words if word)[:_MOST_CONDITIONS],
            left=self.quantity_available,
            loyalty=self.supported_loyalty_programme,
            members_only=self.loyalty_programme_required,
            name=plain(self.name or self.description or "", _NAME_LENGTH) or None,
            expires_at=self.expires_at,
        )


class RawRoom(Raw):
    """A kind of room with its rates."""

    name: Text = None
    beds: Annotated[list[Annotated[_RawBed | Unreadable, or_unreadable(_RawBed)]], NullAsEmpty] = (
        Field(default=[])
    )
    rates: Annotated[list[Annotated[RawRate | Unreadable, or_unreadable(RawRate)]], NullAsEmpty] = (
        Field(default=[])
    )

    def beds_in_words(self) -> str | None:
        """Return its beds, e.g. `2 double, 1 single`."""
        beds = [f"{bed.count} {bed.type}" for bed in readable(self.beds)]
        return plain(", ".join(beds), _NAME_LENGTH) or None


def some(amount: Decimal | None, currency: str | None) -> Money | None:
    """Return an amount above nothing, or None."""
    return money(amount, currency) if amount else None
