"""A recorded answer of 220 offers (3.2 MB) on its way from bytes to a tool's result.

Through the adapter, the service and the view as a search takes it, less the network: parsed,
grouped, ordered, kept for the next page, rendered. The bare reference is `json.loads` of the bytes.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import date

import httpx
import psutil
from pydantic import SecretStr

from tests.recorded import ATL_JFK, ATL_JFK_NOW, DUFFEL
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build
from tripsage_mcp.services.flights.requests import FlightSearch, check
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.views.flights import FlightsAnswer

SEARCH = FlightSearch("ATL", "JFK", date(2024, 9, 1), max_connections=2)
_MEGABYTE = 1_000_000
_KILOBYTE = 1024


def body() -> bytes | None:
    """Return the recorded answer in its envelope, or None where it is not beside the checkout."""
    path = DUFFEL / ATL_JFK
    return b'{"data":' + path.read_bytes() + b"}" if path.is_file() else None


@asynccontextmanager
async def _service(answer: bytes) -> AsyncGenerator[FlightService]:
    headers = {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(201, content=answer, headers=headers))
    config = DuffelConfig(access_token=SecretStr("duffel_test_benchmark"))
    async with open_client(config.base_url, transport=transport) as client:
        source = build(config, client=client, now=lambda: ATL_JFK_NOW)
        yield FlightService(source.offers, lambda: ATL_JFK_NOW)


async def _rendered(flights: FlightService) -> str:
    answer = FlightsAnswer.of(await flights.search(SEARCH))
    return json.dumps(answer.model_dump(mode="json", exclude_none=True)) + answer.text()


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


async def _measure(answer: bytes, rounds: int) -> tuple[float, float]:
    bare: list[float] = []
    ours: list[float] = []
    async with _service(answer) as flights:
        await _rendered(flights)
        for _ in range(rounds):
            bare.append(_cpu(lambda: json.loads(answer)))
            # The time of this process alone: the machine may be busy with something else.
            started = time.process_time()
            await _rendered(flights)
            ours.append(time.process_time() - started)
    return statistics.median(bare), statistics.median(ours)


async def _peak_megabytes(answer: bytes) -> float:
    """Return what one search adds at its peak; run it in a process of its own."""
    check(SEARCH, ATL_JFK_NOW)
    async with _service(answer) as flights:
        before = psutil.Process().memory_info().rss
        await _rendered(flights)
    unit = 1 if sys.platform == "darwin" else _KILOBYTE
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before) / _MEGABYTE


def measure(rounds: int = 15) -> list[tuple[str, float, float]]:
    """Return rows of (what, median seconds of processor, ratio to the bare reference)."""
    answer = body()
    if answer is None:
        return []
    bare, ours = asyncio.run(_measure(answer, rounds))
    return [
        (f"json.loads of {len(answer) / _MEGABYTE:.1f} MB", bare, 1.0),
        ("parsed, grouped, kept, rendered", ours, ours / bare),
    ]


def peak_megabytes() -> float | None:
    """Return the megabytes one search adds at its peak; None without the recording."""
    if body() is None:
        return None
    command = [sys.executable, "-m", "tests.benchmarks.flight_answer"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    recorded = body()
    assert recorded is not None
    print(f"{asyncio.run(_peak_megabytes(recorded)):.1f}")
