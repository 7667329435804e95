"""Located things: points of interest, the cities around them, and when they are open."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance

MINUTES_PER_DAY = 24 * 60

type PriceLevel = Literal["free", "inexpensive", "moderate", "expensive", "very_expensive"]
type TravelMode = Literal["walk", "transit", "drive", "bicycle"]
type MinuteWindow = tuple[int, int]
"""Opening and closing in minutes after local midnight; a close past midnight exceeds 1440."""


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """One weekly opening. Days count from Monday = 0; times are local to the place.

    Attributes:
        opens: Minutes after midnight of `day`.
        closes: Minutes after midnight of `day`; above 1440 when it closes on a later day.
    """

    day: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Weekly opening hours, with dated exceptions where the source knows them.

    Attributes:
        periods: Weekly openings, sorted by day and opening minute. Empty means never open.
        always_open: Open around the clock; `periods` is then empty.
        exceptions: Dates whose hours differ, each with that date's own windows, sorted.
    """

    periods: tuple[OpeningPeriod, ...] = ()
    always_open: bool = False
    exceptions: tuple[tuple[date, tuple[MinuteWindow, ...]], ...] = ()

    def on(self, day: date) -> tuple[MinuteWindow, ...]:
        """Return the windows that begin on `day`, sorted, in minutes after its midnight."""
        for exception, windows in self.exceptions:
            if exception == day:
                return windows
        if self.always_open:
            return ((0, MINUTES_PER_DAY),)
        return tuple((p.opens, p.closes) for p in self.periods if p.day == day.weekday())


@dataclass(frozen=True, slots=True)
class Place:
    """A point of interest.

    Attributes:
        place_id: Opaque to us, the provider's own.
        types: Provider vocabulary, most specific first (Places API table A).
        opening_hours: None when the source does not know them: unknown is not open.
        visit_minutes: What a visit usually takes; None when the source does not say.
        indoor: Whether rain does not matter; None when unknown.
    """

    place_id: str
    name: str
    coordinates: Coordinates
    types: tuple[str, ...] = ()
    address: str | None = None
    time_zone: str | None = None
    rating: float | None = None
    rating_count: int | None = None
    price_level: PriceLevel | None = None
    opening_hours: OpeningHours | None = None
    summary: str | None = None
    url: str | None = None
    permanently_closed: bool = False
    visit_minutes: int | None = None
    indoor: bool | None = None
    typical_cost: Money | None = None


@dataclass(frozen=True, slots=True)
class PlaceSearch:
    """A text search, optionally biased to a circle.

    Attributes:
        center: Middle of the circle; None searches the world.
        radius_m: Metres, 1 to 50 000; only with `center`.
        limit: 1 to 20 places.
    """

    query: str
    center: Coordinates | None = None
    radius_m: float = 10_000
    included_type: str | None = None
    open_now: bool = False
    min_rating: float | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class PlacesFound:
    """Places in the provider's order of relevance."""

    places: tuple[Place, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PlaceDetails:
    """One place and where the facts came from."""

    place: Place
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """A travel matrix: shape (origins, destinations), entry [i][j] from origin i to destination j.

    Attributes:
        minutes: Whole minutes, rounded up; None where no route exists.
        distance_m: Metres; None where no route exists or the provider did not say.
        estimated: True when computed from distance rather than routed.
    """

    mode: TravelMode
    minutes: tuple[tuple[int | None, ...], ...]
    distance_m: tuple[tuple[int | None, ...], ...]
    provenance: Provenance
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Locality:
    """A town or region a name resolves to.

    Attributes:
        country_code: ISO 3166-1 alpha-2.
        time_zone: IANA name.
        population: None when unknown; used to rank namesakes.
    """

    name: str
    country: str
    country_code: str
    coordinates: Coordinates
    time_zone: str
    region: str | None = None
    population: int | None = None


@dataclass(frozen=True, slots=True)
class LocalitiesFound:
    """Localities for one name, best match first; empty when nothing matches."""

    localities: tuple[Locality, ...]
    provenance: Provenance
