"""Faults to plant into a sound itinerary, one function each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from decimal import Decimal

from hypothesis import assume

from tests.planning.itineraries import DAY_START, Case
from tripsage_mcp.domain.itinerary import ItineraryItem, Leg
from tripsage_mcp.domain.money import Money

type Draw = Callable[[list[ItineraryItem]], ItineraryItem]
type Mutation = Callable[[Case, Draw], Case]


def shifted(item: ItineraryItem, minutes: int) -> ItineraryItem:
    """Move an item by real minutes."""
    by = timedelta(minutes=minutes)
    zone = item.starts.tzinfo
    return replace(
        item,
        starts=(item.starts.astimezone(UTC) + by).astimezone(zone),
        ends=(item.ends.astimezone(UTC) + by).astimezone(zone),
    )


def changed(case: Case, old: ItineraryItem, *new: ItineraryItem) -> Case:
    """Put other items, or none, in the place of one."""
    days = tuple(
        replace(
            day,
            items=tuple(
                each
                for item in day.items
                for each in (new if item.item_id == old.item_id else (item,))
            ),
        )
        for day in case.itinerary.days
    )
    return Case(replace(case.itinerary, days=days), case.facts)


def neighbours(
    case: Case, item: ItineraryItem
) -> tuple[ItineraryItem | None, ItineraryItem | None]:
    day = next(day for day in case.itinerary.days if item in day.items)
    at = day.items.index(item)
    before = day.items[at - 1] if at else None
    return before, day.items[at + 1] if at + 1 < len(day.items) else None


def followed(case: Case, *kinds: str) -> list[ItineraryItem]:
    """Return items after which something else comes on the same day."""
    items = [i for day in case.itinerary.days for i in day.items[:-1] if i.kind in kinds]
    assume(items)
    return items


def visit_of(case: Case, draw: Draw) -> ItineraryItem:
    return draw(case.items("visit", "lunch", "dinner"))


def overlapping(case: Case, draw: Draw) -> Case:
    item = draw(followed(case, "visit", "lunch", "rest"))
    _, after = neighbours(case, item)
    assert after is not None
    over = int((after.starts.astimezone(UTC) - item.ends.astimezone(UTC)).total_seconds() // 60)
    return changed(case, item, shifted(item, over + 1))


def too_late_to_walk(case: Case, draw: Draw) -> Case:
    items = [
        item
        for day in case.itinerary.days
        for item, after in zip(day.items, day.items[1:], strict=False)
        if after.leg is not None and after.leg.minutes > 1
    ]
    item = draw(items)
    _, after = neighbours(case, item)
    assert after is not None
    assert after.leg is not None
    room = int((after.starts.astimezone(UTC) - item.ends.astimezone(UTC)).total_seconds() // 60)
    ends = item.ends.astimezone(UTC) + timedelta(minutes=room - after.leg.minutes + 1)
    return changed(case, item, replace(item, ends=ends.astimezone(item.ends.tzinfo)))


def swapped(case: Case, draw: Draw) -> Case:
    item = draw(followed(case, "visit", "lunch"))
    _, after = neighbours(case, item)
    assert after is not None
    one = replace(item, starts=after.starts, ends=after.ends)
    other = replace(after, starts=item.starts, ends=item.ends)
    return changed(changed(case, item, one), after, other)


def next_day(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return changed(case, item, shifted(item, 24 * 60))


def over_budget(case: Case, draw: Draw) -> Case:
    case = free_of_locks(case)
    item = visit_of(case, draw)
    limit = case.itinerary.budget
    assert limit is not None
    dear = changed(case, item, replace(item, booking=None, cost=limit + Money(Decimal(1), "EUR")))
    return Case(replace(dear.itinerary, must_see=()), dear.facts)


def fixed_over_budget(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    limit = case.itinerary.budget
    assert limit is not None
    dear = replace(item, locked=True, cost=limit + Money(Decimal("0.01"), "EUR"))
    return changed(case, item, dear)


def free_of_locks(case: Case) -> Case:
    for item in case.items("visit", "lunch", "dinner", "commitment"):
        case = changed(case, item, replace(item, booking=None, cost=Money(Decimal(0), "EUR")))
    return case


def no_rate(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    foreign = replace(item, cost=Money(Decimal(5), "JPY"))
    return changed(case, item, foreign)


def unpriced(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return changed(case, item, replace(item, cost=None))


def commitment_moved(case: Case, draw: Draw) -> Case:
    item = draw(case.items("commitment"))
    return changed(case, item, shifted(item, -1))


def flight_moved(case: Case, draw: Draw) -> Case:
    item = draw(case.items("arrival", "departure"))
    return changed(case, item, shifted(item, 1))


def commitment_dropped(case: Case, draw: Draw) -> Case:
    return changed(case, draw(case.items("commitment", "arrival", "departure")))


def must_see_dropped(case: Case, draw: Draw) -> Case:
    wanted = [item for item in case.items("visit") if item.name in case.itinerary.must_see]
    return changed(case, draw(wanted))


def unwanted(case: Case, draw: Draw) -> Case:
    item = draw(case.items("visit", "lunch", "dinner", "commitment"))
    return Case(replace(case.itinerary, must_not=(item.name.upper(),)), case.facts)


def meal_dropped(case: Case, draw: Draw) -> Case:
    meals = [
        item
        for day in case.itinerary.days
        for item in day.items
        if item.kind == "dinner" or (item.kind == "lunch" and day.items[-1].kind != "departure")
    ]
    return changed(case, draw(meals))


def odd_meal(case: Case, draw: Draw) -> Case:
    item = draw(case.items("lunch"))
    return changed(case, item, shifted(item, -3 * 60))


def twice(case: Case, draw: Draw) -> Case:
    items = case.items("visit", "commitment")
    item = draw(items[1:])
    return changed(case, item, replace(item, place_id=items[0].place_id))


def not_booked(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return changed(case, item, replace(item, booking="needed"))


def short_margin(case: Case, draw: Draw) -> Case:
    item = draw(case.items("arrival", "departure"))
    needed = 60 if item.kind == "arrival" else 120
    ends = item.starts.astimezone(UTC) + timedelta(minutes=needed - 1)
    return changed(case, item, replace(item, ends=ends.astimezone(item.ends.tzinfo)))


def after_the_flight(case: Case, draw: Draw) -> Case:
    leaving = draw(case.items("departure"))
    late = replace(leaving, kind="visit", name="Late", item_id="late", airport=None)
    return changed(case, leaving, leaving, shifted(late, 180))


def before_the_flight(case: Case, draw: Draw) -> Case:
    landing = draw(case.items("arrival"))
    early = replace(landing, kind="visit", name="Early", item_id="early", airport=None)
    return changed(case, landing, shifted(early, -120), landing)


def bags_carried(case: Case, draw: Draw) -> Case:
    landing = draw(case.items("arrival"))
    # Who checks out that day leaves the bags there all the same.
    assume(all(out.starts.date() != landing.starts.date() for out in case.items("check_out")))
    return changed(case, case.items("stay", "check_in")[0])


def bags_not_left(case: Case, draw: Draw) -> Case:
    out = draw(case.items("check_out"))
    (collect,) = [i for i in case.items("stay") if i.starts.date() == out.starts.date()][-1:]
    return changed(case, collect)


def leaves_early(case: Case, draw: Draw) -> Case:
    first = [day.items[0] for day in case.itinerary.days if day.items[0].kind == "visit"]
    item = draw(first)
    assert item.leg is not None
    return changed(case, item, shifted(item, DAY_START - 9 * 60 - 37 - item.leg.minutes))


def back_late(case: Case, draw: Draw) -> Case:
    draw(case.items("dinner"))
    return Case(replace(case.itinerary, day_end=19 * 60), case.facts)


def no_length(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return changed(case, item, replace(item, ends=item.starts))


def too_far_on_foot(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return changed(case, item, replace(item, leg=Leg("walk", 241)))


def guessed(case: Case, draw: Draw) -> Case:
    item = draw([i for i in case.items("visit", "lunch", "dinner") if i.leg])
    assert item.leg is not None
    return changed(case, item, replace(item, leg=replace(item.leg, estimated=True)))


def written_elsewhere(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    offset = (item.starts.utcoffset() or timedelta()) + timedelta(hours=1)
    elsewhere = timezone(offset)
    return changed(
        case,
        item,
        replace(
            item, starts=item.starts.astimezone(elsewhere), ends=item.ends.astimezone(elsewhere)
        ),
    )


def past_midnight(case: Case, draw: Draw) -> Case:
    item = draw(case.items("dinner"))
    ends = item.starts + timedelta(hours=24 - item.starts.hour, minutes=30)
    return changed(case, item, replace(item, ends=ends))


def slept_little(case: Case, draw: Draw) -> Case:
    evenings = [
        day.items[-1]
        for day, after in zip(case.itinerary.days, case.itinerary.days[1:], strict=False)
        if day.items[-1].kind == "dinner" and after.items[0].kind == "visit"
    ]
    item = draw(evenings)
    ends = item.starts + timedelta(hours=27 - item.starts.hour)
    return changed(case, item, replace(item, ends=ends))
