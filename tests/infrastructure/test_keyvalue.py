import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import SecretStr, TypeAdapter

from tests.valkey import Valkey, needs_valkey
from tripsage_mcp.errors import ConfigurationError, ProviderUnavailableError
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.keyvalue import (
    KeyValue,
    KeyValueConfig,
    MemoryKeyValue,
    RedisKeyValue,
    build,
)
from tripsage_mcp.infrastructure.redis_link import RedisLink

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Fare:
    price: Decimal
    seen_at: datetime
    tags: tuple[str, ...] = ()


FARE = TypeAdapter(Fare)
SOME_FARE = Fare(Decimal("99.50"), datetime(2027, 5, 1, 8, tzinfo=UTC), ("refundable",))


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["memory", pytest.param("valkey", marks=needs_valkey)])
async def store(request: pytest.FixtureRequest) -> AsyncGenerator[KeyValue]:
    memory = request.param == "memory"
    store = (
        MemoryKeyValue()
        if memory
        else RedisKeyValue(RedisLink(request.getfixturevalue("valkey").url))
    )
    yield store
    await store.close()


class Loader:
    """Counts how often it is asked, and can be held up."""

    def __init__(self, value: Fare = SOME_FARE) -> None:
        self.value = value
        self.calls = 0
        self.cancelled = 0
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def at_once(self) -> Fare:
        self.calls += 1
        return self.value

    async def when_told(self) -> Fare:
        self.calls += 1
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.value


# The same for every store.


async def test_a_value_comes_back_byte_for_byte_until_it_is_deleted(store: KeyValue) -> None:
    value = bytes(range(256)) * 10
    await store.set("k", value, ttl_s=60)

    assert await store.get("k") == value
    await store.delete("k")
    assert await store.get("k") is None
    await store.delete("k")
    assert not store.degraded


async def test_a_value_is_replaced(store: KeyValue) -> None:
    await store.set("r", b"old", ttl_s=60)
    await store.set("r", b"new", ttl_s=60)

    assert await store.get("r") == b"new"


async def test_of_several_who_add_a_value_one_does_until_its_time_is_over(store: KeyValue) -> None:
    added = await asyncio.gather(*(store.add("a", bytes([n]), ttl_s=60) for n in range(5)))
    assert sorted(added) == [False] * 4 + [True]
    assert await store.get("a") == bytes([added.index(True)])
    await store.delete("a")
    assert await store.add("a", b"", ttl_s=0.02)
    async with asyncio.timeout(5):
        while not await store.add("a", b"again", ttl_s=60):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    await store.delete("a")


@pytest.mark.parametrize("ttl_s", [0, -1.5])
async def test_a_value_without_time_to_live_is_not_kept(store: KeyValue, ttl_s: float) -> None:
    await store.set("z", b"old", ttl_s=60)
    await store.set("z", b"new", ttl_s=ttl_s)

    assert await store.get("z") is None


async def test_a_value_is_gone_after_its_time(store: KeyValue) -> None:
    await store.set("short", b"x", ttl_s=0.02)

    async with asyncio.timeout(5):
        while await store.get("short") is not None:  # noqa: ASYNC110 - no store tells when
            await asyncio.sleep(0)


async def test_fifty_callers_at_once_cost_one_load_and_the_next_one_none(store: KeyValue) -> None:
    cache, loader = Cache(store, "fares"), Loader()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(cache.get_or_load("LIS", 60, FARE, loader.when_told))
            for _ in range(50)
        ]
        await loader.begun.wait()
        loader.go_on.set()

    assert {task.result() for task in tasks} == {SOME_FARE}
    again = await cache.get_or_load("LIS", 60, FARE, loader.at_once)
    assert again == SOME_FARE
    assert type(again.price) is Decimal
    assert loader.calls == 1
    await cache.forget("LIS")


async def test_another_namespace_or_version_is_another_value(store: KeyValue) -> None:
    loader = Loader()
    for cache in (Cache(store, "n1"), Cache(store, "n2"), Cache(store, "n1", version=2)):
        await cache.get_or_load("same", 60, FARE, loader.at_once)

    assert loader.calls == 3


async def test_a_value_that_no_longer_fits_is_loaded_anew(store: KeyValue) -> None:
    loader = Loader()
    cache = Cache(store, "shapes")
    await cache.get_or_load("k", 60, TypeAdapter(list[int]), lambda: give([1, 2]))

    assert await cache.get_or_load("k", 60, FARE, loader.at_once) == SOME_FARE
    assert await cache.get_or_load("k", 60, FARE, loader.at_once) == SOME_FARE
    assert loader.calls == 1
    await cache.forget("k")


async def give[T](value: T) -> T:
    return value


# Memory alone.


async def test_memory_forgets_by_its_clock() -> None:
    seconds = Seconds()
    store = MemoryKeyValue(monotonic=seconds)
    await store.set("k", b"x", ttl_s=10)

    seconds.now += 9.9
    assert await store.get("k") == b"x"
    seconds.now += 0.1
    assert await store.get("k") is None


async def test_memory_makes_room_by_dropping_the_least_recently_used() -> None:
    store = MemoryKeyValue(max_bytes=33)
    for key in "abc":
        await store.set(key, b"0123456789", ttl_s=60)
    await store.get("a")

    await store.set("d", b"0123456789", ttl_s=60)

    kept = [key for key in "abcd" if await store.get(key) is not None]
    assert kept == ["a", "c", "d"]
    await store.set("a", b"0" * 100, ttl_s=60)
    assert await store.get("a") is None
    assert await store.get("d") is not None


async def test_memory_counts_replaced_and_deleted_bytes_as_free() -> None:
    store = MemoryKeyValue(max_bytes=22)
    for _ in range(50):
        await store.set("a", b"0123456789", ttl_s=60)
        await store.set("b", b"0123456789", ttl_s=60)
        await store.delete("b")

    assert await store.get("a") is not None


# Redis alone.


@needs_valkey
async def test_a_dead_server_is_an_empty_one_that_says_degraded_and_recovers() -> None:
    server, seconds, loader = Valkey(), Seconds(), Loader()
    server.start()
    link = RedisLink(server.url, monotonic=seconds)
    store = RedisKeyValue(link)
    cache = Cache(store, "fares")
    await store.set("k", b"x", ttl_s=60)
    server.stop()

    async with asyncio.timeout(5):
        assert await store.get("k") is None
        assert await cache.get_or_load("k", 60, FARE, loader.at_once) == SOME_FARE
        assert not await store.add("new", b"x", ttl_s=60)
    assert store.degraded
    assert cache.degraded
    assert link.failures == 1, "while it is down, calls do not each wait for it"

    server.start()
    seconds.now += 60
    await store.set("k", b"y", ttl_s=60)
    assert await store.get("k") == b"y"
    assert not store.degraded
    await store.close()
    server.remove()


async def test_a_server_that_never_answers_costs_one_short_wait() -> None:
    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stopped.wait()
        writer.close()

    stopped = asyncio.Event()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        link = RedisLink(SecretStr(f"redis://127.0.0.1:{port}/0"), monotonic=Seconds())
        store = RedisKeyValue(link)
        async with asyncio.timeout(5):
            for _ in range(20):
                assert await store.get("k") is None
        assert link.failures == 1
        stopped.set()
        await store.close()


async def test_what_travellers_typed_is_not_in_the_keys() -> None:
    asked: list[str] = []

    class Spy(MemoryKeyValue):
        async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
            asked.append(key)

    await Cache(Spy(), "fares").get_or_load("my secret wedding", 60, FARE, Loader().at_once)

    assert len(asked) == 1
    assert asked[0].startswith("tripsage:fares:1:")
    assert "wedding" not in asked[0]


def test_another_kind_of_url_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigurationError, match="TRIPSAGE_REDIS_URL") as caught:
        build(KeyValueConfig(redis_url=SecretStr("https://user:hunter2@example.org")))

    assert "hunter2" not in str(caught.value)


def test_without_a_url_values_stay_in_the_process() -> None:
    assert isinstance(build(KeyValueConfig()), MemoryKeyValue)


# The cache's own business.


async def test_the_first_caller_may_leave_without_the_others_losing_their_value() -> None:
    cache, loader = Cache(MemoryKeyValue(), "fares"), Loader()
    first = asyncio.create_task(cache.get_or_load("k", 60, FARE, loader.when_told))
    await loader.begun.wait()
    second = asyncio.create_task(cache.get_or_load("k", 60, FARE, loader.when_told))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait({first})
    loader.go_on.set()

    assert await second == SOME_FARE
    assert (loader.calls, loader.cancelled) == (1, 0)


async def test_a_load_nobody_waits_for_is_cancelled_and_the_next_caller_starts_afresh() -> None:
    cache, loader = Cache(MemoryKeyValue(), "fares"), Loader()
    only = asyncio.create_task(cache.get_or_load("k", 60, FARE, loader.when_told))
    await loader.begun.wait()
    only.cancel()
    await asyncio.wait({only})

    assert await cache.get_or_load("k", 60, FARE, loader.at_once) == SOME_FARE
    assert (loader.calls, loader.cancelled) == (2, 1)


async def test_a_failure_reaches_everyone_who_waits_and_is_not_kept() -> None:
    cache, loader = Cache(MemoryKeyValue(), "fares"), Loader()

    async def fail() -> Fare:
        await loader.when_told()
        raise ProviderUnavailableError("duffel", "HTTP 503")

    calls = [asyncio.create_task(cache.get_or_load("k", 60, FARE, fail)) for _ in range(3)]
    await loader.begun.wait()
    loader.go_on.set()
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [ProviderUnavailableError] * 3
    assert await cache.get_or_load("k", 60, FARE, loader.at_once) == SOME_FARE


async def test_a_shared_value_serves_who_comes_a_moment_later_and_no_longer() -> None:
    loads = 0

    async def load() -> int:
        nonlocal loads
        loads += 1
        return loads

    cache = Cache(MemoryKeyValue(), "shared", linger_s=0.05)
    assert [await cache.share("x", load) for _ in range(3)] == [1, 1, 1]
    assert await cache.share("y", load) == 2
    # The loop's timers go off in order.
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, later.set)
    await asyncio.wait_for(later.wait(), 10)
    assert await cache.share("x", load) == 3


async def test_a_shared_failure_does_not_linger() -> None:
    answers = [ProviderUnavailableError("duffel", "down"), 1]

    async def load() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    cache = Cache(MemoryKeyValue(), "shared", linger_s=60)
    with pytest.raises(ProviderUnavailableError):
        await cache.share("x", load)
    assert await cache.share("x", load) == 1
