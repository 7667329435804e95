"""The twin of Duffel: preconditions, searching, fetching, paging, places."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.duffel_client import HEADERS, NOON, FrozenClock, query, search, twin
from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.request import OfferRequest, Passenger
from tripsage_mcp.sandbox.schedule.airlines import CABINS
from tripsage_mcp.sandbox.schedule.search import JourneySlice

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Duffel-Version": ""}, 400, "missing_version_header"),
        ({"Duffel-Version": "v1"}, 400, "unsupported_version"),
        ({"Authorization": ""}, 401, "missing_authorization_header"),
        ({"Authorization": "Basic abc"}, 401, "missing_authorization_header"),
        ({"Authorization": "Bearer duffel_live_x"}, 401, "access_token_not_found"),
        ({"Accept": "text/html"}, 406, "not_acceptable"),
    ],
)
async def test_preconditions_come_before_anything_else(
    headers: dict[str, str], status: int, code: str
) -> None:
    async with twin() as client:
        response = await client.post("/air/offer_requests", headers=headers, content=b"{")
    assert response.status_code == status
    body = response.json()
    assert [e["code"] for e in body["errors"]] == [code]
    assert body["meta"] == {"request_id": response.headers["x-request-id"], "status": status}
    assert body["errors"][0].keys() == {"type", "code", "title", "message", "documentation_url"}


async def test_every_answer_carries_a_request_id_and_the_rate_limit() -> None:
    async with twin() as client:
        first, second = [await client.get("/air/airlines?limit=1") for _ in range(2)]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    left = [int(r.headers["ratelimit-remaining"]) for r in (first, second)]
    assert left[1] == left[0] - 1
    assert first.headers["ratelimit-reset"] == "Sun, 22 Nov 2026 12:01:00 GMT"


async def test_too_many_requests_are_refused_until_the_window_ends() -> None:
    clock = FrozenClock()
    async with twin(clock, requests_per_minute=2) as client:
        statuses = [(await client.get("/air/aircraft?limit=1")).status_code for _ in range(3)]
        clock.forward(seconds=61)
        statuses.append((await client.get("/air/aircraft?limit=1")).status_code)
    assert statuses == [200, 200, 429, 200]


def _broken(**changes: Any) -> dict[str, Any]:
    body = query("LHR", "JFK")
    body["data"] |= changes
    return body


def _slices(**changes: Any) -> dict[str, Any]:
    return _broken(slices=[query("LHR", "JFK")["data"]["slices"][0] | changes])


ADULT = {"type": "adult"}
BACKWARDS = query("LHR", "JFK", day="2027-02-08", back="2027-02-01")
YESTERDAY = _slices(departure_date="2026-11-21")
SLOPPY_TIME = _slices(departure_time={"from": "9:00", "to": "10:00"})


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/data", "validation_required"),
        ([], "/data", "validation_required"),
        (_broken(slices=None), "/slices", "validation_required"),
        (_broken(slices=[]), "/slices", "validation_required"),
        (_broken(slices="LHR"), "/slices", "invalid_field"),
        (_broken(passengers=[]), "/passengers", "validation_required"),
        (_broken(passengers=[ADULT] * 10), "/passengers", "validation_length"),
        (_broken(passengers=[{}]), "/passengers/0/type", "validation_required"),
        (_broken(passengers=[ADULT | {"age": 3}]), "/passengers/0/age", "invalid_passenger"),
        (_broken(passengers=[{"type": "child"}]), "/passengers/0/type", "invalid_passenger_type"),
        (_broken(passengers=[ADULT, {"age": -1}]), "/passengers/1/age", "invalid_age"),
        (_broken(passengers=[ADULT, {"age": "7"}]), "/passengers/1/age", "invalid_age"),
        (_broken(passengers=[ADULT, {"age": 0}, {"age": 1}]), "/passengers", "invalid_passengers"),
        (_broken(cabin_class="royal"), "/cabin_class", "invalid_cabin_class"),
        (_broken(max_connections=3), "/max_connections", "invalid_max_connections"),
        (_slices(origin=None), "/slices/0/origin", "validation_required"),
        (_slices(origin="QQQ"), "/slices/0/origin", "invalid_iata_code"),
        (_slices(destination="jfk"), "/slices/0/destination", "invalid_iata_code"),
        (_slices(destination="LHR"), "/slices/0/destination", "invalid_destination"),
        (YESTERDAY, "/slices/0/departure_date", "invalid_departure_date"),
        (_slices(departure_date="2027-02-30"), "/slices/0/departure_date", "invalid_date"),
        (_slices(departure_date="20270201"), "/slices/0/departure_date", "invalid_date"),
        (SLOPPY_TIME, "/slices/0/departure_time", "invalid_time_range"),
        (BACKWARDS, "/slices/1/departure_date", "invalid_departure_date"),
    ],
)  # fmt: skip
async def test_a_broken_field_is_named(body: object, pointer: str, code: str) -> None:
    async with twin() as client:
        response = await client.post("/air/offer_requests", json=body)
    assert response.status_code == 422
    found = {(e["source"]["pointer"], e["code"]) for e in response.json()["errors"]}
    assert (pointer, code) in found
    assert all(e["type"] == "validation_error" for e in response.json()["errors"])


async def test_a_body_that_is_not_json_is_a_bad_request() -> None:
    async with twin() as client:
        response = await client.post("/air/offer_requests", content=b"{")
    assert response.status_code == 400
    assert response.json()["errors"][0]["type"] == "invalid_request_error"


async def test_an_unknown_path_and_method_are_not_found_in_duffels_own_shape() -> None:
    async with twin() as client:
        for response in [await client.get("/air/nothing"), await client.delete("/air/offers")]:
            assert response.status_code == 404
            assert response.json()["errors"][0]["code"] == "not_found"


async def test_the_same_search_twice_gives_the_same_flights_and_prices() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        first = await search(client, query("PAR", "BCN", back="2027-02-08"))
        clock.forward(seconds=90)
        second = await search(client, query("PAR", "BCN", back="2027-02-08"))
    assert first["id"] != second["id"]

    def essence(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
        keys = [[s["comparison_key"] for s in o["slices"]] for o in found["offers"]]
        return list(zip([o["total_amount"] for o in found["offers"]], keys, strict=True))

    assert essence(first) == essence(second)


async def test_offers_can_be_left_out_and_fetched_later() -> None:
    async with twin() as client:
        bare = await client.post(
            "/air/offer_requests/?return_offers=false", json=query("BER", "LIS")
        )
        found = bare.json()["data"]
        again = await client.get(f"/air/offer_requests/{found['id']}")
    assert bare.status_code == 201
    assert "offers" not in found
    assert len(again.json()["data"]["offers"]) >= 20


async def test_another_process_can_open_the_offers_of_a_plain_search() -> None:
    clock = FrozenClock()
    party = [{"type": "adult"}, {"type": "adult"}, {"age": 8}, {"age": 1}]
    async with twin(clock) as here, twin(clock) as there:
        found = await search(here, query("LON", "NYC", back="2027-02-08", passengers=party))
        offer = found["offers"][7]
        clock.forward(minutes=5)
        theirs = await there.get(f"/air/offers/{offer['id']}")
        whole = await there.get(f"/air/offer_requests/{found['id']}")
    assert theirs.json()["data"] == offer
    assert whole.json()["data"] == found


async def test_a_search_too_rich_for_an_id_is_remembered_by_its_own_process() -> None:
    named = [{"type": "adult", "given_name": "Amelia", "family_name": "Earhart"}]
    async with twin() as here, twin() as there:
        found = await search(here, query("BER", "LIS", passengers=named))
        offer = found["offers"][0]
        mine = await here.get(f"/air/offers/{offer['id']}")
        theirs = await there.get(f"/air/offers/{offer['id']}")
    assert mine.json()["data"] == offer
    assert offer["passengers"][0]["given_name"] == "Amelia"
    assert theirs.status_code == 404


async def test_three_cities_in_a_row_can_be_searched() -> None:
    body = query("LHR", "JFK")
    for origin, destination, day in [("JFK", "LAX", "2027-02-05"), ("LAX", "LHR", "2027-02-09")]:
        leg = {"origin": origin, "destination": destination, "departure_date": day}
        body["data"]["slices"].append(leg)
    async with twin() as client:
        found = await search(client, body)
    assert found["offers"]
    assert all(len(o["slices"]) == 3 for o in found["offers"])


@pytest.mark.parametrize(
    "path",
    [
        "/air/offers/off_0000zzzzzzzzzzzzzzzzzz",
        "/air/offers/off_00001",
        "/air/offers/orq_00001pFj5u7B7yPJvEBQau",
        "/air/offer_requests/orq_0000AhRzwLeef80fcOTmHA",
        "/air/airports/arp_xxx_gb",
    ],
)
async def test_an_id_of_another_world_is_not_found(path: str) -> None:
    async with twin() as client:
        assert (await client.get(path)).status_code == 404


async def test_an_offer_of_another_seed_is_not_found() -> None:
    async with twin() as here, twin(seed=1) as elsewhere:
        found = await search(here, query("BER", "LIS"))
        response = await elsewhere.get(f"/air/offers/{found['offers'][0]['id']}")
    assert response.status_code == 404


async def test_an_offer_expires_half_an_hour_after_the_search() -> None:
    clock = FrozenClock()
    async with twin(clock) as client:
        offer = (await search(client, query("BER", "LIS")))["offers"][0]
        clock.forward(minutes=29)
        fresh = await client.get(f"/air/offers/{offer['id']}")
        clock.forward(minutes=1)
        stale = await client.get(f"/air/offers/{offer['id']}")
    assert offer["expires_at"] == "2026-11-22T12:30:00.000000Z"
    assert fresh.status_code == 200
    assert stale.status_code == 422
    assert stale.json()["errors"][0]["code"] == "offer_expired"


async def test_extras_are_listed_only_when_asked_for() -> None:
    async with twin() as client:
        found = await search(client, query("BER", "LIS", back="2027-02-04"))
        path = f"/air/offers/{found['offers'][0]['id']}"
        plain = (await client.get(path)).json()["data"]
        full = (await client.get(f"{path}?return_available_services=true")).json()["data"]
    assert plain["available_services"] is None
    segments = {s["id"] for part in full["slices"] for s in part["segments"]}
    assert {s["type"] for s in full["available_services"]} >= {"baggage"}
    for service in full["available_services"]:
        assert set(service["segment_ids"]) <= segments
        assert service["passenger_ids"] == [full["passengers"][0]["id"]]
        assert service["total_currency"] == full["total_currency"]


async def test_pages_hold_every_offer_once_in_order() -> None:
    async with twin() as client:
        found = await search(client, query("BER", "LIS"))
        seen: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            params = {"offer_request_id": found["id"], "limit": 40, "sort": "-total_amount"}
            page = (await client.get("/air/offers", params=params | {"after": after})).json()
            seen += page["data"]
            after = page["meta"]["after"]
            assert page["meta"]["limit"] == 40
    assert sorted(o["id"] for o in seen) == sorted(o["id"] for o in found["offers"])
    amounts = [float(o["total_amount"]) for o in seen]
    assert amounts == sorted(amounts, reverse=True)


@pytest.mark.parametrize(
    "params",
    [{"limit": "0"}, {"limit": "201"}, {"sort": "price"}, {"after": "?"}, {"max_connections": "x"}],
)
async def test_a_bad_page_is_refused(params: dict[str, str]) -> None:
    async with twin() as client:
        found = await search(client, query("BER", "LIS"))
        response = await client.get(
            "/air/offers", params={"offer_request_id": found["id"]} | params
        )
    assert response.status_code == 422


async def test_listing_offers_needs_a_search() -> None:
    async with twin() as client:
        response = await client.get("/air/offers")
    assert response.json()["errors"][0]["source"]["field"] == "offer_request_id"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("lond", "LON"),
        ("LHR", "LHR"),
        ("Lisbon", "LIS"),
        ("são paulo", "SAO"),
        ("krakow", "KRK"),
        ("new york", "NYC"),
    ],
)
async def test_places_are_suggested_for_a_few_letters(text: str, first: str) -> None:
    async with twin() as client:
        found = (await client.get("/places/suggestions", params={"query": text})).json()["data"]
        named = (await client.get("/places/suggestions", params={"name": text})).json()["data"]
    assert found == named
    assert found[0]["iata_code"] == first
    assert (found[0]["type"] == "city") == bool(found[0]["airports"])


async def test_places_are_suggested_around_a_point() -> None:
    around = {"lat": "51.5", "lng": "-0.12", "rad": "60000"}
    async with twin() as client:
        found = (await client.get("/places/suggestions", params=around)).json()["data"]
        nothing = await client.get("/places/suggestions")
        half = await client.get("/places/suggestions", params={"lat": "51.5"})
    assert found[0]["iata_code"] == "LCY"
    assert {"LHR", "LGW", "STN"} <= {p["iata_code"] for p in found}
    assert (nothing.status_code, half.status_code) == (422, 422)


async def test_reference_data_can_be_listed_and_looked_up() -> None:
    async with twin() as client:
        for name in ("airlines", "aircraft", "airports", "cities"):
            page = (await client.get(f"/air/{name}", params={"limit": 3})).json()
            row = page["data"][0]
            assert len(page["data"]) == 3
            assert (await client.get(f"/air/{name}/{row['id']}")).json()["data"] == row
        swiss = (await client.get("/air/airports", params={"iata_country_code": "CH"})).json()[
            "data"
        ]
    assert {"ZRH", "GVA"} <= {a["iata_code"] for a in swiss}


def _instant(text: str, place: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(place["time_zone"]))


def _minutes(text: str) -> int:
    days, _, clock = text.removeprefix("P").partition("T")
    hours, _, rest = clock.rpartition("H") if "H" in clock else ("0", "", clock)
    return (
        int(days.removesuffix("D") or 0) * 1440 + int(hours) * 60 + int(rest.removesuffix("M") or 0)
    )


@pytest.mark.parametrize("day", ["2027-03-14", "2027-03-28", "2027-07-01", "2026-12-31"])
async def test_durations_agree_with_the_clocks_at_both_ends(day: str) -> None:
    async with twin() as client:
        found = await search(client, query("LON", "NYC", day=day))
    for offer in found["offers"]:
        (part,) = offer["slices"]
        spans = [(part["segments"][0], part["segments"][-1], part["duration"])]
        spans += [(s, s, s["duration"]) for s in part["segments"]]
        for first, last, stated in spans:
            leaves = _instant(first["departing_at"], first["origin"])
            lands = _instant(last["arriving_at"], last["destination"])
            assert (lands - leaves) / timedelta(minutes=1) == _minutes(stated)


@st.composite
def plain_requests(draw: st.DrawFn) -> OfferRequest:
    created = NOON.replace(microsecond=0) + timedelta(seconds=draw(st.integers(0, 10**8)))
    codes = st.sampled_from(["LON", "NYC", "LIS", "TYO", "LHR", "SYD", "BTS"])
    origin, destination = draw(st.lists(codes, min_size=2, max_size=2, unique=True))
    leave: date = created.date() + timedelta(days=draw(st.integers(-1, 390)))
    slices = [JourneySlice(origin, destination, leave)]
    back = draw(st.none() | st.integers(0, 390))
    if back is not None:
        slices.append(JourneySlice(destination, origin, leave + timedelta(days=back)))
    adults = [Passenger()] * draw(st.integers(1, 9))
    minors = [Passenger(type=None, age=a) for a in draw(st.lists(st.integers(0, 17), max_size=3))]
    cabin = draw(st.none() | st.sampled_from(CABINS))
    most = draw(st.integers(0, 2))
    return OfferRequest(tuple(slices), (*adults, *minors), cabin, most, created)


@settings(max_examples=200, deadline=None)
@given(request=plain_requests(), index=st.integers(0, ids.OFFERS - 1))
def test_an_id_says_everything_about_a_plain_request(request: OfferRequest, index: int) -> None:
    text = ids.compose("off", ids.encode(7, request) + index)
    assert len(text) == 26
    number = ids.number_of("off", text)
    assert number is not None
    assert number % ids.OFFERS == index
    assert ids.decode(7, number) == request


async def test_the_token_is_the_one_it_was_built_with() -> None:
    async with twin(token="duffel_test_other") as client:
        mine = await client.get(
            "/air/airlines", headers=HEADERS | {"Authorization": "Bearer duffel_test_other"}
        )
        default = await client.get("/air/airlines")
    assert (mine.status_code, default.status_code) == (200, 401)
