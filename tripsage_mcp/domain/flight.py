"""Flights: offer > slice > segment, in Duffel's words.

Times are aware and local to their airport, with the offset that applies there and then, so that
they can be compared and subtracted; the clock time is the one printed on the ticket.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from tripsage_mcp.domain.airports import Airport
from tripsage_mcp.domain.ancillary import Ancillary
from tripsage_mcp.domain.connections import AIRPORT_CHANGE_MINUTES, usual_minimum
from tripsage_mcp.domain.flight_request import SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance

type PassengerType = Literal["adult", "child", "infant_without_seat"]

_MINUTE = timedelta(minutes=1)
_NIGHT_HOUR = 3
_NIGHT_MINUTES = 180


@dataclass(frozen=True, slots=True)
class Passenger:
    """A person on an offer; `age` is None when the provider did not ask."""

    passenger_id: str
    type: PassengerType
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """An airline; a few small ones have no IATA code."""

    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A landing inside a segment: same aircraft, same flight number."""

    airport: Airport
    arrives_at: datetime | None = None
    departs_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Baggage:
    """Pieces included in the price; None is unknown, which is not zero."""

    carry_on: int | None = None
    checked: int | None = None


@dataclass(frozen=True, slots=True)
class Amenities:
    """What a cabin offers on one segment; None is unknown.

    Attributes:
        wifi: Provider vocabulary: `free`, `paid`, `free or paid`, `none`, or `available` when the
            price is not known.
        seat_pitch_in: Inches between two rows.
        legroom: Provider vocabulary: `less`, `standard`, `more`.
    """

    wifi: str | None = None
    power: bool | None = None
    seat_pitch_in: int | None = None
    legroom: str | None = None


@dataclass(frozen=True, slots=True)
class PassengerFare:
    """What one passenger has bought on one segment.

    Attributes:
        cabin: Provider vocabulary, usually a `CabinClass`.
        cabin_name: What the airline calls it.
        amenities: None when the airline does not say.
        seat: The assigned one, e.g. `12A`; only on an order.
    """

    passenger_id: str
    baggage: Baggage = Baggage()
    cabin: str | None = None
    cabin_name: str | None = None
    fare_basis: str | None = None
    amenities: Amenities | None = None
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One take-off and landing under one flight number.

    Attributes:
        duration: Gate to gate.
        carrier: Whose flight number it is (the marketing carrier).
        flight_number: Digits, without the carrier; empty when unknown.
        operating_carrier: Who flies it.
        baggage: What every passenger with a seat has at least.
    """

    origin: Airport
    destination: Airport
    departs_at: datetime
    arrives_at: datetime
    duration: timedelta
    carrier: Carrier
    flight_number: str
    operating_carrier: Carrier
    operating_flight_number: str | None = None
    segment_id: str | None = None
    aircraft: str | None = None
    origin_terminal: str | None = None
    destination_terminal: str | None = None
    distance_km: float | None = None
    stops: tuple[Stop, ...] = ()
    fares: tuple[PassengerFare, ...] = ()
    baggage: Baggage = Baggage()

    @property
    def flight(self) -> str:
        """The flight as printed on a board, e.g. `AA701`."""
        return f"{self.carrier.code or self.carrier.name}{self.flight_number}"

    @property
    def cabin(self) -> str | None:
        """The cabin of the first passenger; None when unknown."""
        return next((fare.cabin for fare in self.fares if fare.cabin), None)

    @property
    def amenities(self) -> Amenities | None:
        """What the cabin of the first passenger offers; None when unknown."""
        return next((fare.amenities for fare in self.fares if fare.amenities), None)


@dataclass(frozen=True, slots=True)
class Layover:
    """The wait between two segments of one slice.

    Attributes:
        airport: Where the first segment lands.
        onward: Where the next departs, when that is another airport.
        overnight: At least three hours including 03:00 local time.
        short: Under what a change usually takes there at the least, a rule of thumb; three hours
            between two airports.
    """

    airport: Airport
    minutes: int
    overnight: bool
    short: bool
    onward: Airport | None = None

    @classmethod
    def between(cls, before: Segment, after: Segment) -> "Layover":
        """Measure the wait from one segment to the next."""
        minutes = (after.departs_at - before.arrives_at) // _MINUTE
        onward = None if after.origin.code == before.destination.code else after.origin
        return cls(
            airport=before.destination,
            minutes=minutes,
            overnight=minutes >= _NIGHT_MINUTES and _spans_night(before.arrives_at, minutes),
            short=minutes < _usual_minutes(before, after),
            onward=onward,
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether something is allowed before departure, and at what price.

    Attributes:
        penalty: For the whole offer or slice it belongs to; None when not known.
    """

    allowed: bool
    penalty: Money | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """Refund and change before departure; None is unknown, which is not forbidden."""

    refund: Condition | None = None
    change: Condition | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """One direction, made of one or more segments in order.

    Attributes:
        seat_selection: Whether choosing a seat beforehand is included; None is unknown.
    """

    origin: Airport
    destination: Airport
    segments: tuple[Segment, ...]
    duration: timedelta
    fare_brand: str | None = None
    conditions: Conditions = Conditions()
    slice_id: str | None = None
    seat_selection: bool | None = None

    @property
    def departs_at(self) -> datetime:
        """When the first segment departs."""
        return self.segments[0].departs_at

    @property
    def arrives_at(self) -> datetime:
        """When the last segment arrives."""
        return self.segments[-1].arrives_at

    @property
    def arrives_days_later(self) -> int:
        """Calendar days, each local, between departure and arrival; -1 across the date line."""
        return (self.arrives_at.date() - self.departs_at.date()).days

    @property
    def connections(self) -> int:
        """Changes of flight; technical stops do not count."""
        return len(self.segments) - 1

    @property
    def layovers(self) -> tuple[Layover, ...]:
        """The waits between segments, in order."""
        return tuple(Layover.between(before, after) for before, after in pairwise(self.segments))


@dataclass(frozen=True, slots=True)
class PaymentRequirements:
    """When an offer must be paid.

    Attributes:
        instant: Must be paid when ordered; otherwise it can be held.
        pay_by: Until when a held order must be paid.
        price_guaranteed_until: Until when a held order's price is fixed.
    """

    instant: bool
    pay_by: datetime | None = None
    price_guaranteed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A priced, bookable set of slices; dies at `expires_at`.

    Attributes:
        total: For all passengers together, taxes included.
        tax: None when the provider does not split it.
        owner: Who sells it.
        documents_required: Whether identity documents are needed to order.
        documents_accepted: Provider vocabulary, e.g. `passport`.
        loyalty_programmes: Airline codes whose programme numbers are accepted.
        ancillaries: What can be bought beside the flight; None when that was not asked.
        live_mode: False for the provider's own test data.
    """

    offer_id: str
    slices: tuple[Slice, ...]
    total: Money
    base: Money | None
    tax: Money | None
    owner: Carrier
    passengers: tuple[Passenger, ...]
    conditions: Conditions
    expires_at: datetime
    provenance: Provenance
    payment: PaymentRequirements | None = None
    emissions_kg: Decimal | None = None
    documents_required: bool = False
    documents_accepted: tuple[str, ...] = ()
    loyalty_programmes: tuple[str, ...] = ()
    ancillaries: tuple[Ancillary, ...] | None = None
    live_mode: bool = False

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Every segment of every slice, in order."""
        return tuple(segment for part in self.slices for segment in part.segments)

    @property
    def fare_brands(self) -> tuple[str, ...]:
        """The distinct fare brands, in slice order."""
        return _distinct(part.fare_brand for part in self.slices)

    @property
    def cabins(self) -> tuple[str, ...]:
        """The distinct cabins, in segment order."""
        return _distinct(segment.cabin for segment in self.segments)

    @property
    def seat_selection(self) -> bool | None:
        """Whether choosing seats beforehand is included on every slice; None is unknown."""
        each = {part.seat_selection for part in self.slices}
        if False in each:
            return False
        return None if None in each else True

    @property
    def price_each(self) -> Money | None:
        """The price for one passenger, where all are of one type and it comes out exactly."""
        count = len(self.passengers)
        if count == 0 or len({passenger.type for passenger in self.passengers}) > 1:
            return None
        each = self.total.share(count)
        return each if each * count == self.total else None

    @property
    def baggage(self) -> Baggage:
        """What every passenger with a seat may take on every segment."""
        return least(segment.baggage for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why an answer is partial: not every supplier answered in time.

    Attributes:
        code: The error code of what went wrong, e.g. `provider_unavailable`.
        batches: Groups of suppliers still missing; None when the provider does not say.
    """

    code: str
    batches: int | None = None


@dataclass(frozen=True, slots=True)
class OffersFound:
    """The answer to one offer request, in the provider's own order.

    Attributes:
        search_id: Reopens the search later.
        slices: What was asked for, as the provider understood it.
        passengers: For whom.
        cabin: None when any was asked for, or the provider does not say.
        unreadable: Offers left out because they could not be understood.
        unanswered: None when every supplier asked has answered.
    """

    search_id: str
    offers: tuple[Offer, ...]
    provenance: Provenance
    slices: tuple[SliceRequest, ...] = ()
    passengers: tuple[Passenger, ...] = ()
    cabin: str | None = None
    unreadable: int = 0
    unanswered: Unanswered | None = None


def least(allowances: Iterable[Baggage]) -> Baggage:
    """Return what all the allowances have in common; unknown anywhere is unknown."""
    each = tuple(allowances)
    return Baggage(
        _minimum([allowance.carry_on for allowance in each]),
        _minimum([allowance.checked for allowance in each]),
    )


def _minimum(pieces: list[int | None]) -> int | None:
    known = [count for count in pieces if count is not None]
    return min(known) if known and len(known) == len(pieces) else None


def _distinct(words: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _spans_night(arrives_at: datetime, minutes: int) -> bool:
    night = arrives_at.replace(hour=_NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if night < arrives_at:
        night += timedelta(days=1)
    return night <= arrives_at + minutes * _MINUTE


def _usual_minutes(before: Segment, after: Segment) -> int:
    here = before.destination
    if here.code != after.origin.code:
        return AIRPORT_CHANGE_MINUTES
    return usual_minimum(
        here.code, (before.origin.country_code, here.country_code, after.destination.country_code)
    )
