"""What items keep when the plan around them changes: their words, and the ways between them."""

from collections.abc import Collection
from dataclasses import replace

from tripsage_mcp.domain.itinerary import Itinerary, ItineraryDay, ItineraryItem


def as_it_was(known: ItineraryItem, item: ItineraryItem, spots: Collection[str]) -> ItineraryItem:
    """Return an item as it was, at its new time; a meal near something may be near another now."""
    near = known.name.removeprefix(f"{known.kind.title()} near ")
    moved = item.coordinates is None and near != known.name and near in spots
    return replace(
        known,
        name=item.name if moved else known.name,
        starts=item.starts,
        ends=item.ends,
        leg=item.leg,
        kind=item.kind,
    )


def with_old_legs(after: Itinerary, before: Itinerary) -> Itinerary:
    """Keep how to get from one thing to the next where neither was touched."""
    old: dict[tuple[str, str], ItineraryItem] = {}
    backs: dict[str, ItineraryDay] = {}
    for day in before.days:
        at = str(day.date)
        for item in day.items:
            old[at, item.item_id] = item
            at = _last_spot(item, at)
        backs[at] = day
    days: list[ItineraryDay] = []
    for day in after.days:
        at, items = str(day.date), list[ItineraryItem]()
        for item in day.items:
            known = old.get((at, item.item_id))
            unmoved = known is not None and known.starts == item.starts
            items.append(replace(item, leg=known.leg) if known and unmoved else item)
            at = _last_spot(item, at)
        was = backs.get(at)
        back = was.back if was is not None and was.date == day.date else day.back
        days.append(replace(day, items=tuple(items), back=back))
    return replace(after, days=tuple(days))


def _last_spot(item: ItineraryItem, before: str) -> str:
    """Return the id of where somebody is after an item: a meal on the way leads nowhere."""
    return before if item.coordinates is None else item.item_id
