"""A child process that does not start, or not again and again: what callers hear, what is left."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar

import psutil
import pytest

from tests.infrastructure.test_mcp_client import CHILD, SHAPE, children, do
from tripsage_mcp.errors import ProviderNotConfiguredError, ProviderUnavailableError
from tripsage_mcp.infrastructure.mcp_client import Command, Deferred, SupervisedMCPClient

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="ends children with POSIX signals"),
]

type Start = Callable[[Command | Deferred], SupervisedMCPClient]


@pytest.fixture
async def start() -> AsyncGenerator[Start]:
    opened: list[SupervisedMCPClient] = []

    def make(server: Command | Deferred) -> SupervisedMCPClient:
        client = SupervisedMCPClient("child", server)
        client.expect({"do": SHAPE})
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()
    await ended()


async def ended() -> None:
    """Wait until there is no child, nor what the system keeps of a dead one."""
    async with asyncio.timeout(10):
        while psutil.Process().children():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


def child(how: str = "well") -> Command:
    return Command(sys.executable, ("-S", str(CHILD), how))


def paused(client: SupervisedMCPClient) -> None:
    """Make the pause the client is in last, however slow the machine is."""
    assert vars(client)["_not_before"] > 0
    vars(client)["_not_before"] += 20


async def test_a_server_that_keeps_not_starting_says_when_to_ask_again_and_where_to_look(
    start: Start,
) -> None:
    client = start(Command("no-such-command-anywhere"))
    for _ in range(2):
        with pytest.raises(ProviderUnavailableError, match="did not start"):
            await do(client, "x")
    paused(client)
    with pytest.raises(ProviderUnavailableError, match="keeps failing") as raised:
        await do(client, "x")
    assert raised.value.retry_after_s is not None
    assert "doctor" in (raised.value.hint or "")


async def test_what_no_waiting_helps_is_told_while_nothing_is_tried(start: Start) -> None:
    looked: list[str] = []

    def find() -> Command:
        looked.append("looked")
        raise ProviderNotConfiguredError("child", "TRIPSAGE_CHILD")

    client = start(Deferred(find))
    for _ in range(2):
        with pytest.raises(ProviderNotConfiguredError, match="TRIPSAGE_CHILD"):
            await do(client, "x")
    paused(client)
    for _ in range(2):
        with pytest.raises(ProviderNotConfiguredError, match="TRIPSAGE_CHILD"):
            await do(client, "x")
    assert looked == ["looked"] * 2


async def test_what_stood_in_the_way_is_forgotten_once_it_is_gone(start: Start) -> None:
    there: list[Command] = []

    def find() -> Command:
        if not there:
            raise ProviderNotConfiguredError("child", "TRIPSAGE_CHILD")
        return there[0]

    client = start(Deferred(find))
    with pytest.raises(ProviderNotConfiguredError):
        await do(client, "x")
    there.append(child())
    with pytest.raises(ProviderUnavailableError, match="stopped during the call"):
        await do(client, "die")
    paused(client)
    with pytest.raises(ProviderUnavailableError, match="keeps failing"):
        await do(client, "x")


async def test_a_child_is_left_alone_for_half_a_minute_at_most(start: Start) -> None:
    client = start(child())
    vars(client)["_failures"] = 30
    with pytest.raises(ProviderUnavailableError, match="stopped during the call"):
        await do(client, "die")
    with pytest.raises(ProviderUnavailableError, match="keeps failing") as raised:
        await do(client, "x")
    assert 0 < (raised.value.retry_after_s or 0) <= 30


async def test_the_server_inherits_nothing_of_the_call_that_starts_it(start: Start) -> None:
    whose: ContextVar[str] = ContextVar("whose", default="nobody's")
    seen: list[str] = []

    def find() -> Command:
        seen.append(whose.get())
        return child()

    whose.set("the first caller's")
    assert await do(start(Deferred(find)), "x") == "x"
    assert seen == ["nobody's"]


async def test_closing_does_not_wait_for_a_start_that_leads_nowhere(start: Start) -> None:
    client = start(child("mute"))
    waiting = asyncio.create_task(do(client, "x"))
    async with asyncio.timeout(10):
        while not children():  # noqa: ASYNC110 - nothing tells of a child's start
            await asyncio.sleep(0.01)
    async with asyncio.timeout(8):
        await client.aclose()
    with pytest.raises(ProviderUnavailableError, match="did not start"):
        await waiting
