"""The adapter for Duffel Stays before a script of answers."""

from collections.abc import Callable
from typing import Any

import httpx
from pydantic import SecretStr

from tests.fakes_places import LISBON_CENTRE, at_now
from tests.fakes_stays import search
from tripsage_mcp.providers.stays.duffel import DuffelStays, DuffelStaysConfig, build

LIVE = SecretStr("duffel_live_abc")
HERE = search(coordinates=LISBON_CENTRE, radius_km=3)

type Reply = Callable[[httpx.Request], httpx.Response]


async def no_wait(_seconds: float) -> None:
    return


def provider(reply: Reply, *, token: SecretStr | None = LIVE) -> DuffelStays:
    client = httpx.AsyncClient(
        transport=httpx.MockTransport(reply), base_url="https://duffel.invalid"
    )
    config = DuffelStaysConfig(access_token=token)
    return build(config, now=at_now, client=client, sleep=no_wait)


def answering(data: Any, status: int = 200) -> Reply:
    return lambda _request: httpx.Response(status, json={"data": data})


def found(*results: Any) -> Reply:
    return answering({"results": list(results), "created_at": "2026-11-22T12:00:00Z"}, 201)
