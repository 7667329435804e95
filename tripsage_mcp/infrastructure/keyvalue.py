"""Short-lived bytes under a key, and a cache of typed values on top.

Losing any of it costs time, never an answer: a store that is out of reach is an empty store.
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

from pydantic import SecretStr, TypeAdapter, ValidationError

from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Section, env
from tripsage_mcp.infrastructure.deadline import Deadline
from tripsage_mcp.infrastructure.redis_link import RedisLink

log = logging.getLogger("tripsage")

type Monotonic = Callable[[], float]
type Load[T] = Callable[[], Awaitable[T]]

# Before each value: until when it is fresh, in milliseconds since 1970.
_STAMP_BYTES = 8
# What keeps to the caller's deadline by itself says more of the reason, a moment later.
_GRACE_S = 0.5
# Of one cache at a time: those who wait for an answer go first.
_MOST_REFRESHES = 8
_REFRESH_WITHIN_S = 60.0
# Also where it failed. Longer than it may take, so that no two replicas fetch the same at a time.
_REFRESH_AGAIN_AFTER_S = 120.0


class KeyValueConfig(Section):
    """Where short-lived data is kept: in this process, unless a URL names a Redis or Valkey.

    Attributes:
        redis_url: `redis://`, `rediss://` or `unix://`; shared by all replicas.
    """

    model_config = env("TRIPSAGE_")

    redis_url: SecretStr | None = None


class KeyValue(Protocol):
    """A store of bytes that forgets; it may forget earlier than asked, and it never raises."""

    @property
    def degraded(self) -> bool:
        """Whether the store is out of reach, so that everything misses."""
        ...

    async def get(self, key: str) -> bytes | None:
        """Return what was stored under `key`, or None when there is nothing (any more)."""
        ...

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Store `value` for at most `ttl_s` seconds; zero or less stores nothing."""
        ...

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Store `value` unless `key` has one; say whether it was stored. `ttl_s` is positive."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`; nothing there is not an error."""
        ...

    async def close(self) -> None:
        """Give back what the store holds open."""
        ...


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    expires_at: float


class MemoryKeyValue:
    """Keeps the most recently used entries of this process.

    Args:
        max_bytes: Of keys and values together; the least recently used go first.
        monotonic: Seconds that never go back.
    """

    degraded = False

    def __init__(
        self, *, max_bytes: int = 64_000_000, monotonic: Monotonic = time.monotonic
    ) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._max_bytes = max_bytes
        self._monotonic = monotonic

    async def get(self, key: str) -> bytes | None:
        """Return a live entry and make it the most recently used."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= self._monotonic():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Store an entry and make room for it."""
        self._drop(key)
        size = len(key) + len(value)
        if ttl_s <= 0 or size > self._max_bytes:
            return
        self._entries[key] = _Entry(value, self._monotonic() + ttl_s)
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Store an entry unless there is a live one."""
        if await self.get(key) is not None:
            return False
        await self.set(key, value, ttl_s=ttl_s)
        return True

    async def delete(self, key: str) -> None:
        """Forget an entry."""
        self._drop(key)

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(key) + len(entry.value)


class RedisKeyValue:
    """Keeps entries in a Redis or Valkey; while that is out of reach, everything misses."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link

    @property
    def degraded(self) -> bool:
        """Whether the last call failed."""
        return self._link.degraded

    async def get(self, key: str) -> bytes | None:
        """Ask the server."""
        return await self._link.call(lambda client: client.get(key))

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Tell the server, which also forgets in time."""
        if ttl_s <= 0:
            await self.delete(key)
        else:
            await self._set(key, value, ttl_s, nx=False)

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Tell the server; nothing is stored while it is out of reach."""
        return await self._set(key, value, ttl_s, nx=True)

    async def delete(self, key: str) -> None:
        """Tell the server."""
        await self._link.call(lambda client: client.delete(key))

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()

    async def _set(self, key: str, value: bytes, ttl_s: float, *, nx: bool) -> bool:
        px = max(1, round(ttl_s * 1000))
        return bool(await self._link.call(lambda client: client.set(key, value, px=px, nx=nx)))


def build(config: KeyValueConfig) -> KeyValue:
    """Return the store that `config` asks for; it connects when first used.

    Raises:
        ConfigurationError: the URL is not a Redis URL.
    """
    if config.redis_url is None:
        return MemoryKeyValue()
    return RedisKeyValue(RedisLink(config.redis_url))


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a value may be used.

    Attributes:
        fresh_s: As it is.
        stale_s: After that, marked as stale, while a fresh one is fetched behind the caller's back.
            Only for what does no harm when it is old: never for prices.
    """

    fresh_s: float
    stale_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Kept[T]:
    """A value, and whether it is past its time."""

    value: T
    stale: bool = False


@dataclass(slots=True)
class _Flight:
    """A load several callers may wait for; it may take as long as the most patient of them."""

    task: asyncio.Task[object]
    deadline: Deadline
    waiting: int = 0


class Cache:
    """Typed values of one kind, loaded once however many ask at the same time.

    Args:
        store: Where they are kept; several caches may share it.
        namespace: What kind of values, e.g. "places".
        version: Raise it when their shape or meaning changes.
        now: The clock, which replicas share.
        source: Who is asked, as the error of whoever waited too long names it.
    """

    def __init__(
        self,
        store: KeyValue,
        namespace: str,
        *,
        version: int = 1,
        now: Clock = utc_now,
        source: str | None = None,
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._source = source or namespace
        self._prefix = f"tripsage:{namespace}:{version}:"
        self._now = now
        self._flights: dict[str, _Flight] = {}
        self._refreshes: dict[str, asyncio.Task[object]] = {}
        self._closed = False

    @property
    def degraded(self) -> bool:
        """Whether the store is out of reach, so that every value is loaded anew."""
        return self._store.degraded

    async def get_or_load[T](
        self, key: str, ttl_s: float, adapter: TypeAdapter[T], load: Load[T]
    ) -> T:
        """Return the cached value of `key`, or load it and keep it for `ttl_s` seconds."""
        return (await self.fetch(key, adapter, load, lambda _: Lifetime(ttl_s))).value

    async def fetch[T](
        self,
        key: str,
        adapter: TypeAdapter[T],
        load: Load[T],
        lasts: Callable[[T], Lifetime],
    ) -> Kept[T]:
        """Return the cached value of `key`, or load it.

        Values travel as JSON; one that no longer fits `adapter` is loaded anew. What `load` raises
        reaches everyone who waits, and is not cached. A stale value is returned at once, and again
        until a load in the background succeeds or its time is over for good. Of all who share the
        store one loads, and after a failure nobody for two minutes.

        Args:
            key: Any text; it is hashed.
            adapter: Of the values.
            load: Asks the source.
            lasts: Says how long a loaded value may be used.
        """
        name = self._name(key)
        found = await self._once(name, lambda: self._find(name, adapter, load, lasts))
        if found.stale:
            self._refresh(name, lambda: self._load(name, adapter, load, lasts))
        return found

    async def share[T](self, key: str, load: Load[T]) -> T:
        """Load a value once for everybody who asks for it meanwhile; nothing is kept."""
        return await self._once(self._name(key), load)

    async def forget(self, key: str) -> None:
        """Drop one value, so that the next call loads it."""
        await self._store.delete(self._name(key))

    async def close(self) -> None:
        """Stop fetching in the background, for good; may be called twice."""
        self._closed = True
        tasks = tuple(self._refreshes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _name(self, key: str) -> str:
        # Hashed: keys hold what travellers typed, and a shared store is not the place for that.
        return self._prefix + hashlib.sha256(key.encode()).hexdigest()

    async def _once[T](self, name: str, work: Load[T]) -> T:
        own = deadline.current()
        flight = self._flights.get(name)
        if flight is None:
            latest = deadline.current()
            task = asyncio.create_task(_awaited(work), context=deadline.context_of(latest))
            flight = self._flights[name] = _Flight(task, latest)
        flight.deadline.extend(own)
        flight.waiting += 1
        try:
            # Shielded: the first to ask may leave while others wait for the same value.
            waited_for = asyncio.shield(flight.task)
            return cast(
                "T",
                await deadline.while_waited_for(
                    self._source, waited_for, until=own, grace_s=_GRACE_S
                ),
            )
        finally:
            flight.waiting -= 1
            if flight.waiting == 0:
                # Gone from the table first: nobody may join a flight that is being cancelled.
                self._flights.pop(name, None)
                flight.task.cancel()

    async def _find[T](
        self, name: str, adapter: TypeAdapter[T], load: Load[T], lasts: Callable[[T], Lifetime]
    ) -> Kept[T]:
        kept = await self._store.get(name)
        if kept is not None:
            fresh_until_ms = int.from_bytes(kept[:_STAMP_BYTES])
            with suppress(ValidationError):
                value = adapter.validate_json(kept[_STAMP_BYTES:])
                stale = 0 < fresh_until_ms <= self._now().timestamp() * 1000
                return Kept(value, stale=stale)
        return Kept(await self._load(name, adapter, load, lasts))

    async def _load[T](
        self, name: str, adapter: TypeAdapter[T], load: Load[T], lasts: Callable[[T], Lifetime]
    ) -> T:
        value = await load()
        life = lasts(value)
        # Zero where the store's own forgetting is enough.
        fresh_until = self._now().timestamp() + life.fresh_s if life.stale_s > 0 else 0.0
        stamp = round(fresh_until * 1000).to_bytes(_STAMP_BYTES)
        body = adapter.dump_json(value, round_trip=True)
        await self._store.set(name, stamp + body, ttl_s=life.fresh_s + life.stale_s)
        return value

    def _refresh(self, name: str, work: Load[object]) -> None:
        """Fetch a value behind the caller's back: in a time of its own, and once."""
        if self._closed or name in self._refreshes or len(self._refreshes) >= _MOST_REFRESHES:
            return
        own = Deadline(time.monotonic() + _REFRESH_WITHIN_S)
        refresh = self._fetch_again(name, work)
        task = asyncio.create_task(refresh, context=deadline.context_of(own))
        self._refreshes[name] = task
        task.add_done_callback(lambda done: self._refreshed(name, done))

    async def _fetch_again(self, name: str, work: Load[object]) -> None:
        if await self._store.add(f"{name}:refresh", b"", ttl_s=_REFRESH_AGAIN_AFTER_S):
            await work()

    def _refreshed(self, name: str, task: asyncio.Task[object]) -> None:
        self._refreshes.pop(name, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            kind = error.code if isinstance(error, TripSageError) else type(error).__name__
            log.warning("refresh_failed what=%s error=%s", self._namespace, kind)


async def _awaited[T](work: Load[T]) -> T:
    return await work()
