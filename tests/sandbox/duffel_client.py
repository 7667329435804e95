"""A raw HTTP client over the twin, and a clock that stands still until it is moved."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tripsage_mcp.sandbox.duffel.app import SANDBOX_TOKEN, build_app

NOON = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
HEADERS = {"Authorization": f"Bearer {SANDBOX_TOKEN}", "Duffel-Version": "v2"}


class FrozenClock:
    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def query(
    *route: str, day: str = "2027-02-01", back: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return the body of a search from `route[0]` to `route[1]`."""
    origin, destination = route
    slices = [{"origin": origin, "destination": destination, "departure_date": day}]
    if back:
        slices.append({"origin": destination, "destination": origin, "departure_date": back})
    return {
        "data": {"slices": slices, "passengers": [{"type": "adult"}], "cabin_class": "economy"}
        | more
    }


@asynccontextmanager
async def twin(
    clock: FrozenClock | None = None, **settings: Any
) -> AsyncGenerator[httpx.AsyncClient]:
    app = build_app(now=clock or FrozenClock(), **settings)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://duffel", headers=HEADERS
    ) as client:
        yield client


async def search(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    response = await client.post("/air/offer_requests", json=body)
    assert response.status_code == 201, response.text
    return response.json()["data"]
