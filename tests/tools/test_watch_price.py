import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from mcp_types import TextContent

from tests import build
from tests.build_flights import found, offer, offer_id
from tests.fakes_storage import FakeStorage
from tests.watch_scene import Scene
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.services.watches.service import WatchService
from tripsage_mcp.tools import watch_price

pytestmark = pytest.mark.anyio

ROUTE = {"origin": "LIS", "destination": "LHR", "departure_date": "2027-05-10"}
MOST_TOKENS = 600


class Stage:
    """The tool over working fakes, and a worker beside it."""

    def __init__(self) -> None:
        storage = FakeStorage()
        self.scene = Scene(storage, storage.queue)
        market, events = self.scene.market, self.scene.events
        offers = FlightOfferService(market, self.scene.clock)
        self.watches = WatchService(storage, market, offers, events, self.scene.clock)
        self.server = build.server([watch_price.TOOL], watches=self.watches)

    async def call(self, action: str, **arguments: Any) -> dict[str, Any]:
        async with Client(self.server) as client:
            result = await client.call_tool(
                "watch_price", {"action": action, **arguments}, raise_on_error=False
            )
        answer: dict[str, Any] = result.structured_content or {}
        if not result.is_error:
            jsonschema.validate(answer, watch_price.TOOL.output_schema or {})
        return answer

    async def check(self, *prices: str | None) -> None:
        for price in prices:
            self.scene.now += timedelta(hours=7)
            self.scene.market.price = price
            assert await self.scene.worker().run_once() == 1


def said(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_creating_shows_the_price_now_and_where_news_will_appear(stage: Stage) -> None:
    answer = await stage.call("create", **ROUTE, target="90 EUR")
    (watch,) = answer["watches"]
    assert answer["created"] is True
    assert answer["source"]["data"] == watch["data"] == "sandbox"
    assert answer["resource"] == f"tripsage://watches/{watch['watch_id']}"
    assert watch["route"] == "LIS-LHR 2027-05-10"
    assert watch["passengers"] == "1 adult"
    assert watch["price"] == watch["first"] == watch["lowest"] == "100.00 EUR"
    assert watch["alert"] == "each new low at or below 90.00 EUR"
    assert (watch["status"], watch["checks"]) == ("active", 1)
    assert watch["ends_at"] == "2027-05-10T23:00:00Z"
    assert [each["price"] for each in watch["history"]["points"]] == ["100.00 EUR"]
    assert watch["history"]["trend"] == "unknown"
    assert (await stage.call("create", **ROUTE, target="90 EUR"))["created"] is False


async def test_the_history_keeps_changes_and_says_where_the_price_is_going(stage: Stage) -> None:
    made = await stage.call("create", **ROUTE)
    await stage.check("100.00", "100.00", "120.00", None, "95.00")

    answer = await stage.call("get", watch_id=made["watches"][0]["watch_id"])

    (watch,) = answer["watches"]
    assert (watch["price"], watch["lowest"], watch["first"]) == (
        "95.00 EUR",
        "95.00 EUR",
        "100.00 EUR",
    )
    assert watch["lowest_at"] == "2027-03-02T23:00:00Z"
    assert watch["history"]["highest"] == "120.00 EUR"
    assert watch["history"]["trend"] == "falling"
    assert [each.get("price") for each in watch["history"]["points"]] == [
        "100.00 EUR",
        "120.00 EUR",
        None,
        "95.00 EUR",
    ]
    assert "resource" not in answer


async def test_a_long_history_shows_its_latest_changes_and_how_many_came_before(
    stage: Stage,
) -> None:
    made = await stage.call("create", **ROUTE)
    await stage.check(*(f"{100 + n % 2}.00" for n in range(1, 31)))
    answer = await stage.call("get", watch_id=made["watches"][0]["watch_id"])
    history = answer["watches"][0]["history"]
    assert (len(history["points"]), history["earlier_points"]) == (20, 11)
    assert len(json.dumps(answer)) / 3.6 < 1_000


async def test_a_price_of_another_kind_of_data_than_the_watch_says_so(stage: Stage) -> None:
    made = await stage.call("create", **ROUTE)
    stage.scene.market.data = "live"
    await stage.check("90.00")
    answer = await stage.call("get", watch_id=made["watches"][0]["watch_id"])
    (watch,) = answer["watches"]
    assert (watch["data"], watch["first"], watch["history"]["trend"]) == (
        "live",
        "90.00 EUR",
        "unknown",
    )
    assert [(each["price"], each.get("data")) for each in watch["history"]["points"]] == [
        ("100.00 EUR", "sandbox"),
        ("90.00 EUR", None),
    ]


async def test_a_target_no_price_can_reach_says_what_is_told_in_its_place(stage: Stage) -> None:
    stage.scene.market.price = None
    made = await stage.call("create", **ROUTE, target="90 USD")
    assert made["watches"][0]["alert"] == "each new low at or below 90.00 USD"
    await stage.check("100.00")
    (watch,) = (await stage.call("list"))["watches"]
    assert watch["alert"] == "each new low at or below 90.00 USD or each new low by 3 % or more"


async def test_an_itinerary_is_watched_by_an_offer(stage: Stage) -> None:
    stage.scene.market.answer = found(offer(1))
    answer = await stage.call("create", offer_id=offer_id(1), drop_percent=10)
    (watch,) = answer["watches"]
    assert watch["flights"] == ["TP1350 LIS-LHR 2027-05-10"]
    assert watch["cabin"] == "economy"
    assert watch["alert"] == "each new low by 10 % or more"
    assert watch["ends_at"] == "2027-05-10T08:00:00Z"


async def test_listing_shows_active_watches_first_without_their_history(stage: Stage) -> None:
    assert (await stage.call("list"))["watches"] == []
    first = await stage.call("create", **ROUTE)
    await stage.call("create", **ROUTE, adults=2, children_ages=[11, 1], until="2027-04-01")
    stopped = await stage.call("stop", watch_id=first["watches"][0]["watch_id"])

    listed = (await stage.call("list"))["watches"]

    assert [each["status"] for each in listed] == ["active", "ended"]
    assert listed[0]["passengers"] == "2 adults, children aged 1, 11"
    assert listed[1]["ended"] == stopped["watches"][0]["ended"] == "stopped by the traveller"
    assert all("history" not in each for each in listed)


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"action": "get"}, "watch_id"),
        ({"action": "stop"}, "watch_id"),
        ({"action": "get", "watch_id": "7"}, "watch_id"),
        ({"action": "create"}, "origin"),
        ({"action": "create", **ROUTE, "target": "cheap"}, "target"),
        ({"action": "watch"}, "action"),
    ],
)
async def test_a_wrong_argument_is_named(
    stage: Stage, arguments: dict[str, Any], argument: str
) -> None:
    answer = await stage.call(**arguments)
    assert (answer["code"], answer["argument"]) == ("invalid_request", argument)


async def test_a_watch_nobody_has_is_not_found(stage: Stage) -> None:
    answer = await stage.call("stop", watch_id=str(uuid4()))
    assert answer["code"] == "not_found"
    assert "list" in answer["hint"]


async def test_the_text_says_one_watch_a_line(stage: Stage) -> None:
    async with Client(stage.server) as client:
        none = await client.call_tool("watch_price", {"action": "list"})
        made = await client.call_tool("watch_price", {"action": "create", **ROUTE})
    assert said(none) == "No watched prices."
    assert said(made).startswith(
        "Watching now: LIS-LHR 2027-05-10, 1 adult: 100.00 EUR, lowest 100.00 EUR (each new low by"
        " 3 % or more, until 2027-05-10T23:00:00Z)."
    )


def test_the_definition_leaves_room_for_the_others() -> None:
    made = watch_price.TOOL
    told = json.dumps([made.name, made.description, made.parameters], separators=(",", ":"))
    assert len(told) / 3.6 <= MOST_TOKENS
