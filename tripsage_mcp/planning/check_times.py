"""The part of the check about dates and clocks: the order of things, midnight, zones, nights."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

from tripsage_mcp.domain.itinerary import Finding, Repair, at_wall_minute
from tripsage_mcp.planning.reading import (
    PLACE_KINDS,
    PLANNED_KINDS,
    TOLERANCE_MINUTES,
    Entry,
    Reading,
    clock,
    minutes_of,
    span,
    utc,
    wall,
)

_NIGHT_ENDS_HOUR = 6
_SHORTEST_NIGHT = 7 * 60


def calendar(reading: Reading) -> Iterator[Finding]:
    """Find days and items under a wrong date."""
    days = [day.date for day in reading.itinerary.days]
    if not days:
        return
    first, last = reading.facts.first or days[0], reading.facts.last or days[-1]
    for earlier, later in pairwise(days):
        if later <= earlier:
            yield Finding(
                "days_out_of_order",
                "blocker",
                f"{later} comes after {earlier} in the list.",
                later,
                suggestion="List every date once, earliest first.",
            )
    for day in days:
        if not first <= day <= last:
            yield Finding(
                "outside_trip",
                "blocker",
                f"{day} is not between {first} and {last}.",
                day,
                suggestion="Move the day into the trip or change the trip's dates.",
            )
    for entry in reading.entries:
        yield from _belongs_to(reading, entry)


def _belongs_to(reading: Reading, entry: Entry) -> Iterator[Finding]:
    day, item, zone = entry.day.date, entry.item, reading.zone
    starts, ends = entry.starts.astimezone(zone), entry.ends.astimezone(zone)
    at_night = starts.date() == day + timedelta(days=1) and starts.hour < _NIGHT_ENDS_HOUR
    if starts.date() != day and not at_night:
        yield Finding(
            "wrong_day",
            "blocker",
            f"{item.name} starts on {starts.date()} but is listed under {day}.",
            day,
            (item.name,),
            "List it under the day it starts on.",
            Repair("move", item.name, item.item_id, starts.date(), item.starts),
        )
    elif (
        item.kind in PLACE_KINDS
        and not item.locked
        and entry.ends > _day_end(reading, day)
        and ends.date() > day
    ):
        yield Finding(
            "past_midnight",
            "warning",
            f"{item.name} ends at {clock(ends)} on the next day.",
            day,
            (item.name,),
            "Make sure that this is wanted.",
        )


def _day_end(reading: Reading, day: date) -> datetime:
    """Return midnight, or when the traveller wants to be back if that is later."""
    end = max(24 * 60, reading.itinerary.day_end or 0)
    return utc(at_wall_minute(day, end, reading.zone))


def zones(reading: Reading) -> Iterator[Finding]:
    """Find times in another zone than the itinerary's, and times that its clocks never show."""
    for entry in reading.entries:
        item = entry.item
        for moment, real in ((item.starts, entry.starts), (item.ends, entry.ends)):
            local = real.astimezone(reading.zone)
            if moment.utcoffset() == local.utcoffset():
                continue
            if moment.tzinfo is not None and moment.tzinfo == reading.zone:
                code, what = "time_skipped", "is a time that the clocks skip on that day"
            else:
                code, what = "wrong_zone", f"is not in the time of {reading.itinerary.time_zone}"
            yield Finding(
                code,
                "warning",
                f"{clock(moment)} of {item.name} {what}; there it is {clock(local)}.",
                entry.day.date,
                (item.name,),
                f"Write {clock(local)}.",
            )
            break


def order(reading: Reading) -> Iterator[Finding]:
    """Find what ends before it begins, and two things at one time."""
    latest: Entry | None = None
    for entry in reading.entries:
        item = entry.item
        # A call without a length is a call; the margins of flights are judged elsewhere.
        least = 1 if item.kind in PLANNED_KINDS or item.kind == "rest" else 0
        if entry.minutes < least:
            yield Finding(
                "ends_before_start",
                "blocker",
                f"{item.name} ends at {clock(item.ends)}, not after its start at "
                f"{clock(item.starts)}.",
                entry.day.date,
                (item.name,),
                "Give it a length.",
            )
        if latest is not None and entry.starts < latest.ends:
            yield _overlap(reading, latest, entry)
        if latest is None or entry.ends > latest.ends:
            latest = entry


def _overlap(reading: Reading, before: Entry, after: Entry) -> Finding:
    reversed_ = after.starts < before.starts
    code, what = (
        ("out_of_order", "is listed after")
        if reversed_
        else ("overlap", "starts before the end of")
    )
    both = minutes_of(max(before.starts, after.starts), min(before.ends, after.ends))
    shared = f", {both} min at one time" if both > 0 else ""
    repair = Repair("move", before.item.name, before.item.item_id, before.day.date)
    if not after.item.locked:
        way = reading.way(before.at, after.at)
        starts = before.ends + timedelta(minutes=0 if way is None else way.minutes)
        repair = Repair(
            "move",
            after.item.name,
            after.item.item_id,
            after.day.date,
            starts.astimezone(after.item.starts.tzinfo),
        )
    return Finding(
        code,
        "blocker",
        f"{after.item.name} ({span(after.item)}) {what} {before.item.name} "
        f"({span(before.item)}){shared}.",
        after.day.date,
        (before.item.name, after.item.name),
        "Move one of them.",
        repair,
    )


def hours_of_day(reading: Reading) -> Iterator[Finding]:
    """Find days that begin before or end after the traveller wants them to."""
    start, end = reading.itinerary.day_start, reading.itinerary.day_end
    for day, entries in reading.days:
        planned = [entry for entry in entries if _is_free(entry)]
        if start is not None and planned and planned[0] is entries[0]:
            yield from _too_early(reading, planned[0], start)
        if end is not None and planned and planned[-1] is entries[-1]:
            last = planned[-1]
            back = reading.way_back(day, last)
            minutes = 0 if back is None else back.minutes
            until = utc(at_wall_minute(day.date, end, reading.zone))
            late = minutes_of(until, last.ends) + minutes
            if late > TOLERANCE_MINUTES:
                yield Finding(
                    "after_day_end",
                    "warning",
                    f"{last.item.name} ends at {clock(last.item.ends)}, {minutes} min from the "
                    f"stay: {late} min after {wall(end)}.",
                    day.date,
                    (last.item.name,),
                    f"End it {late} min earlier, or be out later.",
                    Repair(
                        "move",
                        last.item.name,
                        last.item.item_id,
                        day.date,
                        last.item.starts - timedelta(minutes=late),
                    ),
                )


def _is_free(entry: Entry) -> bool:
    """Tell whether the traveller could have planned it for another time."""
    return entry.item.kind in PLACE_KINDS and not entry.item.locked


def _too_early(reading: Reading, first: Entry, start: int) -> Iterator[Finding]:
    if first.before is not None:
        return
    way = reading.way_to(first) or first.item.leg
    minutes = 0 if way is None else way.minutes
    from_ = utc(at_wall_minute(first.day.date, start, reading.zone))
    early = minutes - minutes_of(from_, first.starts)
    if early > TOLERANCE_MINUTES:
        yield Finding(
            "before_day_start",
            "warning",
            f"{first.item.name} at {clock(first.item.starts)}, {minutes} min from the stay, means "
            f"leaving {early} min before {wall(start)}.",
            first.day.date,
            (first.item.name,),
            f"Start it {early} min later.",
            Repair(
                "move",
                first.item.name,
                first.item.item_id,
                first.day.date,
                first.item.starts + timedelta(minutes=early),
            ),
        )


def nights(reading: Reading) -> Iterator[Finding]:
    """Find nights too short to sleep, where nothing but the plan makes them so."""
    for (day, evening), (next_day, morning) in pairwise(reading.days):
        if not evening or not morning or next_day.date - day.date != timedelta(days=1):
            continue
        last, first = evening[-1], morning[0]
        if not {last.item.kind, first.item.kind} <= PLANNED_KINDS:
            continue
        back, out = reading.way_back(day, last), reading.way_to(first) or first.item.leg
        ways = sum(leg.minutes for leg in (back, out) if leg is not None)
        night = minutes_of(last.ends, first.starts) - ways
        if night < _SHORTEST_NIGHT:
            yield Finding(
                "short_night",
                "warning",
                f"{last.item.name} ends at {clock(last.item.ends)} and {first.item.name} starts at "
                f"{clock(first.item.starts)}: {max(night, 0)} min at the stay, under "
                f"{_SHORTEST_NIGHT}.",
                next_day.date,
                (last.item.name, first.item.name),
                f"Start {first.item.name} {_SHORTEST_NIGHT - night} min later.",
                Repair("move", first.item.name, first.item.item_id, next_day.date),
            )
