"""Keeps out web pages of other sites: they reach a server on loopback through the browser."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tripsage_mcp.rest.errors import refusal

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_SAFE = {"GET", "HEAD", "OPTIONS"}


class HostGuard:
    """Refuses a Host that is not ours (DNS rebinding) and changes asked for by other sites.

    Args:
        app: What is guarded.
        allowed_hosts: Names without port; `*.example.com` fits its subdomains, `*` everything.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str] = LOOPBACK) -> None:
        self._app = app
        self._allowed = tuple(_name(host) for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        app = self._app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host, origin = headers.get("host", ""), headers.get("origin")
            if not self._is_ours(_name(host)):
                app = refusal(HTTPStatus.MISDIRECTED_REQUEST, "This server has another name.")
            elif scope["method"] not in _SAFE and not self._is_same_site(origin):
                app = refusal(HTTPStatus.FORBIDDEN, "Pages of other sites may not change anything.")
        await app(scope, receive, send)

    def _is_ours(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._allowed)

    def _is_same_site(self, origin: str | None) -> bool:
        """Whether no page asks, or one of a host of ours; `null` is nobody's."""
        if origin is None:
            return True
        try:
            name = urlsplit(origin).hostname
        except ValueError:
            return False
        return bool(name) and self._is_ours(_name(str(name)))


def _name(host: str) -> str:
    """Return a host in lower case without port and brackets; nothing for what is not one."""
    host = host.strip().lower()
    if host.count(":") > 1 and not host.startswith("["):
        return host
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
