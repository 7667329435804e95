"""Asking every source of stays at once, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

from pydantic import TypeAdapter

from tripsage_mcp.domain.lodging import Lodging, merge
from tripsage_mcp.domain.stay import Stay, StaySearch, StaysFound, StayWish
from tripsage_mcp.domain.stay_cost import Budget, Costs, currencies
from tripsage_mcp.errors import InvalidRequestError, TripSageError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.infrastructure.deadline import left_s, time_budget
from tripsage_mcp.providers.ports import ExchangeRates, StaySource

_AT_ONCE = 4
# The rest is for walks, and for putting the answer together.
_SHARE_OF_TIME = 0.9


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
        following: Cursors of the sources that have more, and of those that failed and may answer
            later: what they were asked for; None for their first page.
        costs: In the currency of the budget, else in that of most prices.
        town: Where it was, as far as that is known, which names may say or leave out.
    """

    pages: Mapping[str, tuple[StaysFound, ...]]
    failures: tuple[SourceFailure, ...] = ()
    following: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    costs: Costs = field(default_factory=Costs)
    town: str = ""

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
        return merge(self.listings, self.town)

    @property
    def unfailing(self) -> Mapping[str, str | None]:
        """Cursors of the sources that have more and have not failed."""
        failed = {failure.source for failure in self.failures}
        return {name: at for name, at in self.following.items() if name not in failed}

    @property
    def asked_again(self) -> tuple[str, ...]:
        """The sources that failed and are asked again for the next page."""
        failed = dict.fromkeys(failure.source for failure in self.failures)
        return tuple(name for name in failed if name in self.following)

    @property
    def applied(self) -> Mapping[str, frozenset[StayWish]]:
        """The wishes each source has seen to by itself."""
        return {
            source: frozenset(wish for wish in pages[0].applied if _by_all(wish, pages))
            for source, pages in self.pages.items()
        }

    def plus(self, later: "Round") -> "Round":
        """Return this with what was read afterwards from those of its sources that have more."""
        pages = dict(self.pages)
        for source, found in later.pages.items():
            pages[source] = pages.get(source, ()) + found
        given_up = {name: self.following[name] for name in self.asked_again}
        return replace(
            self,
            pages=pages,
            failures=self.failures + later.failures,
            following={**given_up, **later.following},
        )


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

    One that has not answered when most of the caller's time is used up has failed: what the others
    said is still of use then.

    Raises:
        TripSageError: all of them failed; what the first said that may answer later, else the
            first.
    """
    answers = await _answers(sources, search, at)
    failed = [answer for answer in answers.values() if isinstance(answer, TripSageError)]
    if len(failed) == len(answers):
        raise next((error for error in failed if error.retryable), failed[0])
    return _round(answers, at)


async def ask_on(sources: Mapping[str, StaySource], search: StaySearch, read: Round) -> Round:
    """Return a round with the next page of every source that has more and has not failed."""
    at = read.unfailing
    return read.plus(_round(await _answers(sources, search, at), at))


async def _answers(
    sources: Mapping[str, StaySource], search: StaySearch, at: Mapping[str, str | None]
) -> dict[str, StaysFound | TripSageError]:
    async def one(name: str) -> StaysFound | TripSageError:
        try:
            with time_budget(left_s() * _SHARE_OF_TIME):
                return await sources[name].stays.search(replace(search, cursor=at[name]))
        except TripSageError as error:
            return error

    answers = await in_parallel([partial(one, name) for name in at], at_most=_AT_ONCE)
    return dict(zip(at, answers, strict=True))


def _round(
    answers: Mapping[str, StaysFound | TripSageError], at: Mapping[str, str | None]
) -> Round:
    pages: dict[str, tuple[StaysFound, ...]] = {}
    failures: list[SourceFailure] = []
    following: dict[str, str | None] = {}
    for name, answer in answers.items():
        if isinstance(answer, StaysFound):
            pages[name] = (answer,)
            if answer.next_cursor is not None:
                following[name] = answer.next_cursor
        else:
            failures.append(SourceFailure.of(name, answer))
            if answer.retryable:
                following[name] = at[name]
    return Round(pages, tuple(failures), following)


async def priced(found: Round, budget: Budget | None, rates: ExchangeRates | None) -> Round:
    """Return a round with what makes its prices comparable.

    Raises:
        InvalidRequestError: nobody knows what the currency of the budget is worth in any of theirs.
    """
    currency = _usual_currency(found.stays) if budget is None else budget.currency
    if currency is None or rates is None:
        return replace(found, costs=Costs(currency))
    used = currencies(found.stays)
    others = sorted(used - {currency})
    each = [await rates.rate(other, currency) for other in others]
    known = {rate.base: rate for rate in each if rate is not None}
    if budget is not None and used and not (known or currency in used):
        raise InvalidRequestError(
            "budget",
            "must be in a currency that a rate is known for",
            example=f'"900 {others[0]}"',
        )
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
