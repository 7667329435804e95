"""The routes Duffel's test mode gives a meaning."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.duffel_client import query, search, twin

pytestmark = pytest.mark.anyio


async def _offers(*route: str, **more: Any) -> list[dict[str, Any]]:
    async with twin() as client:
        return (await search(client, query(*route, **more)))["offers"]


async def test_providence_to_praia_has_no_offers() -> None:
    assert await _offers("PVD", "RAI") == []


async def test_kennedy_to_newark_can_be_held() -> None:
    offers = await _offers("JFK", "EWR")
    assert offers
    for offer in offers:
        needs = offer["payment_requirements"]
        assert needs["requires_instant_payment"] is False
        assert needs["price_guarantee_expires_at"] == "2026-11-24T12:00:00Z"
        assert needs["payment_required_by"] == "2026-11-25T12:00:00Z"


async def test_heathrow_to_dubai_always_connects() -> None:
    offers = await _offers("LHR", "DXB")
    assert offers
    assert all(len(o["slices"][0]["segments"]) > 1 for o in offers)


async def test_bratislava_to_mauritius_carries_no_bags() -> None:
    offers = await _offers("BTS", "MRU")
    assert offers
    for offer in offers:
        for segment in offer["slices"][0]["segments"]:
            assert [p["baggages"] for p in segment["passengers"]] == [[]]


async def test_stansted_to_heathrow_times_out_at_once() -> None:
    async with twin() as client:
        response = await client.post("/air/offer_requests", json=query("STN", "LHR"))
    assert response.status_code == 504
    assert response.json()["errors"][0]["type"] == "airline_error"


async def test_dubai_to_amsterdam_lands_once_on_the_way() -> None:
    offers = await _offers("DXB", "AMS")
    assert offers
    for offer in offers:
        (segment,) = offer["slices"][0]["segments"]
        (stop,) = segment["stops"]
        assert stop["airport"]["iata_code"] not in {"DXB", "AMS"}
        assert stop["arriving_at"] < stop["departing_at"]


async def test_bratislava_to_abuja_sells_no_extras() -> None:
    async with twin() as client:
        offer = (await search(client, query("BTS", "ABV")))["offers"][0]
        path = f"/air/offers/{offer['id']}?return_available_services=true"
        assert (await client.get(path)).json()["data"]["available_services"] == []


async def test_gatwick_to_heathrow_is_gone_when_fetched() -> None:
    async with twin() as client:
        offer = (await search(client, query("LGW", "LHR")))["offers"][0]
        response = await client.get(f"/air/offers/{offer['id']}")
    assert response.status_code == 422
    error = response.json()["errors"][0]
    assert error["code"] == "offer_no_longer_available"
    assert isinstance(error["source"], str)


async def test_heathrow_to_stansted_costs_more_when_fetched() -> None:
    async with twin() as client:
        offer = (await search(client, query("LHR", "STN")))["offers"][0]
        once, twice = [
            (await client.get(f"/air/offers/{offer['id']}")).json()["data"] for _ in range(2)
        ]
    assert once == twice
    assert Decimal(once["total_amount"]) > Decimal(offer["total_amount"])
    assert Decimal(once["base_amount"]) + Decimal(once["tax_amount"]) == Decimal(
        once["total_amount"]
    )
    assert once["updated_at"] > once["created_at"]


async def test_a_return_trip_has_no_magic() -> None:
    offers = await _offers("LHR", "DXB", back="2027-02-09")
    assert any(len(o["slices"][0]["segments"]) == 1 for o in offers)
