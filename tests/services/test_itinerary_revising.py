"""Changes to a plan: what is asked for happens, and what was not touched stays as it was."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.fakes_itinerary import (
    NOW,
    FakeGeocoding,
    FakePlaces,
    FakeWeather,
    airports,
    city,
    place,
    weekly,
)
from tripsage_mcp.domain.itinerary import Itinerary, ItineraryItem
from tripsage_mcp.domain.place import Place
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.promises import CommitmentAsked
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.itineraries.results import Revised
from tripsage_mcp.services.itineraries.service import ItineraryService, ReviseRequest
from tripsage_mcp.views.itinerary import ItineraryView

pytestmark = pytest.mark.anyio

TUESDAY = date(2027, 5, 11)
DAYS = tuple(TUESDAY + timedelta(days=n) for n in range(3))


def planner(places: list[Place] | None = None) -> ItineraryService:
    return ItineraryService(
        FakePlaces(city() if places is None else places),
        FakeGeocoding(),
        FakeWeather(),
        airports,
        lambda: NOW,
        budget_s=30,
        iterations=40,
    )


ASKED = BuildRequest(
    destination="Lisbon",
    start_date=TUESDAY,
    end_date=DAYS[-1],
    arrival_airport="LIS",
    arrival_time=datetime(2027, 5, 11, 9, 0),  # noqa: DTZ001 - local to the airport
    departure_airport="LIS",
    departure_time=datetime(2027, 5, 13, 18, 0),  # noqa: DTZ001
    commitments=(CommitmentAsked(name="Museum 4", date=DAYS[1], start="15:00", minutes=60),),
)


def request(plan: Itinerary, *changes: Change, **given: Any) -> ReviseRequest:
    # As an assistant hands it back: through JSON.
    return ReviseRequest(ItineraryView.of(plan).draft(), changes=changes, **given)


async def planned(**given: Any) -> tuple[ItineraryService, Itinerary]:
    svc = planner()
    return svc, (await svc.build(replace(ASKED, **given))).itinerary


def items(plan: Itinerary, *kinds: str) -> list[ItineraryItem]:
    found = [item for day in plan.days for item in day.items]
    return [item for item in found if not kinds or item.kind in kinds]


def spans(plan: Itinerary) -> dict[str, tuple[datetime, datetime]]:
    return {i.item_id: (i.starts.astimezone(UTC), i.ends.astimezone(UTC)) for i in items(plan)}


def blockers(revised: Revised) -> list[str]:
    return [f.message for f in revised.findings if f.severity == "blocker"]


def visit(plan: Itinerary, day: int) -> ItineraryItem:
    return next(i for i in plan.days[day].items if i.kind == "visit")


async def test_without_changes_a_plan_is_only_checked() -> None:
    svc, plan = await planned()
    revised = await svc.revise(request(plan))
    assert (revised.changed, revised.differences, revised.verdict) == (False, (), "works")
    assert spans(revised.itinerary) == spans(plan)


async def test_dropping_one_thing_changes_nothing_else() -> None:
    svc, plan = await planned()
    gone = visit(plan, 1)
    revised = await svc.revise(request(plan, Change(action="drop", item=gone.item_id)))
    assert blockers(revised) == []
    before = spans(plan)
    del before[gone.item_id]
    assert spans(revised.itinerary) == before
    (told,) = revised.differences
    assert (told.did, told.item_id, told.why) == ("dropped", gone.item_id, "dropped as asked")


async def test_what_is_moved_to_another_day_finds_its_time_there() -> None:
    svc, plan = await planned()
    moved = visit(plan, 1)
    revised = await svc.revise(
        request(plan, Change(action="move", item=moved.item_id, day=DAYS[2]))
    )
    assert blockers(revised) == []
    after = {i.item_id: i for i in items(revised.itinerary)}
    assert after[moved.item_id].starts.date() == DAYS[2]
    told = {d.item_id: d for d in revised.differences}
    assert told[moved.item_id].why == "moved as asked"


async def test_what_is_moved_to_a_time_is_there_to_the_minute() -> None:
    svc, plan = await planned()
    moved = visit(plan, 1)
    change = Change(action="move", item=moved.name, day=DAYS[1], time="17:07")
    revised = await svc.revise(request(plan, change))
    assert blockers(revised) == []
    after = next(i for i in items(revised.itinerary) if i.item_id == moved.item_id)
    assert f"{after.starts:%H:%M}" == "17:07"


async def test_a_place_is_added_by_its_name_and_by_its_id() -> None:
    svc = planner([*city(), place("tile-works", "museum", east=0.4)])
    plan = (await svc.build(replace(ASKED, must_not=("Tile Works",)))).itinerary
    plan = replace(plan, must_not=())
    for called in ("Tile Works", "tile-works"):
        revised = await svc.revise(request(plan, Change(action="add", place=called, day=DAYS[1])))
        assert blockers(revised) == []
        (added,) = (d for d in revised.differences if d.did == "added")
        assert added.name == "Tile Works"
        new = next(i for i in items(revised.itinerary) if i.place_id == "tile-works")
        assert new.starts.date() == DAYS[1]


async def test_a_place_is_added_at_a_time_of_day() -> None:
    svc = planner([*city(), place("tile-works", "museum", east=0.4)])
    plan = (await svc.build(replace(ASKED, must_not=("Tile Works",)))).itinerary
    change = Change(action="add", place="Tile Works", day=DAYS[1], time="16:20", minutes=40)
    revised = await svc.revise(request(replace(plan, must_not=()), change))
    new = next(i for i in items(revised.itinerary) if i.place_id == "tile-works")
    assert (f"{new.starts:%H:%M}", f"{new.ends:%H:%M}") == ("16:20", "17:00")
    assert blockers(revised) == []


async def test_something_is_replaced_by_what_was_not_in_the_plan() -> None:
    svc, plan = await planned(pace="relaxed")
    old = visit(plan, 1)
    revised = await svc.revise(request(plan, Change(action="replace", item=old.item_id)))
    assert blockers(revised) == []
    assert {d.did for d in revised.differences} >= {"dropped", "added"}
    assert old.place_id not in {i.place_id for i in items(revised.itinerary)}
    assert len(items(revised.itinerary, "visit")) == len(items(plan, "visit"))


async def test_a_meal_is_replaced_by_another_restaurant() -> None:
    svc, plan = await planned()
    old = next(i for i in items(plan, "dinner") if i.place_id is not None)
    revised = await svc.revise(request(plan, Change(action="replace", item=old.item_id)))
    assert blockers(revised) == []
    (new,) = (i for i in items(revised.itinerary, "dinner") if i.starts.date() == old.starts.date())
    assert new.place_id not in {None, old.place_id}


async def test_rain_empties_the_open_air_of_its_day() -> None:
    svc, plan = await planned()
    day = next(d for d in plan.days if any(i.indoor is False for i in d.items))
    revised = await svc.revise(request(plan, Change(action="rain", day=day.date)))
    assert blockers(revised) == []
    (wet,) = (d for d in revised.itinerary.days if d.date == day.date)
    assert not any(i.indoor is False and i.kind == "visit" for i in wet.items)
    assert wet.weather == "rain, as told"
    assert {d.why.partition(":")[0] for d in revised.differences} & {"rain"}


async def test_a_late_flight_moves_the_bags_and_only_what_it_must() -> None:
    svc, plan = await planned(pace="relaxed")
    late = Change(action="delay_flight", item="arrival", minutes=180)
    revised = await svc.revise(request(plan, late))
    assert blockers(revised) == []
    first = revised.itinerary.days[0].items
    assert [i.kind for i in first[:2]] == ["arrival", "stay"]
    was = plan.days[0].items[0]
    assert first[0].starts - was.starts == timedelta(hours=3)
    assert all(i.starts >= first[1].ends for i in first[2:])
    before, after = spans(plan), spans(revised.itinerary)
    # The last day has nothing to do with it.
    for item in plan.days[2].items:
        assert after[item.item_id] == before[item.item_id]


async def test_a_flight_may_be_given_its_new_time() -> None:
    svc, plan = await planned()
    change = Change(action="delay_flight", item="departure", time="21:15")
    revised = await svc.revise(request(plan, change))
    assert blockers(revised) == []
    assert f"{revised.itinerary.days[2].items[-1].ends:%H:%M}" == "21:15"


async def test_days_start_later_and_end_earlier() -> None:
    svc, plan = await planned()
    revised = await svc.revise(
        request(
            plan,
            Change(action="start_later", time="11:00"),
            Change(action="end_earlier", time="20:00", day=DAYS[1]),
        )
    )
    assert blockers(revised) == []
    assert revised.itinerary.day_start == 11 * 60
    for item in items(revised.itinerary, "visit", "lunch", "dinner"):
        assert item.starts.hour >= 11
    last = revised.itinerary.days[1].items[-1]
    assert last.ends.hour * 60 + last.ends.minute <= 20 * 60


async def test_a_slower_day_loses_its_least_sight_and_keeps_the_times_of_the_rest() -> None:
    svc, plan = await planned()
    revised = await svc.revise(request(plan, Change(action="slower", day=DAYS[1])))
    assert blockers(revised) == []
    assert {d.did for d in revised.differences} == {"dropped"}
    assert all(d.why == "slower pace" for d in revised.differences)
    assert revised.itinerary.pace == plan.pace
    whole = await svc.revise(request(plan, Change(action="slower")))
    assert whole.itinerary.pace == "relaxed"
    assert "too_many_sights" not in {f.code for f in whole.findings}


async def test_a_faster_pace_adds_sights_where_there_is_room() -> None:
    svc, plan = await planned(pace="relaxed")
    revised = await svc.revise(request(plan, Change(action="faster")))
    assert blockers(revised) == []
    assert revised.itinerary.pace == "balanced"
    assert len(items(revised.itinerary, "visit")) > len(items(plan, "visit"))
    before, after = spans(plan), spans(revised.itinerary)
    assert all(after[key] == span for key, span in before.items())


async def test_two_days_are_swapped_around_what_is_booked() -> None:
    svc, plan = await planned()
    change = Change(action="swap_days", day=DAYS[1], other_day=DAYS[2])
    revised = await svc.revise(request(plan, change))
    assert blockers(revised) == []
    booked = next(i for i in items(plan) if i.kind == "commitment")
    assert spans(revised.itinerary)[booked.item_id] == spans(plan)[booked.item_id]
    swapped = {i.item_id for i in plan.days[1].items if i.kind == "visit"}
    there = {i.item_id for i in revised.itinerary.days[2].items}
    assert swapped & there


async def test_a_visit_is_shortened() -> None:
    svc, plan = await planned()
    long = next(i for i in items(plan, "visit") if i.ends - i.starts > timedelta(minutes=30))
    revised = await svc.revise(
        request(plan, Change(action="shorten", item=long.item_id, minutes=30))
    )
    after = next(i for i in items(revised.itinerary) if i.item_id == long.item_id)
    assert after.ends - after.starts == timedelta(minutes=30)
    assert len(revised.differences) == 1


async def test_a_lock_is_told_and_lasts() -> None:
    svc, plan = await planned()
    chosen = visit(plan, 1)
    locked = await svc.revise(request(plan, Change(action="lock", item=chosen.item_id)))
    (told,) = locked.differences
    assert (told.did, told.why) == ("changed", "locked")
    late = await svc.revise(
        request(locked.itinerary, Change(action="swap_days", day=DAYS[1], other_day=DAYS[2]))
    )
    assert spans(late.itinerary)[chosen.item_id] == spans(plan)[chosen.item_id]


async def test_a_lock_that_a_change_leaves_no_time_for_is_a_contradiction() -> None:
    svc, plan = await planned()
    first = visit(plan, 0)
    with pytest.raises(InvalidRequestError, match="locked") as caught:
        await svc.revise(
            request(
                plan,
                Change(action="lock", item=first.item_id),
                Change(action="delay_flight", item="arrival", minutes=10 * 60),
            )
        )
    assert caught.value.hint is not None
    assert "Unlock or drop" in caught.value.hint


@pytest.mark.parametrize(
    ("argument", "changes"),
    [
        ("changes[0].item", [Change(action="drop", item="nobody")]),
        ("changes[0].item", [Change(action="drop")]),
        ("changes[0].item", [Change(action="drop", item="Museum 4")]),
        ("changes[0].item", [Change(action="move", item="Museum 4", time="11:00")]),
        ("changes[0].item", [Change(action="drop", item="Land at LIS")]),
        ("changes[0].item", [Change(action="delay_flight", minutes=60)]),
        ("changes[0].minutes", [Change(action="delay_flight", item="arrival")]),
        ("changes[0].minutes", [Change(action="shorten", item="Museum 0", minutes=1)]),
        ("changes[0].place", [Change(action="add", place="Atlantis")]),
        ("changes[0].place", [Change(action="add", place="Museum 4")]),
        ("changes[0].day", [Change(action="rain", day=DAYS[0] - timedelta(days=9))]),
        ("changes[0].day", [Change(action="rain")]),
        ("changes[0].time", [Change(action="start_later", time="noon")]),
        ("changes[0].time", [Change(action="end_earlier", time="08:00")]),
        ("changes[0].other_day", [Change(action="swap_days", day=DAYS[0], other_day=DAYS[0])]),
        ("changes", [Change(action="slower")] * 21),
        ("changes[1].item", [Change(action="unlock", item="x"), Change(action="drop", item="y")]),
    ],
)
async def test_changes_that_make_no_sense_are_refused_with_what_would(
    argument: str, changes: list[Change]
) -> None:
    svc, plan = await planned()
    if argument == "changes[1].item":
        changes = [
            Change(action="drop", item=visit(plan, 1).item_id),
            Change(action="lock", item=visit(plan, 1).item_id),
        ]
    with pytest.raises(InvalidRequestError) as caught:
        await svc.revise(request(plan, *changes))
    assert caught.value.argument == argument


async def test_a_day_on_which_a_place_is_closed_is_refused_with_one_on_which_it_opens() -> None:
    svc = planner([place("shy", "museum", hours=weekly(600, 1080, [2, 3])), *city()])
    plan = (await svc.build(replace(ASKED, must_see=("Shy",)))).itinerary
    shy = next(i for i in items(plan) if i.place_id == "shy")
    with pytest.raises(InvalidRequestError) as caught:
        await svc.revise(request(plan, Change(action="move", item=shy.item_id, day=DAYS[0])))
    assert (caught.value.argument, caught.value.example) == ("changes[0].day", f'"{DAYS[1]}"')
    with pytest.raises(InvalidRequestError) as caught:
        await svc.revise(
            request(plan, Change(action="move", item=shy.item_id, day=DAYS[1], time="20:00"))
        )
    assert (caught.value.argument, caught.value.example) == ("changes[0].time", '"10:00"')


async def test_a_booking_is_moved_once_it_is_unlocked() -> None:
    svc, plan = await planned()
    booked = next(i for i in items(plan) if i.kind == "commitment")
    revised = await svc.revise(
        request(
            plan,
            Change(action="unlock", item=booked.item_id),
            Change(action="move", item=booked.name, day=DAYS[1], time="12:30"),
        )
    )
    after = next(i for i in items(revised.itinerary) if i.item_id == booked.item_id)
    assert f"{after.starts:%H:%M}" == "12:30"
    assert [f"{c.starts:%H:%M}" for c in revised.itinerary.commitments] == ["12:30"]
    assert blockers(revised) == []


async def test_a_plan_written_by_hand_keeps_its_odd_minutes() -> None:
    svc = planner()
    plan = ItineraryView.model_validate(
        {
            "destination": "Lisbon",
            "time_zone": "Europe/Lisbon",
            "days": [
                {
                    "date": "2027-05-11",
                    "items": [
                        {"time": "08:12-09:03", "name": "Breakfast somewhere"},
                        {"time": "10:01-11:13", "name": "Museum 1", "place_id": "museum-1"},
                        {"time": "13:00-14:00", "kind": "lunch", "name": "Lunch"},
                        {"time": "15:07-16:00", "name": "Park 1", "place_id": "park-1"},
                    ],
                }
            ],
        }
    )
    revised = await svc.revise(
        ReviseRequest(plan.draft(), changes=(Change(action="drop", item="Park 1"),))
    )
    kept = [f"{i.starts:%H:%M}-{i.ends:%H:%M} {i.name}" for i in items(revised.itinerary)]
    assert kept == [
        "08:12-09:03 Breakfast somewhere",
        "10:01-11:13 Museum 1",
        "13:00-14:00 Lunch",
    ]


async def test_without_a_plan_or_a_trip_there_is_nothing_to_revise() -> None:
    with pytest.raises(InvalidRequestError, match="trip_id"):
        await planner().revise(ReviseRequest())
    with pytest.raises(NotFoundError):
        await planner().revise(ReviseRequest(trip_id="0190a0a0-0000-7000-8000-000000000000"))
