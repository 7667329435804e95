import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from jsonschema import Draft202012Validator
from mcp_types import TextContent
from pydantic import SecretStr

from tests import build
from tests.build_flights import NOW, flown, found, offer, segment
from tests.fakes import FakeFlights
from tests.recorded import ATL_JFK, ATL_JFK_NOW, duffel, needs_recordings
from tripsage_mcp.domain.flight import Baggage, Condition, Conditions
from tripsage_mcp.domain.money import Money
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.providers.flights.duffel import DuffelConfig
from tripsage_mcp.providers.flights.duffel import build as build_duffel
from tripsage_mcp.services.flights import FlightService
from tripsage_mcp.tools.search_flights import TOOL

pytestmark = pytest.mark.anyio

ATL_TO_JFK = {
    "origin": "ATL", "destination": "JFK", "departure_date": "2024-09-01", "max_connections": 2,
}  # fmt: skip
LIS_TO_LHR = {"origin": "LIS", "destination": "LHR", "departure_date": "2027-05-10"}


@dataclass
class Upstream:
    """Duffel as recorded: one search, whatever is asked."""

    seen: list[httpx.Request] = field(default_factory=list[httpx.Request])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(200, json={"data": duffel(ATL_JFK)})


@asynccontextmanager
async def recorded(upstream: Upstream) -> AsyncGenerator[Client[Any]]:
    config = DuffelConfig(access_token=SecretStr("duffel_test_tool"))
    async with open_client(config.base_url, transport=httpx.MockTransport(upstream)) as http:
        provider = build_duffel(config, client=http, now=lambda: ATL_JFK_NOW)
        flights = FlightService(provider, lambda: ATL_JFK_NOW)
        async with Client(build.server([TOOL], flights=flights)) as client:
            yield client


def faked(fake: FakeFlights) -> Client[Any]:
    return Client(build.server([TOOL], flights=FlightService(fake, lambda: NOW)))


async def call(
    client: Client[Any], arguments: dict[str, Any], *, check: bool = True
) -> CallToolResult:
    result = await client.call_tool("search_flights", arguments, raise_on_error=False)
    assert result.is_error is not check, result.content
    if check:
        schema: Any = Draft202012Validator(TOOL.output_schema or {})
        schema.validate(result.structured_content)
    return result


def answer(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return result.structured_content


def text(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


@needs_recordings
async def test_220_recorded_offers_become_one_small_page_of_39_itineraries() -> None:
    async with recorded(Upstream()) as client:
        result = await call(client, ATL_TO_JFK)
    body = answer(result)
    size = len(json.dumps(body, separators=(",", ":")).encode()) + len(text(result).encode())
    assert size <= 9_000
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
    assert [request.method for request in upstream.seen] == ["POST"] + ["GET"] * (len(pages) - 1)


@needs_recordings
async def test_the_longest_page_costs_no_more_than_the_usual_one_may() -> None:
    async with recorded(Upstream()) as client:
        result = await call(client, ATL_TO_JFK | {"limit": 25})
    body = answer(result)
    assert len(body["itineraries"]) == 25
    assert {len(itinerary["fares"]) for itinerary in body["itineraries"]} == {1}
    # 3,000 tokens at some 3.6 characters each.
    assert len(json.dumps(body, separators=(",", ":"))) <= 10_800


@needs_recordings
async def test_full_detail_has_every_segment_and_every_fare() -> None:
    async with recorded(Upstream()) as client:
        body = answer(await call(client, ATL_TO_JFK | {"limit": 25, "detail": "full"}))
    for itinerary in body["itineraries"]:
        assert "more_fares" not in itinerary
        (part,) = itinerary["slices"]
        assert [segment["flight"] for segment in part["segments"]] == part["flights"]
        assert all(segment["aircraft"] for segment in part["segments"])


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
    assert len(schema) < 1_800
    assert TOOL.parameters["required"] == ["origin", "destination", "departure_date"]
    assert "anyOf" not in json.dumps(TOOL.output_schema)
