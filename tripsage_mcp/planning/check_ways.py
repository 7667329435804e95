"""The part of the check about getting from one thing to the next, and how far that is on foot."""

from collections.abc import Iterator
from datetime import timedelta

from tripsage_mcp.domain.geo import great_circle_km
from tripsage_mcp.domain.itinerary import Finding, Leg, Repair, Severity, walk_minutes
from tripsage_mcp.planning.reading import (
    FLIGHTS,
    MEALS,
    PLACE_KINDS,
    Entry,
    Reading,
    clock,
    minutes_of,
)

_FASTEST_KM_PER_HOUR = 130
_FAR_MEAL_MINUTES = 60


def ways(reading: Reading) -> Iterator[Finding]:
    """Find gaps too short for the way there."""
    for entry in reading.entries:
        # What comes before a landing is a flight, and the airline's business.
        if entry.item.kind == "arrival":
            continue
        if entry.before is not None:
            yield from _way(reading, entry, entry.before)
        elif _is_known_start(reading, entry) and reading.way_to(entry) is None:
            yield _unknown("the stay", entry, None)


def _is_known_start(reading: Reading, entry: Entry) -> bool:
    """Tell whether the day is said to begin at the stay at a certain time."""
    itinerary = reading.itinerary
    return (
        itinerary.stay is not None
        and itinerary.day_start is not None
        and entry.item.kind in PLACE_KINDS
    )


def _way(reading: Reading, entry: Entry, before: Entry) -> Iterator[Finding]:
    room, leg, said = entry.gap, reading.way_to(entry), entry.item.leg
    if leg is None:
        yield _unknown(before.item.name, entry, room)
        return
    if not 0 <= room < leg.minutes:
        return
    if said is not None and said.mode in {"drive", "bicycle"} and leg.mode != said.mode:
        yield from _other_mode(entry, before, leg, said)
        return
    about = "about " if leg.estimated else ""
    # A guess may be wrong by a third, hardly by half.
    certain = not leg.estimated or 2 * room < leg.minutes
    takes = f"{about}{leg.minutes} min ({leg.mode})"
    yield _too_short(entry, before, (takes, leg.minutes), "blocker" if certain else "warning")


def _other_mode(entry: Entry, before: Entry, known: Leg, said: Leg) -> Iterator[Finding]:
    """Judge a way by car or bicycle where only another one is known."""
    room = entry.gap
    least = said.minutes
    if before.at is not None and entry.at is not None:
        km = great_circle_km(before.at, entry.at)
        least = max(least, int(km / _FASTEST_KM_PER_HOUR * 60))
    if room < least:
        yield _too_short(entry, before, (f"{least} min ({said.mode})", least), "blocker")
        return
    yield Finding(
        "travel_unknown",
        "unchecked",
        f"{before.item.name} to {entry.item.name} is written as {said.minutes} min ({said.mode}), "
        f"which could not be checked; it takes {known.minutes} min ({known.mode}) and the plan "
        f"leaves {room} min.",
        entry.day.date,
        (before.item.name, entry.item.name),
        f"Ask for the travel time by {said.mode}.",
    )


def _too_short(entry: Entry, before: Entry, takes: tuple[str, int], severity: Severity) -> Finding:
    words, minutes = takes
    more = minutes - entry.gap
    return Finding(
        "travel_too_short",
        severity,
        f"{before.item.name} to {entry.item.name} takes {words}; the plan leaves "
        f"{entry.gap} min from {clock(before.item.ends)}.",
        entry.day.date,
        (before.item.name, entry.item.name),
        f"Start {entry.item.name} {more} min later, or leave earlier.",
        _later(entry, before, more),
    )


def _later(entry: Entry, before: Entry, minutes: int) -> Repair:
    if entry.item.locked or entry.item.kind in {"departure", "commitment"}:
        return Repair("move", before.item.name, before.item.item_id, before.day.date)
    starts = (entry.starts + timedelta(minutes=minutes)).astimezone(entry.item.starts.tzinfo)
    return Repair("move", entry.item.name, entry.item.item_id, entry.day.date, starts)


def _unknown(origin: str, entry: Entry, room: int | None) -> Finding:
    leaves = "" if room is None else f"; the plan leaves {max(room, 0)} min"
    return Finding(
        "travel_unknown",
        "unchecked",
        f"How long it takes from {origin} to {entry.item.name} is not known{leaves}.",
        entry.day.date,
        (origin, entry.item.name),
        "Give place ids for both, or ask for the travel time.",
    )


def guessed_ways(reading: Reading) -> Iterator[Finding]:
    """Say how many travel times are guesses."""
    legs = [entry.item.leg for entry in reading.entries if entry.item.leg is not None]
    guessed = sum(leg.estimated for leg in legs)
    if guessed:
        yield Finding(
            "travel_estimated",
            "unchecked",
            f"{guessed} of {len(legs)} travel times are estimated from the distance, not routed.",
            suggestion="Ask for the travel times before relying on a tight connection.",
        )


def walking(reading: Reading) -> Iterator[Finding]:
    """Find days with more walking than the pace, or the party, holds."""
    itinerary = reading.itinerary
    most = walk_minutes(itinerary.pace, itinerary.needs)
    whose = "low walking" if "low_walking" in itinerary.needs else f"a {itinerary.pace} pace"
    for day, entries in reading.days:
        legs = [
            0 if entry.item.kind == "arrival" else _on_foot(reading.way_to(entry), entry.item.leg)
            for entry in entries
        ]
        if entries:
            last = entries[-1]
            # Whoever flies that day does not come back.
            gone = last.item.kind in FLIGHTS
            known = None if gone else reading.way(last.at, reading.bed_after(day))
            legs.append(_on_foot(known, day.back))
        walked = sum(legs)
        if walked > most:
            longest = max(zip(legs, entries, strict=False), key=lambda pair: pair[0])[1]
            yield Finding(
                "too_much_walking",
                "warning",
                f"{walked} min on foot between places; {whose} holds {most}.",
                day.date,
                suggestion="Take public transport for the longest way, or drop "
                f"{longest.item.name}.",
                repair=Repair("drop", longest.item.name, longest.item.item_id),
            )


def _on_foot(known: Leg | None, said: Leg | None) -> int:
    """Return the minutes on foot of a way, as written or as known, whichever is more."""
    modes = [leg for leg in (said, known) if leg is not None]
    if not modes or modes[0].mode != "walk":
        return 0
    return max(leg.minutes for leg in modes if leg.mode == "walk")


def far_meals(reading: Reading) -> Iterator[Finding]:
    """Find meals for which the traveller crosses the town and comes back."""
    for before, meal, after in zip(
        reading.entries, reading.entries[1:], reading.entries[2:], strict=False
    ):
        if meal.item.kind not in MEALS or meal.before is not before or after.before is not meal:
            continue
        there, on = reading.way_to(meal), reading.way_to(after)
        straight = reading.way(before.at, after.at)
        if there is None or on is None or straight is None:
            continue
        detour = there.minutes + on.minutes - straight.minutes
        if detour > _FAR_MEAL_MINUTES:
            yield Finding(
                "meal_far_away",
                "warning",
                f"{meal.item.name} is a detour of {detour} min between {before.item.name} and "
                f"{after.item.name}.",
                meal.day.date,
                (before.item.name, meal.item.name, after.item.name),
                f"Eat near {before.item.name} or {after.item.name}.",
                Repair("replace", meal.item.name, meal.item.item_id, meal.day.date),
            )


def idle_minutes(entry: Entry, reading: Reading) -> int:
    """Return how much of the gap before an entry is left after the way there."""
    way = reading.way_to(entry) or entry.item.leg
    if entry.before is None:
        return 0
    return max(0, minutes_of(entry.before.ends, entry.starts) - (0 if way is None else way.minutes))
