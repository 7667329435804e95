"""The hotels of the Duffel twin, on the wire."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recorded import duffel as recorded
from tests.recorded import needs_recordings
from tests.sandbox.duffel_client import NOON, FrozenClock, codes, twin
from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.airbnb_listings import listings_in
from tripsage_mcp.sandbox.duffel.app import Trouble
from tripsage_mcp.sandbox.duffel.stays_hotels import hotels_in, hotels_of
from tripsage_mcp.sandbox.duffel.stays_rates import StaySearched, cheapest, rates_of
from tripsage_mcp.sandbox.world import load_cities

pytestmark = pytest.mark.anyio

LISBON = {"latitude": 38.7108, "longitude": -9.139}


def body(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "check_in_date": "2027-03-01",
        "check_out_date": "2027-03-05",
        "rooms": 1,
        "guests": [{"type": "adult"}, {"type": "adult"}],
        "location": {"radius": 5, "geographic_coordinates": LISBON},
    }
    return {"data": data | changes}


async def search(client: httpx.AsyncClient, **changes: Any) -> list[dict[str, Any]]:
    response = await client.post("/stays/search", json=body(**changes))
    assert response.status_code == 201, response.text
    return response.json()["data"]["results"]


async def all_rates(client: httpx.AsyncClient, result: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/stays/search_results/{result['id']}/actions/fetch_all_rates"
    response = await client.post(path)
    assert response.status_code == 200, response.text
    rooms = response.json()["data"]["accommodation"]["rooms"]
    return [rate for room in rooms for rate in room["rates"]]


async def test_a_search_finds_hotels_in_the_circle_nearest_first() -> None:
    async with twin() as client:
        results = await search(client)
    points = [r["accommodation"]["location"]["geographic_coordinates"] for r in results]
    center = Coordinates(**LISBON)
    away = [great_circle_km(center, Coordinates(**point)) for point in points]
    assert len(results) > 15
    assert max(away) <= 5.01
    assert [round(km, 2) for km in away] == sorted(round(km, 2) for km in away)
    assert len({r["id"] for r in results}) == len({r["accommodation"]["id"] for r in results})


async def test_the_same_search_finds_the_same_for_the_same_seed_and_clock() -> None:
    async with twin() as one, twin() as other, twin(seed=1) as elsewhere:
        assert await search(one) == await search(other) != await search(elsewhere)


async def test_every_amount_adds_up_and_the_cheapest_is_shown() -> None:
    async with twin() as client:
        for result in (await search(client))[:8]:
            rates = await all_rates(client, result)
            for rate in rates:
                parts = ("base_amount", "tax_amount", "fee_amount")
                sum_of_parts = sum(Decimal(rate[part] or 0) for part in parts)
                assert Decimal(rate["total_amount"]) == sum_of_parts
                refunds = [Decimal(s["refund_amount"]) for s in rate["cancellation_timeline"]]
                assert refunds == sorted(refunds, reverse=True)
                assert all(refund <= Decimal(rate["total_amount"]) for refund in refunds)
            open_to_all = [r for r in rates if not r["loyalty_programme_required"]]
            least = min(Decimal(rate["total_amount"]) for rate in open_to_all)
            assert Decimal(result["cheapest_rate_total_amount"]) == least
            ((shown,),) = [room["rates"] for room in result["accommodation"]["rooms"]]
            assert shown in rates


async def test_rates_differ_in_board_cancelling_and_payment() -> None:
    async with twin() as client:
        result = next(
            r for r in await search(client) if r["accommodation"]["name"].startswith("Duffel Test")
        )
        rates = await all_rates(client, result)
    assert result["accommodation"]["chain"]["name"] == "Duffel Hotel Group"
    assert {rate["board_type"] for rate in rates} >= {"room_only", "breakfast", "half_board"}
    assert {rate["payment_type"] for rate in rates} == {"pay_now", "guarantee", "deposit"}
    assert {len(rate["cancellation_timeline"]) for rate in rates} == {0, 1, 2}
    assert {rate["source"] for rate in rates} == {"duffel_hotel_group"}
    assert any(rate["loyalty_programme_required"] for rate in rates)


async def test_only_what_can_be_cancelled_for_free_is_found_when_asked() -> None:
    async with twin() as client:
        results = await search(client, free_cancellation_only=True)
        assert results
        for rate in await all_rates(client, results[0]):
            first = rate["cancellation_timeline"][0]
            assert first["refund_amount"] == rate["total_amount"]
        # The night before nothing comes back free any more.
        tomorrow = {"check_in_date": "2026-11-23", "check_out_date": "2026-11-25"}
        assert await search(client, free_cancellation_only=True, **tomorrow) == []


async def test_four_in_one_room_need_a_room_for_four() -> None:
    children = [{"type": "child", "age": 4}, {"type": "child", "age": 7}]
    guests = [{"type": "adult"}, {"type": "adult"}, *children]
    async with twin() as client:
        (result, *_) = await search(client, guests=guests)
        (room,) = result["accommodation"]["rooms"]
        assert room["name"] == "Family Suite"
        (result, *_) = await search(client, guests=guests, rooms=2)
        assert result["accommodation"]["rooms"][0]["name"] == "Standard Double Room"
        assert await search(client, guests=[*guests, *children]) == []


async def test_a_quote_confirms_a_rate_and_can_be_read_again() -> None:
    async with twin() as client:
        result = next(
            r for r in await search(client) if r["accommodation"]["name"].startswith("Duffel Test")
        )
        for rate in await all_rates(client, result):
            response = await client.post("/stays/quotes", json={"data": {"rate_id": rate["id"]}})
            assert response.status_code == 201, response.text
            quote = response.json()["data"]
            assert quote["total_amount"] == rate["total_amount"]
            deposit = Decimal(quote["deposit_amount"])
            assert (deposit > 0) is (rate["payment_type"] == "deposit")
            again = await client.get(f"/stays/quotes/{quote['id']}")
            assert again.json()["data"] == quote


async def test_some_rate_is_gone_by_the_time_it_is_quoted() -> None:
    async with twin(requests_per_minute=1_000) as client:
        refused = list[str]()
        for result in await search(client):
            for rate in await all_rates(client, result):
                response = await client.post(
                    "/stays/quotes", json={"data": {"rate_id": rate["id"]}}
                )
                if response.status_code != 201:
                    refused += codes(response)
    assert refused
    assert set(refused) == {"rate_unavailable"}


async def test_results_and_rates_end_after_half_an_hour() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        (result, *_) = await search(client)
        (rate, *_) = await all_rates(client, result)
        clock.forward(minutes=31)
        path = f"/stays/search_results/{result['id']}/actions/fetch_all_rates"
        assert codes(await client.post(path)) == ["not_found"]
        response = await client.post("/stays/quotes", json={"data": {"rate_id": rate["id"]}})
        assert codes(response) == ["rate_expired"]


async def test_hotels_can_be_searched_and_read_by_their_own_ids() -> None:
    async with twin() as client:
        (result, other, *_) = await search(client)
        wanted = result["accommodation"]["id"]
        asked = body(accommodation={"ids": [wanted, "acc_nobody"]})
        asked["data"].pop("location")
        response = await client.post("/stays/search", json=asked)
        (found,) = response.json()["data"]["results"]
        assert found["accommodation"]["id"] == wanted
        read = (await client.get(f"/stays/accommodation/{wanted}")).json()["data"]
        assert read["name"] == result["accommodation"]["name"] != other["accommodation"]["name"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"check_in_date": None}, "/check_in_date"),
        ({"check_in_date": "1 March"}, "/check_in_date"),
        ({"check_in_date": "2026-11-20"}, "/check_in_date"),
        ({"check_out_date": "2027-03-01"}, "/check_out_date"),
        ({"check_out_date": "2027-08-01"}, "/check_out_date"),
        ({"rooms": 0}, "/rooms"),
        ({"rooms": True}, "/rooms"),
        ({"guests": []}, "/guests"),
        ({"guests": [{"type": "dog"}]}, "/guests/0/type"),
        ({"guests": [{"type": "adult"}, {"type": "child"}]}, "/guests/1/age"),
        ({"guests": [{"type": "child", "age": 4}]}, "/guests"),
        ({"location": None}, "/location"),
        ({"location": {"radius": 0, "geographic_coordinates": LISBON}}, "/location/radius"),
        (
            {"location": {"radius": 5, "geographic_coordinates": {"latitude": 99, "longitude": 0}}},
            "/location/geographic_coordinates",
        ),
        ({"accommodation": {"ids": []}}, "/accommodation/ids"),
    ],
)
async def test_a_bad_search_is_refused_with_a_pointer(
    changes: dict[str, Any], pointer: str
) -> None:
    async with twin() as client:
        response = await client.post("/stays/search", json=body(**changes))
    assert response.status_code == 422
    assert pointer in [error["source"]["pointer"] for error in response.json()["errors"]]


async def test_an_account_without_stays_and_ids_of_nobody_are_refused() -> None:
    async with twin(trouble=Trouble(stays=False)) as client:
        assert (await client.post("/stays/search", json=body())).status_code == 403
        assert (await client.get("/stays/quotes/quo_1")).status_code == 403
        assert (await client.post("/air/offer_requests", json={})).status_code == 422
    async with twin() as client:
        for method, path in [
            ("POST", "/stays/search_results/srr_1/actions/fetch_all_rates"),
            ("GET", "/stays/quotes/quo_1"),
            ("GET", "/stays/accommodation/acc_1"),
        ]:
            assert codes(await client.request(method, path)) == ["not_found"]
        refused = await client.post("/stays/quotes", json={"data": {"rate_id": "rat_1"}})
        assert codes(refused) == ["not_found"]
        refused = await client.post("/stays/quotes", json={"data": {}})
        assert codes(refused) == ["validation_required"]


async def test_faults_and_the_gate_hold_for_stays_too() -> None:
    async with twin() as client:
        broken = await client.post(
            "/stays/search", json=body(), headers={"x-sandbox-fault": "status=503"}
        )
        assert broken.status_code == 503
        unsigned = await client.post("/stays/search", json=body(), headers={"authorization": ""})
        assert unsigned.status_code == 401


def shape(value: Any) -> Any:
    """Return the keys of an answer, all the way down; a list by its first entry."""
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        return {key: shape(part) for key, part in known.items()}
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        return [shape(entries[0])] if entries else []
    return None


@needs_recordings
async def test_results_have_the_keys_of_the_published_example() -> None:
    shapes = recorded("official-examples/Stays_mocks.json")
    async with twin() as client:
        results = await search(client)
        result = next(r for r in results if r["accommodation"]["brand"])
        rates = await all_rates(client, result)
        rate = next(r for r in rates if r["cancellation_timeline"])
        quote = (await client.post("/stays/quotes", json={"data": {"rate_id": rate["id"]}})).json()[
            "data"
        ]
    example = shapes["MOCK_SEARCH_RESULT"]
    assert set(result) == set(example)
    assert set(result["accommodation"]) == set(example["accommodation"])
    assert shape(result["accommodation"]["location"]) == shape(example["accommodation"]["location"])
    assert set(rate) >= set(example["accommodation"]["rooms"][0]["rates"][0])
    assert set(quote) == {*shapes["MOCK_QUOTE"], "live_mode"}


def test_every_city_has_hotels_with_ids_that_lead_back() -> None:
    for city in load_cities():
        (town, *_) = towns.find(f"{city.city}, {city.country}")
        hotels = hotels_in(0, town)
        assert len(hotels) >= 24
        assert list(hotels) == hotels_of(0, [hotel.id for hotel in hotels])
        assert len({hotel.name for hotel in hotels}) == len(hotels)


def test_some_hotels_are_also_let_where_homes_are() -> None:
    (lisbon, *_) = towns.find("Lisbon, Portugal")
    homes = {(home.name, home.coordinates) for home in listings_in(0, lisbon)}
    assert 1 <= sum((h.name, h.coordinates) in homes for h in hotels_in(0, lisbon)) <= 2


@given(st.integers(0, 500), st.integers(1, 30), st.integers(1, 3), st.integers(0, 23))
def test_a_longer_stay_or_another_room_never_costs_less(
    ahead: int, nights: int, rooms: int, number: int
) -> None:
    (lisbon, *_) = towns.find("Lisbon, Portugal")
    hotel = hotels_in(0, lisbon)[number]
    first = date(2026, 11, 23) + timedelta(days=ahead)

    def least(nights: int, rooms: int) -> Decimal:
        guests = ("adult",) * 2 * rooms
        made: datetime = NOON.replace(microsecond=0)
        last = first + timedelta(days=nights)
        searched = StaySearched(first, last, rooms, guests, (), False, made)  # noqa: FBT003
        return cheapest(rates_of(searched, hotel)).total

    assert least(nights, rooms) < least(nights + 1, rooms)
    assert least(nights, rooms) < least(nights, rooms + 1)
