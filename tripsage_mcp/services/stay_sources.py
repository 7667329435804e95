"""Asking every source of stays at once, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from pydantic import TypeAdapter

from tripsage_mcp.domain.lodging import Lodging, merge
from tripsage_mcp.domain.stay import Stay, StaySearch, StaysFound, StayWish
from tripsage_mcp.domain.stay_cost import Budget, Costs, currencies
from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import ExchangeRates, StaySource

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """A source that failed beside others that answered.

    Attributes:
        code: As in `errors.py`.
        message: Ours, never theirs.
    """

    source: str
    code: str
    message: str
    retryable: bool
    hint: str | None = None
    retry_after_s: float | None = None

    @classmethod
    def of(cls, source: str, error: TripSageError) -> "SourceFailure":
        """Take down what went wrong."""
        return cls(
            source, error.code, error.message, error.retryable, error.hint, error.retry_after_s
        )


@dataclass(frozen=True, slots=True)
class Round:
    """What the sources said, each page by page.

    Attributes:
        pages: In the order they were read, by source.
        following: Cursors of the sources that have more.
        costs: In the currency of the budget, else in that of most prices.
    """

    pages: Mapping[str, tuple[StaysFound, ...]]
    failures: tuple[SourceFailure, ...] = ()
    following: Mapping[str, str] = field(default_factory=dict[str, str])
    costs: Costs = field(default_factory=Costs)

    @property
    def listings(self) -> Mapping[str, tuple[Stay, ...]]:
        """Every listing once, by source, in the source's order."""
        return {
            source: tuple({stay.listing_id: stay for f in pages for stay in f.stays}.values())
            for source, pages in self.pages.items()
        }

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Every listing once."""
        return tuple(stay for stays in self.listings.values() for stay in stays)

    @property
    def lodgings(self) -> tuple[Lodging, ...]:
        """The listings put together where they are of one place."""
        return merge(self.listings)

    @property
    def applied(self) -> Mapping[str, frozenset[StayWish]]:
        """The wishes each source has seen to by itself."""
        return {
            source: frozenset(wish for wish in pages[0].applied if _by_all(wish, pages))
            for source, pages in self.pages.items()
        }

    def plus(self, later: "Round") -> "Round":
        """Return this with what was read afterwards."""
        pages = dict(self.pages)
        for source, found in later.pages.items():
            pages[source] = pages.get(source, ()) + found
        return Round(pages, self.failures + later.failures, later.following)


def choose(sources: Mapping[str, StaySource], named: Sequence[str]) -> tuple[str, ...]:
    """Return whom to ask: those named, else all that are configured and as real as any other.

    Invented stays never stand beside real ones unless both were asked for by name. Where nothing
    is configured all are asked, and say what to set.
    """
    if named:
        return tuple(named)
    configured = {name: source.data for name, source in sources.items() if source.data is not None}
    live = tuple(name for name, data in configured.items() if data == "live")
    return live or tuple(configured) or tuple(sources)


async def ask(
    sources: Mapping[str, StaySource], search: StaySearch, at: Mapping[str, str | None]
) -> Round:
    """Ask several sources at once, each for the page its cursor names.

    Raises:
        TripSageError: all of them failed; what the first said.
    """

    async def one(name: str) -> StaysFound | TripSageError:
        try:
            return await sources[name].stays.search(replace(search, cursor=at[name]))
        except TripSageError as error:
            return error

    names = tuple(at)
    answers = await in_parallel([lambda name=name: one(name) for name in names], at_most=_AT_ONCE)
    failed = {n: a for n, a in zip(names, answers, strict=True) if isinstance(a, TripSageError)}
    found = {n: a for n, a in zip(names, answers, strict=True) if isinstance(a, StaysFound)}
    if not found:
        raise next(iter(failed.values()))
    return Round(
        pages={name: (answer,) for name, answer in found.items()},
        failures=tuple(SourceFailure.of(name, error) for name, error in failed.items()),
        following={n: a.next_cursor for n, a in found.items() if a.next_cursor is not None},
    )


async def priced(found: Round, budget: Budget | None, rates: ExchangeRates | None) -> Round:
    """Return a round with what makes its prices comparable."""
    currency = _usual_currency(found.stays) if budget is None else budget.currency
    if currency is None or rates is None:
        return replace(found, costs=Costs(currency))
    others = sorted(currencies(found.stays) - {currency})
    each = [await rates.rate(other, currency) for other in others]
    known = {rate.base: rate for rate in each if rate is not None}
    return replace(found, costs=Costs(currency, known))


def _by_all(wish: StayWish, pages: Iterable[StaysFound]) -> bool:
    return all(wish in found.applied for found in pages)


@cache
def adapter() -> TypeAdapter[Round]:
    """Return what writes a round as JSON and reads it."""
    return TypeAdapter(Round)


def _usual_currency(stays: Iterable[Stay]) -> str | None:
    """Return the currency of most prices, the first of several equally frequent."""
    prices = [s.price.comparable for s in stays if s.price is not None]
    counts: dict[str, int] = {}
    for price in prices:
        if price is not None:
            counts[price.currency] = counts.get(price.currency, 0) + 1
    return max(counts, key=lambda code: counts[code], default=None)
