"""Segments as Duffel sends them: places, times without offset, carriers, bags, cabins."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, NaiveDatetime

from tripsage_mcp.domain.flight import (
    Amenities,
    Baggage,
    PassengerFare,
    Segment,
    Stop,
    least,
)
from tripsage_mcp.domain.local_time import at_zone
from tripsage_mcp.providers.duffel.wire import NoneIfUnreadable, NullAsEmpty, Raw
from tripsage_mcp.providers.flights.duffel_base import RawCarrier, RawPlace, Shared

# What Duffel writes where it has no word.
_NO_WORD = "n/a"


class _Named(Raw):
    name: str | None = None


class _Baggage(Raw):
    type: str
    quantity: int


class _Wifi(Raw):
    available: bool | None = None
    cost: str | None = None

    def word(self) -> str | None:
        if self.available is None:
            return None
        if not self.available:
            return "none"
        return "available" if self.cost in {None, _NO_WORD} else self.cost


class _SeatComfort(Raw):
    pitch: str | int | None = None
    legroom: str | None = None

    def inches(self) -> int | None:
        written = str(self.pitch)
        return int(written) if written.isascii() and written.isdecimal() else None


class _Power(Raw):
    available: bool | None = None


class _Amenities(Raw):
    wifi: Annotated[_Wifi | None, NoneIfUnreadable] = None
    seat: Annotated[_SeatComfort | None, NoneIfUnreadable] = None
    power: Annotated[_Power | None, NoneIfUnreadable] = None

    def to_domain(self) -> Amenities | None:
        seat = self.seat or _SeatComfort()
        amenities = Amenities(
            wifi=self.wifi.word() if self.wifi else None,
            power=self.power.available if self.power else None,
            seat_pitch_in=seat.inches(),
            legroom=None if seat.legroom == _NO_WORD else seat.legroom,
        )
        return None if amenities == Amenities() else amenities


class _Cabin(Raw):
    amenities: Annotated[_Amenities | None, NoneIfUnreadable] = None


class _Seat(Raw):
    designator: str


class _SegmentPassenger(Raw):
    passenger_id: str
    baggages: Annotated[list[_Baggage], NullAsEmpty] = Field(default=[])
    cabin_class: str | None = None
    cabin_class_marketing_name: str | None = None
    fare_basis_code: str | None = None
    cabin: Annotated[_Cabin | None, NoneIfUnreadable] = None
    seat: Annotated[_Seat | None, NoneIfUnreadable] = None

    def to_domain(self) -> PassengerFare:
        pieces: dict[str, int] = {}
        for bag in self.baggages:
            pieces[bag.type] = pieces.get(bag.type, 0) + bag.quantity
        amenities = self.cabin.amenities if self.cabin else None
        return PassengerFare(
            passenger_id=self.passenger_id,
            baggage=Baggage(pieces.get("carry_on"), pieces.get("checked")),
            cabin=self.cabin_class,
            cabin_name=self.cabin_class_marketing_name,
            fare_basis=self.fare_basis_code,
            amenities=amenities.to_domain() if amenities else None,
            seat=self.seat.designator if self.seat else None,
        )


class _Stop(Raw):
    airport: RawPlace
    arriving_at: NaiveDatetime | None = None
    departing_at: NaiveDatetime | None = None

    def to_domain(self, shared: Shared) -> Stop:
        airport = shared.airport(self.airport)
        times = [
            None if clock is None else at_zone(clock, airport.time_zone)
            for clock in (self.arriving_at, self.departing_at)
        ]
        return Stop(airport, *times)


class RawSegment(Raw):
    """One take-off and landing."""

    origin: RawPlace
    destination: RawPlace
    departing_at: NaiveDatetime
    arriving_at: NaiveDatetime
    marketing_carrier: RawCarrier
    id: str | None = None
    duration: timedelta | None = None
    marketing_carrier_flight_number: str | None = None
    operating_carrier: RawCarrier | None = None
    operating_carrier_flight_number: str | None = None
    aircraft: _Named | None = None
    origin_terminal: str | None = None
    destination_terminal: str | None = None
    distance: float | None = None
    stops: Annotated[list[_Stop], NullAsEmpty] = Field(default=[])
    passengers: Annotated[list[_SegmentPassenger], NullAsEmpty] = Field(default=[])

    def to_domain(self, without_seat: frozenset[str], shared: Shared) -> Segment:
        """Translate; raises ValueError where a time zone makes no sense.

        Passengers `without_seat` have no say in the baggage.
        """
        origin, destination = shared.airport(self.origin), shared.airport(self.destination)
        departs_at, arrives_at = shared.times(
            (self.departing_at, origin.time_zone),
            (self.arriving_at, destination.time_zone),
            self.duration,
        )
        fares = tuple(passenger.to_domain() for passenger in self.passengers)
        carrier = shared.carrier(self.marketing_carrier)
        return Segment(
            origin=origin,
            destination=destination,
            departs_at=departs_at,
            arrives_at=arrives_at,
            duration=self.duration or arrives_at - departs_at,
            carrier=carrier,
            flight_number=self.marketing_carrier_flight_number or "",
            operating_carrier=(
                shared.carrier(self.operating_carrier) if self.operating_carrier else carrier
            ),
            operating_flight_number=self.operating_carrier_flight_number,
            segment_id=self.id,
            aircraft=self.aircraft.name if self.aircraft else None,
            origin_terminal=self.origin_terminal,
            destination_terminal=self.destination_terminal,
            distance_km=self.distance,
            stops=tuple(stop.to_domain(shared) for stop in self.stops),
            fares=fares,
            baggage=least(f.baggage for f in fares if f.passenger_id not in without_seat),
        )
