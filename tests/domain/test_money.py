from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tripsage_mcp.domain.money import Money, minor_units

CURRENCIES = ("EUR", "GBP", "JPY", "KWD", "CLF")
MOST = Decimal(10) ** 15


def amounts(currency: str) -> st.SearchStrategy[Money]:
    """Amounts as a provider writes them: to the currency's minor unit."""
    return st.decimals(
        -MOST, MOST, allow_nan=False, allow_infinity=False, places=minor_units(currency)
    ).map(lambda amount: Money(amount, currency))


in_one_currency = st.sampled_from(CURRENCIES).flatmap(
    lambda currency: st.tuples(amounts(currency), amounts(currency), amounts(currency))
)
any_money = st.sampled_from(CURRENCIES).flatmap(amounts)
unrounded = st.builds(
    Money,
    st.decimals(-MOST, MOST, allow_nan=False, allow_infinity=False),
    st.sampled_from(CURRENCIES),
)


@given(in_one_currency)
def test_addition_is_exact_whatever_the_order(three: tuple[Money, Money, Money]) -> None:
    a, b, c = three
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + b - b == a


@given(in_one_currency, st.integers(-400, 400))
def test_scaling_by_a_whole_number_spreads_over_a_sum(
    three: tuple[Money, Money, Money], factor: int
) -> None:
    a, b, _ = three
    assert (a + b) * factor == a * factor + b * factor


@given(unrounded)
def test_rounding_once_is_enough_and_moves_at_most_half_a_unit(money: Money) -> None:
    rounded = money.rounded()
    assert rounded.rounded() == rounded
    unit = Decimal(1).scaleb(-minor_units(money.currency))
    assert abs(rounded.amount - money.amount) <= unit / 2
    assert rounded.amount % unit == 0


@given(any_money)
def test_what_is_printed_reads_back(money: Money) -> None:
    amount, currency = str(money).split(" ")
    assert Money(Decimal(amount), currency) == money
    digits = amount.partition(".")[2]
    assert len(digits) == minor_units(money.currency)
    assert "E" not in amount
    assert not (money.amount == 0 and amount.startswith("-"))


@given(in_one_currency)
def test_the_order_is_that_of_the_amounts(three: tuple[Money, Money, Money]) -> None:
    assert [m.amount for m in sorted(three)] == sorted(m.amount for m in three)
    a, b, _ = three
    assert (a <= b) == (a < b or a == b)
    assert (a > b) == (b < a)


@given(any_money, any_money)
def test_amounts_of_two_currencies_neither_mix_nor_compare(a: Money, b: Money) -> None:
    assume(a.currency != b.currency)
    for mixed in (
        lambda: a + b,
        lambda: a - b,
        lambda: a < b,
        lambda: a <= b,
        lambda: a > b,
        lambda: a >= b,
    ):
        with pytest.raises(ValueError, match="cannot mix"):
            mixed()
    assert a != b


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "", "EUR\n", " EUR", "\u20acUR", "12A"])
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(Decimal(1), currency)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_is_finite(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        Money(Decimal(amount), "EUR")


@pytest.mark.parametrize("amount", ["1E+18", "-1E+18", "1E+400", "9" * 30])
def test_an_amount_that_nothing_costs_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="18 digits"):
        Money(Decimal(amount), "EUR")


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_amounts_still_print(currency: str, sign: int) -> None:
    most = Money(sign * Decimal(999999999999999999), currency)
    assert str(most).removeprefix("-").startswith("999999999999999999")


@pytest.mark.parametrize(
    ("amount", "currency", "printed"),
    [
        ("99.5", "GBP", "99.50 GBP"),
        ("1200", "JPY", "1200 JPY"),
        ("1.2E+3", "JPY", "1200 JPY"),
        ("1.2345", "KWD", "1.234 KWD"),
        ("0.125", "EUR", "0.12 EUR"),
        ("0.135", "EUR", "0.14 EUR"),
        ("-12.345", "EUR", "-12.34 EUR"),
        ("-0.001", "EUR", "0.00 EUR"),
        ("-0", "JPY", "0 JPY"),
        ("0.00000001", "EUR", "0.00 EUR"),
    ],
)
def test_amounts_print_to_their_minor_unit(amount: str, currency: str, printed: str) -> None:
    assert str(Money(Decimal(amount), currency)) == printed


def test_equal_amounts_are_one_in_a_set_however_they_are_written() -> None:
    assert len({Money(Decimal("1.0"), "EUR"), Money(Decimal("1.00"), "EUR")}) == 1
