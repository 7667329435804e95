"""A server of one tool over the tolerant stdio runner; tests/tools/test_compat.py spawns it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import FastMCP

from tripsage_mcp.tools.compat import run_stdio, use_tool_schemas


def build() -> FastMCP[Any]:
    opened: list[str] = []

    @asynccontextmanager
    async def lifespan(_server: FastMCP[Any]) -> AsyncGenerator[dict[str, Any]]:
        opened.append("open")
        yield {}

    server: FastMCP[Any] = FastMCP("Fixture", instructions="One tool.", lifespan=lifespan)

    @server.tool
    async def echo(words: str) -> dict[str, str | int]:
        """Say it again, and how often the lifespan was entered."""
        return {"words": words, "opened": len(opened)}

    return server


async def main() -> None:
    server = build()
    use_tool_schemas(server, tuple(await server.list_tools()))
    await run_stdio(server)


if __name__ == "__main__":
    asyncio.run(main())
