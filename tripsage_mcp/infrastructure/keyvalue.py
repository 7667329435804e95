"""Short-lived bytes under a key, and a cache of typed values on top.

Losing any of it costs time, never an answer: a store that is out of reach is an empty store.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

from pydantic import SecretStr, TypeAdapter, ValidationError

from tripsage_mcp.infrastructure.config import Section, env
from tripsage_mcp.infrastructure.redis_link import RedisLink

type Monotonic = Callable[[], float]


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
            px = max(1, round(ttl_s * 1000))
            await self._link.call(lambda client: client.set(key, value, px=px))

    async def delete(self, key: str) -> None:
        """Tell the server."""
        await self._link.call(lambda client: client.delete(key))

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()


def build(config: KeyValueConfig) -> KeyValue:
    """Return the store that `config` asks for; it connects when first used.

    Raises:
        ConfigurationError: the URL is not a Redis URL.
    """
    if config.redis_url is None:
        return MemoryKeyValue()
    return RedisKeyValue(RedisLink(config.redis_url))


@dataclass(slots=True)
class _Flight:
    task: asyncio.Task[object]
    waiting: int = 0


class Cache:
    """Typed values of one kind, loaded once however many ask at the same time.

    Args:
        store: Where they are kept; several caches may share it.
        namespace: What kind of values, e.g. "places".
        version: Raise it when their shape or meaning changes.
    """

    def __init__(self, store: KeyValue, namespace: str, *, version: int = 1) -> None:
        self._store = store
        self._prefix = f"tripsage:{namespace}:{version}:"
        self._flights: dict[str, _Flight] = {}

    @property
    def degraded(self) -> bool:
        """Whether the store is out of reach, so that every value is loaded anew."""
        return self._store.degraded

    async def get_or_load[T](
        self, key: str, ttl_s: float, adapter: TypeAdapter[T], load: Callable[[], Awaitable[T]]
    ) -> T:
        """Return the cached value of `key`, or load it and keep it for `ttl_s` seconds.

        Values travel as JSON; one that no longer fits `adapter` is loaded anew. What `load` raises
        reaches everyone who waits, and is not cached.
        """
        # Hashed: keys hold what travellers typed, and a shared store is not the place for that.
        name = self._prefix + hashlib.sha256(key.encode()).hexdigest()
        flight = self._flights.get(name)
        if flight is None:
            task = asyncio.create_task(self._get_or_load(name, ttl_s, adapter, load))
            flight = self._flights[name] = _Flight(task)
        flight.waiting += 1
        try:
            # Shielded: the first to ask may be cancelled while others wait for the same value.
            return cast("T", await asyncio.shield(flight.task))
        finally:
            flight.waiting -= 1
            if flight.waiting == 0:
                # Gone from the table first: nobody may join a flight that is being cancelled.
                self._flights.pop(name, None)
                flight.task.cancel()

    async def forget(self, key: str) -> None:
        """Drop one value, so that the next call loads it."""
        await self._store.delete(self._prefix + hashlib.sha256(key.encode()).hexdigest())

    async def _get_or_load[T](
        self, name: str, ttl_s: float, adapter: TypeAdapter[T], load: Callable[[], Awaitable[T]]
    ) -> T:
        kept = await self._store.get(name)
        if kept is not None:
            with suppress(ValidationError):
                return adapter.validate_json(kept)
        value = await load()
        await self._store.set(name, adapter.dump_json(value, round_trip=True), ttl_s=ttl_s)
        return value
