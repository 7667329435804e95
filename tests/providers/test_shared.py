"""What may not be kept is still asked once by those who ask at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import override

import pytest

from tests.fakes_places import LISBON_CENTRE, FakeGeocoding, FakePlaces, place
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import (
    LocalitiesFound,
    NearbySearch,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    Surroundings,
)
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.providers.cached import SharedGeocoding, SharedPlaces

pytestmark = pytest.mark.anyio

NEARBY = NearbySearch("museum", LISBON_CENTRE, 500)


@dataclass
class SlowPlaces(FakePlaces):
    """Lets everybody who is about to ask do so before it answers."""

    @override
    async def search(self, search: PlaceSearch) -> PlacesFound:
        found = await super().search(search)
        await asyncio.sleep(0)
        return found

    @override
    async def nearby(self, search: NearbySearch) -> PlacesFound:
        found = await super().nearby(search)
        await asyncio.sleep(0)
        return found

    @override
    async def get(self, place_id: str, *, brief: bool = False) -> PlaceDetails:
        found = await super().get(place_id, brief=brief)
        await asyncio.sleep(0)
        return found


@dataclass
class SlowGeocoding(FakeGeocoding):
    """Likewise."""

    points: list[Coordinates] = field(default_factory=list[Coordinates])

    @override
    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        found = await super().localities(name, limit=limit)
        await asyncio.sleep(0)
        return found

    @override
    async def reverse(self, at: Coordinates) -> Surroundings:
        self.points.append(at)
        found = await super().reverse(at)
        await asyncio.sleep(0)
        return found


async def crowd[T](ask: Callable[[], Awaitable[T]]) -> T:
    """Ask a hundred times at once; everybody must get the same."""

    async def one() -> T:
        return await ask()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one()) for _ in range(100)]
    answers = [task.result() for task in tasks]
    assert all(answer == answers[0] for answer in answers)
    return answers[0]


async def test_a_crowd_asks_for_places_once_and_whoever_comes_later_asks_anew() -> None:
    inner = SlowPlaces([place("m", "Museum")])
    shared = SharedPlaces(inner, Cache(MemoryKeyValue(), "places"))
    for round_ in (1, 2):
        assert (await crowd(lambda: shared.search(PlaceSearch("museum")))).places
        assert (await crowd(lambda: shared.nearby(NEARBY))).places
        assert (await crowd(lambda: shared.get("m"))).place.name == "Museum"
        await crowd(lambda: shared.travel_times((LISBON_CENTRE,), (LISBON_CENTRE,), "walk"))
        asked = len(inner.searches), len(inner.around), len(inner.fetched), len(inner.timed)
        assert asked == (round_,) * 4


async def test_different_questions_are_different_questions() -> None:
    inner = SlowPlaces([place("m", "Museum")])
    shared = SharedPlaces(inner, Cache(MemoryKeyValue(), "places"))
    await asyncio.gather(
        shared.search(PlaceSearch("museum")),
        shared.search(PlaceSearch("museum", limit=5)),
        shared.get("m"),
        shared.get("m", brief=True),
    )
    assert (len(inner.searches), len(inner.fetched)) == (2, 2)


async def test_a_crowd_looks_a_name_up_once_and_nothing_is_kept() -> None:
    inner = SlowGeocoding()
    store = MemoryKeyValue()
    shared = SharedGeocoding(inner, Cache(store, "names"))
    for round_ in (1, 2):
        assert (await crowd(lambda: shared.localities("Lisbon"))).localities
        assert (await crowd(lambda: shared.reverse(LISBON_CENTRE))).locality
        assert (len(inner.asked), len(inner.points)) == (round_, round_)
