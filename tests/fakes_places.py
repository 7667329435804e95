"""Working stand-ins for places, geocoding and weather; tests/contracts keeps them honest."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import (
    LocalitiesFound,
    Locality,
    NearbySearch,
    Place,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    Surroundings,
    TravelEnd,
    TravelGap,
    TravelMode,
    TravelTimes,
)
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.travel import position
from tripsage_mcp.domain.weather import HourlyWeather, Weather, WeatherDay, WeatherHour
from tripsage_mcp.errors import NotFoundError, TripSageError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAKE = Provenance("fake", "sandbox", NOW)
LISBON_CENTRE = Coordinates(38.7167, -9.1333)
LISBON = Locality(
    "Lisbon", "Portugal", "PT", LISBON_CENTRE, "Europe/Lisbon", "Lisbon District", 517_802
)


def at_now() -> datetime:
    return NOW


def place(place_id: str = "p1", name: str = "A museum", **facts: object) -> Place:
    values: dict[str, object] = {"coordinates": LISBON_CENTRE, "types": ("museum",)} | facts
    return Place(place_id, name, **values)  # pyright: ignore[reportArgumentType]


def locality(name: str, *, region: str | None = None, **facts: object) -> Locality:
    values: dict[str, object] = {
        "country": "Portugal",
        "country_code": "PT",
        "coordinates": LISBON_CENTRE,
        "time_zone": "Europe/Lisbon",
    } | facts
    return Locality(name, region=region, **values)  # pyright: ignore[reportArgumentType]


@dataclass
class FakePlaces:
    """Finds places whose name holds a word of the query; walks in a line at 5 km/h.

    Attributes:
        unanswered: The ways, by origin and destination, that a travel matrix lacks.
        none: Those that do not exist.
    """

    known: list[Place] = field(default_factory=list[Place])
    fails: TripSageError | None = None
    searches: list[PlaceSearch] = field(default_factory=list[PlaceSearch])
    fetched: list[str] = field(default_factory=list[str])
    timed: list[TravelMode] = field(default_factory=list[TravelMode])
    around: list[NearbySearch] = field(default_factory=list[NearbySearch])
    ends: list[tuple[TravelEnd, ...]] = field(default_factory=list[tuple[TravelEnd, ...]])
    departures: list[datetime | None] = field(default_factory=list[datetime | None])
    unanswered: tuple[tuple[int, int], ...] = ()
    none: tuple[tuple[int, int], ...] = ()

    async def search(self, search: PlaceSearch) -> PlacesFound:
        self.searches.append(search)
        if self.fails is not None:
            raise self.fails
        words = search.query.lower().split()
        found = [
            p
            for p in self.known
            if any(word in p.name.lower() for word in words)
            and (p.rating or 0) >= (search.min_rating or 0)
        ]
        if search.center is not None and search.nearest_first:
            found.sort(key=lambda p: great_circle_km(search.center or p.coordinates, p.coordinates))
        start = int(search.page or 0)
        end = start + search.limit
        return PlacesFound(tuple(found[start:end]), FAKE, str(end) if end < len(found) else None)

    async def nearby(self, search: NearbySearch) -> PlacesFound:
        self.around.append(search)
        if self.fails is not None:
            raise self.fails
        within = {p.place_id: great_circle_km(search.center, p.coordinates) for p in self.known}
        found = [
            p
            for p in self.known
            if search.kind in p.types and within[p.place_id] * 1000 <= search.radius_m
        ]
        if search.nearest_first:
            found.sort(key=lambda p: within[p.place_id])
        return PlacesFound(tuple(found[: search.limit]), FAKE)

    async def get(self, place_id: str, *, brief: bool = False) -> PlaceDetails:
        self.fetched.append(place_id)
        if self.fails is not None:
            raise self.fails
        for known in self.known:
            if known.place_id == place_id:
                return PlaceDetails(known, FAKE)
        raise NotFoundError("fake: there is no place with this id")

    async def travel_times(
        self,
        origins: tuple[TravelEnd, ...],
        destinations: tuple[TravelEnd, ...],
        mode: TravelMode,
        *,
        departs: datetime | None = None,
    ) -> TravelTimes:
        self.timed.append(mode)
        self.ends += [origins, destinations]
        self.departures.append(departs)
        if self.fails is not None:
            raise self.fails
        metres = tuple(
            tuple(round(great_circle_km(position(a), position(b)) * 1000) for b in destinations)
            for a in origins
        )
        # Nobody walks to another continent.
        far = 300_000

        def cell(i: int, j: int, value: int) -> int | None:
            missing = (i, j) in self.unanswered or (i, j) in self.none
            return None if missing or metres[i][j] > far else value

        gap = TravelGap(self.unanswered, "provider_unavailable", retryable=True)
        return TravelTimes(
            mode,
            tuple(
                tuple(cell(i, j, -(-m * 60 // 5000)) for j, m in enumerate(row))
                for i, row in enumerate(metres)
            ),
            tuple(tuple(cell(i, j, m) for j, m in enumerate(row)) for i, row in enumerate(metres)),
            FAKE,
            departs=departs,
            gaps=(gap,) if self.unanswered else (),
        )


@dataclass
class FakeGeocoding:
    """Knows a few localities by name."""

    known: list[Locality] = field(default_factory=lambda: [LISBON])
    asked: list[str] = field(default_factory=list[str])

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        self.asked.append(name)
        found = [known for known in self.known if known.name.lower() == name.lower()]
        return LocalitiesFound(tuple(found[:limit]), FAKE)

    async def reverse(self, at: Coordinates) -> Surroundings:
        near = sorted(self.known, key=lambda known: great_circle_km(at, known.coordinates))
        found = [known for known in near if great_circle_km(at, known.coordinates) < 50]
        return Surroundings(found[0] if found else None, FAKE)


@dataclass
class FakeWeather:
    """Always mild; a forecast for sixteen days, climatology after."""

    asked: list[tuple[Coordinates, date, date]] = field(
        default_factory=list[tuple[Coordinates, date, date]]
    )

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        self.asked.append((at, first, last))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        horizon = NOW.date() + timedelta(days=15)
        return Weather(
            coordinates=at,
            time_zone="Europe/Lisbon",
            days=tuple(
                WeatherDay(
                    day,
                    "partly cloudy" if day <= horizon else "usually dry",
                    17.0,
                    11.0,
                    20,
                    kind="forecast" if day <= horizon else "climatology",
                )
                for day in days
            ),
            provenance=FAKE,
            years=10 if days[-1] > horizon else None,
        )

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        lisbon = ZoneInfo("Europe/Lisbon")
        reached = min(last, NOW.date() + timedelta(days=15))
        midnights = [first + timedelta(days=n) for n in range((reached - first).days + 1)]
        return HourlyWeather(
            "Europe/Lisbon",
            tuple(
                WeatherHour(datetime.combine(day, time(hour), lisbon), "overcast", 14.0, 10)
                for day in midnights
                for hour in range(24)
            ),
            FAKE,
        )
