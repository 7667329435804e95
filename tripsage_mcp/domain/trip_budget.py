"""What a trip may cost and what it does, by category and currency.

Nothing is converted here: sums of different currencies stand beside each other.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip_item import TripItem, TripItemKind, TripItemStatus

type BudgetCategory = Literal[
    "flights", "stays", "food", "activities", "transport", "shopping", "insurance", "other"
]

CATEGORY_OF: dict[TripItemKind, BudgetCategory] = {
    "flight": "flights",
    "stay": "stays",
    "visit": "activities",
    "meal": "food",
    "transport": "transport",
    "note": "other",
    "activity": "activities",
}
_EXPECTED: frozenset[TripItemStatus] = frozenset({"idea", "planned"})
_COMMITTED: frozenset[TripItemStatus] = frozenset({"held", "booked"})
_SPENT: frozenset[TripItemStatus] = frozenset({"done"})

type _Key = tuple[BudgetCategory, str]


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """What is set aside for one category."""

    category: BudgetCategory
    planned: Money


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """One category's sums in one currency; every item counts in one of the last three.

    Attributes:
        planned: Set aside; None where nothing is in this currency.
        expected: Of ideas and plans.
        committed: Of what is held or booked and still ahead.
        spent: Of what is done.
    """

    category: BudgetCategory
    currency: str
    planned: Money | None
    expected: Money
    committed: Money
    spent: Money

    @property
    def left(self) -> Money | None:
        """What of the plan is neither spent nor committed; below zero when it is exceeded."""
        return None if self.planned is None else self.planned - self.committed - self.spent


def budget_figures(
    lines: Iterable[BudgetLine], items: Iterable[TripItem]
) -> tuple[CategoryFigures, ...]:
    """Return the sums of each category and currency that occurs, sorted by both.

    What is cancelled, or has no price, counts nowhere.
    """
    planned: dict[_Key, Money] = {
        (line.category, line.planned.currency): line.planned for line in lines
    }
    counted: defaultdict[_Key, list[TripItem]] = defaultdict(list)
    for item in items:
        if item.price is not None and item.status != "cancelled":
            counted[CATEGORY_OF[item.kind], item.price.currency].append(item)
    return tuple(
        CategoryFigures(
            category,
            currency,
            planned.get((category, currency)),
            expected=_sum(counted[category, currency], _EXPECTED, currency),
            committed=_sum(counted[category, currency], _COMMITTED, currency),
            spent=_sum(counted[category, currency], _SPENT, currency),
        )
        for category, currency in sorted({*planned, *counted})
    )


def _sum(items: Iterable[TripItem], having: frozenset[TripItemStatus], currency: str) -> Money:
    total = Money(Decimal(0), currency)
    for item in items:
        if item.price is not None and item.status in having:
            total += item.price
    return total
