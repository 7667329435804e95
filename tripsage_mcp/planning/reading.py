"""How the check reads an itinerary and words moments; nothing the solver uses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    beds,
    is_anywhere,
)
from tripsage_mcp.domain.place import Place
from tripsage_mcp.planning.check_facts import Facts

PLACE_KINDS = frozenset({"visit", "lunch", "dinner"})
"""Items that need a place to be open."""
MEALS = frozenset({"lunch", "dinner"})
PLANNED_KINDS = PLACE_KINDS | {"commitment"}
"""What the traveller came for, as opposed to what gets them there."""
FLIGHTS = frozenset({"arrival", "departure"})
NIGHT_MINUTES = 5 * 60
"""A gap between two days from which on the traveller has been at the stay in between."""
TOLERANCE_MINUTES = 5
"""Nobody minds so little where nothing but comfort is at stake."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as the check sees it.

    Attributes:
        starts: In UTC, so that moments compare and subtract as they are.
        ends: Likewise.
        at: Where the traveller is meanwhile; who rests or eats anywhere is where they were.
        before: The entry the traveller comes from; None when that is the stay, after a night.
        bed: Where the night before the day was spent.
    """

    day: ItineraryDay
    item: ItineraryItem
    starts: datetime
    ends: datetime
    at: Coordinates | None
    before: "Entry | None"
    bed: Coordinates | None = None

    @property
    def is_anywhere(self) -> bool:
        """Whether it needs no particular place."""
        return is_anywhere(self.item.kind, self.item.name, self.item.place_id)

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return minutes_of(self.starts, self.ends)

    @property
    def gap(self) -> int:
        """Minutes since the end of what came before; 0 after a night."""
        return 0 if self.before is None else minutes_of(self.before.ends, self.starts)


@dataclass(frozen=True, slots=True)
class Reading:
    """An itinerary with the facts, read once for all the checks.

    Attributes:
        entries: In the order listed.
        days: Each day with its entries.
        nights: Each day with where the night after it is spent.
    """

    itinerary: Itinerary
    facts: Facts
    zone: ZoneInfo
    entries: tuple[Entry, ...]
    days: tuple[tuple[ItineraryDay, tuple[Entry, ...]], ...]
    nights: tuple[tuple[ItineraryDay, Coordinates | None], ...] = ()

    def place(self, item: ItineraryItem) -> Place | None:
        """Return what is known of the place of an item."""
        return None if item.place_id is None else self.facts.places.get(item.place_id)

    def way(self, start: Coordinates | None, end: Coordinates | None) -> Leg | None:
        """Return how long it takes from one point to another, where that is known."""
        if start is None or end is None:
            return None
        return Leg("walk", 0) if start == end else self.facts.travel.get((start, end))

    def way_to(self, entry: Entry) -> Leg | None:
        """Return the way to an entry from where the traveller comes from."""
        start = entry.bed if entry.before is None else entry.before.at
        return self.way(start, entry.at)

    def way_back(self, day: ItineraryDay, last: Entry) -> Leg | None:
        """Return the way to the stay at the end of a day, as known or else as written."""
        return self.way(last.at, self.bed_after(day)) or day.back

    def bed_after(self, day: ItineraryDay) -> Coordinates | None:
        """Return where the night after a day is spent."""
        return next((bed for each, bed in self.nights if each is day), self.itinerary.stay)


def read_itinerary(itinerary: Itinerary, facts: Facts) -> Reading:
    """Read an itinerary once for all the checks."""
    days: list[tuple[ItineraryDay, tuple[Entry, ...]]] = []
    previous: Entry | None = None
    slept = beds(itinerary)
    for day, (bed, _) in zip(itinerary.days, slept, strict=True):
        entries: list[Entry] = []
        for item in day.items:
            starts, ends = utc(item.starts), utc(item.ends)
            night = (
                previous is not None
                and previous.day is not day
                and minutes_of(previous.ends, starts) >= NIGHT_MINUTES
            )
            before = None if night else previous
            where = item.coordinates
            if where is None and is_anywhere(item.kind, item.name, item.place_id):
                where = bed if before is None else before.at
            previous = Entry(day, item, starts, ends, where, before, bed)
            entries.append(previous)
        days.append((day, tuple(entries)))
    return Reading(
        itinerary,
        facts,
        ZoneInfo(itinerary.time_zone),
        tuple(entry for _, listed in days for entry in listed),
        tuple(days),
        tuple((day, after) for day, (_, after) in zip(itinerary.days, slept, strict=True)),
    )


def utc(moment: datetime) -> datetime:
    """Two moments of one zone would be compared by their wall clocks."""
    return moment.astimezone(UTC)


def minutes_of(first: datetime, last: datetime) -> int:
    """Return the minutes from one UTC moment to another, rounded down; negative when reversed."""
    return int((last - first).total_seconds() // 60)


def clock(moment: datetime) -> str:
    """Write a local time of day."""
    return f"{moment:%H:%M}"


def span(item: ItineraryItem) -> str:
    """Write when an item takes place."""
    return f"{clock(item.starts)}-{clock(item.ends)}"


def wall(minute: int) -> str:
    """Write a minute after midnight as a time of day."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def day_words(day: date) -> str:
    """Write a date for people."""
    return f"{day:%a %d %b}"


def listed(names: list[str], most: int = 4) -> str:
    """Write names in a row, the first few of many."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
