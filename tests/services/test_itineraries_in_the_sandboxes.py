"""A plan for every authored city, as a server in demo mode makes it, passes the check."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tripsage_mcp.infrastructure import airports
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.limits import MemoryLimiter
from tripsage_mcp.sandbox.world import load_cities
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.itineraries.service import ItineraryService
from tripsage_mcp.views.itinerary import ItineraryView
from tripsage_mcp.wiring import open_providers

pytestmark = pytest.mark.anyio

START = date(2026, 11, 25)
# What a city's weather, hours and distances may leave to say of a plan that works.
HARMLESS = {
    "hours_unknown",
    "meal_far_away",
    "meal_missing",
    "nothing_planned",
    "outdoors_in_bad_weather",
    "travel_estimated",
    "weather_unknown",
}


def noon() -> datetime:
    return datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def planner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[ItineraryService]:
    for name in ("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "TRIPSAGE_GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    store = MemoryKeyValue()
    # The limits are those of the upstreams, not of this test.
    limiter = MemoryLimiter(monotonic=iter(range(0, 10**9, 60)).__next__)
    opened = open_providers("demo", 0, noon, limiter, store, tmp_path)
    async with AsyncExitStack() as stack:
        for close in (store.close, *opened.closers):
            stack.push_async_callback(close)
        ports = opened.ports
        yield ItineraryService(
            ports.places,
            ports.geocoding,
            ports.weather,
            airports.find_airport,
            noon,
            ports.rates,
            budget_s=30,
            iterations=60,
        )


@pytest.mark.parametrize("slug", [city.slug for city in load_cities()])
async def test_a_plan_for_every_city_passes_now_and_when_it_comes_back(
    planner: ItineraryService, slug: str
) -> None:
    city = next(city for city in load_cities() if city.slug == slug)
    built = await planner.build(
        BuildRequest(
            destination=f"{city.center.latitude},{city.center.longitude}",
            start_date=START,
            end_date=START + timedelta(days=2),
        )
    )
    assert {finding.code for finding in built.findings} <= HARMLESS
    assert sum(len(day.items) for day in built.itinerary.days) > 6
    written = ItineraryView.of(built.itinerary).model_dump_json(exclude_none=True)
    checked = await planner.check(ItineraryView.model_validate_json(written).draft())
    assert {finding.code for finding in checked.findings} <= HARMLESS
    assert [item.item_id for day in checked.itinerary.days for item in day.items] == [
        item.item_id for day in built.itinerary.days for item in day.items
    ]
