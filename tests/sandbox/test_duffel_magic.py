"""The routes Duffel's test mode gives a meaning."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.duffel_client import (
    FrozenClock,
    codes,
    offer_of,
    order,
    order_body,
    query,
    search,
    twin,
)

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


async def test_heathrow_to_stansted_cannot_be_ordered_at_either_price() -> None:
    async with twin() as client:
        offer = (await search(client, query("LHR", "STN")))["offers"][0]
        fresh = (await client.get(f"/air/offers/{offer['id']}")).json()["data"]
        old, new = [
            await client.post("/air/orders", json=order_body(one)) for one in (offer, fresh)
        ]
    assert codes(old) == ["price_changed"]
    assert codes(new) == ["offer_no_longer_available"]


async def test_gatwick_to_heathrow_cannot_be_ordered() -> None:
    async with twin() as client:
        offer = (await search(client, query("LGW", "LHR")))["offers"][0]
        response = await client.post("/air/orders", json=order_body(offer))
    assert codes(response) == ["offer_no_longer_available"]


async def test_heathrow_to_gatwick_fails_at_the_airline_without_an_order() -> None:
    async with twin() as client:
        offer = await offer_of(client, "LHR", "LGW")
        response = await client.post("/air/orders", json=order_body(offer))
        listed = (await client.get("/air/orders")).json()["data"]
    assert (response.status_code, codes(response), listed) == (502, ["order_not_created"], [])


async def test_gatwick_to_stansted_costs_more_than_the_balance() -> None:
    async with twin() as client:
        offer = await offer_of(client, "LGW", "STN")
        at_once = await client.post("/air/orders", json=order_body(offer))
        held = await order(client, offer, hold=True)
        payment = {
            "type": "balance",
            "amount": held["total_amount"],
            "currency": held["total_currency"],
        }
        later = await client.post(
            "/air/payments", json={"data": {"order_id": held["id"], "payment": payment}}
        )
    assert codes(at_once) == codes(later) == ["insufficient_balance"]


@pytest.mark.parametrize(
    ("origin", "status", "seconds"), [("LTN", 200, 30), ("SEN", 202, 1200), ("LCY", 202, None)]
)
async def test_some_orders_are_accepted_and_appear_later_or_never(
    origin: str, status: int, seconds: int | None
) -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        offer = await offer_of(client, origin, "STN")
        response = await client.post("/air/orders", json=order_body(offer))
        again = await client.post("/air/orders", json=order_body(offer))

        async def found() -> list[str]:
            listed = await client.get(f"/air/orders?offer_id={offer['id']}")
            return [o["offer_id"] for o in listed.json()["data"]]

        clock.forward(seconds=(seconds or 7200) - 1)
        before = await found()
        clock.forward(seconds=1)
        after = await found()
    assert response.status_code == status
    assert response.json() == {"data": None}
    assert codes(again) == ["offer_request_already_booked"]
    assert before == []
    assert after == ([] if seconds is None else [offer["id"]])


async def test_heathrow_to_luton_is_changed_by_the_airline_once_it_is_booked() -> None:
    async with twin() as client:
        made = await order(client, await offer_of(client, "LHR", "LTN"))
        read = (await client.get(f"/air/orders/{made['id']}")).json()["data"]
    assert made["airline_initiated_changes"] == []
    (change,) = read["airline_initiated_changes"]
    assert change["action_taken"] is None
    before, after = change["removed"][0], change["added"][0]
    assert before == made["slices"][0]
    assert before["segments"][0]["departing_at"] < after["segments"][0]["departing_at"]


async def test_luton_to_sydney_gives_credits_back() -> None:
    async with twin() as client:
        made = await order(client, await offer_of(client, "LTN", "SYD"))
        body = {"data": {"order_id": made["id"]}}
        quoted = (await client.post("/air/order_cancellations", json=body)).json()["data"]
    assert quoted["refund_to"] == "airline_credits"
    assert [c["passenger_id"] for c in quoted["airline_credits"]] == [made["passengers"][0]["id"]]


async def test_a_return_trip_is_ordered_at_once() -> None:
    async with twin() as client:
        offer = await offer_of(client, "LCY", "STN", back="2027-02-09")
        await order(client, offer)
