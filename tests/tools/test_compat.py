import asyncio
import json
import logging
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, override

import httpx
import pytest
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from mcp import Client, StdioServerParameters

from tests.tools import stdio_server
from tripsage_mcp.infrastructure.config import environment
from tripsage_mcp.tools.compat import use_tool_schemas, withhold_tracebacks

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.tools.stdio_server"]
MODERN = "2026-07-28"
LEGACY = "2025-11-25"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
}
ECHO = {"name": "echo", "arguments": {"words": "hello"}}
PATIENCE_S = 50


class Lines:
    """A client that writes and reads JSON lines itself, in whatever order a test wants."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._sent = 0

    def send(self, method: str, params: dict[str, Any] | None = None) -> int:
        self._sent += 1
        self._write({"id": self._sent, "method": method, "params": params or {}})
        return self._sent

    def notify(self, method: str) -> None:
        self._write({"method": method})

    def _write(self, message: dict[str, Any]) -> None:
        self._stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def junk(self) -> None:
        self._stdin.write(b"no JSON\n")

    async def answer(self, to: int) -> dict[str, Any]:
        """Return the next answer to this request; log notifications in between are skipped."""
        while True:
            line = await self._stdout.readline()
            assert line, "the server closed its output"
            message = json.loads(line)
            if message.get("id") == to:
                return message

    async def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return await self.answer(self.send(method, params))

    async def initialize(self) -> dict[str, Any]:
        answer = await self.ask(
            "initialize",
            {
                "protocolVersion": LEGACY,
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "0"},
            },
        )
        self.notify("notifications/initialized")
        return answer

    async def hang_up(self) -> int:
        self._stdin.close()
        return await self.process.wait()


@asynccontextmanager
async def spawned() -> AsyncGenerator[Lines]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield Lines(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def said(answer: dict[str, Any]) -> Any:
    return answer["result"]["structuredContent"]


async def test_a_client_that_discovers_may_still_initialize() -> None:
    async with spawned() as client:
        found = await client.ask("server/discover", {"_meta": META})
        assert MODERN in found["result"]["supportedVersions"]
        assert found["result"]["instructions"] == "One tool."

        assert (await client.initialize())["result"]["protocolVersion"] == LEGACY
        # The probe neither closed nor reopened what the server opened at its start.
        assert said(await client.ask("tools/call", ECHO)) == {"words": "hello", "opened": 1}
        assert await client.hang_up() == 0


async def test_a_client_in_a_hurry_may_send_both_before_the_first_answer() -> None:
    async with spawned() as client:
        probes = [client.send("server/discover", {"_meta": META}) for _ in range(2)]
        initialized = asyncio.ensure_future(client.initialize())
        assert (await initialized)["result"]["protocolVersion"] == LEGACY
        assert probes == [1, 2]
        assert said(await client.ask("tools/call", ECHO))["words"] == "hello"


async def test_a_client_that_discovers_may_go_on_without_a_handshake() -> None:
    async with spawned() as client:
        await client.ask("server/discover", {"_meta": META})
        assert said(await client.ask("tools/call", {**ECHO, "_meta": META}))["words"] == "hello"
        again = await client.ask("server/discover", {"_meta": META})
        assert MODERN in again["result"]["supportedVersions"]
        assert await client.hang_up() == 0


async def test_odd_beginnings_do_not_end_the_server() -> None:
    async with spawned() as client:
        client.junk()
        client.notify("notifications/cancelled")
        assert "result" in await client.ask("server/discover", {"_meta": "none"})
        unknown = {**META, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
        error = (await client.ask("server/discover", {"_meta": unknown}))["error"]
        assert error["code"] == -32022
        assert MODERN in error["data"]["supported"]
        assert "result" in await client.initialize()


async def test_a_client_that_leaves_at_once_ends_the_server() -> None:
    async with spawned() as client:
        await client.ask("server/discover", {"_meta": META})
        assert await client.hang_up() == 0


@pytest.mark.parametrize("mode", ["legacy", "auto", MODERN])
async def test_a_real_client_of_each_era_calls_a_tool(mode: str) -> None:
    spawn = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], cwd=ROOT, env=dict(environment())
    )
    async with asyncio.timeout(PATIENCE_S), Client(spawn, mode=mode) as client:
        result = await client.call_tool("echo", {"words": "hello"})
        listed = await client.list_tools()
    assert result.structured_content == {"words": "hello", "opened": 1}
    assert [tool.name for tool in listed.tools] == ["echo"]


# Over HTTP


class CountLists(Middleware):
    def __init__(self) -> None:
        self.lists = 0

    @override
    async def on_list_tools(
        self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]
    ) -> Any:
        self.lists += 1
        return await call_next(context)


@pytest.mark.parametrize(("hooked", "lists"), [(True, 0), (False, 1)])
async def test_with_the_schemas_at_hand_no_call_lists_the_tools(
    lists: int, *, hooked: bool
) -> None:
    server = stdio_server.build()
    tools = tuple(await server.list_tools())
    counting = CountLists()
    server.add_middleware(counting)
    if hooked:
        use_tool_schemas(server, tools)
    app = server.http_app(path="/mcp")
    transport = httpx.ASGITransport(app=app)
    async with (
        asyncio.timeout(PATIENCE_S),
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        response = await client.post(
            "/mcp",
            json={
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {**ECHO, "_meta": META},
            },
            headers={
                "accept": "application/json, text/event-stream",
                "mcp-protocol-version": MODERN,
                "mcp-method": "tools/call",
                "mcp-name": "echo",
            },
        )
    assert response.status_code == 200
    assert "hello" in response.text
    assert counting.lists == lists


# Logs


def test_a_record_with_a_traceback_is_withheld_and_others_pass() -> None:
    withhold_tracebacks()
    withhold_tracebacks()
    logger = logging.getLogger("fastmcp.server.server")
    assert len(logger.filters) == 1

    def record(error: Exception | None) -> logging.LogRecord:
        exc_info = None if error is None else (type(error), error, error.__traceback__)
        return logging.LogRecord("fastmcp", logging.ERROR, "", 0, "failed", None, exc_info)

    assert not logger.filter(record(ValueError("words")))
    assert logger.filter(record(None))
