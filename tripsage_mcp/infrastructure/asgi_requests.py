"""Lets a library built on `requests` talk to an ASGI application in this very process.

Needed for googlemaps, which is synchronous and knows no other transport.
"""

import asyncio
import io
from collections.abc import Mapping
from typing import override

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from tripsage_mcp.infrastructure.http import ASGIApp, open_client

type Timeout = float | tuple[float | None, float | None] | None


class ASGIAdapter(BaseAdapter):
    """Answers every request of a session from an ASGI application.

    The application runs in an event loop of its own for each request, so it must hold nothing that
    is bound to a loop, and `send` must be called in a thread whose own loop is not running.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Timeout = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Run the application once.

        Raises:
            requests.exceptions.Timeout: it took longer than `timeout`.
            requests.exceptions.ConnectionError: it raised.
        """
        limit_s = timeout[1] if isinstance(timeout, tuple) else timeout
        try:
            return asyncio.run(self._answer(request, limit_s))
        except TimeoutError as exc:
            raise requests.exceptions.ReadTimeout(request=request) from exc
        except Exception as exc:
            raise requests.exceptions.ConnectionError(request=request) from exc

    @override
    def close(self) -> None:
        """Do nothing: no connection outlives a request."""

    async def _answer(
        self, request: requests.PreparedRequest, limit_s: float | None
    ) -> requests.Response:
        url = str(request.url)
        async with asyncio.timeout(limit_s), open_client(url, app=self._app) as client:
            answered = await client.request(
                str(request.method),
                url,
                headers={name: _text(value) for name, value in request.headers.items()},
                content=_body(request),
            )
        response = requests.Response()
        response.status_code = answered.status_code
        response.headers = CaseInsensitiveDict(answered.headers)
        response.encoding = answered.encoding
        response.url = url
        response.request = request
        response.raw = io.BytesIO(answered.content)
        return response


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(request: requests.PreparedRequest) -> bytes:
    body = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    raise NotImplementedError("streamed bodies")


def session_over(app: ASGIApp) -> requests.Session:
    """Return a session whose every request `app` answers; the caller closes it."""
    session = requests.Session()
    # The environment's proxies must not stand between us and ourselves.
    session.trust_env = False
    adapter = ASGIAdapter(app)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
