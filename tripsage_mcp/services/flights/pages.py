"""One page of the answer to a flight search: filtered, ordered, cut, with what was left out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tripsage_mcp.domain.fares import FlightItinerary, FlightSort, Prices, group, ordered
from tripsage_mcp.domain.flight import Unanswered
from tripsage_mcp.domain.flight_filter import Filtered, keep
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.services.flights.cursor import Cursor
from tripsage_mcp.services.flights.kept import KeptOffers
from tripsage_mcp.services.flights.places import Resolution
from tripsage_mcp.services.flights.requests import CheckedSearch

_CONCISE_FARES = 4
_CONCISE_FARES_RETURN = 3
# A longer page shows the cheapest fare of each: it costs about as much as a page of this length.
_COMFORTABLE_PAGE = 10
# Of trips with many slices fewer fit into an answer that an assistant can read.
_MOST_SLICES = 54


@dataclass(frozen=True, slots=True)
class Display:
    """A currency to show prices in, beside the one that is charged.

    Attributes:
        rates: To `currency`, by the currency of the price.
    """

    currency: str
    rates: Mapping[str, ExchangeRate] = field(default_factory=dict[str, ExchangeRate])

    def about(self, price: Money) -> Money | None:
        """Convert a price; None where it is in the currency already, or has no rate."""
        rate = self.rates.get(price.currency)
        return None if rate is None else rate.convert(price)


@dataclass(frozen=True, slots=True)
class FlightPage:
    """One page of itineraries with their fares.

    Attributes:
        request: What was asked for, with names resolved to codes.
        resolved: What each name was taken to mean, by argument.
        itineraries: In the order of `sort`.
        first: Number of the first itinerary on this page, from 1.
        total: Itineraries on all pages.
        filtered: What the wishes left out of all pages.
        next_cursor: None on the last page.
        unreadable: Offers left out because they could not be understood.
        unanswered: None when every supplier asked has answered.
        display: None when prices are shown as charged only.
        full: Whether the caller wants every segment.
    """

    request: OfferRequest
    resolved: Mapping[str, Resolution]
    itineraries: tuple[FlightItinerary, ...]
    sort: FlightSort
    first: int
    total: int
    provenance: Provenance
    filtered: Filtered
    next_cursor: str | None = None
    unreadable: int = 0
    unanswered: Unanswered | None = None
    display: Display | None = None
    full: bool = False

    @property
    def fares_shown(self) -> int | None:
        """How many fares of each itinerary to show at most; None for all."""
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
    def seat_selection(self) -> bool | None:
        """Whether every fare includes choosing seats; None when they differ or do not say."""
        each = {fare.seat_selection for i in self.itineraries for fare in i.fares}
        return each.pop() if len(each) == 1 else None

    @property
    def cabins(self) -> tuple[str, ...] | None:
        """The cabins most fares are in; None when there are no fares."""
        counts = Counter(fare.cabins for i in self.itineraries for fare in i.fares)
        return counts.most_common(1)[0][0] if counts else None


def make_page(checked: CheckedSearch, kept: KeptOffers, at: Cursor, now: datetime) -> FlightPage:
    """Cut one page out of what a search found.

    The ordering is made of the offers that were alive at `at.as_of`; of those, the ones that have
    died since are not shown.
    """
    found = kept.found
    alive = tuple(offer for offer in found.offers if offer.expires_at > at.as_of)
    prices = Prices.of(alive, kept.rates)
    filtered = keep(group(alive, prices), checked.wishes, checked.request.slices)
    itineraries = ordered(filtered.itineraries, at.sort, prices)
    slices = len(checked.request.slices)
    end = at.offset + min(checked.limit, _MOST_SLICES // slices)
    shown = tuple(
        FlightItinerary(fares)
        for itinerary in itineraries[at.offset : end]
        if (fares := tuple(fare for fare in itinerary.fares if fare.expires_at > now))
    )
    expires_at = min((fare.expires_at for i in shown for fare in i.fares), default=None)
    return FlightPage(
        request=checked.request,
        resolved=checked.resolved,
        itineraries=shown,
        sort=at.sort,
        first=at.offset + 1,
        total=len(itineraries),
        provenance=replace(found.provenance, expires_at=expires_at),
        filtered=filtered,
        next_cursor=replace(at, offset=end).encode() if end < len(itineraries) else None,
        unreadable=found.unreadable,
        unanswered=found.unanswered,
        display=_display(checked.currency, prices),
        full=checked.full,
    )


def _display(currency: str | None, prices: Prices) -> Display | None:
    return None if currency is None else Display(currency, prices.rates)
