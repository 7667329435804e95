"""Who flies between two airports: nonstop, over one hub, or over two."""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from tripsage_mcp.sandbox.schedule.airlines import Airline, load_airlines
from tripsage_mcp.sandbox.schedule.airports import Airport, distance_km, load_gazetteer
from tripsage_mcp.sandbox.schedule.chance import share

SHORTEST_KM = 150
"""Closer airports are a train ride apart."""

# (up to km, chance to a large airport, chance to a medium one)
_NETWORK_CARRIER = ((1500, 0.95, 0.75), (4000, 0.9, 0.42), (9000, 0.8, 0.08), (20000, 0.6, 0.02))
_LOW_COST_CARRIER = ((1500, 0.6, 0.5), (3000, 0.45, 0.3), (6000, 0.12, 0.05), (20000, 0.05, 0))
# Short runways, perimeter rules and night closures keep long flights away from these.
_CITY_AIRPORTS = frozenset(
    (
        "LCY",
        "AEP",
        "CGH",
        "SDU",
        "LGA",
        "DCA",
        "BMA",
        "YTZ",
        "LIN",
        "TSA",
        "BHD",
        "ITM",
        "GMP",
        "SHA",
    )
)
_CITY_AIRPORT_KM = 3500
_DOMESTIC_KM = 5000
# Low-cost carriers have no slots here.
_TOO_DEAR = frozenset({"LHR"})
_NOT_FROM_IL = ("DZ", "BD", "ID", "IQ", "IR", "KW", "LB", "LY", "MY", "OM", "PK", "QA", "SY", "TN")
_NO_FLIGHTS = frozenset(
    {frozenset(("IN", "PK")), *(frozenset(("IL", other)) for other in _NOT_FROM_IL)}
)
_DETOUR = 1.35
_DETOUR_SPARE_KM = 600


@dataclass(frozen=True, slots=True)
class Leg:
    """One flown stage of a route."""

    airline: Airline
    origin: Airport
    destination: Airport

    @property
    def km(self) -> float:
        """Return the great-circle distance in kilometres."""
        return distance_km(self.origin, self.destination)


type Route = tuple[Leg, ...]


@cache
def gateways() -> frozenset[str]:
    """Return the hubs of network carriers: the airports long flights go to."""
    return frozenset(h for a in load_airlines().values() if not a.low_cost for h in a.hubs)


def _appeal(airline: Airline, hub: str, other: Airport, km: float) -> float:
    """Return the chance that an airline flies from its hub to another airport."""
    bands = _LOW_COST_CARRIER if airline.low_cost else _NETWORK_CARRIER
    large, medium = next((big, small) for limit, big, small in bands if km <= limit)
    chance = large if other.large else medium
    if other.country == airline.country and km < _DOMESTIC_KM:
        chance = max(chance, 0.5 if airline.low_cost else 0.97)
        return chance if other.large else chance * _rank(airline, hub)
    if km > _CITY_AIRPORT_KM:
        if other.city_code in load_gazetteer().cities and other.code not in gateways():
            return 0.0
        if not airline.low_cost and other.large and other.code in gateways():
            chance = max(chance, 0.97 if other.code in _allied_hubs(airline) else 0.85)
    return chance * _rank(airline, hub)


@cache
def _allied_hubs(airline: Airline) -> frozenset[str]:
    return frozenset(h for a in _partners(airline) if not a.low_cost for h in a.hubs)


def _rank(airline: Airline, hub: str) -> float:
    return max(0.55, 1 - 0.1 * airline.hubs.index(hub))


@cache
def _links_hub(seed: int, airline: Airline, hub: str, other: Airport) -> bool:
    home = load_gazetteer().airports[hub]
    km = distance_km(home, other)
    if not max(SHORTEST_KM, airline.shortest_km) <= km <= airline.reach_km or not other.served:
        return False
    if airline.low_cost and (other.code in _TOO_DEAR or km > airline.longest_km):
        return False
    if frozenset((home.country, other.country)) in _NO_FLIGHTS:
        return False
    if km > _CITY_AIRPORT_KM and not _CITY_AIRPORTS.isdisjoint((hub, other.code)):
        return False
    if other.code in airline.hubs and not airline.low_cost:
        return True
    draw = share(seed, "serves", airline.iata, hub, other.code)
    return draw < _appeal(airline, hub, other, km)


def flies(seed: int, airline: Airline, a: Airport, b: Airport) -> bool:
    """Return whether the airline flies between two airports; the direction does not matter."""
    ends = ((a, b), (b, a))
    return any(
        hub.code in airline.hubs and _links_hub(seed, airline, hub.code, to) for hub, to in ends
    )


@lru_cache(maxsize=4096)
def nonstop(seed: int, origin: Airport, destination: Airport) -> tuple[Route, ...]:
    """Return a one-leg route for every airline that flies the pair."""
    return tuple(
        (Leg(airline, origin, destination),)
        for airline in load_airlines().values()
        if flies(seed, airline, origin, destination)
    )


def _bearable(origin: Airport, destination: Airport, *via: Airport) -> bool:
    stops = (origin, *via, destination)
    flown = sum(distance_km(a, b) for a, b in pairwise(stops))
    return flown <= distance_km(origin, destination) * _DETOUR + _DETOUR_SPARE_KM


def _partners(airline: Airline) -> tuple[Airline, ...]:
    if airline.alliance is None:
        return (airline,)
    return tuple(a for a in load_airlines().values() if a.alliance == airline.alliance)


@lru_cache(maxsize=4096)
def one_stop(seed: int, origin: Airport, destination: Airport) -> tuple[Route, ...]:
    """Return routes over one hub: one airline all the way, or two of one alliance."""
    places = load_gazetteer().airports
    found: list[Route] = []
    for airline in load_airlines().values():
        for code in airline.hubs:
            hub = places[code]
            if hub in {origin, destination} or not _bearable(origin, destination, hub):
                continue
            if not flies(seed, airline, origin, hub):
                continue
            first = Leg(airline, origin, hub)
            found += [
                (first, Leg(partner, hub, destination))
                for partner in _partners(airline)
                if flies(seed, partner, hub, destination)
            ]
    return tuple(found)


@lru_cache(maxsize=4096)
def two_stops(seed: int, origin: Airport, destination: Airport) -> tuple[Route, ...]:
    """Return routes over two hubs of one alliance, or of one airline."""
    places = load_gazetteer().airports
    found: list[Route] = []
    for airline in load_airlines().values():
        gates = [places[c] for c in airline.hubs]
        for gate in gates:
            if gate in {origin, destination} or not flies(seed, airline, origin, gate):
                continue
            first = Leg(airline, origin, gate)
            for partner in _partners(airline):
                found += [
                    (first, Leg(partner, gate, hub), Leg(partner, hub, destination))
                    for hub in (places[c] for c in partner.hubs)
                    if hub not in {origin, gate, destination}
                    and _bearable(origin, destination, gate, hub)
                    and flies(seed, partner, gate, hub)
                    and flies(seed, partner, hub, destination)
                ]
    return tuple(found)
