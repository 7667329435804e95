"""Searching stays in every source at once, and looking at one of them."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.domain.place import Locality
from tripsage_mcp.domain.stay import StaySearch
from tripsage_mcp.domain.stay_details import StayDetails, StayQuote
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, ProviderError
from tripsage_mcp.infrastructure.cache import Cache, Lifetime
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.providers.ports import (
    ExchangeRates,
    GeocodingProvider,
    PlaceProvider,
    StaySource,
)
from tripsage_mcp.services.places.where import Asked, Where, locate, whereabouts
from tripsage_mcp.services.stays.cursor import StayCursor
from tripsage_mcp.services.stays.near import Near, Walks, estimates, find_near, walks
from tripsage_mcp.services.stays.pages import StaysPage, make_page, sift
from tripsage_mcp.services.stays.requests import (
    CheckedStays,
    StayQuery,
    check,
    check_adults,
    check_dates,
    one_date_missing,
    past,
)
from tripsage_mcp.services.stays.sources import (
    Round,
    adapter,
    ask,
    ask_on,
    choose,
    priced,
)

_STAY_ID = re.compile(r"([a-z]{2,20}):([A-Za-z0-9_]{1,64})", re.ASCII)
_RATE_ID = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
_KEPT_FOR_S = timedelta(minutes=15).total_seconds()
# With fewer left by the wishes, the sources are asked for more, up to so many times.
_ENOUGH = 10
_MOST_ASKS = 3
_WALKING_RADIUS_KM = 3


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """One stay, for dates and guests where they are known.

    Attributes:
        stay_id: As `search_stays` gave it.
        rate_id: One of its rates, to be quoted afresh.
    """

    stay_id: str
    rate_id: str | None = None
    check_in: date | None = None
    check_out: date | None = None
    adults: int = 2


@dataclass(frozen=True, slots=True)
class StayRead:
    """One stay in full, or one of its rates asked for again: one of the two is there.

    Attributes:
        rate_id: With `quote`.
    """

    stay_id: str
    read_at: datetime
    details: StayDetails | None = None
    quote: StayQuote | None = None
    rate_id: str | None = None


def _unshared() -> Cache:
    return Cache(MemoryKeyValue(), "stays")


@dataclass(frozen=True, slots=True)
class StayService:
    """What the stay tools can do.

    Attributes:
        sources: By name, in the order in which equals are shown.
        rates: None where prices in different currencies cannot be compared.
        kept: Keeps what a search found for its later pages; replicas share one.
    """

    sources: Mapping[str, StaySource]
    geocoding: GeocodingProvider
    places: PlaceProvider
    now: Clock
    rates: ExchangeRates | None = None
    kept: Cache = field(default_factory=_unshared)

    async def search(self, query: StayQuery) -> StaysPage:
        """Search, or show the next page of an earlier search; no stay at all is not an error.

        A name alone is resolved first, so that every source is asked for the place most people
        mean. Where that fails the sources get the words as they are, and `where` is None. A source
        that fails is told beside what the others found.

        Raises:
            InvalidRequestError: an argument breaks a rule, or the location may mean several
                places, and no source was asked; or nobody knows what the budget is worth in the
                currencies of what was found.
            NotFoundError: there is nothing called `near` around there.
            ProviderError: every source failed.
        """
        now = self.now()
        checked = check(query, now, tuple(self.sources))
        if query.cursor is not None:
            cursor = StayCursor.decode(query.cursor, search=checked.mark)
            self._check_known(cursor)
        else:
            names = choose(self.sources, checked.sources)
            cursor = StayCursor(checked.mark, int(now.timestamp()), dict.fromkeys(names))
        where = await self._where(checked.place)
        search = _resolved(checked.search, where)
        if where is not None and where.locality is not None:
            self._check_not_past(search.check_in, where.locality)
        near = None
        if checked.near is not None:
            near = await find_near(self.places, self.geocoding, checked.near, search.coordinates)
            search = _closer(search, near, checked.wishes.max_walk_minutes)
        kept = await self.kept.fetch(
            cursor.round_key,
            adapter(),
            lambda: self._read(checked, search, near, cursor, _town(where)),
            self._lasts,
        )
        page = StaysPage(
            search=search,
            wishes=checked.wishes,
            sort=checked.sort,
            asked=kept.value,
            lodgings=(),
            where=where,
            near=near,
        )
        return await self._cut(page, cursor, checked.limit)

    async def get(self, query: ListingQuery) -> StayRead:
        """Return one stay in full with its rates, or a fresh quote for one of its rates.

        Raises:
            InvalidRequestError: an argument breaks a rule, and nothing was sent; or the rates of a
                hotel are for other nights.
            NotFoundError: no such stay or rate, or its source has forgotten it.
            OfferExpiredError: the rate can no longer be booked.
            OfferUnavailableError: the room is gone.
            ProviderError: the source failed.
        """
        source, listing_id = self._named(query.stay_id)
        check_adults(query.adults)
        now = self.now()
        search: StaySearch | None = None
        if query.check_in is not None and query.check_out is not None:
            check_dates(query.check_in, query.check_out, now)
            search = StaySearch("", query.check_in, query.check_out, adults=query.adults)
        elif query.check_in is not None or query.check_out is not None:
            raise one_date_missing(query.check_in, now)
        if query.rate_id is None:
            details = await source.stays.get(listing_id, search)
            if search is not None:
                _check_period(search, details)
            return StayRead(query.stay_id, self.now(), details=details)
        if source.quotes is None:
            raise InvalidRequestError("rate_id", "must be left out: this source quotes no rates")
        if not _RATE_ID.fullmatch(query.rate_id):
            raise InvalidRequestError("rate_id", "must be a rate_id of get_stay, unchanged")
        quote = await source.quotes.quote(query.rate_id)
        return StayRead(query.stay_id, self.now(), quote=quote, rate_id=query.rate_id)

    def _named(self, stay_id: str) -> tuple[StaySource, str]:
        found = _STAY_ID.fullmatch(stay_id)
        source = None if found is None else self.sources.get(found[1])
        if found is None or source is None:
            raise InvalidRequestError(
                "stay_id",
                "must be a stay_id of search_stays: a source, a colon and its own id",
                example='"airbnb:53842931"',
            )
        return source, found[2]

    def _check_known(self, cursor: StayCursor) -> None:
        if not cursor.sources.keys() <= self.sources.keys():
            raise InvalidRequestError("cursor", "names a source that is not there any more")

    def _check_not_past(self, check_in: date, locality: Locality) -> None:
        """Check against the date it is there, now that we know where that is."""
        with suppress(ZoneInfoNotFoundError, ValueError):
            now = self.now()
            if check_in < now.astimezone(ZoneInfo(locality.time_zone)).date():
                raise past(now)

    async def _where(self, place: Asked) -> Where | None:
        try:
            where = await locate(self.geocoding, place)
        except (NotFoundError, ProviderError):
            # A source may know neighbourhoods and lakes that a geocoder of towns does not.
            return None
        with suppress(ProviderError):
            return await whereabouts(self.geocoding, where)
        return where

    async def _cut(self, page: StaysPage, cursor: StayCursor, limit: int) -> StaysPage:
        """Cut the page, with the walks that decide what is on it, or else of what is on it."""
        near, most = page.near, page.wishes.max_walk_minutes
        if near is None:
            return make_page(page, cursor, limit)
        if most is not None or page.sort == "distance":
            on_foot = await walks(self.places, page.asked.stays, near, most)
            return make_page(replace(page, walks=on_foot), cursor, limit)
        page = make_page(page, cursor, limit)
        shown = [stay for lodging in page.lodgings for stay in lodging.listings]
        return replace(page, walks=await walks(self.places, shown, near, None))

    async def _read(
        self,
        checked: CheckedStays,
        search: StaySearch,
        near: Near | None,
        cursor: StayCursor,
        town: str,
    ) -> Round:
        """Ask the sources, and again for more while the wishes leave too little."""
        budget = checked.wishes.budget
        first = replace(await ask(self.sources, search, cursor.sources), town=town)
        read = await priced(first, budget, self.rates)
        for _ in range(_MOST_ASKS - 1):
            rough = Walks() if near is None else estimates(read.stays, near)
            enough = len(sift(read, checked.wishes, rough).lodgings) >= _ENOUGH
            if enough or not read.unfailing:
                break
            later = await ask_on(self.sources, search, read)
            read = await priced(later, budget, self.rates)
        return read

    def _lasts(self, read: Round) -> Lifetime:
        """Keep a round no longer than its first price holds."""
        ends = [stay.expires_at for stay in read.stays if stay.expires_at is not None]
        holds_s = min(((end - self.now()).total_seconds() for end in ends), default=_KEPT_FOR_S)
        return Lifetime(max(0.0, min(_KEPT_FOR_S, holds_s)))


def _resolved(search: StaySearch, where: Where | None) -> StaySearch:
    """Say which place is meant; words that already say so are left as they are."""
    if where is None:
        return search
    search = replace(search, coordinates=where.coordinates)
    locality = where.locality
    if locality is None:
        return search
    location = search.location
    if "," not in location:
        # `Lisbon, Portugal` is found more surely than with a district between, but the country
        # alone does not tell one Portland from the other.
        namesakes = any(other.country_code == locality.country_code for other in where.alternatives)
        parts = (locality.name, locality.region if namesakes else None, locality.country)
        location = ", ".join(dict.fromkeys(part for part in parts if part))
    return replace(search, location=location, country_code=locality.country_code)


def _check_period(asked: StaySearch, details: StayDetails) -> None:
    """Refuse to show rates for other nights than those that were asked about."""
    for argument, wanted, rated in (
        ("check_in", asked.check_in, details.check_in),
        ("check_out", asked.check_out, details.check_out),
    ):
        if rated is not None and rated != wanted:
            raise InvalidRequestError(
                argument,
                "must be that of the search which found this hotel, whose rates are for those"
                " nights; for others call search_stays again",
                example=f'"{rated}"',
            )


def _town(where: Where | None) -> str:
    """Return the words that a name may add because its place is there."""
    if where is None or where.locality is None:
        return ""
    return f"{where.locality.name}, {where.locality.country}"


def _closer(search: StaySearch, near: Near, most: int | None) -> StaySearch:
    """Search around what the stay should be near to."""
    # An hour's walk is some five kilometres.
    radius_km = _WALKING_RADIUS_KM if most is None else max(1, -(-most * 5 // 60))
    return replace(search, coordinates=near.coordinates, radius_km=radius_km)
