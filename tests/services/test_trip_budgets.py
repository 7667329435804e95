from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.fakes_rates import FakeRates
from tests.services.trip_desk import Desk
from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.services.trips.budgets import BudgetSums, sums
from tripsage_mcp.services.trips.part_requests import ItemChange

pytestmark = pytest.mark.anyio


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


async def reckoned(desk: Desk, trip_id: str) -> BudgetSums:
    found = (await desk.read(trip_id, include=("budget",))).sums
    assert found is not None
    return found


async def test_what_is_planned_committed_spent_and_left_is_told_in_one_currency() -> None:
    desk = Desk()
    trip_id = await desk.rome(
        budget="2000 EUR", budget_lines=["stays 900 EUR", "activities 100 EUR"]
    )
    await desk.items(
        trip_id,
        ItemChange(kind="stay", title="Inn", status="booked", price="800 EUR"),
        ItemChange(kind="flight", title="TP 1", status="held", price="250 USD"),
        ItemChange(kind="visit", title="Forum", status="done", price="18 EUR"),
        ItemChange(kind="visit", title="Opera", price="90 EUR"),
        ItemChange(kind="visit", title="Off", status="cancelled", price="500 EUR"),
    )

    found = await reckoned(desk, trip_id)

    assert (found.currency, found.planned) == ("EUR", eur("2000"))
    # A euro is 1.25 dollars.
    assert (found.expected, found.committed, found.spent) == (eur("90"), eur("1000"), eur("18"))
    assert found.left == eur("982")
    assert [(rate.base, rate.source) for rate in found.rates] == [("USD", "fake bank")]
    assert found.unconverted == ()
    by_category = {each.category: each for each in found.figures}
    assert by_category["stays"].left == eur("100")
    assert by_category["flights"].planned is None


async def test_a_currency_nobody_quotes_is_left_out_of_the_totals_and_named() -> None:
    desk = Desk()
    trip_id = await desk.rome(home_currency="EUR")
    await desk.items(
        trip_id,
        ItemChange(kind="meal", title="Dinner", status="booked", price="50 EUR"),
        ItemChange(kind="meal", title="Lunch", status="booked", price="700 XPF"),
    )

    found = await reckoned(desk, trip_id)

    assert (found.committed, found.unconverted) == (eur("50"), ("XPF",))
    assert (found.planned, found.left) == (None, None)


async def test_without_a_budget_the_lines_are_the_plan_in_the_home_currency() -> None:
    desk = Desk()
    trip_id = await desk.rome(home_currency="EUR", budget_lines=["food 100 EUR", "other 100 USD"])

    assert (await reckoned(desk, trip_id)).planned == eur("180")


@dataclass(frozen=True)
class NoRates(FakeRates):
    async def rate(self, base: str, quote: str) -> ExchangeRate | None:
        raise ProviderUnavailableError("bank", "down")


async def test_rates_that_cannot_be_had_leave_sums_unconverted() -> None:
    desk = Desk()
    trip_id = await desk.rome(budget="100 EUR")
    await desk.items(trip_id, ItemChange(kind="meal", title="Lunch", price="10 USD"))
    whole = (await desk.trips.get(desk.owner, trip_id)).whole

    for source in (NoRates(), None):
        found = await sums(whole, source)
        assert (found.unconverted, found.expected) == (("USD",), eur("0"))


async def test_a_trip_without_money_has_no_sums() -> None:
    desk = Desk()

    found = await reckoned(desk, await desk.rome())

    assert (found.currency, found.figures, found.left) == (None, (), None)


async def test_a_budget_that_nobody_can_convert_is_no_plan() -> None:
    desk = Desk()
    found = await reckoned(desk, await desk.rome(budget="700 XPF", home_currency="EUR"))

    assert (found.currency, found.planned, found.unconverted) == ("EUR", None, ("XPF",))
