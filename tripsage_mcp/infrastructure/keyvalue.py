"""Short-lived bytes under a key, and a cache of typed values on top.

Losing any of it costs time, never an answer: a store that is out of reach is an empty store.
"""

import asyncio
import hashlib
import importlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import urlsplit

from pydantic import SecretStr, TypeAdapter, ValidationError

from tripsage_mcp.errors import ConfigurationError
from tripsage_mcp.infrastructure.config import Section, env

_log = logging.getLogger(__name__)

type Monotonic = Callable[[], float]

_REDIS_TIMEOUT_S = 0.25
_REDIS_PAUSE_S = 5.0


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


class _RedisClient(Protocol):
    async def get(self, name: str) -> bytes | None: ...
    async def set(self, name: str, value: bytes, *, px: int) -> object: ...
    async def delete(self, *names: str) -> object: ...
    async def aclose(self) -> None: ...


class RedisKeyValue:
    """Keeps entries in a Redis or Valkey; while that is out of reach, everything misses.

    After a failure it is left alone for some seconds, so that a dead server costs one timeout in
    that time rather than one for each call.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
        monotonic: Seconds that never go back.

    Attributes:
        failures: Calls that failed since the start.

    Raises:
        ConfigurationError: the URL is of another kind.
    """

    def __init__(self, url: SecretStr, *, monotonic: Monotonic = time.monotonic) -> None:
        if urlsplit(url.get_secret_value()).scheme not in {"redis", "rediss", "unix"}:
            raise ConfigurationError("TRIPSAGE_REDIS_URL must begin with redis:// or rediss://")
        self._url = url
        self._monotonic = monotonic
        self._client: _RedisClient | None = None
        self._retry_at: float | None = None
        self.failures = 0

    @property
    def degraded(self) -> bool:
        """Whether the last call failed."""
        return self._retry_at is not None

    async def get(self, key: str) -> bytes | None:
        """Ask the server."""
        return await self._call(lambda client: client.get(key))

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Tell the server, which also forgets in time."""
        if ttl_s <= 0:
            await self.delete(key)
        else:
            px = max(1, round(ttl_s * 1000))
            await self._call(lambda client: client.set(key, value, px=px))

    async def delete(self, key: str) -> None:
        """Tell the server."""
        await self._call(lambda client: client.delete(key))

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_REDIS_TIMEOUT_S):
                    await client.aclose()

    async def _call[T](self, command: Callable[[_RedisClient], Awaitable[T]]) -> T | None:
        now = self._monotonic()
        if self._retry_at is not None and now < self._retry_at:
            return None
        client = self._client or await self._connect()
        from redis.exceptions import RedisError  # noqa: PLC0415 - loaded by _connect, in a thread

        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_S):
                answer = await command(client)
        except (RedisError, OSError, TimeoutError) as exc:
            self.failures += 1
            if self._retry_at is None:
                _log.warning("redis_out_of_reach", extra={"error": type(exc).__name__})
            self._retry_at = self._monotonic() + _REDIS_PAUSE_S
            return None
        self._retry_at = None
        return answer

    async def _connect(self) -> _RedisClient:
        # Only builds the client: the first command opens the connection.
        await asyncio.to_thread(importlib.import_module, "redis.asyncio")
        from redis.asyncio import Redis  # noqa: PLC0415 - 100 ms, in the thread above
        from redis.asyncio.retry import Retry  # noqa: PLC0415 - as above
        from redis.backoff import NoBackoff  # noqa: PLC0415 - as above

        if self._client is None:
            client = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - untyped keywords
                self._url.get_secret_value(),
                socket_timeout=_REDIS_TIMEOUT_S,
                socket_connect_timeout=_REDIS_TIMEOUT_S,
                # Once, for a pooled connection that a restarted server has forgotten.
                retry=Retry(NoBackoff(), 1),
            )
            self._client = cast("_RedisClient", client)
        return self._client


def build(config: KeyValueConfig) -> KeyValue:
    """Return the store that `config` asks for; it connects when first used.

    Raises:
        ConfigurationError: the URL is not a Redis URL.
    """
    return MemoryKeyValue() if config.redis_url is None else RedisKeyValue(config.redis_url)


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
