import json
from datetime import date
from typing import Any

import jsonschema
import pytest
from fastmcp import Client, FastMCP
from mcp_types import TextContent

from tests import build
from tests.fakes_itinerary import NOW, FakeGeocoding, FakePlaces, FakeWeather, airports, weekly
from tripsage_mcp.services.itineraries.service import ItineraryService
from tripsage_mcp.tools import build_itinerary, revise_itinerary

pytestmark = pytest.mark.anyio

TRIP = {
    "destination": "Lisbon",
    "start_date": "2027-05-10",
    "end_date": "2027-05-13",
    "arrival_airport": "LIS",
    "arrival_time": "2027-05-10T10:35",
    "departure_airport": "LIS",
    "departure_time": "2027-05-13T17:30",
    "interests": ["churches"],
    "must_see": ["Far Palace"],
}


def server(places: FakePlaces | None = None) -> FastMCP[Any]:
    planner = ItineraryService(
        places or FakePlaces(),
        FakeGeocoding(),
        FakeWeather(frozenset({date(2027, 5, 11)})),
        airports,
        lambda: NOW,
        budget_s=30,
        iterations=40,
    )
    return build.server([build_itinerary.TOOL, revise_itinerary.TOOL], itineraries=planner)


async def structured(client: Client[Any], name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call_tool(name, arguments, raise_on_error=False)
    assert result.structured_content is not None
    return result.structured_content


async def test_a_four_day_plan_is_small_and_keeps_its_schema() -> None:
    async with Client(server()) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
        answer = await structured(client, "build_itinerary", TRIP)
    jsonschema.validate(answer, tools["build_itinerary"].output_schema or {})
    written = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    # Some four characters a token, and real place ids are 20 characters longer than these.
    items = sum(len(day["items"]) for day in answer["itinerary"]["days"])
    assert (len(written) + 20 * items) / 4 < 2_500
    assert "null" not in written


async def test_a_plan_reads_well_as_an_answer_and_as_text() -> None:
    async with Client(server()) as client:
        result = await client.call_tool("build_itinerary", TRIP)
    answer = result.structured_content
    assert answer is not None
    monday = answer["itinerary"]["days"][0]
    assert monday["weekday"] == "Monday"
    assert monday["weather"] == "clear, 15 to 24 °C, rain 5 %"
    landing = dict(monday["items"][0])
    assert len(landing.pop("item_id")) == 6
    assert landing == {
        "time": "10:35-11:35",
        "kind": "arrival",
        "name": "Land at LIS",
        "airport": "LIS",
    }
    assert monday["items"][1]["travel"] == "29 min transit"
    assert answer["verdict"] == "works"
    assert answer["sources"][0]["data"] == "sandbox"
    assert answer["alternatives"] == ["Lisbon, Maine, United States"]
    (content,) = result.content
    assert isinstance(content, TextContent)
    text = content.text
    assert "Lisbon, Portugal, 4 days (sandbox data)" in text
    assert "lunch at Room" in text
    assert text.endswith("Check: works.")


async def test_the_whole_answer_goes_into_the_check_too() -> None:
    async with Client(server()) as client:
        built = await structured(client, "build_itinerary", TRIP)
        whole = await structured(client, "revise_itinerary", {"itinerary": built})
        part = await structured(client, "revise_itinerary", {"itinerary": built["itinerary"]})
    assert whole == part
    assert whole["verdict"] == built["verdict"]


async def test_the_plan_goes_into_the_check_as_it_came_out() -> None:
    async with Client(server()) as client:
        plan = (await structured(client, "build_itinerary", TRIP))["itinerary"]
        answer = await structured(client, "revise_itinerary", {"itinerary": plan})
    assert answer["verdict"] == "works"
    assert answer["findings"] == []


async def test_a_visit_moved_by_hand_is_found() -> None:
    async with Client(server()) as client:
        plan = (await structured(client, "build_itinerary", TRIP))["itinerary"]
        plan["days"][1]["items"][0]["time"] = "03:00-04:00"
        answer = await structured(client, "revise_itinerary", {"itinerary": plan})
    assert answer["verdict"] == "broken"
    (closed,) = (f for f in answer["findings"] if f["code"] == "closed")
    assert closed["severity"] == "blocker"
    assert closed["date"] == "2027-05-11"
    assert "opens 09:00-23:00" in closed["message"]


async def test_many_findings_are_cut_to_the_worst_and_counted() -> None:
    places = FakePlaces()
    async with Client(server(places)) as client:
        plan = (await structured(client, "build_itinerary", TRIP))["itinerary"]
        for known in list(places.places):
            places.change(known.place_id, weekly(0, 30))
        answer = await structured(client, "revise_itinerary", {"itinerary": plan})
    assert len(answer["findings"]) == 10
    assert {finding["severity"] for finding in answer["findings"]} == {"blocker"}
    assert answer["findings_omitted"] > 0


async def test_a_plan_written_by_hand_needs_only_times_and_names() -> None:
    plan = {
        "destination": "Lisbon",
        "time_zone": "Europe/Lisbon",
        "author": "me",
        "days": [{"date": "2027-05-11", "items": [{"time": "10:00-11:00", "name": "Castle"}]}],
    }
    async with Client(server()) as client:
        answer = await structured(client, "revise_itinerary", {"itinerary": plan})
    assert answer["verdict"] == "not_fully_checked"


async def test_a_week_with_everything_costs_a_model_little() -> None:
    week = TRIP | {
        "end_date": "2027-05-16",
        "departure_time": "2027-05-16T17:30",
        "budget": "900 EUR",
        "travellers": 2,
        "needs": ["stroller"],
        "diet": ["vegetarian"],
        "commitments": [{"name": "Museum 1", "date": "2027-05-12", "start": "15:00"}],
    }
    async with Client(server()) as client:
        result = await client.call_tool("build_itinerary", week)
        full = await structured(client, "build_itinerary", week | {"detail": "full"})
    answer = result.structured_content
    assert answer is not None
    written = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    items = sum(len(day["items"]) for day in answer["itinerary"]["days"])
    # Some four characters a token, and real place ids are 20 characters longer than these.
    assert (len(written) + 20 * items) / 4 < 3_000
    assert len(json.dumps(full)) > len(json.dumps(answer))
    assert len(full["left_out"]) >= len(answer["left_out"])


async def test_a_plan_is_changed_and_the_answer_says_how() -> None:
    async with Client(server()) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
        plan = (await structured(client, "build_itinerary", TRIP))["itinerary"]
        gone = next(i for i in plan["days"][1]["items"] if i["kind"] == "visit")
        changes = [
            {"action": "drop", "item": gone["item_id"]},
            {"action": "delay_flight", "item": "arrival", "minutes": 60},
        ]
        asked = {"itinerary": plan, "changes": changes}
        result = await client.call_tool("revise_itinerary", asked)
    answer = result.structured_content
    assert answer is not None
    jsonschema.validate(answer, tools["revise_itinerary"].output_schema or {})
    told = {one["item_id"]: one for one in answer["changed"]}
    assert told[gone["item_id"]]["did"] == "dropped"
    landing = answer["itinerary"]["days"][0]["items"][0]
    assert landing["time"] == "11:35-12:35"
    assert told[landing["item_id"]]["why"] == "flight delayed by 60 min"
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert content.text.startswith("Changed:")
    assert "dropped as asked" in content.text


async def test_a_contradiction_names_the_change_and_what_would_help() -> None:
    async with Client(server()) as client:
        plan = (await structured(client, "build_itinerary", TRIP))["itinerary"]
        item = next(i for i in plan["days"][1]["items"] if i["kind"] == "visit")["item_id"]
        changes = [{"action": "lock", "item": item}, {"action": "drop", "item": item}]
        asked = {"itinerary": plan, "changes": changes}
        answer = await structured(client, "revise_itinerary", asked)
        unknown = {"itinerary": plan, "changes": [{"action": "teleport"}]}
        other = await structured(client, "revise_itinerary", unknown)
    assert (answer["code"], answer["argument"]) == ("invalid_request", "changes[1].item")
    assert answer["hint"] == "Unlock it first."
    assert other["argument"] == "changes.0.action"
    assert "teleport" not in other["message"]


async def test_progress_reaches_the_client() -> None:
    told: list[str | None] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with Client(server()) as client:
        await client.call_tool("build_itinerary", TRIP, progress_handler=heard)
    assert told == [
        "finding the destination",
        "finding places and the weather",
        "choosing places and days",
        "fitting real travel times",
        "checking the plan",
        "done",
    ]


@pytest.mark.parametrize(
    ("argument", "changes"),
    [
        ("pace", {"pace": "frantic"}),
        ("start_date", {"start_date": "2020-01-01"}),
        ("start_date", {"start_date": "soon"}),
        ("end_date", {"end_date": "2027-05-09"}),
        ("arrival_airport", {"arrival_airport": "XXX"}),
        ("stay_longitude", {"stay_latitude": 38.7}),
        ("stay_latitude", {"stay_latitude": 138.7, "stay_longitude": 0}),
        ("nights", {"nights": 3}),
    ],
)
async def test_bad_arguments_are_named_and_not_echoed(
    argument: str, changes: dict[str, Any]
) -> None:
    async with Client(server()) as client:
        answer = await structured(client, "build_itinerary", TRIP | changes)
    assert (answer["code"], answer["argument"]) == ("invalid_request", argument)
    assert "frantic" not in answer["message"]


@pytest.mark.parametrize("module", [build_itinerary, revise_itinerary])
def test_the_schemas_hold_no_unions(module: Any) -> None:
    for schema in (module.TOOL.parameters, module.TOOL.output_schema):
        written = json.dumps(schema)
        assert "anyOf" not in written
        assert "oneOf" not in written
        assert '"null"' not in written
    assert len(module.TOOL.description) <= 350
