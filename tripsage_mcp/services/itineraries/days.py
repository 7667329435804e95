"""How a solved plan becomes the days of an itinerary."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from tripsage_mcp.domain.itinerary import ItineraryDay, ItineraryItem, at_elapsed_minute
from tripsage_mcp.planning.problem import Plan, Stop
from tripsage_mcp.services.itineraries.candidates import Found, indoor_of
from tripsage_mcp.services.itineraries.frame import Frame
from tripsage_mcp.services.itineraries.layout import PINNED
from tripsage_mcp.services.itineraries.travel import Ways


def days_of(
    plan: Plan,
    given: Frame,
    found: Mapping[str, Found],
    ways: Ways,
    resting: str | None = "Rest",
) -> tuple[ItineraryDay, ...]:
    """Write a plan and what is fixed down as days.

    Args:
        plan: The solver's.
        given: What is fixed.
        found: The places, by id.
        ways: Knows how to get from one to the next.
        resting: What a rest is called; None keeps days on which nothing but meals and rest is
            planned, which are else left empty.
    """
    days: list[ItineraryDay] = []
    for number, (day, stops) in enumerate(zip(given.dates, plan.days, strict=True)):
        modes = {stop.key: stop.mode for stop in stops}
        items = [
            (item, modes.get(f"{PINNED}{n}"))
            for n, item in enumerate(given.fixed)
            if item.starts.date() == day
        ]
        items += [
            (_item(stop, day, given, found, resting), stop.mode)
            for stop in stops
            if not stop.key.startswith(PINNED)
        ]
        if resting is not None and all(_is_pause(item) for item, _ in items):
            # Nobody needs a plan to have lunch at home.
            items = []
        items.sort(key=lambda pair: pair[0].starts.astimezone(UTC))
        back = plan.modes_back[number] if plan.modes_back else None
        days.append(_with_legs(day, items, given, ways, back))
    return tuple(days)


def _is_pause(item: ItineraryItem) -> bool:
    return item.place_id is None and item.kind in _PAUSES and not item.locked


_PAUSES: Collection[str] = frozenset({"lunch", "dinner", "rest"})


def _item(
    stop: Stop, day: date, given: Frame, found: Mapping[str, Found], resting: str | None
) -> ItineraryItem:
    starts = at_elapsed_minute(day, stop.start, given.zone)
    ends = at_elapsed_minute(day, stop.end, given.zone)
    if stop.anywhere:
        kind = stop.meal or "rest"
        return ItineraryItem(
            kind, (resting or "Rest") if kind == "rest" else kind.title(), starts, ends
        )
    place = found[stop.key].place
    return ItineraryItem(
        kind=stop.meal or "visit",
        name=place.name,
        starts=starts,
        ends=ends,
        place_id=place.place_id,
        coordinates=place.coordinates,
        hours_unverified=place.opening_hours is None,
        indoor=indoor_of(place),
    )


def _with_legs(
    day: date,
    items: Sequence[tuple[ItineraryItem, int | None]],
    given: Frame,
    ways: Ways,
    back_mode: int | None,
) -> ItineraryDay:
    at, near, done = given.bed_before(day), "the stay", list[ItineraryItem]()
    for item, mode in items:
        leg, named = item.leg, item
        if item.coordinates is None and item.name == item.kind.title() != "Rest":
            named = replace(item, name=f"{item.kind.title()} near {near}")
        if item.coordinates is not None and item.kind != "arrival":
            leg = leg or ways.leg(at, item.coordinates, ways.mode_name(mode))
            near = "the stay" if item.kind in _BEDS else item.name
        at = item.coordinates or at
        moved = leg is not None and leg.minutes > 0
        done.append(replace(named, leg=leg if moved else None))
    back = None
    if done and done[-1].kind not in {"departure", "arrival"}:
        back = ways.leg(at, given.bed_after(day), ways.mode_name(back_mode))
    return ItineraryDay(day, tuple(done), back if back is not None and back.minutes else None)


_BEDS: Collection[str] = frozenset({"stay", "check_in", "check_out"})


def wall_minute(moment: datetime) -> int:
    """Return the minute after midnight that a clock shows."""
    return moment.hour * 60 + moment.minute
