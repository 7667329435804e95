"""What the server says of itself, and of those it leans on."""

from datetime import UTC, datetime, timedelta

import pytest

from tripsage_mcp.errors import StorageError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.services.status import ProviderStatus, StatusService
from tripsage_mcp.views.status import StatusAnswer

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
FLIGHTS = ProviderStatus("flights", "duffel", "ready", "live", "TRIPSAGE_DUFFEL_ACCESS_TOKEN")
STAYS = ProviderStatus(
    "stays",
    "airbnb",
    "open",
    "sandbox",
    "TRIPSAGE_AIRBNB_SERVER",
    last_error="provider_unavailable",
    last_success=NOW - timedelta(hours=1),
    last_failure=NOW,
    open_until=NOW + timedelta(seconds=30),
)
PLACES = ProviderStatus("places", "google", "not_configured", None, "TRIPSAGE_GOOGLE_API_KEY")


async def up() -> str:
    return "up"


async def down() -> str:
    raise StorageError("out of reach")


async def queue(capability: str) -> float:
    return 12.34 if capability == "flights" else 0.0


async def test_each_provider_is_shown_with_its_state_and_its_queue() -> None:
    service = StatusService("live", "1", lambda: (FLIGHTS, STAYS, PLACES), {"database": up}, queue)
    answer = StatusAnswer.of(await service.status())
    assert [row.model_dump(exclude_none=True) for row in answer.providers] == [
        {
            "capability": "flights",
            "provider": "duffel",
            "state": "ready",
            "data": "live",
            "queue_wait_s": 12.3,
        },
        {
            "capability": "stays",
            "provider": "airbnb",
            "state": "open",
            "data": "sandbox",
            "set_for_live_data": "TRIPSAGE_AIRBNB_SERVER",
            "last_error": "provider_unavailable",
            "last_success": "2027-03-01T11:00:00Z",
            "last_failure": "2027-03-01T12:00:00Z",
            "open_until": "2027-03-01T12:00:30Z",
        },
        {
            "capability": "places",
            "provider": "google",
            "state": "not_configured",
            "set_for_live_data": "TRIPSAGE_GOOGLE_API_KEY",
        },
    ]
    assert answer.text() == (
        "TripSage 1, live mode. flights: duffel (live, queue 12.3 s); "
        "stays: airbnb (sandbox, open: provider_unavailable, asked again from"
        " 2027-03-01T12:00:30Z); places: google (not_configured); database: ready."
    )


async def test_without_its_cache_the_server_is_degraded_and_ready() -> None:
    status = await StatusService("demo", "1", tuple, {"database": up, "cache": down}).status()
    assert [(store.name, store.state) for store in status.storage] == [
        ("database", "ready"),
        ("cache", "degraded"),
    ]
    assert status.ready


async def test_a_store_that_is_still_starting_is_not_waited_for_to_the_end() -> None:
    seen: list[float] = []

    async def starting() -> str:
        seen.append(deadline.left_s())
        return "up"

    await StatusService("demo", "1", tuple, {"database": starting}).status()
    assert 0 < seen[0] <= 10


async def test_without_its_database_the_server_is_not_ready() -> None:
    status = await StatusService("demo", "1", tuple, {"database": down, "cache": up}).status()
    assert status.storage[0].state == "failing"
    assert not status.ready
