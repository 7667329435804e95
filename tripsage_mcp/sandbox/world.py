"""The authored cities the invented world is built on: `resources/sandbox/cities/*.json`."""

from dataclasses import replace
from functools import cache

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure import resources

_CONFIG = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Neighbourhood:
    """A part of town where people stay."""

    name: str
    latitude: float
    longitude: float

    @property
    def coordinates(self) -> Coordinates:
        """Return its middle."""
        return Coordinates(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Climate:
    """Twelve monthly means, January first.

    Attributes:
        high_c: Daily maximum in degrees Celsius.
        low_c: Daily minimum in degrees Celsius.
        wet_days: Days with at least 1 mm of rain.
    """

    high_c: tuple[float, ...]
    low_c: tuple[float, ...]
    wet_days: tuple[float, ...]


@dataclass(frozen=True, slots=True, config=_CONFIG)
class SandboxPlace:
    """A real place to see, eat or drink.

    Attributes:
        id: Unique within its city.
        kind: Our own word, e.g. `museum`; `types` are those of Places API table A.
        opening_hours: OSM `opening_hours` syntax, local time.
        price_level: free, inexpensive, moderate, expensive or very_expensive.
        reviews: How many ratings `rating` averages.
        indoor: Whether rain does not matter.
    """

    id: str
    name: str
    kind: str
    types: tuple[str, ...]
    latitude: float
    longitude: float
    address: str
    opening_hours: str
    visit_minutes: int
    price_level: str
    rating: float
    reviews: int
    indoor: bool
    booking_advised: bool
    summary: str

    @property
    def coordinates(self) -> Coordinates:
        """Return where it is."""
        return Coordinates(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True, config=_CONFIG)
class City:
    """A city people travel to.

    Attributes:
        country_code: ISO 3166-1 alpha-2.
        airports: IATA codes, the main one first.
        center: Where a visitor would say the middle is.
        currency: ISO 4217.
        nightly_rate_usd: A middling private stay for two, per night.
        slug: The file's name, e.g. `new-york`.
    """

    city: str
    country: str
    country_code: str
    region: str
    iata_city_code: str
    airports: tuple[str, ...]
    time_zone: str
    center: Coordinates
    population: int
    elevation_m: float
    currency: str
    nightly_rate_usd: float
    climate: Climate
    neighbourhoods: tuple[Neighbourhood, ...]
    places: tuple[SandboxPlace, ...]
    slug: str = ""


_CITY = TypeAdapter(City)


@cache
def load_cities() -> tuple[City, ...]:
    """Return every authored city, sorted by slug."""
    files = sorted(resources.path("sandbox", "cities").glob("*.json"))
    return tuple(replace(_CITY.validate_json(file.read_bytes()), slug=file.stem) for file in files)
