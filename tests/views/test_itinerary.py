from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes_itinerary import airports, place
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Commitment,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    RainAlternative,
    at_wall_minute,
    with_ids,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.itineraries.drafts import read, readable
from tripsage_mcp.views.itinerary import ItineraryView

LISBON = ZoneInfo("Europe/Lisbon")
MONDAY, FALL_BACK = date(2027, 5, 10), date(2027, 10, 31)
PARK = replace(place("park-1", "park", north=1), indoor=False)
STAY = Coordinates(38.710834, -9.139021)


def at(minute: int, day: date = MONDAY) -> datetime:
    return at_wall_minute(day, minute, LISBON)


def whole() -> Itinerary:
    visit = ItineraryItem(
        "visit",
        PARK.name,
        at(600),
        at(660),
        place_id="park-1",
        coordinates=PARK.coordinates,
        leg=Leg("walk", 12, meters=950),
        locked=True,
        cost=Money(Decimal("12.50"), "EUR"),
        indoor=False,
        booking="needed",
        why="famous",
        slack_minutes=35,
    )
    show = ItineraryItem("commitment", "Fado", at(1290), at(1500), hours_unverified=True)
    day = ItineraryDay(
        MONDAY,
        (visit, show),
        Leg("transit", 20, estimated=True),
        "rain",
        (RainAlternative("abc", "Museum", "museum-1"),),
    )
    return with_ids(
        Itinerary(
            "Lisbon",
            "Europe/Lisbon",
            (day,),
            pace="relaxed",
            stay=STAY,
            stay_assumed=True,
            must_see=("Park 1",),
            budget=Money(Decimal(500), "EUR"),
            needs=("naps", "stroller"),
            day_start=9 * 60,
            day_end=25 * 60 + 30,
            must_not=("Zoo",),
            interests=("parks",),
            commitments=(Commitment("Fado", show.starts, show.ends),),
            rest_minutes=30,
        )
    )


def back(written: str, zone: ZoneInfo = LISBON) -> Itinerary:
    draft = ItineraryView.model_validate_json(written).draft()
    readable(draft, airports)
    return read(draft, zone, {"park-1": PARK}, airports)


def json_of(itinerary: Itinerary) -> str:
    return ItineraryView.of(itinerary).model_dump_json(exclude_none=True)


def test_a_plan_is_read_back_as_it_was_written() -> None:
    assert back(json_of(whole())) == whole()


def test_a_plan_that_an_earlier_version_saved_can_be_read() -> None:
    old = (
        '{"itinerary": {"destination": "Lisbon", "time_zone": "Europe/Lisbon", "days": [{"date":'
        ' "2027-05-10", "weekday": "Monday", "items": [{"time": "10:35-11:35", "kind": "arrival",'
        ' "name": "Land at LIS", "airport": "LIS"}, {"time": "12:10-12:30", "kind": "stay",'
        ' "name": "Drop bags at the stay", "travel": "29 min transit, estimated"}]}]}}'
    )
    landing, bags = back(old).days[0].items
    assert landing.item_id
    assert bags.item_id
    assert bags.leg == Leg("transit", 29, estimated=True)
    assert not bags.locked


@given(minute=st.integers(0, 40), gap=st.integers(1, 40))
def test_the_hour_that_comes_twice_is_read_as_the_one_that_was_meant(minute: int, gap: int) -> None:
    # At 02:00 the clocks go back to 01:00; the second item is an hour later than it looks.
    first = ItineraryItem("rest", "Nap", at(60 + minute, FALL_BACK), at(60 + 59, FALL_BACK))
    starts = first.ends + timedelta(minutes=1)
    second = ItineraryItem(
        "rest",
        "Talk",
        starts.replace(hour=1, minute=gap, fold=1),
        at(150, FALL_BACK),
    )
    plan = Itinerary(
        "Lisbon", "Europe/Lisbon", (ItineraryDay(FALL_BACK, (first, second)),), stay=STAY
    )
    (_, read_back) = back(json_of(plan)).days[0].items
    assert read_back.starts.utcoffset() == second.starts.utcoffset()
    assert read_back.starts == second.starts


@pytest.mark.parametrize(
    ("argument", "changes"),
    [
        ("itinerary.budget", {"budget": "lots"}),
        ("itinerary.budget", {"budget": "-5 EUR"}),
        ("itinerary.day_start", {"day_start": "9"}),
        (
            "itinerary.days[0].date",
            {"days": [{"date": "9999-12-31", "items": [{"time": "1", "name": "A"}]}]},
        ),
        ("itinerary.day_end", {"day_end": "30:00"}),
        ("itinerary.must_not", {"must_not": ["x"] * 41}),
        ("itinerary.rest_minutes", {"rest_minutes": 721}),
        (
            "itinerary.commitments[0].time",
            {"commitments": [{"date": "2027-05-10", "time": "9", "name": "Tour"}]},
        ),
        (
            "itinerary.days[0].items[0].cost",
            {
                "days": [
                    {
                        "date": "2027-05-10",
                        "items": [{"time": "10:00-11:00", "name": "A", "cost": "1"}],
                    }
                ]
            },
        ),
    ],
)
def test_what_cannot_be_read_is_named(argument: str, changes: dict[str, Any]) -> None:
    given_: dict[str, Any] = {
        "destination": "Lisbon",
        "days": [{"date": "2027-05-10", "items": []}],
    }
    draft = ItineraryView.model_validate(given_ | changes).draft()
    with pytest.raises(InvalidRequestError) as refused:
        readable(draft, airports)
    assert refused.value.argument == argument
