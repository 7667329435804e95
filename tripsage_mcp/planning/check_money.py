"""The part of the check about money: what the plan costs, as far as anybody knows."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tripsage_mcp.domain.itinerary import Finding, Repair
from tripsage_mcp.domain.money import Money
from tripsage_mcp.planning.check_facts import Facts
from tripsage_mcp.planning.reading import PLANNED_KINDS, Entry, Reading, listed

_FIXED_KINDS = frozenset({"arrival", "departure", "check_in", "check_out", "commitment"})


def budget(reading: Reading) -> Iterator[Finding]:
    """Find a plan that costs more than there is, and costs that nobody could add up."""
    limit = reading.itinerary.budget
    if limit is None:
        return
    priced = [entry for entry in reading.entries if entry.item.cost is not None]
    known = {id(entry): _in(limit.currency, entry, reading.facts) for entry in priced}
    foreign = [entry for entry in priced if known[id(entry)] is None]
    costs = [(entry, cost) for entry in priced if (cost := known[id(entry)]) is not None]
    total = _sum(limit.currency, [cost for _, cost in costs])
    fixed = _sum(limit.currency, [cost for e, cost in costs if _is_fixed(reading, e)])
    if limit < fixed:
        yield Finding(
            "budget_below_fixed_costs",
            "blocker",
            f"What is booked, locked or must be seen costs {fixed}, over the budget of {limit} by "
            f"{fixed - limit}.",
            items=tuple(e.item.name for e, _ in costs if _is_fixed(reading, e)),
            suggestion="Raise the budget, or cancel something.",
        )
    elif limit < total:
        yield _over(reading, costs, total, limit)
    if foreign:
        currencies = sorted({e.item.cost.currency for e in foreign if e.item.cost is not None})
        yield Finding(
            "currency_unknown",
            "unchecked",
            f"{len(foreign)} costs in {', '.join(currencies)} are not in the {total} counted: "
            f"there is no rate to {limit.currency}.",
            items=tuple(entry.item.name for entry in foreign),
            suggestion=f"Give them in {limit.currency}.",
        )
    unpriced = [
        entry.item.name
        for entry in reading.entries
        if entry.item.kind in PLANNED_KINDS and entry.item.cost is None
    ]
    if unpriced:
        yield Finding(
            "cost_unknown",
            "unchecked",
            f"{len(unpriced)} items have no known cost and are not in the {total} counted of "
            f"{limit}: {listed(unpriced)}.",
            items=tuple(unpriced),
            suggestion="Look their prices up; 0 for what is free.",
        )


def _over(
    reading: Reading, costs: Sequence[tuple[Entry, Money]], total: Money, limit: Money
) -> Finding:
    free = [(cost.amount, e.item) for e, cost in costs if not _is_fixed(reading, e)]
    excess = total - limit
    # The cheapest that does it alone, or else the dearest.
    enough = [pair for pair in free if pair[0] >= excess.amount]
    dropped = (
        min(enough, key=lambda pair: pair[0]) if enough else max(free, key=lambda pair: pair[0])
    )
    return Finding(
        "over_budget",
        "blocker",
        f"The plan costs {total}, over the budget of {limit} by {excess}.",
        items=tuple(entry.item.name for entry, _ in costs),
        suggestion=f"Drop {dropped[1].name} ({Money(dropped[0], limit.currency)}), or raise the "
        "budget.",
        repair=Repair("drop", dropped[1].name, dropped[1].item_id),
    )


def _is_fixed(reading: Reading, entry: Entry) -> bool:
    item = entry.item
    return (
        item.locked
        or item.booking == "booked"
        or item.kind in _FIXED_KINDS
        or item.name in reading.itinerary.must_see
    )


def _in(currency: str, entry: Entry, facts: Facts) -> Money | None:
    """Return a cost in the currency of the budget; None where there is no rate."""
    cost = entry.item.cost
    if cost is None or cost.currency == currency:
        return cost
    rate = facts.rates.get(cost.currency)
    if rate is None or (rate.base, rate.quote) != (cost.currency, currency):
        return None
    return rate.convert(cost)


def _sum(currency: str, costs: Sequence[Money]) -> Money:
    return sum(costs, Money(Decimal(0), currency))
