"""Orders, payments and cancellations as Duffel sends them, and how they read in our words.

https://duffel.com/docs/api/v2/orders, /payments and /order-cancellations
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field, TypeAdapter

from tripsage_mcp.domain.flight import Conditions, Passenger, Slice
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import (
    AirlineCredit,
    Cancellation,
    Order,
    OrderedAncillary,
    OrderKind,
    OrderPassenger,
    OrderPayment,
    TravelDocument,
)
from tripsage_mcp.providers.duffel.wire import (
    Currency,
    Data,
    NoneIfUnreadable,
    NullAsEmpty,
    Raw,
    Stamp,
    Unreadable,
    money,
    or_unreadable,
    readable,
)
from tripsage_mcp.providers.flights.duffel_base import RawCarrier, Shared
from tripsage_mcp.providers.flights.duffel_slices import (
    MaybeConditions,
    RawPassenger,
    RawSlice,
    without_seat,
)

type _Seats = Mapping[tuple[str, str], str]


class _Person(Raw):
    id: str
    given_name: str
    family_name: str
    type: str | None = None
    infant_passenger_id: str | None = None

    def to_domain(self) -> OrderPassenger:
        return OrderPassenger(
            passenger_id=self.id,
            given_name=self.given_name,
            family_name=self.family_name,
            type=self.type,
            infant_passenger_id=self.infant_passenger_id,
        )

    def on_offer(self) -> Passenger:
        return RawPassenger(id=self.id, type=self.type).to_domain()


class _ServiceMetadata(Raw):
    designator: str | None = None


class _Service(Raw):
    type: str
    total_amount: Decimal
    total_currency: Currency
    quantity: int = 1
    passenger_ids: Annotated[list[str], NullAsEmpty] = Field(default=[])
    segment_ids: Annotated[list[str], NullAsEmpty] = Field(default=[])
    metadata: Annotated[_ServiceMetadata | None, NoneIfUnreadable] = None

    def to_domain(self, seats: _Seats) -> OrderedAncillary:
        seat = self.metadata.designator if self.metadata else None
        if seat is None and self.type == "seat":
            places = ((s, p) for s in self.segment_ids for p in self.passenger_ids)
            seat = next((seats[place] for place in places if place in seats), None)
        return OrderedAncillary(
            kind=self.type,
            quantity=self.quantity,
            price=Money(self.total_amount, self.total_currency),
            passenger_ids=tuple(self.passenger_ids),
            segment_ids=tuple(self.segment_ids),
            seat=seat,
        )


class _Document(Raw):
    type: str
    unique_identifier: str
    passenger_ids: Annotated[list[str], NullAsEmpty] = Field(default=[])

    def to_domain(self) -> TravelDocument:
        return TravelDocument(self.type, self.unique_identifier, tuple(self.passenger_ids))


class _PaymentStatus(Raw):
    awaiting_payment: bool = False
    payment_required_by: AwareDatetime | None = None
    price_guarantee_expires_at: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None


class _AirlineChange(Raw):
    action_taken: str | None = None


class RawOrder(Raw):
    """An order; what it cannot do without is what tells it apart, its flights and its price."""

    id: str
    live_mode: bool
    created_at: AwareDatetime
    owner: RawCarrier
    total_amount: Decimal
    total_currency: Currency
    slices: list[RawSlice] = Field(min_length=1)
    passengers: list[_Person]
    type: str | None = None
    offer_id: str | None = None
    booking_reference: str | None = None
    base_amount: Decimal | None = None
    base_currency: Currency | None = None
    tax_amount: Decimal | None = None
    tax_currency: Currency | None = None
    conditions: MaybeConditions = None
    payment_status: _PaymentStatus | None = None
    services: Annotated[
        list[Annotated[_Service | Unreadable, or_unreadable(_Service)]], NullAsEmpty
    ] = Field(default=[])
    documents: Annotated[
        list[Annotated[_Document | Unreadable, or_unreadable(_Document)]], NullAsEmpty
    ] = Field(default=[])
    available_actions: Annotated[list[str], NullAsEmpty] = Field(default=[])
    airline_initiated_changes: Annotated[list[_AirlineChange], NullAsEmpty] = Field(default=[])
    cancelled_at: AwareDatetime | None = None

    def to_domain(self, stamp: Stamp) -> Order:
        """Translate; raises ValueError where a time zone or an amount makes no sense."""
        shared = Shared()
        lap = without_seat(tuple(person.on_offer() for person in self.passengers))
        slices = tuple(part.to_domain(lap, shared) for part in self.slices)
        seats = _seats(slices)
        paying = self.payment_status or _PaymentStatus()
        return Order(
            order_id=self.id,
            kind=self._kind(paying),
            offer_id=self.offer_id,
            booking_reference=self.booking_reference,
            owner=shared.carrier(self.owner),
            total=Money(self.total_amount, self.total_currency),
            base=money(self.base_amount, self.base_currency),
            tax=money(self.tax_amount, self.tax_currency),
            slices=slices,
            passengers=tuple(person.to_domain() for person in self.passengers),
            conditions=self.conditions.to_domain() if self.conditions else Conditions(),
            created_at=self.created_at,
            provenance=stamp.provenance(live_mode=self.live_mode),
            ancillaries=tuple(each.to_domain(seats) for each in readable(self.services)),
            documents=tuple(each.to_domain() for each in readable(self.documents)),
            awaiting_payment=paying.awaiting_payment,
            pay_by=paying.payment_required_by,
            price_guaranteed_until=paying.price_guarantee_expires_at,
            paid_at=paying.paid_at,
            cancelled_at=self.cancelled_at,
            actions=tuple(self.available_actions),
            schedule_changed=any(
                change.action_taken is None for change in self.airline_initiated_changes
            ),
            live_mode=self.live_mode,
        )

    def _kind(self, paying: _PaymentStatus) -> OrderKind:
        match self.type:
            case "instant" | "hold":
                return self.type
            case _:
                # Older answers leave the type out; only a hold has a time to be paid by.
                held = paying.awaiting_payment or paying.payment_required_by is not None
                return "hold" if held else "instant"


def _seats(slices: tuple[Slice, ...]) -> _Seats:
    """Return the seats assigned, by segment and passenger."""
    return {
        (segment.segment_id, fare.passenger_id): fare.seat
        for part in slices
        for segment in part.segments
        for fare in segment.fares
        if segment.segment_id is not None and fare.seat is not None
    }


class RawPayment(Raw):
    """A payment; older answers do not say how it stands, which is then taken for pending."""

    id: str
    amount: Decimal
    currency: Currency
    status: str | None = None
    order_id: str | None = None
    live_mode: bool | None = None

    def to_domain(self, order_id: str, stamp: Stamp) -> OrderPayment:
        """Translate; raises ValueError where the amount makes no sense."""
        return OrderPayment(
            payment_id=self.id,
            order_id=self.order_id or order_id,
            status=self.status or "pending",
            amount=Money(self.amount, self.currency),
            provenance=stamp.provenance(live_mode=self.live_mode is not False),
        )


class _Credit(Raw):
    credit_amount: Decimal | None = None
    credit_currency: Currency | None = None
    amount: Decimal | None = None
    amount_currency: Currency | None = None
    passenger_id: str | None = None
    expires_at: datetime | date | None = None

    def to_domain(self) -> AirlineCredit:
        expires = self.expires_at
        return AirlineCredit(
            amount=money(self.credit_amount, self.credit_currency)
            or money(self.amount, self.amount_currency),
            passenger_id=self.passenger_id,
            expires_on=expires.date() if isinstance(expires, datetime) else expires,
        )


class RawCancellation(Raw):
    """What cancelling gives back."""

    id: str
    order_id: str
    live_mode: bool
    refund_amount: Decimal | None = None
    refund_currency: Currency | None = None
    refund_to: str | None = None
    expires_at: AwareDatetime | None = None
    confirmed_at: AwareDatetime | None = None
    airline_credits: Annotated[
        list[Annotated[_Credit | Unreadable, or_unreadable(_Credit)]], NullAsEmpty
    ] = Field(default=[])

    def to_domain(self, stamp: Stamp) -> Cancellation:
        """Translate; raises ValueError where the amount makes no sense."""
        return Cancellation(
            cancellation_id=self.id,
            order_id=self.order_id,
            refund=money(self.refund_amount, self.refund_currency),
            refund_to=self.refund_to or "unknown",
            provenance=stamp.provenance(live_mode=self.live_mode, expires_at=self.expires_at),
            expires_at=self.expires_at,
            confirmed_at=self.confirmed_at,
            credits=tuple(each.to_domain() for each in readable(self.airline_credits)),
        )


ORDER = TypeAdapter(Data[RawOrder])
ORDERS: TypeAdapter[Data[list[RawOrder | Unreadable]]] = TypeAdapter(
    Data[list[Annotated[RawOrder | Unreadable, or_unreadable(RawOrder)]]]
)
PAYMENT = TypeAdapter(Data[RawPayment])
CANCELLATION = TypeAdapter(Data[RawCancellation])
