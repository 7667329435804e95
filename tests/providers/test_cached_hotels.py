"""A search of hotels that is remembered as long as its prices hold, and rates that never are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes_hotels import FakeHotels, hotel
from tests.fakes_places import LISBON_CENTRE, NOW, at_now
from tests.fakes_stays import search
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.providers.cached import CachedHotels

pytestmark = pytest.mark.anyio

HERE = search(coordinates=LISBON_CENTRE)


def cached(fake: FakeHotels, seconds: list[float] | None = None) -> CachedHotels:
    """Return the fake behind a cache; the last of `seconds` is the time on its clock."""
    clock = seconds or [0.0]
    store = MemoryKeyValue(monotonic=lambda: clock[-1])
    return CachedHotels(fake, Cache(store, "hotels", now=at_now), at_now)


async def test_the_same_search_within_minutes_asks_once() -> None:
    fake, seconds = FakeHotels(), [0.0]
    hotels = cached(fake, seconds)
    first = await hotels.search(HERE)
    seconds.append(299.0)
    assert await hotels.search(HERE) == first
    assert len(fake.searches) == 1
    await hotels.search(replace(HERE, minor_ages=(4,), children=1))
    assert len(fake.searches) == 2
    seconds.append(301.0)
    await hotels.search(HERE)
    assert len(fake.searches) == 3


async def test_a_price_is_not_remembered_beyond_its_time() -> None:
    fake = FakeHotels([hotel(0, expires_at=NOW + timedelta(seconds=40)), hotel(1)])
    seconds = [0.0]
    hotels = cached(fake, seconds)
    await hotels.search(HERE)
    seconds.append(41.0)
    await hotels.search(HERE)
    assert len(fake.searches) == 2


async def test_the_rates_of_a_hotel_are_asked_for_each_time() -> None:
    fake = FakeHotels()
    hotels = cached(fake)
    first = await hotels.get(fake.known[0].listing_id, None)
    fake.rooms = ()
    assert (await hotels.get(fake.known[0].listing_id, None)).rooms != first.rooms
