"""Where the confirmation page is; where nobody serves HTTP, a listener on loopback, when needed.

A server on stdio has no address. The first question that needs the page opens a free port that
only this machine can reach; it lasts as long as the server.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator
from typing import override

import uvicorn
from starlette.applications import Starlette

from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.rest.confirm import confirm_pages
from tripsage_mcp.rest.guard import LOOPBACK
from tripsage_mcp.services.bookings.consents import ConsentService

_HOST = "127.0.0.1"
_ANY_ADDRESS = {"0.0.0.0": _HOST, "[::]": "[::1]"}  # noqa: S104 - replaced, not listened on


class _Server(uvicorn.Server):
    """A server inside a process whose signals are somebody else's to handle."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class ConfirmPage:
    """Says where the page is, and serves it itself where nobody else does.

    Args:
        consents: Returns what keeps the questions; called when the listener opens.
        public_url: Where the operator says the page is.
    """

    def __init__(
        self, consents: Callable[[], ConsentService], public_url: str | None = None
    ) -> None:
        self._consents = consents
        self._public_url = public_url
        self._served_at: str | None = None
        self._own_server = False
        self._lock = asyncio.Lock()
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def url(self) -> str:
        """Return the base URL of the page, opening a listener where there is none.

        Raises:
            ConfigurationError: no port of this machine's loopback can be had.
        """
        if self._public_url is not None:
            return self._public_url.rstrip("/")
        async with self._lock:
            if self._served_at is None or (self._serving is not None and self._serving.done()):
                self._served_at = self._open()
            return self._served_at

    def is_served_at(self, host: str, port: int) -> None:
        """Note that an application with the page listens here; IPv6 hosts are in brackets."""
        self._served_at = f"http://{_ANY_ADDRESS.get(host, host)}:{port}"
        self._own_server = True

    @property
    def http_url(self) -> str | None:
        """The base URL of a server with all pages; None on stdio, which serves no other page."""
        if not self._own_server:
            return None
        return self._served_at if self._public_url is None else self._public_url.rstrip("/")

    async def aclose(self) -> None:
        """Close the listener, if there is one; may be called twice."""
        serving, server = self._serving, self._server
        self._serving = self._server = None
        if serving is not None and server is not None:
            self._served_at = None
            server.should_exit = server.force_exit = True
            await asyncio.wait({serving})

    def _open(self) -> str:
        try:
            listening = socket.create_server((_HOST, 0))
        except OSError as exc:
            raise ConfigurationError(
                "the confirmation page has no address: loopback gives no port",
                hint="Set TRIPSAGE_PUBLIC_URL, or use a client that can ask by itself.",
            ) from exc
        app = Starlette(routes=[confirm_pages(self._consents(), LOOPBACK)])
        # Without a log configuration nothing is written, least of all to stdout.
        config = uvicorn.Config(app, http="h11", log_config=None, access_log=False, lifespan="off")
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        # Whoever is faster than the server waits in the port's queue.
        return f"http://{_HOST}:{listening.getsockname()[1]}"
