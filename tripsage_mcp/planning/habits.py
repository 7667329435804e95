"""The part of the check about comfort: nothing here makes a plan impossible."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo

from tripsage_mcp.domain.itinerary import (
    DINNER,
    LUNCH,
    SIGHTS_PER_DAY,
    WALK_MINUTES_PER_DAY,
    Finding,
    Itinerary,
    ItineraryDay,
    at_wall_minute,
)
from tripsage_mcp.domain.place import MinuteWindow
from tripsage_mcp.planning.reading import PLACE_KINDS, items_of, minutes_between, utc, wall

_MEAL_MINUTES = 90
"""A meal is missed only on a day that has this much of its window free."""


def duplicates(itinerary: Itinerary) -> Iterator[Finding]:
    """Find places planned more than once."""
    seen: dict[str, date] = {}
    for day, item in items_of(itinerary):
        if item.kind not in PLACE_KINDS:
            continue
        key = item.place_id or item.name.casefold()
        if key in seen:
            yield Finding(
                "duplicate_place",
                "warning",
                f"{item.name} is already planned on {seen[key]}.",
                day.date,
                (item.name,),
                "Drop one of the two.",
            )
        seen.setdefault(key, day.date)


def meals(itinerary: Itinerary, zone: tzinfo) -> Iterator[Finding]:
    """Find days on which nobody gets to eat."""
    meals: tuple[tuple[str, MinuteWindow], ...] = (("lunch", LUNCH), ("dinner", DINNER))
    for day in itinerary.days:
        if not any(item.kind in PLACE_KINDS for item in day.items):
            continue
        from_, until = _presence(day)
        for meal, (opens, closes) in meals:
            first = max([utc(at_wall_minute(day.date, opens, zone)), *from_])
            last = min([utc(at_wall_minute(day.date, closes, zone)), *until])
            free = minutes_between(first, last)
            if free >= _MEAL_MINUTES and all(i.kind != meal for i in day.items):
                yield Finding(
                    "meal_missing",
                    "warning",
                    f"No {meal} is planned between {wall(opens)} and {wall(closes)}.",
                    day.date,
                    suggestion=f"Keep an hour free for {meal}.",
                )


def _presence(day: ItineraryDay) -> tuple[list[datetime], list[datetime]]:
    """Return moments before which, and after which, flights and bags leave no time to eat."""
    kinds = [item.kind for item in day.items]
    from_: list[datetime] = []
    until: list[datetime] = []
    if "arrival" in kinds:
        after = day.items[kinds.index("arrival") :]
        from_ = [utc(item.ends) for item in after if item.kind in {"arrival", "stay"}]
    if "departure" in kinds:
        before = day.items[: kinds.index("departure") + 1]
        until = [utc(item.starts) for item in before if item.kind in {"departure", "stay"}]
    if from_ and until:
        # The one call at the stay between two flights is for both; let the flights alone decide.
        from_, until = from_[:1], until[-1:]
    return from_, until


def must_sees(itinerary: Itinerary) -> Iterator[Finding]:
    """Find must-sees that are not in the plan."""
    planned = {item.name.casefold() for _, item in items_of(itinerary)}
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
            )


def pace(itinerary: Itinerary) -> Iterator[Finding]:
    """Find days with more sights or walking than the pace holds."""
    sights, walk = SIGHTS_PER_DAY[itinerary.pace], WALK_MINUTES_PER_DAY[itinerary.pace]
    for day in itinerary.days:
        planned = sum(item.kind == "visit" for item in day.items)
        if planned > sights:
            yield Finding(
                "too_many_sights",
                "warning",
                f"{planned} sights in one day; a {itinerary.pace} pace holds {sights}.",
                day.date,
                suggestion="Move some to another day.",
            )
        legs = [*(item.leg for item in day.items), day.back]
        walked = sum(leg.minutes for leg in legs if leg is not None and leg.mode == "walk")
        if walked > walk:
            yield Finding(
                "too_much_walking",
                "warning",
                f"{walked} min on foot between places; a {itinerary.pace} pace holds {walk}.",
                day.date,
                suggestion="Take public transport for the longest way.",
            )
