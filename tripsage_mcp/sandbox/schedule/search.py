"""Offers for a journey: which itineraries exist, which an airline sells together, for how much."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise, product

from tripsage_mcp.sandbox.schedule.airlines import (
    HOUSE_AIRLINE,
    LONG_HAUL_KM,
    Airline,
    Cabin,
    load_airlines,
)
from tripsage_mcp.sandbox.schedule.airports import Airport, distance_km, load_gazetteer
from tripsage_mcp.sandbox.schedule.fares import (
    Brand,
    TravellerKind,
    base_usd,
    brands,
    currency_for,
    emissions_kg,
    priced,
    sells,
    tax_usd,
)
from tripsage_mcp.sandbox.schedule.network import Route, nonstop, one_stop, two_stops
from tripsage_mcp.sandbox.schedule.timetable import (
    COMFORTABLE_CONNECTION,
    Itinerary,
    connections,
    house_itineraries,
)

BOOKING_HORIZON_DAYS = 360
_ITINERARIES = 34
_EVERY_CABIN = 28
_PER_OWNER = 6
_ROUTES = 70
_CLOSES = timedelta(hours=1)
_TURNAROUND = timedelta(hours=1)
_ENOUGH = 6
_USD_PER_HOUR = 24


@dataclass(frozen=True, slots=True)
class Window:
    """Local times of day, both ends included."""

    first: time = time.min
    last: time = time.max

    def holds(self, moment: datetime) -> bool:
        """Return whether a local moment falls in it."""
        return self.first <= moment.time().replace(second=0, microsecond=0) <= self.last


@dataclass(frozen=True, slots=True)
class JourneySlice:
    """One direction: airport or city codes, and the local date of departure."""

    origin: str
    destination: str
    day: date
    departure: Window = Window()
    arrival: Window = Window()


@dataclass(frozen=True, slots=True)
class Journey:
    """What is asked for.

    Attributes:
        cabin: None sells every cabin.
        booked: When the question is asked, UTC; prices depend on how far ahead that is.
        house: Whether Duffel Airways flies it too.
        refit: Applied to each slice's itineraries, for the test routes.
    """

    slices: tuple[JourneySlice, ...]
    travellers: tuple[TravellerKind, ...]
    cabin: Cabin | None
    max_connections: int
    booked: datetime
    house: bool = False
    refit: Callable[[list[Itinerary]], list[Itinerary]] | None = None


@dataclass(frozen=True, slots=True)
class Fare:
    """One offer: the flights of every slice, sold by one airline under one brand."""

    owner: Airline
    itineraries: tuple[Itinerary, ...]
    brand: Brand
    currency: str
    base: Decimal
    tax: Decimal
    emissions_kg: int

    @property
    def total(self) -> Decimal:
        """Return the price for everyone, taxes included."""
        return self.base + self.tax

    @property
    def minutes(self) -> int:
        """Return the time under way over all slices."""
        return sum(i.minutes for i in self.itineraries)


def _routes(seed: int, origin: Airport, destination: Airport, stops: int) -> list[Route]:
    direct = list(nonstop(seed, origin, destination))
    if stops == 0:
        return direct
    over_one = sorted(one_stop(seed, origin, destination), key=_flown_km)[:_ROUTES]
    if stops == 1 or len(direct) + len(over_one) >= _ENOUGH:
        return direct + over_one
    return direct + over_one + sorted(two_stops(seed, origin, destination), key=_flown_km)[:_ROUTES]


def _flown_km(route: Route) -> float:
    return sum(leg.km for leg in route)


def _pairs(part: JourneySlice) -> list[tuple[Airport, Airport]]:
    places = load_gazetteer()
    pairs = product(places.served(part.origin), places.served(part.destination))
    return [(a, b) for a, b in pairs if a is not b]


def _candidates(seed: int, journey: Journey, part: JourneySlice) -> list[Itinerary]:
    found: list[Itinerary] = []
    house = load_airlines()[HOUSE_AIRLINE]
    for origin, destination in _pairs(part):
        if journey.house:
            found += house_itineraries(seed, house, origin, destination, part.day)
        for route in _routes(seed, origin, destination, journey.max_connections):
            found += connections(seed, route, part.day)
    if journey.refit:
        found = journey.refit(found)
    return [
        i
        for i in found
        if i.departs >= journey.booked + _CLOSES
        and part.departure.holds(i.flights[0].local_departure)
        and part.arrival.holds(i.flights[-1].local_arrival)
        and (journey.cabin is None or sells(i, journey.cabin))
    ]


def itineraries(seed: int, journey: Journey, part: JourneySlice) -> list[Itinerary]:
    """Return the itineraries of one slice, best value first, several airlines among them."""
    found = _candidates(seed, journey, part)
    booked = journey.booked.date()
    cabin: Cabin = journey.cabin or "economy"

    def cost(itinerary: Itinerary) -> tuple[float, str]:
        fare = base_usd(seed, itinerary, cabin, booked)
        worth = fare + itinerary.minutes / 60 * _USD_PER_HOUR
        return worth, "".join(f.leg.airline.iata + f.number for f in itinerary.flights)

    return _without_long_waits(sorted(found, key=cost))


def _without_long_waits(found: list[Itinerary]) -> list[Itinerary]:
    """Keep a long wait only as the one itinerary of an airline that has no better."""
    best: dict[str, Itinerary] = {}
    for itinerary in found:
        kept = best.setdefault(itinerary.owner.iata, itinerary)
        if kept.longest_connection > COMFORTABLE_CONNECTION >= itinerary.longest_connection:
            best[itinerary.owner.iata] = itinerary
    return [
        i
        for i in found
        if i.longest_connection <= COMFORTABLE_CONNECTION or best[i.owner.iata] is i
    ]


def _spread(found: Iterable[Itinerary], per_owner: int, limit: int) -> list[Itinerary]:
    """Return the best of several airlines, nonstop flights before connections."""
    taken: dict[str, int] = {}
    chosen: list[Itinerary] = []
    for itinerary in sorted(found, key=_connects):
        count = taken.get(itinerary.owner.iata, 0)
        if count < per_owner:
            taken[itinerary.owner.iata] = count + 1
            chosen.append(itinerary)
    return chosen[:limit]


type _Sold = tuple[Airline, tuple[Itinerary, ...]]


def _together(parts: Sequence[list[Itinerary]]) -> list[_Sold]:
    """Pair up slices: one airline sells them all, or failing that the first slice's one does."""
    _, *later = parts
    if not later:
        return [(i.owner, (i,)) for i in _spread(parts[0], _PER_OWNER, _ITINERARIES)]
    width = 3 if later[1:] else 8
    ranked = [sorted(part, key=_connects) for part in parts]
    sold: list[_Sold] = []
    for owner in dict.fromkeys(i.owner for i in ranked[0]):
        own = [[i for i in part if owner in i.airlines][:width] for part in ranked]
        own[0] = [i for i in ranked[0] if i.owner is owner][:width]
        sold += [(owner, c) for c in _best_first(own) if _in_order(c)][:_PER_OWNER]
    if not sold:
        sold = [(c[0].owner, c) for c in _best_first([p[:4] for p in ranked]) if _in_order(c)]
    return sold[:_ITINERARIES]


def _connects(itinerary: Itinerary) -> bool:
    return len(itinerary.flights) > 1


def _best_first(parts: Sequence[list[Itinerary]]) -> list[tuple[Itinerary, ...]]:
    """Return every combination, those of high-ranked itineraries first."""
    numbered = product(*(enumerate(part) for part in parts))
    ordered = sorted(numbered, key=lambda combined: sum(rank for rank, _ in combined))
    return [tuple(i for _, i in combined) for combined in ordered]


def _in_order(parts: tuple[Itinerary, ...]) -> bool:
    return all(a.arrives + _TURNAROUND <= b.departs for a, b in pairwise(parts))


def _offered(journey: Journey, sold: _Sold) -> list[Brand]:
    owner, parts = sold
    long_haul = any(distance_km(i.origin, i.destination) > LONG_HAUL_KM for i in parts)
    if journey.cabin is not None:
        return list(brands(owner, journey.cabin, long_haul=long_haul))
    ladder = list(brands(owner, "economy", long_haul=long_haul))
    front: list[Cabin] = [c for c in ("business", "first") if all(sells(i, c) for i in parts)]
    return ladder + [b for c in front[:1] for b in brands(owner, c, long_haul=long_haul)[:1]]


def _price(seed: int, journey: Journey, sold: _Sold, brand: Brand, currency: str) -> Fare:
    owner, parts = sold
    booked = journey.booked.date()
    bases = [base_usd(seed, i, brand.cabin, booked) * brand.factor for i in parts]
    taxes = [tax_usd(i, brand.cabin, usd) for i, usd in zip(parts, bases, strict=True)]
    each = [priced(sum(bases), sum(taxes), kind, currency) for kind in journey.travellers]
    seats = sum(kind != "infant_without_seat" for kind in journey.travellers)
    return Fare(
        owner=owner,
        itineraries=parts,
        brand=brand,
        currency=currency,
        base=sum((base for base, _ in each), Decimal(0)),
        tax=sum((tax for _, tax in each), Decimal(0)),
        emissions_kg=round(sum(emissions_kg(i, brand.cabin) for i in parts) * seats),
    )


def search(seed: int, journey: Journey) -> tuple[Fare, ...]:
    """Return every offer for a journey, cheapest first; the same journey gives the same offers."""
    horizon = journey.booked.date() + timedelta(days=BOOKING_HORIZON_DAYS)
    if any(part.day > horizon for part in journey.slices):
        return ()
    parts = [itineraries(seed, journey, part) for part in journey.slices]
    if not all(parts):
        return ()
    currency = currency_for(parts[0][0].origin.country)
    sold = _together(parts)[: None if journey.cabin else _EVERY_CABIN]
    fares = [
        _price(seed, journey, one, brand, currency)
        for one in sold
        for brand in _offered(journey, one)
    ]
    return tuple(sorted(fares, key=lambda f: (f.total, f.minutes, f.brand.shelf)))
