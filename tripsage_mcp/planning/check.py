"""Reads an itinerary with fresh eyes: knows the rules and the facts, nothing of the solver.

It works on moments, not on minutes of a day, so that clocks that change, visits past midnight and
flights by night need no special case. What the facts do not cover becomes `unchecked`, never fine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    DOMESTIC_EXIT_MINUTES,
    DOMESTIC_LEAD_MINUTES,
    INTERNATIONAL_EXIT_MINUTES,
    INTERNATIONAL_LEAD_MINUTES,
    Finding,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    at_wall_minute,
)
from tripsage_mcp.domain.place import OpeningHours
from tripsage_mcp.planning.habits import duplicates, meals, must_sees, pace
from tripsage_mcp.planning.reading import (
    PLACE_KINDS,
    clock,
    items_of,
    minutes_between,
    span,
    utc,
    wall,
)

_NIGHT_ENDS_HOUR = 6


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the places of one itinerary.

    Attributes:
        hours: By place id; a missing id means that nobody knows the hours.
        hours_unknown: Why not, by place id or else by name, where there is more to say than that.
        closed_for_good: Ids of places that no longer exist.
        travel: Between the coordinates of items; a missing pair means that nobody knows.
        day_start: Wall-clock minute before which nobody leaves the stay, for the first leg of a
            day; None when only the gaps between items are to be judged.
        first: First day of the trip; None for the first day of the itinerary.
        last: Last day of the trip; None for the last day of the itinerary.
    """

    hours: Mapping[str, OpeningHours] = field(default_factory=dict[str, OpeningHours])
    hours_unknown: Mapping[str, str] = field(default_factory=dict[str, str])
    closed_for_good: frozenset[str] = frozenset()
    travel: Mapping[tuple[Coordinates, Coordinates], Leg] = field(
        default_factory=dict[tuple[Coordinates, Coordinates], Leg]
    )
    day_start: int | None = None
    first: date | None = None
    last: date | None = None


def check(itinerary: Itinerary, facts: Facts) -> tuple[Finding, ...]:
    """Return everything wrong with an itinerary, in the order of its days.

    Args:
        itinerary: Any plan, ours or a person's.
        facts: What is known about its places and the ways between them.
    """
    zone = ZoneInfo(itinerary.time_zone)
    return tuple(
        finding
        for findings in (
            _calendar(itinerary, facts, zone),
            _order(itinerary),
            _flights(itinerary),
            _places(itinerary, facts, zone),
            _ways(itinerary, facts, zone),
            _guessed_ways(itinerary),
            duplicates(itinerary),
            meals(itinerary, zone),
            must_sees(itinerary),
            pace(itinerary),
        )
        for finding in findings
    )


def _calendar(itinerary: Itinerary, facts: Facts, zone: tzinfo) -> Iterator[Finding]:
    if not itinerary.days:
        return
    first = facts.first or itinerary.days[0].date
    last = facts.last or itinerary.days[-1].date
    for earlier, later in pairwise(itinerary.days):
        if later.date <= earlier.date:
            yield Finding(
                "days_out_of_order",
                "blocker",
                f"{later.date} comes after {earlier.date} in the list.",
                later.date,
                suggestion="List every date once, earliest first.",
            )
    for day in itinerary.days:
        if not first <= day.date <= last:
            yield Finding(
                "outside_trip",
                "blocker",
                f"{day.date} is not between {first} and {last}.",
                day.date,
                suggestion="Move the day into the trip or change the trip's dates.",
            )
        for item in day.items:
            yield from _belongs_to(day, item, zone)


def _belongs_to(day: ItineraryDay, item: ItineraryItem, zone: tzinfo) -> Iterator[Finding]:
    starts, ends = item.starts.astimezone(zone), item.ends.astimezone(zone)
    next_day = day.date + timedelta(days=1)
    at_night = starts.date() == next_day and starts.hour < _NIGHT_ENDS_HOUR
    if starts.date() != day.date and not at_night:
        yield Finding(
            "wrong_day",
            "blocker",
            f"{item.name} starts on {starts.date()} but is listed under {day.date}.",
            day.date,
            (item.name,),
            "List it under the day it starts on.",
        )
    elif item.kind in PLACE_KINDS and ends.date() > day.date and clock(ends) != "00:00":
        yield Finding(
            "past_midnight",
            "warning",
            f"{item.name} ends at {clock(ends)} on the next day.",
            day.date,
            (item.name,),
            "Make sure that this is wanted.",
        )


def _order(itinerary: Itinerary) -> Iterator[Finding]:
    for day, item in items_of(itinerary):
        if utc(item.ends) <= utc(item.starts):
            yield Finding(
                "ends_before_start",
                "blocker",
                f"{item.name} ends at {clock(item.ends)}, not after its start at "
                f"{clock(item.starts)}.",
                day.date,
                (item.name,),
            )
    for (_, before), (day, after) in pairwise(items_of(itinerary)):
        if utc(after.starts) < utc(before.starts):
            code, what = "out_of_order", "is listed after"
        elif utc(after.starts) < utc(before.ends):
            code, what = "overlap", "starts before the end of"
        else:
            continue
        yield Finding(
            code,
            "blocker",
            f"{after.name} ({span(after)}) {what} {before.name} ({span(before)}).",
            day.date,
            (before.name, after.name),
            "Move one of them.",
        )


def _flights(itinerary: Itinerary) -> Iterator[Finding]:
    items = list(items_of(itinerary))
    for day, flight in items:
        if flight.kind == "arrival":
            needed = DOMESTIC_EXIT_MINUTES if flight.domestic else INTERNATIONAL_EXIT_MINUTES
            what = "to leave the airport after landing"
            wrong = [i for _, i in items if utc(i.starts) < utc(flight.starts)]
            code, when = "before_arrival", "before the traveller lands"
        elif flight.kind == "departure":
            needed = DOMESTIC_LEAD_MINUTES if flight.domestic else INTERNATIONAL_LEAD_MINUTES
            what = "at the airport before take-off"
            wrong = [i for _, i in items if utc(i.ends) > utc(flight.ends)]
            code, when = "after_departure", "after the traveller has left"
        else:
            continue
        has = minutes_between(flight.starts, flight.ends)
        if has < needed:
            yield Finding(
                "flight_margin",
                "blocker",
                f"{flight.name} leaves {has} min {what}; {needed} are needed.",
                day.date,
                (flight.name,),
                f"Plan {needed} min.",
            )
        for item in wrong:
            yield Finding(
                code,
                "blocker",
                f"{item.name} ({span(item)}) is {when}.",
                day.date,
                (flight.name, item.name),
                "Drop it, or change the flight.",
            )


def _places(itinerary: Itinerary, facts: Facts, zone: tzinfo) -> Iterator[Finding]:
    for day, item in items_of(itinerary):
        if item.kind not in PLACE_KINDS:
            continue
        if item.place_id is None:
            why = facts.hours_unknown.get(item.name, "it has no place_id")
        elif item.place_id in facts.closed_for_good:
            yield Finding(
                "closed_for_good",
                "blocker",
                f"{item.name} no longer exists.",
                day.date,
                (item.name,),
                "Choose another place.",
            )
            continue
        elif item.place_id not in facts.hours:
            why = facts.hours_unknown.get(item.place_id, "the source does not know them")
        else:
            yield from _hours(day, item, facts.hours[item.place_id], zone)
            continue
        yield Finding(
            "hours_unknown",
            "unchecked",
            f"The opening hours of {item.name} could not be checked: {why}.",
            day.date,
            (item.name,),
            "Look at the place's own page before going.",
        )


def _hours(
    day: ItineraryDay, item: ItineraryItem, hours: OpeningHours, zone: tzinfo
) -> Iterator[Finding]:
    local = item.starts.astimezone(zone).date()
    starts, ends = utc(item.starts), utc(item.ends)
    if any(opens <= starts and ends <= closes for opens, closes in _open_spans(hours, local, zone)):
        return
    windows = hours.on(local)
    known = ", ".join(f"{wall(o)}-{wall(c)}" for o, c in windows)
    weekday = f"{local:%A}"
    yield Finding(
        "closed",
        "blocker",
        f"{item.name} is planned for {span(item)} but "
        + (f"opens {known} that {weekday}." if known else f"is closed that {weekday}."),
        day.date,
        (item.name,),
        "Move the visit into the opening hours, or to another day.",
    )


def _open_spans(hours: OpeningHours, around: date, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """Return when a place is open from the day before to the day after, joined where they touch."""
    spans = sorted(
        (utc(at_wall_minute(day, opens, zone)), utc(at_wall_minute(day, closes, zone)))
        for day in (around + timedelta(days=n) for n in (-1, 0, 1))
        for opens, closes in hours.on(day)
    )
    joined: list[tuple[datetime, datetime]] = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _ways(itinerary: Itinerary, facts: Facts, zone: tzinfo) -> Iterator[Finding]:
    for day in itinerary.days:
        previous: ItineraryItem | None = None
        for item in day.items:
            if previous is not None:
                room = minutes_between(previous.ends, item.starts)
                yield from _way(
                    facts, day, item, room, (previous.name, previous.coordinates, previous.ends)
                )
            elif (
                facts.day_start is not None
                and itinerary.stay is not None
                and item.kind in PLACE_KINDS
            ):
                leaves = at_wall_minute(day.date, facts.day_start, zone)
                room = minutes_between(leaves, item.starts)
                yield from _way(facts, day, item, room, ("the stay", itinerary.stay, leaves))
            previous = item


def _guessed_ways(itinerary: Itinerary) -> Iterator[Finding]:
    legs = [item.leg for _, item in items_of(itinerary) if item.leg is not None]
    guessed = sum(leg.estimated for leg in legs)
    if guessed:
        yield Finding(
            "travel_estimated",
            "unchecked",
            f"{guessed} of {len(legs)} travel times are estimated from the distance, not routed.",
            suggestion="Ask for the travel times before relying on a tight connection.",
        )


def _way(
    facts: Facts,
    day: ItineraryDay,
    item: ItineraryItem,
    room: int,
    origin: tuple[str, Coordinates | None, datetime],
) -> Iterator[Finding]:
    name, start, leaves = origin
    if start is not None and start == item.coordinates:
        return
    leg = None
    if start is not None and item.coordinates is not None:
        leg = facts.travel.get((start, item.coordinates))
    if leg is None:
        yield Finding(
            "travel_unknown",
            "unchecked",
            f"How long it takes from {name} to {item.name} is not known; the plan leaves "
            f"{max(room, 0)} min.",
            day.date,
            (name, item.name),
            "Give place ids for both, or ask for the travel time.",
        )
    elif 0 <= room < leg.minutes:
        about = "about " if leg.estimated else ""
        # A guess may be wrong by a third, hardly by half.
        certain = not leg.estimated or 2 * room < leg.minutes
        yield Finding(
            "travel_too_short",
            "blocker" if certain else "warning",
            f"{name} to {item.name} takes {about}{leg.minutes} min ({leg.mode}); the plan leaves "
            f"{room} min from {clock(leaves)}.",
            day.date,
            (name, item.name),
            f"Start {item.name} {leg.minutes - room} min later, or leave earlier.",
        )
