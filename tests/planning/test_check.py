import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tripsage_mcp import planning
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Finding,
    ItemKind,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    LeftOut,
    Leg,
    verdict,
)
from tripsage_mcp.domain.place import OpeningHours, OpeningPeriod, Place
from tripsage_mcp.planning.check import check
from tripsage_mcp.planning.check_facts import Facts

LISBON = ZoneInfo("Europe/Lisbon")
MONDAY, TUESDAY = date(2027, 5, 10), date(2027, 5, 11)
SPRING_FORWARD = date(2027, 3, 28)
STAY = Coordinates(38.7108, -9.1390)
CASTLE = Coordinates(38.7139, -9.1335)
TOWER = Coordinates(38.6916, -9.2160)
CAFE = Coordinates(38.7100, -9.1400)
AIRPORT = Coordinates(38.7742, -9.1342)
SPOTS = (STAY, CASTLE, TOWER, CAFE, AIRPORT)
EVERY_DAY = OpeningHours(tuple(OpeningPeriod(d, 9 * 60, 18 * 60) for d in range(7)))
NOT_MONDAY = OpeningHours(tuple(OpeningPeriod(d, 9 * 60, 18 * 60) for d in range(1, 7)))
EVENING = OpeningHours(tuple(OpeningPeriod(d, 12 * 60, 26 * 60) for d in range(7)))

type Change = Callable[[Itinerary], Itinerary]


def at(day: date, clock: str) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone follows
    return (midnight + timedelta(hours=hour, minutes=minute)).replace(tzinfo=LISBON)


def item(
    day: date,
    kind: ItemKind,
    name: str,
    times: str,
    coordinates: Coordinates,
    *,
    travel: int | None = None,
) -> ItineraryItem:
    starts, ends = times.split("-")
    return ItineraryItem(
        kind=kind,
        name=name,
        starts=at(day, starts),
        ends=at(day, ends),
        place_id=name.casefold() if kind in {"visit", "lunch", "dinner"} else None,
        coordinates=coordinates,
        leg=None if travel is None else Leg("walk", travel),
    )


def plan() -> Itinerary:
    first = (
        item(MONDAY, "arrival", "Land at LIS", "09:00-10:00", AIRPORT),
        item(MONDAY, "stay", "Drop bags", "10:40-11:00", STAY, travel=30),
        item(MONDAY, "visit", "Castle", "11:10-12:30", CASTLE, travel=10),
        item(MONDAY, "lunch", "Cafe", "12:45-13:45", CAFE, travel=10),
        item(MONDAY, "dinner", "Grill", "19:00-20:30", CAFE),
    )
    second = (
        item(TUESDAY, "visit", "Tower", "09:40-11:00", TOWER, travel=30),
        item(TUESDAY, "lunch", "Diner", "12:00-13:00", CAFE, travel=30),
        item(TUESDAY, "stay", "Collect bags", "13:30-13:45", STAY, travel=10),
        item(TUESDAY, "departure", "Fly from LIS", "14:30-16:30", AIRPORT, travel=30),
    )
    days = (ItineraryDay(MONDAY, first), ItineraryDay(TUESDAY, second))
    return Itinerary(
        "Lisbon", "Europe/Lisbon", days, stay=STAY, must_see=("Tower",), day_start=9 * 60
    )


def facts() -> Facts:
    travel = {
        (a, b): Leg("transit", 30)
        if (a in {AIRPORT, TOWER}) != (b in {AIRPORT, TOWER})
        else Leg("walk", 10)
        for a in SPOTS
        for b in SPOTS
        if a != b
    }
    hours = {"castle": EVERY_DAY, "tower": NOT_MONDAY}
    hours |= dict.fromkeys(("cafe", "grill", "diner"), EVENING)
    return Facts(places=open_at(hours), travel=travel)


def open_at(hours: Mapping[str, OpeningHours | None]) -> dict[str, Place]:
    return {
        key: Place(key, key.title(), CASTLE, opening_hours=times) for key, times in hours.items()
    }


def with_hours(**hours: OpeningHours | None) -> Facts:
    return replace(facts(), places={**facts().places, **open_at(hours)})


def changed(name: str, **fields: object) -> Change:
    def change(itinerary: Itinerary) -> Itinerary:
        days = tuple(
            replace(
                day,
                items=tuple(replace(i, **fields) if i.name == name else i for i in day.items),
            )
            for day in itinerary.days
        )
        return replace(itinerary, days=days)

    return change


def moved(name: str, day: date, times: str) -> Change:
    starts, ends = times.split("-")
    return changed(name, starts=at(day, starts), ends=at(day, ends))


def without(name: str) -> Change:
    def change(itinerary: Itinerary) -> Itinerary:
        days = tuple(
            replace(day, items=tuple(i for i in day.items if i.name != name))
            for day in itinerary.days
        )
        return replace(itinerary, days=days)

    return change


def swapped(itinerary: Itinerary) -> Itinerary:
    first, second = itinerary.days
    return replace(itinerary, days=(second, first))


def reversed_day(itinerary: Itinerary) -> Itinerary:
    first, second = itinerary.days
    return replace(itinerary, days=(replace(first, items=first.items[::-1]), second))


def severities(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {finding.code: finding.severity for finding in findings}


def test_a_sound_plan_has_nothing_to_say() -> None:
    assert check(plan(), facts()) == ()


@pytest.mark.parametrize(
    ("fault", "code", "severity"),
    [
        (moved("Castle", MONDAY, "08:00-08:50"), "closed", "blocker"),
        (moved("Tower", TUESDAY, "10:40-12:10"), "overlap", "blocker"),
        (moved("Tower", TUESDAY, "10:20-11:40"), "travel_too_short", "blocker"),
        (moved("Tower", TUESDAY, "09:20-10:40"), "before_day_start", "warning"),
        (moved("Tower", TUESDAY, "17:00-18:10"), "closed", "blocker"),
        (moved("Castle", MONDAY, "12:30-11:10"), "ends_before_start", "blocker"),
        (moved("Tower", MONDAY, "14:20-15:30"), "wrong_day", "blocker"),
        (moved("Tower", MONDAY, "14:20-15:30"), "closed", "blocker"),
        (moved("Grill", MONDAY, "23:30-25:30"), "past_midnight", "warning"),
        (moved("Land at LIS", MONDAY, "09:00-09:50"), "flight_margin", "blocker"),
        (moved("Fly from LIS", TUESDAY, "14:35-16:30"), "flight_margin", "blocker"),
        (moved("Collect bags", TUESDAY, "13:50-14:05"), "travel_too_short", "blocker"),
        (moved("Land at LIS", MONDAY, "11:00-12:00"), "before_arrival", "blocker"),
        (moved("Fly from LIS", TUESDAY, "09:00-11:00"), "after_departure", "blocker"),
        (changed("Grill", place_id="cafe"), "duplicate_place", "warning"),
        (changed("Grill", place_id=None), "hours_unknown", "unchecked"),
        (changed("Grill", place_id="new"), "hours_unknown", "unchecked"),
        (changed("Castle", coordinates=None), "travel_unknown", "unchecked"),
        (changed("Castle", leg=Leg("walk", 9, estimated=True)), "travel_estimated", "unchecked"),
        (changed("Castle", leg=Leg("walk", 140)), "too_much_walking", "warning"),
        (without("Cafe"), "meal_missing", "warning"),
        (without("Grill"), "meal_missing", "warning"),
        (without("Tower"), "must_see_missing", "warning"),
        (swapped, "days_out_of_order", "blocker"),
        (reversed_day, "out_of_order", "blocker"),
    ],
)
def test_a_planted_fault_is_found(fault: Change, code: str, severity: str) -> None:
    assert severities(check(fault(plan()), facts()))[code] == severity


def test_a_place_that_closes_that_day_is_found_with_the_weekday() -> None:
    (finding,) = check(plan(), with_hours(castle=NOT_MONDAY))
    assert finding.code == "closed"
    assert "is closed that Monday" in finding.message
    assert "11:10-12:30" in finding.message


def test_a_place_that_no_longer_exists_is_found() -> None:
    castle = replace(facts().places["castle"], status="closed_permanently")
    gone = replace(facts(), places={**facts().places, "castle": castle})
    assert severities(check(plan(), gone)) == {"closed_for_good": "blocker"}


def test_the_reason_why_hours_are_unknown_is_told() -> None:
    silent = replace(with_hours(castle=None), unknown={"castle": "nobody answered"})
    (finding,) = check(plan(), silent)
    assert finding.severity == "unchecked"
    assert "nobody answered" in finding.message


def test_a_slower_way_is_found_with_both_numbers() -> None:
    slow = replace(facts(), travel=dict(facts().travel) | {(TOWER, CAFE): Leg("transit", 61)})
    (finding,) = check(plan(), slow)
    assert finding.code == "travel_too_short"
    assert "61 min" in finding.message
    assert "60 min" in finding.message


@pytest.mark.parametrize(("minutes", "severity"), [(70, "warning"), (125, "blocker")])
def test_a_guessed_way_blocks_only_when_it_is_far_too_long(minutes: int, severity: str) -> None:
    leg = Leg("transit", minutes, estimated=True)
    slow = replace(facts(), travel=dict(facts().travel) | {(TOWER, CAFE): leg})
    assert severities(check(plan(), slow))["travel_too_short"] == severity


def test_a_day_outside_the_trip_is_found() -> None:
    shorter = replace(facts(), last=MONDAY)
    assert severities(check(plan(), shorter)) == {"outside_trip": "blocker"}


def test_domestic_flights_need_less() -> None:
    tight = moved("Fly from LIS", TUESDAY, "15:00-16:30")(plan())
    assert severities(check(tight, facts())) == {"flight_margin": "blocker"}
    assert check(changed("Fly from LIS", domestic=True)(tight), facts()) == ()


def test_too_many_sights_are_found_for_the_pace() -> None:
    day = plan().days[1]
    stops = tuple(
        item(TUESDAY, "visit", f"Stop {n}", f"{9 + n}:00-{9 + n}:30", CASTLE) for n in range(4)
    )
    lunch = item(TUESDAY, "lunch", "Diner", "13:00-14:00", CASTLE)
    dinner = item(TUESDAY, "dinner", "Grill", "19:00-20:30", CASTLE)
    known = with_hours(**{f"stop {n}": EVERY_DAY for n in range(4)})
    busy = Itinerary(
        "Lisbon",
        "Europe/Lisbon",
        (replace(day, items=(*stops, lunch, dinner)),),
        pace="relaxed",
    )
    assert severities(check(busy, known)) == {"too_many_sights": "warning"}
    assert check(replace(busy, pace="balanced"), known) == ()


def test_the_reason_a_must_see_was_left_out_is_repeated() -> None:
    left = replace(without("Tower")(plan()), left_out=(LeftOut("Tower", "tower", "closed"),))
    (finding,) = (f for f in check(left, facts()) if f.code == "must_see_missing")
    assert "(closed)" in finding.message


def single(day: date, times: str, hours: OpeningHours) -> tuple[Finding, ...]:
    stop = item(day, "visit", "Bar", times, CASTLE)
    itinerary = Itinerary("Lisbon", "Europe/Lisbon", (ItineraryDay(day, (stop,)),))
    found = check(itinerary, Facts(places=open_at({"bar": hours})))
    return tuple(f for f in found if f.code == "closed")


def test_a_bar_open_past_midnight_is_open_then_and_closed_after() -> None:
    assert single(MONDAY, "23:00-25:30", EVENING) == ()
    assert single(TUESDAY, "00:30-01:30", EVENING) == ()
    assert len(single(TUESDAY, "01:30-02:30", EVENING)) == 1


def test_a_place_that_never_closes_is_open_across_midnight() -> None:
    assert single(MONDAY, "23:00-25:00", OpeningHours(always_open=True)) == ()


def test_a_visit_may_not_span_a_midday_closure() -> None:
    split = OpeningHours((OpeningPeriod(0, 540, 720), OpeningPeriod(0, 840, 1080)))
    assert len(single(MONDAY, "11:30-14:30", split)) == 1
    assert single(MONDAY, "14:00-15:00", split) == ()


def test_the_hour_the_clocks_skip_is_not_there_to_travel_in() -> None:
    # 00:55 to 02:05 looks like 70 minutes; at 01:00 the clocks jump to 02:00, so it is 10.
    stops = (
        item(SPRING_FORWARD, "visit", "Bar", "00:10-00:55", CASTLE),
        item(SPRING_FORWARD, "visit", "Club", "02:05-02:55", TOWER),
    )
    night = Itinerary("Lisbon", "Europe/Lisbon", (ItineraryDay(SPRING_FORWARD, stops),))
    found = check(
        night, with_hours(**dict.fromkeys(("bar", "club"), OpeningHours(always_open=True)))
    )
    (finding,) = (f for f in found if f.severity == "blocker")
    assert finding.code == "travel_too_short"
    assert "leaves 10 min" in finding.message


def test_hours_are_read_by_the_wall_clock_on_the_day_the_clocks_change() -> None:
    assert single(SPRING_FORWARD, "09:00-10:00", EVERY_DAY) == ()
    assert single(SPRING_FORWARD, "17:00-18:00", EVERY_DAY) == ()
    assert len(single(SPRING_FORWARD, "08:30-09:30", EVERY_DAY)) == 1
    assert len(single(SPRING_FORWARD, "17:30-18:30", EVERY_DAY)) == 1


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((), "works"),
        (("warning",), "works_with_warnings"),
        (("warning", "unchecked"), "not_fully_checked"),
        (("unchecked", "blocker", "warning"), "broken"),
    ],
)
def test_the_worst_finding_decides_the_verdict(found: tuple[str, ...], expected: str) -> None:
    levels = {"blocker": "blocker", "warning": "warning", "unchecked": "unchecked"}
    assert verdict([Finding("x", levels[f], "") for f in found]) == expected  # pyright: ignore[reportArgumentType] - checked by the table


def test_the_check_shares_no_code_with_the_solver() -> None:
    folder = Path(planning.__file__).parent
    seen, waiting = set[str](), ["check"]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        prefix = f"{planning.__name__}."
        waiting += [m.removeprefix(prefix) for m in modules if m.startswith(prefix)]
    strangers = {name for name in seen if not name.startswith("check")}
    assert strangers == {"habits", "reading"}
