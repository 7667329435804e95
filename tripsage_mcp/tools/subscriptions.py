"""Tells subscribed clients that one of their resources changed, which FastMCP 4.1 does not.

Clients of 2026-07-28 open a stream with `subscriptions/listen`; older ones ask with
`resources/subscribe` and are told on their connection. Both hear of their own account alone, and
nothing that happened after the subscription was answered is lost while they stay connected.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing
from typing import Any, cast

from fastmcp import FastMCP
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.errors import TripSageError
from tripsage_mcp.services.events import EventService, Position
from tripsage_mcp.tools.compat import serve_method

MOST_STREAMS = 256
MOST_URIS = 256
_STATE = "tripsage.subscriptions"

type Changed = Callable[[AccountEvent], Iterable[str]]
type _Context = ServerRequestContext[Any, Any]


class Subscriptions:
    """Serves the three methods.

    Args:
        events: What is followed.
        account: Whom a request is for.
        changed: The addresses of the resources that changed with an event.
    """

    def __init__(
        self, events: EventService, account: Callable[[], Account], changed: Changed
    ) -> None:
        self._events = events
        self._account = account
        self._changed = changed
        self._streams = 0

    def serve(self, server: FastMCP[Any]) -> None:
        """Add the methods to a server, which from then on says that it has them."""
        listen, subscribe = SubscriptionsListenRequestParams, SubscribeRequestParams
        serve_method(server, "subscriptions/listen", listen, self._listen)
        serve_method(server, "resources/subscribe", subscribe, self._subscribe)
        serve_method(server, "resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)

    async def _listen(
        self, ctx: _Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Serve one stream until the client leaves or the server closes."""
        uris = params.notifications.resource_subscriptions or ()
        if self._streams >= MOST_STREAMS or len(uris) > MOST_URIS:
            raise MCPError(INTERNAL_ERROR, "Too many subscriptions")
        self._streams += 1
        try:
            who = self._account()
            begin = await self._begin(who)
            bus = InMemorySubscriptionBus()
            handler = ListenHandler(bus, max_buffered_events=MOST_URIS)
            feeding = asyncio.create_task(self._feed(who, begin, bus, handler))
            try:
                return await handler(ctx, params)
            finally:
                await _end(feeding)
        finally:
            self._streams -= 1

    async def _feed(
        self, who: Account, begin: Position, bus: InMemorySubscriptionBus, handler: ListenHandler
    ) -> None:
        try:
            async with aclosing(self._events.follow(who, begin)) as following:
                async for events in following:
                    for uri in self._uris(events):
                        await bus.publish(ResourceUpdated(uri))
        finally:
            # In good order: the client then knows that it has to listen anew.
            handler.close()

    async def _subscribe(self, ctx: _Context, params: SubscribeRequestParams) -> EmptyResult:
        """Remember an address for as long as the connection lasts."""
        connection = _connection(ctx)
        if _STATE not in connection.state:
            who = self._account()
            begin = await self._begin(who)
            # Another request of the same connection may have come first meanwhile.
            if _STATE not in connection.state:
                wanted = connection.state[_STATE] = set[str]()
                telling = asyncio.create_task(self._tell(connection, who, begin, wanted))
                connection.exit_stack.push_async_callback(_end, telling)
        wanted = _wanted(connection)
        if len(wanted) >= MOST_URIS:
            raise MCPError(INTERNAL_ERROR, "Too many subscriptions")
        wanted.add(params.uri)
        return EmptyResult()

    async def _unsubscribe(self, ctx: _Context, params: UnsubscribeRequestParams) -> EmptyResult:
        _wanted(_connection(ctx)).discard(params.uri)
        return EmptyResult()

    async def _tell(
        self, connection: Connection, who: Account, begin: Position, wanted: set[str]
    ) -> None:
        async with aclosing(self._events.follow(who, begin)) as following:
            async for events in following:
                for uri in self._uris(events):
                    if uri in wanted:
                        await connection.notify("notifications/resources/updated", {"uri": uri})

    def _uris(self, events: Iterable[AccountEvent]) -> dict[str, None]:
        """Return each address once, in order."""
        return dict.fromkeys(uri for event in events for uri in self._changed(event))

    async def _begin(self, who: Account) -> Position:
        """Return where the account's events stand; what follows is then told."""
        try:
            return await self._events.begin(who)
        except TripSageError as error:
            data = {"code": error.code, "retryable": error.retryable}
            raise MCPError(INTERNAL_ERROR, error.message, data) from error


def _connection(ctx: _Context) -> Connection:
    # The SDK has no public way from a request to what outlives it.
    return ctx.session._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _wanted(connection: Connection) -> set[str]:
    return cast("set[str]", connection.state.get(_STATE, set[str]()))


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
