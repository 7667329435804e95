"""What is asked to check a plan somebody wrote, and what is said when nobody answers."""

from dataclasses import replace
from datetime import date

import pytest

from tests.fakes_itinerary import (
    CENTER,
    NOW,
    FakeGeocoding,
    FakePlaces,
    FakeWeather,
    airports,
    place,
    weekly,
)
from tests.fakes_rates import FakeRates
from tripsage_mcp.domain.place import Accessibility
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.providers.ports import ExchangeRates
from tripsage_mcp.services.itineraries.drafts import Draft, DraftCommitment, DraftDay, DraftItem
from tripsage_mcp.services.itineraries.service import Checked, ItineraryService

pytestmark = pytest.mark.anyio

MONDAY = date(2027, 5, 10)
PARK = DraftItem("10:00-11:00", "visit", "Park 1", "park-1", cost="10 EUR")
LUNCH = DraftItem("12:30-13:30", "lunch", "Room 1", "room-1", cost="25 USD")
DINNER = DraftItem("19:00-20:30", "dinner", "Room 2", "room-2", cost="30 EUR")


def draft(*items: DraftItem, **given: object) -> Draft:
    plain = Draft(destination="Lisbon", time_zone="Europe/Lisbon", days=(DraftDay(MONDAY, items),))
    return replace(plain, **given)


async def checked(
    given: Draft,
    places: FakePlaces | None = None,
    weather: FakeWeather | None = None,
    rates: ExchangeRates | None = None,
) -> Checked:
    service = ItineraryService(
        places or FakePlaces(),
        FakeGeocoding(),
        weather or FakeWeather(),
        airports,
        lambda: NOW,
        rates,
    )
    return await service.check(given)


def codes(of: Checked) -> set[str]:
    return {finding.code for finding in of.findings}


async def test_a_sound_plan_works() -> None:
    assert (await checked(draft(PARK, LUNCH, DINNER))).findings == ()


async def test_a_park_in_the_rain_is_found() -> None:
    wet = FakeWeather(frozenset({MONDAY}))
    assert codes(await checked(draft(PARK, LUNCH, DINNER), weather=wet)) == {
        "outdoors_in_bad_weather"
    }


async def test_the_weather_that_nobody_tells_is_unchecked_and_named() -> None:
    down = FakeWeather(error=ProviderUnavailableError("fake", "HTTP 503"))
    answer = await checked(draft(PARK, LUNCH, DINNER), weather=down)
    assert codes(answer) == {"weather_unknown"}
    assert answer.unavailable == ("weather",)


async def test_the_weather_is_not_asked_for_under_a_roof() -> None:
    down = FakeWeather(error=ProviderUnavailableError("fake", "HTTP 503"))
    answer = await checked(draft(LUNCH, DINNER), weather=down)
    assert answer.unavailable == ()


@pytest.mark.parametrize(
    ("budget", "expected"), [("60 EUR", set[str]()), ("59.99 EUR", {"over_budget"})]
)
async def test_costs_in_two_currencies_are_added_up_in_that_of_the_budget(
    budget: str, expected: set[str]
) -> None:
    answer = await checked(draft(PARK, LUNCH, DINNER, budget=budget), rates=FakeRates())
    assert codes(answer) == expected


async def test_without_a_rate_a_foreign_cost_is_unchecked() -> None:
    answer = await checked(draft(PARK, LUNCH, DINNER, budget="100 EUR"))
    assert codes(answer) == {"currency_unknown"}


async def test_a_place_is_asked_whether_a_wheelchair_can_enter() -> None:
    def known(entrance: dict[str, bool]) -> FakePlaces:
        places = FakePlaces()
        places.places = [
            replace(p, accessibility=Accessibility(entrance=entrance.get(p.place_id)))
            for p in places.places
        ]
        return places

    given = draft(PARK, LUNCH, DINNER, needs=("wheelchair",))
    every = {"park-1": True, "room-1": True, "room-2": True}
    assert codes(await checked(given, known(every))) == set()
    assert codes(await checked(given, known(every | {"park-1": False}))) == {"not_accessible"}
    assert codes(await checked(given, known({}))) == {"access_unknown"}


async def test_lunch_near_a_place_is_not_taken_for_lunch_at_it() -> None:
    places = FakePlaces([place("gulbenkian-museum", "museum"), *FakePlaces().places])
    museum = DraftItem("10:00-11:00", "visit", "Gulbenkian Museum", "gulbenkian-museum")
    near = DraftItem("12:30-13:30", "lunch", "Lunch near Gulbenkian Museum")
    assert codes(await checked(draft(museum, near, DINNER), places)) == set()


async def test_a_commitment_is_kept_to_the_minute() -> None:
    tour = DraftItem("15:00-16:00", "commitment", "Tour")
    kept = DraftCommitment(MONDAY, "15:00-16:00", "Tour")
    on_time = draft(PARK, LUNCH, tour, DINNER, commitments=(kept,))
    # Where it begins nobody said.
    assert codes(await checked(on_time)) == {"travel_unknown"}
    late = replace(on_time, commitments=(replace(kept, time="15:01-16:00"),))
    assert "commitment_moved" in codes(await checked(late))


async def test_the_way_from_the_stay_counts_towards_the_start_of_the_day() -> None:
    far = replace(PARK, name="Far Palace", place_id="far-palace", time="09:30-10:30")
    given = draft(
        far,
        DINNER,
        day_start="09:00",
        stay_latitude=CENTER.latitude,
        stay_longitude=CENTER.longitude,
    )
    (early,) = [f for f in (await checked(given)).findings if f.code == "before_day_start"]
    assert "leaving 70 min before 09:00" in early.message


async def test_a_way_is_judged_by_the_mode_that_is_written() -> None:
    far = replace(PARK, name="Far Palace", place_id="far-palace", time="09:30-10:30")
    soon = replace(LUNCH, time="12:30-13:30", travel="100 min drive")
    assert codes(await checked(draft(far, soon, DINNER))) == set()
    on_foot = replace(soon, travel="100 min walk")
    late = (await checked(draft(far, on_foot, DINNER))).findings
    assert {(f.code, f.severity) for f in late} >= {
        ("travel_too_short", "blocker"),
        ("too_much_walking", "warning"),
    }


async def test_a_must_see_that_never_opens_is_found_though_it_is_not_in_the_plan() -> None:
    given = draft(PARK, LUNCH, DINNER, must_see=("Gulbenkian Museum",))
    museum = place("gulbenkian-museum", "museum")
    open_ = FakePlaces([museum, *FakePlaces().places])
    assert codes(await checked(given, open_)) == {"must_see_missing"}
    open_.change("gulbenkian-museum", weekly(600, 1080, (2,)))
    assert codes(await checked(given, open_)) == {"must_see_missing", "must_see_closed"}
