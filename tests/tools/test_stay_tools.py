import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from fastmcp import Client
from inline_snapshot import snapshot

from tests import build
from tests.fakes_places import FakeGeocoding, at_now
from tests.fakes_stays import FakeStays, price, stay
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.stay import StayPrice
from tripsage_mcp.errors import ProviderRateLimitedError
from tripsage_mcp.services.stays import StayService
from tripsage_mcp.tools import get_stay, search_stays

pytestmark = pytest.mark.anyio

DATES = {"check_in": "2027-03-01", "check_out": "2027-03-05"}
TOOLS = {tool.name: tool for tool in (search_stays.TOOL, get_stay.TOOL)}


async def call(tool: str, stays: FakeStays, known: FakeGeocoding | None, **arguments: Any) -> Any:
    service = StayService(stays, known or FakeGeocoding(), at_now)
    async with Client(build.server([*TOOLS.values()], stays=service)) as client:
        result = await client.call_tool(tool, arguments, raise_on_error=False)
    schema = TOOLS[tool].output_schema
    if not result.is_error:
        assert schema is not None
        jsonschema.validate(result.structured_content, schema)
    return result


async def search(stays: FakeStays, known: FakeGeocoding | None = None, **arguments: Any) -> Any:
    return await call("search_stays", stays, known, **{"location": "Lisbon", **DATES, **arguments})


async def test_a_page_says_what_was_asked_and_where_it_is_from() -> None:
    result = await search(FakeStays([stay(0)]), children=1)
    assert result.structured_content == snapshot(
        {
            "source": {"source": "fake", "data": "sandbox", "fetched_at": "2026-11-22T12:00:00Z"},
            "location": "Lisbon, Portugal",
            "place": {
                "latitude": 38.7167,
                "longitude": -9.1333,
                "name": "Lisbon, Lisbon District, Portugal",
                "time_zone": "Europe/Lisbon",
            },
            "area": "38.60,-9.30 38.90,-9.00",
            "check_in": "2027-03-01",
            "check_out": "2027-03-05",
            "nights": 4,
            "guests": "2 adults, 1 child",
            "currency": "USD",
            "link": "https://www.airbnb.com/rooms/{listing_id}?check_in=2027-03-01",
            "sort": "relevance",
            "stays": [
                {
                    "listing_id": "900000000000000000",
                    "name": "Sunny flat 0",
                    "total": "320",
                    "rating": 4.5,
                    "reviews": 100,
                    "beds": "1 bedroom, 1 bed",
                    "at": "38.717,-9.133",
                }
            ],
        }
    )
    assert result.content[0].text == snapshot("""\
1 stay in Lisbon, Portugal, 4 nights from 2027-03-01, 2 adults, 1 child (sandbox data).
- Sunny flat 0: 320 USD, 4.5 (100), listing_id 900000000000000000\
""")


async def test_rows_say_only_what_is_known_and_differs() -> None:
    known = [
        stay(1),
        stay(2, price=price(nightly=100)),
        stay(3, price=price(90, currency="EUR"), coordinates=None),
        stay(4, price=StayPrice("¥12,000 total", 4), badges=("New",), free_cancellation=True),
        stay(5, price=None, rating=None, reviews=None, beds=None),
        stay(6, price=StayPrice("$500 for 5 nights", 5, price(500).total, taxes_included=False)),
    ]
    result = await search(FakeStays(known))
    assert result.structured_content["currency"] == "USD"
    assert result.structured_content["stays"][1:] == snapshot(
        [
            {
                "listing_id": "900000000000000002",
                "name": "Sunny flat 2",
                "nightly": "100",
                "rating": 4.5,
                "reviews": 100,
                "beds": "1 bedroom, 1 bed",
                "at": "38.717,-9.133",
            },
            {
                "listing_id": "900000000000000003",
                "name": "Sunny flat 3",
                "total": "90",
                "currency": "EUR",
                "rating": 4.5,
                "reviews": 100,
                "beds": "1 bedroom, 1 bed",
            },
            {
                "listing_id": "900000000000000004",
                "name": "Sunny flat 4",
                "price_label": "¥12,000 total",
                "rating": 4.5,
                "reviews": 100,
                "beds": "1 bedroom, 1 bed",
                "tags": ["New", "Free cancellation"],
                "at": "38.717,-9.133",
            },
            {"listing_id": "900000000000000005", "name": "Sunny flat 5", "at": "38.717,-9.133"},
            {
                "listing_id": "900000000000000006",
                "name": "Sunny flat 6",
                "total": "500",
                "taxes_included": False,
                "nights": 5,
                "rating": 4.5,
                "reviews": 100,
                "beds": "1 bedroom, 1 bed",
                "at": "38.717,-9.133",
            },
        ]
    )
    assert result.content[0].text == snapshot("""\
6 stays in Lisbon, Portugal, 4 nights from 2027-03-01, 2 adults (sandbox data).
- Sunny flat 1: 321 USD, 4.5 (100), listing_id 900000000000000001
- Sunny flat 2: 100 USD a night, 4.5 (100), listing_id 900000000000000002
- Sunny flat 3: 90 EUR, 4.5 (100), listing_id 900000000000000003
- Sunny flat 4: ¥12,000 total, 4.5 (100), listing_id 900000000000000004
- Sunny flat 5: price unknown, no rating yet, listing_id 900000000000000005\
""")


async def test_a_full_page_of_long_names_stays_within_its_budget() -> None:
    known = [
        stay(
            n,
            name="Charming riverside apartment with terrace, view and garage",
            price=replace(price(1320 + n), taxes_included=False),
            badges=("Guest favorite",) if n % 2 else (),
            free_cancellation=True,
            coordinates=Coordinates(-38.7123456, -120.1234567),
        )
        for n in range(40)
    ]
    result = await search(FakeStays(known), limit=18)
    assert len(result.structured_content["stays"]) == 18
    assert result.structured_content["next_cursor"]
    wire = json.dumps(result.structured_content, separators=(",", ":"), ensure_ascii=False)
    assert len(wire.encode()) <= 4_500
    assert result.structured_content["tags"] == ["Free cancellation"]
    assert result.structured_content["taxes_included"] is False
    assert len(result.content[0].text) <= 700


async def test_the_next_page_goes_on_where_this_one_ended() -> None:
    stays = FakeStays()
    first = (await search(stays)).structured_content
    second = (await search(stays, cursor=first["next_cursor"])).structured_content
    shown = [row["listing_id"] for row in [*first["stays"], *second["stays"]]]
    assert shown == [one.listing_id for one in stays.known[:18]]


async def test_notes_say_what_could_mislead() -> None:
    far = FakeStays([stay(0)], area=None, skipped=2)
    unknown = await search(far, FakeGeocoding([]), sort="price")
    assert unknown.structured_content["note"].split(". ") == snapshot(
        [
            "The place could not be looked up, so check that the listings lie where you mean",
            "Sorted within each page of 18, not over all listings",
            "2 listings could not be read and are left out.",
        ]
    )
    empty = await search(FakeStays([]))
    assert empty.structured_content["note"] == snapshot(
        "No listings. Try other dates, a wider place, or fewer limits."
    )
    assert empty.structured_content["stays"] == []


async def test_a_bad_argument_and_a_failing_provider_are_typed_errors() -> None:
    result = await search(FakeStays(), check_out="2027-02-01")
    assert result.is_error
    assert result.structured_content["code"] == "invalid_request"
    assert result.structured_content["argument"] == "check_out"
    result = await search(FakeStays(fails=ProviderRateLimitedError("airbnb", 60)))
    assert result.structured_content["code"] == "provider_rate_limited"
    assert result.structured_content["retryable"] is True
    assert result.structured_content["retry_after_s"] == 60


async def test_a_listing_says_what_is_not_known() -> None:
    stays = FakeStays()
    result = await call("get_stay", stays, None, listing_id=stays.known[0].listing_id, **DATES)
    assert result.structured_content == snapshot(
        {
            "source": {"source": "fake", "data": "sandbox", "fetched_at": "2026-11-22T12:00:00Z"},
            "listing_id": "900000000000000000",
            "url": "https://www.airbnb.com/rooms/900000000000000000?check_in=2027-03-01",
            "area": "Lisbon, Portugal",
            "at": "38.7167,-9.1333",
            "amenities": {"Bathroom": "Hot water"},
            "unknown": ["price", "availability"],
        }
    )
    assert result.content[0].text == snapshot("""\
Listing 900000000000000000, Lisbon, Portugal (sandbox data)
Not known: price, availability
https://www.airbnb.com/rooms/900000000000000000?check_in=2027-03-01\
""")


async def test_an_unknown_listing_is_not_found() -> None:
    result = await call("get_stay", FakeStays(), None, listing_id="1")
    assert result.is_error
    assert result.structured_content["code"] == "not_found"


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_the_description_is_short_and_the_schema_has_no_unions(tool: Any) -> None:
    assert len(tool.description) <= 350
    assert "anyOf" not in json.dumps(tool.parameters)
    assert "null" not in json.dumps(tool.parameters)
