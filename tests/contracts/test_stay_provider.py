"""The promises of StayProvider, checked against the fake, the adapter and the sandbox."""

import importlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest

from tests import fakes_stays
from tests.fakes_places import at_now
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.infrastructure.mcp_client import InMemory, SupervisedMCPClient
from tripsage_mcp.providers.ports import StayProvider
from tripsage_mcp.providers.stays import airbnb

pytestmark = pytest.mark.anyio

# A listing nobody has.
NOBODYS = "1"


def _upstream() -> InMemory:
    rows = [fakes_stays.raw_row(n) for n in range(40)]

    def answer(tool: str, arguments: Mapping[str, Any]) -> tuple[object, bool]:
        if tool == "airbnb_listing_details":
            if arguments["id"] == NOBODYS:
                return {"error": "HTTP 404: Not Found", "listingUrl": "", "timestamp": ""}, True
            return {"listingUrl": "", "details": fakes_stays.raw_details()}, False
        first = int(arguments.get("cursor", 0))
        more = str(first + 18) if first + 18 < len(rows) else None
        pages = {"pageCursors": ["0", "18", "36"]} | ({"nextPageCursor": more} if more else {})
        return fakes_stays.raw_search(rows[first : first + 18], paginationInfo=pages), False

    return InMemory(fakes_stays.ScriptedAirbnb(answer).server)


def _sandbox() -> InMemory:
    try:
        sandbox = importlib.import_module("tripsage_mcp.sandbox.airbnb")
    except ModuleNotFoundError:
        pytest.skip("the sandbox's Airbnb is not part of this checkout")
    return InMemory(lambda: sandbox.build_server(0, at_now))


@pytest.fixture(params=["fake", "airbnb", "sandbox"])
async def provider(request: pytest.FixtureRequest) -> AsyncGenerator[StayProvider]:
    if request.param == "fake":
        yield fakes_stays.FakeStays()
        return
    server = _upstream() if request.param == "airbnb" else _sandbox()
    client = SupervisedMCPClient("airbnb", server)
    yield airbnb.build(airbnb.AirbnbConfig(), client, data="sandbox", now=at_now)
    await client.aclose()


async def test_pages_hold_every_listing_once_until_the_cursor_ends(provider: StayProvider) -> None:
    found = await provider.search(fakes_stays.search())
    assert found.stays
    assert found.skipped_rows == 0
    assert found.provenance.data == "sandbox"
    seen = [stay.listing_id for stay in found.stays]
    for _ in range(10):
        if found.next_cursor is None:
            break
        found = await provider.search(fakes_stays.search(cursor=found.next_cursor))
        assert found.stays
        seen += [stay.listing_id for stay in found.stays]
    assert found.next_cursor is None
    assert len(seen) == len(set(seen)) > 18


async def test_listings_carry_what_a_choice_needs(provider: StayProvider) -> None:
    found = await provider.search(fakes_stays.search())
    assert found.location_resolved is (found.resolved_area is not None)
    for stay in found.stays:
        assert stay.listing_id.isdigit()
        assert stay.name
        assert stay.listing_id in stay.url
        assert stay.price is not None
        assert stay.price.comparable is not None
        assert stay.price.comparable.amount > 0
        assert stay.coordinates is not None
        assert stay.rating is None or 0 <= stay.rating <= 5


async def test_one_listing_says_what_is_not_known(provider: StayProvider) -> None:
    first = (await provider.search(fakes_stays.search())).stays[0]
    details = await provider.get(first.listing_id, fakes_stays.search())
    assert details.listing_id == first.listing_id
    assert details.amenities
    assert {"price", "availability"} <= set(details.unknown)


async def test_an_unknown_listing_is_not_found(provider: StayProvider) -> None:
    with pytest.raises((NotFoundError, InvalidRequestError)) as raised:
        await provider.get(NOBODYS, None)
    assert raised.type is NotFoundError
