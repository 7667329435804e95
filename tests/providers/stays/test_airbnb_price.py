from decimal import ROUND_FLOOR

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.stay import StayPrice
from tripsage_mcp.providers.stays.airbnb_price import CODES, SHARED, SYMBOLS, read_price

UNITS = [*SYMBOLS.items(), *((code, code) for code in CODES)]
BOTH = [(unit, code) for unit, codes in SHARED.items() for code in codes] + list(SYMBOLS.items())
SPACES = st.sampled_from([" ", "\u00a0", "\u202f", "\u2009", "\u2007"])
AMOUNTS = st.decimals(min_value="0.5", max_value="99999999", places=2)
STATED = [
    ("{} for {} nights", "total"),
    ("{} for {} nights, originally $99,999", "total"),
    ("{} for {} nights, originally $99,999 for {} nights", "total"),
    ("Originally €99,999 for {nights} nights, now {money} for {nights} nights", "total"),
    ("{} total", "total"),
    ("{} total before taxes", "total"),
    ("{} total (before taxes and fees)", "total"),
    ("{} total, includes all taxes and fees", "total"),
    ("{} total excl. taxes", "total"),
    ("{} total + taxes", "total"),
    ("{} total taxes not included", "total"),
    ("Total: {}", "total"),
    ("Total before taxes: {}", "total"),
    ("Total price {}", "total"),
    ("{} per night", "nightly"),
    ("{} a night", "nightly"),
    ("{} / night", "nightly"),
    ("{}/night", "nightly"),
    ("{} nightly", "nightly"),
    ("{} night", "nightly"),
    ("{} per night before taxes", "nightly"),
    ("{} per night, originally $99,999 per night", "nightly"),
]
# A figure beside a familiar word that is not what the stay costs.
OTHERWISE = [
    "Save {} total",
    "from {} per night",
    "From {} total",
    "up to {} for 4 nights",
    "-{} total",
    "\N{MINUS SIGN}{} total",
    "{} off per night",
    "{} total before discount",
    "{} deposit",
    "{} due today",
    "$5\N{EN DASH}{} per night",
    "was {} total",
    "Total savings {}",
    "{} cleaning fee",
    "{} per week",
    "{} x 4 nights",
    "{} per guest per night",
    "about {} total",
    "{} total per person",
]


@st.composite
def written(draw: st.DrawFn) -> tuple[Money, str]:
    """An amount, and how American English writes it."""
    unit, code = draw(st.sampled_from(UNITS))
    space = draw(SPACES)
    amount = draw(AMOUNTS)
    figure = f"{amount:,.2f}"
    if draw(st.booleans()):
        figure = figure.replace(",", space)
    if draw(st.booleans()):
        amount = amount.to_integral_value(ROUND_FLOOR) + 1
        figure = f"{amount:,}".replace(",", draw(st.sampled_from([",", space])))
    gap = draw(st.sampled_from(["", space]))
    match draw(st.sampled_from(["before", "after", "both"])):
        case "before":
            words = f"{unit}{gap}{figure}"
        case "after":
            words = f"{figure}{gap}{unit}"
        case _:
            unit, code = draw(st.sampled_from(BOTH))
            words = f"{unit}{gap}{figure}{space}{code}"
    return Money(amount, code), words


@given(price=written(), nights=st.integers(2, 90), wording=st.sampled_from(STATED), space=SPACES)
def test_every_wording_gives_its_amount_and_only_that(
    price: tuple[Money, str], nights: int, wording: tuple[str, str], space: str
) -> None:
    (money, figure), (words, part) = price, wording
    label = words.format(figure, nights, nights, money=figure, nights=nights).replace(" ", space)
    read = read_price(label, None, None, nights=nights)
    assert read is not None
    assert (read.total, read.nightly) == ((money, None) if part == "total" else (None, money))
    assert read.nights == nights
    if "before" in words or "excl" in words or "not included" in words or "+" in words:
        assert read.taxes_included is False
    else:
        assert read.taxes_included is (True if "includes" in words else None)


@given(price=written(), words=st.sampled_from(OTHERWISE), space=SPACES)
def test_a_figure_that_is_not_the_price_is_not_taken_for_it(
    price: tuple[Money, str], words: str, space: str
) -> None:
    label = words.format(price[1]).replace(" ", space)
    read = read_price(label, None, None, nights=4)
    assert read is not None
    assert (read.total, read.nightly) == (None, None)
    assert read.label == " ".join(label.split())


@given(one=written(), other=written())
def test_two_totals_that_differ_are_none(one: tuple[Money, str], other: tuple[Money, str]) -> None:
    read = read_price(f"{one[1]} for 4 nights", f"{other[1]} total", None, nights=4)
    assert read is not None
    assert read.total == (one[0] if one[0] == other[0] else None)


@given(nightly=written(), total=written(), discount=written())
def test_a_nightly_label_takes_its_total_from_the_line_below_or_from_what_is_behind(
    nightly: tuple[Money, str], total: tuple[Money, str], discount: tuple[Money, str]
) -> None:
    label = f"{nightly[1]} per night"
    behind = f"Special offer: -{discount[1]}, Total: {total[1]}"
    below = read_price(label, f"{total[1]} total", f"Total: {discount[1]}", nights=3)
    explained = read_price(label, None, behind, nights=3)
    for read in (below, explained):
        assert read is not None
        assert (read.nightly, read.total) == (nightly[0], total[0])
    alone = read_price(label, None, f"Special offer: -{discount[1]}", nights=3)
    assert alone is not None
    assert (alone.nightly, alone.total) == (nightly[0], None)


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
        "€90 CAD total",  # one of the two is wrong
        "$0 total",
        "kr 900 total",  # four kinds of krone
        "Z$90 total",  # not a symbol we know
        "€1.234 total",  # a thousand, or one and a bit
        "€1,50 total",
        "$2,000 monthly",
        "$1,23,456 total",
        "320 for 4 nights",
        "Show price",
        "-$20.00 total",
        "try 90 total",  # a word, not Turkish lira
        "$320 total; $365 total",
        "$0.5.5 total",
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
        ("$320 total, does not include taxes", False),
        ("$320 total, doesn't include fees and taxes", False),
        ("$320 total, not including all taxes and fees", False),
        ("$320 total, no taxes included", False),
        ("$320 total, taxes aren't included", False),
        ("$320 total before fees and taxes", False),
        ("$320 total inclusive of taxes", True),
        ("$320 total, taxes and fees are included", True),
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
