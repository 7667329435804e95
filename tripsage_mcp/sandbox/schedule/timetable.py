"""When flights leave and arrive: computed in UTC, so that daylight saving is always right."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from tripsage_mcp.domain.geo import great_circle_km
from tripsage_mcp.sandbox.schedule.airlines import (
    HOUSE_AIRLINE,
    LONG_HAUL_KM,
    Aircraft,
    Airline,
    aircraft_for,
)
from tripsage_mcp.sandbox.schedule.airports import Airport, distance_km, load_gazetteer
from tripsage_mcp.sandbox.schedule.chance import share, whole
from tripsage_mcp.sandbox.schedule.network import Leg, Route, gateways

# Least squares over recorded flights: taxi, climb and descent, then 832 km/h.
_BLOCK_FIXED_MIN = 57
_BLOCK_MIN_PER_KM = 0.0721
SHORTEST_CONNECTION = timedelta(minutes=60)
COMFORTABLE_CONNECTION = timedelta(minutes=240)
LONGEST_CONNECTION = timedelta(hours=20)
_TECHNICAL_STOP = timedelta(minutes=55)
_FIRST_MINUTE = 6 * 60
# (up to km, most departures a day, most between two hubs)
_DEPARTURES = ((1200, 6, 6), (3000, 4, 4), (8000, 2, 5), (20100, 2, 3))
_THIN_SHARE = 0.75
_WEEKEND = (5, 6)
_LAST_MINUTE = 21 * 60 + 45


@dataclass(frozen=True, slots=True)
class TechnicalStop:
    """A landing under the same flight number; times are UTC."""

    airport: Airport
    arrives: datetime
    departs: datetime


@dataclass(frozen=True, slots=True)
class Flight:
    """One departure; times are UTC.

    Attributes:
        number: Without the carrier's code, e.g. `117`.
    """

    leg: Leg
    number: str
    aircraft: Aircraft
    departs: datetime
    arrives: datetime
    stop: TechnicalStop | None = None

    @property
    def local_departure(self) -> datetime:
        """Return the departure on the clocks of the origin."""
        return self.departs.astimezone(self.leg.origin.zone)

    @property
    def local_arrival(self) -> datetime:
        """Return the arrival on the clocks of the destination."""
        return self.arrives.astimezone(self.leg.destination.zone)


@dataclass(frozen=True, slots=True)
class Itinerary:
    """Connecting flights, in order."""

    flights: tuple[Flight, ...]

    @property
    def departs(self) -> datetime:
        """Return the first departure, UTC."""
        return self.flights[0].departs

    @property
    def arrives(self) -> datetime:
        """Return the last arrival, UTC."""
        return self.flights[-1].arrives

    @property
    def minutes(self) -> int:
        """Return the time from door to door, connections included."""
        return int((self.arrives - self.departs).total_seconds() // 60)

    @property
    def origin(self) -> Airport:
        """Return where it begins."""
        return self.flights[0].leg.origin

    @property
    def destination(self) -> Airport:
        """Return where it ends."""
        return self.flights[-1].leg.destination

    @property
    def owner(self) -> Airline:
        """Return the airline that sells it: the one of the first flight."""
        return self.flights[0].leg.airline

    @property
    def airlines(self) -> frozenset[Airline]:
        """Return every airline that flies a part of it."""
        return frozenset(f.leg.airline for f in self.flights)

    @property
    def longest_connection(self) -> timedelta:
        """Return the longest wait between two flights."""
        waits = [
            b.departs - a.arrives for a, b in zip(self.flights, self.flights[1:], strict=False)
        ]
        return max(waits, default=timedelta())


def block_minutes(km: float) -> int:
    """Return gate-to-gate minutes of a stage, to the nearest five."""
    return 5 * round((_BLOCK_FIXED_MIN + _BLOCK_MIN_PER_KM * km) / 5)


def _frequency(leg: Leg, *seeds: object) -> int:
    """Return departures a day."""
    trunk = gateways().issuperset((leg.origin.code, leg.destination.code))
    most = next(b if trunk else a for limit, a, b in _DEPARTURES if leg.km <= limit)
    if leg.airline.low_cost or _thin(leg):
        most = (most + 1) // 2
    return 1 + whole(*seeds, "frequency") % most


def _flies_on(leg: Leg, day: date, daily: int, *seeds: object) -> bool:
    if daily > 1 or not _thin(leg):
        return True
    return share(*seeds, "weekday", day.weekday()) < _THIN_SHARE


def _thin(leg: Leg) -> bool:
    return not (leg.origin.large and leg.destination.large)


def _minute(leg: Leg, minutes: int, slot: int, daily: int, *seeds: object) -> int:
    """Return a departure minute that lands by day wherever a few tries find one."""
    width = (_LAST_MINUTE - _FIRST_MINUTE) / daily
    offset_min = _offset_difference_min(leg)
    chosen = 0
    for attempt in range(4):
        within = share(*seeds, "slot", slot, attempt)
        chosen = 5 * round((_FIRST_MINUTE + (slot + within) * width) / 5)
        if leg.km < LONG_HAUL_KM or (chosen + minutes + offset_min) % 1440 >= 5 * 60:
            break
    return chosen


@lru_cache(maxsize=65536)
def _offset_difference_min(leg: Leg) -> int:
    noon = datetime(2026, 1, 15, 12, tzinfo=UTC)
    there, here = (noon.astimezone(a.zone).utcoffset() for a in (leg.destination, leg.origin))
    return int(((there or timedelta()) - (here or timedelta())).total_seconds() // 60)


@lru_cache(maxsize=32768)
def departures(seed: int, leg: Leg, day: date) -> tuple[Flight, ...]:
    """Return the flights of a leg that leave on a local date, earliest first."""
    pair = sorted((leg.origin.code, leg.destination.code))
    outbound = pair[0] == leg.origin.code
    key = (seed, leg.airline.iata, *pair)
    aircraft = aircraft_for(leg.airline, leg.km, *pair)
    daily = _frequency(leg, *key)
    if aircraft is None or not _flies_on(leg, day, daily, *key, outbound):
        return ()
    minutes = block_minutes(leg.km)
    first_number = _first_number(leg, *key)
    flights: list[Flight] = []
    for slot in range(daily):
        minute = _minute(leg, minutes, slot, daily, *key, outbound, day.weekday() in _WEEKEND)
        leaves = datetime.combine(day, time(), leg.origin.zone) + timedelta(minutes=minute)
        departs = leaves.astimezone(UTC)
        number = str(first_number + 2 * slot + (0 if outbound else 1))
        arrives = departs + timedelta(minutes=minutes)
        flights.append(Flight(leg, number, aircraft, departs, arrives))
    return tuple(flights)


def _first_number(leg: Leg, *seeds: object) -> int:
    """Return the lowest flight number of a pair: low for long flights, high for cheap ones."""
    if leg.km > LONG_HAUL_KM:
        low, high = 1, 400
    elif leg.airline.low_cost:
        low, high = 1000, 8000
    else:
        low, high = 400, 4000
    return low + 14 * (whole(*seeds, "number") % ((high - low) // 14))


def connections(seed: int, route: Route, day: date) -> list[Itinerary]:
    """Return one itinerary for every first flight of the day that can be continued."""
    found: list[Itinerary] = []
    for first in departures(seed, route[0], day):
        flights = [first]
        for leg in route[1:]:
            onward = _next(seed, leg, flights[-1].arrives)
            if onward is None:
                break
            flights.append(onward)
        else:
            found.append(Itinerary(tuple(flights)))
    return found


def _next(seed: int, leg: Leg, landed: datetime) -> Flight | None:
    ready = landed + SHORTEST_CONNECTION
    today = ready.astimezone(leg.origin.zone).date()
    for day in (today, today + timedelta(days=1)):
        for flight in departures(seed, leg, day):
            if flight.departs >= ready:
                return flight if flight.departs - landed <= LONGEST_CONNECTION else None
    return None


def with_technical_stop(flight: Flight) -> Flight:
    """Return the same flight with one landing on the way, near the middle."""
    ends = (flight.leg.origin, flight.leg.destination)
    places = load_gazetteer().airports.values()
    stop = min(
        (a for a in places if a.large and a not in ends),
        key=lambda a: max(great_circle_km(a.coordinates, e.coordinates) for e in ends),
    )
    lands = flight.departs + timedelta(minutes=block_minutes(distance_km(ends[0], stop)))
    leaves = lands + _TECHNICAL_STOP
    arrives = leaves + timedelta(minutes=block_minutes(distance_km(stop, ends[1])))
    return Flight(
        flight.leg,
        flight.number,
        flight.aircraft,
        flight.departs,
        arrives,
        TechnicalStop(stop, lands, leaves),
    )


def house_itineraries(
    seed: int, airline: Airline, origin: Airport, destination: Airport, day: date
) -> list[Itinerary]:
    """Return the flights of Duffel Airways, which flies any pair Duffel's test mode names."""
    if airline.iata != HOUSE_AIRLINE:
        raise ValueError("only the house airline flies without a hub")
    flights = departures(seed, Leg(airline, origin, destination), day)
    return [Itinerary((flight,)) for flight in flights]
