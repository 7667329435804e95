"""What stays cost, made comparable: one currency, and what is paid at the door included."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.domain.stay import Stay, StayPrice


@dataclass(frozen=True, slots=True)
class Costs:
    """Converts prices to one currency.

    Attributes:
        currency: None where nothing has a price.
        rates: To `currency`, by the currency of the price.
    """

    currency: str | None = None
    rates: Mapping[str, ExchangeRate] = field(default_factory=dict[str, ExchangeRate])

    def convert(self, money: Money | None) -> Money | None:
        """Return an amount in `currency`; None where there is no rate."""
        if money is None or money.currency == self.currency:
            return money
        rate = self.rates.get(money.currency)
        return None if rate is None else rate.convert(money)

    def total(self, price: StayPrice) -> Money | None:
        """Return what the whole stay costs; None where the source states no total."""
        return self._with_door(price.total, price)

    def guess(self, stay: Stay) -> Money | None:
        """Return what the whole stay costs, a nightly rate multiplied where that is all we know.

        For putting stays in order, and for ruling out what even so costs too much.
        """
        return None if stay.price is None else self._with_door(stay.price.comparable, stay.price)

    def _with_door(self, money: Money | None, price: StayPrice) -> Money | None:
        total = self.convert(money)
        if total is None or price.due_there is None:
            return total
        door = self.convert(price.due_there)
        return None if door is None else total + door


@dataclass(frozen=True, slots=True)
class Budget:
    """What a stay may cost, door included.

    Attributes:
        most: Absent for no limit; `least` likewise.
        nightly: Whether both are for one night instead of all.
    """

    currency: str
    most: Decimal | None = None
    least: Decimal | None = None
    nightly: bool = False

    def holds(self, stay: Stay, costs: Costs) -> bool | None:
        """Whether a stay is within it; None where its source does not tell what it costs.

        Args:
            stay: A listing.
            costs: In the currency of the budget.
        """
        price = stay.price
        if price is None:
            return None
        total = costs.total(price)
        if total is None:
            return self._of_nightly(stay, costs)
        amount = total.amount / price.nights if self.nightly else total.amount
        return self._within(amount)

    def _of_nightly(self, stay: Stay, costs: Costs) -> bool | None:
        """Judge by a nightly rate, which leaves out what is charged once."""
        guess = costs.guess(stay)
        if guess is None or stay.price is None:
            return None
        amount = guess.amount / stay.price.nights if self.nightly else guess.amount
        if self.nightly:
            return self._within(amount)
        # All nights cost this much at the very least.
        return False if self.most is not None and amount > self.most else None

    def _within(self, amount: Decimal) -> bool:
        return (self.most is None or amount <= self.most) and (
            self.least is None or amount >= self.least
        )


def currencies(stays: Iterable[Stay]) -> set[str]:
    """Return every currency that the prices of some stays are in."""
    prices = [stay.price for stay in stays if stay.price is not None]
    amounts = [m for price in prices for m in (price.comparable, price.due_there) if m is not None]
    return {money.currency for money in amounts}
