from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.stay import StayPrice
from tripsage_mcp.providers.stays.airbnb_price import CODES, SYMBOLS, read_price

UNITS = [*SYMBOLS.items(), *((f"{code} ", code) for code in CODES)]
SPACES = st.sampled_from([" ", "\u00a0", "\u202f"])
AMOUNTS = st.decimals(min_value="0.5", max_value="99999999", places=2)
STATED = [
    ("{} for {} nights", "total"),
    ("{} for {} nights, originally $99,999", "total"),
    ("{} total", "total"),
    ("{} total before taxes", "total"),
    ("Total: {}", "total"),
    ("{} per night", "nightly"),
    ("{} / night", "nightly"),
    ("{} night", "nightly"),
    ("{} per night, originally $99,999 per night", "nightly"),
]


@given(
    unit=st.sampled_from(UNITS),
    amount=AMOUNTS,
    nights=st.integers(2, 90),
    wording=st.sampled_from(STATED),
    space=SPACES,
)
def test_every_wording_gives_its_amount_and_only_that(
    unit: tuple[str, str], amount: Decimal, nights: int, wording: tuple[str, str], space: str
) -> None:
    words, part = wording
    label = words.format(f"{unit[0]}{amount:,.2f}", nights).replace(" ", space)
    price = read_price(label, None, None, nights=nights)
    assert price is not None
    expected = Money(amount, unit[1])
    assert (price.total, price.nightly) == (
        (expected, None) if part == "total" else (None, expected)
    )
    assert price.nights == nights


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_no_text_at_all_breaks_it(primary: str, secondary: str, breakdown: str) -> None:
    price = read_price(primary, secondary, breakdown, nights=3)
    if price is not None:
        assert len(price.label) <= 120
        assert price.label.isprintable()


@given(
    st.lists(
        st.sampled_from(["$", "80", "1,", ".5", " ", "total", "per night", "for 2 nights", "€"])
    )
)
def test_amounts_are_never_made_up(pieces: list[str]) -> None:
    label = "".join(pieces)
    price = read_price(label, None, None, nights=2)
    digits = {character for character in label if character.isdigit()}
    for money in () if price is None else (price.total, price.nightly):
        if money is not None:
            assert money.currency in {"USD", "EUR"}
            assert set(f"{money.amount:f}") - {"."} <= digits


@pytest.mark.parametrize(
    "label",
    [
        "¥12,000 total",  # yen or yuan
        "kr 900 total",  # four kinds of krone
        "Z$90 total",  # not a symbol we know
        "€1.234 total",  # a thousand, or one and a bit
        "€1,50 total",
        "$2,000 monthly",
        "$1,23,456 total",
        "320 for 4 nights",
        "Show price",
        "-$20.00 total",
    ],
)
def test_a_label_that_is_not_plain_keeps_its_words_and_claims_no_amount(label: str) -> None:
    assert read_price(label, None, None, nights=4) == StayPrice(label=label, nights=4)


@pytest.mark.parametrize(
    ("primary", "secondary", "breakdown", "total", "nightly"),
    [
        ("£171 per night", "£851 total", None, "851.00 GBP", "171.00 GBP"),
        ("$320 for 4 nights", None, "4 nights x $80.00: $320.00", "320.00 USD", "80.00 USD"),
        ("$320 for 4 nights", None, "Special offer: -$20.00", "320.00 USD", None),
        ("1\u202f234 € for 5 nights", None, None, "1234.00 EUR", None),
        ("120 EUR total", None, None, "120.00 EUR", None),
        ("Originally $400 for 4 nights, now $320 for 4 nights", None, None, "320.00 USD", None),
    ],
)
def test_both_lines_and_the_breakdown_are_read(
    primary: str, secondary: str | None, breakdown: str | None, total: str, nightly: str | None
) -> None:
    price = read_price(primary, secondary, breakdown, nights=4)
    assert price is not None
    assert str(price.total) == total
    assert (None if price.nightly is None else str(price.nightly)) == nightly


@pytest.mark.parametrize(
    ("label", "included"),
    [
        ("$320 total before taxes", False),
        ("$320 total, excluding taxes", False),
        ("$320 total, taxes not included", False),
        ("$320 total, includes taxes and fees", True),
        ("$320 total incl. taxes", True),
        ("$320 total, taxes included", True),
        ("$320 total, includes all fees", None),
        ("$320 for 4 nights", None),
    ],
)
def test_taxes_are_in_or_out_only_where_the_label_says(
    label: str, *, included: bool | None
) -> None:
    price = read_price(label, None, None, nights=4)
    assert price is not None
    assert price.taxes_included is included


def test_the_nights_of_the_label_win_over_those_of_the_search() -> None:
    price = read_price("$500 for 5 nights", None, None, nights=4)
    assert price is not None
    assert price.nights == 5


def test_no_label_is_no_price() -> None:
    assert read_price(None, None, "4 nights x $80.00: $320.00", nights=4) is None
    assert read_price("\u200b", "  ", None, nights=4) is None
