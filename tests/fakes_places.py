"""Working stand-ins for places, geocoding and weather; tests/contracts keeps them honest."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import (
    LocalitiesFound,
    Locality,
    Place,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    TravelMode,
    TravelTimes,
)
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.weather import Weather, WeatherDay
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
    """Finds places whose name holds a word of the query; walks in a line at 5 km/h."""

    known: list[Place] = field(default_factory=list[Place])
    fails: TripSageError | None = None
    searches: list[PlaceSearch] = field(default_factory=list[PlaceSearch])
    fetched: list[str] = field(default_factory=list[str])
    timed: list[TravelMode] = field(default_factory=list[TravelMode])

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
        return PlacesFound(tuple(found[: search.limit]), FAKE)

    async def get(self, place_id: str) -> PlaceDetails:
        self.fetched.append(place_id)
        for known in self.known:
            if known.place_id == place_id:
                return PlaceDetails(known, FAKE)
        raise NotFoundError("fake: there is no place with this id")

    async def travel_times(
        self,
        origins: tuple[Coordinates, ...],
        destinations: tuple[Coordinates, ...],
        mode: TravelMode,
    ) -> TravelTimes:
        self.timed.append(mode)
        if self.fails is not None:
            raise self.fails
        metres = tuple(
            tuple(round(great_circle_km(a, b) * 1000) for b in destinations) for a in origins
        )
        # Nobody walks to another continent.
        far = 300_000
        return TravelTimes(
            mode,
            tuple(tuple(None if m > far else -(-m * 60 // 5000) for m in row) for row in metres),
            tuple(tuple(None if m > far else m for m in row) for row in metres),
            FAKE,
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
