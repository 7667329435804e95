"""The euro foreign exchange reference rates of the European Central Bank, as a package ships them.

One rate a working day for some thirty currencies. No request is made: a rate is as old as its
`as_of` says. https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from functools import cache
from typing import Protocol, cast

from tripsage_mcp.domain.money import ExchangeRate

_SOURCE = "European Central Bank"
_EURO = "EUR"
# As many as the bank publishes: the rate that is shown is the rate that was calculated with.
_DIGITS = Context(prec=6)


@dataclass(frozen=True, slots=True)
class _Table:
    """What one euro is worth in each currency.

    Attributes:
        as_of: The day, by currency.
    """

    as_of: Mapping[str, date]
    units: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class ECBRates:
    """Reads the table when first asked, in a thread."""

    async def rate(self, base: str, quote: str) -> ExchangeRate | None:
        """Return the rate across the euro, to six digits."""
        table = await asyncio.to_thread(_table)
        if not {base, quote} <= table.units.keys():
            return None
        value = Decimal(1)
        if base != quote:
            value = _DIGITS.divide(table.units[quote], table.units[base])
        return ExchangeRate(base, quote, value, min(table.as_of[base], table.as_of[quote]), _SOURCE)


class _Bounds(Protocol):
    last_date: date


class _Converter(Protocol):
    """What we use of the package, which has no types."""

    bounds: Mapping[str, _Bounds]

    def convert(self, amount: int, currency: str, new_currency: str) -> Decimal: ...


@cache
def _table() -> _Table:
    import currency_converter as package  # noqa: PLC0415 - only a conversion needs it

    # The file of the last day: the package's other one holds each day since 1999, with currencies
    # that are no more, and takes a second to read.
    made = package.CurrencyConverter(package.SINGLE_DAY_CURRENCY_FILE, decimal=True)
    converter = cast("_Converter", made)
    return _Table(
        as_of={code: bounds.last_date for code, bounds in converter.bounds.items()},
        units={code: converter.convert(1, _EURO, code) for code in converter.bounds},
    )
