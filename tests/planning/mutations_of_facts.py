"""Facts that turn out otherwise under a sound itinerary, one function each."""

from dataclasses import replace
from datetime import UTC, date, timedelta

from tests.planning.itineraries import Case
from tests.planning.mutations import Draw, visit_of
from tripsage_mcp.domain.itinerary import ItineraryItem, Leg
from tripsage_mcp.domain.place import Accessibility, OpeningHours, OpeningPeriod, Place


def of_place(case: Case, item: ItineraryItem, **fields: object) -> Case:
    """Change what is known of an item's place."""
    key = item.place_id or ""
    places: dict[str, Place] = dict(case.facts.places)
    places[key] = replace(places[key], **fields)
    return Case(case.itinerary, replace(case.facts, places=places))


def listed_open(item: ItineraryItem, **windows: int) -> OpeningHours:
    """Return hours around an item's own, less by `late` at the start and `early` at the end."""
    midnight = item.starts.replace(hour=0, minute=0)
    opens = item.starts.hour * 60 + item.starts.minute
    length = int((item.ends - item.starts).total_seconds() // 60)
    closes = opens + length
    return OpeningHours(
        (
            OpeningPeriod(
                midnight.weekday(),
                opens + windows.get("late", 0),
                closes - windows.get("early", 0),
            ),
        )
    )


def slower_way(case: Case, draw: Draw) -> Case:
    pairs = [
        (item, after)
        for day in case.itinerary.days
        for item, after in zip(day.items, day.items[1:], strict=False)
        if item.coordinates and after.coordinates and item.coordinates != after.coordinates
    ]
    after = draw([after for _, after in pairs])
    before = next(item for item, other in pairs if other is after)
    room = int((after.starts.astimezone(UTC) - before.ends.astimezone(UTC)).total_seconds() // 60)
    assert before.coordinates is not None
    assert after.coordinates is not None
    way = {(before.coordinates, after.coordinates): Leg("transit", room + 1)}
    return Case(case.itinerary, replace(case.facts, travel={**case.facts.travel, **way}))


def closed_that_day(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    other = (item.starts.weekday() + 3) % 7
    return of_place(
        case, item, opening_hours=OpeningHours((OpeningPeriod(other, 8 * 60, 20 * 60),))
    )


def opens_late(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return of_place(case, item, opening_hours=listed_open(item, late=1))


def closes_early(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return of_place(case, item, opening_hours=listed_open(item, early=1))


def closed_by_exception(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    hours = case.facts.places[item.place_id or ""].opening_hours
    assert hours is not None
    return of_place(
        case, item, opening_hours=replace(hours, exceptions=((item.starts.date(), ()),))
    )


def outdoors(case: Case, draw: Draw) -> tuple[Case, date]:
    item = draw(case.items("visit"))
    return of_place(case, item, indoor=False), item.starts.date()


def rainy(case: Case, draw: Draw) -> Case:
    case, day = outdoors(case, draw)
    weather = dict(case.facts.weather or {})
    weather[day] = replace(weather[day], precipitation_probability=60)
    return Case(case.itinerary, replace(case.facts, weather=weather))


def very_hot(case: Case, draw: Draw) -> Case:
    case, day = outdoors(case, draw)
    weather = dict(case.facts.weather or {})
    weather[day] = replace(weather[day], high_c=36, feels_high_c=39)
    return Case(case.itinerary, replace(case.facts, weather=weather))


def beyond_the_forecast(case: Case, draw: Draw) -> Case:
    case, day = outdoors(case, draw)
    weather = {on: told for on, told in (case.facts.weather or {}).items() if on != day}
    return Case(case.itinerary, replace(case.facts, weather=weather))


def no_forecast(case: Case, draw: Draw) -> Case:
    case, _ = outdoors(case, draw)
    return Case(case.itinerary, replace(case.facts, weather=None))


def steps(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    stairs = of_place(case, item, accessibility=Accessibility(entrance=False))
    return Case(replace(stairs.itinerary, needs=("wheelchair",)), stairs.facts)


def steps_unknown(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    silent = of_place(case, item, accessibility=None)
    return Case(replace(silent.itinerary, needs=("wheelchair",)), silent.facts)


def gone(case: Case, draw: Draw) -> Case:
    return of_place(case, visit_of(case, draw), status="closed_permanently")


def gone_for_now(case: Case, draw: Draw) -> Case:
    return of_place(case, visit_of(case, draw), status="closed_temporarily")


def not_built(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    return of_place(case, item, status="future", opens_on=item.starts.date() + timedelta(days=1))


def nobody_knows(case: Case, draw: Draw) -> Case:
    item = visit_of(case, draw)
    places = {key: p for key, p in case.facts.places.items() if key != item.place_id}
    return Case(case.itinerary, replace(case.facts, places=places))


def way_unknown(case: Case, draw: Draw) -> Case:
    items = [item for day in case.itinerary.days for item in day.items[1:] if item.leg]
    item = draw(items)
    travel = {k: leg for k, leg in case.facts.travel.items() if k[1] != item.coordinates}
    return Case(case.itinerary, replace(case.facts, travel=travel))


def slow_airport(case: Case, draw: Draw) -> Case:
    draw(case.items("arrival", "departure"))
    slow = {"LIS": 200}
    return Case(case.itinerary, replace(case.facts, lead_minutes=slow, exit_minutes=slow))


def rooms_not_ready(case: Case, draw: Draw) -> Case:
    draw(case.items("check_in"))
    return Case(case.itinerary, replace(case.facts, check_in_from=15 * 60))


def out_too_late(case: Case, draw: Draw) -> Case:
    draw(case.items("check_out"))
    return Case(case.itinerary, replace(case.facts, check_out_until=8 * 60))


def hurried(case: Case, draw: Draw) -> Case:
    item = draw(case.items("visit"))
    length = int((item.ends - item.starts).total_seconds() // 60)
    return of_place(case, item, visit_minutes=2 * length + 1)
