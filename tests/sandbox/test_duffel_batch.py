"""Batch offer requests: the offers of the plain request, batch by batch, for a minute."""

from typing import Any

import httpx
import pytest

from tests.sandbox.duffel_client import FrozenClock, codes, query, search, twin
from tripsage_mcp.sandbox.duffel.app import Trouble

pytestmark = pytest.mark.anyio


async def begin(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    response = await client.post("/air/batch_offer_requests", json=body)
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def poll(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    response = await client.get(f"/air/batch_offer_requests/{name}")
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def test_batches_partition_the_offers_of_the_same_plain_request_by_airline() -> None:
    async with twin() as client:
        wanted = (await search(client, query("LHR", "JFK")))["offers"]
        begun = await begin(client, query("LHR", "JFK"))
        batches = [await poll(client, begun["id"]) for _ in range(begun["total_batches"])]
    assert 2 <= begun["total_batches"] <= 5
    assert begun["remaining_batches"] == begun["total_batches"]
    assert [b["remaining_batches"] for b in batches] == [*reversed(range(len(batches)))]
    offers = [offer for batch in batches for offer in batch["offers"]]
    assert sorted(offers, key=lambda o: o["id"]) == wanted
    owners = [{o["owner"]["iata_code"] for o in batch["offers"]} for batch in batches]
    assert all(a.isdisjoint(b) for n, a in enumerate(owners) for b in owners[n + 1 :])
    assert all(owners)


async def test_a_finished_batch_request_has_nothing_new() -> None:
    async with twin() as client:
        begun = await begin(client, query("LHR", "JFK"))
        for _ in range(begun["total_batches"]):
            await poll(client, begun["id"])
        again = await poll(client, begun["id"])
    assert again["offers"] == []
    assert again["remaining_batches"] == 0


async def test_an_offer_of_a_batch_is_read_like_any_other() -> None:
    async with twin() as client:
        begun = await begin(client, query("LHR", "JFK"))
        offer = (await poll(client, begun["id"]))["offers"][0]
        found = await client.get(f"/air/offers/{offer['id']}")
    assert found.json()["data"] == offer


async def test_it_is_forgotten_after_a_minute() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        begun = await begin(client, query("LHR", "JFK"))
        clock.forward(seconds=59)
        await poll(client, begun["id"])
        clock.forward(seconds=1)
        late = await client.get(f"/air/batch_offer_requests/{begun['id']}")
    assert late.status_code == 404
    assert codes(late) == ["not_found"]


async def test_its_id_names_no_plain_request_nor_the_other_way_round() -> None:
    async with twin() as client:
        begun = await begin(client, query("LHR", "JFK"))
        plain = await search(client, query("LHR", "JFK"))
        responses = [
            await client.get(f"/air/offer_requests/{begun['id']}"),
            await client.get(f"/air/batch_offer_requests/{plain['id']}"),
            await client.get("/air/batch_offer_requests/orq_unknown"),
        ]
    assert begun["id"].startswith("orq_")
    assert [r.status_code for r in responses] == [404, 404, 404]


async def test_the_same_question_twice_is_two_requests() -> None:
    async with twin() as client:
        first, second = [await begin(client, query("LHR", "JFK")) for _ in range(2)]
        batches = [await poll(client, one["id"]) for one in (first, second)]
    assert first["id"] != second["id"]
    assert batches[0]["offers"] == batches[1]["offers"]


async def test_a_silent_airline_leaves_a_batch_outstanding() -> None:
    async with twin() as client:
        offers = (await search(client, query("LHR", "JFK")))["offers"]
    silent = {offers[0]["owner"]["iata_code"]}
    async with twin(trouble=Trouble(silent=silent)) as client:
        begun = await begin(client, query("LHR", "JFK"))
        batches = [await poll(client, begun["id"]) for _ in range(begun["total_batches"] + 1)]
    assert batches[-1]["remaining_batches"] == 1
    assert batches[-1]["offers"] == []
    heard = {o["owner"]["iata_code"] for batch in batches for o in batch["offers"]}
    assert heard.isdisjoint(silent)
    assert heard


async def test_no_offers_is_one_empty_batch() -> None:
    async with twin() as client:
        begun = await begin(client, query("PVD", "RAI"))
        batch = await poll(client, begun["id"])
    assert (begun["total_batches"], batch["remaining_batches"], batch["offers"]) == (1, 0, [])


async def test_the_route_that_times_out_fails_when_polled() -> None:
    async with twin() as client:
        begun = await begin(client, query("STN", "LHR"))
        response = await client.get(f"/air/batch_offer_requests/{begun['id']}")
    assert response.status_code == 504
    assert response.json()["errors"][0]["type"] == "airline_error"


async def test_a_broken_field_is_named_as_in_a_plain_request() -> None:
    async with twin() as client:
        response = await client.post("/air/batch_offer_requests", json={"data": {"slices": []}})
    assert response.status_code == 422
    pointers = [error["source"]["pointer"] for error in response.json()["errors"]]
    assert pointers == ["/slices", "/passengers"]
