"""Plans with everything a traveller may ask for, over a small made-up Lisbon."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.fakes_itinerary import (
    CENTER,
    NOW,
    FakeGeocoding,
    FakePlaces,
    FakeWeather,
    airports,
    city,
    place,
    weekly,
)
from tests.fakes_rates import FakeRates
from tripsage_mcp.domain.itinerary import ItineraryItem
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import Accessibility, OpeningHours, Place, PriceRange
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.itineraries.promises import CommitmentAsked, StayAsked
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.itineraries.results import Built
from tripsage_mcp.services.itineraries.service import ItineraryService

pytestmark = pytest.mark.anyio

LISBON = ZoneInfo("Europe/Lisbon")
TUESDAY = date(2027, 5, 11)


async def built(
    places: list[Place] | None = None, *, weather: FakeWeather | None = None, **given: Any
) -> Built:
    planner = ItineraryService(
        FakePlaces(city() if places is None else places),
        FakeGeocoding(),
        weather or FakeWeather(),
        airports,
        lambda: NOW,
        FakeRates(),
        budget_s=30,
        iterations=40,
    )
    days = given.pop("days", 3)
    request = BuildRequest(
        destination="Lisbon", start_date=TUESDAY, end_date=TUESDAY + timedelta(days=days - 1)
    )
    return await planner.build(replace(request, **given))


def items(plan: Built, *kinds: str) -> list[ItineraryItem]:
    found = [item for day in plan.itinerary.days for item in day.items]
    return [item for item in found if not kinds or item.kind in kinds]


def codes(plan: Built) -> set[str]:
    return {finding.code for finding in plan.findings}


def blockers(plan: Built) -> list[str]:
    return [f.message for f in plan.findings if f.severity == "blocker"]


def show(start: str = "15:00", **given: Any) -> CommitmentAsked:
    return CommitmentAsked(name="Museum 1", date=TUESDAY, start=start, minutes=90, **given)


async def test_what_is_booked_is_kept_to_the_minute_and_planned_around() -> None:
    plan = await built(commitments=(show(cost="40 EUR"),))
    (kept,) = (item for item in items(plan) if item.locked)
    assert (kept.name, kept.place_id) == ("Museum 1", "museum-1")
    assert kept.starts == datetime(2027, 5, 11, 15, tzinfo=LISBON)
    assert kept.ends - kept.starts == timedelta(minutes=90)
    assert (kept.kind, kept.booking) == ("commitment", "booked")
    assert [c.name for c in plan.itinerary.commitments] == ["Museum 1"]
    assert [i.place_id for i in items(plan)].count("museum-1") == 1
    assert blockers(plan) == []


async def test_a_table_that_is_booked_is_the_only_dinner_of_its_day() -> None:
    table = CommitmentAsked(name="Dinner at Room 3", date=TUESDAY, start="19:30")
    plan = await built(commitments=(table,))
    (dinner,) = (i for i in plan.itinerary.days[0].items if i.kind == "dinner")
    assert dinner.place_id == "room-3"
    assert dinner.starts == datetime(2027, 5, 11, 19, 30, tzinfo=LISBON)
    assert blockers(plan) == []


async def test_something_booked_late_makes_that_day_longer_and_no_other() -> None:
    late = CommitmentAsked(name="Park 2", date=TUESDAY, start="22:00", minutes=60)
    plan = await built(commitments=(late,))
    assert blockers(plan) == []
    assert "after_day_end" not in codes(plan)
    for item in items(plan, "visit", "lunch", "dinner"):
        assert item.ends.hour * 60 + item.ends.minute <= 21 * 60 + 30


async def test_where_something_booked_is_may_be_unknown_and_that_is_said() -> None:
    secret = CommitmentAsked(name="Hush hush", date=TUESDAY, start="16:00")
    plan = await built(commitments=(secret,))
    assert any("Hush hush" in words for words in plan.assumptions)
    assert "travel_unknown" in codes(plan)
    assert plan.verdict == "not_fully_checked"


@pytest.mark.parametrize(
    ("argument", "changes"),
    [
        ("commitments", {"commitments": (show("15:00"), show("16:00"))}),
        (
            "commitments[0].date",
            {"commitments": (replace(show(), date=TUESDAY - timedelta(days=1)),)},
        ),
        ("commitments[0].minutes", {"commitments": (replace(show(), minutes=0),)}),
        ("commitments[0].start", {"commitments": (show("3pm"),)}),
        (
            "commitments",
            {
                "commitments": (show("08:00"),),
                "arrival_airport": "LIS",
                "arrival_time": datetime(2027, 5, 11, 10, 0),  # noqa: DTZ001 - local
            },
        ),
        ("must_not", {"must_see": ("Museum 1",), "must_not": ("museum 1",)}),
        ("budget", {"budget": "plenty"}),
        ("diet", {"diet": ("carnivore",)}),
        ("needs", {"needs": ("butler",)}),
        ("modes", {"modes": ("teleport",)}),
        ("travellers", {"travellers": 0}),
        ("rest_minutes", {"rest_minutes": 900}),
        ("effort", {"effort": 0.0}),
        ("save", {"save": True}),
        (
            "stays[0].check_in",
            {"stays": (StayAsked(latitude=38.7, longitude=-9.1),) * 2},
        ),
    ],
)
async def test_wishes_that_break_a_rule_are_refused_by_name(
    argument: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await built(**changes)
    assert caught.value.argument == argument


def beds(*nights: int) -> tuple[StayAsked, ...]:
    found: list[StayAsked] = []
    day = TUESDAY
    for number, count in enumerate(nights):
        until = day + timedelta(days=count)
        found.append(
            StayAsked(
                latitude=CENTER.latitude + 0.03 * number,
                longitude=CENTER.longitude,
                name=f"Inn {number}",
                check_in=day,
                check_out=until,
            )
        )
        day = until
    return tuple(found)


async def test_bags_move_from_one_stay_to_the_next_before_anything_else() -> None:
    plan = await built(days=4, stays=beds(2, 1))
    assert blockers(plan) == []
    assert "with_luggage" not in codes(plan)
    out, into, *rest = plan.itinerary.days[2].items
    assert (out.kind, into.kind) == ("check_out", "check_in")
    assert into.leg is not None
    assert into.starts - out.ends >= timedelta(minutes=into.leg.minutes)
    assert rest
    assert rest[0].starts >= into.ends
    first, last = beds(2, 1)
    assert into.coordinates is not None
    assert into.coordinates.latitude == last.latitude
    assert plan.itinerary.stay is not None
    assert plan.itinerary.stay.latitude == first.latitude


async def test_nights_without_a_bed_and_beds_for_one_night_are_refused() -> None:
    one, other = beds(1, 2)
    late = replace(other, check_in=TUESDAY + timedelta(days=2))
    with pytest.raises(InvalidRequestError, match="without a bed"):
        await built(days=4, stays=(one, late))
    early = replace(other, check_in=TUESDAY)
    with pytest.raises(InvalidRequestError, match="overlap"):
        await built(days=4, stays=(replace(one, check_out=TUESDAY + timedelta(days=2)), early))


def priced(key: str, kind: str, euros: int, **given: Any) -> Place:
    return replace(place(key, kind, **given), price_range=PriceRange(Money(Decimal(euros), "EUR")))


async def test_a_budget_is_kept_for_everybody_and_said_to_be_an_estimate() -> None:
    sights = [priced(f"museum-{n}", "museum", 20) for n in range(8)]
    rooms = [priced(f"room-{n}", "restaurant", 12, east=0.1 * n) for n in range(4)]
    plan = await built([*sights, *rooms], days=1, budget="140 EUR", travellers=2)
    spent = plan.spending
    assert spent is not None
    assert spent.planned <= spent.limit
    assert spent.estimated > 0
    # Two meals for two at 12 each, and then two visits.
    assert len(items(plan, "visit")) == 2
    assert items(plan, "visit")[0].cost == Money(Decimal(40), "EUR")
    assert "over_budget" not in codes(plan)
    assert any("estimates" in words for words in plan.assumptions)
    assert "over the budget" in " ".join(left.reason for left in plan.itinerary.left_out)


async def test_a_budget_in_another_currency_is_converted() -> None:
    sights = [priced(f"museum-{n}", "museum", 20) for n in range(3)]
    plan = await built(sights, days=1, budget="500 USD")
    assert {i.cost for i in items(plan, "visit")} == {Money(Decimal("25.00"), "USD")}


def steps(key: str, *, entrance: bool | None, **given: Any) -> Place:
    return replace(place(key, "museum", **given), accessibility=Accessibility(entrance=entrance))


async def test_a_wheelchair_never_goes_where_there_are_only_steps() -> None:
    sights = [
        *(steps(f"steep-{n}", entrance=False, rating_count=90_000) for n in range(3)),
        *(steps(f"level-{n}", entrance=True) for n in range(3)),
    ]
    plan = await built(sights, days=1, needs=("wheelchair",))
    assert {i.place_id for i in items(plan, "visit")} == {"level-0", "level-1", "level-2"}
    assert "not_accessible" not in codes(plan)


async def test_a_child_has_time_to_sleep() -> None:
    plan = await built(needs=("naps",))
    assert "no_nap" not in codes(plan)
    assert {item.name for item in items(plan, "rest")} == {"Nap"}


async def test_who_should_walk_little_rides() -> None:
    plain, spared = await built(), await built(needs=("low_walking",))
    walked = [
        sum(i.leg.minutes for i in items(p) if i.leg is not None and i.leg.mode == "walk")
        for p in (plain, spared)
    ]
    assert walked[1] < walked[0]
    assert "too_much_walking" not in codes(spared)


async def test_a_car_is_taken_where_it_may_be() -> None:
    plan = await built(modes=("walk", "drive"), must_see=("Far Palace",))
    (palace,) = (i for i in items(plan) if i.place_id == "far-palace")
    assert palace.leg is not None
    assert palace.leg.mode == "drive"
    assert blockers(plan) == []


async def test_what_must_not_be_is_neither_planned_nor_left_out() -> None:
    plan = await built(must_not=("Park 1", "museums"))
    planned = {i.place_id for i in items(plan)} | {x.place_id for x in plan.itinerary.left_out}
    assert "park-1" not in planned
    assert not any((key or "").startswith("museum") for key in planned)
    assert "must_not_present" not in codes(plan)


async def test_a_diet_rules_restaurants_out_and_favours_what_was_found_for_it() -> None:
    places = [
        *(place(f"museum-{n}", "museum") for n in range(3)),
        place("grill", "steak_house", "restaurant", rating_count=90_000),
        place("green-vegetarian", "vegetarian_restaurant", "restaurant"),
    ]
    plan = await built(places, days=1, diet=("vegetarian",))
    eaten = [i.place_id for i in items(plan, "lunch", "dinner")]
    assert "grill" not in eaten
    assert "green-vegetarian" in eaten
    assert any("vegetarian" in words for words in plan.assumptions)
    nuts = await built(places, days=1, diet=("nut_free",))
    assert any("ask there before eating" in words for words in nuts.assumptions)


async def test_far_from_any_restaurant_one_eats_where_one_is() -> None:
    plan = await built([place("park-1", "park", north=20.0)], days=1)
    lunch, dinner = items(plan, "lunch", "dinner")
    assert lunch.place_id is dinner.place_id is None
    assert lunch.name.startswith("Lunch near ")
    assert blockers(plan) == []


async def test_each_visit_says_why_it_is_in_and_how_tight_it_is() -> None:
    plan = await built(must_see=("Museum 2",), interests=("church",))
    reasons = {i.place_id: i.why for i in items(plan, "visit")}
    assert reasons["museum-2"] == "must-see"
    assert any(why == "church, 4.5 stars" for why in reasons.values())
    assert all(i.slack_minutes is not None for i in items(plan, "visit"))


async def test_a_wet_day_names_a_roof_near_each_outdoor_sight() -> None:
    wet = frozenset(TUESDAY + timedelta(days=n) for n in range(2))
    sights = [
        *(place(f"park-{n}", "park", rating_count=80_000) for n in range(6)),
        *(place(f"museum-{n}", "museum", rating_count=100) for n in range(6)),
    ]
    plan = await built(
        sights, weather=FakeWeather(wet), days=2, pace="relaxed", must_see=("Park 1",)
    )
    for day in plan.itinerary.days:
        outdoors = {i.item_id for i in day.items if i.kind == "visit" and i.indoor is False}
        assert outdoors == {spared.item_id for spared in day.rain_alternatives}
        assert all(spared.place_id.startswith("museum") for spared in day.rain_alternatives)


SHUT: dict[str, Any] = {"opening_hours": OpeningHours()}


@pytest.mark.parametrize(
    ("facts", "planned"),
    [
        ({"status": "closed_temporarily", **SHUT}, True),
        ({"status": "future", "opens_on": date(2027, 4, 1), **SHUT}, True),
        ({"status": "future", "opens_on": date(2027, 6, 1), **SHUT}, False),
        ({"status": "future", **SHUT}, False),
        ({"status": "closed_permanently", **SHUT}, False),
    ],
)
async def test_what_is_shut_today_may_be_open_months_from_now_but_nobody_vouches_for_it(
    facts: dict[str, Any],
    planned: bool,  # noqa: FBT001 - one of the cases
) -> None:
    shut = replace(place("shut", "museum"), **facts)
    plan = await built([shut, place("open", "park")], days=1)
    found = [i for i in items(plan) if i.place_id == "shut"]
    assert bool(found) == planned
    for item in found:
        assert item.hours_unverified
        assert item.why is not None
        assert "see that it is" in item.why
        assert plan.verdict == "not_fully_checked"
    assert blockers(plan) == []


async def test_what_closed_just_before_the_trip_is_left_alone() -> None:
    shut = replace(place("shut", "museum"), status="closed_temporarily", **SHUT)
    soon = NOW.date() + timedelta(days=3)
    plan = await built([shut, place("open", "park")], days=1, start_date=soon, end_date=soon)
    assert "shut" not in {i.place_id for i in items(plan)}


async def test_a_place_that_opens_during_the_trip_is_visited_after_that() -> None:
    opens = TUESDAY + timedelta(days=2)
    new = replace(place("new", "museum"), status="future", opens_on=opens, **SHUT)
    plan = await built([new, place("old", "park")], must_see=("New",))
    (visit,) = (i for i in items(plan) if i.place_id == "new")
    assert visit.starts.date() == opens


async def test_rest_is_planned_on_whole_days() -> None:
    plan = await built(rest_minutes=60)
    assert "too_little_rest" not in codes(plan)
    assert len(items(plan, "rest")) == 3


async def test_one_hour_of_opening_is_enough_for_a_must_see() -> None:
    brief = place("brief", "museum", hours=weekly(600, 670), visit_minutes=90)
    plan = await built([brief, place("park-1", "park")], days=1, must_see=("Brief",))
    (visit,) = (i for i in items(plan) if i.place_id == "brief")
    assert timedelta(minutes=60) <= visit.ends - visit.starts <= timedelta(minutes=70)
