"""What travellers ask of a plan that has something locked, a nap, or a meal on the way in it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fakes_itinerary import (
    NOW,
    FakeGeocoding,
    FakePlaces,
    FakeWeather,
    airports,
    place,
    weekly,
)
from tripsage_mcp.domain.itinerary import Itinerary, ItineraryItem
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import Place
from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.results import Revised
from tripsage_mcp.services.itineraries.service import ItineraryService, ReviseRequest
from tripsage_mcp.views.itinerary import ItineraryView

pytestmark = pytest.mark.anyio

TUESDAY = date(2027, 5, 11)
WEDNESDAY = TUESDAY + timedelta(days=1)
FAR_ROOM = place("harbour-room", "italian_restaurant", east=6.0)
PLACES = [
    place("fado-museum", "museum", east=0.3),
    place("tile-museum", "museum", east=0.6),
    place("river-market", "market", east=0.9),
    place("aquarium", "aquarium", east=7.0),
    FAR_ROOM,
]
LOCKED = {"place_id": "harbour-room", "locked": True, "booking": "booked"}


def planner(places: list[Place]) -> ItineraryService:
    return ItineraryService(
        FakePlaces(places),
        FakeGeocoding(),
        FakeWeather(),
        airports,
        lambda: NOW,
        budget_s=30,
        iterations=40,
    )


def item(time: str, name: str, kind: str = "visit", **given: Any) -> dict[str, Any]:
    known = next((p.place_id for p in PLACES if p.name == name), None)
    return {"time": time, "name": name, "kind": kind, "place_id": known, **given}


async def revised(
    *days: list[dict[str, Any]],
    changes: list[Change],
    places: list[Place] = PLACES,
    **given: Any,
) -> Revised:
    told = {
        "destination": "Lisbon",
        "time_zone": "Europe/Lisbon",
        "stay_latitude": 38.7108,
        "stay_longitude": -9.139,
        "day_start": "09:00",
        "day_end": "21:30",
        "days": [
            {"date": TUESDAY + timedelta(days=n), "items": items} for n, items in enumerate(days)
        ],
        **given,
    }
    view = ItineraryView.model_validate(told)
    request = ReviseRequest(view.draft(), changes=changes, travellers=view.travellers)
    return await planner(places).revise(request)


def on(plan: Itinerary, day: int, kind: str | None = None) -> list[ItineraryItem]:
    return [i for i in plan.days[day].items if kind in {None, i.kind}]


def times(items: list[ItineraryItem]) -> list[str]:
    return [f"{i.starts:%H:%M} {i.name}" for i in items]


MORNING = item("10:00-11:00", "Fado Museum")
AFTERNOON = item("15:00-16:00", "Tile Museum")
DINNER = item("20:15-21:30", "Harbour Room", "dinner", **LOCKED)


async def test_a_late_booked_dinner_does_not_forbid_a_later_start() -> None:
    answer = await revised(
        [MORNING, AFTERNOON, DINNER], changes=[Change(action="start_later", time="11:00")]
    )
    assert answer.differences != ()
    visits = on(answer.itinerary, 0, "visit")
    assert len(visits) == 2
    assert min(f"{i.starts:%H:%M}" for i in visits) >= "11:00"
    assert times(on(answer.itinerary, 0, "dinner")) == ["20:15 Harbour Room"]


async def test_a_late_booked_dinner_does_not_keep_the_rest_out_late() -> None:
    late = item("18:30-19:30", "Tile Museum")
    answer = await revised(
        [MORNING, late, DINNER], changes=[Change(action="end_earlier", time="17:00")]
    )
    visits = on(answer.itinerary, 0, "visit")
    assert len(visits) == 2
    assert max(f"{i.ends:%H:%M}" for i in visits) <= "17:00"
    assert times(on(answer.itinerary, 0, "dinner")) == ["20:15 Harbour Room"]


@pytest.mark.parametrize("time", ["16:00-17:00", "10:30-11:30", "22:00-23:00"])
async def test_a_dinner_that_is_locked_at_an_odd_hour_stays_there(time: str) -> None:
    dinner = item(time, "Harbour Room", "dinner", **LOCKED)
    market = item("13:00-14:00", "River Market")
    answer = await revised(
        [market, dinner], [AFTERNOON], changes=[Change(action="drop", item="River Market")]
    )
    (kept,) = on(answer.itinerary, 0, "dinner")
    assert f"{kept.starts:%H:%M}-{kept.ends:%H:%M}" == time


async def test_what_was_planned_outside_the_usual_hours_stays_when_something_else_is_dropped() -> (
    None
):
    late = item("22:00-22:45", "River Market")
    answer = await revised(
        [MORNING, AFTERNOON, late], changes=[Change(action="drop", item="Tile Museum")]
    )
    assert times(on(answer.itinerary, 0)) == ["10:00 Fado Museum", "22:00 River Market"]


async def test_a_lunch_on_the_way_at_an_odd_hour_stays_there() -> None:
    answer = await revised(
        [MORNING, item("17:00-18:00", "Lunch", "lunch"), item("13:00-14:00", "River Market")],
        changes=[Change(action="drop", item="River Market")],
    )
    assert times(on(answer.itinerary, 0, "lunch")) == ["17:00 Lunch"]


@pytest.mark.parametrize("flags", [{}, {"locked": True}])
async def test_a_plan_in_which_something_is_closed_can_be_changed_elsewhere(
    flags: dict[str, Any],
) -> None:
    shut = replace(PLACES[0], opening_hours=weekly(12 * 60, 18 * 60, [6]))
    visit = item("10:00-11:00", "Fado Museum", **flags)
    answer = await revised(
        [visit, item("13:00-14:00", "River Market")],
        changes=[Change(action="drop", item="River Market")],
        places=[shut, *PLACES[1:]],
    )
    assert times(on(answer.itinerary, 0)) == ["10:00 Fado Museum"]
    assert "closed" in {f.code for f in answer.findings}


async def test_a_meal_on_the_way_is_near_what_now_comes_before_it() -> None:
    dinner = item("19:00-20:30", "Dinner near Fado Museum", "dinner")
    day = [item("10:00-11:00", "Fado Museum", travel="4 min walk"), dinner]
    answer = await revised(day, changes=[Change(action="add", place="aquarium", day=TUESDAY)])
    assert answer.itinerary.days[0].items[-1].name == "Dinner near Aquarium"
    back = answer.itinerary.days[0].back
    assert back is not None
    # It is 7 km from there, and was 300 m from the museum.
    assert back.minutes >= 20
    (added,) = [d for d in answer.differences if d.did == "added"]
    assert added.why == "added as asked"


async def test_a_way_after_a_meal_begins_where_the_meal_now_is() -> None:
    lunch = item("12:30-13:30", "Lunch near Fado Museum", "lunch")
    market = item("15:00-16:00", "River Market", travel="8 min walk")
    change = Change(action="add", place="aquarium", day=TUESDAY, time="11:10", minutes=30)
    answer = await revised([item("09:30-10:00", "Fado Museum"), lunch, market], changes=[change])
    after = next(i for i in answer.itinerary.days[0].items if i.name == "River Market")
    assert after.leg is not None
    assert after.leg.minutes >= 20


async def test_rain_on_a_day_that_is_indoors_already_is_told_so() -> None:
    answer = await revised([MORNING], changes=[Change(action="rain", day=TUESDAY)])
    assert answer.differences == ()
    assert answer.undone == ("nothing on 2027-05-11 is known to be outdoors: all stays",)


async def test_a_nap_stays_a_nap_when_days_are_swapped() -> None:
    nap = item("13:00-14:00", "Nap", "rest")
    answer = await revised(
        [MORNING, nap, AFTERNOON],
        [item("09:00-12:30", "River Market"), item("14:00-15:00", "Nap", "rest")],
        changes=[Change(action="swap_days", day=TUESDAY, other_day=WEDNESDAY)],
        needs=["naps"],
    )
    naps = [i for n in range(2) for i in on(answer.itinerary, n, "rest")]
    assert len(naps) == 2
    assert all("12:00" <= f"{i.starts:%H:%M}" <= "15:30" for i in naps)


async def test_a_booked_dinner_leaves_the_other_day_its_own_when_they_are_swapped() -> None:
    dinner = item("19:00-20:30", "Dinner", "dinner")
    answer = await revised(
        [MORNING, dinner],
        [AFTERNOON, DINNER],
        changes=[Change(action="swap_days", day=TUESDAY, other_day=WEDNESDAY)],
    )
    assert [i.name for i in on(answer.itinerary, 0, "visit")] == ["Tile Museum"]
    assert [len(on(answer.itinerary, n, "dinner")) for n in range(2)] == [1, 1]


async def test_what_is_added_to_a_plan_with_a_budget_has_its_price_for_everybody() -> None:
    priced = replace(PLACES[3], typical_cost=Money(Decimal(20), "EUR"))
    answer = await revised(
        [MORNING],
        changes=[Change(action="add", place="aquarium", day=TUESDAY)],
        places=[*PLACES[:3], priced, FAR_ROOM],
        budget="100 EUR",
        travellers=3,
    )
    (added,) = [i for i in on(answer.itinerary, 0) if i.name == "Aquarium"]
    assert added.cost == Money(Decimal(60), "EUR")
    assert ItineraryView.of(answer.itinerary).travellers == 3


@pytest.mark.parametrize(("budget", "added"), [("79 EUR", 0), ("80 EUR", 1)])
async def test_a_faster_pace_does_not_go_over_the_budget(budget: str, added: int) -> None:
    priced = replace(PLACES[3], typical_cost=Money(Decimal(20), "EUR"))
    answer = await revised(
        [{**MORNING, "cost": "40 EUR"}],
        changes=[Change(action="faster", day=TUESDAY)],
        places=[PLACES[0], priced],
        budget=budget,
        travellers=2,
    )
    assert len(answer.differences) == added


async def test_days_for_which_nothing_was_found_are_told_in_one_line() -> None:
    answer = await revised(
        [MORNING], [AFTERNOON], changes=[Change(action="faster")], places=PLACES[:2]
    )
    assert answer.undone == (
        "no other sight was found that fits 2027-05-11, 2027-05-12 (faster pace)",
    )


async def test_what_takes_the_room_of_something_is_not_the_same_under_another_name() -> None:
    gate = replace(PLACES[0], place_id="fado-gate", name="Fado Gate")
    answer = await revised(
        [MORNING, AFTERNOON],
        changes=[Change(action="replace", item="Tile Museum")],
        places=[*PLACES[:2], gate, FAR_ROOM],
    )
    assert [i.name for i in on(answer.itinerary, 0, "visit")] == ["Fado Museum"]
