"""The stay service as a server in demo mode has it: both sandboxes, routes and names included."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes_places import FakeGeocoding, locality
from tests.fakes_stays import CHECK_IN, CHECK_OUT
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.limits import MemoryLimiter
from tripsage_mcp.services.stays.requests import StayQuery
from tripsage_mcp.services.stays.service import ListingQuery, StayService
from tripsage_mcp.wiring import Providers, open_providers

pytestmark = pytest.mark.anyio

LISBON = locality("Lisbon", coordinates=Coordinates(38.7108, -9.1390))
QUERY = StayQuery("Lisbon", CHECK_IN, CHECK_OUT, limit=18)


def noon() -> datetime:
    return datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def providers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Providers]:
    for name in ("TRIPSAGE_DUFFEL_ACCESS_TOKEN", "TRIPSAGE_GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    store = MemoryKeyValue()
    # The limits are those of the upstreams, not of this test.
    limiter = MemoryLimiter(monotonic=iter(range(0, 10**9, 60)).__next__)
    opened = open_providers("demo", 0, noon, limiter, store, tmp_path)
    async with AsyncExitStack() as stack:
        for close in (store.close, *opened.closers):
            stack.push_async_callback(close)
        yield opened


def service(providers: Providers) -> StayService:
    ports = providers.ports
    return StayService(ports.stays, FakeGeocoding([LISBON]), ports.places, noon, ports.rates)


async def test_the_pages_of_both_sources_hold_every_stay_once(providers: Providers) -> None:
    stays, query = service(providers), QUERY
    seen = Counter[str]()
    pages = 0
    while True:
        page = await stays.search(query)
        pages += 1
        assert page.asked.failures == ()
        seen.update(s.stay_id for lodging in page.lodgings for s in lodging.listings)
        if page.next_cursor is None:
            break
        query = replace(QUERY, cursor=page.next_cursor)
    assert pages > 3
    assert set(seen.values()) == {1}
    assert {stay_id.partition(":")[0] for stay_id in seen} == {"airbnb", "duffel"}


async def test_a_hotel_that_both_list_is_one_stay(providers: Providers) -> None:
    page = await service(providers).search(replace(QUERY, limit=18, sort="price"))
    lodgings = [*page.lodgings]
    while page.next_cursor is not None and not any(len(one.listings) > 1 for one in lodgings):
        again = replace(QUERY, limit=18, sort="price", cursor=page.next_cursor)
        page = await service(providers).search(again)
        lodgings += page.lodgings
    twin = next(one for one in lodgings if len(one.listings) > 1)
    assert {listing.source for listing in twin.listings} == {"airbnb", "duffel"}
    assert len({listing.name for listing in twin.listings}) == 1


async def test_what_is_found_can_be_read_and_a_hotels_rate_quoted(providers: Providers) -> None:
    stays = service(providers)
    for source in ("airbnb", "duffel"):
        page = await stays.search(replace(QUERY, sources=(source,), limit=3))
        for lodging in page.lodgings:
            read = await stays.get(ListingQuery(lodging.shown.stay_id))
            assert read.details is not None
            assert read.details.source == source
    name = "Duffel Test Hotel Lisbon"
    page = await stays.search(replace(QUERY, sources=("duffel",)))
    while not any(lodging.shown.name == name for lodging in page.lodgings):
        assert page.next_cursor is not None
        page = await stays.search(replace(QUERY, sources=("duffel",), cursor=page.next_cursor))
    inn = next(lodging.shown for lodging in page.lodgings if lodging.shown.name == name)
    read = await stays.get(ListingQuery(inn.stay_id))
    assert read.details is not None
    rates = [rate for room in read.details.rooms for rate in room.rates]
    assert inn.price is not None
    assert inn.price.total in [rate.total for rate in rates]
    quoted = await stays.get(ListingQuery(inn.stay_id, rates[0].rate_id))
    assert quoted.quote is not None
    assert quoted.quote.total == rates[0].total


async def test_a_walk_to_a_sight_is_routed(providers: Providers) -> None:
    wanted = replace(
        QUERY, near="Belém Tower", max_walk_minutes=30, sort="distance", amenities=("wifi",)
    )
    page = await service(providers).search(wanted)
    assert page.near is not None
    assert page.near.name == "Belém Tower"
    minutes = [page.walk(lodging) for lodging in page.lodgings]
    assert minutes
    assert all(each is not None and each <= 30 for each in minutes)
    assert page.walks.source == "google"
    unknown = {left.wish: left.unknown for left in page.left_out}
    # What homes offer is not told by a search.
    assert unknown["amenities"] > 0


async def test_one_currency_decides_a_budget_over_both(providers: Providers) -> None:
    page = await service(providers).search(replace(QUERY, budget="500 EUR", sort="price"))
    costs = page.asked.costs
    amounts = [costs.guess(lodging.shown) for lodging in page.lodgings]
    spent = [money.amount for money in amounts if money is not None]
    assert len(spent) == len(page.lodgings) > 0
    assert spent == sorted(spent)
    assert max(spent) <= 500
    assert {rate.quote for rate in costs.rates.values()} == {"EUR"}
