"""Many who ask a server the same, and a server whose shared cache is out of reach."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from fastmcp import Client

from tests.processes import structured
from tests.test_wiring import SOON, CountingLimiter
from tripsage_mcp.bootstrap import build_runtime, build_server
from tripsage_mcp.infrastructure.database import DatabaseConfig

pytestmark = pytest.mark.anyio

STAYS: dict[str, Any] = {
    "location": "Lisbon, Portugal",
    "check_in": SOON.isoformat(),
    "check_out": (SOON + timedelta(days=2)).isoformat(),
}
FLIGHTS = {"origin": "LHR", "destination": "JFK", "departure_date": SOON.isoformat(), "limit": 1}
DESTINATION = {"place": "Lisbon"}
KEPT = {"search_stays", "get_destination"}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "TRIPSAGE_GOOGLE_API_KEY", "TRIPSAGE_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def connected(folder: Path, limiter: CountingLimiter) -> AsyncGenerator[Client[Any]]:
    nobody = "postgresql://nobody@127.0.0.1:1/nothing"
    database = DatabaseConfig.model_validate({"database_url": nobody, "data_dir": folder})
    runtime = build_runtime(database=database, limiter=limiter, on_fatal=lambda _: None)
    async with asyncio.timeout(50), Client(build_server(runtime)) as client:
        yield client


@pytest.mark.parametrize(
    ("tool", "arguments", "sent"),
    [
        (
            "search_stays",
            STAYS,
            {"airbnb-sandbox": 1, "duffel-sandbox": 1, "open-meteo-sandbox": 1},
        ),
        (
            "get_destination",
            DESTINATION | {"include": ["weather", "advice"]},
            # The town's name, then its weather.
            {"open-meteo-sandbox": 2, "us-advisories-sandbox": 1, "uk-advice-sandbox": 1},
        ),
        # One batch, made once and then read until every airline has answered.
        ("search_flights", FLIGHTS, {"duffel-sandbox": 6}),
        (
            "search_places",
            {"query": "museum", "latitude": 38.71, "longitude": -9.14},
            {"google-places-sandbox": 1},
        ),
    ],
)
async def test_a_hundred_calls_at_once_ask_each_source_once(
    tmp_path: Path, tool: str, arguments: dict[str, Any], sent: dict[str, int]
) -> None:
    limiter = CountingLimiter()
    async with connected(tmp_path, limiter) as client:
        answers = await asyncio.gather(*(client.call_tool(tool, arguments) for _ in range(100)))
        at_once = dict(limiter.sent)
        # Later, prices and Google's answers may be asked for again.
        again = await client.call_tool(tool, arguments) if tool in KEPT else answers[0]
    assert at_once == limiter.sent == sent
    assert all(shown(answer) == shown(again) for answer in answers)


def shown(answer: Any) -> dict[str, Any]:
    """Return an answer less its cursor, which knows when it was made."""
    return {key: value for key, value in structured(answer).items() if key != "next_cursor"}


def degraded(answer: object) -> Generator[bool]:
    """Find every `degraded` in an answer."""
    if isinstance(answer, dict):
        for key, value in cast("dict[str, object]", answer).items():
            if key == "degraded":
                yield value is True
            yield from degraded(value)
    elif isinstance(answer, list):
        for item in cast("list[object]", answer):
            yield from degraded(item)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_stays", STAYS),
        ("get_destination", DESTINATION | {"include": ["weather"]}),
        ("get_destination", DESTINATION | {"include": ["advice"]}),
        ("search_flights", FLIGHTS),
    ],
)
async def test_without_its_redis_an_answer_that_would_have_used_it_says_degraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: dict[str, Any]
) -> None:
    async with connected(tmp_path, CountingLimiter()) as client:
        answer = structured(await client.call_tool(tool, arguments))
        assert list(degraded(answer)) == []
    monkeypatch.setenv("TRIPSAGE_REDIS_URL", "redis://127.0.0.1:1/0")
    async with connected(tmp_path, CountingLimiter()) as client:
        answer = structured(await client.call_tool(tool, arguments))
        status = structured(await client.call_tool("get_status", {}))
    assert list(degraded(answer)), "it says so"
    stores = {row["name"]: row["state"] for row in status["storage"]}
    assert stores["cache"] == "degraded"
