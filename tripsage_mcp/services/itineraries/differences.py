"""What became of the items of an itinerary when it was changed."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from tripsage_mcp.domain.itinerary import Itinerary, ItineraryItem
from tripsage_mcp.services.itineraries.results import Difference


def differences(
    before: Itinerary,
    after: Itinerary,
    whys: Mapping[str, str],
    labels: Mapping[int, Sequence[str]],
) -> tuple[Difference, ...]:
    """Return what was added, moved, changed and dropped, in time order.

    Args:
        before: The itinerary as it was; every item has an id.
        after: As it is; what is the same thing has the same id.
        whys: Reasons, by id.
        labels: What was done to each day, by its index; the reason of what has none of its own.
    """
    old, new = _items(before), _items(after)
    days = {day.date: number for number, day in enumerate(before.days)}

    def why(item: ItineraryItem) -> str:
        own = whys.get(item.item_id)
        done = labels.get(days.get(item.starts.date(), -1), ())
        if own or not done:
            return own or "makes room for the rest"
        return f"{'' if item.item_id not in old else 'makes room: '}{', '.join(done)}"

    found: list[tuple[ItineraryItem, Difference]] = []
    for item_id, item in new.items():
        was = old.get(item_id)
        if was is None:
            told = Difference("added", item_id, item.name, None, _when(item), why(item))
        elif _span(was) != _span(item):
            told = Difference("moved", item_id, item.name, _when(was), _when(item), why(item))
        elif was.locked != item.locked:
            told = Difference("changed", item_id, item.name, None, None, why(item))
        else:
            continue
        found.append((item, told))
    for item_id, item in old.items():
        if item_id not in new:
            told = Difference("dropped", item_id, item.name, _when(item), None, why(item))
            found.append((item, told))
    found.sort(key=lambda pair: pair[0].starts.astimezone(UTC))
    return tuple(told for _, told in found)


def _items(itinerary: Itinerary) -> dict[str, ItineraryItem]:
    return {item.item_id: item for day in itinerary.days for item in day.items}


def _span(item: ItineraryItem) -> tuple[object, object]:
    return item.starts.astimezone(UTC), item.ends.astimezone(UTC)


def _when(item: ItineraryItem) -> str:
    return f"{item.starts:%a %d %b %H:%M}-{item.ends:%H:%M}"
