"""How long a call may take, over MCP and over REST."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.tools import Tool

from tests.processes import structured
from tests.rest.served import client as rest_client
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.rest.endpoints import ENDPOINTS
from tripsage_mcp.services.status import ProviderStatus, StatusService
from tripsage_mcp.services.time_budgets import ANSWER_S, DATES_S, STAYS_S
from tripsage_mcp.tools.boundary import ErrorBoundary
from tripsage_mcp.tools.budgets import BUDGETS, budget_of
from tripsage_mcp.tools.catalog import TOOLS

pytestmark = pytest.mark.anyio


def telling(name: str) -> Callable[..., Any]:
    """Return a tool of that name which answers how long it has."""

    async def tell() -> dict[str, float]:
        left_s = deadline.left_s()
        return {"left_s": -1.0 if left_s == math.inf else left_s}

    tell.__name__ = name
    return tell


async def left_in(name: str) -> float:
    tool = Tool.from_function(telling(name))
    server: FastMCP[Any] = FastMCP("TripSage", tools=[tool], middleware=[ErrorBoundary()])
    async with asyncio.timeout(20), Client(server) as client:
        return structured(await client.call_tool(name, {}))["left_s"]


def test_every_budget_is_that_of_a_tool() -> None:
    assert set(BUDGETS) <= {tool.name for tool in TOOLS}


@pytest.mark.parametrize(
    ("tool", "less_than", "at_most"),
    [
        ("recall", 0, ANSWER_S),
        ("search_stays", ANSWER_S, STAYS_S),
        ("find_cheapest_dates", STAYS_S, DATES_S),
    ],
)
async def test_a_tool_has_the_time_of_its_class(
    tool: str, less_than: float, at_most: float
) -> None:
    assert less_than < await left_in(tool) <= at_most


@pytest.mark.parametrize("tool", ["book_flight", "manage_flight_order"])
async def test_what_buys_or_cancels_takes_as_long_as_it_takes(tool: str) -> None:
    assert await left_in(tool) == -1.0


async def test_a_request_over_rest_has_its_time_too() -> None:
    seen: list[float] = []

    def providers() -> tuple[ProviderStatus, ...]:
        seen.append(deadline.left_s())
        return ()

    status = StatusService(mode="demo", version="1", providers=providers, storage={})
    async with rest_client(status=status) as http:
        await http.get("/api/v1/status")
    assert len(seen) == 1
    assert 0 < seen[0] <= ANSWER_S


def test_rest_gives_bookings_no_limit_and_searches_that_of_their_tool() -> None:
    budgets = {f"{one.method} {one.path}": one.budget_s for one in ENDPOINTS}
    assert {budgets[key] for key in budgets if "/bookings" in key} == {None}
    for path, tool in {
        "POST /flights/search": "search_flights",
        "POST /flights/cheapest-dates": "find_cheapest_dates",
        "POST /stays/search": "search_stays",
        "POST /itineraries": "build_itinerary",
        "POST /watches": "watch_price",
    }.items():
        assert budgets[path] == budget_of(tool)
