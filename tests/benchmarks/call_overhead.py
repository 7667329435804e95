"""One tool call that does nothing, through our stack and through the bare server's."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, override

import uvicorn
from fastmcp import Client, FastMCP

from tests.benchmarks.bare_server import mcp as bare
from tripsage_mcp.bootstrap import build_app, build_runtime, build_server
from tripsage_mcp.infrastructure.database import DatabaseConfig
from tripsage_mcp.tools.catalog import TOOLS
from tripsage_mcp.tools.compat import use_tool_schemas
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Answer


class Pong(Answer):
    """The reference tool's answer, in our shape."""

    reply: str

    @override
    def text(self) -> str:
        return self.reply


async def ping(name: str) -> Pong:
    """Answer."""
    return Pong(reply=f"pong {name}")


PING = tool(ping, title="Ping", read_only=True, idempotent=True, open_world=False)


async def _calls(client: Client[Any], count: int) -> list[float]:
    took: list[float] = []
    for number in range(count):
        started = time.perf_counter()
        await client.call_tool("ping", {"name": str(number)})
        took.append(time.perf_counter() - started)
    return took


async def _paired(a: Client[Any], b: Client[Any], rounds: int, count: int) -> tuple[float, float]:
    """Return each client's median, in turns so that noise falls on both."""
    async with a, b:
        await _calls(a, count)
        await _calls(b, count)
        first: list[float] = []
        second: list[float] = []
        for _ in range(rounds):
            first += await _calls(a, count)
            second += await _calls(b, count)
    return statistics.median(first), statistics.median(second)


@asynccontextmanager
async def _served(app: Any) -> AsyncGenerator[str]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, http="h11", log_config=None)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        async with asyncio.timeout(60):
            while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/mcp"
        server.should_exit = True


async def _measure() -> list[tuple[str, float, float]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        database = DatabaseConfig(data_dir=Path(folder))
        ours: FastMCP[Any] = build_server(build_runtime(database=database))
        ours.add_tool(PING)
        use_tool_schemas(ours, (*TOOLS, PING))
        base, mine = await _paired(Client(bare), Client(ours), rounds=5, count=100)
        rows = [("in-process, bare", base, 1.0), ("in-process, TripSage", mine, mine / base)]
        app = build_app(build_runtime(database=database), extra_tools=(PING,))
        async with (
            _served(bare.http_app()) as bare_url,
            _served(app) as our_url,
        ):
            base, mine = await _paired(Client(bare_url), Client(our_url), rounds=5, count=60)
        rows += [("HTTP, bare", base, 1.0), ("HTTP, TripSage", mine, mine / base)]
    return rows


def measure() -> list[tuple[str, float, float]]:
    """Return rows of (what, median seconds, ratio to the bare server)."""
    return asyncio.run(_measure())
