"""How often we may ask an upstream service: a queue whose places are given out beforehand.

The generic cell rate algorithm with reservation: a caller is told how long to wait and that its
place is taken, so that the queue is first come, first served and nobody polls. A place that is not
used (the caller was cancelled) is lost, which errs on the side of asking less.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, cast

from pydantic import SecretStr

from tripsage_mcp.errors import ProviderRateLimitedError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.redis_link import RedisLink

_MILLISECONDS = 1000
# Less than any wait: the place is told and never taken.
_ONLY_LOOKING_S = -1.0


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `burst` at once, and one more every `interval_s` seconds.

    Over any window of `n * interval_s` seconds that is at most `burst + n`.
    """

    burst: int
    interval_s: float

    @classmethod
    def per_minute(cls, limit: int) -> "Rate":
        """Keep within `limit` in any minute: a quarter at once, the rest spread over it."""
        burst = max(1, limit // 4)
        return cls(burst, 60 / max(1, limit - burst))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue, or the wait that one would mean.

    Attributes:
        wait_s: Seconds until it is one's turn.
        taken: False when `wait_s` is longer than the caller would wait; nothing is reserved then.
    """

    wait_s: float
    taken: bool


class Limiter(Protocol):
    """Hands out places, by name of the queue."""

    async def reserve(self, name: str, rate: Rate, *, longest_wait_s: float) -> Place:
        """Take the next place, unless that means waiting longer than `longest_wait_s`."""
        ...

    async def pause(self, name: str, rate: Rate, seconds: float) -> None:
        """Give out no place that would come up sooner than in so many seconds."""
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...


class MemoryLimiter:
    """Keeps the queues of this process."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        # When, at one place every interval, the queue will have run empty.
        self._empty_at: dict[str, float] = {}

    async def reserve(self, name: str, rate: Rate, *, longest_wait_s: float) -> Place:
        """Take the next place, unless it comes up too late."""
        now = self._monotonic()
        empty_at = max(self._empty_at.get(name, now), now)
        wait_s = max(0.0, empty_at - now - (rate.burst - 1) * rate.interval_s)
        if wait_s > longest_wait_s:
            return Place(wait_s, taken=False)
        self._empty_at[name] = empty_at + rate.interval_s
        return Place(wait_s, taken=True)

    async def pause(self, name: str, rate: Rate, seconds: float) -> None:
        """Fill the queue so far that its next place comes up then."""
        until = self._monotonic() + seconds + (rate.burst - 1) * rate.interval_s
        self._empty_at[name] = max(self._empty_at.get(name, until), until)

    async def close(self) -> None:
        """Forget every queue."""
        self._empty_at.clear()


# Both run on the server's clock and leave nothing behind once a queue has run empty.
_RESERVE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local interval, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local empty_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = math.max(0, empty_at - now - (burst - 1) * interval)
if wait > longest then
    return {0, math.ceil(wait)}
end
empty_at = empty_at + interval
redis.call('SET', KEYS[1], string.format('%.3f', empty_at), 'PX', math.ceil(empty_at - now) + 1)
return {1, math.ceil(wait)}
"""
_PAUSE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local empty_at = now + tonumber(ARGV[3]) + (tonumber(ARGV[2]) - 1) * tonumber(ARGV[1])
empty_at = math.max(tonumber(redis.call('GET', KEYS[1]) or empty_at), empty_at)
redis.call('SET', KEYS[1], string.format('%.3f', empty_at), 'PX', math.ceil(empty_at - now) + 1)
return {1, 0}
"""


class RedisLimiter:
    """Keeps the queues in a Redis or Valkey, for all replicas together.

    While that is out of reach each replica keeps its own: asking a little too often is answered
    with a 429 that we honour, while not asking at all would answer nobody.
    """

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._own = MemoryLimiter()

    async def reserve(self, name: str, rate: Rate, *, longest_wait_s: float) -> Place:
        """Take the next place, unless it comes up too late."""
        answer = await self._run(_RESERVE, name, rate, longest_wait_s)
        if answer is None:
            return await self._own.reserve(name, rate, longest_wait_s=longest_wait_s)
        taken, wait_ms = answer
        return Place(wait_ms / _MILLISECONDS, taken=bool(taken))

    async def pause(self, name: str, rate: Rate, seconds: float) -> None:
        """Fill the queue so far that its next place comes up then."""
        await self._run(_PAUSE, name, rate, seconds)
        await self._own.pause(name, rate, seconds)

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()

    async def _run(self, script: str, name: str, rate: Rate, seconds: float) -> list[int] | None:
        interval_ms = str(rate.interval_s * _MILLISECONDS)
        answer = await self._link.call(
            lambda client: client.eval(
                script,
                1,
                f"tripsage:limit:{name}",
                interval_ms,
                str(rate.burst),
                str(seconds * _MILLISECONDS),
            )
        )
        return None if answer is None else cast("list[int]", answer)


def build(redis_url: SecretStr | None) -> Limiter:
    """Return the queues of all replicas where a Redis is named, else those of this process.

    Raises:
        ConfigurationError: the URL is not a Redis URL.
    """
    return MemoryLimiter() if redis_url is None else RedisLimiter(RedisLink(redis_url))


@dataclass(frozen=True, slots=True)
class OutboundLimit:
    """One upstream's queue.

    Attributes:
        longest_wait_s: A caller who would wait longer is sent away, told how long.
    """

    limiter: Limiter
    name: str
    rate: Rate
    longest_wait_s: float = 30.0

    async def enter(
        self, provider: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Wait for one's turn.

        Raises:
            ProviderRateLimitedError: it would come too late, for us or for whoever this is done
                for; says when to come back, and no place is taken.
        """
        place = await self.reserve()
        if not place.taken:
            raise ProviderRateLimitedError(provider, place.wait_s)
        if place.wait_s > 0:
            await sleep(place.wait_s)

    async def reserve(self) -> Place:
        """Take the next place, unless it comes up too late."""
        longest_s = min(self.longest_wait_s, deadline.left_s())
        return await self.limiter.reserve(self.name, self.rate, longest_wait_s=longest_s)

    async def wait_s(self) -> float:
        """Return how long whoever came now would wait; takes no place."""
        place = await self.limiter.reserve(self.name, self.rate, longest_wait_s=_ONLY_LOOKING_S)
        return place.wait_s

    async def pause(self, seconds: float) -> None:
        """Let nobody ask for so many seconds."""
        await self.limiter.pause(self.name, self.rate, seconds)
