"""Slices, passengers and conditions as Duffel sends them, on offers and on orders alike."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.flight import (
    Condition,
    Conditions,
    Passenger,
    PassengerType,
    Slice,
)
from tripsage_mcp.domain.flight_request import ADULT_FROM, INFANT_BELOW
from tripsage_mcp.providers.duffel.wire import Currency, NoneIfUnreadable, Raw, money
from tripsage_mcp.providers.flights.duffel_base import RawPlace, Shared
from tripsage_mcp.providers.flights.duffel_segments import RawSegment


class _Condition(Raw):
    allowed: bool
    penalty_amount: Decimal | None = None
    penalty_currency: Currency | None = None

    def to_domain(self) -> Condition:
        return Condition(self.allowed, money(self.penalty_amount, self.penalty_currency))


class RawConditions(Raw):
    """What is allowed before departure; null is unknown."""

    refund_before_departure: Annotated[_Condition | None, NoneIfUnreadable] = None
    change_before_departure: Annotated[_Condition | None, NoneIfUnreadable] = None
    advance_seat_selection: bool | None = None

    def to_domain(self) -> Conditions:
        """Translate."""
        refund, change = self.refund_before_departure, self.change_before_departure
        return Conditions(
            refund=refund.to_domain() if refund else None,
            change=change.to_domain() if change else None,
        )


# Conditions may be null, and unknown is what they are when they make no sense.
MaybeConditions = Annotated[RawConditions | None, NoneIfUnreadable]


class RawSlice(Raw):
    """One direction."""

    origin: RawPlace
    destination: RawPlace
    segments: list[RawSegment] = Field(min_length=1)
    id: str | None = None
    duration: timedelta | None = None
    fare_brand_name: str | None = None
    conditions: MaybeConditions = None

    def to_domain(self, without_seat: frozenset[str], shared: Shared) -> Slice:
        """Translate; raises ValueError where a time zone makes no sense."""
        segments = tuple(segment.to_domain(without_seat, shared) for segment in self.segments)
        elapsed = segments[-1].arrives_at - segments[0].departs_at
        conditions = self.conditions
        return Slice(
            origin=shared.airport(self.origin),
            destination=shared.airport(self.destination),
            segments=segments,
            duration=self.duration or elapsed,
            fare_brand=self.fare_brand_name,
            conditions=conditions.to_domain() if conditions else Conditions(),
            slice_id=self.id,
            seat_selection=conditions.advance_seat_selection if conditions else None,
        )


class RawPassenger(Raw):
    """Somebody on an offer or an offer request."""

    id: str
    type: str | None = None
    age: int | None = None

    def to_domain(self) -> Passenger:
        """Translate; a type that is not known is judged by the age."""
        return Passenger(self.id, self._type(), self.age)

    def _type(self) -> PassengerType:
        match self.type:
            case "adult" | "child" | "infant_without_seat":
                return self.type
            case _ if self.age is None or self.age >= ADULT_FROM:
                return "adult"
            case _:
                return "infant_without_seat" if self.age < INFANT_BELOW else "child"


def without_seat(passengers: tuple[Passenger, ...]) -> frozenset[str]:
    """Return the ids of those on somebody's lap."""
    return frozenset(p.passenger_id for p in passengers if p.type == "infant_without_seat")
