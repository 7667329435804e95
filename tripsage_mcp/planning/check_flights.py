"""The part of the check about flights, beds and bags."""

from collections.abc import Iterator, Sequence

from tripsage_mcp.domain.itinerary import (
    DOMESTIC_EXIT_MINUTES,
    DOMESTIC_LEAD_MINUTES,
    INTERNATIONAL_EXIT_MINUTES,
    INTERNATIONAL_LEAD_MINUTES,
    Finding,
    ItineraryItem,
    Repair,
    at_wall_minute,
)
from tripsage_mcp.planning.check_facts import Facts
from tripsage_mcp.planning.reading import FLIGHTS, Entry, Reading, clock, span, utc, wall

_BAG_KINDS = frozenset({"arrival", "departure", "stay", "check_in", "check_out"})


def flights(reading: Reading) -> Iterator[Finding]:
    """Find too little time at airports, and what is planned while the traveller is elsewhere."""
    taken = sorted(
        (e for e in reading.entries if e.item.kind in FLIGHTS), key=lambda entry: entry.starts
    )
    for entry in taken:
        yield from _margin(entry, reading.facts)
    for number, entry in enumerate(taken):
        if entry.item.kind == "arrival":
            # Before a landing the traveller is away since the take-off before it, if there is one.
            since = taken[number - 1] if number else None
            if since is None or since.item.kind == "departure":
                yield from _away(reading, since, entry)
        elif number == len(taken) - 1:
            yield from _away(reading, entry, None)


def _margin(entry: Entry, facts: Facts) -> Iterator[Finding]:
    flight = entry.item
    if flight.kind == "arrival":
        usual = DOMESTIC_EXIT_MINUTES if flight.domestic else INTERNATIONAL_EXIT_MINUTES
        needed = facts.exit_minutes.get(flight.airport or "", usual)
        what = "to leave the airport after landing"
    else:
        usual = DOMESTIC_LEAD_MINUTES if flight.domestic else INTERNATIONAL_LEAD_MINUTES
        needed = facts.lead_minutes.get(flight.airport or "", usual)
        what = "at the airport before take-off"
    if entry.minutes < needed:
        yield Finding(
            "flight_margin",
            "blocker",
            f"{flight.name} leaves {entry.minutes} min {what}; {needed} are needed.",
            entry.day.date,
            (flight.name,),
            f"Plan {needed} min.",
        )


def _away(reading: Reading, since: Entry | None, until: Entry | None) -> Iterator[Finding]:
    """Find what is planned between a take-off and the next landing, or after the last."""
    flight, code, when = until, "before_arrival", "before the traveller lands"
    if flight is None:
        flight, code, when = since, "after_departure", "after the traveller has left"
    if flight is None:
        return
    for entry in reading.entries:
        if entry is since or entry is until:
            continue
        gone = since is None or entry.ends > since.ends
        not_there = until is None or entry.starts < until.starts
        if not (gone and not_there):
            continue
        yield Finding(
            code,
            "blocker",
            f"{entry.item.name} ({span(entry.item)}) is {when}.",
            entry.day.date,
            (flight.item.name, entry.item.name),
            "Drop it, or change the flight.",
            Repair("drop", entry.item.name, entry.item.item_id),
        )


def bags(reading: Reading) -> Iterator[Finding]:
    """Find sights that bags would have to be carried to."""
    in_hand: ItineraryItem | None = None
    entries = reading.entries
    for number, entry in enumerate(entries):
        item = entry.item
        if entry.before is None:
            # A night has passed: they are wherever the traveller slept.
            in_hand = None
        if item.kind in _BAG_KINDS:
            in_hand = _after(item, in_hand, _next_bags(entries[number + 1 :]))
        elif item.kind == "visit" and in_hand is not None:
            yield Finding(
                "with_luggage",
                "warning",
                f"{item.name} ({span(item)}) comes after {in_hand.name} ({span(in_hand)}) with the "
                "bags still in hand.",
                entry.day.date,
                (in_hand.name, item.name),
                "Leave the bags at the stay first, or collect them afterwards.",
                Repair("add", "Drop bags at the stay", None, entry.day.date, in_hand.ends),
            )


def _next_bags(entries: Sequence[Entry]) -> str | None:
    """Return the next thing that is done with bags."""
    return next((e.item.kind for e in entries if e.item.kind in _BAG_KINDS), None)


def _after(
    item: ItineraryItem, in_hand: ItineraryItem | None, following: str | None
) -> ItineraryItem | None:
    """Return since what the bags are in hand, after a call that has to do with them."""
    if item.kind == "arrival":
        return item
    if item.kind in {"check_in", "departure"}:
        return None
    if item.kind == "check_out":
        # Who calls at the stay again has left the bags there.
        return None if following == "stay" else item
    # A call at the stay leaves bags there, or takes them along when what follows needs them.
    return item if in_hand is None and following in {"departure", "check_in"} else None


def beds(reading: Reading) -> Iterator[Finding]:
    """Find rooms moved into before they are ready, or left too late."""
    from_, until = reading.facts.check_in_from, reading.facts.check_out_until
    for entry in reading.entries:
        day, item = entry.day.date, entry.item
        if item.kind == "check_in" and from_ is not None:
            ready = utc(at_wall_minute(day, from_, reading.zone))
            if entry.starts < ready:
                yield Finding(
                    "early_check_in",
                    "warning",
                    f"{item.name} is at {clock(item.starts)}; rooms are ready from {wall(from_)}.",
                    day,
                    (item.name,),
                    f"Leave only the bags, and move in from {wall(from_)}.",
                    Repair("move", item.name, item.item_id, day, ready.astimezone(reading.zone)),
                )
        if item.kind == "check_out" and until is not None:
            latest = utc(at_wall_minute(day, until, reading.zone))
            if entry.ends > latest:
                yield Finding(
                    "late_check_out",
                    "warning",
                    f"{item.name} ends at {clock(item.ends)}; rooms must be left by {wall(until)}.",
                    day,
                    (item.name,),
                    f"Check out by {wall(until)}.",
                    Repair(
                        "move",
                        item.name,
                        item.item_id,
                        day,
                        (latest - (entry.ends - entry.starts)).astimezone(reading.zone),
                    ),
                )
