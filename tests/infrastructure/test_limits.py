import asyncio
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.valkey import Valkey, needs_valkey
from tripsage_mcp.errors import ConfigurationError, ProviderRateLimitedError
from tripsage_mcp.infrastructure.limits import (
    Limiter,
    MemoryLimiter,
    OutboundLimit,
    Rate,
    RedisLimiter,
    build,
)
from tripsage_mcp.infrastructure.redis_link import RedisLink

pytestmark = pytest.mark.anyio

# A minute between places: on the server's own clock nothing comes up during a test.
SLOW = Rate(burst=3, interval_s=60)


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["memory", pytest.param("valkey", marks=needs_valkey)])
async def limiter(request: pytest.FixtureRequest) -> AsyncGenerator[Limiter]:
    if request.param == "memory":
        limiter: Limiter = MemoryLimiter(monotonic=Seconds())
    else:
        limiter = RedisLimiter(RedisLink(request.getfixturevalue("valkey").url))
    yield limiter
    await limiter.close()


async def waits(limiter: Limiter, name: str, count: int) -> list[int]:
    places = [await limiter.reserve(name, SLOW, longest_wait_s=1e6) for _ in range(count)]
    assert all(place.taken for place in places)
    # To the nearest quarter of a minute: the server's clock goes on meanwhile.
    return [15 * round(place.wait_s / 15) for place in places]


async def test_a_burst_goes_at_once_and_the_rest_one_by_one(limiter: Limiter) -> None:
    assert await waits(limiter, "burst", 6) == [0, 0, 0, 60, 120, 180]


async def test_queues_of_different_names_do_not_wait_for_each_other(limiter: Limiter) -> None:
    await waits(limiter, "one", 5)
    assert await waits(limiter, "other", 3) == [0, 0, 0]


async def test_who_would_wait_too_long_is_told_how_long_and_takes_no_place(
    limiter: Limiter,
) -> None:
    await waits(limiter, "long", 4)
    for _ in range(3):
        place = await limiter.reserve("long", SLOW, longest_wait_s=100)
        assert not place.taken
        assert place.wait_s == pytest.approx(120, abs=10)
    assert await waits(limiter, "long", 1) == [120]


async def test_looking_at_the_queue_takes_no_place(limiter: Limiter) -> None:
    limit = OutboundLimit(limiter, "looked-at", SLOW)
    assert [await limit.wait_s() for _ in range(5)] == [0] * 5
    assert await waits(limiter, "looked-at", 4) == [0, 0, 0, 60]
    for _ in range(3):
        assert await limit.wait_s() == pytest.approx(120, abs=10)


async def test_a_turn_is_waited_for_or_refused_with_its_wait() -> None:
    limit = OutboundLimit(MemoryLimiter(monotonic=Seconds()), "q", SLOW, longest_wait_s=70)
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    for _ in range(4):
        await limit.enter("upstream", sleep=sleep)
    assert naps == [60]
    with pytest.raises(ProviderRateLimitedError) as caught:
        await limit.enter("upstream", sleep=sleep)
    assert caught.value.retry_after_s == 120
    assert naps == [60]


async def test_a_pause_holds_everybody_back_and_never_shortens_a_queue(limiter: Limiter) -> None:
    await limiter.pause("paused", SLOW, 300)
    assert await waits(limiter, "paused", 2) == [300, 360]
    await limiter.pause("paused", SLOW, 10)
    assert await waits(limiter, "paused", 1) == [420]


async def test_many_at_once_get_different_places(limiter: Limiter) -> None:
    places = await asyncio.gather(
        *(limiter.reserve("crowd", SLOW, longest_wait_s=1e6) for _ in range(20))
    )
    turns = sorted(15 * round(place.wait_s / 15) for place in places)
    assert turns == [0, 0, 0, *range(60, 60 * 18, 60)]


@given(
    limit=st.integers(1, 300),
    gaps=st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=200),
)
async def test_no_minute_ever_holds_more_than_the_limit(limit: int, gaps: list[float]) -> None:
    clock = Seconds()
    limiter, rate = MemoryLimiter(monotonic=clock), Rate.per_minute(limit)
    turns: list[float] = []
    for gap in gaps:
        clock.now += gap
        place = await limiter.reserve("any", rate, longest_wait_s=1e9)
        turns.append(clock.now + place.wait_s)
    assert turns == sorted(turns), "first come, first served"
    for n, turn in enumerate(turns):
        # A hair less than a minute: the bounds of a half-open window are floats.
        assert sum(turn <= other < turn + 60 - 1e-6 for other in turns[n:]) <= limit


async def test_a_queue_runs_empty_with_time() -> None:
    clock = Seconds()
    limiter = MemoryLimiter(monotonic=clock)
    assert await waits(limiter, "q", 4) == [0, 0, 0, 60]
    clock.now += 10 * 60
    assert await waits(limiter, "q", 4) == [0, 0, 0, 60]


@needs_valkey
async def test_two_replicas_share_one_queue(valkey: Valkey) -> None:
    one, other = (RedisLimiter(RedisLink(valkey.url)) for _ in range(2))
    assert await waits(one, "shared", 3) == [0, 0, 0]
    assert await waits(other, "shared", 1) == [60]
    await one.close()
    await other.close()


@needs_valkey
async def test_without_its_redis_a_replica_keeps_a_queue_of_its_own() -> None:
    server = Valkey()
    server.start()
    limiter = RedisLimiter(RedisLink(server.url))
    assert await waits(limiter, "down", 3) == [0, 0, 0]
    server.stop()
    assert await waits(limiter, "down", 4) == [0, 0, 0, 60]
    await limiter.close()
    server.remove()


async def test_a_limit_is_a_queue_with_its_rate() -> None:
    limit = OutboundLimit(MemoryLimiter(monotonic=Seconds()), "duffel", SLOW, longest_wait_s=90)
    places = [await limit.reserve() for _ in range(5)]
    assert [(p.wait_s, p.taken) for p in places] == [
        (0, True),
        (0, True),
        (0, True),
        (60, True),
        (120, False),
    ]
    await limit.pause(1000)
    assert (await limit.reserve()).wait_s == pytest.approx(1000)


def test_the_address_decides_where_the_queues_are() -> None:
    assert isinstance(build(None), MemoryLimiter)
    assert isinstance(build(SecretStr("redis://127.0.0.1:1/0")), RedisLimiter)
    with pytest.raises(ConfigurationError, match="TRIPSAGE_REDIS_URL"):
        build(SecretStr("https://example.org"))
