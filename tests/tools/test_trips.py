"""The three trip tools, through a real client."""

from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from fastmcp import Client
from inline_snapshot import snapshot

from tests.build import server
from tests.fakes_storage import FakeStorage
from tests.services.test_trips import NOW
from tripsage_mcp.services.trips import TripService
from tripsage_mcp.tools import get_trip, list_trips, save_trip

pytestmark = pytest.mark.anyio

ROME = {"destination": "Rome, Italy", "start_date": "2027-05-10", "end_date": "2027-05-14"}
TOOLS = [save_trip.TOOL, get_trip.TOOL, list_trips.TOOL]


def client() -> Client[Any]:
    return Client(server([*TOOLS], trips=TripService(FakeStorage(), now=lambda: NOW)))


async def test_a_trip_is_saved_read_and_listed() -> None:
    itinerary = {"days": [{"date": "2027-05-10", "items": [{"time": "09:30", "cost": 12.5}]}]}
    asked = {
        **ROME,
        "title": "Rome in May",
        "travellers": ["self", "Ines"],
        "budget": "1500 EUR",
        "itinerary": itinerary,
        "flights": [{"offer_id": "off_1"}],
        "notes": "Bring hats",
    }
    async with client() as mcp:
        saved = (await mcp.call_tool("save_trip", asked)).structured_content
        assert saved is not None
        read = await mcp.call_tool("get_trip", {"trip_id": saved["trip_id"]})
        listed = await mcp.call_tool("list_trips", {"upcoming": True})

    source = {"source": "tripsage", "data": "live", "fetched_at": "2027-01-04T09:30:00Z"}
    trip_id = saved["trip_id"]
    assert saved == {
        "trip_id": trip_id,
        "version": 1,
        "created": True,
        "saved_at": "2027-01-04T09:30:00Z",
        "source": source,
    }
    assert read.structured_content == {
        **asked,
        "trip_id": trip_id,
        "version": 1,
        "status": "draft",
        "budget": "1500.00 EUR",
        "created_at": "2027-01-04T09:30:00Z",
        "updated_at": "2027-01-04T09:30:00Z",
        "source": source,
    }
    block = read.content[0]
    assert block.type == "text"
    assert block.text == snapshot(
        "Rome in May: Rome, Italy, 2027-05-10 to 2027-05-14, for self, Ines, budget 1500.00 EUR. \
Draft, with 1 flight, 0 stays, an itinerary. Version 1, saved 2027-01-04T09:30:00Z; prices and \
hours are of that day."
    )
    assert listed.structured_content == {
        "trips": [
            {
                "trip_id": trip_id,
                "title": "Rome in May",
                **ROME,
                "status": "draft",
                "version": 1,
            }
        ],
        "source": source,
    }


async def test_the_itinerary_comes_back_to_the_last_null() -> None:
    itinerary = {"days": [{"note": None, "deep": {"empty": None, "list": [None, 0, ""]}}]}
    async with client() as mcp:
        saved = await mcp.call_tool("save_trip", {**ROME, "itinerary": itinerary})
        assert saved.structured_content is not None
        read = await mcp.call_tool("get_trip", {"trip_id": saved.structured_content["trip_id"]})

    assert read.structured_content is not None
    assert read.structured_content["itinerary"] == itinerary


async def test_a_stale_version_is_a_conflict_that_names_the_current_one() -> None:
    async with client() as mcp:
        saved = await mcp.call_tool("save_trip", ROME)
        assert saved.structured_content is not None
        change = {"trip_id": saved.structured_content["trip_id"], "expected_version": 1}
        await mcp.call_tool("save_trip", {**change, "status": "planned"})
        stale = await mcp.call_tool("save_trip", {**change, "status": "done"}, raise_on_error=False)

    assert stale.is_error
    assert stale.structured_content == snapshot(
        {
            "code": "conflict",
            "message": "The trip is at version 2 now; it changed since it was read",
            "retryable": False,
            "hint": "Call get_trip, merge, and save with expected_version=2.",
        }
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "argument"),
    [
        ("save_trip", {}, "invalid_request", "destination"),
        ("save_trip", {**ROME, "start_date": "2027-02-30"}, "invalid_request", "start_date"),
        ("save_trip", {**ROME, "itinerary": "a plan"}, "invalid_request", "itinerary"),
        ("save_trip", {**ROME, "owner": "me"}, "invalid_request", "owner"),
        ("get_trip", {"trip_id": "42"}, "invalid_request", "trip_id"),
        ("get_trip", {"trip_id": str(uuid4())}, "not_found", None),
        ("list_trips", {"cursor": "x"}, "invalid_request", "cursor"),
        ("list_trips", {"limit": 51}, "invalid_request", "limit"),
    ],
)
async def test_bad_input_is_an_error_that_names_the_argument(
    tool: str, arguments: dict[str, Any], code: str, argument: str | None
) -> None:
    async with client() as mcp:
        result = await mcp.call_tool(tool, arguments, raise_on_error=False)

    assert result.is_error
    assert result.structured_content is not None
    assert result.structured_content["code"] == code
    assert result.structured_content.get("argument") == argument


async def test_answers_fit_their_schemas_and_pages_go_on() -> None:
    async with client() as mcp:
        for n in range(3):
            await mcp.call_tool("save_trip", {**ROME, "title": f"Trip {n}"})
        schemas = {tool.name: tool.output_schema for tool in await mcp.list_tools()}
        first = (await mcp.call_tool("list_trips", {"limit": 2})).structured_content
        assert first is not None
        last = await mcp.call_tool("list_trips", {"cursor": first["next_cursor"]})

    assert last.structured_content is not None
    assert len(last.structured_content["trips"]) == 1
    assert "next_cursor" not in last.structured_content
    schema = schemas["list_trips"]
    assert schema is not None
    jsonschema.validate(first, schema)
    jsonschema.validate(last.structured_content, schema)
