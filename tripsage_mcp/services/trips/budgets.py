"""What a trip costs, in one currency where the rates for that are known."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.domain.trip_budget import CategoryFigures, budget_figures
from tripsage_mcp.errors import ProviderError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import ExchangeRates
from tripsage_mcp.repositories.trip_ports import WholeTrip

_AT_ONCE = 4
# More than a traveller meets; each is a question to the source of rates.
_MOST_CURRENCIES = 10


@dataclass(frozen=True, slots=True)
class BudgetSums:
    """What is planned, expected, committed and spent.

    Attributes:
        figures: By category and currency, unconverted.
        currency: Of the totals; None where no sum is known at all.
        planned: The trip's budget, else the sum of its lines; None without either.
        rates: Those the totals were converted with.
        unconverted: Currencies that no total includes, for nobody quotes them.
    """

    figures: tuple[CategoryFigures, ...]
    currency: str | None = None
    planned: Money | None = None
    expected: Money | None = None
    committed: Money | None = None
    spent: Money | None = None
    rates: tuple[ExchangeRate, ...] = ()
    unconverted: tuple[str, ...] = ()

    @property
    def left(self) -> Money | None:
        """What of the plan is neither spent nor committed; below zero when it is exceeded."""
        if self.planned is None or self.committed is None or self.spent is None:
            return None
        return self.planned - self.committed - self.spent


async def sums(whole: WholeTrip, source: ExchangeRates | None) -> BudgetSums:
    """Return what a trip costs; a source of rates that fails leaves sums unconverted."""
    figures = budget_figures(whole.budget, whole.items)
    trip = whole.trip
    currencies = dict.fromkeys(each.currency for each in figures)
    first = next(iter(currencies), None)
    currency = trip.home_currency or (first if trip.budget is None else trip.budget.currency)
    if currency is None:
        return BudgetSums(figures)
    if trip.budget is not None:
        currencies |= dict.fromkeys([trip.budget.currency])
    foreign = [each for each in currencies if each != currency]
    rates = await _rates(foreign[:_MOST_CURRENCIES], currency, source)
    total = _totals(currency, rates)
    lines = [each for each in figures if each.planned is not None]
    planned = total(lines, lambda each: each.planned) if lines else None
    if trip.budget is not None:
        planned = _converted(trip.budget, currency, rates)
    return BudgetSums(
        figures,
        currency,
        planned,
        expected=total(figures, lambda each: each.expected),
        committed=total(figures, lambda each: each.committed),
        spent=total(figures, lambda each: each.spent),
        rates=tuple(rates.values()),
        unconverted=tuple(sorted(set(foreign) - set(rates))),
    )


type _Part = Callable[[CategoryFigures], Money | None]
type _Total = Callable[[Iterable[CategoryFigures], _Part], Money]


def _totals(currency: str, rates: Mapping[str, ExchangeRate]) -> _Total:
    def total(figures: Iterable[CategoryFigures], part: _Part) -> Money:
        amount = Money(Decimal(0), currency)
        for each in figures:
            given = part(each)
            converted = None if given is None else _converted(given, currency, rates)
            if converted is not None:
                amount += converted
        return amount

    return total


def _converted(money: Money, currency: str, rates: Mapping[str, ExchangeRate]) -> Money | None:
    if money.currency == currency:
        return money
    rate = rates.get(money.currency)
    return None if rate is None else rate.convert(money)


async def _rates(
    bases: Iterable[str], quote: str, source: ExchangeRates | None
) -> dict[str, ExchangeRate]:
    if source is None:
        return {}

    async def rate(base: str) -> ExchangeRate | None:
        try:
            return await source.rate(base, quote)
        except ProviderError:
            return None

    calls = [lambda base=base: rate(base) for base in bases]
    found = await in_parallel(calls, at_most=_AT_ONCE)
    return {each.base: each for each in found if each is not None}
