"""What a plan costs, and what was supposed in making it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tripsage_mcp.domain.itinerary import Itinerary, ItineraryDay, ItineraryItem
from tripsage_mcp.domain.money import Money
from tripsage_mcp.providers.ports import ExchangeRates
from tripsage_mcp.services.itineraries.candidates import Found
from tripsage_mcp.services.itineraries.costs import Costs, costs
from tripsage_mcp.services.itineraries.frame import Frame
from tripsage_mcp.services.itineraries.request import Accepted
from tripsage_mcp.services.itineraries.results import Spending
from tripsage_mcp.services.itineraries.search import DIET_WORDS, Searched

_PAID = frozenset({"visit", "lunch", "dinner", "commitment"})


def with_costs(
    days: Sequence[ItineraryDay], found: Mapping[str, Found], prices: Costs | None
) -> tuple[ItineraryDay, ...]:
    """Put a price on each item that has a known one, where there is a budget."""
    if prices is None:
        return tuple(days)

    def priced(item: ItineraryItem) -> ItineraryItem:
        known = found.get(item.place_id or "")
        if _is_anywhere(item):
            return replace(item, cost=prices.anywhere().money)
        if item.cost is not None or known is None:
            return item
        return replace(item, cost=prices.of(known).money)

    return tuple(replace(day, items=tuple(priced(i) for i in day.items)) for day in days)


async def with_new_costs(
    before: Itinerary,
    after: Itinerary,
    found: Mapping[str, Found],
    rates: ExchangeRates | None,
) -> Itinerary:
    """Put a price on each place that is new in a plan, where there is a budget."""
    old = {item.item_id for day in before.days for item in day.items}
    items = (item for day in after.days for item in day.items if item.item_id not in old)
    new = {i.item_id: found[i.place_id] for i in items if i.place_id and i.place_id in found}
    if after.budget is None or not new:
        return after
    places = [each.place for each in new.values()]
    known = await costs(after.budget.currency, after.travellers, places, rates)

    def priced(item: ItineraryItem) -> ItineraryItem:
        each = new.get(item.item_id)
        return item if each is None else replace(item, cost=known.of(each).money)

    days = (replace(day, items=tuple(map(priced, day.items))) for day in after.days)
    return replace(after, days=tuple(days))


def spending(
    itinerary: Itinerary, found: Mapping[str, Found], costs: Costs | None
) -> Spending | None:
    """Add up what the plan costs; None where there is no budget."""
    limit = itinerary.budget
    if costs is None or limit is None:
        return None
    planned = Money(Decimal(0), limit.currency)
    estimated = unknown = 0
    for item in (item for day in itinerary.days for item in day.items if item.kind in _PAID):
        cost = None if item.cost is None else costs.converted(item.cost)
        if cost is None:
            unknown += 1
            continue
        planned += cost
        known = found.get(item.place_id or "")
        estimated += _is_anywhere(item) or (known is not None and costs.of(known).estimated)
    return Spending(planned, limit, estimated, unknown)


def _is_anywhere(item: ItineraryItem) -> bool:
    return item.kind in {"lunch", "dinner"} and item.place_id is None and not item.locked


def assumptions(
    accepted: Accepted, itinerary: Itinerary, given: Frame, searched: Searched
) -> tuple[str, ...]:
    """Return what was not said and had to be supposed."""
    said: list[str] = []
    if accepted.stay is None:
        said.append("No stay was given: days begin and end in the middle of the destination.")
    if accepted.arrival is not None or accepted.departure is not None:
        said.append(
            "Flights count as international: 60 min to leave the airport, 120 min there before "
            "take-off."
        )
    lost = [item.name for item in given.fixed if item.locked and item.coordinates is None]
    if lost:
        said.append(f"Where {', '.join(lost)} takes place is not known: no way there is planned.")
    if accepted.easy_first_day:
        said.append("The first day is light: it is many time zones from home.")
    said += _about_food(accepted, searched)
    if itinerary.budget is not None:
        said.append(
            "Costs are for everybody; those from price levels and ranges are estimates. Fares are "
            "not counted, and places without a known price had some money set aside."
        )
    return tuple(said)


def _about_food(accepted: Accepted, searched: Searched) -> list[str]:
    diet = accepted.request.diet
    if not diet:
        return []
    words = ", ".join(diet).replace("_", " ")
    if any(each not in DIET_WORDS for each in diet):
        return [f"No source knows which restaurants are safe for {words}: ask there before eating."]
    suited = any(found.suits_diet for found in searched.found.values())
    kind = "Restaurants were looked for" if suited else "No restaurants were found"
    return [f"{kind} as {words}: see the menu before relying on it."]
