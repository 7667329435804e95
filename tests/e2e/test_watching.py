"""Watching a price with the real command: REST, its stream of events, and a stop in order."""

import asyncio
import json
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests import processes

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_watch_is_told_over_the_stream_which_ends_with_the_server(data_dir: Path) -> None:
    day = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    route = {"origin": "LHR", "destination": "LIS", "departure_date": day}
    async with (
        asyncio.timeout(50),
        processes.http_server(data_dir) as (url, child),
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=40) as http,
    ):
        made = (await http.post("/watches", json=route)).json()
        (watch,) = made["watches"]
        assert watch["data"] == "sandbox"
        assert watch["price"]
        async with http.stream("GET", "/events") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "retry: 5000"
            await http.delete(f"/watches/{watch['watch_id']}")
            told = await anext(line async for line in lines if line.startswith("data:"))
            assert json.loads(told.removeprefix("data:"))["data"]["reason"] == "stopped"
            if sys.platform != "win32":
                child.send_signal(signal.SIGTERM)
                # The server waits for its answers, and this one would never end.
                assert [line async for line in lines if line.startswith("data:")] == []
                assert await child.wait() in {0, -signal.SIGTERM}
