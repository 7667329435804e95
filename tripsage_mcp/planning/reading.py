"""How the check reads and words moments; nothing the solver uses."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tripsage_mcp.domain.itinerary import Itinerary, ItineraryDay, ItineraryItem

PLACE_KINDS = frozenset({"visit", "lunch", "dinner"})
"""Items that need a place to be open."""


def items_of(itinerary: Itinerary) -> Iterator[tuple[ItineraryDay, ItineraryItem]]:
    """Yield every item with its day, in the order listed."""
    for day in itinerary.days:
        for item in day.items:
            yield day, item


def utc(moment: datetime) -> datetime:
    """Two moments of one zone would be compared by their wall clocks."""
    return moment.astimezone(UTC)


def minutes_between(first: datetime, last: datetime) -> int:
    """Return the real minutes from one moment to the other; negative when they are reversed."""
    return int((utc(last) - utc(first)).total_seconds() // 60)


def clock(moment: datetime) -> str:
    """Write a local time of day."""
    return f"{moment:%H:%M}"


def span(item: ItineraryItem) -> str:
    """Write when an item takes place."""
    return f"{clock(item.starts)}-{clock(item.ends)}"


def wall(minute: int) -> str:
    """Write a minute after midnight as a time of day."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
