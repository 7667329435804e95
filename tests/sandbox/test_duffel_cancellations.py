"""Cancelling: a quote first, then its confirmation."""

from decimal import Decimal
from typing import Any

import httpx
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


async def quote(client: httpx.AsyncClient, made: dict[str, Any]) -> dict[str, Any]:
    response = await ask(client, made)
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def ask(client: httpx.AsyncClient, made: dict[str, Any]) -> httpx.Response:
    return await client.post("/air/order_cancellations", json={"data": {"order_id": made["id"]}})


async def confirm(client: httpx.AsyncClient, quoted: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/air/order_cancellations/{quoted['id']}/actions/confirm")


async def branded(client: httpx.AsyncClient, brand: str) -> dict[str, Any]:
    offers = (await search(client, query("JFK", "EWR")))["offers"]
    house = [o for o in offers if o["owner"]["iata_code"] == "ZZ"]
    return next(o for o in house if o["slices"][0]["fare_brand_name"] == brand)


async def test_a_quote_changes_nothing_until_it_is_confirmed() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        made = await order(client, await branded(client, "Flex"))
        quoted = await quote(client, made)
        before = (await client.get(f"/air/orders/{made['id']}")).json()["data"]
        clock.forward(minutes=1)
        done = (await confirm(client, quoted)).json()["data"]
        after = (await client.get(f"/air/orders/{made['id']}")).json()["data"]
        read = (await client.get(f"/air/order_cancellations/{quoted['id']}")).json()["data"]
        listed = (await client.get(f"/air/order_cancellations?order_id={made['id']}")).json()
    assert (before["cancelled_at"], before["cancellation"]) == (None, None)
    assert quoted["confirmed_at"] is None
    assert done == quoted | {"confirmed_at": "2026-11-22T12:01:00.250000Z"}
    assert after["cancelled_at"] == done["confirmed_at"]
    assert after["cancellation"] == read == done
    assert after["available_actions"] == []
    assert listed["data"] == [done]


@pytest.mark.parametrize(("brand", "refund"), [("Basic", "taxes"), ("Flex", "all")])
async def test_the_fare_decides_what_comes_back(brand: str, refund: str) -> None:
    async with twin() as client:
        made = await order(client, await branded(client, brand))
        quoted = await quote(client, made)
    wanted = made["tax_amount"] if refund == "taxes" else made["total_amount"]
    assert (quoted["refund_amount"], quoted["refund_to"]) == (wanted, "balance")
    assert quoted["refund_currency"] == made["total_currency"]


async def test_a_penalty_is_kept_and_a_low_cost_airline_keeps_everything() -> None:
    async with twin() as client:
        offers = (await search(client, query("LHR", "JFK", cabin_class="business")))["offers"]
        penal = next(
            o
            for o in offers
            if (o["conditions"]["refund_before_departure"]["penalty_amount"] or "0.00") != "0.00"
            and o["owner"]["iata_code"] == "BA"
        )
        made = await order(client, penal)
        penalty = Decimal(penal["conditions"]["refund_before_departure"]["penalty_amount"])
        assert Decimal((await quote(client, made))["refund_amount"]) == (
            Decimal(made["total_amount"]) - penalty
        )
        cheap = (await search(client, query("STN", "AGP")))["offers"][0]
        lost = await order(client, cheap)
        assert (await quote(client, lost))["refund_amount"] == "0.00"


async def test_cancelling_for_any_reason_gives_back_what_was_insured() -> None:
    async with twin() as client:
        offer = await branded(client, "Basic")
        path = f"/air/offers/{offer['id']}?return_available_services=true"
        extras = (await client.get(path)).json()["data"]["available_services"]
        cover = next(e for e in extras if e["type"] == "cancel_for_any_reason")
        total = str(Decimal(offer["total_amount"]) + Decimal(cover["total_amount"]))
        payments = [{"type": "balance", "amount": total, "currency": offer["total_currency"]}]
        chosen = [{"id": cover["id"], "quantity": 1}]
        made = await order(client, offer, services=chosen, payments=payments)
        refund = Decimal((await quote(client, made))["refund_amount"])
    insured = Decimal(cover["metadata"]["refund_amount"])
    assert refund == max(insured, Decimal(made["tax_amount"]))


async def test_a_united_states_airline_gives_all_back_for_a_day() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        offers = (await search(client, query("ATL", "JFK")))["offers"]
        offer = next(
            o
            for o in offers
            if o["owner"]["iata_code"] == "DL"
            and not o["conditions"]["refund_before_departure"]["allowed"]
        )
        made = await order(client, offer)
        inside = await quote(client, made)
        clock.forward(hours=24)
        outside = await quote(client, made)
    assert made["void_window_ends_at"] == "2026-11-23T12:00:00.250000Z"
    assert inside["refund_amount"] == made["total_amount"]
    assert Decimal(outside["refund_amount"]) < Decimal(made["total_amount"])


async def test_an_unpaid_hold_has_nothing_to_give_back() -> None:
    async with twin() as client:
        held = await order(client, await offer_of(client), hold=True)
        quoted = await quote(client, held)
        done = await confirm(client, quoted)
        again = await client.post(
            "/air/payments",
            json={
                "data": {
                    "order_id": held["id"],
                    "payment": {
                        "type": "balance",
                        "amount": held["total_amount"],
                        "currency": held["total_currency"],
                    },
                }
            },
        )
    assert (quoted["refund_amount"], quoted["refund_to"]) == ("0.00", "awaiting_payment")
    assert done.status_code == 200
    assert codes(again) == ["already_cancelled"]


async def test_only_the_latest_quote_can_be_confirmed() -> None:
    async with twin() as client:
        made = await order(client, await offer_of(client))
        first, second = [await quote(client, made) for _ in range(2)]
        stale = await confirm(client, first)
        fine = await confirm(client, second)
    assert first["id"] != second["id"]
    assert codes(stale) == ["order_cancellation_stale"]
    assert fine.status_code == 200


async def test_a_quote_expires() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        made = await order(client, await offer_of(client))
        quoted = await quote(client, made)
        clock.forward(minutes=30)
        response = await confirm(client, quoted)
    assert codes(response) == ["order_cancellation_stale"]


async def test_an_order_is_cancelled_once() -> None:
    async with twin() as client:
        made = await order(client, await offer_of(client))
        quoted = await quote(client, made)
        await confirm(client, quoted)
        assert codes(await confirm(client, quoted)) == ["already_cancelled"]
        assert codes(await ask(client, made)) == ["already_cancelled"]


async def test_a_cancelled_order_gives_its_passenger_back() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        made = await order(client, await offer_of(client))
        await confirm(client, await quote(client, made))
        clock.forward(seconds=5)
        await order(client, await offer_of(client))


async def test_a_departed_order_cannot_be_cancelled() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        made = await order(client, await offer_of(client))
        clock.forward(days=80)
        assert codes(await ask(client, made)) == ["order_not_cancellable"]


async def test_a_quote_needs_an_order_and_a_confirmation_a_quote() -> None:
    async with twin() as client:
        nameless = await client.post("/air/order_cancellations", json={"data": {}})
        responses = [
            await ask(client, {"id": "ord_1"}),
            await confirm(client, {"id": "ore_1"}),
            await client.get("/air/order_cancellations/ore_1"),
        ]
    assert nameless.json()["errors"][0]["source"]["pointer"] == "/order_id"
    assert [r.status_code for r in responses] == [404, 404, 404]


async def test_credits_add_up_to_the_refund() -> None:
    async with twin() as client:
        offer = await offer_of(client, "LTN", "SYD", passengers=[{"type": "adult"}] * 3)
        made = (await client.post("/air/orders", json=order_body(offer))).json()["data"]
        quoted = await quote(client, made)
        done = (await confirm(client, quoted)).json()["data"]
    assert quoted["refund_to"] == "airline_credits"
    amounts = [Decimal(credit["credit_amount"]) for credit in quoted["airline_credits"]]
    assert len(amounts) == 3
    assert sum(amounts) == Decimal(quoted["refund_amount"]) == Decimal(made["total_amount"])
    assert {credit["credit_code"] for credit in quoted["airline_credits"]} == {None}
    assert all(credit["credit_code"] for credit in done["airline_credits"])
