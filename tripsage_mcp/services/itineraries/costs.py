"""What visits and meals cost: as their source says, or guessed from a price level and said so."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tripsage_mcp.domain.money import ExchangeRate, Money, minor_units
from tripsage_mcp.domain.place import Place, PriceLevel
from tripsage_mcp.errors import TripSageError
from tripsage_mcp.providers.ports import ExchangeRates
from tripsage_mcp.services.itineraries.candidates import Found

GUESSED_IN = "EUR"
_MEAL_LEVELS: dict[PriceLevel, int] = {
    "free": 0,
    "inexpensive": 12,
    "moderate": 28,
    "expensive": 60,
    "very_expensive": 120,
}
_SIGHT_LEVELS: dict[PriceLevel, int] = {
    "free": 0,
    "inexpensive": 8,
    "moderate": 15,
    "expensive": 30,
    "very_expensive": 60,
}
_FREE = frozenset({
    "beach", "bridge", "city_park", "fountain", "market", "neighborhood", "park", "plaza",
    "scenic_spot",
})  # fmt: skip
_SET_ASIDE_MEAL, _SET_ASIDE_SIGHT = 25, 12
"""Kept free, for one person, where nobody knows a price."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a place costs the whole party.

    Attributes:
        money: In the currency of the budget; None when nobody knows.
        estimated: From a price level or a range, not from a price.
        reserved: What to set aside for it, in minor units.
    """

    money: Money | None
    estimated: bool
    reserved: int


@dataclass(frozen=True, slots=True)
class Costs:
    """Prices in one currency for one party.

    Attributes:
        rates: By currency, what one unit is worth in `currency`.
        feeds: Whether the budget is enough to eat out; else meals on the way count nothing.
    """

    currency: str
    travellers: int
    rates: Mapping[str, ExchangeRate]
    feeds: bool = True

    def of(self, found: Found) -> Cost:
        """Return what a place costs."""
        each, estimated = _one_person(found)
        money = None if each is None else self.converted(each)
        if money is None:
            aside = Money(
                Decimal(_SET_ASIDE_MEAL if found.is_meal else _SET_ASIDE_SIGHT), GUESSED_IN
            )
            # Without even a rate for a guess there is nothing to set aside.
            aside = self.converted(aside) or Money(Decimal(0), self.currency)
            return Cost(None, estimated=True, reserved=self.minor(aside * self.travellers))
        whole = (money * self.travellers).rounded()
        return Cost(whole, estimated, self.minor(whole))

    def anywhere(self) -> Cost:
        """Return what a meal costs wherever one happens to be: not much, and that is a guess."""
        money = self.converted(Money(Decimal(_MEAL_LEVELS["inexpensive"]), GUESSED_IN))
        if money is None or not self.feeds:
            return Cost(None, estimated=True, reserved=0)
        whole = (money * self.travellers).rounded()
        return Cost(whole, estimated=True, reserved=self.minor(whole))

    def minor(self, money: Money) -> int:
        """Return an amount in whole minor units, rounded up."""
        scaled = money.amount.scaleb(minor_units(self.currency))
        return int(scaled.to_integral_value(rounding="ROUND_CEILING"))

    def spent(self, money: Money) -> int:
        """Return what a price in any currency is in minor units; 0 where nobody knows the rate."""
        known = self.converted(money)
        return 0 if known is None else self.minor(known)

    def converted(self, money: Money) -> Money | None:
        """Return an amount in `currency`; None where nobody knows the rate."""
        if money.currency == self.currency:
            return money
        rate = self.rates.get(money.currency)
        return None if rate is None else rate.convert(money)


def _one_person(found: Found) -> tuple[Money | None, bool]:
    """Return what one person pays, and whether that is an estimate."""
    place = found.place
    if place.typical_cost is not None:
        return place.typical_cost, False
    prices = place.price_range
    if prices is not None:
        end = prices.end or prices.start
        return Money((prices.start.amount + end.amount) / 2, prices.start.currency), True
    levels = _MEAL_LEVELS if found.is_meal else _SIGHT_LEVELS
    if place.price_level is not None:
        return Money(Decimal(levels[place.price_level]), GUESSED_IN), True
    if not found.is_meal and place.types and place.types[0] in _FREE:
        return Money(Decimal(0), GUESSED_IN), True
    return None, True


async def costs(
    currency: str,
    travellers: int,
    places: Iterable[Place],
    rates: ExchangeRates | None,
    others: Collection[str] = (),
) -> Costs:
    """Ask for the rates that prices need; one that cannot be had is left out.

    Args:
        currency: Of the budget.
        travellers: Who pay.
        places: With prices of their own.
        rates: Asked.
        others: Currencies of other prices.
    """
    wanted = {GUESSED_IN, *others}
    for place in places:
        if place.typical_cost is not None:
            wanted.add(place.typical_cost.currency)
        if place.price_range is not None:
            wanted.add(place.price_range.start.currency)
    found: dict[str, ExchangeRate] = {}
    for base in sorted(wanted - {currency}):
        if rates is None:
            break
        try:
            rate = await rates.rate(base, currency)
        except TripSageError:
            continue
        if rate is not None:
            found[base] = rate
    return Costs(currency, travellers, found)
