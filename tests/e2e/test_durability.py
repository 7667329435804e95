"""Nothing that was acknowledged is lost, whoever is killed; several servers share one database."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from tests import processes

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX"),
]
TRIP = {
    "title": "A weekend in Porto",
    "destination": "Porto",
    "start_date": "2031-05-10",
    "end_date": "2031-05-12",
}


async def call(client: Client[Any], name: str, **arguments: Any) -> dict[str, Any]:
    return processes.structured(await client.call_tool(name, arguments))


async def test_kill_9_in_the_middle_loses_nothing_that_was_saved(data_dir: Path) -> None:
    client = processes.stdio_client(data_dir)
    async with client:
        saved = await call(client, "save_trip", **TRIP)
        await call(
            client,
            "remember",
            memories=[{"text": "Likes tiled churches", "category": "activities"}],
        )
        planning = asyncio.ensure_future(
            client.call_tool(
                "build_itinerary",
                {
                    "destination": "Porto",
                    "start_date": TRIP["start_date"],
                    "end_date": TRIP["end_date"],
                },
            )
        )
        await asyncio.sleep(0)
        server = processes.server_below(os.getpid(), TRIPSAGE_DATA_DIR=str(data_dir))
        assert server is not None
        server.kill()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(20):
                await planning
        with contextlib.suppress(Exception):
            await client.close()

    async with processes.stdio_client(data_dir) as again:
        trip = await call(again, "get_trips", trip_id=saved["trip_id"])
        assert trip["trip"]["title"] == TRIP["title"]
        recalled = await call(again, "recall")
        assert [m["text"] for m in recalled["memories"]] == ["Likes tiled churches"]
        assert (await call(again, "save_trip", **TRIP))["trip_id"] != saved["trip_id"]


async def test_two_servers_started_at_once_on_a_fresh_folder_share_one_database(
    data_dir: Path,
) -> None:
    async def save(client: Client[Any]) -> str:
        async with client:
            return str((await call(client, "save_trip", **TRIP))["trip_id"])

    saved = await asyncio.gather(*(save(processes.stdio_client(data_dir)) for _ in range(2)))
    assert len(set(saved)) == 2
    async with processes.stdio_client(data_dir) as later:
        trips = await call(later, "get_trips")
    assert {trip["trip_id"] for trip in trips["trips"]} == set(saved)


async def test_initialize_is_answered_before_the_database_is_up(data_dir: Path) -> None:
    started = asyncio.get_running_loop().time()
    async with processes.stdio_client(data_dir) as client:
        connected = asyncio.get_running_loop().time() - started
        await client.list_tools()
        status = await call(client, "get_status")
        ready = asyncio.get_running_loop().time() - started
    assert status["storage"][0]["state"] == "ready"
    # Ordering, not speed: a fresh database takes initdb, and the handshake did not wait for it.
    assert connected < ready


async def test_an_unknown_trip_is_not_found(data_dir: Path) -> None:
    async with processes.stdio_client(data_dir) as client:
        with pytest.raises(ToolError, match="not_found"):
            await call(client, "get_trips", trip_id="01890000-0000-7000-8000-000000000000")
