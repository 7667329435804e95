"""The part of the check about comfort and wishes: hardly anything here makes a plan impossible."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tripsage_mcp.domain.itinerary import (
    DINNER,
    LUNCH,
    NAP,
    NAP_MINUTES,
    SIGHTS_PER_DAY,
    Finding,
    ItineraryDay,
    Repair,
    at_wall_minute,
)
from tripsage_mcp.domain.place import MinuteWindow
from tripsage_mcp.planning.check_ways import idle_minutes
from tripsage_mcp.planning.reading import (
    FLIGHTS,
    PLACE_KINDS,
    PLANNED_KINDS,
    Entry,
    Reading,
    clock,
    minutes_of,
    utc,
    wall,
)

_MEAL_MINUTES = 90
"""A meal is missed only on a day that has this much of its window free at a stretch."""
_ODD_MINUTES = 60
"""Meals may begin this much before their usual time, or end so much after it."""
_MEAL_TIMES: tuple[tuple[str, MinuteWindow], ...] = (("lunch", LUNCH), ("dinner", DINNER))
_LEAST_REST = 15
_AFTERNOON: MinuteWindow = (12 * 60, 18 * 60)


def duplicates(reading: Reading) -> Iterator[Finding]:
    """Find places planned more than once."""
    seen: dict[str, date] = {}
    nameless: dict[str, date] = {}
    # A course of three mornings was meant to be there three times.
    promised = {(kept.name.casefold(), utc(kept.starts)) for kept in reading.itinerary.commitments}
    listed = [e for e in reading.entries if e.item.kind in PLANNED_KINDS and not e.is_anywhere]
    kept = [e for e in listed if (e.item.name.casefold(), e.starts) in promised]
    for entry in kept:
        name = entry.item.name.casefold()
        if entry.item.place_id is None:
            nameless.setdefault(name, entry.day.date)
        for key in {name, entry.item.place_id or name}:
            seen.setdefault(key, entry.day.date)
    for entry in listed:
        item = entry.item
        if entry in kept:
            continue
        # Two branches of a chain share a name; only without an id it has to tell the place.
        name = item.name.casefold()
        before = seen.get(name) if item.place_id is None else seen.get(item.place_id)
        before = before or nameless.get(name)
        if before is not None:
            yield Finding(
                "duplicate_place",
                "warning",
                f"{item.name} is already planned on {before}.",
                entry.day.date,
                (item.name,),
                "Drop one of the two.",
                Repair("drop", item.name, item.item_id),
            )
        if item.place_id is None:
            nameless.setdefault(name, entry.day.date)
        for key in {name, item.place_id or name}:
            seen.setdefault(key, entry.day.date)


def meals(reading: Reading) -> Iterator[Finding]:
    """Find days on which nobody gets to eat, and meals at odd times."""
    for day, entries in reading.days:
        yield from _odd_meals(reading, day, entries)
        if not any(entry.item.kind in PLACE_KINDS for entry in entries):
            continue
        from_, until = _presence(entries)
        wanted = _hours_out(reading, day, entries[-1])
        from_, until = [*from_, *wanted[0]], [*until, *wanted[1]]
        for meal, (opens, closes) in _MEAL_TIMES:
            first = max([utc(at_wall_minute(day.date, opens, reading.zone)), *from_])
            last = min([utc(at_wall_minute(day.date, closes, reading.zone)), *until])
            free = _longest_free(first, last, entries)
            if free >= _MEAL_MINUTES and all(e.item.kind != meal for e in entries):
                yield Finding(
                    "meal_missing",
                    "warning",
                    f"No {meal} is planned between {wall(opens)} and {wall(closes)}.",
                    day.date,
                    suggestion=f"Keep an hour free for {meal}.",
                    repair=Repair("add", meal, None, day.date, first.astimezone(reading.zone)),
                )


def _hours_out(
    reading: Reading, day: ItineraryDay, last: Entry
) -> tuple[list[datetime], list[datetime]]:
    """Return moments before, and after, which the traveller is at the stay, and eats there."""
    start, end = (
        [] if minute is None else [utc(at_wall_minute(day.date, minute, reading.zone))]
        for minute in (reading.itinerary.day_start, reading.itinerary.day_end)
    )
    back = reading.way_back(day, last)
    return start, [home - timedelta(minutes=0 if back is None else back.minutes) for home in end]


def _longest_free(first: datetime, last: datetime, entries: tuple[Entry, ...]) -> int:
    """Return the longest stretch, in minutes, that no commitment takes."""
    longest, at = 0, first
    for entry in entries:
        if entry.item.kind == "commitment" and entry.ends > at and entry.starts < last:
            longest = max(longest, minutes_of(at, entry.starts))
            at = entry.ends
    return max(longest, minutes_of(at, last))


def _presence(entries: tuple[Entry, ...]) -> tuple[list[datetime], list[datetime]]:
    """Return moments before which, and after which, flights and bags leave no time to eat."""
    kinds = [entry.item.kind for entry in entries]
    bags = {"stay", "check_in", "check_out"}
    from_: list[datetime] = []
    until: list[datetime] = []
    if "arrival" in kinds:
        after = entries[kinds.index("arrival") :]
        from_ = [e.ends for e in after if e.item.kind in {"arrival", *bags}]
    if "departure" in kinds:
        before = entries[: kinds.index("departure") + 1]
        until = [e.starts for e in before if e.item.kind in {"departure", *bags}]
    if from_ and until:
        # The one call at the stay between two flights is for both; let the flights alone decide.
        from_, until = from_[:1], until[-1:]
    return from_, until


def _odd_meals(
    reading: Reading, day: ItineraryDay, entries: tuple[Entry, ...]
) -> Iterator[Finding]:
    for entry in entries:
        for meal, (opens, closes) in _MEAL_TIMES:
            if entry.item.kind != meal:
                continue
            first = utc(at_wall_minute(day.date, opens - _ODD_MINUTES, reading.zone))
            last = utc(at_wall_minute(day.date, closes + _ODD_MINUTES, reading.zone))
            if entry.starts < first or entry.ends > last:
                yield Finding(
                    "meal_at_odd_time",
                    "warning",
                    f"{meal.title()} at {entry.item.name} is {clock(entry.item.starts)}-"
                    f"{clock(entry.item.ends)}; people eat between {wall(opens)} and "
                    f"{wall(closes)}.",
                    day.date,
                    (entry.item.name,),
                    f"Move it to between {wall(opens)} and {wall(closes)}.",
                    Repair(
                        "move",
                        entry.item.name,
                        entry.item.item_id,
                        day.date,
                        at_wall_minute(day.date, opens, reading.zone),
                    ),
                )


def wishes(reading: Reading) -> Iterator[Finding]:
    """Find must-sees that are not in the plan, and what must not be in it and is."""
    itinerary = reading.itinerary
    planned = {e.item.name.casefold() for e in reading.entries if e.item.kind in PLANNED_KINDS}
    planned |= {
        place.name.casefold()
        for e in reading.entries
        if (place := reading.place(e.item)) is not None
    }
    for name in itinerary.must_see:
        if name.casefold() not in planned:
            why = next((f" ({x.reason})" for x in itinerary.left_out if x.name == name), "")
            yield Finding(
                "must_see_missing",
                "warning",
                f"{name} must be seen but is not in the plan{why}.",
                None,
                (name,),
                "Add a day, drop something else, or let it go.",
                Repair("add", name),
            )
    unwanted = {name.casefold() for name in itinerary.must_not}
    for entry in reading.entries:
        item, place = entry.item, reading.place(entry.item)
        names = {
            item.name.casefold(),
            item.name.casefold() if place is None else place.name.casefold(),
        }
        if item.kind in PLANNED_KINDS and names & unwanted:
            yield Finding(
                "must_not_present",
                "blocker",
                f"{item.name} is planned though the traveller does not want to go there.",
                entry.day.date,
                (item.name,),
                "Drop it.",
                Repair("drop", item.name, item.item_id),
            )


def pace(reading: Reading) -> Iterator[Finding]:
    """Find days with more sights than the pace holds."""
    most = SIGHTS_PER_DAY[reading.itinerary.pace]
    for day, entries in reading.days:
        sights = [entry for entry in entries if entry.item.kind == "visit"]
        if len(sights) > most:
            free = next((e.item for e in reversed(sights) if not e.item.locked), sights[-1].item)
            yield Finding(
                "too_many_sights",
                "warning",
                f"{len(sights)} sights in one day; a {reading.itinerary.pace} pace holds {most}.",
                day.date,
                tuple(entry.item.name for entry in sights),
                "Move some to another day.",
                Repair("move", free.name, free.item_id),
            )


def rest(reading: Reading) -> Iterator[Finding]:
    """Find whole days without the rest that was asked for."""
    wanted = reading.itinerary.rest_minutes
    if not wanted:
        return
    for day, entries in reading.days:
        if any(entry.item.kind in FLIGHTS for entry in entries):
            continue
        if not any(entry.item.kind in PLANNED_KINDS for entry in entries):
            continue
        rests = sum(entry.minutes for entry in entries if entry.item.kind in {"rest", "stay"})
        gaps = [idle_minutes(entry, reading) for entry in entries]
        rests += sum(gap for gap in gaps if gap >= _LEAST_REST)
        rests += _at_the_stay(reading, day, entries)
        if rests < wanted:
            yield Finding(
                "too_little_rest",
                "warning",
                f"{rests} min of rest on {day.date}; {wanted} are wanted.",
                day.date,
                suggestion=f"Add {wanted - rests} min of rest.",
                repair=Repair("add", "Rest", None, day.date),
            )


def _at_the_stay(reading: Reading, day: ItineraryDay, entries: tuple[Entry, ...]) -> int:
    """Return how much of an afternoon is spent at the stay before, and after, all that is planned.

    A late breakfast or an early night is no rest from a day out.
    """
    noon, evening = (utc(at_wall_minute(day.date, m, reading.zone)) for m in _AFTERNOON)
    out = reading.way_to(entries[0]) or entries[0].item.leg
    back = reading.way_back(day, entries[-1])
    leaves = entries[0].starts - timedelta(minutes=0 if out is None else out.minutes)
    returns = entries[-1].ends + timedelta(minutes=0 if back is None else back.minutes)
    stays = (minutes_of(noon, min(leaves, evening)), minutes_of(max(returns, noon), evening))
    return sum(stay for stay in stays if stay >= _LEAST_REST)


def naps(reading: Reading) -> Iterator[Finding]:
    """Find days that leave a child no time to sleep."""
    if "naps" not in reading.itinerary.needs:
        return
    for day, entries in reading.days:
        if not any(entry.item.kind in PLANNED_KINDS for entry in entries):
            continue
        first, last = (utc(at_wall_minute(day.date, m, reading.zone)) for m in NAP)
        from_, until = _presence(entries)
        first, last = max([first, *from_]), min([last, *until])
        if minutes_of(first, last) < NAP_MINUTES:
            continue
        longest = _longest_quiet(reading, entries, first, last)
        if longest < NAP_MINUTES:
            yield Finding(
                "no_nap",
                "warning",
                f"The longest pause between {wall(NAP[0])} and {wall(NAP[1])} is {longest} min; a "
                f"nap takes {NAP_MINUTES}.",
                day.date,
                suggestion=f"Keep {NAP_MINUTES} min free then, best at the stay.",
                repair=Repair("add", "Nap", None, day.date),
            )


def _longest_quiet(
    reading: Reading, entries: tuple[Entry, ...], first: datetime, last: datetime
) -> int:
    """Return the longest pause within a window, net of ways."""
    longest, at = 0, first
    for entry in entries:
        if entry.item.kind in {"rest", "stay"}:
            # Rest goes on from a pause before it into one after it.
            continue
        way = reading.way_to(entry) or entry.item.leg
        leaves = entry.starts - timedelta(minutes=0 if way is None else way.minutes)
        longest = max(longest, minutes_of(at, min(leaves, last)))
        at = max(at, entry.ends)
    return max(longest, minutes_of(at, last))
