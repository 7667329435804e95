"""What may take the room of something that was dropped or replaced."""

from collections.abc import Mapping
from heapq import nlargest

from tripsage_mcp.domain.money import Money
from tripsage_mcp.planning.problem import MealName, Plan
from tripsage_mcp.providers.ports import ExchangeRates
from tripsage_mcp.services.itineraries.candidates import Found, Selection, indoor_of
from tripsage_mcp.services.itineraries.changes import Wanting
from tripsage_mcp.services.itineraries.costs import costs
from tripsage_mcp.services.itineraries.doubles import is_also
from tripsage_mcp.services.itineraries.pieces import Pieces
from tripsage_mcp.services.itineraries.search import Searched

_MOST = 12

type Offers = Mapping[str, tuple[frozenset[int], MealName | None]]
"""By place id, the days on which it may be taken, and the meal it is for; None for a sight."""


async def affordable(
    found: Mapping[str, Found],
    pieces: Pieces,
    budget: Money,
    travellers: int,
    rates: ExchangeRates | None,
) -> dict[str, Found]:
    """Return what may be taken for all that is wanted without going over the budget."""
    paid = [p.item.cost for p in pieces.pieces if p.item.cost is not None]
    places = [each.place for each in found.values()]
    others = {cost.currency for cost in paid}
    known = await costs(budget.currency, travellers, places, rates, others)
    left = max(0, known.minor(budget) - sum(map(known.spent, paid)))
    kept: dict[str, Found] = {}
    prices: list[int] = []
    for each in sorted(found.values(), key=lambda f: (-f.score, f.place.place_id)):
        price = known.of(each).reserved
        # Whichever of them are taken, there are not more of them than are wanted.
        if sum(nlargest(len(pieces.wanting), [*prices, price])) <= left:
            kept[each.place.place_id] = each
            prices.append(price)
    return kept


def offers(pieces: Pieces, searched: Searched, chosen: Selection) -> Offers:
    """Return the places that may take the room of what is wanted."""
    taken = {p.item.place_id for p in pieces.pieces} | pieces.never
    known = [(p.item.name, p.item.coordinates) for p in pieces.pieces]
    ranked = sorted(
        (
            f
            for key, f in searched.found.items()
            if key not in taken
            and chosen.allows(f)
            and not any(is_also(f.place, name, at) for name, at in known)
        ),
        key=lambda f: (-f.score, f.place.place_id),
    )
    offered: dict[str, tuple[frozenset[int], MealName | None]] = {}
    for wanting in pieces.wanting:
        for found in [f for f in ranked if _fits(f, wanting)][:_MOST]:
            days, _ = offered.get(found.place.place_id, (frozenset[int](), None))
            offered[found.place.place_id] = (days | {wanting.day}, wanting.meal)
    return offered


def _fits(found: Found, wanting: Wanting) -> bool:
    if wanting.meal is not None:
        return found.is_meal
    return found.is_sight and (not wanting.indoor or indoor_of(found.place) is True)


def not_found(pieces: Pieces, offered: Offers, plan: Plan) -> list[str]:
    """Say for what nothing was found to take its place."""
    taken = [
        (day, stop.meal)
        for day, stops in enumerate(plan.days)
        for stop in stops
        if stop.key in offered
    ]
    missing: dict[str, list[str]] = {}
    for wanting in pieces.wanting:
        if (wanting.day, wanting.meal) in taken:
            taken.remove((wanting.day, wanting.meal))
            continue
        what = wanting.meal or ("sight with a roof" if wanting.indoor else "sight")
        days = missing.setdefault(f"no other {what} was found that fits {{}} ({wanting.why})", [])
        days.append(str(pieces.dates[wanting.day]))
    return [words.format(", ".join(dict.fromkeys(days))) for words, days in missing.items()]
