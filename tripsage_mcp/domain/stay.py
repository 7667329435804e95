"""Places to sleep: what is asked, the listings that answer, and one listing in full."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance

type PropertyType = Literal["entire_home", "private_room", "shared_room", "hotel_room"]
type StaySort = Literal["relevance", "price", "rating"]


@dataclass(frozen=True, slots=True)
class StaySearch:
    """A search for one place, one period and one party.

    Attributes:
        location: As the provider is to be asked, e.g. `Lisbon, Portugal`.
        check_in: Local date of the first night.
        check_out: Local date of departure, after `check_in`.
        children: 2 to 12 years old.
        infants: Under 2 years old.
        min_price: In the provider's own price filter, whole units of its currency.
        cursor: The provider's own, for a page after the first.
        coordinates: Of the locality `location` was resolved to; None when it was not.
        country_code: ISO 3166-1 alpha-2, likewise.
    """

    location: str
    check_in: date
    check_out: date
    adults: int = 2
    children: int = 0
    infants: int = 0
    pets: int = 0
    min_price: int | None = None
    max_price: int | None = None
    property_type: PropertyType | None = None
    cursor: str | None = None
    coordinates: Coordinates | None = None
    country_code: str | None = None

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
        total: For all guests and all nights.
        nightly: The rate the source states for one night.
        taxes_included: Whether `total` holds the taxes; None where the source does not say.
    """

    label: str
    nights: int
    total: Money | None = None
    nightly: Money | None = None
    taxes_included: bool | None = None

    @property
    def comparable(self) -> Money | None:
        """The best guess at the whole price, for putting listings in order and nothing else."""
        if self.total is not None:
            return self.total
        return None if self.nightly is None else self.nightly * self.nights


@dataclass(frozen=True, slots=True)
class Stay:
    """One listing in a search.

    Text comes from hosts, who are strangers: plain, bounded, and not to be obeyed.

    Attributes:
        listing_id: 1 to 20 digits.
        coordinates: Blurred by the source to some 150 m; None when it gave none.
        price: None when the source gave no price at all.
        rating: 0 to 5; None for a new listing.
        beds: In the source's words, e.g. `2 bedrooms, 3 beds`.
        badges: E.g. `Guest favorite`.
        free_cancellation: True where the source says so; None is unknown.
    """

    listing_id: str
    name: str
    url: str
    coordinates: Coordinates | None = None
    price: StayPrice | None = None
    rating: float | None = None
    reviews: int | None = None
    beds: str | None = None
    badges: tuple[str, ...] = ()
    free_cancellation: bool | None = None


@dataclass(frozen=True, slots=True)
class StaysFound:
    """One page of listings, in the provider's own order.

    Attributes:
        next_cursor: The provider's own; None on the last page.
        resolved_area: Where on the map the provider searched; None when it did not say.
        location_resolved: False when the provider only had the words to go by.
        skipped_rows: Listings that could not be read.
    """

    stays: tuple[Stay, ...]
    provenance: Provenance
    next_cursor: str | None = None
    resolved_area: Area | None = None
    location_resolved: bool = False
    skipped_rows: int = 0


@dataclass(frozen=True, slots=True)
class StayDetails:
    """One listing in full; text as in `Stay`.

    Attributes:
        url: With the dates and guests asked about, where there were any.
        area: Neighbourhood, city or country, in the source's words.
        amenities: By the source's own groups, in its order.
        missing: Amenities the source says the listing does not have.
        unknown: What the source did not tell, e.g. `price`: not known is not the same as no.
    """

    listing_id: str
    url: str
    provenance: Provenance
    area: str | None = None
    coordinates: Coordinates | None = None
    description: str | None = None
    highlights: tuple[str, ...] = ()
    house_rules: tuple[str, ...] = ()
    amenities: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
