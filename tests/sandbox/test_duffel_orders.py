"""Making orders: what is refused and why, and what an order looks like afterwards."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.duffel_client import (
    NOON,
    FrozenClock,
    codes,
    offer_of,
    order,
    order_body,
    person,
    query,
    refused,
    search,
    twin,
)
from tripsage_mcp.sandbox.duffel.answers import Drift
from tripsage_mcp.sandbox.duffel.app import Trouble

pytestmark = pytest.mark.anyio


def payment(amount: str, currency: str = "USD", kind: str = "balance") -> list[dict[str, str]]:
    return [{"type": kind, "amount": amount, "currency": currency}]


async def test_an_instant_order_is_paid_ticketed_and_readable() -> None:
    async with twin() as client:
        offer = await offer_of(client)
        made = await order(client, offer, metadata={"reference": "r1"})
        read = (await client.get(f"/air/orders/{made['id']}")).json()["data"]
    assert read == made
    assert made["offer_id"] == offer["id"]
    assert made["total_amount"] == offer["total_amount"]
    assert made["metadata"] == {"reference": "r1"}
    assert made["payment_status"]["awaiting_payment"] is False
    assert made["payment_status"]["paid_at"] == "2026-11-22T12:00:00.250000Z"
    (ticket,) = made["documents"]
    assert ticket["type"] == "electronic_ticket"
    assert ticket["passenger_ids"] == [offer["passengers"][0]["id"]]
    assert len(ticket["unique_identifier"]) == 13
    assert made["available_actions"] == ["cancel", "update"]
    segments = [s["id"] for part in made["slices"] for s in part["segments"]]
    assert segments == [s["id"] for part in offer["slices"] for s in part["segments"]]


async def test_services_are_bought_and_the_seat_is_on_the_segment() -> None:
    async with twin() as client:
        offer = await offer_of(client)
        full = f"/air/offers/{offer['id']}?return_available_services=true"
        extras = (await client.get(full)).json()["data"]["available_services"]
        bag = next(e for e in extras if e["metadata"].get("type") == "checked")
        maps = (await client.get(f"/air/seat_maps?offer_id={offer['id']}")).json()["data"]
        seat, designator = next(
            (e["available_services"][0], e["designator"])
            for row in maps[0]["cabins"][0]["rows"]
            for section in row["sections"]
            for e in section["elements"]
            if e["available_services"]
        )
        total = sum(
            (Decimal(a) for a in (offer["total_amount"], seat["total_amount"])), Decimal(0)
        ) + 2 * Decimal(bag["total_amount"])
        services = [{"id": bag["id"], "quantity": 2}, {"id": seat["id"], "quantity": 1}]
        made = await order(client, offer, services=services, payments=payment(str(total)))
    assert made["total_amount"] == str(total)
    assert Decimal(made["base_amount"]) + Decimal(made["tax_amount"]) < total
    assert [(s["type"], s["quantity"]) for s in made["services"]] == [("baggage", 2), ("seat", 1)]
    assert Decimal(made["services"][0]["total_amount"]) == 2 * Decimal(bag["total_amount"])
    (traveller,) = made["slices"][0]["segments"][0]["passengers"]
    assert traveller["seat"]["designator"] == designator
    kinds = [d["type"] for d in made["documents"]]
    assert kinds == ["electronic_ticket", *["electronic_miscellaneous_document_associated"] * 2]


async def test_a_hold_awaits_payment_and_has_no_ticket() -> None:
    async with twin() as client:
        offer = await offer_of(client)
        made = await order(client, offer, hold=True)
    assert made["type"] == "hold"
    assert made["documents"] == []
    assert made["payment_status"] == {
        "awaiting_payment": True,
        "payment_required_by": offer["payment_requirements"]["payment_required_by"],
        "price_guarantee_expires_at": offer["payment_requirements"]["price_guarantee_expires_at"],
        "paid_at": None,
    }


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"type": "later"}, "/type", "invalid_field"),
        ({"selected_offers": []}, "/selected_offers", "validation_required"),
        ({"selected_offers": ["a", "b"]}, "/selected_offers", "validation_length"),
        ({"selected_offers": [1]}, "/selected_offers", "invalid_field"),
        ({"passengers": []}, "/passengers", "validation_required"),
        ({"passengers": [1]}, "/passengers", "invalid_field"),
        ({"passengers": [{"id": 7}]}, "/passengers/0/id", "invalid_field"),
        ({"payments": []}, "/payments", "validation_required"),
        ({"payments": payment("12,50")}, "/payments/0/amount", "invalid_amount"),
        ({"payments": payment("12.50", "us")}, "/payments/0/currency", "invalid_currency"),
        ({"payments": payment("12.50", kind="cash")}, "/payments/0/type", "invalid_field"),
        ({"services": [{"id": "ase_1", "quantity": 0}]}, "/services/0/quantity", "invalid_field"),
        ({"services": [{"quantity": 1}]}, "/services/0/id", "validation_required"),
        ({"metadata": {"a": 1}}, "/metadata", "invalid_field"),
        ({"metadata": []}, "/metadata", "invalid_field"),
        ({"users": "me"}, "/users", "invalid_field"),
    ],
)
async def test_a_malformed_order_is_refused_by_the_field(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    async with twin() as client:
        body = order_body(await offer_of(client))
        body["data"] |= changes
        assert (pointer, code) in await refused(client, body)


@pytest.mark.parametrize(
    ("amount", "currency", "field"), [("+0.01", "USD", "amount"), ("+0", "EUR", "currency")]
)
async def test_the_payment_must_be_exactly_what_it_costs(
    amount: str, currency: str, field: str
) -> None:
    async with twin() as client:
        offer = await offer_of(client)
        sum_ = str(Decimal(offer["total_amount"]) + Decimal(amount))
        found = await refused(client, order_body(offer, payments=payment(sum_, currency)))
    assert found == [(f"/payments/0/{field}", f"payment_{field}_does_not_match_order_{field}")]


async def test_only_some_offers_can_be_held_and_a_hold_is_not_paid_at_once() -> None:
    async with twin() as client:
        offers = (await search(client, query("STN", "AGP")))["offers"]
        now = next(o for o in offers if o["payment_requirements"]["requires_instant_payment"])
        response = await client.post("/air/orders", json=order_body(now, hold=True))
        assert codes(response) == ["invalid_order_create_type"]
        offer = await offer_of(client)
        body = order_body(offer, hold=True, payments=payment(offer["total_amount"]))
        assert await refused(client, body) == [("/payments", "invalid_field")]


async def test_a_service_must_be_on_sale_and_not_bought_too_often() -> None:
    async with twin() as client:
        offer = await offer_of(client)
        full = f"/air/offers/{offer['id']}?return_available_services=true"
        extras = (await client.get(full)).json()["data"]["available_services"]
        bag = next(e for e in extras if e["type"] == "baggage")
        unknown = order_body(offer, services=[{"id": "ase_1", "quantity": 1}])
        response = await client.post("/air/orders", json=unknown)
        assert codes(response) == ["ancillary_service_not_available"]
        many = [{"id": bag["id"], "quantity": bag["maximum_quantity"] + 1}]
        found = await refused(client, order_body(offer, services=many))
        assert found == [("/services/0/quantity", "invalid_field")]
        twice = [{"id": bag["id"], "quantity": 1}] * 2
        found = await refused(client, order_body(offer, services=twice))
    assert found == [("/services", "invalid_field")]


async def test_an_offer_request_is_booked_once() -> None:
    async with twin() as client:
        offers = (await search(client, query("JFK", "EWR")))["offers"]
        await order(client, offers[0])
        responses = [
            await client.post("/air/orders", json=order_body(offer)) for offer in offers[:2]
        ]
        listed = (await client.get("/air/orders")).json()["data"]
    assert [codes(r) for r in responses] == [["offer_request_already_booked"]] * 2
    assert len(listed) == 1


async def test_nobody_is_booked_twice_on_one_flight() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        await order(client, await offer_of(client))
        clock.forward(seconds=5)
        again = await offer_of(client)
        response = await client.post("/air/orders", json=order_body(again))
        assert codes(response) == ["duplicate_booking"]
        people = [person(again["passengers"][0]["id"], given_name="Beryl")]
        await order(client, again, passengers=people)


async def test_an_expired_offer_and_an_unknown_one_cannot_be_ordered() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        offer = await offer_of(client)
        clock.forward(minutes=31)
        late = await client.post("/air/orders", json=order_body(offer))
        offer["id"] = "off_0000000000000000000000"
        unknown = await client.post("/air/orders", json=order_body(offer))
    assert codes(late) == ["offer_expired"]
    assert (unknown.status_code, codes(unknown)) == (404, ["not_found"])


async def test_a_price_that_drifted_stops_the_order_until_it_is_read_again() -> None:
    clock = FrozenClock()
    drift = Drift(timedelta(minutes=5), Decimal("1.1"))
    async with twin(clock, trouble=Trouble(drift=drift)) as client:
        offer = await offer_of(client)
        assert (await client.get(f"/air/offers/{offer['id']}")).json()["data"] == offer
        clock.forward(minutes=6)
        response = await client.post("/air/orders", json=order_body(offer))
        assert codes(response) == ["price_changed"]
        fresh = (await client.get(f"/air/offers/{offer['id']}")).json()["data"]
        made = await order(client, fresh)
    assert Decimal(made["total_amount"]) > Decimal(offer["total_amount"])


async def test_orders_are_listed_by_what_is_known_of_them() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        held = await order(client, await offer_of(client), hold=True)
        clock.forward(seconds=5)
        offer = await offer_of(client, "LHR", "LTN", day="2027-01-10")
        people = [person(offer["passengers"][0]["id"], given_name="Beryl", family_name="Markham")]
        bought = await order(client, offer, passengers=people)

        async def ids(**params: str) -> list[str]:
            response = await client.get("/air/orders", params=params)
            assert response.status_code == 200, response.text
            return [o["id"] for o in response.json()["data"]]

        names = {held["id"]: "held", bought["id"]: "bought"}
        found = {
            query_: [names[one] for one in await ids(**dict([query_.split("=")]))]
            for query_ in (
                f"offer_id={offer['id']}",
                f"booking_reference={held['booking_reference']}",
                "awaiting_payment=true",
                "awaiting_payment=false",
                "requires_action=true",
                "passenger_name[]=markham",
                "passenger_name[]=nobody",
                "sort=created_at",
                "sort=-created_at",
                "sort=next_departure",
                "sort=payment_required_by",
            )
        }
        wrong = await client.get("/air/orders?sort=price")
        first = (await client.get("/air/orders?limit=1")).json()
        rest = (await client.get(f"/air/orders?after={first['meta']['after']}")).json()
    assert [*found.values()] == [
        ["bought"], ["held"], ["held"], ["bought"], ["bought"], ["bought"], [],
        ["held", "bought"], ["bought", "held"], ["bought", "held"], ["held", "bought"],
    ]  # fmt: skip
    assert wrong.json()["errors"][0]["source"]["pointer"] == "/sort"
    assert [o["id"] for o in first["data"] + rest["data"]] == [bought["id"], held["id"]]


async def test_notes_on_an_order_can_be_replaced() -> None:
    async with twin() as client:
        made = await order(client, await offer_of(client), metadata={"a": "1"})
        path = f"/air/orders/{made['id']}"
        changed = await client.patch(path, json={"data": {"metadata": {"b": "2"}}})
        read = (await client.get(path)).json()["data"]
        unknown = await client.patch("/air/orders/ord_1", json={"data": {}})
    assert changed.json()["data"]["metadata"] == read["metadata"] == {"b": "2"}
    assert unknown.status_code == 404


async def test_nothing_can_be_done_after_departure() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        made = await order(client, await offer_of(client))
        clock.at = NOON + timedelta(days=80)
        read = (await client.get(f"/air/orders/{made['id']}")).json()["data"]
    assert read["available_actions"] == []


async def test_a_price_says_what_is_intended_and_what_that_costs_together() -> None:
    async with twin() as client:
        offer = await offer_of(client)
        path = f"/air/offers/{offer['id']}"
        full = (await client.get(f"{path}?return_available_services=true")).json()["data"]
        bag = next(e for e in full["available_services"] if e["type"] == "baggage")
        wish = {
            "intended_payment_methods": [{"type": "card", "card_id": "tcd_1"}],
            "intended_services": [{"id": bag["id"], "quantity": 1}],
        }
        priced = await client.post(f"{path}/actions/price", json={"data": wish})
        bare = await client.post(f"{path}/actions/price")
        unknown = await client.post(
            f"{path}/actions/price",
            json={"data": {"intended_services": [{"id": "ase_1", "quantity": 1}]}},
        )
    found = priced.json()["data"]
    assert found["total_amount"] == offer["total_amount"]
    assert found["intended_services"] == wish["intended_services"]
    (method,) = found["intended_payment_methods"]
    assert method["card_id"] == "tcd_1"
    together = Decimal(offer["total_amount"]) + Decimal(bag["total_amount"])
    assert Decimal(method["charge_amount"]) == together
    assert bare.json()["data"]["intended_services"] == []
    assert codes(unknown) == ["ancillary_service_not_available"]
