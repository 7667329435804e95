"""Calling the stay tools over a service, and what their answers cost."""

import json
from typing import Any

import jsonschema
from fastmcp import Client

from tests import build
from tests.test_architecture import TOKEN
from tripsage_mcp.services.stays.service import StayService
from tripsage_mcp.tools import get_stay, search_stays

DATES = {"check_in": "2027-03-01", "check_out": "2027-03-05"}
TOOLS = {tool.name: tool for tool in (search_stays.TOOL, get_stay.TOOL)}


async def call(tool: str, service: StayService, **arguments: Any) -> Any:
    async with Client(build.server([*TOOLS.values()], stays=service)) as client:
        result = await client.call_tool(tool, arguments, raise_on_error=False)
    schema = TOOLS[tool].output_schema
    if not result.is_error:
        assert schema is not None
        jsonschema.validate(result.structured_content, schema)
    return result


async def search(service: StayService, **arguments: Any) -> Any:
    return await call("search_stays", service, **{"location": "Lisbon", **DATES, **arguments})


def tokens(result: Any) -> float:
    wire = json.dumps(result.structured_content, separators=(",", ":"), ensure_ascii=False)
    return (len(wire) + len(result.content[0].text)) / TOKEN
