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


def person(passenger_id: str, **changes: Any) -> dict[str, Any]:
    """Return one adult as `POST /air/orders` wants them."""
    return {
        "id": passenger_id,
        "title": "ms",
        "given_name": "Amelia",
        "family_name": "Earhart",
        "gender": "f",
        "born_on": "1987-07-24",
        "email": "amelia@example.org",
        "phone_number": "+442080160509",
    } | changes


def order_body(offer: dict[str, Any], *, hold: bool = False, **changes: Any) -> dict[str, Any]:
    """Return the body of an order of the offer for adults; each gets a name of their own."""
    people = [
        person(p["id"], given_name=name)
        for p, name in zip(offer["passengers"], ("Amelia", "Beryl", "Cecil"), strict=False)
    ]
    amount, currency = offer["total_amount"], offer["total_currency"]
    payments = [{"type": "balance", "amount": amount, "currency": currency}]
    data = {
        "type": "hold" if hold else "instant",
        "selected_offers": [offer["id"]],
        "passengers": people,
    }
    return {"data": data | ({} if hold else {"payments": payments}) | changes}


async def order(client: httpx.AsyncClient, offer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    response = await client.post("/air/orders", json=order_body(offer, **changes))
    assert response.status_code == 201, response.text
    return response.json()["data"]


def codes(response: httpx.Response) -> list[str]:
    """Return the codes of the errors in a refusal."""
    assert response.status_code >= 400, response.text
    return [error["code"] for error in response.json()["errors"]]


async def offer_of(client: httpx.AsyncClient, *route: str, **more: Any) -> dict[str, Any]:
    """Return the cheapest offer of Duffel Airways, or else of anybody."""
    offers = (await search(client, query(*(route or ("JFK", "EWR")), **more)))["offers"]
    return next((o for o in offers if o["owner"]["iata_code"] == "ZZ"), offers[0])


async def refused(client: httpx.AsyncClient, body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the pointers and codes of a refusal; nothing may have been ordered."""
    response = await client.post("/air/orders", json=body)
    assert response.status_code == 422, response.text
    assert (await client.get("/air/orders")).json()["data"] == []
    return [(e["source"]["pointer"], e["code"]) for e in response.json()["errors"]]
