"""The promises of StayProvider and StayQuotes, checked against fakes, adapters and sandboxes."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests import fakes_hotels, fakes_stays, recorded
from tests.fakes_places import LISBON_CENTRE, at_now
from tripsage_mcp.errors import NotFoundError
from tripsage_mcp.infrastructure.mcp_client import InMemory, SupervisedMCPClient
from tripsage_mcp.providers.ports import StayProvider, StayQuotes
from tripsage_mcp.providers.stays import airbnb, duffel
from tripsage_mcp.sandbox.airbnb import build_server
from tripsage_mcp.sandbox.duffel.app import SANDBOX_TOKEN, build_app

pytestmark = pytest.mark.anyio

# What nobody has, in the shape of either source's ids.
NOBODYS = {"airbnb": "1", "duffel": "srr_0000000000000000000zzz"}
HOMES = ["fake homes", "airbnb", "airbnb sandbox"]
HOTELS = [
    "fake hotels",
    "duffel",
    "duffel sandbox",
    pytest.param("duffel examples", marks=recorded.needs_recordings),
]
SEARCH = fakes_stays.search(coordinates=LISBON_CENTRE, radius_km=5)

type Reply = Callable[[httpx.Request], httpx.Response]


def scripted_homes() -> InMemory:
    rows = [fakes_stays.raw_row(n) for n in range(40)]

    def answer(tool: str, arguments: Mapping[str, Any]) -> tuple[object, bool]:
        if tool == "airbnb_listing_details":
            if arguments["id"] == NOBODYS["airbnb"]:
                return {"error": "HTTP 404: Not Found", "listingUrl": "", "timestamp": ""}, True
            return {"listingUrl": "", "details": fakes_stays.raw_details()}, False
        first = int(arguments.get("cursor", 0))
        more = str(first + 18) if first + 18 < len(rows) else None
        pages = {"pageCursors": ["0", "18", "36"]} | ({"nextPageCursor": more} if more else {})
        return fakes_stays.raw_search(rows[first : first + 18], paginationInfo=pages), False

    return InMemory(fakes_stays.ScriptedAirbnb(answer).server)


def scripted_hotels(results: list[dict[str, Any]], quote: dict[str, Any]) -> Reply:
    """Answer like Duffel: these results with their rates, and one quote for any of those."""
    by_id = {result["id"]: result for result in results}
    rates = {
        rate["id"]
        for result in results
        for room in result["accommodation"]["rooms"]
        for rate in room["rates"]
    }

    def reply(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/stays/search":
            return httpx.Response(201, json={"data": {"results": results}})
        if request.url.path == "/stays/quotes":
            wanted = any(rate_id.encode() in request.content for rate_id in rates)
            return httpx.Response(201, json={"data": quote}) if wanted else httpx.Response(404)
        found = by_id.get(request.url.path.split("/")[3])
        return httpx.Response(404) if found is None else httpx.Response(200, json={"data": found})

    return reply


def examples() -> Reply:
    shapes = recorded.duffel("official-examples/Stays_mocks.json")
    results = [{**shapes["MOCK_SEARCH_RESULT"], "id": f"srr_{n}"} for n in range(20)]
    return scripted_hotels(results, shapes["MOCK_QUOTE"])


def invented() -> Reply:
    results = [fakes_hotels.raw_result(n) for n in range(30)]
    return scripted_hotels(results, fakes_hotels.raw_quote())


def hotels(kind: str, now: Callable[[], datetime] = at_now) -> duffel.DuffelStays:
    """Return the adapter before a script, or before the sandbox."""
    config = duffel.DuffelStaysConfig(
        access_token=SecretStr(SANDBOX_TOKEN), base_url="http://duffel.invalid"
    )
    if kind == "duffel sandbox":
        return duffel.build(config, now=now, app=build_app(0, now))
    reply = examples() if kind == "duffel examples" else invented()
    transport = httpx.MockTransport(reply)
    client = httpx.AsyncClient(transport=transport, base_url="http://duffel.invalid")
    return duffel.build(config, now=now, client=client)


@pytest.fixture
async def provider(request: pytest.FixtureRequest) -> AsyncGenerator[StayProvider]:
    if request.param in {"fake homes", "fake hotels"}:
        homes = request.param == "fake homes"
        yield fakes_stays.FakeStays() if homes else fakes_hotels.FakeHotels()
    elif request.param.startswith("duffel"):
        made = hotels(request.param)
        yield made
        await made.aclose()
    else:
        sandboxed = InMemory(lambda: build_server(0, at_now))
        server = scripted_homes() if request.param == "airbnb" else sandboxed
        client = SupervisedMCPClient("airbnb", server)
        yield airbnb.AirbnbStays(client, data="sandbox", now=at_now)
        await client.aclose()


every_provider = pytest.mark.parametrize("provider", [*HOMES, *HOTELS], indirect=True)
homes_only = pytest.mark.parametrize("provider", HOMES, indirect=True)
hotels_only = pytest.mark.parametrize("provider", HOTELS, indirect=True)


@every_provider
async def test_pages_hold_every_listing_once_until_the_cursor_ends(provider: StayProvider) -> None:
    found = await provider.search(SEARCH)
    assert found.stays
    assert found.skipped_rows == 0
    assert found.provenance.data == "sandbox"
    seen = [stay.listing_id for stay in found.stays]
    for _ in range(10):
        if found.next_cursor is None:
            break
        found = await provider.search(replace(SEARCH, cursor=found.next_cursor))
        assert found.stays
        seen += [stay.listing_id for stay in found.stays]
    assert found.next_cursor is None
    assert len(seen) == len(set(seen)) > 18


@every_provider
async def test_listings_carry_what_a_choice_needs(provider: StayProvider) -> None:
    found = await provider.search(SEARCH)
    for stay in found.stays:
        assert stay.source == found.provenance.source
        assert stay.stay_id == f"{stay.source}:{stay.listing_id}"
        assert stay.name
        assert stay.url is None or stay.listing_id in stay.url
        assert stay.price is not None
        assert stay.price.comparable is not None
        assert stay.price.comparable.amount > 0
        assert stay.coordinates is not None
        assert stay.rating is None or 0 <= stay.rating <= 5
    if found.provenance.expires_at is not None:
        expiries = [stay.expires_at for stay in found.stays if stay.expires_at is not None]
        assert found.provenance.expires_at == min(expiries)


@homes_only
async def test_a_page_says_where_it_was_searched(provider: StayProvider) -> None:
    found = await provider.search(SEARCH)
    assert found.location_resolved is (found.resolved_area is not None)


@homes_only
async def test_one_home_says_what_is_not_known(provider: StayProvider) -> None:
    first = (await provider.search(SEARCH)).stays[0]
    details = await provider.get(first.listing_id, SEARCH)
    assert (details.source, details.listing_id) == (first.source, first.listing_id)
    assert details.amenities
    assert {"price", "availability"} <= set(details.unknown)


@hotels_only
async def test_one_hotel_tells_its_rates_and_their_terms(provider: StayProvider) -> None:
    first = (await provider.search(SEARCH)).stays[0]
    details = await provider.get(first.listing_id, None)
    assert (details.source, details.name) == (first.source, first.name)
    assert details.rating == first.rating
    rates = [rate for room in details.rooms for rate in room.rates]
    assert rates
    assert "price" not in details.unknown
    assert len({rate.rate_id for rate in rates}) == len(rates)
    for rate in rates:
        assert rate.total.amount > 0
        assert rate.tax is None or rate.tax < rate.total
        moments = [step.before for step in rate.cancellation]
        assert moments == sorted(moments)


@every_provider
async def test_a_listing_nobody_has_is_not_found(provider: StayProvider) -> None:
    source = (await provider.search(SEARCH)).stays[0].source
    with pytest.raises(NotFoundError):
        await provider.get(NOBODYS[source], None)


@hotels_only
async def test_a_rate_that_is_shown_is_quoted(provider: StayProvider) -> None:
    assert isinstance(provider, fakes_hotels.FakeHotels | duffel.DuffelStays)
    quotes: StayQuotes = provider
    for stay in (await provider.search(SEARCH)).stays[:3]:
        shown = (await provider.get(stay.listing_id, None)).rooms[0].rates[0]
        quote = await quotes.quote(shown.rate_id)
        assert quote.total.amount > 0
        assert quote.check_in < quote.check_out
        assert quote.name
        assert quote.provenance.source == "duffel"
        assert quote.rate is not None


@hotels_only
async def test_a_rate_nobody_has_is_not_found(provider: StayProvider) -> None:
    assert isinstance(provider, fakes_hotels.FakeHotels | duffel.DuffelStays)
    with pytest.raises(NotFoundError):
        await provider.quote("rat_0000000000000000000zzz")
