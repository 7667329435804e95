"""The same question over and over: a hundred at once, and again once the answer is known.

In demo mode, so that every upstream is in this process: through the ports, and as whole tool calls
of an in-memory client. What is counted are the requests that reached an upstream; the tests assert
that (`test_wiring`, `test_same_question`), and nobody the time.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from tests.test_wiring import BELEM, FLIGHT, HOMES, LISBON, MUSEUMS, SOON, CountingLimiter
from tests.tools.test_same_question import DESTINATION, STAYS, connected
from tripsage_mcp.infrastructure.clock import utc_now
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.wiring import Ports, open_providers

AT_ONCE = 100

type Ask = Callable[[Ports], Awaitable[object]]

KEPT: dict[str, Ask] = {
    "18 homes in Lisbon": lambda ports: ports.stays["airbnb"].stays.search(HOMES),
    "the name Lisbon": lambda ports: ports.geocoding.localities("Lisbon"),
    "a week of weather": lambda ports: ports.weather.daily(LISBON, SOON, SOON + timedelta(days=6)),
}
CALLS = {
    "search_stays": STAYS | {"limit": 18},
    "get_destination": DESTINATION | {"include": ["weather"]},
}
SHARED: dict[str, Ask] = {
    "a flight to New York (never kept)": lambda ports: ports.flights.search(FLIGHT),
    "5 museums (never kept)": lambda ports: ports.places.search(MUSEUMS),
    "a walk (never kept)": lambda ports: ports.places.travel_times((LISBON,), (BELEM,), "walk"),
}


async def _timed(ports: Ports, ask: Ask, count: int) -> float:
    started = time.perf_counter()
    await asyncio.gather(*(ask(ports) for _ in range(count)))
    return time.perf_counter() - started


async def _called(rounds: int) -> list[tuple[str, float, int]]:
    """Call tools whose answer is known, with all that a call costs."""
    limiter = CountingLimiter()
    rows: list[tuple[str, float, int]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with connected(Path(folder), limiter) as client:
            for tool, arguments in CALLS.items():
                await client.call_tool(tool, arguments)
                before = limiter.sent.total()
                each: list[float] = []
                for _ in range(rounds):
                    started = time.perf_counter()
                    await client.call_tool(tool, arguments)
                    each.append(time.perf_counter() - started)
                sent = limiter.sent.total() - before
                rows.append((f"{tool}: a call, from the cache", statistics.median(each), sent))
    return rows


async def _asked(rounds: int) -> list[tuple[str, float, int]]:
    limiter, store = CountingLimiter(), MemoryKeyValue()
    rows: list[tuple[str, float, int]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        providers = open_providers("demo", 0, utc_now, limiter, store, Path(folder))
        async with AsyncExitStack() as stack:
            for close in (store.close, *providers.closers):
                stack.push_async_callback(close)
            for what, ask in (KEPT | SHARED).items():
                before = limiter.sent.total()
                took_s = await _timed(providers.ports, ask, AT_ONCE)
                sent = limiter.sent.total() - before
                rows.append((f"{what}: {AT_ONCE} at once", took_s, sent))
            for what, ask in KEPT.items():
                before = limiter.sent.total()
                each = [await _timed(providers.ports, ask, 1) for _ in range(rounds)]
                sent = limiter.sent.total() - before
                rows.append((f"{what}: one, from the cache", statistics.median(each), sent))
    return rows


def measure(rounds: int = 200) -> list[tuple[str, float, int]]:
    """Return rows of (what, seconds, requests upstream); of the cached ones the median."""
    return asyncio.run(_asked(rounds)) + asyncio.run(_called(rounds))
