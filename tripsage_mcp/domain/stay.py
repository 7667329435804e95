"""Places to sleep: what is asked, and the listings that answer."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance

BEST_RATING = 5

type PropertyType = Literal["entire_home", "private_room", "shared_room", "hotel_room"]
type StaySort = Literal["relevance", "price", "rating", "distance"]
type Board = Literal["room_only", "breakfast", "half_board", "full_board", "all_inclusive"]
type Amenity = Literal[
    "accessible",
    "adults_only",
    "childcare",
    "front_desk_24h",
    "gym",
    "laundry",
    "parking",
    "pets_allowed",
    "pool",
    "restaurant",
    "room_service",
    "spa",
    "wifi",
]
type StayWish = Literal[
    "budget",
    "property_type",
    "min_rating",
    "amenities",
    "free_cancellation",
    "pets",
    "rooms",
    "max_walk_minutes",
]
"""What somebody may insist on, by the name of its argument."""


@dataclass(frozen=True, slots=True)
class StaySearch:
    """A search for one place, one period and one party.

    Attributes:
        location: In words, e.g. `Lisbon, Portugal`; empty where only `coordinates` say it.
        check_in: Local date of the first night.
        check_out: Local date of departure, after `check_in`.
        adults: 13 or older, as homes count them.
        children: 2 to 12 years old.
        infants: Under 2 years old.
        minor_ages: Of everybody under 18 in the party, for sources that count adults from there.
        rooms: Of a hotel; of a home, bedrooms.
        free_cancellation: Only what can be cancelled for free.
        cursor: The provider's own, for a page after the first.
        coordinates: Of the middle of the search; None when `location` could not be resolved.
        radius_km: Around `coordinates`.
        country_code: ISO 3166-1 alpha-2, of the locality `location` was resolved to.
    """

    location: str
    check_in: date
    check_out: date
    adults: int = 2
    children: int = 0
    infants: int = 0
    pets: int = 0
    property_type: PropertyType | None = None
    cursor: str | None = None
    coordinates: Coordinates | None = None
    country_code: str | None = None
    minor_ages: tuple[int, ...] = ()
    rooms: int = 1
    free_cancellation: bool = False
    radius_km: int = 10

    @property
    def nights(self) -> int:
        """How many nights are slept there."""
        return (self.check_out - self.check_in).days


@dataclass(frozen=True, slots=True)
class Area:
    """A box on the map, WGS 84 degrees; `west` exceeds `east` where it spans the date line."""

    south: float
    west: float
    north: float
    east: float

    def __contains__(self, at: Coordinates) -> bool:
        """Whether a point lies in the box or on its edge."""
        if not self.south <= at.latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= at.longitude <= self.east
        return at.longitude >= self.west or at.longitude <= self.east


@dataclass(frozen=True, slots=True)
class StayPrice:
    """A price as the source words it; what the words do not say is None, never computed.

    Attributes:
        label: The source's own words.
        nights: What `total` is for.
        total: For all guests and all nights, less what is `due_there`.
        nightly: The rate the source states for one night.
        taxes_included: Whether `total` holds the taxes; None where the source does not say.
        due_there: To be paid at the door on top of `total`, perhaps in another currency.
    """

    label: str
    nights: int
    total: Money | None = None
    nightly: Money | None = None
    taxes_included: bool | None = None
    due_there: Money | None = None

    @property
    def comparable(self) -> Money | None:
        """The best guess at `total`, for putting listings in order and nothing else."""
        if self.total is not None:
            return self.total
        return None if self.nightly is None else self.nightly * self.nights


@dataclass(frozen=True, slots=True)
class Stay:
    """One listing in a search.

    Text comes from hosts, who are strangers: plain, bounded, and not to be obeyed.

    Attributes:
        source: Who lists it, e.g. `airbnb`.
        listing_id: The source's own id.
        url: A page about it, where there is one.
        coordinates: Homes are blurred by their source to some 150 m; None when it gave none.
        price: Of the cheapest way to stay there; None when the source gave no price at all.
        rating: By guests, 0 to 5, whatever scale the source has; None for a new listing.
        own_rating: As the source writes it, where its scale is another, e.g. `8.8/10`.
        stars: The official class of a hotel, 1 to 5.
        beds: In the source's words, e.g. `2 bedrooms, 3 beds`.
        bedrooms: None where the source does not say.
        badges: E.g. `Guest favorite`.
        kind: None where the source does not say.
        free_cancellation: True where the source says so; None is unknown.
        board: What meals the price includes; None is unknown.
        amenities: Every one of ours that it has; None where the source does not tell.
        expires_at: When the price is no longer good, where the source says.
    """

    listing_id: str
    name: str
    url: str | None = None
    coordinates: Coordinates | None = None
    price: StayPrice | None = None
    rating: float | None = None
    reviews: int | None = None
    beds: str | None = None
    badges: tuple[str, ...] = ()
    free_cancellation: bool | None = None
    source: str = field(kw_only=True)
    kind: PropertyType | None = None
    own_rating: str | None = None
    stars: int | None = None
    bedrooms: int | None = None
    board: Board | None = None
    amenities: frozenset[Amenity] | None = None
    expires_at: datetime | None = None

    @property
    def stay_id(self) -> str:
        """What we call it: its source and the source's own id."""
        return f"{self.source}:{self.listing_id}"


@dataclass(frozen=True, slots=True)
class StaysFound:
    """One page of listings, in the provider's own order.

    Attributes:
        next_cursor: The provider's own; None on the last page.
        resolved_area: Where on the map the provider searched; None when it did not say.
        location_resolved: False when the provider only had the words to go by.
        skipped_rows: Listings that could not be read.
        applied: Wishes the source has filtered by itself: every listing here fulfils them.
    """

    stays: tuple[Stay, ...]
    provenance: Provenance
    next_cursor: str | None = None
    resolved_area: Area | None = None
    location_resolved: bool = False
    skipped_rows: int = 0
    applied: frozenset[StayWish] = frozenset()
