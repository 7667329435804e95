"""Calls of `search_flights` through a real MCP client, over the recording and over the fake."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastmcp import Client
from jsonschema import Draft202012Validator
from mcp_types import CallToolResult, TextContent
from pydantic import SecretStr

from tests import build
from tests.build_flights import NOW
from tests.fakes import FakeFlights
from tests.fakes_rates import FakeRates
from tests.recorded import ATL_JFK, ATL_JFK_NOW, duffel
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.providers.flights.duffel import DuffelConfig
from tripsage_mcp.providers.flights.duffel import build as build_duffel
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.tools.search_flights import TOOL

ATL_TO_JFK = {
    "origin": "ATL", "destination": "JFK", "departure_date": "2024-09-01", "max_connections": 2,
}  # fmt: skip
LIS_TO_LHR = {"origin": "LIS", "destination": "LHR", "departure_date": "2027-05-10"}


@dataclass
class Upstream:
    """Duffel as recorded: one search, whatever is asked."""

    seen: list[httpx.Request] = field(default_factory=list[httpx.Request])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(200, json={"data": duffel(ATL_JFK)})


@asynccontextmanager
async def recorded(upstream: Upstream) -> AsyncGenerator[Client[Any]]:
    config = DuffelConfig(access_token=SecretStr("duffel_test_tool"))
    async with open_client(config.base_url, transport=httpx.MockTransport(upstream)) as http:
        provider = build_duffel(config, client=http, now=lambda: ATL_JFK_NOW).offers
        flights = FlightService(provider, lambda: ATL_JFK_NOW)
        async with Client(build.server([TOOL], flights=flights)) as client:
            yield client


def faked(fake: FakeFlights) -> Client[Any]:
    flights = FlightService(fake, lambda: NOW, FakeRates())
    return Client(build.server([TOOL], flights=flights))


async def call(
    client: Client[Any], arguments: dict[str, Any], *, check: bool = True
) -> CallToolResult:
    # Not `client.call_tool`, which always asks for progress.
    result = await client.session.call_tool("search_flights", arguments)
    assert result.is_error is not check, result.content
    if check:
        schema: Any = Draft202012Validator(TOOL.output_schema or {})
        schema.validate(result.structured_content)
    return result


def answer(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return result.structured_content


def text(result: Any) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text
