"""Searching stays and looking at one listing."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.domain.geo import great_circle_km
from tripsage_mcp.domain.place import Locality
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.stay import (
    Area,
    PropertyType,
    Stay,
    StayDetails,
    StaySearch,
    StaysFound,
    StaySort,
)
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, ProviderError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.providers.ports import GeocodingProvider, StayProvider
from tripsage_mcp.services.stay_cursor import StayCursor, fingerprint
from tripsage_mcp.services.where import Asked, Where, asked, locate

MOST_STAYS = 18
MOST_NIGHTS = 90
FURTHEST_DAYS = 730
MOST_GUESTS = 16
MOST_CHILDREN = 15
MOST_INFANTS = 5
MOST_PETS = 5
HIGHEST_PRICE = 1_000_000
PROPERTY_TYPES: tuple[PropertyType, ...] = (
    "entire_home",
    "private_room",
    "shared_room",
    "hotel_room",
)
SORTS: tuple[StaySort, ...] = ("relevance", "price", "rating")

_LISTING_ID = re.compile(r"[0-9]{1,20}")
# Somewhere on Earth it is still this much earlier than in UTC.
_LATEST_ZONE = timedelta(hours=12)
_EXAMPLE_IN_DAYS = 30
_ELSEWHERE_KM = 100


@dataclass(frozen=True, slots=True)
class StayQuery:
    """A search as the caller wrote it.

    Attributes:
        cursor: Of an earlier page of the same search.
        limit: 1 to 18 listings.
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
    property_type: str | None = None
    sort: str = "relevance"
    limit: int = 10
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """One listing, for dates and guests where they are known."""

    listing_id: str
    check_in: date | None = None
    check_out: date | None = None
    adults: int = 2


@dataclass(frozen=True, slots=True)
class StaysPage:
    """One page of listings.

    Attributes:
        search: What the provider was asked.
        where: What the location was taken to mean; None when it could not be looked up.
        area: Where the provider searched; None when it did not say.
        elsewhere: The listings lie far from `where`: perhaps in another place of that name.
        skipped: Listings left out because they could not be read.
        next_cursor: None on the last page.
    """

    search: StaySearch
    stays: tuple[Stay, ...]
    sort: StaySort
    provenance: Provenance
    where: Where | None = None
    area: Area | None = None
    elsewhere: bool = False
    skipped: int = 0
    next_cursor: str | None = None

    @property
    def currency(self) -> str | None:
        """The currency of most prices; None when there are none."""
        counts = _currencies(self.stays)
        return counts.most_common(1)[0][0] if counts else None

    @property
    def taxes_included(self) -> bool | None:
        """What every price here says of taxes; None when they differ or do not say."""
        said = {stay.price.taxes_included for stay in self.stays if stay.price is not None}
        return said.pop() if len(said) == 1 else None

    @property
    def link(self) -> str | None:
        """The address of every listing here, `{listing_id}` in place of the id."""
        for stay in self.stays:
            return stay.url.replace(stay.listing_id, "{listing_id}", 1)
        return None


@dataclass(frozen=True, slots=True)
class StayService:
    """What the stay tools can do."""

    provider: StayProvider
    geocoding: GeocodingProvider
    now: Clock

    async def search(self, query: StayQuery) -> StaysPage:
        """Search, or show the next page of an earlier search; no listing at all is not an error.

        A name alone is resolved first, so that the provider is asked for the town most people
        mean. Where that fails the provider gets the words as they are, and `where` is None.

        Raises:
            InvalidRequestError: an argument breaks a rule; nothing was sent.
            ProviderError: the stay provider failed.
        """
        place, search, sort = self._checked(query)
        mark = fingerprint(replace(search, cursor=None), sort)
        cursor = StayCursor(mark)
        if query.cursor is not None:
            cursor = StayCursor.decode(query.cursor, search=mark)
        where = await self._where(place)
        if where is not None and where.locality is not None:
            self._check_not_past(search.check_in, where.locality)
            search = _resolved(search, where.locality, where.alternatives)
        search = replace(search, cursor=cursor.page)
        found = await self.provider.search(search)
        ranked = _ranked(found.stays, sort)
        end = cursor.offset + query.limit
        return StaysPage(
            search=search,
            stays=ranked[cursor.offset : end],
            sort=sort,
            provenance=found.provenance,
            where=where,
            area=found.resolved_area,
            elsewhere=where is not None and _is_elsewhere(found, where),
            skipped=found.skipped_rows,
            next_cursor=_following(cursor, end, found),
        )

    async def get(self, query: ListingQuery) -> StayDetails:
        """Return one listing's amenities, rules and description.

        Raises:
            InvalidRequestError: an argument breaks a rule; nothing was sent.
            NotFoundError: no such listing.
            ProviderError: the provider failed.
        """
        if not _LISTING_ID.fullmatch(query.listing_id):
            raise InvalidRequestError(
                "listing_id",
                "must be a listing_id of search_stays: 1 to 20 digits",
                example='"53842931"',
            )
        _between("adults", query.adults, 1, MOST_GUESTS, example="2")
        if query.check_in is None and query.check_out is None:
            return await self.provider.get(query.listing_id, None)
        if query.check_in is None or query.check_out is None:
            missing = "check_in" if query.check_in is None else "check_out"
            raise InvalidRequestError(
                missing, "must be given together with the other date", example=self._example()
            )
        self._check_dates(query.check_in, query.check_out)
        search = StaySearch("", query.check_in, query.check_out, adults=query.adults)
        return await self.provider.get(query.listing_id, search)

    def _checked(self, query: StayQuery) -> tuple[Asked, StaySearch, StaySort]:
        place = asked(query.location, None, None, argument="location")
        assert place is not None
        assert place.name is not None
        self._check_dates(query.check_in, query.check_out)
        _check_party(query)
        _check_prices(query.min_price, query.max_price)
        _between("limit", query.limit, 1, MOST_STAYS, example="10")
        search = StaySearch(
            location=place.name,
            check_in=query.check_in,
            check_out=query.check_out,
            adults=query.adults,
            children=query.children,
            infants=query.infants,
            pets=query.pets,
            min_price=query.min_price,
            max_price=query.max_price,
            property_type=_property_type(query.property_type),
        )
        sort: StaySort = _one_of("sort", query.sort, SORTS)
        return place, search, sort

    def _check_dates(self, check_in: date, check_out: date) -> None:
        today = self.now().astimezone(UTC)
        if check_in < (today - _LATEST_ZONE).date():
            raise self._past()
        after = f'"{check_in + timedelta(days=min(3, (date.max - check_in).days))}"'
        if check_out <= check_in:
            raise InvalidRequestError("check_out", "must be after check_in", example=after)
        if (check_out - check_in).days > MOST_NIGHTS:
            raise InvalidRequestError(
                "check_out", f"must be at most {MOST_NIGHTS} nights after check_in", example=after
            )
        if check_out > today.date() + timedelta(days=FURTHEST_DAYS):
            raise InvalidRequestError(
                "check_out", "must be at most two years ahead", example=self._example(days=3)
            )

    def _check_not_past(self, check_in: date, locality: Locality) -> None:
        """Check against the date it is there, now that we know where that is."""
        try:
            zone = ZoneInfo(locality.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return
        if check_in < self.now().astimezone(zone).date():
            raise self._past()

    async def _where(self, place: Asked) -> Where | None:
        try:
            return await locate(self.geocoding, place)
        except (NotFoundError, ProviderError):
            # The provider knows neighbourhoods and lakes that a geocoder of towns does not.
            return None

    def _past(self) -> InvalidRequestError:
        return InvalidRequestError("check_in", "must not be in the past", example=self._example())

    def _example(self, *, days: int = 0) -> str:
        soon = self.now().astimezone(UTC).date() + timedelta(days=_EXAMPLE_IN_DAYS + days)
        return f'"{soon}"'


def _check_party(query: StayQuery) -> None:
    _between("adults", query.adults, 1, MOST_GUESTS, example="2")
    _between("children", query.children, 0, MOST_CHILDREN, example="1")
    _between("infants", query.infants, 0, MOST_INFANTS, example="1")
    _between("pets", query.pets, 0, MOST_PETS, example="1")
    if query.adults + query.children > MOST_GUESTS:
        raise InvalidRequestError(
            "children", f"and adults together may be at most {MOST_GUESTS} guests", example="2"
        )


def _check_prices(lowest: int | None, highest: int | None) -> None:
    if lowest is not None:
        _between("min_price", lowest, 0, HIGHEST_PRICE, example="50")
    if highest is not None:
        _between("max_price", highest, 1, HIGHEST_PRICE, example="200")
    if lowest is not None and highest is not None and lowest > highest:
        raise InvalidRequestError(
            "max_price", "must not be below min_price", example=str(lowest + 100)
        )


def _property_type(given: str | None) -> PropertyType | None:
    if given is None:
        return None
    kind: PropertyType = _one_of("property_type", given, PROPERTY_TYPES)
    return kind


def _between(argument: str, given: int, low: int, high: int, *, example: str) -> None:
    if not low <= given <= high:
        raise InvalidRequestError(argument, f"must be {low} to {high}", example=example)


def _one_of[T: str](argument: str, given: str, allowed: tuple[T, ...]) -> T:
    for word in allowed:
        if word == given:
            return word
    rule = f"must be one of {', '.join(allowed)}"
    raise InvalidRequestError(argument, rule, example=f'"{allowed[0]}"')


def _resolved(
    search: StaySearch, locality: Locality, alternatives: Sequence[Locality]
) -> StaySearch:
    """Say which town of that name is meant; words that already say so are left as they are."""
    location = search.location
    if "," not in location:
        # `Lisbon, Portugal` is found more surely than with a district between, but the country
        # alone does not tell one Portland from the other.
        namesakes = any(other.country_code == locality.country_code for other in alternatives)
        parts = (locality.name, locality.region if namesakes else None, locality.country)
        location = ", ".join(dict.fromkeys(part for part in parts if part))
    return replace(
        search,
        location=location,
        coordinates=locality.coordinates,
        country_code=locality.country_code,
    )


def _is_elsewhere(found: StaysFound, where: Where) -> bool:
    """Whether what was found cannot be the place that was meant."""
    if found.resolved_area is not None:
        return where.coordinates not in found.resolved_area
    points = [stay.coordinates for stay in found.stays if stay.coordinates is not None]
    return bool(points) and all(
        great_circle_km(where.coordinates, point) > _ELSEWHERE_KM for point in points
    )


def _currencies(stays: Sequence[Stay]) -> Counter[str]:
    return Counter(
        stay.price.comparable.currency
        for stay in stays
        if stay.price is not None and stay.price.comparable is not None
    )


def _ranked(stays: tuple[Stay, ...], sort: StaySort) -> tuple[Stay, ...]:
    """Order one page of the provider's; what is not known comes last, equals keep their order."""
    if sort == "rating":
        return tuple(sorted(stays, key=lambda stay: (-(stay.rating or 0), -(stay.reviews or 0))))
    if sort == "price":
        # Amounts of different currencies do not compare: most of a page has one, and comes first.
        ranks = {
            currency: rank for rank, (currency, _) in enumerate(_currencies(stays).most_common())
        }

        def cheapest_first(stay: Stay) -> tuple[int, Decimal]:
            amount = None if stay.price is None else stay.price.comparable
            return (
                (len(ranks), Decimal(0))
                if amount is None
                else (ranks[amount.currency], amount.amount)
            )

        return tuple(sorted(stays, key=cheapest_first))
    return stays


def _following(cursor: StayCursor, end: int, found: StaysFound) -> str | None:
    """Return where the next page begins: in this page of the provider's, or in its next."""
    if end < len(found.stays):
        return replace(cursor, offset=end).encode()
    if found.next_cursor is None:
        return None
    return StayCursor(cursor.search, found.next_cursor).encode()
