"""The part of the check about what was asked for: promises kept, and wishes that contradict."""

from collections.abc import Iterator
from itertools import combinations

from tripsage_mcp.domain.itinerary import (
    SIGHTS_PER_DAY,
    Commitment,
    Finding,
    ItineraryItem,
    Repair,
)
from tripsage_mcp.domain.place import Place
from tripsage_mcp.planning.check_places import is_open_on
from tripsage_mcp.planning.reading import PLANNED_KINDS, Reading, clock, utc, wall

_BEDS = frozenset({"check_in", "check_out"})


def commitments(reading: Reading) -> Iterator[Finding]:
    """Find promises that the plan moved or forgot."""
    for kept in reading.itinerary.commitments:
        found = [e.item for e in reading.entries if _keeps(e.item, kept)]
        if not found:
            yield Finding(
                "commitment_missing",
                "blocker",
                f"{kept.name} on {_when(kept)} is not in the plan.",
                kept.starts.date(),
                (kept.name,),
                "Put it back.",
                Repair("add", kept.name, None, kept.starts.date(), kept.starts),
            )
            continue
        if any(_on_time(item, kept) for item in found):
            continue
        item = found[0]
        yield Finding(
            "commitment_moved",
            "blocker",
            f"{kept.name} is planned for {item.starts.date()} {clock(item.starts)}-"
            f"{clock(item.ends)}, but fixed for {_when(kept)}.",
            item.starts.date(),
            (item.name,),
            "Move it back.",
            Repair("move", item.name, item.item_id, kept.starts.date(), kept.starts),
        )


def _keeps(item: ItineraryItem, kept: Commitment) -> bool:
    """Tell whether an item is meant to keep a commitment."""
    if item.kind != kept.kind and not {item.kind, kept.kind} <= PLANNED_KINDS:
        return False
    if kept.place_id is not None and item.place_id is not None:
        return item.place_id == kept.place_id
    return item.name.casefold() == kept.name.casefold()


def _on_time(item: ItineraryItem, kept: Commitment) -> bool:
    """Tell whether an item is when it was promised; of a flight only landing or take-off count."""
    if kept.kind == "arrival":
        return utc(item.starts) == utc(kept.starts)
    if kept.kind == "departure":
        return utc(item.ends) == utc(kept.ends)
    return utc(item.starts) == utc(kept.starts) and utc(item.ends) == utc(kept.ends)


def _when(kept: Commitment) -> str:
    return f"{kept.starts.date()} {clock(kept.starts)}-{clock(kept.ends)}"


def contradictions(reading: Reading) -> Iterator[Finding]:
    """Find wishes that no plan could fulfil together."""
    yield from _hours(reading)
    yield from _names(reading)
    yield from _promises(reading)
    yield from _never_open(reading)
    yield from _too_many(reading)


def _hours(reading: Reading) -> Iterator[Finding]:
    start, end = reading.itinerary.day_start, reading.itinerary.day_end
    if start is not None and end is not None and end <= start:
        yield Finding(
            "day_ends_before_it_starts",
            "blocker",
            f"The days start at {wall(start)} and end at {wall(end)}.",
            suggestion="Set day_end after day_start.",
        )


def _names(reading: Reading) -> Iterator[Finding]:
    unwanted = {name.casefold() for name in reading.itinerary.must_not}
    for name in reading.itinerary.must_see:
        if name.casefold() in unwanted:
            yield Finding(
                "wanted_and_unwanted",
                "blocker",
                f"{name} is in must_see and in must_not.",
                items=(name,),
                suggestion="Take it out of one of the two.",
            )
    for kept in reading.itinerary.commitments:
        if kept.name.casefold() in unwanted:
            yield Finding(
                "wanted_and_unwanted",
                "blocker",
                f"{kept.name} is a commitment and in must_not.",
                kept.starts.date(),
                (kept.name,),
                "Cancel it, or take it out of must_not.",
            )


def _promises(reading: Reading) -> Iterator[Finding]:
    promised = reading.itinerary.commitments
    for one, other in combinations(sorted(promised, key=lambda kept: utc(kept.starts)), 2):
        # Checking in may be part of a longer call, and is over in minutes.
        if _BEDS & {one.kind, other.kind}:
            continue
        if utc(other.starts) < utc(one.ends):
            yield Finding(
                "commitments_overlap",
                "blocker",
                f"{one.name} ({_when(one)}) and {other.name} ({_when(other)}) are both fixed.",
                other.starts.date(),
                (one.name, other.name),
                "Change one of the two.",
            )
    days = [day.date for day in reading.itinerary.days]
    for kept in promised if days else ():
        first, last = reading.facts.first or days[0], reading.facts.last or days[-1]
        if not first <= kept.starts.astimezone(reading.zone).date() <= last:
            yield Finding(
                "commitment_outside_trip",
                "blocker",
                f"{kept.name} is on {_when(kept)}; the trip lasts from {first} to {last}.",
                kept.starts.date(),
                (kept.name,),
                "Change the dates of the trip.",
            )


def _too_many(reading: Reading) -> Iterator[Finding]:
    """Find more must-sees than the pace holds."""
    itinerary = reading.itinerary
    most = SIGHTS_PER_DAY[itinerary.pace] * len(itinerary.days)
    if 0 < most < len(itinerary.must_see):
        yield Finding(
            "too_many_must_sees",
            "warning",
            f"{len(itinerary.must_see)} places must be seen; {len(itinerary.days)} days at a "
            f"{itinerary.pace} pace hold {most}.",
            items=itinerary.must_see,
            suggestion="Add a day, quicken the pace, or let some go.",
        )


def _never_open(reading: Reading) -> Iterator[Finding]:
    """Find must-sees that are closed on every day of the trip."""
    days = [day.date for day in reading.itinerary.days]
    known: dict[str, Place] = {p.name.casefold(): p for p in reading.facts.places.values()}
    for name in reading.itinerary.must_see:
        place = known.get(name.casefold())
        hours = None if place is None else place.opening_hours
        if place is None or hours is None:
            continue
        if place.permanently_closed or not any(is_open_on(hours, day) for day in days):
            yield Finding(
                "must_see_closed",
                "warning",
                f"{name} must be seen but is closed on all {len(days)} days.",
                items=(name,),
                suggestion="Change the dates, or let it go.",
                repair=Repair("drop", name),
            )
