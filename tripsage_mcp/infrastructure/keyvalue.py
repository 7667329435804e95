"""Short-lived bytes under a key.

Losing any of it costs time, never an answer: a store that is out of reach is an empty store.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from tripsage_mcp.infrastructure.config import Section, env
from tripsage_mcp.infrastructure.redis_link import RedisLink

log = logging.getLogger("tripsage")

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
