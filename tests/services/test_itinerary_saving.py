"""Plans saved to a trip: once, and never over what somebody else saved meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date

import pytest

from tests.fakes_itinerary import FakeWeather
from tests.services.test_itinerary_trips import Home, visits
from tripsage_mcp.domain.account import LOCAL_ACCOUNT
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.weather import Weather
from tripsage_mcp.errors import ConflictError
from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.service import ReviseRequest
from tripsage_mcp.services.trips.requests import SaveRequest
from tripsage_mcp.views.itinerary import read_back, written

pytestmark = pytest.mark.anyio


async def test_the_same_plan_saved_twice_is_one_version() -> None:
    home = Home()
    trip_id = await home.trip()
    one = await home.build(trip_id=trip_id, save=True)
    two = await home.build(trip_id=trip_id, save=True)
    assert one.saved == two.saved
    kept = (await home.trips.get(LOCAL_ACCOUNT, trip_id)).whole
    assert len(kept.itineraries) == 1


class Meanwhile(FakeWeather):
    """Somebody else changes the trip while the weather is asked for."""

    def __init__(self, change: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self.change = change

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        await self.change()
        return await super().daily(at, first, last)


async def test_a_plan_does_not_overwrite_what_somebody_saved_while_it_was_made() -> None:
    home = Home()
    trip_id = await home.trip()
    built = await home.build(trip_id=trip_id, save=True)
    gone = visits(built)[0].item_id

    async def other() -> None:
        await home.trips.save(LOCAL_ACCOUNT, SaveRequest(trip_id=trip_id, itinerary={"plan": 1}))

    home.planner = replace(home.planner, weather=Meanwhile(other))
    changes = (Change(action="drop", item=gone),)
    with pytest.raises(ConflictError) as refused:
        await home.planner.revise(
            ReviseRequest(trip_id=trip_id, changes=changes, save=True), who=LOCAL_ACCOUNT
        )
    assert refused.value.current == 3
    with pytest.raises(ConflictError):
        await home.build(trip_id=trip_id, save=True)
    kept = (await home.trips.get(LOCAL_ACCOUNT, trip_id)).whole
    assert kept.trip.itinerary == {"plan": 1}


async def test_a_plan_that_was_only_checked_is_saved_when_that_is_asked() -> None:
    home = Home()
    trip_id = await home.trip()
    draft = read_back(written((await home.build(trip_id=trip_id)).itinerary))
    checked = await home.planner.revise(
        ReviseRequest(draft, trip_id=trip_id, save=True), who=LOCAL_ACCOUNT
    )
    assert checked.saved is not None
    kept = (await home.trips.get(LOCAL_ACCOUNT, trip_id)).whole
    assert kept.trip.itinerary is not None
    assert kept.itineraries[0].origin == "saved"
