"""Paying for what is held."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.sandbox.duffel_client import FrozenClock, codes, offer_of, order, twin

pytestmark = pytest.mark.anyio


async def pay(client: httpx.AsyncClient, held: dict[str, Any], **changes: Any) -> httpx.Response:
    payment = {
        "type": "balance",
        "amount": held["total_amount"],
        "currency": held["total_currency"],
    } | changes
    body = {"data": {"order_id": held["id"], "payment": payment}}
    return await client.post("/air/payments", json=body)


async def test_a_paid_hold_is_ticketed() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        held = await order(client, await offer_of(client), hold=True)
        clock.forward(days=1)
        response = await pay(client, held)
        paid = (await client.get(f"/air/orders/{held['id']}")).json()["data"]
        found = (await client.get(f"/air/payments/{response.json()['data']['id']}")).json()
        listed = (await client.get(f"/air/payments?order_id={held['id']}")).json()["data"]
        others = (await client.get("/air/payments?order_id=ord_1")).json()["data"]
    assert response.status_code == 201
    payment = response.json()["data"]
    assert payment["status"] == "succeeded"
    assert payment["amount"] == held["total_amount"]
    assert found["data"] == payment
    assert (listed, others) == ([payment], [])
    assert paid["payment_status"]["awaiting_payment"] is False
    assert paid["payment_status"]["paid_at"] == "2026-11-23T12:00:00.250000Z"
    assert len(paid["documents"]) == 1


async def test_an_instant_order_has_its_payment_on_record() -> None:
    async with twin() as client:
        made = await order(client, await offer_of(client))
        (payment,) = (await client.get("/air/payments")).json()["data"]
    assert payment["order_id"] == made["id"]


async def test_an_order_is_paid_once() -> None:
    async with twin() as client:
        held = await order(client, await offer_of(client), hold=True)
        await pay(client, held)
        assert codes(await pay(client, held)) == ["already_paid"]


async def test_an_instant_order_cannot_be_paid_again() -> None:
    async with twin() as client:
        made = await order(client, await offer_of(client))
        response = await pay(client, made)
    assert codes(response) == ["order_type_not_eligible_for_payment"]


async def test_the_payment_must_be_exactly_the_total() -> None:
    async with twin() as client:
        held = await order(client, await offer_of(client), hold=True)
        less = str(Decimal(held["total_amount"]) - 1)
        amount, currency = [
            await pay(client, held, **change) for change in ({"amount": less}, {"currency": "EUR"})
        ]
        paid = (await client.get("/air/payments")).json()["data"]
    assert codes(amount) == ["payment_amount_does_not_match_order_amount"]
    assert amount.json()["errors"][0]["source"]["pointer"] == "/payment/amount"
    assert codes(currency) == ["payment_currency_does_not_match_order_currency"]
    assert paid == []


async def test_a_hold_lapses_when_it_is_not_paid_in_time() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        held = await order(client, await offer_of(client), hold=True)
        clock.forward(days=3)
        response = await pay(client, held)
        lapsed = (await client.get(f"/air/orders/{held['id']}")).json()["data"]
        waiting = (await client.get("/air/orders?awaiting_payment=true")).json()["data"]
    assert codes(response) == ["past_payment_required_by_date"]
    assert lapsed["payment_status"]["awaiting_payment"] is False
    assert lapsed["payment_status"]["paid_at"] is None
    assert lapsed["available_actions"] == lapsed["documents"] == waiting == []


async def test_a_lapsed_hold_gives_its_passenger_back() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        await order(client, await offer_of(client), hold=True)
        clock.forward(days=3)
        await order(client, await offer_of(client))


async def test_a_payment_needs_an_order_that_exists() -> None:
    async with twin() as client:
        empty = await client.post("/air/payments", json={"data": {}})
        unknown = await pay(
            client, {"id": "ord_1", "total_amount": "1.00", "total_currency": "USD"}
        )
        lookup = await client.get("/air/payments/pay_1")
    pointers = [error["source"]["pointer"] for error in empty.json()["errors"]]
    assert {"/order_id", "/payment", "/payment/amount"} <= set(pointers)
    assert [r.status_code for r in (unknown, lookup)] == [404, 404]


async def test_a_hold_the_airline_has_changed_cannot_be_paid() -> None:
    async with twin() as client:
        held = await order(client, await offer_of(client, "LHR", "LTN"), hold=True)
        assert codes(await pay(client, held)) == ["schedule_changed"]
