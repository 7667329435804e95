"""Segments, airports and airlines as Duffel sends them; see `duffel_wire` for the rest."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, NaiveDatetime

from tripsage_mcp.domain.airports import Airport
from tripsage_mcp.domain.flight import Baggage, Carrier, PassengerFare, Segment, Stop, least
from tripsage_mcp.domain.local_time import at_zone, at_zones
from tripsage_mcp.infrastructure import airports


def null_as_empty(value: object) -> object:
    """Read null where a list belongs as no entries."""
    return [] if value is None else value


class Raw(BaseModel):
    """Anything Duffel sends; keys we do not read are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class RawCarrier(Raw):
    """An airline."""

    name: str
    iata_code: str | None = None

    def to_domain(self) -> Carrier:
        """Translate."""
        return Carrier(self.name, self.iata_code)


class RawPlace(Raw):
    """An airport or a city."""

    iata_code: str
    name: str = ""
    time_zone: str | None = None
    city_name: str | None = None
    iata_city_code: str | None = None
    iata_country_code: str | None = None

    def to_domain(self) -> Airport:
        """Translate; a missing time zone is looked up, an unknown airport's stays empty."""
        zone = self.time_zone
        if zone is None:
            known = airports.find_airport(self.iata_code)
            zone = "" if known is None else known.time_zone
        return Airport(
            code=self.iata_code,
            name=self.name or self.iata_code,
            time_zone=zone,
            city=self.city_name,
            city_code=self.iata_city_code,
            country_code=self.iata_country_code,
        )


class _Named(Raw):
    name: str | None = None


class _Baggage(Raw):
    type: str
    quantity: int


class _SegmentPassenger(Raw):
    passenger_id: str
    baggages: Annotated[list[_Baggage], BeforeValidator(null_as_empty)] = []
    cabin_class: str | None = None
    cabin_class_marketing_name: str | None = None
    fare_basis_code: str | None = None

    def to_domain(self) -> PassengerFare:
        pieces: dict[str, int] = {}
        for bag in self.baggages:
            pieces[bag.type] = pieces.get(bag.type, 0) + bag.quantity
        return PassengerFare(
            passenger_id=self.passenger_id,
            baggage=Baggage(pieces.get("carry_on"), pieces.get("checked")),
            cabin=self.cabin_class,
            cabin_name=self.cabin_class_marketing_name,
            fare_basis=self.fare_basis_code,
        )


class _Stop(Raw):
    airport: RawPlace
    arriving_at: NaiveDatetime | None = None
    departing_at: NaiveDatetime | None = None

    def to_domain(self) -> Stop:
        airport = self.airport.to_domain()
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
    stops: Annotated[list[_Stop], BeforeValidator(null_as_empty)] = []
    passengers: Annotated[list[_SegmentPassenger], BeforeValidator(null_as_empty)] = []

    def to_domain(self, without_seat: frozenset[str]) -> Segment:
        """Translate; raises ValueError where a time zone makes no sense.

        Passengers `without_seat` have no say in the baggage.
        """
        origin, destination = self.origin.to_domain(), self.destination.to_domain()
        departs_at, arrives_at = at_zones(
            (self.departing_at, origin.time_zone),
            (self.arriving_at, destination.time_zone),
            self.duration,
        )
        fares = tuple(passenger.to_domain() for passenger in self.passengers)
        carrier = self.marketing_carrier.to_domain()
        return Segment(
            origin=origin,
            destination=destination,
            departs_at=departs_at,
            arrives_at=arrives_at,
            duration=self.duration or arrives_at - departs_at,
            carrier=carrier,
            flight_number=self.marketing_carrier_flight_number or "",
            operating_carrier=(
                self.operating_carrier.to_domain() if self.operating_carrier else carrier
            ),
            operating_flight_number=self.operating_carrier_flight_number,
            segment_id=self.id,
            aircraft=self.aircraft.name if self.aircraft else None,
            origin_terminal=self.origin_terminal,
            destination_terminal=self.destination_terminal,
            distance_km=self.distance,
            stops=tuple(stop.to_domain() for stop in self.stops),
            fares=fares,
            baggage=least(f.baggage for f in fares if f.passenger_id not in without_seat),
        )
