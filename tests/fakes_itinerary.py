"""A small made-up Lisbon behind the ports the planner uses."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import (
    LocalitiesFound,
    Locality,
    NearbySearch,
    OpeningHours,
    OpeningPeriod,
    Place,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    Surroundings,
    TravelEnd,
    TravelMode,
    TravelTimes,
)
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.travel import position
from tripsage_mcp.domain.weather import HourlyWeather, Weather, WeatherDay
from tripsage_mcp.errors import NotFoundError, TripSageError

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
CENTER = Coordinates(38.7108, -9.1390)
SANDBOX = Provenance("fake", "sandbox", NOW, NOW + timedelta(hours=1))


def weekly(opens: int, closes: int, days: Iterable[int] = range(7)) -> OpeningHours:
    return OpeningHours(tuple(OpeningPeriod(day, opens, closes) for day in days))


def place(
    key: str,
    *types: str,
    north: float = 0.0,
    east: float = 0.0,
    hours: OpeningHours | None = None,
    rating_count: int = 1_000,
    visit_minutes: int | None = 60,
) -> Place:
    """Return a place some km from the centre, open 09:00 to 23:00 unless said otherwise."""
    return Place(
        place_id=key,
        name=key.replace("-", " ").title(),
        coordinates=Coordinates(CENTER.latitude + north / 111.2, CENTER.longitude + east / 86.8),
        types=types,
        time_zone="Europe/Lisbon",
        rating=4.5,
        rating_count=rating_count,
        opening_hours=hours or weekly(9 * 60, 23 * 60),
        visit_minutes=visit_minutes,
    )


def city() -> list[Place]:
    no_monday = weekly(10 * 60, 18 * 60, range(1, 7))
    return [
        *(place(f"museum-{n}", "museum", north=0.2 * n, hours=no_monday) for n in range(6)),
        *(place(f"park-{n}", "park", east=0.3 * n) for n in range(6)),
        *(place(f"church-{n}", "church", north=-0.3 * n, visit_minutes=30) for n in range(6)),
        *(place(f"room-{n}", "italian_restaurant", east=-0.2 * n) for n in range(12)),
        place("far-palace", "palace", north=25.0),
    ]


@dataclass
class FakePlaces:
    """Finds by words in a place's key or types; walks at 5 km/h, rides at 15 km/h."""

    places: list[Place] = field(default_factory=city)
    slower: float = 1.0
    search_error: TripSageError | None = None
    travel_error: TripSageError | None = None
    calls: list[object] = field(default_factory=list[object])

    async def search(self, search: PlaceSearch) -> PlacesFound:
        self.calls.append(search)
        if self.search_error is not None:
            raise self.search_error
        word = search.query.casefold().rstrip("s")
        if word in {"top sight", "local food"}:
            found = self.places
        else:
            found = [
                p
                for p in self.places
                if word in p.name.casefold() or any(word in t for t in p.types)
            ]
        if search.included_type == "restaurant":
            found = [p for p in self.places if any("restaurant" in t for t in p.types)]
        return PlacesFound(tuple(found[: search.limit]), SANDBOX)

    async def nearby(self, search: NearbySearch) -> PlacesFound:
        raise NotImplementedError

    async def get(self, place_id: str, *, brief: bool = False) -> PlaceDetails:
        self.calls.append(place_id)
        for known in self.places:
            if known.place_id == place_id:
                return PlaceDetails(known, SANDBOX)
        raise NotFoundError("no such place")

    async def travel_times(
        self,
        origins: tuple[TravelEnd, ...],
        destinations: tuple[TravelEnd, ...],
        mode: TravelMode,
        *,
        departs: datetime | None = None,
    ) -> TravelTimes:
        self.calls.append((mode, len(origins) * len(destinations)))
        if self.travel_error is not None:
            raise self.travel_error
        minutes_per_km = (12 if mode == "walk" else 4) * self.slower
        return TravelTimes(
            mode,
            tuple(
                tuple(
                    round(great_circle_km(position(a), position(b)) * minutes_per_km + 0.5)
                    for b in destinations
                )
                for a in origins
            ),
            tuple(tuple(None for _ in destinations) for _ in origins),
            SANDBOX,
        )

    def change(self, place_id: str, hours: OpeningHours | None) -> None:
        self.places = [
            replace(p, opening_hours=hours) if p.place_id == place_id else p for p in self.places
        ]


@dataclass
class FakeGeocoding:
    """Knows one Lisbon and its namesake."""

    calls: int = 0

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        self.calls += 1
        if "lisbon" not in name.casefold():
            return LocalitiesFound((), SANDBOX)
        lisbon = Locality("Lisbon", "Portugal", "PT", CENTER, "Europe/Lisbon")
        maine = Locality(
            "Lisbon", "United States", "US", Coordinates(44, -70), "America/New_York", "Maine"
        )
        return LocalitiesFound((lisbon, maine), SANDBOX)

    async def reverse(self, at: Coordinates) -> Surroundings:
        raise NotImplementedError


@dataclass
class FakeWeather:
    """Rains on the dates given."""

    wet: frozenset[date] = frozenset()
    error: TripSageError | None = None

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        if self.error is not None:
            raise self.error
        dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        days = tuple(
            WeatherDay(d, "rain", 18, 12, 90)
            if d in self.wet
            else WeatherDay(d, "clear", 24, 15, 5)
            for d in dates
        )
        return Weather(at, "Europe/Lisbon", days, SANDBOX)

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        raise NotImplementedError


@dataclass(frozen=True)
class FakeAirport:
    code: str
    name: str
    time_zone: str
    coordinates: Coordinates | None


_AIRPORTS = {
    "LIS": FakeAirport("LIS", "Lisbon", "Europe/Lisbon", Coordinates(38.7742, -9.1342)),
    "JFK": FakeAirport("JFK", "Kennedy", "America/New_York", Coordinates(40.64, -73.78)),
}


def airports(code: str) -> FakeAirport | None:
    """Know Lisbon, and one airport in another country."""
    return _AIRPORTS.get(code)
