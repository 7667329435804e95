"""Amounts of money. Never a float, never without a currency."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from tripsage_mcp.domain.provenance import DataKind

_ISO_4217 = re.compile(r"[A-Z]{3}")

# ISO 4217 minor units that are not 2.
_MINOR_UNITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
# Below this every sum of amounts to their minor unit is exact in Decimal's 28 digits.
_LESS_THAN = Decimal(10) ** 18


def minor_units(currency: str) -> int:
    """Return how many decimals amounts in `currency` carry (ISO 4217)."""
    return _MINOR_UNITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one ISO 4217 currency. Ordered within one currency only."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse anything that is not shaped like a currency code, and amounts nothing costs."""
        if not _ISO_4217.fullmatch(self.currency):
            raise ValueError("currency must be an ISO 4217 code")
        if not self.amount.is_finite():
            raise ValueError("amount must be finite")
        if not -_LESS_THAN < self.amount < _LESS_THAN:
            raise ValueError("amount must have at most 18 digits before the point")

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {other.currency} with {self.currency}")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        """Add two amounts of one currency."""
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency."""
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, factor: int | Decimal) -> "Money":
        """Scale the amount; the result is not rounded."""
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        """Compare amounts of one currency."""
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        """Compare amounts of one currency."""
        return self.amount <= self._same(other)

    def rounded(self) -> "Money":
        """Return the amount to the currency's minor unit, half to even."""
        step = Decimal(1).scaleb(-minor_units(self.currency))
        # Adding nothing makes plain zero of minus zero, which `-0.00 EUR` would show.
        return Money(self.amount.quantize(step, rounding=ROUND_HALF_EVEN) + 0, self.currency)

    def share(self, count: int) -> "Money":
        """Return one of `count` equal parts, to the currency's minor unit, half to even."""
        return Money(self.amount / count, self.currency).rounded()

    def __str__(self) -> str:
        """Write the amount, to its minor unit, before the code: `99.50 GBP`, `1200 JPY`."""
        return f"{self.rounded().amount} {self.currency}"


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """What one unit of `base` is worth in `quote`.

    Attributes:
        as_of: The day the rate is of.
        source: Who published it.
        data: `sandbox` for an invented one.
    """

    base: str
    quote: str
    rate: Decimal
    as_of: date
    source: str
    data: DataKind = "live"

    def __post_init__(self) -> None:
        """Refuse a rate that is no rate."""
        if not (self.rate.is_finite() and self.rate > 0):
            raise ValueError("a rate must be positive")

    def convert(self, money: Money) -> Money:
        """Return `money` in `quote`, to its minor unit, half to even.

        Raises:
            ValueError: `money` is not in `base`.
        """
        if money.currency != self.base:
            raise ValueError(f"cannot convert {money.currency} with a rate of {self.base}")
        return Money(money.amount * self.rate, self.quote).rounded()
