"""How long a whole plan takes in the sandbox: `python -m tests.benchmarks.itinerary_answer`.

Searches, travel times, two searches for the plan, explanations and the check included; once with
the search interpreted and once compiled, where numba is installed.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path

from tripsage_mcp.infrastructure import airports
from tripsage_mcp.infrastructure.clock import utc_now
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.limits import MemoryLimiter
from tripsage_mcp.planning.solve import warm
from tripsage_mcp.sandbox.world import City, load_cities
from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.itineraries.service import ItineraryService, ReviseRequest
from tripsage_mcp.views.itinerary import ItineraryView
from tripsage_mcp.wiring import open_providers

_DAYS = (3, 7, 14)


def request(city: City, days: int) -> BuildRequest:
    start = date.today() + timedelta(days=30)  # noqa: DTZ011 - any day will do
    where = f"{city.center.latitude},{city.center.longitude}"
    return BuildRequest(
        destination=where, start_date=start, end_date=start + timedelta(days=days - 1)
    )


async def timed(city: City, days: int) -> tuple[float, float]:
    """Return the seconds of building a plan and of dropping its first visit."""
    store = MemoryKeyValue()
    limiter = MemoryLimiter(monotonic=iter(range(0, 10**9, 60)).__next__)
    folder = Path(tempfile.mkdtemp())
    opened = open_providers("demo", 0, utc_now, limiter, store, folder)
    async with AsyncExitStack() as stack:
        for close in (store.close, *opened.closers):
            stack.push_async_callback(close)
        ports = opened.ports
        planner = ItineraryService(
            ports.places, ports.geocoding, ports.weather, airports.find_airport
        )
        begun = time.perf_counter()
        plan = (await planner.build(request(city, days))).itinerary
        built = time.perf_counter() - begun
        gone = next(i for day in plan.days for i in day.items if i.kind == "visit")
        change = Change(action="drop", item=gone.item_id)
        begun = time.perf_counter()
        await planner.revise(ReviseRequest(ItineraryView.of(plan).draft(), changes=(change,)))
        return built, time.perf_counter() - begun


def measure() -> list[tuple[str, float, float]]:
    """Return rows of what, median and slowest seconds over the cities."""
    rows: list[tuple[str, float, float]] = []
    for how in ("interpreted", "compiled"):
        if how == "compiled" and not warm():
            break
        for days in _DAYS:
            both = [asyncio.run(timed(city, days)) for city in load_cities()]
            for what, seconds in (
                (f"build {days} days, {how}", [built for built, _ in both]),
                (f"drop one visit of {days} days, {how}", [revised for _, revised in both]),
            ):
                rows.append((what, statistics.median(seconds), max(seconds)))
    return rows


def main() -> None:
    print(f"{'':44}{'median':>10}{'slowest':>10}")
    for what, median, slowest in measure():
        print(f"  {what:42}{median:9.2f}s{slowest:9.2f}s")


if __name__ == "__main__":
    main()
