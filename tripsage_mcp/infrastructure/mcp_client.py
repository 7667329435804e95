"""A client of another MCP server that survives that server's death.

One session serves every caller. It lives in a task of its own, because a session's task group may
only be left by the task that entered it, while calls come from anywhere and may be cancelled.
"""

import asyncio
import logging
import math
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import anyio
from pydantic import ValidationError

from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure import deadline

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp import Client
    from mcp.client import Transport
    from mcp.shared.message import SessionMessage

    type _Incoming = MemoryObjectReceiveStream[SessionMessage | Exception]

log = logging.getLogger("tripsage")

_TIMEOUTS_BEFORE_RESTART = 2
# Silence for this long counts against the server, though only the caller's time ran out.
_FAIR_CHANCE_S = 10.0
_LONGEST_BACKOFF_S = 30.0
_CLOSE_WITHIN_S = 10.0
_LONGEST_REPLY = 4_000_000
# Of the library's, those that quote what a server sent.
_QUOTING_LOGGERS = ("mcp.client.stdio", "client")


@dataclass(frozen=True, slots=True)
class Command:
    """A server to be run as a child process and spoken to over its stdin and stdout.

    Its stderr is discarded: it may hold a traveller's words. It must end when its stdin does, so
    that it does not outlive us when we are killed.

    Attributes:
        env: On top of a small safe subset of ours (PATH, HOME and the like).
    """

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Deferred:
    """A command that takes a look around: `find` runs in a thread when the server is to start.

    It may raise a `TripSageError`, which reaches the caller.
    """

    find: Callable[[], Command]


@dataclass(frozen=True, slots=True)
class InMemory:
    """A server in this very process: `build` makes an `mcp` `Server` when it is first needed."""

    build: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class ToolShape:
    """What we count on in a tool.

    Attributes:
        parameters: The JSON schema type of each argument we may send.
        sent: The arguments we always send, so the tool may require them.
    """

    parameters: Mapping[str, str]
    sent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToolReply:
    """A tool's text; `is_error` is the tool's own verdict."""

    text: str
    is_error: bool


@dataclass(slots=True)
class _Link:
    """One run of the server.

    Attributes:
        ready: Holds its client once the tools have been checked.
        starting: Ends the start, if that takes too long or nobody wants it any more.
    """

    ready: "asyncio.Future[Client]"
    starting: anyio.CancelScope
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    timeouts: int = 0


class SupervisedMCPClient:
    """Calls tools of one MCP server, starting it on first use and again after it died.

    Args:
        provider: Name put in errors and logs.
        server: Where it runs.
        call_timeout_s: Seconds for one call.
        start_timeout_s: Seconds from spawning the server until its tools are known.
    """

    def __init__(
        self,
        provider: str,
        server: Command | Deferred | InMemory,
        *,
        call_timeout_s: float = 45.0,
        start_timeout_s: float = 20.0,
    ) -> None:
        self._provider = provider
        self._server = server
        self._call_timeout_s = call_timeout_s
        self._start_timeout_s = start_timeout_s
        self._expected: Mapping[str, ToolShape] = {}
        self._link: _Link | None = None
        self._tasks = set[asyncio.Task[None]]()
        self._failures = 0
        self._not_before = 0.0
        # Why it did not start; None where it did, whatever became of it.
        self._reason: TripSageError | None = None

    def expect(self, tools: Mapping[str, ToolShape]) -> None:
        """State what is counted on; checked each time the server starts."""
        self._expected = tools

    async def call(
        self, tool: str, arguments: Mapping[str, object], *, timeout_s: float | None = None
    ) -> ToolReply:
        """Call one tool and return its text; nothing is sent twice.

        Raises:
            ProviderUnavailableError: the server does not start or died; the next call starts it
                again, after a growing pause where that keeps happening. Or the caller's time is up.
            ProviderTimeoutError: it gave no answer in time.
            ProviderProtocolError: the server is not the one we know, or broke the protocol.
        """
        from mcp import MCPError  # noqa: PLC0415 - a second of imports, for the first stay only

        if deadline.left_s() <= 0:
            raise deadline.out_of_time(self._provider)
        link = self._linked()
        # A caller that gives up must not take the start away from the others.
        client = await deadline.while_waited_for(self._provider, asyncio.shield(link.ready))
        own_s = self._call_timeout_s if timeout_s is None else timeout_s
        limit_s = min(own_s, deadline.left_s())
        try:
            result = await client.call_tool(tool, dict(arguments), read_timeout_seconds=limit_s)
        except MCPError as exc:
            fair = limit_s >= min(own_s, _FAIR_CHANCE_S)
            raise self._explained(link, exc.code, fair=fair) from exc
        except (ValidationError, RuntimeError, OSError) as exc:
            # RuntimeError is also what a session says that was left a moment ago.
            if link.ended.is_set() or isinstance(exc, OSError):
                raise self._stopped(link) from exc
            wrong = "its server sent a malformed result"
            raise ProviderProtocolError(self._provider, wrong) from exc
        link.timeouts = self._failures = 0
        text = "".join(block.text for block in result.content if block.type == "text")
        if len(text) > _LONGEST_REPLY:
            raise ProviderProtocolError(self._provider, "its server sent an endless result")
        return ToolReply(text, is_error=bool(result.is_error))

    async def aclose(self) -> None:
        """Stop the server and wait until it is gone; a later call starts it again."""
        link, self._link = self._link, None
        if link is not None:
            link.ended.set()
            if not link.ready.done():
                link.starting.cancel()
        if not self._tasks:
            return
        _done, late = await asyncio.wait(self._tasks, timeout=_CLOSE_WITHIN_S)
        for task in late:
            task.cancel()

    def _linked(self) -> _Link:
        """Return the running server, or start one.

        Raises:
            ProviderUnavailableError: it failed lately and is left alone for a while.
            TripSageError: the same, and waiting will not help: why it did not start.
        """
        if self._link is not None:
            if not self._link.ended.is_set():
                return self._link
            self._lose(self._link)
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            if self._reason is not None and not self._reason.retryable:
                raise self._reason.with_traceback(None)
            error = ProviderUnavailableError(
                self._provider,
                "its server keeps failing",
                hint=None if self._reason is None else self._reason.hint,
            )
            error.retry_after_s = self._not_before - loop.time()
            raise error
        starting = anyio.CancelScope(deadline=loop.time() + self._start_timeout_s)
        self._link = link = _Link(loop.create_future(), starting)
        # An empty context: the session must not inherit the first caller's request.
        task = loop.create_task(self._run(link), context=Context(), name=f"{self._provider} client")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(link, done))
        return link

    async def _run(self, link: _Link) -> None:
        """Be the one task in which a session is entered, lives and is left."""
        from mcp import Client  # noqa: PLC0415 - as above

        with link.starting:
            match self._server:
                case InMemory(build):
                    server = build()
                case Deferred(find):
                    server = _child(await asyncio.to_thread(find), link.ended)
                case Command():
                    server = _child(self._server, link.ended)
            # Only what enters and leaves it is missing from the declared type.
            server = cast("Transport", server)
            # The handshake both servers know; a probe for a newer one would cost a round trip.
            async with Client(server, mode="legacy") as client:
                await self._check(client)
                link.starting.deadline = math.inf
                self._reason = None
                link.ready.set_result(client)
                await link.ended.wait()

    async def _check(self, client: "Client") -> None:
        listed = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
        for name, expected in self._expected.items():
            if name not in listed:
                raise ProviderProtocolError(self._provider, f"its server has no tool {name!r}")
            wrong = _drift(expected, listed[name])
            if wrong is not None:
                raise ProviderProtocolError(
                    self._provider, f"tool {name!r} of its server has changed at {wrong!r}"
                )

    def _finished(self, link: _Link, task: asyncio.Task[None]) -> None:
        """Settle what is waiting; runs when a session's task is over, however that came."""
        self._tasks.discard(task)
        self._lose(link)
        error = None if task.cancelled() else task.exception()
        if not link.ready.done():
            self._reason = self._not_started(error)
            link.ready.set_exception(self._reason)
            link.ready.exception()  # whoever waited may have left
        elif error is not None:
            kind = type(error).__name__
            log.warning("mcp_session_failed provider=%s type=%s", self._provider, kind)

    def _lose(self, link: _Link) -> None:
        """Give up one run of the server; one that keeps failing is left alone for a while."""
        link.ended.set()
        if link is not self._link:
            return  # closed on purpose, or counted already
        self._link = None
        self._failures += 1
        if self._failures > 1:  # the first restart is immediate
            pause = min(2.0 ** (self._failures - 2), _LONGEST_BACKOFF_S)
            self._not_before = asyncio.get_running_loop().time() + pause

    def _not_started(self, error: BaseException | None) -> TripSageError:
        leaf = error
        while isinstance(leaf, BaseExceptionGroup):
            leaf = cast("BaseExceptionGroup[BaseException]", leaf).exceptions[0]
        if isinstance(leaf, TripSageError):
            return leaf
        unavailable = ProviderUnavailableError(
            self._provider,
            "its server did not start" if leaf is not None else "its server did not start in time",
            hint="Run tripsage-mcp doctor to see what is missing.",
        )
        unavailable.__cause__ = leaf
        return unavailable

    def _explained(self, link: _Link, code: int, *, fair: bool) -> TripSageError:
        """Name a failure of the protocol; `fair` says whether a time-out counts against it."""
        from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT  # noqa: PLC0415 - as above

        if code == REQUEST_TIMEOUT:
            if not fair:
                return deadline.out_of_time(self._provider, may_have_acted=True)
            link.timeouts += 1
            if link.timeouts >= _TIMEOUTS_BEFORE_RESTART:
                self._lose(link)
            return ProviderTimeoutError(self._provider, "no answer in time")
        if code == CONNECTION_CLOSED:
            return self._stopped(link)
        return ProviderProtocolError(
            self._provider, f"its server refused the call with JSON-RPC error {code}"
        )

    def _stopped(self, link: _Link) -> ProviderUnavailableError:
        self._lose(link)
        return ProviderUnavailableError(self._provider, "its server stopped during the call")


@asynccontextmanager
async def _child(command: Command, ended: asyncio.Event) -> AsyncGenerator[tuple["_Incoming", Any]]:
    """Run the child while the context is open; set `ended` when it closes its stdout."""
    from mcp import StdioServerParameters  # noqa: PLC0415 - as above
    from mcp.client.stdio import stdio_client  # noqa: PLC0415 - as above

    _withhold_quotations()
    parameters = StdioServerParameters(
        command=command.command,
        args=list(command.args),
        env=dict(command.env),
        # A line that is no text is passed over like any other that is no message; else the one
        # who waits for an answer would wait in vain.
        encoding_error_handler="replace",
    )
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230, PTH123 - never blocks
        async with stdio_client(parameters, nowhere) as (incoming, outgoing):
            send, receive = anyio.create_memory_object_stream["SessionMessage | Exception"](0)
            async with anyio.create_task_group() as group:
                group.start_soon(_pump, incoming, send, ended)
                yield receive, outgoing
                group.cancel_scope.cancel()


def _withhold_quotations() -> None:
    """Keep the library from logging what a child wrote: it may hold a traveller's words."""
    for name in _QUOTING_LOGGERS:
        logger = logging.getLogger(name)
        if _without_exception not in logger.filters:
            logger.addFilter(_without_exception)


def _without_exception(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return True


async def _pump(
    incoming: AsyncIterable["SessionMessage | Exception"],
    send: "MemoryObjectSendStream[SessionMessage | Exception]",
    ended: asyncio.Event,
) -> None:
    """Hand messages on; only from here is it known that the child is gone while nobody calls."""
    try:
        async with send:
            async for message in incoming:
                await send.send(message)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # the session was left first
    finally:
        ended.set()


def _drift(expected: ToolShape, schema: Mapping[str, Any]) -> str | None:
    """Return the first argument that is not what we count on."""
    properties = cast("Mapping[str, Any]", schema.get("properties", {}))
    for name, kind in expected.parameters.items():
        if properties.get(name, {}).get("type") != kind:
            return name
    required = cast("list[str]", schema.get("required", []))
    return next((name for name in required if name not in expected.sent), None)
