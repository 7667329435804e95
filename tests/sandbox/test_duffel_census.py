"""Every key and type in what the twin answers is one Duffel is known to send, and none is missing.

Known from recorded answers, from the official client's examples, and from the API's description.
"""

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.sandbox.duffel_census import (
    Census,
    Described,
    always,
    census,
    either_end,
    lacking,
    merged,
    moved,
    strange,
)
from tests.sandbox.duffel_client import (
    offer_of,
    order,
    order_body,
    person,
    query,
    search,
    twin,
)

pytestmark = pytest.mark.anyio

REFERENCE = Path(__file__).parents[2] / "../shared/reference"
RECORDED = REFERENCE / "recorded" / "duffel"
SCHEMAS = REFERENCE / "schemas"
# Version 1 spoke these, or somebody wrote them into a recording.
NOT_OURS = {
    "offer._description",
    "offer.allowed_passenger_identity_document_types",
    "offer.available_payment_types",
    "offer.slices[].allowed_passenger_identity_document_types",
    "offer.slices[].changeable",
    "seat_map.cabins[].rows[].sections[].elements[].seat_characteristics",
}
FAMILY = [{"type": "adult"}, {"age": 9}, {"age": 1}]

needs_recordings = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="the recorded Duffel answers are not beside this checkout"
)


@cache
def described() -> Described:
    return Described(yaml.safe_load((SCHEMAS / "ex_duffel_openapi.yaml").read_text("utf-8")))


def example(name: str, *keys: str) -> list[Any]:
    file = RECORDED / "official-examples" / f"{name}.json"
    document = json.loads(file.read_text("utf-8"))
    return [document[key] for key in keys]


def read_census(name: str) -> Census:
    found: Census = {}
    for line in (SCHEMAS / name).read_text("utf-8").splitlines():
        path, _, rest = line.partition(" ")
        kinds: dict[str, int] = ast.literal_eval(rest[: rest.index("}") + 1])
        found.setdefault(either_end(path), set()).update(kinds)
    return found


@cache
def known_offer() -> Census:
    searched = moved(read_census("wire_offer_request.txt"), "orq.offers[]", "offer")
    return merged(
        searched,
        read_census("wire_offer_single.txt"),
        described().census("Offer", "offer"),
        *(
            census(one, "offer")
            for one in example("Offers_mockOffer", "mockOffer", "mockOfferPriced")
        ),
        # What was recorded of a traveller's age and a search's passengers is of adults alone.
        {"offer.passengers[].age": {"int"}},
    )


def recorded_offers() -> list[Any]:
    files = sorted((RECORDED / "offers").glob("*.json"))
    return [json.loads(file.read_text("utf-8")) for file in files]


def recorded_maps() -> list[Any]:
    found: list[Any] = []
    for file in sorted((RECORDED / "seat-maps").glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        found += document if isinstance(document, list) else [document]
    return found


async def data(client: httpx.AsyncClient, path: str, body: Any = None) -> Any:
    method = "GET" if body is None else "POST"
    response = await client.request(method, path, json=body)
    assert response.is_success, response.text
    return response.json()["data"]


async def single_offers() -> list[Any]:
    async with twin() as client:
        found: list[Any] = []
        for body in (
            query("JFK", "EWR", passengers=FAMILY),
            query("ATL", "JFK", cabin_class="business"),
            query("STN", "AGP"),
            query("LIS", "TYO", back="2027-02-12"),
        ):
            offer = (await search(client, body))["offers"][0]
            path = f"/air/offers/{offer['id']}"
            extras = await data(client, f"{path}?return_available_services=true")
            cheap = extras["available_services"][0]
            wish = {
                "intended_payment_methods": [{"type": "card", "card_id": "tcd_1"}],
                "intended_services": [{"id": cheap["id"], "quantity": 1}],
            }
            priced = await data(client, f"{path}/actions/price", {"data": wish})
            found += [await data(client, path), extras, priced]
    return found


@needs_recordings
async def test_a_single_offer_says_only_what_is_known() -> None:
    for offer in await single_offers():
        assert strange(census(offer, "offer"), known_offer()) == {}


@needs_recordings
async def test_a_single_offer_lacks_nothing_that_recorded_ones_always_have() -> None:
    wanted = always(recorded_offers(), "offer") - NOT_OURS
    # Bags, seats and insurance each have their own.
    wanted = {path for path in wanted if ".metadata." not in path}
    for offer in await single_offers():
        assert lacking(offer, "offer", wanted) == set()


@needs_recordings
async def test_a_batch_says_what_the_example_says() -> None:
    name = "BatchOfferRequests_mockBatchOfferRequest"
    created, polled = example(name, "mocCreatedBatchOfferRequest", "mockBatchOfferRequest")
    async with twin() as client:
        begun = await data(client, "/air/batch_offer_requests", query("LHR", "JFK"))
        batch = await data(client, f"/air/batch_offer_requests/{begun['id']}")
    known = merged(
        described().census("BatchOfferRequest", "batch"),
        moved(known_offer(), "offer", "batch.offers[]"),
    )
    assert begun.keys() == created.keys()
    assert batch.keys() == polled.keys()
    assert strange(merged(census(begun, "batch"), census(batch, "batch")), known) == {}


async def every_map() -> list[Any]:
    async with twin() as client:
        found: list[Any] = []
        for body in (
            query("JFK", "EWR", passengers=FAMILY, cabin_class=None),
            query("LHR", "DXB", max_connections=2),
            query("LHR", "SIN", cabin_class="business"),
            query("ATL", "JFK"),
        ):
            for offer in (await search(client, body))["offers"][:5]:
                found += await data(client, f"/air/seat_maps?offer_id={offer['id']}")
    return found


@needs_recordings
async def test_a_seat_map_says_what_recorded_ones_say() -> None:
    recorded = recorded_maps()
    known = merged(*(census(one, "seat_map") for one in recorded))
    wanted = always(recorded, "seat_map") - NOT_OURS
    maps = await every_map()
    assert maps
    for one in maps:
        # Recorded maps have no closet and no stairs; the description has.
        assert strange(census(one, "seat_map"), known) == {}
        assert lacking(one, "seat_map", wanted) == set()


@cache
def known_order() -> Census:
    slices = moved(known_offer(), "offer.slices", "order.slices")
    changes = "order.airline_initiated_changes[]"
    (example_change,) = example(
        "AirlineInitiatedChanges_mockAirlineInitiatedChanges", "mockAirlineInitiatedChange"
    )
    orders = example_orders()
    own = merged(
        described().census("Order", "order"),
        *(census(one, "order") for one in orders),
        slices,
        moved(known_offer(), "offer.owner", "order.owner"),
        # A seat is null where none was chosen, as everything is that is not there.
        {"order.slices[].segments[].passengers[].seat": {"null"}},
    )
    sides = [moved(own, "order.slices", f"{changes}.{side}") for side in ("added", "removed")]
    return merged(own, census(example_change, changes), *sides)


def example_orders() -> list[Any]:
    one, many = example("Orders_mockOrders", "mockOrder", "mockOnHoldOrders")
    return [one, *many]


async def every_order() -> list[Any]:
    """Return orders of all sorts: with seat and bag, held, changed by the airline, cancelled."""
    async with twin() as client:
        offer = await offer_of(client, passengers=FAMILY)
        full = await data(client, f"/air/offers/{offer['id']}?return_available_services=true")
        maps = await data(client, f"/air/seat_maps?offer_id={offer['id']}")
        seat = next(
            e["available_services"][0]
            for row in maps[0]["cabins"][0]["rows"]
            for section in row["sections"]
            for e in section["elements"]
            if e["available_services"]
        )
        wanted = [*full["available_services"][:1], seat]
        priced = await data(
            client,
            f"/air/offers/{offer['id']}/actions/price",
            {
                "data": {
                    "intended_payment_methods": [{"type": "balance"}],
                    "intended_services": [{"id": one["id"], "quantity": 1} for one in wanted],
                }
            },
        )
        charge = priced["intended_payment_methods"][0]
        adult, child, infant = [p["id"] for p in offer["passengers"]]
        people = [
            person(
                adult,
                infant_passenger_id=infant,
                loyalty_programme_accounts=[{"airline_iata_code": "ZZ", "account_number": "1"}],
            ),
            person(child, given_name="Beryl", born_on="2017-06-01"),
            person(infant, given_name="Cecil", born_on="2025-06-01"),
        ]
        bought = await order(
            client,
            offer,
            passengers=people,
            services=priced["intended_services"],
            payments=[
                {
                    "type": "balance",
                    "amount": charge["charge_amount"],
                    "currency": charge["charge_currency"],
                }
            ],
            metadata={"reference": "r1"},
        )
        other = await offer_of(client, "LTN", "SYD")
        credited = await order(client, other)
        held = await order(client, await offer_of(client, "LHR", "LTN"), hold=True)
        for one in (bought, credited):
            body = {"data": {"order_id": one["id"]}}
            quote = await data(client, "/air/order_cancellations", body)
            await data(client, f"/air/order_cancellations/{quote['id']}/actions/confirm", {})
        ids = [one["id"] for one in (bought, credited, held)]
        return [bought, *[await data(client, f"/air/orders/{name}") for name in ids]]


@needs_recordings
async def test_an_order_says_only_what_is_known_and_lacks_nothing() -> None:
    wanted = {path for path in always(example_orders(), "order") if ".metadata." not in path}
    for one in await every_order():
        assert strange(census(one, "order"), known_order()) == {}
        assert lacking(one, "order", wanted) == set()


@needs_recordings
async def test_payments_and_cancellations_say_what_the_examples_say() -> None:
    (payment,) = example("Payments_mockPayment", "mockPayment")
    (cancellation,) = example("OrderCancellations_mockOrderCancellations", "mockOrderCancellation")
    async with twin() as client:
        await order(client, await offer_of(client))
        made = await order(client, await offer_of(client, "LTN", "SYD"))
        (paid, *_) = await data(client, "/air/payments")
        body = {"data": {"order_id": made["id"]}}
        quote = await data(client, "/air/order_cancellations", body)
        path = f"/air/order_cancellations/{quote['id']}/actions/confirm"
        confirmed = await data(client, path, {})
    for name, found, one in (
        ("Payment", [paid], payment),
        ("OrderCancellation", [quote, confirmed], cancellation),
    ):
        known = merged(described().census(name, "it"), census(one, "it"))
        for answer in found:
            assert strange(census(answer, "it"), known) == {}
            assert one.keys() <= answer.keys()


@needs_recordings
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 502, 503, 504])
async def test_every_error_has_the_shape_of_recorded_ones(status: int) -> None:
    files = sorted((RECORDED / "errors").glob("*_error.json"))
    recorded = [json.loads(file.read_text("utf-8")) for file in files]
    known = merged(*(census(one, "error") for one in recorded))
    how = "rate-limit=1" if status == 429 else f"status={status}"
    async with twin() as client:
        response = await client.get("/air/airlines", headers={"x-sandbox-fault": how})
    found = response.json()
    assert strange(census(found, "error"), known) == {}
    assert lacking(found, "error", always(recorded, "error")) == set()


@needs_recordings
async def test_a_rate_limit_and_a_hold_that_cannot_be_are_refused_in_recorded_words() -> None:
    async with twin(requests_per_minute=0) as client:
        limited = await client.get("/air/airlines")
    async with twin() as client:
        offer = (await search(client, query("STN", "AGP")))["offers"][0]
        held = await client.post("/air/orders", json=order_body(offer, hold=True))
    for name, response in (("rate_limit_error", limited), ("invalid_state_error", held)):
        recorded = json.loads((RECORDED / "errors" / f"{name}.json").read_text("utf-8"))
        theirs, ours = recorded["errors"][0], response.json()["errors"][0]
        assert [ours[key] for key in ("type", "code", "title", "message")] == [
            theirs[key] for key in ("type", "code", "title", "message")
        ]
