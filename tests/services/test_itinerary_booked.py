"""What is booked at an awkward time or under an awkward name."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fakes_itinerary import CENTER, NOW, FakePlaces, place
from tests.fakes_rates import FakeRates
from tests.services.test_itineraries import blockers, items, request, service
from tripsage_mcp.domain.money import Money
from tripsage_mcp.services.itineraries.promises import CommitmentAsked, StayAsked

pytestmark = pytest.mark.anyio

MONDAY = date(2027, 5, 10)


async def test_who_lands_at_night_sleeps_before_changing_beds() -> None:
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    stays = tuple(
        StayAsked(
            latitude=CENTER.latitude + north,
            longitude=CENTER.longitude,
            check_in=since,
            check_out=until,
        )
        for since, until, north in ((MONDAY, tuesday, 0.0), (tuesday, wednesday, 0.02))
    )
    flight: dict[str, Any] = {
        "arrival_airport": "LIS",
        "arrival_time": datetime(2027, 5, 10, 23, 30),  # noqa: DTZ001 - local to the airport
    }
    built = await service().build(request(stays=stays, **flight))
    bags = next(i for i in items(built) if i.kind == "stay")
    out = next(i for i in items(built) if i.kind == "check_out")
    assert out.starts - bags.ends >= timedelta(hours=8)
    assert blockers(built) == []


async def test_nothing_is_planned_while_something_booked_is_under_way() -> None:
    today = NOW.date()
    tour = CommitmentAsked(name="Tour", date=today, start="11:30", minutes=180)
    built = await service().build(request(start_date=today, end_date=today, commitments=(tour,)))
    assert "overlap" not in {f.code for f in built.findings}
    after = [i for i in items(built) if i.name != "Tour"]
    assert after
    assert min(i.starts for i in after) >= next(i for i in items(built) if i.name == "Tour").ends


async def test_what_is_booked_under_a_name_of_many_is_not_visited_twice() -> None:
    museum = place("p3", "museum", rating_count=100_000)
    booked = CommitmentAsked(name="P3", date=MONDAY, start="15:00")
    built = await service(FakePlaces([museum, *FakePlaces().places])).build(
        request(commitments=(booked,))
    )
    assert [i.kind for i in items(built) if i.name == "P3"] == ["commitment"]


async def test_who_books_a_tour_for_the_time_of_the_bags_goes_there_with_them() -> None:
    tour = CommitmentAsked(
        name="Tour",
        date=MONDAY,
        start="14:10",
        latitude=CENTER.latitude + 0.03,
        longitude=CENTER.longitude,
    )
    flight: dict[str, Any] = {
        "arrival_airport": "LIS",
        "arrival_time": datetime(2027, 5, 10, 12, 35),  # noqa: DTZ001 - local to the airport
    }
    built = await service().build(request(commitments=(tour,), **flight))
    assert blockers(built) == []
    assert [i.kind for i in items(built)][:3] == ["arrival", "commitment", "stay"]


async def test_a_booking_in_another_currency_is_taken_from_the_budget() -> None:
    tour = CommitmentAsked(name="Tour", date=MONDAY, start="15:00", cost="90 USD")
    svc = replace(service(), rates=FakeRates())
    built = await svc.build(request(commitments=(tour,), budget="100 EUR"))
    codes = {f.code for f in built.findings}
    assert "currency_unknown" not in codes
    assert "over_budget" not in codes
    assert built.spending is not None
    assert Money(Decimal(70), "EUR") < built.spending.planned
