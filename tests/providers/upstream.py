"""An upstream made of one function, and the ways in which any upstream fails."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.fakes_places import at_now
from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import JSONClient, Reply, open_client

type Handler = Callable[[httpx.Request], httpx.Response]


async def no_wait(_seconds: float) -> None:
    return


def client(
    provider: str, handler: Handler, explain: Callable[[Reply], TripSageError | None]
) -> JSONClient:
    opened = open_client("https://upstream.test", transport=httpx.MockTransport(handler))
    return JSONClient(provider, opened, explain=explain, now=at_now, sleep=no_wait)


def replies(status: int, **kwargs: Any) -> Handler:
    return lambda _request: httpx.Response(status, **kwargs)


def refuses(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("SECRET refused")


def is_silent(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("SECRET silence")


FAILURES: list[tuple[Handler, type[TripSageError]]] = [
    (replies(429, text="SECRET"), ProviderRateLimitedError),
    (replies(500, text="SECRET"), ProviderUnavailableError),
    (replies(503, text="SECRET"), ProviderUnavailableError),
    (replies(200, text="<html>SECRET"), ProviderProtocolError),
    (replies(200, json={"SECRET": 1}), ProviderProtocolError),
    (replies(200, json=[]), ProviderProtocolError),
    (refuses, ProviderUnavailableError),
    (is_silent, ProviderUnavailableError),
]
"""What every keyless source does alike; none of it may be repeated to a caller."""
