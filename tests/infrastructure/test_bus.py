import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack

import pytest
from pydantic import SecretStr

from tests.valkey import Valkey, needs_valkey
from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure import bus as bus_module
from tripsage_mcp.infrastructure.bus import Bus, Listening, MemoryBus, RedisBus, build
from tripsage_mcp.infrastructure.keyvalue import KeyValueConfig
from tripsage_mcp.infrastructure.redis_link import RedisClient, RedisLink

pytestmark = pytest.mark.anyio

PATIENCE_S = 20


@pytest.fixture(params=["memory", pytest.param("valkey", marks=needs_valkey)])
async def bus(request: pytest.FixtureRequest) -> AsyncGenerator[Bus]:
    bus: Bus
    if request.param == "memory":
        bus = MemoryBus()
    else:
        bus = RedisBus(request.getfixturevalue("valkey").url)
    yield bus
    await bus.close()


async def next_of(listening: Listening) -> str:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(listening)


async def ends(listening: Listening) -> bool:
    async with asyncio.timeout(PATIENCE_S):
        return [message async for message in listening] == []


# The same for every bus.


async def test_whoever_listens_to_a_topic_hears_it_and_nobody_else(bus: Bus) -> None:
    with bus.subscribe("a") as one, bus.subscribe("a") as two, bus.subscribe("b") as other:
        await bus.publish("a", "first")
        await bus.publish("b", "elsewhere")
        await bus.publish("a", "second")

        assert [await next_of(one), await next_of(one)] == ["first", "second"]
        assert [await next_of(two), await next_of(two)] == ["first", "second"]
        assert await next_of(other) == "elsewhere"


async def test_what_was_said_before_and_after_is_not_heard(bus: Bus) -> None:
    await bus.publish("a", "too early")
    with bus.subscribe("a") as early:
        pass
    with bus.subscribe("a") as late:
        await bus.publish("a", "in time")

        assert await next_of(late) == "in time"
    await bus.publish("a", "too late")
    await bus.close()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await anext(early)


async def test_waiting_may_be_cancelled_and_begun_again(bus: Bus) -> None:
    with bus.subscribe("a") as listening:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(listening)
        await bus.publish("a", "heard")

        assert await next_of(listening) == "heard"


async def test_who_falls_behind_loses_the_oldest_messages_and_holds_nobody_up(bus: Bus) -> None:
    with bus.subscribe("a") as listening:
        for n in range(200):
            await bus.publish("a", str(n))
        heard = [await next_of(listening) for _ in range(64)]

    assert heard == [str(n) for n in range(136, 200)]


async def test_closing_ends_whoever_listens_and_the_bus_can_be_used_again(bus: Bus) -> None:
    with bus.subscribe("a") as listening:
        waiting = asyncio.create_task(ends(listening))
        await asyncio.sleep(0)
        await bus.close()

        assert await waiting
        assert await ends(listening)
    with bus.subscribe("a") as again:
        await bus.publish("a", "back")
        assert await next_of(again) == "back"


# Between processes


async def connected(bus: RedisBus) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await bus.connected.wait()


@needs_valkey
async def test_what_one_process_publishes_reaches_the_listeners_of_another_once(
    valkey: Valkey,
) -> None:
    one, two = RedisBus(valkey.url), RedisBus(valkey.url)
    with one.subscribe("a") as here, two.subscribe("a") as there, two.subscribe("b") as other:
        await connected(one)
        await connected(two)
        await one.publish("a", "é 1")
        await two.publish("a", "2")
        await one.publish("b", "3")

        assert {await next_of(here), await next_of(here)} == {"é 1", "2"}
        assert {await next_of(there), await next_of(there)} == {"é 1", "2"}
        assert await next_of(other) == "3"
    await one.close()
    await two.close()


@needs_valkey
async def test_what_others_say_on_the_channel_is_passed_over(valkey: Valkey) -> None:
    bus, other, link = RedisBus(valkey.url), RedisBus(valkey.url), RedisLink(valkey.url)
    with bus.subscribe("a") as listening:
        await connected(bus)
        for junk in ("no json", "[1]", '{"a": 1}', '["x", "a"]', "null"):

            async def say(client: RedisClient, junk: str = junk) -> object:
                return await client.publish("tripsage:bus", junk)

            assert await link.call(say) == 1
        await other.publish("a", "heard")

        assert await next_of(listening) == "heard"
    for each in (bus, other, link):
        await each.close()


@needs_valkey
async def test_a_silent_connection_is_asked_whether_it_is_there_and_stays_open(
    valkey: Valkey,
) -> None:
    bus, other = RedisBus(valkey.url, ask_every_s=0.02), RedisBus(valkey.url)
    with bus.subscribe("a") as listening:
        await connected(bus)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await anext(listening)
        await other.publish("a", "still there")

        assert await next_of(listening) == "still there"
        assert bus.connected.is_set()
    await bus.close()
    await other.close()


@needs_valkey
async def test_without_the_server_a_process_hears_itself_and_is_woken_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Valkey()
    server.start()
    one, two = RedisBus(server.url), RedisBus(server.url)
    try:
        with ExitStack() as stack:
            listening = stack.enter_context(one.subscribe("a"))
            await connected(one)
            server.stop()
            await one.publish("a", "to myself")
            assert await next_of(listening) == "to myself"

            server.start()
            # It may have missed something: the empty message says so.
            assert await next_of(listening) == ""
            stack.enter_context(two.subscribe("a"))
            await connected(two)
            await two.publish("a", "from elsewhere")
            assert await next_of(listening) == "from elsewhere"
    finally:
        await one.close()
        await two.close()
        server.remove()
    assert "bus_out_of_reach" in caplog.text
    assert str(server.socket) not in caplog.text


async def test_a_server_that_stays_away_is_logged_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "_SHORTEST_PAUSE_S", 0.001)
    refused = asyncio.Semaphore(0)

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        refused.release()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    bus = RedisBus(SecretStr(f"redis://127.0.0.1:{port}"))
    with bus.subscribe("a"):
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(3):
                await refused.acquire()
    await bus.close()
    server.close()
    await server.wait_closed()
    assert caplog.text.count("bus_out_of_reach") == 1


def test_the_setting_decides_where_messages_go() -> None:
    assert isinstance(build(KeyValueConfig(redis_url=None)), MemoryBus)
    assert isinstance(build(KeyValueConfig(redis_url=SecretStr("redis://h"))), RedisBus)
    with pytest.raises(ConfigurationError, match="TRIPSAGE_REDIS_URL"):
        build(KeyValueConfig(redis_url=SecretStr("http://h")))
