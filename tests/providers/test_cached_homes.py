"""Homes behind the cache: a page for a quarter of an hour, one home for half a day."""

import asyncio
from dataclasses import replace

import pytest

from tests.fakes_stays import FakeStays, search
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.providers.cached import CachedHomes

pytestmark = pytest.mark.anyio

LISTING = "900000000000000000"


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def homes(fake: FakeStays, seconds: Seconds | None = None) -> CachedHomes:
    store = MemoryKeyValue(monotonic=seconds or Seconds())
    return CachedHomes(fake, Cache(store, "stays"))


async def test_a_page_is_asked_for_once_in_a_quarter_of_an_hour() -> None:
    fake, seconds = FakeStays(), Seconds()
    cached = homes(fake, seconds)
    found = await cached.search(search())
    seconds.now += 14 * 60
    assert await cached.search(search()) == found
    assert len(fake.searches) == 1
    seconds.now += 2 * 60
    await cached.search(search())
    assert len(fake.searches) == 2


async def test_one_home_is_asked_for_once_in_half_a_day() -> None:
    fake, seconds = FakeStays(), Seconds()
    cached = homes(fake, seconds)
    found = await cached.get(LISTING, search())
    seconds.now += 11.9 * 3600
    assert await cached.get(LISTING, search()) == found
    assert len(fake.fetched) == 1
    seconds.now += 0.2 * 3600
    await cached.get(LISTING, search())
    assert len(fake.fetched) == 2


async def test_another_spelling_of_the_same_words_is_the_same_search() -> None:
    fake = FakeStays()
    cached = homes(fake)
    await cached.search(search(location="Lisbon, Portugal"))
    await cached.search(search(location=" lisbon,  PORTUGAL "))
    assert len(fake.searches) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"location": "Porto, Portugal"},
        {"adults": 3},
        {"pets": 1},
        {"cursor": "18"},
        {"property_type": "entire_home"},
    ],
)
async def test_whatever_shapes_the_answer_is_another_question(change: dict[str, object]) -> None:
    fake = FakeStays()
    cached = homes(fake)
    await cached.search(search())
    await cached.search(replace(search(), **change))  # pyright: ignore[reportArgumentType] - any one field
    assert len(fake.searches) == 2


async def test_what_the_source_is_not_asked_for_is_the_same_question() -> None:
    fake = FakeStays()
    cached = homes(fake)
    found = await cached.search(search())
    wishing = search(
        rooms=2,
        free_cancellation=True,
        minor_ages=(14,),
        coordinates=Coordinates(38.71, -9.14),
        country_code="PT",
        radius_km=3,
    )
    assert await cached.search(wishing) == found
    assert len(fake.searches) == 1


async def test_a_hundred_at_once_ask_once() -> None:
    fake = FakeStays()
    cached = homes(fake)
    pages = await asyncio.gather(*(cached.search(search()) for _ in range(100)))
    assert len(fake.searches) == 1
    assert all(page == pages[0] for page in pages)


async def test_a_failure_is_not_kept() -> None:
    fake = FakeStays(fails=ProviderUnavailableError("fake", "down"))
    cached = homes(fake)
    for _ in range(2):
        with pytest.raises(ProviderUnavailableError):
            await cached.search(search())
    fake.fails = None
    assert (await cached.search(search())).stays
    assert len(fake.searches) == 3
