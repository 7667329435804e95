"""Values that are past their time, and callers of different patience."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from tests.valkey import Valkey, needs_valkey
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.cache import Cache, Kept, Lifetime
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.keyvalue import KeyValue, MemoryKeyValue, RedisKeyValue
from tripsage_mcp.infrastructure.redis_link import RedisLink

pytestmark = pytest.mark.anyio

NUMBER: TypeAdapter[int] = TypeAdapter(int)
LIFE = Lifetime(fresh_s=60, stale_s=600)
A_MOMENT_S = 0.01


class Source:
    """Counts up with each load; waits while `open` is not set, fails while `fails`."""

    def __init__(self) -> None:
        self.loads = 0
        self.cancelled = 0
        self.fails: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.left_s: list[float] = []

    async def load(self) -> int:
        self.loads += 1
        self.left_s.append(deadline.left_s())
        number = self.loads
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails is not None:
            raise self.fails
        return number


class Scene:
    """One cache, its source, and a clock that both the cache and its memory follow."""

    def __init__(self, store: KeyValue | None = None) -> None:
        self.now = datetime(2027, 3, 1, 12, tzinfo=UTC)
        self.source = Source()
        self.store = store or MemoryKeyValue(monotonic=self.seconds)
        self.cache = Cache(self.store, "numbers", now=lambda: self.now)

    def seconds(self) -> float:
        return self.now.timestamp()

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def get(self, life: Lifetime = LIFE) -> Kept[int]:
        return await self.cache.fetch("k", NUMBER, self.source.load, lambda _: life)

    async def settled(self) -> None:
        """Let what was begun in the background end."""
        async with asyncio.timeout(5):
            while vars(self.cache)["_refreshes"]:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)


@asynccontextmanager
async def scene() -> AsyncGenerator[Scene]:
    made = Scene()
    yield made
    await made.cache.close()


async def test_a_stale_value_is_returned_at_once_and_fetched_anew_behind_the_callers_back() -> None:
    async with scene() as s:
        assert await s.get() == Kept(1)
        s.wait(61)
        s.source.open.clear()
        assert await s.get() == Kept(1, stale=True)
        s.source.open.set()
        await s.settled()
        assert await s.get() == Kept(2)
        assert s.source.loads == 2


async def test_many_who_find_it_stale_fetch_it_once() -> None:
    async with scene() as s:
        await s.get()
        s.wait(61)
        s.source.open.clear()
        first = await asyncio.gather(*(s.get() for _ in range(50)))
        later = await asyncio.gather(*(s.get() for _ in range(50)))
        assert {(kept.value, kept.stale) for kept in first + later} == {(1, True)}
        s.source.open.set()
        await s.settled()
        assert s.source.loads == 2


async def test_when_fetching_fails_the_stale_value_goes_on_being_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with scene() as s:
        await s.get()
        s.wait(61)
        s.source.fails = ProviderUnavailableError("upstream", "HTTP 503")
        for _ in range(3):
            assert await s.get() == Kept(1, stale=True)
            await s.settled()
            s.wait(121)
        assert "error=provider_unavailable" in caplog.text
        s.source.fails = None
        await s.get()
        await s.settled()
        assert await s.get() == Kept(5)


async def test_a_failure_is_remembered_for_two_minutes() -> None:
    async with scene() as s:
        await s.get()
        s.wait(61)
        s.source.fails = ProviderUnavailableError("upstream", "HTTP 503")
        for seconds, loads in ((0, 2), (1, 2), (118, 2), (2, 3)):
            s.wait(seconds)
            for _ in range(3):
                assert await s.get() == Kept(1, stale=True)
                await s.settled()
            assert s.source.loads == loads


async def test_only_so_many_are_fetched_behind_the_callers_backs_at_a_time() -> None:
    async with scene() as s:

        async def get_all() -> list[Kept[int]]:
            calls = (
                s.cache.fetch(f"k{n}", NUMBER, s.source.load, lambda _: LIFE) for n in range(20)
            )
            return await asyncio.gather(*calls)

        await get_all()
        s.wait(61)
        s.source.open.clear()
        for _ in range(2):
            assert all(kept.stale for kept in await get_all())
            await asyncio.sleep(0)
            assert s.source.loads == 28
        s.source.open.set()
        await s.settled()
        stale = [kept.stale for kept in await get_all()]
        assert stale.count(False) == 8


async def test_a_bug_while_fetching_is_told_by_its_type_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with scene() as s:
        await s.get()
        s.wait(61)
        s.source.fails = ValueError("my secret wedding")
        await s.get()
        await s.settled()
        assert "error=ValueError" in caplog.text
        assert "wedding" not in caplog.text


async def test_what_is_too_old_even_to_be_stale_is_not_shown() -> None:
    async with scene() as s:
        await s.get()
        s.wait(661)
        s.source.fails = ProviderUnavailableError("upstream", "HTTP 503")
        with pytest.raises(ProviderUnavailableError):
            await s.get()


async def test_what_may_not_be_stale_never_is() -> None:
    async with scene() as s:
        await s.get(Lifetime(60))
        s.wait(59)
        assert await s.get(Lifetime(60)) == Kept(1)
        s.wait(2)
        assert await s.get(Lifetime(60)) == Kept(2)
        assert s.source.loads == 2


async def test_a_value_may_say_itself_how_long_it_lasts() -> None:
    async with scene() as s:

        async def get() -> Kept[int]:
            return await s.cache.fetch(
                "k", NUMBER, s.source.load, lambda number: Lifetime(10 if number == 1 else 1000)
            )

        await get()
        s.wait(11)
        assert await get() == Kept(2)
        s.wait(900)
        assert await get() == Kept(2)


async def test_closing_stops_what_is_being_fetched() -> None:
    s = Scene()
    await s.get()
    s.wait(61)
    s.source.open.clear()
    for _ in range(3):
        await s.get()
        await asyncio.sleep(0)
    await s.cache.close()
    assert s.source.cancelled == 1
    await s.cache.close()
    s.wait(200)
    assert await s.get() == Kept(1, stale=True)
    assert vars(s.cache)["_refreshes"] == {}, "nothing is begun that nobody would stop"


async def test_fetching_behind_the_callers_back_takes_a_time_of_its_own() -> None:
    async with scene() as s:
        await s.get()
        s.wait(61)
        with time_budget(5, monotonic=lambda: 0.0):
            await s.get()
            await s.settled()
        assert 30 < s.source.left_s[-1] <= 60


async def test_of_several_replicas_one_fetches_what_all_find_stale() -> None:
    one = Scene()
    replicas = [one, *(Scene(one.store) for _ in range(2))]
    await one.get()
    for replica in replicas:
        replica.wait(61)
        replica.source.open.clear()
    for replica in replicas:
        assert (await replica.get()).stale
    for replica in replicas:
        replica.source.open.set()
        await replica.settled()
    assert [replica.source.loads for replica in replicas] == [2, 0, 0]
    assert [await replica.get() for replica in replicas] == [Kept(2)] * 3
    for replica in replicas:
        await replica.cache.close()


@needs_valkey
async def test_replicas_see_the_same_value_grow_stale() -> None:
    server = Valkey()
    server.start()
    stores = [RedisKeyValue(RedisLink(server.url)) for _ in range(2)]
    one, other = (Scene(store) for store in stores)
    assert await one.get() == Kept(1)
    other.wait(61)
    other.source.loads = 10
    assert await other.get() == Kept(1, stale=True)
    await other.settled()
    assert await one.get() == Kept(11)
    for s in (one, other):
        await s.cache.close()
        await s.store.close()
    server.remove()


async def test_what_is_shared_is_loaded_once_and_not_kept() -> None:
    async with scene() as s:
        for expected in (1, 2):
            found = await asyncio.gather(*(s.cache.share("k", s.source.load) for _ in range(100)))
            assert set(found) == {expected}


async def test_a_load_may_take_as_long_as_the_most_patient_of_those_who_wait() -> None:
    async with scene() as s:
        s.source.open.clear()

        async def hurried() -> None:
            with time_budget(1, monotonic=lambda: 0.0):
                await s.get()

        async def patient() -> float:
            with time_budget(40, monotonic=lambda: 0.0):
                await s.get()
            return 0.0

        async with asyncio.TaskGroup() as group:
            group.create_task(hurried())
            await asyncio.sleep(0)
            group.create_task(patient())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            (flight,) = vars(s.cache)["_flights"].values()
            assert flight.deadline.left_s == 40
            s.source.open.set()
        assert s.source.loads == 1


async def test_who_waited_too_long_is_told_for_whom() -> None:
    s = Scene()
    s.source.open.clear()
    cache = Cache(s.store, "numbers-live0", source="upstream")
    with time_budget(A_MOMENT_S), pytest.raises(ProviderUnavailableError, match="upstream: "):
        await cache.share("k", s.source.load)


async def test_who_has_no_time_left_leaves_and_the_others_get_their_value() -> None:
    async with scene() as s:
        s.source.open.clear()
        patient = asyncio.create_task(s.get())
        with time_budget(A_MOMENT_S), pytest.raises(ProviderUnavailableError) as caught:
            await s.get()
        assert caught.value.retryable
        s.source.open.set()
        assert await patient == Kept(1)
        assert s.source.loads == 1
