"""Searching flights, page by page."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.errors import SEARCH_AGAIN, InvalidRequestError, OfferExpiredError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.keyvalue import KeyValue, MemoryKeyValue
from tripsage_mcp.providers.ports import ExchangeRates, FlightProvider, SearchProgress
from tripsage_mcp.services.flights.cursor import Cursor
from tripsage_mcp.services.flights.kept import KeptOffers, OfferStore
from tripsage_mcp.services.flights.pages import FlightPage, make_page
from tripsage_mcp.services.flights.requests import CheckedSearch, FlightSearch, check


@dataclass(frozen=True, slots=True)
class FlightService:
    """Finds flights.

    Attributes:
        rates: None where prices can only be shown as charged.
        store: Keeps what was found for the later pages; replicas share one.
    """

    provider: FlightProvider
    now: Clock
    rates: ExchangeRates | None = None
    store: KeyValue = field(default_factory=MemoryKeyValue)

    async def search(
        self, search: FlightSearch, progress: SearchProgress | None = None
    ) -> FlightPage:
        """Search, or show the next page of an earlier search.

        Offers that have expired are left out; no offers at all is not an error.

        Args:
            search: As the caller wrote it.
            progress: Told as suppliers answer; the answer may then be a partial one.

        Raises:
            InvalidRequestError: an argument is not valid; nothing was sent.
            NotFoundError: the cursor's search is forgotten.
            OfferExpiredError: every offer of the search has expired.
            ProviderError: the provider failed.
        """
        checked = check(search, self.now())
        if search.cursor is not None:
            cursor = Cursor.decode(search.cursor, question=checked.question)
            return await self._continue(checked, cursor)
        await self._check_currency(checked.currency)
        found = await self.provider.search(checked.request, progress=progress)
        kept = KeptOffers(found, await self._rates(found, checked.currency))
        now = self.now().astimezone(UTC)
        begin = Cursor(found.search_id, 0, checked.sort, now, checked.question)
        page = _page(checked, kept, begin, now)
        if page.next_cursor is None:
            return page
        await OfferStore(self.store).keep(checked.question, kept, now)
        return self._marked(page)

    async def _continue(self, checked: CheckedSearch, cursor: Cursor) -> FlightPage:
        kept = await OfferStore(self.store).read(cursor.question, cursor.search_id)
        if kept is None:
            found = await self.provider.reopen(cursor.search_id)
            kept = KeptOffers(found, await self._rates(found, checked.currency))
        return self._marked(_page(checked, kept, cursor, self.now()))

    def _marked(self, page: FlightPage) -> FlightPage:
        """Say so when the store of later pages is out of reach: they may be searched for again."""
        if not self.store.degraded:
            return page
        return replace(page, provenance=replace(page.provenance, degraded=True))

    async def _check_currency(self, currency: str | None) -> None:
        """Refuse a currency nobody could convert to, before anything is sent."""
        if currency is None:
            return
        if self.rates is None or await self.rates.rate(currency, currency) is None:
            raise InvalidRequestError(
                "currency",
                "has no exchange rate here; leave it out to see prices as they are charged",
                example='"EUR"',
            )

    async def _rates(self, found: OffersFound, currency: str | None) -> tuple[ExchangeRate, ...]:
        """Return a rate for each currency the offers are in, where there is one."""
        if currency is None or self.rates is None:
            return ()
        charged = sorted({offer.total.currency for offer in found.offers} - {currency})
        each = [await self.rates.rate(code, currency) for code in charged]
        return tuple(rate for rate in each if rate is not None)


def _page(checked: CheckedSearch, kept: KeptOffers, at: Cursor, now: datetime) -> FlightPage:
    """Cut a page; offers that have all expired are not the same as none."""
    offers = kept.found.offers
    if offers and all(offer.expires_at <= now for offer in offers):
        raise OfferExpiredError("The offers of this search expired.", hint=SEARCH_AGAIN)
    return make_page(checked, kept, at, now)
