"""`GET /events`: what happens to an account's things, as server-sent events.

Each has the number of the event as its id; a client that comes back with it, in `Last-Event-ID` or
`?after=`, is told everything it missed. https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import ExitStack, aclosing, contextmanager
from http import HTTPStatus
from typing import override

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.rest.errors import envelope
from tripsage_mcp.rest.requests import Body, reader
from tripsage_mcp.services.events import EventService, Position
from tripsage_mcp.views.base import utc_text

MOST_STREAMS = 200
_RETRY_S = 5
_TYPE = "text/event-stream"
# Proxies that collect an answer before they pass it on would never pass this one on.
_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-accel-buffering": "no",
}


class EventsWanted(Body):
    """Where to begin; by default with what happens from now on."""

    after: str | None = None


class EventStreams:
    """Serves the streams of one server.

    Args:
        events: What is followed.
        account: Whom a request is for.
    """

    def __init__(self, events: EventService, account: Callable[[Request], Account]) -> None:
        self._events = events
        self._account = account
        self._read = reader(EventsWanted)
        self._open = 0

    @property
    def route(self) -> Route:
        """The endpoint, below the API's path."""
        return Route("/events", self._answer, methods=["GET"])

    async def _answer(self, request: Request) -> Response:
        wanted = await self._read(request)
        if self._open >= MOST_STREAMS:
            return envelope(
                "too_many_streams",
                "Too many clients are listening.",
                HTTPStatus.TOO_MANY_REQUESTS,
                context={"retryable": True},
                headers={"retry-after": str(_RETRY_S)},
            )
        who = self._account(request)
        with ExitStack() as place:
            # Before anything is waited for: else all who come at once would find room.
            place.enter_context(self._counted())
            # What the browser adds when it comes back is newer than the address it comes back to.
            after = request.headers.get("last-event-id", wanted.after)
            begin = await self._events.begin(who, after)
            if request.method == "HEAD":
                return Response(headers=_HEADERS, media_type=_TYPE)
            return _Stream(self._frames(who, begin), place.pop_all())

    @contextmanager
    def _counted(self) -> Generator[None]:
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def _frames(self, who: Account, begin: Position) -> AsyncGenerator[bytes]:
        yield f"retry: {_RETRY_S * 1000}\n\n".encode()
        if begin.missed:
            yield _frame(begin.event_id, "missed", {})
        async with aclosing(self._events.follow(who, begin)) as following:
            async for events in following:
                # A sign of life, by which either side also finds out that the other is gone.
                yield b"".join(map(_told, events)) or b": nothing new\n\n"


class _Stream(StreamingResponse):
    """One client's stream; gives its place back in the end, begun or not."""

    def __init__(self, frames: AsyncGenerator[bytes], place: ExitStack) -> None:
        super().__init__(frames, headers=_HEADERS, media_type=_TYPE)
        self._frames = frames
        self._place = place

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            # A client that left is noticed while a frame is waited for: whatever that holds is
            # given back now, not when the frames are collected.
            async with aclosing(self._frames):
                await super().__call__(scope, receive, send)


def _told(event: AccountEvent) -> bytes:
    data = {
        "id": event.event_id,
        "kind": event.kind,
        "subject": str(event.subject),
        "at": utc_text(event.created_at),
        "data": dict(event.data),
    }
    return _frame(event.event_id, event.kind, data)


def _frame(event_id: int, kind: str, data: Mapping[str, object]) -> bytes:
    # JSON has no raw line end, which would end the field.
    body = json.dumps(data, separators=(",", ":"))
    return f"id: {event_id}\nevent: {kind}\ndata: {body}\n\n".encode()
