from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes_rates import AS_OF
from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.domain.stay import Stay, StayPrice
from tripsage_mcp.domain.stay_cost import Budget, Costs, currencies

RATES = {"USD": ExchangeRate("USD", "EUR", Decimal("0.8"), AS_OF, "fake bank")}
IN_EUR = Costs("EUR", RATES)

amounts = st.decimals(0, 5_000, places=2)
codes = st.sampled_from(["EUR", "USD", "JPY"])


def money(amount: Any, currency: str = "EUR") -> Money:
    return Money(Decimal(amount), currency)


def stay(price: StayPrice | None) -> Stay:
    return Stay("1", "Flat", price=price, source="a")


@st.composite
def prices(draw: st.DrawFn) -> StayPrice | None:
    if draw(st.booleans()) and draw(st.booleans()):
        return None
    of = st.builds(Money, amounts, codes)
    return StayPrice(
        "a label",
        draw(st.integers(1, 20)),
        draw(st.none() | of),
        draw(st.none() | of),
        due_there=draw(st.none() | of),
    )


budgets = st.builds(Budget, st.just("EUR"), amounts, st.none() | amounts, nightly=st.booleans())


@given(prices(), budgets)
def test_a_budget_holds_only_what_is_known_to_fit_it(
    price: StayPrice | None, budget: Budget
) -> None:
    verdict = budget.holds(stay(price), IN_EUR)
    total = None if price is None else IN_EUR.total(price)
    if total is None:
        # A rate for one night can fit a budget for one night, and nothing else.
        assert verdict is not True or (budget.nightly and price is not None and price.nightly)
        return
    assert price is not None
    spent = total.amount / price.nights if budget.nightly else total.amount
    assert budget.most is not None
    fits = spent <= budget.most and (budget.least is None or spent >= budget.least)
    assert verdict is fits


@given(prices(), budgets, amounts)
def test_a_larger_budget_never_holds_less(
    price: StayPrice | None, budget: Budget, more: Decimal
) -> None:
    assert budget.most is not None
    wider = Budget("EUR", budget.most + more, budget.least, nightly=budget.nightly)
    if budget.holds(stay(price), IN_EUR):
        assert wider.holds(stay(price), IN_EUR)


@given(prices(), st.integers(1, 20))
def test_a_total_and_its_share_for_each_night_are_judged_alike(
    price: StayPrice | None, nights: int
) -> None:
    if price is None or price.total is None:
        return
    same = StayPrice("a label", nights, price.total)
    whole = Budget("EUR", Decimal(nights * 100))
    nightly = Budget("EUR", Decimal(100), nightly=True)
    assert whole.holds(stay(same), IN_EUR) is nightly.holds(stay(same), IN_EUR)


@pytest.mark.parametrize(
    ("price", "budget", "verdict"),
    [
        (StayPrice("", 4, money(900)), Budget("EUR", Decimal(900)), True),
        (StayPrice("", 4, money(900), due_there=money("0.01")), Budget("EUR", Decimal(900)), False),
        (StayPrice("", 4, money(1125, "USD")), Budget("EUR", Decimal(900)), True),
        (StayPrice("", 4, money(1126, "USD")), Budget("EUR", Decimal(900)), False),
        (StayPrice("", 4, money(90_000, "JPY")), Budget("EUR", Decimal(900)), None),
        (StayPrice("", 4, money(90), due_there=money(1, "JPY")), Budget("EUR", Decimal(900)), None),
        (StayPrice("¥12 total", 4), Budget("EUR", Decimal(900)), None),
        (None, Budget("EUR", Decimal(900)), None),
        # A nightly rate leaves out what is charged once: it rules out, and proves nothing.
        (StayPrice("", 4, nightly=money(200)), Budget("EUR", Decimal(900)), None),
        (StayPrice("", 4, nightly=money(230)), Budget("EUR", Decimal(900)), False),
        (StayPrice("", 4, nightly=money(200)), Budget("EUR", Decimal(200), nightly=True), True),
        (StayPrice("", 4, nightly=money(201)), Budget("EUR", Decimal(200), nightly=True), False),
        (StayPrice("", 4, money(900)), Budget("EUR", Decimal(1000), Decimal(950)), False),
    ],
)
def test_budgets_by_example(
    price: StayPrice | None, budget: Budget, *, verdict: bool | None
) -> None:
    assert budget.holds(stay(price), IN_EUR) is verdict


def test_every_currency_of_a_price_counts() -> None:
    price = StayPrice("", 4, money(90, "USD"), due_there=money(5, "GBP"))
    assert currencies([stay(price), stay(None)]) == {"USD", "GBP"}
