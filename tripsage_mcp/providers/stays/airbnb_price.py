"""Airbnb's price labels, read: `$320 for 4 nights`, `£171 per night` and their many variants.

The labels carry no currency code. The server we drive asks for American English, whose symbols
are one per currency (CLDR): a bare `$` is the US dollar there, a Canadian one is written `CA$`, or
`$90 CAD`. Where a symbol still has two meanings (`¥`, `kr`) and no code stands behind the figure,
the label is kept and no amount is claimed.

A label is read in clauses, and a clause as a whole: `Save $20 total` and `from $80 per night` hold
a figure beside a familiar word, and are not what anything costs. Two clauses that disagree say
nothing.
"""

import re
from decimal import Decimal

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.stay import StayPrice

_LONGEST_LABEL = 120
_LONGEST_LINE = 1_000

SYMBOLS = {
    "$": "USD", "US$": "USD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "SG$": "SGD", "NT$": "TWD", "MX$": "MXN", "R$": "BRL",
    "€": "EUR", "£": "GBP", "CN¥": "CNY", "JP¥": "JPY", "₹": "INR", "₩": "KRW", "₪": "ILS",
    "₫": "VND", "₺": "TRY", "₴": "UAH", "₱": "PHP", "฿": "THB", "₡": "CRC", "₸": "KZT",
    "₾": "GEL", "zł": "PLN", "Kč": "CZK",
}  # fmt: skip
_CODES = """
    USD CAD AUD NZD HKD SGD TWD MXN BRL EUR GBP CNY JPY INR KRW ILS VND TRY UAH PHP THB CRC KZT GEL
    PLN CZK CHF SEK NOK DKK ISK HUF RON BGN ARS CLP COP PEN UYU AED SAR QAR BHD KWD OMR JOD EGP MAD
    ZAR KES IDR MYR
"""
CODES = tuple(_CODES.split())
_CURRENCIES = {**SYMBOLS, **{code: code for code in CODES}}
# What a symbol may stand for when a code says so.
SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
}

_UNITS = "|".join(map(re.escape, sorted({*SYMBOLS, *SHARED, *CODES}, key=len, reverse=True)))
# As it is written: `try 90` is not an amount of Turkish lira.
_UNIT = rf"(?-i:{_UNITS})"
# American figures, or groups set apart by spaces. `1.234` could be either a thousand or one and a
# bit, and `1,50` is nothing American: neither is read.
_FIGURE = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,9})"
    r"(?:\.[0-9]{1,2})?"
)
_MONEY = (
    rf"(?:(?P<before>{_UNIT}) ?(?P<figure>{_FIGURE})(?: ?(?P<code>(?-i:{'|'.join(CODES)})))?"
    rf"|(?P<figure2>{_FIGURE}) ?(?P<after>{_UNIT}))"
)
_TAX_WORDS = (
    r"(?:before|after|with|without|excl\w*\.?|(?:not )?incl\w*\.?|plus|\+)"
    r"(?: (?:all|any|of|local|fees|and|&|\+))* tax(?:es)?(?: (?:and|&|\+) fees)?"
    r"|tax(?:es)?(?: (?:and|&|\+) fees)?(?: are)? (?:not )?(?:included|incl\.|excluded|extra)"
)
_END = rf"(?: (?:{_TAX_WORDS}))?"
_NOW = r"(?:now:? |price:? |your total:? )?"
_TOTAL = re.compile(
    rf"{_NOW}{_MONEY} ?(?:for (?P<nights>[0-9]{{1,3}}) nights?(?: total)?|total){_END}",
    re.IGNORECASE,
)
_TOTAL_FIRST = re.compile(rf"total(?: price)?{_END}:? {_MONEY}{_END}", re.IGNORECASE)
_NIGHTLY = re.compile(rf"{_NOW}{_MONEY} ?(?:(?:per|a|/) ?night|nightly|night){_END}", re.IGNORECASE)
_BY_NIGHTS = re.compile(rf"[0-9]{{1,3}} nights? [x×] {_MONEY}(?:: .*)?", re.IGNORECASE)  # noqa: RUF001
# `1,234` has no space, so no figure is cut in two.
_BETWEEN_CLAUSES = re.compile(r"[,;] |[()]")
_TAX = r"(?:of )?(?:all |any )?(?:fees (?:and|or|&|\+) )?tax"
_TAXES_ARE = r"tax(?:es)?(?: (?:and|or|&|\+) fees)? (?:are )?"
_UNTAXED = re.compile(
    rf"(?:before|without|plus|\+|excl\w*\.?|not(?: incl\w*\.?)?|n.t incl\w*) {_TAX}"
    rf"|{_TAXES_ARE}(?:not incl|n.t incl|excl|extra)|taxes aren.t incl|no tax(?:es)? incl",
    re.IGNORECASE,
)
_TAXED = re.compile(
    rf"(?:with|after|incl\w*\.?) {_TAX}|{_TAXES_ARE}incl",
    re.IGNORECASE,
)


def read_price(
    primary: str | None, secondary: str | None, breakdown: str | None, *, nights: int
) -> StayPrice | None:
    """Read the two lines under a listing and the explanation behind them.

    Args:
        primary: The line in bold.
        secondary: The line below it, if any.
        breakdown: The explanation's items, joined to one text.
        nights: Of the search, for labels that do not say.

    Returns:
        None when there is no label at all. Amounts that the words do not state plainly are None.
    """
    lines = [read for line in (primary, secondary) if (read := _spaced(line or ""))]
    label = plain("; ".join(lines), _LONGEST_LABEL)
    if not label:
        return None
    clauses = [clause for line in lines for clause in _clauses(line)]
    details = _clauses(_spaced(breakdown or ""))
    # What the label says goes before what is behind it.
    totals = _worded(clauses, _TOTAL, _TOTAL_FIRST) or _worded(details, _TOTAL_FIRST)
    nightly = _worded(clauses, _NIGHTLY) or _worded(details, _BY_NIGHTS)
    taxes = [_taxes(text) for text in (*lines, *(match[0] for match in totals))]
    return StayPrice(
        label=label,
        nights=_nights(totals) or nights,
        total=_one(totals),
        nightly=_one(nightly),
        taxes_included=next((said for said in taxes if said is not None), None),
    )


def _clauses(line: str) -> list[str]:
    return [clause.strip() for clause in _BETWEEN_CLAUSES.split(line)]


def _worded(clauses: list[str], *wordings: re.Pattern[str]) -> list[re.Match[str]]:
    """Return the clauses that are so worded from end to end."""
    return [
        match for clause in clauses for wording in wordings if (match := wording.fullmatch(clause))
    ]


def _one(found: list[re.Match[str]]) -> Money | None:
    """Return the amount that all of these state; None where they differ, or one is unclear."""
    amounts = {_money(match) for match in found}
    return amounts.pop() if len(amounts) == 1 else None


def _nights(totals: list[re.Match[str]]) -> int | None:
    """Return how many nights a total is for, where it says."""
    said = {int(match["nights"]) for match in totals if match.groupdict().get("nights")}
    return said.pop() or None if len(said) == 1 else None


def _spaced(text: str) -> str:
    """Write every kind of white space, no-break spaces among them, as one plain space."""
    return plain(text, _LONGEST_LINE)


def _money(found: re.Match[str]) -> Money | None:
    unit, figure = found["before"] or found["after"], found["figure"] or found["figure2"]
    amount = Decimal(figure.replace(",", "").replace(" ", ""))
    currency = _currency(unit, found["code"])
    # Nobody lets a home for nothing.
    return None if currency is None or amount == 0 else Money(amount, currency)


def _currency(unit: str, code: str | None) -> str | None:
    """Return what a unit stands for, given the code behind the figure, if any."""
    usual = _CURRENCIES.get(unit)
    if code is None or code == usual:
        return usual
    return code if code in SHARED.get(unit, ()) else None


def _taxes(label: str) -> bool | None:
    if _UNTAXED.search(label):
        return False
    return True if _TAXED.search(label) else None
