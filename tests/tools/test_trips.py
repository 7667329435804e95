"""The trip tools, through a real client."""

from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from fastmcp import Client
from inline_snapshot import snapshot

from tests.build import server
from tests.fakes_exports import export_service
from tests.fakes_rates import FakeRates
from tests.fakes_storage import FakeStorage
from tests.services.test_trips import NOW
from tripsage_mcp.services.trips.service import TripService
from tripsage_mcp.tools import get_trips, save_trip

pytestmark = pytest.mark.anyio

ROME = {"destination": "Rome, Italy", "start_date": "2027-05-10", "end_date": "2027-05-14"}
TOOLS = [save_trip.TOOL, get_trips.TOOL]
SOURCE = {"source": "tripsage", "data": "live", "fetched_at": "2027-01-04T09:30:00Z"}


def client() -> Client[Any]:
    trips = TripService(FakeStorage(), now=lambda: NOW, rates=FakeRates())
    return Client(server([*TOOLS], trips=trips))


async def saved(mcp: Client[Any], **asked: Any) -> dict[str, Any]:
    result = await mcp.call_tool("save_trip", asked)
    assert result.structured_content is not None
    return result.structured_content


async def read(mcp: Client[Any], trip_id: str, **asked: Any) -> dict[str, Any]:
    result = await mcp.call_tool("get_trips", {"trip_id": trip_id, **asked})
    assert result.structured_content is not None
    return result.structured_content["trip"]


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
        made = await saved(mcp, **asked)
        trip_id = made["trip_id"]
        whole = await read(mcp, trip_id, detail="full")
        short = await mcp.call_tool("get_trips", {"trip_id": trip_id})
        listed = await mcp.call_tool("get_trips", {"which": "upcoming"})

    assert made == {
        "trip_id": trip_id,
        "version": 1,
        "created": True,
        "itinerary_version": 1,
        "saved_at": "2027-01-04T09:30:00Z",
        "source": SOURCE,
    }
    plain = {name: whole[name] for name in asked}
    assert plain == {**asked, "budget": "1500.00 EUR"}
    assert whole["versions"] == [
        {
            "number": 1,
            "origin": "saved",
            "created_at": "2027-01-04T09:30:00Z",
            "made_by": "Owner",
        }
    ]
    assert short.structured_content == {
        "trip": {
            "trip_id": trip_id,
            "version": 1,
            "title": "Rome in May",
            **ROME,
            "travellers": ["self", "Ines"],
            "status": "draft",
            "budget": "1500.00 EUR",
            "notes": "Bring hats",
            "role": "owner",
            "counts": {
                "items": 0,
                "packing": 0,
                "documents": 0,
                "flights": 1,
                "stays": 0,
                "members": 1,
                "itinerary_version": 1,
            },
            "created_at": "2027-01-04T09:30:00Z",
            "updated_at": "2027-01-04T09:30:00Z",
        },
        "source": SOURCE,
    }
    block = short.content[0]
    assert block.type == "text"
    assert block.text == snapshot(
        "Rome in May: Rome, Italy, 2027-05-10 to 2027-05-14, for self, Ines, budget 1500.00 EUR. \
Draft, with 0 items, 1 flight, 0 stays, an itinerary. Version 1, saved 2027-01-04T09:30:00Z; \
prices and hours are of that day."
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
        "source": SOURCE,
    }


async def test_the_itinerary_comes_back_to_the_last_null() -> None:
    itinerary = {"days": [{"note": None, "deep": {"empty": None, "list": [None, 0, ""]}}]}
    async with client() as mcp:
        made = await saved(mcp, **ROME, itinerary=itinerary)
        whole = await read(mcp, made["trip_id"], detail="full")

    assert whole["itinerary"] == itinerary


async def test_what_is_in_a_trip_is_written_in_one_call_and_read_by_topic() -> None:
    async with client() as mcp:
        made = await saved(
            mcp,
            **ROME,
            budget_lines=["activities 100 EUR"],
            items=[
                {
                    "kind": "visit",
                    "title": "Colosseum",
                    "status": "booked",
                    "starts": "2027-05-11T09:30",
                    "zone": "Europe/Rome",
                    "price": "20 USD",
                    "notes": "East gate",
                }
            ],
            packing=[{"name": "Hat"}],
            documents=[{"kind": "passport", "holder": "self", "expires": "2030-01-01"}],
        )
        short = await read(mcp, made["trip_id"], include=["items", "budget"])
        (item_id,) = made["item_ids"]
        changed = await saved(
            mcp,
            trip_id=made["trip_id"],
            items=[{"item_id": item_id, "status": "done", "notes": ""}],
            remove=made["packing_ids"],
        )
        whole = await read(mcp, made["trip_id"], detail="full")

    assert short["items"] == [
        {
            "item_id": item_id,
            "kind": "visit",
            "title": "Colosseum",
            "status": "booked",
            "day": "2027-05-11",
            "position": 0,
            "starts": "2027-05-11T09:30+02:00",
            "zone": "Europe/Rome",
            "price": "20.00 USD",
        }
    ]
    assert short["sums"] == {
        "currency": "EUR",
        "planned": "100.00 EUR",
        "expected": "0.00 EUR",
        "committed": "16.00 EUR",
        "spent": "0.00 EUR",
        "left": "84.00 EUR",
        "categories": [
            {"category": "activities", "planned": "100.00 EUR", "left": "100.00 EUR"},
            {"category": "activities", "committed": "20.00 USD"},
        ],
        "rates": ["1 USD = 0.8 EUR (fake bank, 2027-02-26)"],
    }
    assert (changed["item_ids"], changed["removed"], changed["version"]) == ([item_id], 1, 2)
    assert (whole["packing"], len(whole["documents"])) == ([], 1)
    assert "notes" not in whole["items"][0]
    assert whole["sums"]["spent"] == "16.00 EUR"


async def test_a_stale_save_is_a_conflict_that_shows_what_is_stored() -> None:
    async with client() as mcp:
        made = await saved(mcp, **ROME)
        change = {"trip_id": made["trip_id"], "expected_version": 1}
        await saved(mcp, **change, status="planned")
        stale = await mcp.call_tool("save_trip", {**change, "status": "done"}, raise_on_error=False)

    assert stale.is_error
    assert stale.structured_content == snapshot(
        {
            "code": "conflict",
            "message": "The trip is at version 2 now; it changed since version 1 was read",
            "retryable": False,
            "hint": "`current` shows what is stored now of what you wrote. Merge, and save with "
            "expected_version=2.",
            "expected_version": 1,
            "current_version": 2,
            "current": {
                "status": "planned",
                "changed_since": [
                    {"who": "Owner", "action": "changed", "version": 2, "fields": ["status"]}
                ],
            },
        }
    )


async def test_a_trip_is_deleted_found_in_the_bin_and_restored() -> None:
    async with client() as mcp:
        trip_id = (await saved(mcp, **ROME))["trip_id"]
        deleted = await mcp.call_tool("save_trip", {"trip_id": trip_id, "action": "delete"})
        listed = await mcp.call_tool("get_trips", {})
        binned = await mcp.call_tool("get_trips", {"which": "deleted"})
        restored = await saved(mcp, trip_id=trip_id, action="restore")

    block = deleted.content[0]
    assert block.type == "text"
    assert block.text.startswith("Deleted the trip; its owner can restore it")
    assert listed.structured_content is not None
    assert listed.structured_content["trips"] == []
    assert binned.structured_content is not None
    assert [trip["trip_id"] for trip in binned.structured_content["trips"]] == [trip_id]
    assert (restored["deleted"], restored["version"]) == (False, 3)


async def test_an_earlier_itinerary_is_read_and_comes_back() -> None:
    async with client() as mcp:
        trip_id = (await saved(mcp, **ROME, itinerary={"plan": 1}))["trip_id"]
        await saved(mcp, trip_id=trip_id, itinerary={"plan": 2}, reason="Slower")
        first = await read(mcp, trip_id, itinerary_version=1)
        back = await saved(mcp, trip_id=trip_id, itinerary_version=1)
        whole = await read(mcp, trip_id, detail="full")

    assert first["itinerary"] == {"plan": 1}
    assert back["itinerary_version"] == 3
    assert whole["itinerary"] == {"plan": 1}
    assert [(each["number"], each["origin"]) for each in whole["versions"]] == [
        (3, "restored"),
        (2, "saved"),
        (1, "saved"),
    ]


async def test_a_concise_answer_of_a_full_trip_is_small() -> None:
    async with client() as mcp:
        items = [
            {
                "kind": "visit",
                "title": f"Sight {n}",
                "notes": "x" * 500,
                "starts": "2027-05-11T09:30",
                "ends": "2027-05-11T11:00",
                "zone": "Europe/Rome",
                "price": "12 EUR",
                "place_id": "ChIJrRMgU7ZhLxMRxAOFkC7I8Sg",
            }
            for n in range(60)
        ]
        made = await saved(mcp, **ROME, items=items, itinerary={"days": ["x" * 2000] * 20})
        short = await mcp.call_tool("get_trips", {"trip_id": made["trip_id"]})
        listed = await mcp.call_tool(
            "get_trips", {"trip_id": made["trip_id"], "include": ["items"], "limit": 60}
        )

    assert len(str(short.structured_content)) < 800
    assert len(str(listed.structured_content)) / 3.6 < 3_000
    assert listed.structured_content is not None
    assert listed.structured_content["next_cursor"]


async def test_a_kind_of_file_that_there_is_not_is_named_as_it_was_given() -> None:
    storage = FakeStorage()
    trips = TripService(storage, now=lambda: NOW)
    async with Client(server([*TOOLS], trips=trips, exports=export_service(storage))) as mcp:
        trip_id = (await saved(mcp, **ROME))["trip_id"]
        asked = {"trip_id": trip_id, "export": "docx"}
        refused = await mcp.call_tool("get_trips", asked, raise_on_error=False)

    assert refused.structured_content is not None
    assert refused.structured_content["argument"] == "export"


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "argument"),
    [
        ("save_trip", {}, "invalid_request", "destination"),
        ("save_trip", {"action": "delete"}, "invalid_request", "trip_id"),
        ("save_trip", {**ROME, "start_date": "2027-02-30"}, "invalid_request", "start_date"),
        ("save_trip", {**ROME, "itinerary": "a plan"}, "invalid_request", "itinerary"),
        ("save_trip", {**ROME, "owner": "me"}, "invalid_request", "owner"),
        (
            "save_trip",
            {**ROME, "documents": [{"kind": "library card", "holder": "self"}]},
            "invalid_request",
            "documents.0.kind",
        ),
        (
            "save_trip",
            {"action": "restore", "trip_id": str(uuid4()), "items": [{"kind": "note"}]},
            "invalid_request",
            "action",
        ),
        ("get_trips", {"export": "ics"}, "invalid_request", "export"),
        ("get_trips", {"itinerary_version": 1}, "invalid_request", "itinerary_version"),
        ("get_trips", {"trip_id": "42"}, "invalid_request", "trip_id"),
        ("get_trips", {"trip_id": str(uuid4())}, "not_found", None),
        ("get_trips", {"cursor": "x"}, "invalid_request", "cursor"),
        ("get_trips", {"limit": 51}, "invalid_request", "limit"),
        ("get_trips", {"limit": 0}, "invalid_request", "limit"),
        (
            "get_trips",
            {"trip_id": str(uuid4()), "include": ["all"]},
            "invalid_request",
            "include.0",
        ),
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
            await saved(mcp, **ROME, title=f"Trip {n}")
        schemas = {tool.name: tool.output_schema for tool in await mcp.list_tools()}
        first = (await mcp.call_tool("get_trips", {"limit": 2})).structured_content
        assert first is not None
        last = await mcp.call_tool("get_trips", {"cursor": first["next_cursor"]})
        one = await mcp.call_tool(
            "get_trips", {"trip_id": first["trips"][0]["trip_id"], "detail": "full"}
        )

    assert last.structured_content is not None
    assert len(last.structured_content["trips"]) == 1
    assert "next_cursor" not in last.structured_content
    schema = schemas["get_trips"]
    assert schema is not None
    for answer in (first, last.structured_content, one.structured_content):
        jsonschema.validate(answer, schema)
