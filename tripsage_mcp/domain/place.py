"""Located things: points of interest, the cities around them, and when they are open."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance

MINUTES_PER_DAY = 24 * 60

type PriceLevel = Literal["free", "inexpensive", "moderate", "expensive", "very_expensive"]
type PlaceStatus = Literal["operational", "closed_temporarily", "closed_permanently", "future"]
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
        known_until: The last date whose special hours are known; what comes after is as usual only
            as far as anybody knows. None when no date is.
    """

    periods: tuple[OpeningPeriod, ...] = ()
    always_open: bool = False
    exceptions: tuple[tuple[date, tuple[MinuteWindow, ...]], ...] = ()
    known_until: date | None = None

    def on(self, day: date) -> tuple[MinuteWindow, ...]:
        """Return the windows that begin on `day`, sorted, in minutes after its midnight."""
        for exception, windows in self.exceptions:
            if exception == day:
                return windows
        if self.always_open:
            return ((0, MINUTES_PER_DAY),)
        return tuple((p.opens, p.closes) for p in self.periods if p.day == day.weekday())


@dataclass(frozen=True, slots=True)
class PriceRange:
    """What a visit costs one person: from `start`, to below `end` where there is an end."""

    start: Money
    end: Money | None = None


@dataclass(frozen=True, slots=True)
class Accessibility:
    """What a wheelchair can use; None where the source does not say."""

    entrance: bool | None = None
    parking: bool | None = None
    restroom: bool | None = None
    seating: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A point of interest.

    Attributes:
        place_id: Opaque to us, the provider's own.
        types: Provider vocabulary, most specific first (Places API table A).
        opening_hours: None when the source does not know them: unknown is not open.
        opens_on: When a place of status `future` will open, where that is known.
        visit_minutes: What a visit usually takes; None when the source does not say.
        indoor: Whether rain does not matter; None when unknown.
        credits: Whose data this also is, to be shown beside it.
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
    status: PlaceStatus = "operational"
    opens_on: date | None = None
    visit_minutes: int | None = None
    indoor: bool | None = None
    typical_cost: Money | None = None
    price_range: PriceRange | None = None
    accessibility: Accessibility | None = None
    website: str | None = None
    phone: str | None = None
    credits: tuple[str, ...] = ()

    @property
    def permanently_closed(self) -> bool:
        """Whether it will not open again."""
        return self.status == "closed_permanently"


@dataclass(frozen=True, slots=True)
class PlaceSearch:
    """A text search, optionally biased to a circle.

    Attributes:
        center: Middle of the circle; None searches the world.
        radius_m: Metres, 1 to 50 000; only with `center`.
        limit: 1 to 20 places.
        nearest_first: Order by distance from `center` instead of relevance.
        page: The provider's own cursor of a later page of the very same search.
    """

    query: str
    center: Coordinates | None = None
    radius_m: float = 10_000
    included_type: str | None = None
    open_now: bool = False
    min_rating: float | None = None
    limit: int = 10
    nearest_first: bool = False
    page: str | None = None


@dataclass(frozen=True, slots=True)
class NearbySearch:
    """Everything of one kind within a circle, without a word of what it is called.

    Attributes:
        kind: A type of the provider's vocabulary.
        radius_m: Metres, 1 to 50 000.
        limit: 1 to 20 places; there is no further page.
        nearest_first: Order by distance from `center` instead of popularity.
    """

    kind: str
    center: Coordinates
    radius_m: float
    limit: int = 10
    nearest_first: bool = False


@dataclass(frozen=True, slots=True)
class PlacesFound:
    """Places in the order asked for.

    Attributes:
        next_page: The provider's own cursor of the next page; None on the last.
    """

    places: tuple[Place, ...]
    provenance: Provenance
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceDetails:
    """One place and where the facts came from."""

    place: Place
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PlaceRef:
    """A place by the provider's own id, and where it is."""

    place_id: str
    coordinates: Coordinates


type TravelEnd = Coordinates | PlaceRef
"""One end of a way: a point, or a place, of which the provider knows the entrance."""


@dataclass(frozen=True, slots=True)
class TravelGap:
    """Ways of a matrix that the provider failed to answer; the others stand.

    Attributes:
        cells: The (origin, destination) indexes.
        code: Of the failure, as in `errors.py`.
        retry_after_s: Seconds after which asking again makes sense, where known.
    """

    cells: tuple[tuple[int, int], ...]
    code: str
    retryable: bool
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """A travel matrix: shape (origins, destinations), entry [i][j] from origin i to destination j.

    Attributes:
        minutes: Whole minutes, rounded up; None where no route exists, or where a gap says so.
        distance_m: Metres; None where no route exists or the provider did not say.
        estimated: True when computed from distance rather than routed.
        departs: When the ways begin, where timetables or traffic were asked for.
        gaps: What was not answered; a cell is in at most one.
    """

    mode: TravelMode
    minutes: tuple[tuple[int | None, ...], ...]
    distance_m: tuple[tuple[int | None, ...], ...]
    provenance: Provenance
    estimated: bool = False
    departs: datetime | None = None
    gaps: tuple[TravelGap, ...] = ()


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

    @property
    def full_name(self) -> str:
        """Name it so that namesakes differ: `Paris, Ile-de-France, France`."""
        parts = (self.name, self.region, self.country)
        return ", ".join(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class LocalitiesFound:
    """Localities for one name, best match first; empty when nothing matches."""

    localities: tuple[Locality, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a point is in.

    Attributes:
        locality: The town, else the region or country; None where there is none, as at sea.
        approximate: The nearest town we know of, rather than the one whose area holds the point.
    """

    locality: Locality | None
    provenance: Provenance
    approximate: bool = False
