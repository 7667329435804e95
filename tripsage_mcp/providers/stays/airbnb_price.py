"""Airbnb's price labels, read: `$320 for 4 nights`, `£171 per night` and their many variants.

The labels carry no currency code. The server we drive asks for American English, whose symbols
are one per currency (CLDR): a bare `$` is the US dollar there, a Canadian one is written `CA$`.
Where a symbol still has two meanings (`¥`, `kr`), the label is kept and no amount is claimed.
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
_CURRENCIES = {
    unit.casefold(): code for unit, code in (*SYMBOLS.items(), *zip(CODES, CODES, strict=True))
}

_UNIT = "|".join(map(re.escape, sorted({*SYMBOLS, *CODES}, key=len, reverse=True)))
# American figures, or groups set apart by spaces. `1.234` could be either a thousand or one and a
# bit, and `1,50` is nothing American: neither is read.
_FIGURE = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,9})"
    r"(?:\.[0-9]{1,2})?(?![0-9]|[.,][0-9])"
)
_MONEY = (
    rf"(?:(?<![\w$€£¥₩.,-])(?P<before>{_UNIT}) ?(?P<figure>{_FIGURE})"
    rf"|(?<![\w.,$€£¥₩-])(?P<figure2>{_FIGURE}) ?(?P<after>{_UNIT})(?!\w))"
)
_TOTAL = re.compile(rf"{_MONEY}(?: for (?P<nights>\d{{1,3}}) nights?\b| total\b)", re.IGNORECASE)
_TOTAL_FIRST = re.compile(rf"\btotal(?: price)?:? {_MONEY}", re.IGNORECASE)
_NIGHTLY = re.compile(
    rf"{_MONEY} ?(?:per night\b|a night\b|/ ?night\b|nightly\b|night\b)", re.IGNORECASE
)
_BREAKDOWN = re.compile(rf"\b\d{{1,3}} nights? [x×] {_MONEY}", re.IGNORECASE)  # noqa: RUF001
_FORMER = re.compile(
    rf"\b(?:originally|previously|was|before discount):? {_MONEY}"
    r"(?: for \d{1,3} nights?\b| total\b| ?(?:per|a|/) ?night\b)?",
    re.IGNORECASE,
)
_UNTAXED = re.compile(
    r"before tax|excl\w*\.? (?:of )?tax|without tax|not (?:including )?tax|(?:plus|\+) tax"
    r"|tax(?:es)? (?:are )?(?:not included|excluded|extra)",
    re.IGNORECASE,
)
_TAXED = re.compile(
    r"incl\w*\.? (?:all )?(?:fees (?:and|&|\+) )?tax|with tax|after tax|tax(?:es)?"
    r"(?: (?:and|&|\+) fees)? (?:are )?incl",
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
    current = "; ".join(_FORMER.sub("", line) for line in lines)
    total = _TOTAL.search(current)
    said = None if total is None else total["nights"]
    total = total or _TOTAL_FIRST.search(current)
    nightly = _NIGHTLY.search(current) or _BREAKDOWN.search(_spaced(breakdown or ""))
    return StayPrice(
        label=label,
        nights=int(said) if said and int(said) > 0 else nights,
        total=_money(total),
        nightly=_money(nightly),
        taxes_included=_taxes(current),
    )


def _spaced(text: str) -> str:
    """Write every kind of white space, no-break spaces among them, as one plain space."""
    return plain(text, _LONGEST_LINE)


def _money(found: re.Match[str] | None) -> Money | None:
    if found is None:
        return None
    unit, figure = found["before"] or found["after"], found["figure"] or found["figure2"]
    amount = Decimal(figure.replace(",", "").replace(" ", ""))
    return Money(amount, _CURRENCIES[unit.casefold()])


def _taxes(label: str) -> bool | None:
    if _UNTAXED.search(label):
        return False
    return True if _TAXED.search(label) else None
