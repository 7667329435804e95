"""Searching flights and looking at one offer."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tripsage_mcp.domain.airports import IATAPlace
from tripsage_mcp.domain.fares import FlightItinerary, FlightSort, group, ordered
from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.errors import InvalidRequestError, OfferExpiredError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.providers.ports import FlightProvider
from tripsage_mcp.services.flight_cursor import Cursor
from tripsage_mcp.services.flight_requests import CheckedSearch, FlightSearch, check

_OFFER_ID = re.compile(r"off_[0-9A-Za-z]{22}")
_CONCISE_FARES = 4
_CONCISE_FARES_RETURN = 3
# A longer page shows the cheapest fare of each: it costs about as much as a page of this length.
_COMFORTABLE_PAGE = 10
_SEARCH_AGAIN = "Search again with search_flights: offers live for minutes."


@dataclass(frozen=True, slots=True)
class FlightPage:
    """One page of itineraries with their fares.

    Attributes:
        request: What was asked for, with names resolved to codes.
        resolved: What a name was taken to mean, by argument.
        itineraries: In the order of `sort`.
        first: Number of the first itinerary on this page, from 1.
        total: Itineraries on all pages.
        next_cursor: None on the last page.
        unreadable: Offers left out because they could not be understood.
        full: Whether the caller wants every segment.
    """

    request: OfferRequest
    resolved: Mapping[str, IATAPlace]
    itineraries: tuple[FlightItinerary, ...]
    sort: FlightSort
    first: int
    total: int
    provenance: Provenance
    next_cursor: str | None = None
    unreadable: int = 0
    full: bool = False

    @property
    def fares_shown(self) -> int | None:
        """How many fares of each itinerary to show; None for all."""
        if self.full:
            return None
        if len(self.itineraries) > _COMFORTABLE_PAGE:
            return 1
        # The second slice has to fit into the same answer.
        return _CONCISE_FARES if len(self.request.slices) == 1 else _CONCISE_FARES_RETURN

    @property
    def currency(self) -> str | None:
        """The one currency of every price; None when they differ or there are none."""
        currencies = {fare.total.currency for i in self.itineraries for fare in i.fares}
        return currencies.pop() if len(currencies) == 1 else None

    @property
    def carry_on(self) -> int | None:
        """The pieces every fare includes; None when they differ or are unknown."""
        pieces = {fare.baggage.carry_on for i in self.itineraries for fare in i.fares}
        return pieces.pop() if len(pieces) == 1 else None

    @property
    def cabins(self) -> tuple[str, ...] | None:
        """The cabins most fares are in; None when there are no fares."""
        counts = Counter(fare.cabins for i in self.itineraries for fare in i.fares)
        return counts.most_common(1)[0][0] if counts else None


@dataclass(frozen=True, slots=True)
class FlightService:
    """What the flight tools can do."""

    provider: FlightProvider
    now: Clock

    async def search(self, search: FlightSearch) -> FlightPage:
        """Search, or show the next page of an earlier search.

        Offers that have expired are left out; no offers at all is not an error.

        Raises:
            InvalidRequestError: an argument is not valid; nothing was sent.
            NotFoundError: the cursor's search is forgotten.
            OfferExpiredError: every offer of the cursor's search has expired.
            ProviderError: the provider failed.
        """
        now = self.now()
        checked = check(search, now)
        if search.cursor is None:
            found = await self.provider.search(checked.request)
            begin = Cursor(found.search_id, 0, checked.sort, now.astimezone(UTC))
            return _page(checked, found, begin, now)
        cursor = Cursor.decode(search.cursor)
        found = await self.provider.reopen(cursor.search_id)
        _check_same(found, checked.request)
        if found.offers and all(offer.expires_at <= now for offer in found.offers):
            raise OfferExpiredError("The offers of this search expired.", hint=_SEARCH_AGAIN)
        return _page(checked, found, cursor, now)

    async def get_offer(self, offer_id: str) -> Offer:
        """Return one offer as it is sold now.

        Raises:
            InvalidRequestError: the id is malformed; nothing was sent.
            NotFoundError: no such offer, or it is forgotten.
            OfferExpiredError: it can no longer be booked.
            OfferUnavailableError: the airline no longer sells it.
            ProviderError: the provider failed.
        """
        if not _OFFER_ID.fullmatch(offer_id):
            raise InvalidRequestError(
                "offer_id",
                "must be an offer_id from search_flights, unchanged",
                example='"off_0000AhRzwgPpTRd20UhjaY"',
            )
        offer = await self.provider.get(offer_id)
        if offer.expires_at <= self.now():
            raise OfferExpiredError("The offer has expired.", hint=_SEARCH_AGAIN)
        return offer


def _page(checked: CheckedSearch, found: OffersFound, at: Cursor, now: datetime) -> FlightPage:
    alive = group(offer for offer in found.offers if offer.expires_at > at.as_of)
    itineraries = ordered(alive, at.sort)
    end = at.offset + checked.limit
    shown = tuple(
        FlightItinerary(fares)
        for itinerary in itineraries[at.offset : end]
        if (fares := tuple(fare for fare in itinerary.fares if fare.expires_at > now))
    )
    more = replace(at, offset=end).encode() if end < len(itineraries) else None
    expires_at = min((fare.expires_at for i in shown for fare in i.fares), default=None)
    return FlightPage(
        request=checked.request,
        resolved=checked.resolved,
        itineraries=shown,
        sort=at.sort,
        first=at.offset + 1,
        total=len(itineraries),
        provenance=replace(found.provenance, expires_at=expires_at),
        next_cursor=more,
        unreadable=found.unreadable,
        full=checked.full,
    )


def _check_same(found: OffersFound, request: OfferRequest) -> None:
    """Refuse to answer one question with the offers of another."""
    passengers = request.adults + len(request.children_ages)
    same = found.slices == request.slices and len(found.passengers) == passengers
    if not same or (found.cabin is not None and found.cabin != request.cabin):
        raise InvalidRequestError(
            "cursor",
            "belongs to another search; repeat that search's arguments, or leave the cursor out",
        )
