from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.money import ExchangeRate, Money, minor_units

CURRENCIES = ("EUR", "JPY", "KWD")
_RATES = st.builds(
    ExchangeRate,
    st.just("USD"),
    st.sampled_from(CURRENCIES),
    st.decimals("0.0001", "99999", places=4),
    st.just(date(2027, 2, 26)),
    st.just("a bank"),
)
_PRICES = st.decimals(0, 10**9, places=2).map(lambda amount: Money(amount, "USD"))


@given(_PRICES, _RATES)
def test_a_conversion_is_exact_to_the_minor_unit_and_rounds_half_to_even(
    price: Money, rate: ExchangeRate
) -> None:
    converted = rate.convert(price)
    assert converted.currency == rate.quote
    units = 10 ** minor_units(rate.quote)
    # Fractions round half to even, and never before the end.
    exact = Fraction(price.amount) * Fraction(rate.rate) * units
    assert Fraction(converted.amount) * units == round(exact)
    assert converted == converted.rounded()


@given(st.integers(1, 9), st.decimals(0, 10**6, places=2))
def test_a_share_is_the_nearest_to_an_equal_part(count: int, total: Decimal) -> None:
    share = Money(total, "EUR").share(count)
    assert abs(share.amount * count - total) <= Decimal("0.005") * count


def test_a_rate_converts_only_what_it_is_a_rate_of() -> None:
    rate = ExchangeRate("USD", "EUR", Decimal("0.9"), date(2027, 2, 26), "a bank")
    with pytest.raises(ValueError, match="cannot convert GBP"):
        rate.convert(Money(Decimal(1), "GBP"))


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_what_is_no_rate_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        ExchangeRate("USD", "EUR", Decimal(rate), date(2027, 2, 26), "a bank")
