"""Rules that need more than one change to a sound plan, and what only looks like a fault."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Commitment,
    Finding,
    ItemKind,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    RainAlternative,
    Repair,
    at_wall_minute,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import OpeningHours, OpeningPeriod, Place
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.planning.check import check
from tripsage_mcp.planning.check_facts import Facts

MONDAY, TUESDAY = date(2027, 5, 10), date(2027, 5, 11)
LISBON = ZoneInfo("Europe/Lisbon")
ALWAYS = OpeningHours(always_open=True)
HERE, THERE, STAY = Coordinates(38.71, -9.14), Coordinates(38.72, -9.15), Coordinates(38.70, -9.13)
# The night before this day the clocks of each zone go forward, at this minute, by so many.
JUMPS = (
    ("Europe/Lisbon", date(2027, 3, 28), 60, 60),
    ("America/New_York", date(2027, 3, 14), 120, 60),
    ("Australia/Lord_Howe", date(2027, 10, 3), 120, 30),
    ("Pacific/Auckland", date(2027, 9, 26), 120, 60),
)


def item(
    kind: ItemKind,
    name: str,
    times: tuple[int, int],
    *,
    day: date = MONDAY,
    zone: ZoneInfo = LISBON,
    spot: Coordinates | None = HERE,
) -> ItineraryItem:
    return ItineraryItem(
        kind,
        name,
        at_wall_minute(day, times[0], zone),
        at_wall_minute(day, times[1], zone),
        place_id=name if kind in {"visit", "lunch", "dinner"} and spot else None,
        coordinates=spot,
        item_id=name,
    )


def plan(*items: ItineraryItem, zone: str = "Europe/Lisbon") -> Itinerary:
    tz = ZoneInfo(zone)
    days = sorted({i.starts.astimezone(tz).date() for i in items})
    return Itinerary(
        "Town",
        zone,
        tuple(
            ItineraryDay(d, tuple(i for i in items if i.starts.astimezone(tz).date() == d))
            for d in days
        ),
    )


def facts(itinerary: Itinerary, minutes: int = 5) -> Facts:
    spots = (HERE, THERE, STAY)
    places = {
        i.place_id: Place(i.place_id, i.name, i.coordinates or HERE, opening_hours=ALWAYS)
        for day in itinerary.days
        for i in day.items
        if i.place_id is not None
    }
    ways = {(a, b): Leg("transit", minutes) for a in spots for b in spots if a != b}
    return Facts(places=places, travel=ways)


def found(itinerary: Itinerary, known: Facts | None = None) -> dict[str, Finding]:
    return {f.code: f for f in check(itinerary, known or facts(itinerary))}


DAY = (
    item("visit", "Castle", (600, 660)),
    item("lunch", "Grill", (750, 810)),
    item("dinner", "Tavern", (1140, 1230)),
)


@given(jump=st.sampled_from(JUMPS), way=st.integers(1, 90), gap=st.integers(61, 150))
def test_only_real_minutes_count_in_a_night_the_clocks_change(
    jump: tuple[str, date, int, int], way: int, gap: int
) -> None:
    name, day, minute, skipped = jump
    zone = ZoneInfo(name)
    before = item("visit", "Bar", (minute - 59, minute - 20), day=day, zone=zone)
    after_at = minute - 20 + gap
    after = item("visit", "Club", (after_at, after_at + 60), day=day, zone=zone, spot=THERE)
    night = plan(before, after, zone=name)
    real = gap - skipped if after_at >= minute + skipped else None
    if real is None:
        # A time within the jump is the moment of the jump itself or after it.
        real = int((after.starts.astimezone(UTC) - before.ends.astimezone(UTC)).seconds / 60)
    codes = found(night, facts(night, way))
    assert ("travel_too_short" in codes) == (real < way)


def test_a_time_the_clocks_skip_is_found_where_somebody_wrote_it() -> None:
    day = date(2027, 3, 28)
    skipped = datetime(2027, 3, 28, 1, 30, tzinfo=LISBON)
    bar = replace(item("visit", "Bar", (30, 150), day=day), starts=skipped)
    finding = found(plan(bar))["time_skipped"]
    assert "01:30" in finding.message
    assert "02:30" in finding.message


def test_a_place_across_the_border_is_open_by_its_own_clocks() -> None:
    morning = OpeningHours(tuple(OpeningPeriod(d, 600, 720) for d in range(7)))
    spain = Place("Castle", "Castle", HERE, time_zone="Europe/Madrid", opening_hours=morning)
    known = facts(plan(*DAY))
    across = replace(known, places={**known.places, "Castle": spain})
    assert "closed" not in found(plan(*DAY), across)
    late = replace(plan(*DAY), days=plan(item("visit", "Castle", (670, 715)), *DAY[1:]).days)
    assert "closed" in found(late, across)


def test_a_sound_day_is_sound() -> None:
    assert check(plan(*DAY), facts(plan(*DAY))) == ()


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"must_see": ("Castle",), "must_not": ("CASTLE",)}, "wanted_and_unwanted", "blocker"),
        ({"day_start": 1200, "day_end": 600}, "day_ends_before_it_starts", "blocker"),
        (
            {
                "commitments": (
                    Commitment("A", DAY[0].starts, DAY[0].ends),
                    Commitment("B", DAY[0].starts, DAY[1].ends),
                )
            },
            "commitments_overlap",
            "blocker",
        ),
        (
            {
                "commitments": (
                    Commitment(
                        "A", DAY[0].starts + timedelta(days=9), DAY[0].ends + timedelta(days=9)
                    ),
                )
            },
            "commitment_outside_trip",
            "blocker",
        ),
        (
            {
                "commitments": (Commitment("Castle", DAY[0].starts, DAY[0].ends),),
                "must_not": ("Castle",),
            },
            "wanted_and_unwanted",
            "blocker",
        ),
    ],
)
def test_wishes_that_contradict_each_other_are_found(
    changes: dict[str, object], code: str, severity: str
) -> None:
    assert found(replace(plan(*DAY), **changes))[code].severity == severity


def test_a_must_see_that_is_closed_all_the_time_is_found() -> None:
    weekend = OpeningHours((OpeningPeriod(5, 600, 900),))
    museum = Place("m", "Museum", HERE, opening_hours=weekend)
    wish = replace(plan(*DAY), must_see=("Museum",))
    known = facts(wish)
    codes = found(wish, replace(known, places={**known.places, "m": museum}))
    assert set(codes) == {"must_see_missing", "must_see_closed"}
    assert "on all 1 days" in codes["must_see_closed"].message


def test_a_nap_needs_an_hour_without_anything_planned() -> None:
    child = replace(plan(*DAY), needs=("naps",))
    assert "no_nap" not in found(child)
    busy = plan(
        DAY[0],
        item("lunch", "Grill", (720, 780)),
        item("visit", "Zoo", (790, 900)),
        item("visit", "Park", (940, 1080)),
        DAY[2],
    )
    finding = found(replace(busy, needs=("naps",)))["no_nap"]
    assert "40 min" in finding.message
    # The hour may also be an item of its own.
    napping = plan(
        DAY[0],
        item("lunch", "Grill", (720, 780)),
        item("rest", "Nap", (790, 850), spot=None),
        DAY[2],
    )
    assert "no_nap" not in found(replace(napping, needs=("naps",)))


def test_rest_that_was_asked_for_may_be_a_pause_or_an_item() -> None:
    full = plan(
        item("visit", "Castle", (600, 745)),
        item("lunch", "Grill", (750, 810)),
        item("visit", "Zoo", (815, 1130)),
        DAY[2],
    )
    assert "0 min of rest" in found(replace(full, rest_minutes=30))["too_little_rest"].message
    assert "too_little_rest" not in found(replace(plan(*DAY), rest_minutes=90))


def test_low_walking_allows_less_than_any_pace() -> None:
    walk = replace(DAY[1], leg=Leg("walk", 46), coordinates=THERE)
    day = replace(plan(DAY[0], walk, DAY[2]), pace="packed")
    assert "too_much_walking" not in found(day)
    assert (
        "low walking holds 45"
        in found(replace(day, needs=("low_walking",)))["too_much_walking"].message
    )


def test_who_rests_or_eats_anywhere_is_where_they_were() -> None:
    castle, tavern = DAY[0], replace(DAY[2], coordinates=THERE)
    lunch = item("lunch", "Lunch near Castle", (750, 810), spot=None)
    nap = item("rest", "Rest", (840, 900), spot=None)
    day = plan(castle, lunch, nap, tavern)
    assert check(day, facts(day, 60)) == ()
    assert "240 min" in found(day, facts(day, 241))["travel_too_short"].message


@pytest.mark.parametrize(
    ("said", "code", "severity"),
    [(20, "travel_unknown", "unchecked"), (31, "travel_too_short", "blocker")],
)
def test_a_way_by_car_is_not_judged_by_the_bus(said: int, code: str, severity: str) -> None:
    tavern = replace(DAY[1], coordinates=THERE, leg=Leg("drive", said))
    day = plan(replace(DAY[0], ends=DAY[1].starts - timedelta(minutes=30)), tavern, DAY[2])
    assert found(day, facts(day, 45))[code].severity == severity


def test_no_car_is_faster_than_cars_are() -> None:
    madrid = Coordinates(40.4, -3.7)
    lunch = replace(DAY[1], coordinates=madrid, leg=Leg("drive", 20))
    day = plan(DAY[0], lunch, DAY[2])
    known = facts(day)
    far = replace(known, travel={**known.travel, (HERE, madrid): Leg("transit", 500)})
    assert found(day, far)["travel_too_short"].severity == "blocker"


def test_between_two_flights_nobody_is_there() -> None:
    flights = (
        item("departure", "Fly from LIS", (480, 600)),
        item("arrival", "Land at OPO", (660, 720)),
    )
    later = item("dinner", "Tavern", (1140, 1230), day=TUESDAY)
    trip = plan(item("visit", "Castle", (300, 400)), *flights, later)
    assert not {"before_arrival", "after_departure"} & set(found(trip))
    above = replace(plan(*flights, item("visit", "Castle", (610, 650)), later))
    assert found(above)["before_arrival"].items == ("Land at OPO", "Castle")


def test_a_meal_across_the_town_is_found() -> None:
    grill = replace(DAY[1], coordinates=THERE)
    day = plan(DAY[0], grill, item("visit", "Zoo", (900, 960)), DAY[2])
    assert "detour of 80 min" in found(day, facts(day, 40))["meal_far_away"].message
    assert "meal_far_away" not in found(day, facts(day, 30))


def test_a_commitment_at_noon_leaves_no_time_to_miss_lunch() -> None:
    show = item("commitment", "Tour", (700, 830))
    assert "meal_missing" not in found(plan(DAY[0], show, DAY[2]))
    short = item("commitment", "Tour", (700, 740))
    assert "meal_missing" in found(plan(DAY[0], short, DAY[2]))


def test_three_things_at_one_time_are_two_overlaps() -> None:
    day = plan(
        item("visit", "Castle", (600, 720)),
        item("visit", "Zoo", (610, 630)),
        item("visit", "Park", (650, 700)),
    )
    overlaps = [f for f in check(day, facts(day)) if f.code == "overlap"]
    assert [f.items for f in overlaps] == [("Castle", "Zoo"), ("Castle", "Park")]


def test_a_wet_day_names_the_alternative_that_is_planned_for_it() -> None:
    day = plan(replace(DAY[0], indoor=False), *DAY[1:])
    wet = WeatherDay(MONDAY, "rain", 18, 12, 90, 14.0)
    known = replace(facts(day), weather={MONDAY: wet})
    assert found(day, known)["outdoors_in_bad_weather"].message.startswith("Rain (90 %, 14 mm)")
    spare = replace(
        day,
        days=(
            replace(day.days[0], rain_alternatives=(RainAlternative("Castle", "Aquarium", "a"),)),
        ),
    )
    finding = found(spare, known)["outdoors_in_bad_weather"]
    assert "Aquarium" in (finding.suggestion or "")
    assert finding.repair == Repair("replace", "Castle", "Castle")


def test_heat_is_harder_on_a_party_with_needs() -> None:
    day = plan(replace(DAY[0], indoor=False), *DAY[1:])
    warm = replace(facts(day), weather={MONDAY: WeatherDay(MONDAY, "clear", 33, 20)})
    assert "outdoors_in_bad_weather" not in found(day, warm)
    assert "33 °C" in found(replace(day, needs=("naps",)), warm)["outdoors_in_bad_weather"].message


def test_beyond_the_forecast_the_season_counts_and_is_called_usual() -> None:
    day = plan(replace(DAY[0], indoor=False), *DAY[1:])
    mild = WeatherDay(MONDAY, "", 24, 14, 20, 0.4, kind="climatology")
    assert not found(day, replace(facts(day), weather={MONDAY: mild}))
    hot = replace(mild, high_c=43)
    finding = found(day, replace(facts(day), weather={MONDAY: hot}))["outdoors_in_bad_weather"]
    assert finding.message.startswith("Usually heat (43 °C)")


def test_over_budget_names_the_cheapest_thing_that_is_enough_to_drop() -> None:
    prices = {"Castle": 10, "Grill": 25, "Tavern": 60}
    day = plan(*(replace(i, cost=Money(Decimal(prices[i.name]), "EUR")) for i in DAY))
    finding = found(replace(day, budget=Money(Decimal(75), "EUR")))["over_budget"]
    assert finding.message == "The plan costs 95.00 EUR, over the budget of 75.00 EUR by 20.00 EUR."
    assert finding.repair == Repair("drop", "Grill", "Grill")


def test_what_a_closed_place_is_told_to_do_puts_it_right() -> None:
    split = OpeningHours((OpeningPeriod(0, 540, 640), OpeningPeriod(0, 700, 1000)))
    known = facts(plan(*DAY))
    shut = replace(
        known,
        places={**known.places, "Castle": replace(known.places["Castle"], opening_hours=split)},
    )
    repair = found(plan(*DAY), shut)["closed"].repair
    assert repair == Repair("move", "Castle", "Castle", MONDAY, at_wall_minute(MONDAY, 580, LISBON))
    tuesdays = replace(split, periods=(OpeningPeriod(1, 840, 1000),))
    place = replace(known.places["Castle"], opening_hours=tuesdays)
    two = plan(*DAY, item("visit", "Park", (600, 660), day=TUESDAY))
    base = facts(two)
    finding = found(two, replace(base, places={**base.places, "Castle": place}))["closed"]
    assert finding.repair is not None
    assert (finding.repair.day, finding.repair.starts) == (
        TUESDAY,
        at_wall_minute(TUESDAY, 840, LISBON),
    )


def test_more_must_sees_than_the_pace_holds_are_found() -> None:
    wishes = tuple(f"Sight {n}" for n in range(4))
    relaxed = replace(plan(*DAY), pace="relaxed", must_see=wishes)
    assert "4 places" in found(relaxed)["too_many_must_sees"].message
    assert "too_many_must_sees" not in found(replace(relaxed, pace="balanced"))


def test_two_branches_of_a_chain_are_two_places() -> None:
    cafes = (
        replace(DAY[0], name="Cafe", place_id="one"),
        replace(item("visit", "two", (690, 720)), name="Cafe"),
    )
    assert "duplicate_place" not in found(plan(*cafes, *DAY[1:]))
    unnamed = replace(cafes[1], place_id=None)
    assert "duplicate_place" in found(plan(cafes[0], unnamed, *DAY[1:]))
    assert "duplicate_place" in found(plan(unnamed, replace(cafes[0], starts=unnamed.ends)))


def test_a_call_at_the_stay_needs_no_length() -> None:
    call = item("check_in", "Check in", (540, 540))
    assert check(plan(call, *DAY), facts(plan(*DAY))) == ()
