"""What FastMCP 4.1 leaves to its users, in one place; see ARCHITECTURE.md, "MCP framework".

Measured on fastmcp 4.1.2 and mcp 2.3.0.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastmcp import FastMCP
from fastmcp.server.context import reset_transport, set_transport
from fastmcp.tools import Tool
from mcp import Client
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.inbound import unsupported_protocol_version_rejection
from mcp.shared.message import SessionMessage
from mcp_types.jsonrpc import ErrorData, JSONRPCError, JSONRPCRequest, JSONRPCResponse
from pydantic import BaseModel


def use_tool_schemas(server: FastMCP[Any], tools: tuple[Tool, ...]) -> None:
    """Let the transport find a tool's input schema without listing every tool.

    Without this hook each modern HTTP call that has arguments runs a complete `tools/list` first.
    """
    schemas: Mapping[str, Mapping[str, Any]] = {tool.name: tool.parameters for tool in tools}
    _low_level(server).get_tool_input_schema = schemas.get


def serve_method[P: BaseModel](
    server: FastMCP[Any],
    method: str,
    params: type[P],
    handler: Callable[[ServerRequestContext[Any, Any], P], Awaitable[BaseModel]],
) -> None:
    """Serve a method of the protocol that the framework does not; the server then advertises it."""
    _low_level(server).add_request_handler(method, params, handler)


def withhold_tracebacks() -> None:
    """Keep the framework from logging a tool's exception with its text and its causes' texts.

    They may quote a traveller or a provider; the error boundary logs code, type and place instead.
    """
    logger = logging.getLogger("fastmcp.server.server")
    if _has_no_traceback not in logger.filters:
        logger.addFilter(_has_no_traceback)


def _has_no_traceback(record: logging.LogRecord) -> bool:
    return not record.exc_info


async def run_stdio(server: FastMCP[Any]) -> None:
    """Serve one client over stdin and stdout until it closes stdin.

    A client may probe with `server/discover` and then fall back to `initialize`: the first request
    fixes the protocol era for the life of the process, so discover is answered on the side and the
    first other request decides.
    """
    token = set_transport("stdio")
    low_level = _low_level(server)
    try:
        async with (
            _lifespan(server),
            stdio_server() as (incoming, outgoing),
            _tolerant(server, incoming, outgoing) as requests,
        ):
            await low_level.run(requests, outgoing, low_level.create_initialization_options())
    finally:
        reset_transport(token)


def _low_level(server: FastMCP[Any]) -> Server[Any]:
    return server._mcp_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _lifespan(server: FastMCP[Any]) -> AbstractAsyncContextManager[None]:
    return server._lifespan_manager()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


type _Message = SessionMessage | Exception


class _Outgoing(Protocol):
    async def send(self, item: SessionMessage, /) -> None: ...


@asynccontextmanager
async def _tolerant(
    server: FastMCP[Any], incoming: AsyncIterable[_Message], outgoing: _Outgoing
) -> AsyncGenerator[MemoryObjectReceiveStream[_Message]]:
    """Yield `incoming` less the discover probes that come before the first other request."""
    send, receive = anyio.create_memory_object_stream[_Message](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_pump, server, incoming, outgoing, send)
        yield receive
        group.cancel_scope.cancel()


async def _pump(
    server: FastMCP[Any],
    incoming: AsyncIterable[_Message],
    outgoing: _Outgoing,
    send: MemoryObjectSendStream[_Message],
) -> None:
    decided = False
    async with send:
        async for item in incoming:
            message = getattr(item, "message", None)
            if not decided and isinstance(message, JSONRPCRequest):
                if message.method == "server/discover":
                    await outgoing.send(SessionMessage(await _discovered(server, message)))
                    continue
                decided = True
            await send.send(item)


async def _discovered(
    server: FastMCP[Any], request: JSONRPCRequest
) -> JSONRPCResponse | JSONRPCError:
    match request.params:
        case {"_meta": {"io.modelcontextprotocol/protocolVersion": str(version)}}:
            refused = unsupported_protocol_version_rejection(version)
        case _:
            refused = None
    if refused is not None:
        error = ErrorData(code=refused.code, message=refused.message, data=refused.data)
        return JSONRPCError(jsonrpc="2.0", id=request.id, error=error)
    return JSONRPCResponse(jsonrpc="2.0", id=request.id, result=await _discover(server))


async def _discover(server: FastMCP[Any]) -> dict[str, Any]:
    """Return what the live server itself answers to `server/discover`."""
    async with Client(_low_level(server)) as client:
        result = client.session.discover_result
        assert result is not None
        return result.model_dump(by_alias=True, mode="json", exclude_none=True)
