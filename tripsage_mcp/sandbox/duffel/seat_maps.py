"""Seat maps: who may sit where, and for how much. https://duffel.com/docs/api/v2/seat-maps."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Offered
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.schedule.airlines import HOUSE_AIRLINE, Cabin
from tripsage_mcp.sandbox.schedule.cabins import Deck, Row, Spot, Zone, layout
from tripsage_mcp.sandbox.schedule.chance import between, share, whole
from tripsage_mcp.sandbox.schedule.fares import Brand, cabin_on, convert
from tripsage_mcp.sandbox.schedule.timetable import Flight

_ZONE_FACTOR: dict[Zone, float] = {"standard": 1.0, "preferred": 1.6, "legroom": 2.6}
_ZONE_NAME: dict[Zone, str | None] = {
    "standard": None,
    "preferred": "PREFERRED SEAT",
    "legroom": "EXTRA LEGROOM SEAT",
}
_ADULTS_ONLY = "Passenger must be an adult"
_FULL, _EMPTY = 0.85, 0.35
_TENTH, _CENT = Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SeatService:
    """The right of one passenger to one seat.

    Attributes:
        place: The seat on that flight and day, whoever sells it, as `flight_key` and designator.
    """

    id: str
    passenger: int
    segment_id: str
    price: Decimal
    spot: Spot
    place: str


def flight_key(flight: Flight) -> str:
    """Return what tells one departure from all others, e.g. `BA117 2027-02-01`."""
    code = flight.leg.airline.iata + flight.number
    return f"{code} {flight.local_departure.date().isoformat()}"


def flights_of(offered: Offered) -> tuple[str, ...]:
    """Return the key of every flight of an offer, in flight order."""
    return tuple(flight_key(f) for i in offered.fare.itineraries for f in i.flights)


def name_of(spot: Spot) -> str | None:
    """Return what the airline calls a seat."""
    return _ZONE_NAME[spot.zone]


def disclosures_of(spot: Spot) -> list[str]:
    """Return the restrictions of a seat, in words."""
    return [_ADULTS_ONLY] if spot.adults_only else []


@dataclass(frozen=True, slots=True)
class _Aboard:
    """One segment of an offer, with what decides about its seats."""

    offered: Offered
    part: int
    number: int
    taken: Collection[str]

    @property
    def flight(self) -> Flight:
        return self.offered.fare.itineraries[self.part].flights[self.number]

    @property
    def segment_id(self) -> str:
        return self.offered.segment_ids[self.part][self.number]

    @property
    def cabin(self) -> Cabin:
        return cabin_on(self.flight, self.offered.fare.brand.cabin)

    def decks(self) -> tuple[Deck, ...]:
        """Return the cabin the passengers sit in; nothing where the airline shares no map."""
        flight, airline = self.flight, self.flight.leg.airline
        if airline.iata != HOUSE_AIRLINE and whole("seat map", airline.iata) % 5 == 0:
            return ()
        return layout(airline, flight.aircraft, flight.leg.km, self.cabin)

    def services(self, spot: Spot) -> list[SeatService]:
        """Return what each passenger may have a seat for; nothing when it is taken."""
        brand, designator = self.offered.fare.brand, spot.designator
        place = f"{flight_key(self.flight)} {designator}"
        if (
            spot.kind != "seat"
            or place in self.taken
            or self._sold(place)
            or _assigned(self, brand)
        ):
            return []
        return [
            self._service(spot, place, who, self._price(spot, brand))
            for who, passenger in enumerate(self.offered.answer.request.passengers)
            if passenger.kind == "adult" or (passenger.kind == "child" and not spot.adults_only)
        ]

    def _service(self, spot: Spot, place: str, who: int, price: Decimal) -> SeatService:
        answer, index = self.offered.answer, self.offered.index
        where = (answer.number, index, self.part, self.number, spot.designator, who)
        name = ids.derived("ase", "seat", *where)
        return SeatService(name, who, self.segment_id, price, spot, place)

    def _sold(self, place: str) -> bool:
        """Return whether somebody else sits there: planes are fuller on some days."""
        seed = self.offered.answer.seed
        load = between(_EMPTY, _FULL, seed, "load", flight_key(self.flight))
        return share(seed, "sold", place) < load

    def _price(self, spot: Spot, brand: Brand) -> Decimal:
        currency = self.offered.fare.currency
        included = brand.priority or (brand.seats and spot.zone == "standard")
        if included or self.cabin in ("business", "first"):
            return Decimal("0.00")
        usd = round(7 + self.flight.leg.km**0.5 * 0.3) * _ZONE_FACTOR[spot.zone]
        # Recorded maps of Duffel Airways write amounts with one decimal.
        step = _TENTH if self.flight.leg.airline.iata == HOUSE_AIRLINE else _CENT
        return convert(round(usd), currency).quantize(step)


def _assigned(aboard: _Aboard, brand: Brand) -> bool:
    """Return whether the airline assigns the seats of this brand itself."""
    airline = aboard.flight.leg.airline
    return brand.shelf == 1 and airline.country == "US" and not airline.low_cost


def _segments(offered: Offered, taken: Collection[str]) -> Iterator[_Aboard]:
    if offered.answer.magic.no_services:
        return
    for part, itinerary in enumerate(offered.fare.itineraries):
        for number in range(len(itinerary.flights)):
            yield _Aboard(offered, part, number, taken)


def seat_services(offered: Offered, taken: Collection[str]) -> dict[str, SeatService]:
    """Return every seat that can be bought with an offer, by id.

    Args:
        offered: The offer.
        taken: Seats bought here, as `SeatService.place`.
    """
    return {
        service.id: service
        for aboard in _segments(offered, taken)
        for deck in aboard.decks()
        for row in deck.rows
        for section in row
        for spot in section
        for service in aboard.services(spot)
    }


def seat_maps(offered: Offered, taken: Collection[str]) -> list[Json]:
    """Return the map of each segment whose airline shares one, in flight order."""
    maps: list[Json] = []
    for aboard in _segments(offered, taken):
        decks = aboard.decks()
        if decks:
            answer, segment_id = offered.answer, aboard.segment_id
            cabins = [_cabin(aboard, deck) for deck in decks]
            maps.append(
                {
                    "id": ids.derived("sea", segment_id),
                    "slice_id": answer.slice_id(offered.index, aboard.part),
                    "segment_id": segment_id,
                    "cabins": cabins,
                }
            )
    return maps


def _cabin(aboard: _Aboard, deck: Deck) -> Json:
    wings = deck.wings
    return {
        "cabin_class": aboard.cabin,
        "deck": deck.level,
        "aisles": deck.aisles,
        "wings": wings and {"first_row_index": wings[0], "last_row_index": wings[1]},
        "rows": [_row(aboard, row, deck.level, n) for n, row in enumerate(deck.rows)],
    }


def _row(aboard: _Aboard, row: Row, *at: int) -> Json:
    segment = aboard.segment_id
    sections = [
        {
            "id": ids.derived("sec", segment, *at, n),
            "elements": [_element(aboard, spot, *at, n, m) for m, spot in enumerate(section)],
        }
        for n, section in enumerate(row)
    ]
    return {"id": ids.derived("row", segment, *at), "sections": sections}


def _element(aboard: _Aboard, spot: Spot, *at: int) -> Json:
    is_seat = spot.designator is not None
    passenger_id = aboard.offered.answer.passenger_id
    return {
        "id": ids.derived("ele", aboard.segment_id, *at),
        "type": spot.kind,
        "designator": spot.designator,
        "name": name_of(spot) if is_seat else None,
        "disclosures": disclosures_of(spot) if is_seat else None,
        "available_services": [
            {
                "id": service.id,
                "passenger_id": passenger_id(service.passenger),
                "total_amount": str(service.price),
                "total_currency": aboard.offered.fare.currency,
            }
            for service in aboard.services(spot)
        ],
    }
