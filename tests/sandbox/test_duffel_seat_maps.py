"""Seat maps: rows and prices a person could believe, the same for everybody who looks."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.sandbox.duffel_client import codes, order, query, search, twin
from tripsage_mcp.sandbox.schedule.airlines import AIRCRAFT, load_airlines, sold_cabins
from tripsage_mcp.sandbox.schedule.cabins import layout

pytestmark = pytest.mark.anyio

FAMILY = [{"type": "adult"}, {"age": 9}, {"age": 1}]


async def maps_of(client: httpx.AsyncClient, offer: dict[str, Any]) -> list[dict[str, Any]]:
    response = await client.get("/air/seat_maps", params={"offer_id": offer["id"]})
    assert response.status_code == 200, response.text
    return response.json()["data"]


def elements(maps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in maps:
        for cabin in one["cabins"]:
            for row in cabin["rows"]:
                for section in row["sections"]:
                    yield from section["elements"]


def free_seats(maps: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {e["designator"]: e for e in elements(maps) if e["available_services"]}


async def house_offer(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    offers = (await search(client, query("JFK", "EWR", **more)))["offers"]
    return next(o for o in offers if o["owner"]["iata_code"] == "ZZ")


async def test_each_segment_with_a_map_has_one_in_flight_order() -> None:
    async with twin() as client:
        found = await search(client, query("LHR", "SYD", back="2027-02-20", max_connections=2))
        for offer in found["offers"][:6]:
            segments = [(p["id"], s["id"]) for p in offer["slices"] for s in p["segments"]]
            maps = [(m["slice_id"], m["segment_id"]) for m in await maps_of(client, offer)]
            assert maps == [pair for pair in segments if pair in maps]


async def test_designators_are_unique_and_some_seats_are_taken() -> None:
    async with twin() as client:
        maps = await maps_of(client, await house_offer(client))
    seats = [e["designator"] for e in elements(maps) if e["designator"]]
    assert len(set(seats)) == len(seats) > 100
    assert 0 < len(free_seats(maps)) < len(seats)


async def test_a_lap_infant_gets_no_seat_and_a_child_none_beside_an_exit() -> None:
    async with twin() as client:
        offer = await house_offer(client, passengers=FAMILY)
        maps = await maps_of(client, offer)
    adult, child, infant = [p["id"] for p in offer["passengers"]]
    exits = [e for e in elements(maps) if e["disclosures"]]
    assert any(e["available_services"] for e in exits)
    takers = [s["passenger_id"] for e in elements(maps) for s in e["available_services"]]
    assert infant not in takers
    assert child in takers
    assert {s["passenger_id"] for e in exits for s in e["available_services"]} == {adult}


async def test_a_brand_with_seats_has_free_ones_and_the_cheapest_has_not() -> None:
    async with twin() as client:
        offers = (await search(client, query("JFK", "EWR", cabin_class=None)))["offers"]
        house = {
            o["slices"][0]["fare_brand_name"]: o for o in offers if o["owner"]["iata_code"] == "ZZ"
        }
        prices = {
            brand: [
                Decimal(s["total_amount"])
                for e in elements(await maps_of(client, house[brand]))
                for s in e["available_services"]
            ]
            for brand in ("Basic", "Standard", "Flex")
        }
    assert min(prices["Basic"]) > 0
    assert min(prices["Standard"]) == 0 < max(prices["Standard"])
    assert set(prices["Flex"]) == {0}


async def test_everybody_sees_the_same_seats_of_a_flight() -> None:
    async with twin() as one, twin() as other:
        first = await house_offer(one)
        second = await house_offer(other, passengers=[{"type": "adult"}, {"type": "adult"}])
        maps = await maps_of(one, first), await maps_of(other, second)
    assert free_seats(maps[0]).keys() == free_seats(maps[1]).keys()


async def test_a_seat_that_was_ordered_is_taken_for_the_next() -> None:
    async with twin() as client:
        offer = await house_offer(client)
        designator, element = next(iter(free_seats(await maps_of(client, offer)).items()))
        service = element["available_services"][0]
        total = Decimal(offer["total_amount"]) + Decimal(service["total_amount"])
        payment = {"type": "balance", "amount": str(total), "currency": offer["total_currency"]}
        chosen = [{"id": service["id"], "quantity": 1}]
        await order(client, offer, services=chosen, payments=[payment])
        other = await house_offer(client, passengers=[{"type": "adult"}] * 2)
        assert designator not in free_seats(await maps_of(client, other))


async def test_some_airlines_share_no_map() -> None:
    async with twin() as client:
        offers = (await search(client, query("LTN", "STN")))["offers"]
        shared = {o["owner"]["iata_code"]: bool(await maps_of(client, o)) for o in offers}
    assert set(shared.values()) == {True, False}


async def test_the_route_without_extras_has_no_maps() -> None:
    async with twin() as client:
        offer = (await search(client, query("BTS", "ABV")))["offers"][0]
        assert await maps_of(client, offer) == []


async def test_an_offer_must_be_named_and_known() -> None:
    async with twin() as client:
        nameless = await client.get("/air/seat_maps")
        unknown = await client.get("/air/seat_maps?offer_id=off_0000000000000000000000")
    assert nameless.json()["errors"][0]["source"]["pointer"] == "/offer_id"
    assert codes(unknown) == ["not_found"]


def test_every_airline_can_arrange_every_cabin_it_sells() -> None:
    kinds: set[str] = set()
    for airline in load_airlines().values():
        for code in airline.fleet:
            for km in (500.0, 6000.0):
                seats: list[str] = []
                for cabin in sold_cabins(airline, km):
                    for deck in layout(airline, AIRCRAFT[code], km, cabin):
                        spots = [s for row in deck.rows for section in row for s in section]
                        own = [s.designator for s in spots if s.designator]
                        assert own
                        assert all(len(row) == deck.aisles + 1 for row in deck.rows)
                        if deck.wings:
                            assert 0 <= deck.wings[0] < deck.wings[1] < len(deck.rows)
                        seats += own
                        kinds |= {s.kind for s in spots}
                assert len(set(seats)) == len(seats), (airline.iata, code, km)
    assert kinds == {
        "seat", "restricted_seat_general", "bassinet", "empty", "exit_row", "lavatory", "galley",
        "closet", "stairs",
    }  # fmt: skip
