"""What is a comfortable day: rest, naps, meals and ways that only look too short or too long."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tests.planning.test_check_rules import (
    DAY,
    HERE,
    LISBON,
    MONDAY,
    STAY,
    THERE,
    TUESDAY,
    facts,
    found,
    item,
    plan,
)
from tests.planning.test_check_valid import Airport
from tripsage_mcp.domain.itinerary import Commitment, ItineraryItem, Leg
from tripsage_mcp.services.itineraries.drafts import read, readable
from tripsage_mcp.views.itinerary import ItineraryView


def test_a_nap_ends_when_it_is_time_to_leave_and_not_before() -> None:
    nap = item("rest", "Nap", (15 * 60 + 30, 16 * 60 + 30), spot=None)
    busy = (
        item("lunch", "Grill", (720, 780)),
        item("visit", "Castle", (785, 15 * 60 + 30)),
        nap,
        item("dinner", "Tavern", (1140, 1230), spot=THERE),
    )
    day = replace(plan(*busy), needs=("naps",))
    assert "no_nap" not in found(day, facts(day, minutes=50))
    assert "no_nap" in found(replace(plan(*busy[:2], busy[3]), needs=("naps",)), facts(day, 170))


def test_nobody_misses_a_nap_on_the_way_to_a_flight() -> None:
    leaving = item("departure", "Fly from LIS", (12 * 60 + 30, 14 * 60 + 30), spot=THERE)
    day = replace(plan(item("visit", "Castle", (600, 690)), leaving), needs=("naps",))
    assert "no_nap" not in found(day)


def test_an_afternoon_at_the_stay_is_rest_and_an_evening_is_none() -> None:
    early = (item("visit", "Castle", (600, 690)), item("lunch", "Grill", (720, 780)))
    at_home = replace(plan(*early), stay=STAY, rest_minutes=60)
    assert "too_little_rest" not in found(at_home)
    busy = (*early, item("visit", "Museum", (785, 1080)))
    assert "too_little_rest" in found(replace(plan(*busy), stay=STAY, rest_minutes=60))


def test_who_is_back_for_dinner_misses_none() -> None:
    day = replace(plan(*DAY[:2]), stay=STAY)
    assert "meal_missing" in found(day)
    assert "meal_missing" not in found(replace(day, day_end=19 * 60))
    # Back by nine from an hour away leaves no time for dinner out.
    assert "meal_missing" in found(replace(day, day_end=21 * 60))
    assert "meal_missing" not in found(replace(day, day_end=21 * 60), facts(day, minutes=65))


def test_the_way_home_leads_to_the_bed_of_that_night() -> None:
    moved = plan(
        item("check_out", "Old Inn", (540, 555), spot=STAY),
        item("check_in", "New Inn", (570, 590), spot=THERE),
        *DAY[:2],
        item("dinner", "Tavern", (1140, 1230), spot=THERE),
    )
    moved = replace(moved, stay=STAY)
    known = facts(moved)
    far = replace(known, travel={**known.travel, (THERE, STAY): Leg("walk", 400)})
    assert "too_much_walking" not in found(moved, far)


def test_what_was_promised_twice_is_meant_to_be_there_twice() -> None:
    first = replace(item("commitment", "Surf course", (840, 900)), locked=True)
    second = replace(item("commitment", "Surf course", (840, 900), day=TUESDAY), item_id="two")
    kept = tuple(Commitment(i.name, i.starts, i.ends) for i in (first, second))
    both = plan(first, second)
    assert "duplicate_place" in found(both)
    assert "duplicate_place" not in found(replace(both, commitments=kept))
    assert "duplicate_place" in found(replace(both, commitments=kept[:1]))
    again = item("visit", "Surf course", (600, 660), spot=None)
    assert "duplicate_place" in found(replace(plan(again, first), commitments=kept[:1]))


def test_the_second_of_two_equal_clock_times_is_written_down_as_that() -> None:
    day, zone = date(2027, 10, 31), ZoneInfo("Europe/Lisbon")

    def at(hour: int, minute: int) -> datetime:
        return datetime(2027, 10, 31, hour, minute, tzinfo=UTC).astimezone(zone)

    calls = (
        ItineraryItem("stay", "Collect bags", at(1, 5), at(1, 20), coordinates=STAY),
        ItineraryItem("stay", "A long wait", at(0, 30), at(1, 30), coordinates=STAY),
        ItineraryItem("stay", "Over the change", at(0, 50), at(1, 5), coordinates=STAY),
    )
    for call in calls:
        written = ItineraryView.of(replace(plan(call), stay=STAY))
        draft = ItineraryView.model_validate_json(written.model_dump_json()).draft()
        readable(draft, Airport)
        (back,) = read(draft, zone, {}, Airport).days[0].items
        assert back.starts.date() == day
        assert back.starts.astimezone(UTC) == call.starts.astimezone(UTC)
        assert back.ends.astimezone(UTC) == call.ends.astimezone(UTC)


def test_a_place_is_written_down_as_exactly_as_maps_know_it() -> None:
    spot = replace(HERE, latitude=38.7222524, longitude=-9.1393366)
    resting = replace(item("commitment", "Tour", (840, 900)), coordinates=spot)
    written = ItineraryView.of(plan(resting)).model_dump_json()
    (back,) = (
        read(ItineraryView.model_validate_json(written).draft(), LISBON, {}, Airport).days[0].items
    )
    assert (back.coordinates, back.starts.date()) == (spot, MONDAY)
