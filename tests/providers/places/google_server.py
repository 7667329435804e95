"""The adapter over a transport that answers as the test says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from tests.fakes_places import at_now
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.http import JSONClient, open_client
from tripsage_mcp.providers.places.google import GooglePlaces
from tripsage_mcp.providers.places.google_errors import explain

type Handler = Callable[[httpx.Request], httpx.Response]

SCHEMAS = Path(__file__).parents[3] / "../shared/reference/schemas"
KEY = SecretStr("AIzaTest")
LISBON = Coordinates(38.7167, -9.1333)


async def no_wait(_seconds: float) -> None:
    return


def provider(handler: Handler, *, key: SecretStr | None = KEY) -> GooglePlaces:
    def client(base_url: str) -> JSONClient:
        opened = open_client(base_url, transport=httpx.MockTransport(handler))
        return JSONClient("google", opened, explain=explain, now=at_now, sleep=no_wait)

    return GooglePlaces(
        client("https://places.test"),
        client("https://routes.test"),
        api_key=key,
        data="live",
        now=at_now,
    )


def replies(status: int, **kwargs: Any) -> Handler:
    return lambda _request: httpx.Response(status, **kwargs)
