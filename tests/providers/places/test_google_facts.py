"""Everything else Google says of a place, and searching without a word."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.providers.places.google_server import LISBON, provider, replies
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import (
    Accessibility,
    NearbySearch,
    OpeningHours,
    Place,
    PlaceSearch,
    PriceRange,
)

pytestmark = pytest.mark.anyio

PLACE: dict[str, Any] = {
    "id": "ChIJplace",
    "displayName": {"text": "A place"},
    "location": {"latitude": 38.7, "longitude": -9.1},
}
ALWAYS = {"regularOpeningHours": {"periods": [{"open": {"day": 0, "hour": 0, "minute": 0}}]}}


async def told(**facts: Any) -> Place:
    return (await provider(replies(200, json=PLACE | facts)).get("ChIJplace")).place


def euros(units: str | None = None, **more: Any) -> dict[str, Any]:
    return {"currencyCode": "EUR"} | ({} if units is None else {"units": units}) | more


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            {"startPrice": euros("20"), "endPrice": euros("30")},
            PriceRange(Money(Decimal(20), "EUR"), Money(Decimal(30), "EUR")),
        ),
        ({"startPrice": euros("100")}, PriceRange(Money(Decimal(100), "EUR"))),
        (
            {"startPrice": euros(), "endPrice": euros("7", nanos=500_000_000)},
            PriceRange(Money(Decimal(0), "EUR"), Money(Decimal("7.5"), "EUR")),
        ),
        # A range that ends before it begins, or in other money, has no end that means anything.
        (
            {"startPrice": euros("20"), "endPrice": euros("10")},
            PriceRange(Money(Decimal(20), "EUR")),
        ),
        (
            {"startPrice": euros("20"), "endPrice": {"currencyCode": "USD", "units": "30"}},
            PriceRange(Money(Decimal(20), "EUR")),
        ),
        ({"endPrice": euros("10")}, None),
        ({}, None),
    ],
)
async def test_a_price_range_is_money(raw: dict[str, Any], expected: PriceRange | None) -> None:
    assert (await told(priceRange=raw)).price_range == expected


async def test_what_a_wheelchair_can_use_is_told_where_it_is_known() -> None:
    options = {"wheelchairAccessibleEntrance": True, "wheelchairAccessibleParking": False}
    assert (await told(accessibilityOptions=options)).accessibility == Accessibility(
        entrance=True, parking=False
    )
    assert (await told(accessibilityOptions={})).accessibility is None
    assert (await told()).accessibility is None


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("OPERATIONAL", "operational"),
        ("CLOSED_TEMPORARILY", "closed_temporarily"),
        ("CLOSED_PERMANENTLY", "closed_permanently"),
        ("FUTURE_OPENING", "future"),
    ],
)
async def test_what_is_not_in_business_is_never_open_whatever_its_hours(
    status: str, ours: str
) -> None:
    place = await told(businessStatus=status, **ALWAYS)
    assert place.status == ours
    assert place.opening_hours == OpeningHours(always_open=ours == "operational")


async def test_a_status_we_do_not_know_leaves_the_hours_unknown() -> None:
    assert (await told(businessStatus="MOVED", **ALWAYS)).opening_hours is None


async def test_a_future_place_says_when_it_opens_unless_no_calendar_has_that_day() -> None:
    opens = {"year": 2027, "month": 3, "day": 1}
    place = await told(businessStatus="FUTURE_OPENING", openingDate=opens)
    assert place.opens_on == date(2027, 3, 1)
    assert (await told(openingDate=opens | {"month": 2, "day": 30})).opens_on is None


async def test_website_phone_and_credits_are_plain_and_bounded() -> None:
    place = await told(
        websiteUri="https://example.com/a",
        internationalPhoneNumber="+351 21\u202e 000 0000",
        attributions=[{"provider": "Some\nGuide", "providerUri": "https://example.com"}, {}],
    )
    assert place.website == "https://example.com/a"
    assert place.phone == "+351 21 000 0000"
    assert place.credits == ("Some Guide",)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://example.com/" + "x" * 500, "https://a b.example/\n"]
)
async def test_a_link_that_is_none_or_would_be_cut_short_is_left_out(link: str) -> None:
    assert (await told(websiteUri=link)).website is None


async def test_a_brief_answer_asks_for_little_and_a_full_one_for_everything() -> None:
    seen: list[set[str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(set(request.headers["x-goog-fieldmask"].split(",")))
        return httpx.Response(200, json=PLACE)

    asked = provider(handler)
    assert (await asked.get("ChIJplace", brief=True)).place.name == "A place"
    await asked.get("ChIJplace")
    await asked.search(PlaceSearch("x"))
    brief, full, listed = seen
    assert brief == {"id", "displayName", "location", "timeZone"}
    assert brief | {"websiteUri", "internationalPhoneNumber", "priceRange"} <= full
    # What only details show makes every place of a list cost more.
    dear = {"websiteUri", "internationalPhoneNumber", "editorialSummary"}
    assert listed.isdisjoint({f"places.{field}" for field in dear})


@pytest.mark.parametrize(("nearest", "by"), [(False, "POPULARITY"), (True, "DISTANCE")])
async def test_everything_of_a_kind_is_asked_for_within_a_circle(*, nearest: bool, by: str) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"places": [PLACE]})

    found = await provider(handler).nearby(
        NearbySearch("pharmacy", LISBON, 800.0, limit=5, nearest_first=nearest)
    )

    assert [place.place_id for place in found.places] == ["ChIJplace"]
    assert found.next_page is None
    assert seen[0].url.path == "/v1/places:searchNearby"
    assert "nextPageToken" not in seen[0].headers["x-goog-fieldmask"].split(",")
    assert json.loads(seen[0].content) == {
        "includedTypes": ["pharmacy"],
        "locationRestriction": {
            "circle": {"center": {"latitude": 38.7167, "longitude": -9.1333}, "radius": 800.0}
        },
        "maxResultCount": 5,
        "rankPreference": by,
        "languageCode": "en",
    }


async def test_the_next_page_is_asked_for_by_their_token_and_the_same_search() -> None:
    seen: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        more = {} if "pageToken" in seen[-1] else {"nextPageToken": "theirs"}
        return httpx.Response(200, json={"places": [PLACE]} | more)

    asked = provider(handler)
    first = await asked.search(PlaceSearch("x", LISBON, nearest_first=True))
    last = await asked.search(PlaceSearch("x", LISBON, nearest_first=True, page=first.next_page))

    assert (first.next_page, last.next_page) == ("theirs", None)
    assert seen[1].pop("pageToken") == "theirs"
    assert seen[1] == seen[0]
    assert seen[0]["rankPreference"] == "DISTANCE"
