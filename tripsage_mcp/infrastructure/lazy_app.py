"""An ASGI application that is built by its first request."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]


class LazyApp:
    """Builds the application in a thread, once, so that building it never holds up the event loop.

    Args:
        build: Makes the application; may import what it needs.
    """

    def __init__(self, build: Callable[[], Application]) -> None:
        self._build = build
        self._app: Application | None = None
        self._building = asyncio.Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._app is None:
            async with self._building:
                if self._app is None:
                    self._app = await asyncio.to_thread(self._build)
        await self._app(scope, receive, send)
