import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.build_flights import flown, found, offer, segment
from tests.fakes import FakeFlights
from tests.recorded import ATL_JFK, ATL_JFK_NOW, duffel, needs_recordings
from tests.tools.flight_calls import (
    ATL_TO_JFK,
    LIS_TO_LHR,
    Upstream,
    answer,
    call,
    faked,
    recorded,
    text,
)
from tripsage_mcp.domain.flight import Baggage, Condition, Conditions
from tripsage_mcp.domain.money import Money
from tripsage_mcp.tools.search_flights import TOOL

pytestmark = pytest.mark.anyio

# Characters of JSON to a token, on average.
TOKEN = 3.6


def tokens(body: dict[str, Any], words: str) -> float:
    return (len(json.dumps(body, separators=(",", ":"))) + len(words)) / TOKEN


@needs_recordings
async def test_220_recorded_offers_become_one_small_page_of_39_itineraries() -> None:
    async with recorded(Upstream()) as client:
        result = await call(client, ATL_TO_JFK)
    body = answer(result)
    assert tokens(body, text(result)) <= 2_500
    # The text is for people: it does not repeat the structure.
    assert len(text(result)) < 600
    assert (body["total"], body["first"], len(body["itineraries"])) == (39, 1, 10)
    assert body["currency"] == "USD"
    assert body["source"]["data"] == "live"
    assert body["source"]["expires_at"] == "2024-05-01T15:24:23Z"
    raw = {each["id"]: each for each in duffel(ATL_JFK)["offers"]}
    for itinerary in body["itineraries"]:
        fares = itinerary["fares"]
        assert 1 <= len(fares) <= 4
        assert [Decimal(f["price"]) for f in fares] == sorted(Decimal(f["price"]) for f in fares)
        flown_by = {
            tuple(
                f"{s['marketing_carrier']['iata_code']}{s['marketing_carrier_flight_number']}"
                for s in raw[fare["offer_id"]]["slices"][0]["segments"]
            )
            for fare in fares
        }
        assert flown_by == {tuple(itinerary["slices"][0]["flights"])}
        for fare in fares:
            assert_matches(fare, raw[fare["offer_id"]], body)


def assert_matches(fare: dict[str, Any], raw: dict[str, Any], page: dict[str, Any]) -> None:
    """Compare a fare with what Duffel said about the offer."""
    assert fare["price"] == raw["total_amount"]
    assert fare["brand"] == raw["slices"][0]["fare_brand_name"]
    people = [p for s in raw["slices"][0]["segments"] for p in s["passengers"]]
    for name in ("carry_on", "checked"):
        quantities = [
            sum(b["quantity"] for b in p["baggages"] if b["type"] == name) for p in people
        ]
        assert fare.get(name, page.get(name)) == min(quantities)
    for rule, key in (("refund", "refund_before_departure"), ("change", "change_before_departure")):
        condition = raw["conditions"][key]
        expected = "no"
        if condition["allowed"]:
            fee = Decimal(condition["penalty_amount"])
            expected = "free" if fee == 0 else f"fee {fee:.2f}"
        assert fare[rule] == expected
    cabins = dict.fromkeys(p["cabin_class"] for p in people)
    assert fare.get("cabin", page["cabin"]) == " + ".join(cabins)


@needs_recordings
@pytest.mark.parametrize("limit", [10, 25, 7])
async def test_the_cursor_reaches_all_39_itineraries_once(limit: int) -> None:
    upstream = Upstream()
    pages: list[dict[str, Any]] = []
    async with recorded(upstream) as client:
        more: dict[str, Any] = {}
        while not pages or "next_cursor" in pages[-1]:
            result = await call(client, ATL_TO_JFK | {"limit": limit} | more)
            pages.append(answer(result))
            more = {"cursor": pages[-1].get("next_cursor")}
    shown = [
        (tuple(i["slices"][0]["flights"]), i["slices"][0]["departs"])
        for page in pages
        for i in page["itineraries"]
    ]
    assert len(shown) == len(set(shown)) == 39
    # Later pages come from what was kept.
    assert [request.method for request in upstream.seen] == ["POST"]


@needs_recordings
async def test_the_longest_page_costs_no_more_than_the_usual_one_may() -> None:
    async with recorded(Upstream()) as client:
        result = await call(client, ATL_TO_JFK | {"limit": 25})
    body = answer(result)
    assert len(body["itineraries"]) == 25
    assert {len(itinerary["fares"]) for itinerary in body["itineraries"]} == {1}
    assert tokens(body, text(result)) <= 3_000


@needs_recordings
async def test_full_detail_has_every_segment_and_as_many_fares_as_fit() -> None:
    async with recorded(Upstream()) as client:
        few = answer(await call(client, ATL_TO_JFK | {"limit": 5, "detail": "full"}))
        result = await call(client, ATL_TO_JFK | {"limit": 25, "detail": "full"})
        ten = await call(client, ATL_TO_JFK | {"detail": "full"})
    assert tokens(answer(ten), text(ten)) <= 6_000
    body = answer(result)
    assert tokens(body, text(result)) <= 6_000
    assert "without segments" in body["note"]
    assert "without segments" not in few.get("note", "")
    assert "segments" not in body["itineraries"][-1]["slices"][0]
    for itinerary in (*few["itineraries"], *body["itineraries"][:10]):
        (part,) = itinerary["slices"]
        assert [segment["flight"] for segment in part["segments"]] == part["flights"]
        assert all(segment["aircraft"] for segment in part["segments"])
        assert all("seat pitch" in segment["amenities"] for segment in part["segments"])
    assert not any("more_fares" in itinerary for itinerary in few["itineraries"])
    # Where all would be too long, the dearest of each are left out and counted.
    every = {tuple(i["slices"][0]["flights"]): len(i["fares"]) for i in few["itineraries"]}
    for itinerary in body["itineraries"][:5]:
        shown, more = len(itinerary["fares"]), itinerary["more_fares"]
        assert shown + more == every[tuple(itinerary["slices"][0]["flights"])]


async def test_a_page_shows_what_differs_and_says_the_rest_once() -> None:
    eur = Money(Decimal("45.00"), "EUR")
    plain = offer(1)
    flexible = offer(
        2,
        flown(segment(baggage=Baggage(1, 1), cabin="business"), brand="Flex"),
        price="300.00",
        conditions=Conditions(
            refund=Condition(allowed=True, penalty=eur), change=Condition(allowed=True)
        ),
    )
    async with faked(FakeFlights(found(plain, flexible))) as client:
        body = answer(await call(client, LIS_TO_LHR))
    assert (body["currency"], body["cabin"], body["carry_on"]) == ("EUR", "economy", 1)
    (itinerary,) = body["itineraries"]
    assert itinerary["fares"] == [
        {
            "offer_id": plain.offer_id, "price": "99.50", "brand": "Basic", "checked": 0,
            "refund": "unknown", "change": "unknown",
        },
        {
            "offer_id": flexible.offer_id, "price": "300.00", "brand": "Flex",
            "cabin": "business", "checked": 1, "refund": "fee 45.00",
            "change": "yes, fee unknown",
        },
    ]  # fmt: skip
    assert itinerary["slices"] == [
        {
            "departs": "2027-05-10T09:00+01:00", "arrives": "2027-05-10T11:40+01:00",
            "minutes": 160, "flights": ["TP1350"],
        }
    ]  # fmt: skip


async def test_layovers_warn_of_nights_tight_connections_and_other_airports() -> None:
    night = flown(
        segment("LIS-CDG", "2027-05-10T21:00", 150, flight="AF1025"),
        segment("CDG-LHR", "2027-05-11T08:00", 80, flight="AF1080"),
    )
    tight = flown(
        segment("LIS-LHR", "2027-05-10T09:00", 160, flight="TP1350"),
        segment("LGW-CDG", "2027-05-10T13:00", 80, flight="BA1"),
    )
    async with faked(
        FakeFlights(found(offer(1, night), offer(2, tight, price="300.00")))
    ) as client:
        body = answer(await call(client, LIS_TO_LHR | {"sort": "price"}))
    (late,), (change,) = (i["slices"] for i in body["itineraries"])
    assert late["days_later"] == 1
    assert late["layovers"] == [{"airport": "CDG", "minutes": 450, "overnight": True}]
    assert change["layovers"] == [
        {"airport": "LHR", "minutes": 80, "short": True, "change_to": "LGW"}
    ]
    assert "rule of thumb" in body["note"]
    # It does not end where it was asked to, so it says where.
    assert change["destination"] == "CDG"
    assert "origin" not in change


async def test_currencies_that_differ_are_said_with_each_price() -> None:
    pounds = offer(2, flown(segment(flight="BA501")), price="80.00", currency="GBP")
    async with faked(FakeFlights(found(offer(1), offer(3), pounds))) as client:
        body = answer(await call(client, LIS_TO_LHR))
    assert "currency" not in body
    fares = [fare for itinerary in body["itineraries"] for fare in itinerary["fares"]]
    assert {fare["price"]: fare["currency"] for fare in fares} == {"99.50": "EUR", "80.00": "GBP"}


async def test_a_return_trip_shows_both_slices_and_fewer_fares() -> None:
    back = flown(segment("LHR-LIS", "2027-05-17T09:00"))
    fares = [offer(n, flown(segment()), back, price=f"{90 + n}.00") for n in range(5)]
    async with faked(FakeFlights(found(*fares))) as client:
        body = answer(await call(client, LIS_TO_LHR | {"return_date": "2027-05-17"}))
    (itinerary,) = body["itineraries"]
    assert body["return_date"] == "2027-05-17"
    assert len(itinerary["slices"]) == 2
    assert (len(itinerary["fares"]), itinerary["more_fares"]) == (3, 2)


async def test_no_offers_is_an_answer_that_says_what_to_try() -> None:
    async with faked(FakeFlights(found(unreadable=2))) as client:
        result = await call(client, LIS_TO_LHR | {"origin": "lisboa", "children_ages": [9, 4]})
    body = answer(result)
    assert (body["total"], body["itineraries"], body["airlines"]) == (0, [], {})
    assert "other dates" in body["note"]
    assert "2 offers could not be read" in body["note"]
    assert body["resolved"] == {"origin": "LIS (Lisbon Portela Airport, Lisbon, PT)"}
    assert body["passengers"] == "1 adult, children aged 4, 9"
    assert "0 itineraries" in text(result)


async def test_the_text_reads_like_a_sentence() -> None:
    async with faked(FakeFlights(found(offer()))) as client:
        result = await call(client, LIS_TO_LHR)
    assert text(result).splitlines() == [
        "LIS to LHR, 2027-05-10, 1 adult:",
        "1 itineraries (sandbox data).",
        "From 99.50 EUR: TP1350 09:00 - 11:40, 2 h 40 min, nonstop",
    ]


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        ({"origin": "ZZZ"}, "origin"),
        ({"destination": "LIS"}, "destination"),
        ({"departure_date": "2027-02-30"}, "departure_date"),
        ({"departure_date": "2026-05-10"}, "departure_date"),
        ({"departure_date": "tomorrow"}, "departure_date"),
        ({"return_date": "2027-05-09"}, "return_date"),
        ({"adults": 0}, "adults"),
        ({"adults": 10}, "adults"),
        ({"adults": "many"}, "adults"),
        ({"children_ages": [44]}, "children_ages"),
        ({"cabin": "cargo"}, "cabin"),
        ({"max_connections": 9}, "max_connections"),
        ({"sort": "random"}, "sort"),
        ({"limit": 1000}, "limit"),
        ({"cursor": "AAAA"}, "cursor"),
        ({"detail": "raw"}, "detail"),
        ({"departure_time": "morning"}, "departure_time"),
        ({"slices": [{"origin": "LIS"}]}, "slices"),
        ({"slices": [LIS_TO_LHR]}, "origin"),
        ({"infants_in_seat": 9}, "infants_in_seat"),
        ({"airlines_only": ["?"]}, "airlines_only"),
        ({"currency": "BTC"}, "currency"),
        ({"refundable": "perhaps"}, "refundable"),
    ],
)
async def test_bad_input_is_refused_before_any_request(
    wrong: dict[str, Any], argument: str
) -> None:
    upstream = Upstream()
    async with recorded(upstream) as client:
        soon = str((ATL_JFK_NOW + timedelta(days=30)).date())
        arguments = LIS_TO_LHR | {"departure_date": soon} | wrong
        result = await call(client, arguments, check=False)
    body = answer(result)
    assert body["code"] == "invalid_request"
    assert body["argument"].split(".")[0] == argument
    assert upstream.seen == []


async def test_the_description_and_schema_stay_small_and_flat() -> None:
    assert len(TOOL.description or "") <= 350
    schema = json.dumps(TOOL.parameters)
    assert "anyOf" not in schema
    assert len(schema) < 3_000
    assert "required" not in TOOL.parameters
    assert "anyOf" not in json.dumps(TOOL.output_schema)
