"""Builders: a valid object in one call, with only the interesting field named."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import FastMCP
from fastmcp.tools import Tool

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import ErrorBoundary


def services(**given: Any) -> Services:
    """Return `Services` with only the named ones; touching any other fails the test."""
    fields: dict[str, Any] = dict.fromkeys(Services.__slots__)
    return Services(**{**fields, **given})


def server(tools: list[Tool], **given: Any) -> FastMCP[Any]:
    """Return an MCP server with these tools, our error boundary and the named services."""

    @asynccontextmanager
    async def lifespan(_server: FastMCP[Any]) -> AsyncGenerator[dict[str, Services]]:
        yield {"services": services(**given)}

    return FastMCP(
        "TripSage",
        tools=tools,
        lifespan=lifespan,
        middleware=[ErrorBoundary()],
        mask_error_details=True,
    )
