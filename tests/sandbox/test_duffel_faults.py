"""Failures on demand: what each looks like to a caller, and what was done nevertheless."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
import uvicorn

from tests.sandbox.duffel_client import (
    HEADERS,
    NOON,
    FrozenClock,
    codes,
    offer_of,
    order_body,
    twin,
)
from tripsage_mcp.sandbox.duffel.app import Trouble, build_app
from tripsage_mcp.sandbox.duffel.faults import HEADER, read_faults

pytestmark = pytest.mark.anyio

AIRLINES = "/air/airlines?limit=1"


def fails(how: str) -> dict[str, str]:
    return {HEADER: how}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500, 502, 503, 504])
async def test_a_status_comes_with_an_error_in_duffels_format(status: int) -> None:
    async with twin() as client:
        response = await client.get(AIRLINES, headers=fails(f"status={status}"))
    assert response.status_code == status
    body = response.json()
    assert body["meta"] == {"request_id": response.headers["x-request-id"], "status": status}
    assert body["errors"][0].keys() == {"type", "code", "title", "message", "documentation_url"}


@pytest.mark.parametrize(
    ("how", "retry_after", "reset"),
    [
        ("rate-limit=7", "seconds", "date"),
        ("rate-limit-date=7", "date", "date"),
        ("rate-limit-reset=7", None, "date"),
        ("rate-limit-seconds=7", None, "seconds"),
    ],
)
async def test_a_rate_limit_says_how_long_to_wait(
    how: str, retry_after: str | None, reset: str
) -> None:
    async with twin() as client:
        response = await client.get(AIRLINES, headers=fails(how))
    assert (response.status_code, codes(response)) == (429, ["rate_limit_exceeded"])

    def wait(name: str) -> tuple[str, timedelta] | None:
        value = response.headers.get(name)
        if value is None:
            return None
        if value.isdecimal():
            return "seconds", timedelta(seconds=int(value))
        return "date", parsedate_to_datetime(value) - NOON.replace(microsecond=0)

    seven = timedelta(seconds=7)
    assert wait("ratelimit-reset") == (reset, seven)
    assert wait("retry-after") == (None if retry_after is None else (retry_after, seven))


async def test_a_page_of_a_proxy_is_not_json() -> None:
    async with twin() as client:
        response = await client.get(AIRLINES, headers=fails("html"))
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")


async def test_a_malformed_body_keeps_its_status() -> None:
    async with twin() as client:
        response = await client.get(AIRLINES, headers=fails("malformed"))
    assert response.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        response.json()


@pytest.mark.parametrize("how", ["lost", "malformed", "cut"])
async def test_an_order_whose_answer_is_lost_was_made(how: str) -> None:
    async with twin() as client:
        offer = await offer_of(client)
        await client.post("/air/orders", json=order_body(offer), headers=fails(how))
        listed = (await client.get(f"/air/orders?offer_id={offer['id']}")).json()["data"]
    assert len(listed) == 1


@pytest.mark.parametrize("how", ["status=503", "status=504", "html", "rate-limit=1"])
async def test_an_order_that_was_refused_was_not_made(how: str) -> None:
    async with twin() as client:
        offer = await offer_of(client)
        await client.post("/air/orders", json=order_body(offer), headers=fails(how))
        listed = (await client.get("/air/orders")).json()["data"]
    assert listed == []


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, app: Any) -> None:
        super().__init__(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@asynccontextmanager
async def served(app: Any) -> AsyncGenerator[str]:
    """Serve on loopback and yield the address."""
    server = Server(app)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        await server.listens.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(10):
            await task


async def test_a_cut_breaks_the_connection_in_the_middle_of_the_body() -> None:
    async with (
        served(build_app(now=FrozenClock())) as url,
        httpx.AsyncClient(base_url=url, headers=HEADERS) as client,
    ):
        whole = await client.get(AIRLINES)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(AIRLINES, headers=fails("cut"))
    assert whole.status_code == 200


async def test_latency_delays_and_then_goes_on_to_the_next() -> None:
    async with twin() as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.get(AIRLINES, headers=fails("latency=30"))
        response = await client.get(AIRLINES, headers=fails("latency=0.001, status=503"))
        fine = await client.get(AIRLINES, headers=fails("latency=0"))
    assert (response.status_code, fine.status_code) == (503, 200)


@pytest.mark.parametrize(
    "how", ["nonsense", "status", "status=200", "status=x", "latency=-1", "latency=nan", "cut=1"]
)
async def test_an_unknown_fault_is_refused(how: str) -> None:
    async with twin() as client:
        response = await client.get(AIRLINES, headers=fails(how))
    assert (response.status_code, codes(response)) == (400, ["unknown_fault"])


def test_faults_are_read_in_order() -> None:
    assert [(f.kind, f.value) for f in read_faults(" latency=1.5, rate-limit=7,")] == [
        ("latency", 1.5),
        ("rate-limit", 7.0),
    ]


async def test_requests_can_be_made_to_fail_by_number_and_by_path() -> None:
    trouble = Trouble(faults={2: "status=500", "POST /air/orders": "status=503"})
    async with twin(trouble=trouble) as client:
        statuses = [(await client.get(AIRLINES)).status_code for _ in range(3)]
        ordered = await client.post("/air/orders", json={})
    assert statuses == [200, 500, 200]
    assert ordered.status_code == 503
