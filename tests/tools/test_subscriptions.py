"""Clients of both eras are told when a watched price changes, and can read it then."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import mcp_types
import pytest
from fastmcp import FastMCP
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated

from tests import build
from tests.fakes_storage import FakeStorage, ShakyStorage
from tests.loopback import served
from tests.watch_scene import PATIENCE_S, Scene
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.services.watches.service import WatchService
from tripsage_mcp.tools import subscriptions, watch_price
from tripsage_mcp.tools.resources import offer_resources

pytestmark = pytest.mark.anyio

MODERN = "2026-07-28"
LIST = "tripsage://watches"
ROUTE = {
    "action": "create",
    "origin": "LIS",
    "destination": "LHR",
    "departure_date": "2027-05-10",
    "target": "90 EUR",
}


class Stage:
    """A server with the tool and its resources over working fakes, and a worker beside it."""

    def __init__(self, broken: Storage | None = None) -> None:
        storage = FakeStorage()
        self.scene = Scene(storage, storage.queue)
        self.events = EventService(broken or storage, self.scene.events.bus)
        market, clock = self.scene.market, self.scene.clock
        watches = WatchService(
            storage, market, FlightOfferService(market, clock), self.events, clock
        )
        self.server: FastMCP[Any] = build.server([watch_price.TOOL], watches=watches)
        offer_resources(self.server, self.events)

    async def drop(self, price: str) -> None:
        """Let a worker see this price at its next check."""
        self.scene.now += timedelta(hours=7)
        self.scene.market.price = price
        assert await self.scene.worker().run_once() == 1


@pytest.fixture
def stage() -> Stage:
    return Stage()


@asynccontextmanager
async def client(stage: Stage, mode: str, **more: Any) -> AsyncGenerator[Client]:
    async with (
        asyncio.timeout(PATIENCE_S),
        stage.server._lifespan_manager(),  # pyright: ignore[reportPrivateUsage]
        Client(stage.server._mcp_server, mode=mode, **more) as made,  # pyright: ignore[reportPrivateUsage]
    ):
        yield made


async def create(made: Client) -> str:
    result = await made.call_tool("watch_price", ROUTE)
    assert result.structured_content is not None
    return result.structured_content["resource"]


async def read(made: Client, uri: str) -> dict[str, Any]:
    result = await made.read_resource(uri)
    (content,) = result.contents
    assert isinstance(content, mcp_types.TextResourceContents)
    assert content.mime_type == "application/json"
    return json.loads(content.text)


async def subscribe(made: Client, uri: str) -> None:
    """Ask as clients did before 2026-07-28."""
    params = mcp_types.SubscribeRequestParams(uri=uri)
    request = mcp_types.SubscribeRequest(params=params)
    await made.session.send_request(request, mcp_types.EmptyResult)


async def listen(made: Client, *uris: str) -> None:
    """Ask as clients do since."""
    async with made.listen(resource_subscriptions=uris):
        pass


async def unsubscribe(made: Client, uri: str) -> None:
    params = mcp_types.UnsubscribeRequestParams(uri=uri)
    request = mcp_types.UnsubscribeRequest(params=params)
    await made.session.send_request(request, mcp_types.EmptyResult)


class Mailbox:
    """Keeps what a client is told on its connection."""

    def __init__(self) -> None:
        self.letters: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, message: object) -> None:
        if isinstance(message, mcp_types.ResourceUpdatedNotification):
            self.letters.put_nowait(str(message.params.uri))

    async def next(self) -> str:
        return await self.letters.get()


# The resources


@pytest.mark.parametrize("mode", ["legacy", MODERN])
async def test_watches_are_listed_and_read_as_resources(stage: Stage, mode: str) -> None:
    async with client(stage, mode) as made:
        assert (await read(made, LIST))["watches"] == []
        uri = await create(made)
        listed = await made.list_resources()
        templates = await made.list_resource_templates()
        everything, one = await read(made, LIST), await read(made, uri)

    assert {str(each.uri) for each in listed.resources} == {LIST, "tripsage://trips"}
    assert {each.uri_template for each in templates.resource_templates} == {
        LIST + "/{watch_id}",
        "tripsage://trips/{trip_id}",
    }
    assert all(each.description for each in [*listed.resources, *templates.resource_templates])
    (row,) = everything["watches"]
    assert "history" not in row
    assert one["watches"][0]["history"]["points"][0]["price"] == "100.00 EUR"
    assert uri.endswith(row["watch_id"])


@pytest.mark.parametrize("mode", ["legacy", MODERN])
@pytest.mark.parametrize(
    ("uri", "code"),
    [
        (f"{LIST}/7", "invalid_request"),
        (f"{LIST}/01980000-0000-7000-8000-000000000001", "not_found"),
    ],
)
async def test_a_watch_that_is_not_there_is_the_protocols_error_in_our_words(
    stage: Stage, mode: str, uri: str, code: str
) -> None:
    async with client(stage, mode) as made:
        with pytest.raises(MCPError) as caught:
            await made.read_resource(uri)
    assert caught.value.error.code == -32602
    assert caught.value.error.data == {"code": code, "retryable": False}
    assert "watch" in caught.value.error.message


# 2026-07-28


async def test_a_modern_client_hears_of_a_drop_and_reads_it(stage: Stage) -> None:
    async with client(stage, "auto") as made:
        capabilities = made.server_capabilities
        uri = await create(made)
        async with made.listen(resource_subscriptions=[uri, LIST]) as heard:
            assert made.protocol_version == MODERN
            assert heard.honored.resource_subscriptions == [uri, LIST]
            await stage.drop("89.00")

            assert {await anext(heard), await anext(heard)} == {
                ResourceUpdated(uri),
                ResourceUpdated(LIST),
            }
            watch = (await read(made, uri))["watches"][0]
    assert capabilities is not None
    assert capabilities.resources is not None
    assert capabilities.resources.subscribe
    assert (watch["price"], watch["lowest"]) == ("89.00 EUR", "89.00 EUR")


async def test_a_modern_client_hears_only_of_what_it_asked_for(stage: Stage) -> None:
    async with client(stage, MODERN) as made:
        uri = await create(made)
        async with made.listen(resource_subscriptions=[uri]) as heard:
            await stage.drop("95.00")
            await stage.drop("89.00")
            assert await anext(heard) == ResourceUpdated(uri)
            await made.call_tool("watch_price", {"action": "stop", "watch_id": uri[-36:]})
            assert await anext(heard) == ResourceUpdated(uri)


async def test_closing_ends_a_stream_in_good_order(stage: Stage) -> None:
    async with (
        client(stage, MODERN) as made,
        made.listen(resource_subscriptions=[LIST]) as heard,
    ):
        await stage.events.bus.close()
        assert [event async for event in heard] == []


async def test_there_are_only_so_many_streams_and_one_that_ends_makes_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MOST_STREAMS", 1)
    async with client(stage, MODERN) as made:
        async with made.listen(resource_subscriptions=[LIST]) as heard:
            with pytest.raises(MCPError, match="Too many"):
                await listen(made, LIST)
            await stage.events.bus.close()
            assert [event async for event in heard] == []
        await listen(made, LIST)
        with pytest.raises(MCPError, match="Too many"):
            await listen(made, *(f"{LIST}/{n}" for n in range(257)))


# Before it


async def test_an_older_client_hears_of_a_drop_and_reads_it(stage: Stage) -> None:
    mailbox = Mailbox()
    async with client(stage, "legacy", message_handler=mailbox) as made:
        capabilities = made.server_capabilities
        uri = await create(made)
        await subscribe(made, uri)
        await subscribe(made, LIST)
        await stage.drop("89.00")

        assert [await mailbox.next(), await mailbox.next()] == [uri, LIST]
        watch = (await read(made, uri))["watches"][0]
    assert capabilities is not None
    assert capabilities.resources is not None
    assert capabilities.resources.subscribe
    assert watch["price"] == "89.00 EUR"


async def test_an_older_client_hears_no_more_after_it_unsubscribed(stage: Stage) -> None:
    mailbox = Mailbox()
    async with client(stage, "legacy", message_handler=mailbox) as made:
        uri = await create(made)
        await unsubscribe(made, uri)
        await subscribe(made, uri)
        await subscribe(made, LIST)
        await unsubscribe(made, uri)
        await stage.drop("89.00")
        assert await mailbox.next() == LIST
    assert mailbox.letters.empty()


async def test_whoever_leaves_is_followed_no_longer(stage: Stage) -> None:
    async with client(stage, "legacy") as made:
        await subscribe(made, LIST)
        with stage.events.bus.subscribe("anything"):
            pass
    assert vars(stage.events.bus)["_topics"] == {}


@pytest.mark.parametrize("mode", ["legacy", MODERN])
async def test_without_the_database_there_is_no_subscription(mode: str) -> None:
    async with client(Stage(ShakyStorage(FakeStorage())), mode) as made:
        with pytest.raises(MCPError, match="out of reach") as caught:
            await (subscribe if mode == "legacy" else listen)(made, LIST)
    assert caught.value.error.data == {"code": "storage_unavailable", "retryable": True}


# Over HTTP


@pytest.mark.parametrize("mode", ["legacy", MODERN])
async def test_over_http_both_hear_of_a_drop(stage: Stage, mode: str) -> None:
    app = stage.server.http_app(path="/mcp")
    mailbox = Mailbox()
    async with (
        asyncio.timeout(PATIENCE_S),
        served(app, stage.events.end) as url,
        Client(f"{url}/mcp", mode=mode, message_handler=mailbox) as made,
    ):
        uri = await create(made)
        if mode == "legacy":
            await subscribe(made, uri)
            await stage.drop("89.00")
            assert await mailbox.next() == uri
        else:
            async with made.listen(resource_subscriptions=[uri]) as heard:
                await stage.drop("89.00")
                assert await anext(heard) == ResourceUpdated(uri)
        assert (await read(made, uri))["watches"][0]["price"] == "89.00 EUR"
