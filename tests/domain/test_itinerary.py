from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    LeftOut,
    Leg,
    at_elapsed_minute,
    at_wall_minute,
    elapsed_minute,
    with_ids,
)
from tripsage_mcp.domain.provenance import Provenance

LISBON = ZoneInfo("Europe/Lisbon")
SPRING_FORWARD, FALL_BACK = date(2027, 3, 28), date(2027, 10, 31)
ZONES = st.sampled_from(["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"])


def test_an_itinerary_survives_json() -> None:
    starts = datetime(2027, 5, 10, 9, 30, tzinfo=LISBON)
    item = ItineraryItem(
        "visit",
        "Castle",
        starts,
        starts + timedelta(hours=1),
        place_id="castle",
        coordinates=Coordinates(38.7, -9.1),
        leg=Leg("walk", 12, estimated=True),
    )
    whole = Itinerary(
        "Lisbon",
        "Europe/Lisbon",
        (ItineraryDay(date(2027, 5, 10), (item,), Leg("transit", 20), "clear"),),
        stay=Coordinates(38.7, -9.2),
        must_see=("Castle",),
        left_out=(LeftOut("Zoo", "zoo", "closed"),),
        provenance=(Provenance("fake", "sandbox", starts.astimezone(UTC)),),
    )
    adapter = TypeAdapter(Itinerary)
    assert adapter.validate_json(adapter.dump_json(whole)) == whole


def test_wall_and_real_minutes_differ_on_the_day_the_clocks_change() -> None:
    nine = at_wall_minute(SPRING_FORWARD, 9 * 60, LISBON)
    assert nine.isoformat() == "2027-03-28T09:00:00+01:00"
    assert elapsed_minute(SPRING_FORWARD, nine, LISBON) == 8 * 60
    assert elapsed_minute(FALL_BACK, at_wall_minute(FALL_BACK, 9 * 60, LISBON), LISBON) == 10 * 60


def test_a_time_the_clocks_skip_becomes_one_that_exists() -> None:
    skipped = at_wall_minute(SPRING_FORWARD, 90, LISBON)
    assert skipped.isoformat() == "2027-03-28T02:30:00+01:00"


@given(day=st.dates(date(2026, 1, 1), date(2030, 1, 1)), minute=st.integers(0, 1500), name=ZONES)
def test_real_minutes_go_there_and_back(day: date, minute: int, name: str) -> None:
    zone = ZoneInfo(name)
    assert elapsed_minute(day, at_elapsed_minute(day, minute, zone), zone) == minute


def test_ids_are_unique_and_stay_with_the_thing_when_it_moves() -> None:
    noon = datetime(2027, 5, 10, 12, tzinfo=LISBON)
    park = ItineraryItem("visit", "Park", noon, noon + timedelta(hours=1), place_id="park")
    rest = ItineraryItem("rest", "Rest", noon, noon + timedelta(hours=1))
    first = with_ids(of_days((park, rest, rest)))
    ids = [item.item_id for item in first.days[0].items]
    assert len(set(ids)) == 3
    later = replace(park, starts=noon + timedelta(days=1), ends=noon + timedelta(days=1, hours=1))
    assert with_ids(of_days((rest, later))).days[0].items[1].item_id == ids[0]
    assert with_ids(first) == first


def test_an_id_given_twice_is_kept_by_the_first() -> None:
    noon = datetime(2027, 5, 10, 12, tzinfo=LISBON)
    stop = ItineraryItem("rest", "Rest", noon, noon + timedelta(hours=1), item_id="a")
    kept, renamed = with_ids(of_days((stop, stop))).days[0].items
    assert kept.item_id == "a"
    assert renamed.item_id not in {"", "a"}


def test_a_plan_saved_without_the_newer_fields_is_read() -> None:
    old = (
        '{"destination": "Lisbon", "time_zone": "Europe/Lisbon", "days": [{"date": "2027-05-10",'
        ' "items": [{"kind": "visit", "name": "Castle", "starts": "2027-05-10T09:30:00+01:00",'
        ' "ends": "2027-05-10T10:30:00+01:00", "leg": {"mode": "walk", "minutes": 12}}]}]}'
    )
    (item,) = TypeAdapter(Itinerary).validate_json(old).days[0].items
    assert item.item_id == ""
    assert item.leg == Leg("walk", 12)


def of_days(*items: tuple[ItineraryItem, ...]) -> Itinerary:
    days = tuple(ItineraryDay(date(2027, 5, 10), day) for day in items)
    return Itinerary("Lisbon", "Europe/Lisbon", days)
