import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tripsage_mcp.errors import (
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from tripsage_mcp.infrastructure.mcp_client import (
    Command,
    Deferred,
    SupervisedMCPClient,
    ToolShape,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="ends children with POSIX signals"),
]

CHILD = Path(__file__).with_name("mcp_child.py")
SHAPE = ToolShape({"what": "string"}, frozenset({"what"}))

type Open = Callable[..., SupervisedMCPClient]


@pytest.fixture
async def connect() -> AsyncGenerator[Open]:
    opened: list[SupervisedMCPClient] = []

    def make(how: str = "well", **settings: Any) -> SupervisedMCPClient:
        command = Command(sys.executable, ("-S", str(CHILD), how), {"GIVEN": "yes"})
        client = SupervisedMCPClient("child", command, **settings)
        client.expect({"do": SHAPE})
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()
    assert children() == []


def children() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if str(CHILD) in p.cmdline()]


def sessions() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "child client"]


async def do(client: SupervisedMCPClient, what: str, **options: Any) -> str:
    return (await client.call("do", {"what": what}, **options)).text


async def gone(pid: int) -> None:
    async with asyncio.timeout(10):
        # Nothing tells of the end of a child's child.
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_nothing_runs_until_the_first_call_and_one_child_serves_all(connect: Open) -> None:
    client = connect()
    assert children() == []
    pids = await asyncio.gather(*(do(client, "pid") for _ in range(20)))
    assert len(set(pids)) == 1
    assert [p.pid for p in children()] == [int(pids[0])]


async def test_a_tools_own_failure_is_told_apart(connect: Open) -> None:
    client = connect()
    reply = await client.call("do", {"what": "fail"})
    assert (reply.text, reply.is_error) == ("oh no", True)
    assert not (await client.call("do", {"what": "x"})).is_error


async def test_the_child_sees_little_of_our_environment(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPSAGE_SECRET", "s")
    seen = json.loads(await do(connect(), "env"))
    assert seen["GIVEN"] == "yes"
    assert "PATH" in seen
    assert "TRIPSAGE_SECRET" not in seen


async def test_the_childs_last_words_reach_neither_our_stdout_nor_our_stderr(
    connect: Open, capfd: pytest.CaptureFixture[str]
) -> None:
    await do(connect(), "x")
    with pytest.raises(ProviderUnavailableError):
        await do(connect("stillborn"), "x")
    out, err = capfd.readouterr()
    assert "words" not in out + err


async def test_a_child_killed_during_a_call_fails_that_call_and_the_next_one_works(
    connect: Open,
) -> None:
    client = connect()
    pid = int(await do(client, "pid"))
    hanging = asyncio.create_task(do(client, "hang"))
    await do(client, "x")  # the hanging call was written before this one
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ProviderUnavailableError) as raised:
        await hanging
    assert raised.value.retryable
    assert int(await do(client, "pid")) != pid


async def test_a_child_that_died_while_nobody_called_costs_no_call(connect: Open) -> None:
    client = connect()
    pid = int(await do(client, "pid"))
    os.kill(pid, signal.SIGKILL)
    _done, late = await asyncio.wait(sessions(), timeout=10)
    assert not late
    assert int(await do(client, "pid")) != pid


async def test_a_child_that_keeps_dying_is_left_alone_for_a_while(connect: Open) -> None:
    client = connect()
    for _ in range(2):
        with pytest.raises(ProviderUnavailableError, match="stopped during the call"):
            await do(client, "die")
    with pytest.raises(ProviderUnavailableError, match="keeps failing") as raised:
        await do(client, "x")
    assert raised.value.retry_after_s is not None
    assert 0 < raised.value.retry_after_s <= 1


async def test_a_child_that_works_between_two_deaths_is_started_at_once(connect: Open) -> None:
    client = connect()
    for _ in range(4):
        await do(client, "x")
        with pytest.raises(ProviderUnavailableError, match="stopped during the call"):
            await do(client, "die")


async def test_a_late_answer_fails_its_call_alone(connect: Open) -> None:
    client = connect(call_timeout_s=30)
    pid = await do(client, "pid")
    with pytest.raises(ProviderTimeoutError, match="no answer in time"):
        await do(client, "hang", timeout_s=0.05)
    assert await do(client, "pid") == pid


async def test_an_answer_between_two_late_ones_keeps_the_child(connect: Open) -> None:
    client = connect()
    pid = await do(client, "pid")
    for _ in range(3):
        with pytest.raises(ProviderTimeoutError, match="no answer in time"):
            await do(client, "hang", timeout_s=0.05)
        assert await do(client, "pid") == pid


async def test_a_child_that_answers_nothing_any_more_is_replaced(connect: Open) -> None:
    client = connect()
    pid = await do(client, "pid")
    for _ in range(2):
        with pytest.raises(ProviderTimeoutError, match="no answer in time"):
            await do(client, "hang", timeout_s=0.05)
    assert await do(client, "pid") != pid


async def test_a_caller_that_gives_up_takes_nothing_from_the_others(connect: Open) -> None:
    client = connect()
    first = asyncio.create_task(do(client, "x"))
    second = asyncio.create_task(do(client, "y"))
    await asyncio.sleep(0)
    first.cancel()  # it began the start
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == "y"
    hanging = asyncio.create_task(do(client, "hang"))
    await do(client, "x")
    hanging.cancel()
    assert await do(client, "z") == "z"


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("refuse", ProviderProtocolError),
        ("mumble", ProviderProtocolError),
        ("babble", ProviderProtocolError),
    ],
)
async def test_a_broken_answer_is_a_protocol_error_without_their_words(
    connect: Open, what: str, error: type[Exception]
) -> None:
    client = connect()
    with pytest.raises(error) as raised:
        await do(client, what)
    assert "secret" not in str(raised.value)
    assert await do(client, "x") == "x"


async def test_what_is_no_message_is_passed_over_and_its_words_are_not_logged(
    connect: Open, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect()
    assert await do(client, "chatter", timeout_s=10) == "at last"
    assert await do(client, "x") == "x"
    assert "Failed to parse" in caplog.text
    assert "traveller" not in caplog.text


async def test_a_command_is_looked_for_when_the_server_starts_and_each_time_it_does(
    connect: Open,
) -> None:
    looked: list[str] = []

    def find() -> Command:
        looked.append("looked")
        return Command(sys.executable, ("-S", str(CHILD), "well"))

    client = SupervisedMCPClient("child", Deferred(find))
    assert looked == []
    pid = int(await do(client, "pid"))
    assert int(await do(client, "pid")) == pid
    os.kill(pid, signal.SIGKILL)
    await asyncio.wait(sessions(), timeout=10)
    assert int(await do(client, "pid")) != pid
    assert looked == ["looked"] * 2
    await client.aclose()


async def test_what_stands_in_the_way_of_a_command_reaches_the_caller(connect: Open) -> None:
    def find() -> Command:
        raise ProviderNotConfiguredError("child", "TRIPSAGE_CHILD")

    client = SupervisedMCPClient("child", Deferred(find))
    with pytest.raises(ProviderNotConfiguredError, match="TRIPSAGE_CHILD"):
        await do(client, "x")


async def test_a_command_that_does_not_exist_is_unavailable(connect: Open) -> None:
    client = SupervisedMCPClient("child", Command("no-such-command-anywhere"))
    with pytest.raises(ProviderUnavailableError, match="did not start") as raised:
        await client.call("do", {})
    assert raised.value.hint is not None


async def test_a_child_that_says_nothing_is_given_up_and_ended(connect: Open) -> None:
    client = connect("mute", start_timeout_s=0.5)
    with pytest.raises(ProviderUnavailableError, match="in time"):
        await do(client, "x")
    await client.aclose()
    assert children() == []


@pytest.mark.parametrize(
    "shape",
    [
        ToolShape({"what": "number"}, frozenset({"what"})),
        ToolShape({"what": "string", "more": "string"}, frozenset({"what"})),
        ToolShape({"what": "string"}),
    ],
)
async def test_a_tool_that_changed_is_refused(connect: Open, shape: ToolShape) -> None:
    client = connect()
    client.expect({"do": shape})
    with pytest.raises(ProviderProtocolError, match="'do'"):
        await do(client, "x")


async def test_a_tool_that_is_missing_is_refused(connect: Open) -> None:
    client = connect()
    client.expect({"undo": SHAPE})
    with pytest.raises(ProviderProtocolError, match="'undo'"):
        await do(client, "x")


async def test_closing_ends_even_a_stubborn_child_and_a_later_call_starts_another(
    connect: Open,
) -> None:
    client = connect("stubborn")
    pid = int(await do(client, "pid"))
    hanging = asyncio.create_task(do(client, "hang"))
    await do(client, "x")
    await client.aclose()
    with pytest.raises(ProviderUnavailableError):
        await hanging
    assert not psutil.pid_exists(pid)
    assert int(await do(client, "pid")) != pid
    await client.aclose()
    await client.aclose()


async def test_the_child_ends_when_we_are_killed() -> None:
    code = (
        "import asyncio, sys\n"
        "from tripsage_mcp.infrastructure.mcp_client import *\n"
        "async def main():\n"
        f"    client = SupervisedMCPClient('child', Command({sys.executable!r},"
        f" ({str(CHILD)!r}, 'well')))\n"
        "    print((await client.call('do', {'what': 'pid'})).text, flush=True)\n"
        "    await client.call('do', {'what': 'hang'})\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(30):
        pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await gone(pid)


def test_a_loop_that_ends_without_closing_leaves_no_child() -> None:
    async def careless() -> int:
        client = SupervisedMCPClient("child", Command(sys.executable, (str(CHILD), "well")))
        return int(await do(client, "pid"))

    pid = asyncio.run(careless())
    assert not psutil.pid_exists(pid)
