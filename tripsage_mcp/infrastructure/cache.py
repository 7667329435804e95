"""A cache of typed values over a store of bytes: loaded once however many ask."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from pydantic import TypeAdapter, ValidationError

from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.deadline import Deadline
from tripsage_mcp.infrastructure.keyvalue import KeyValue

log = logging.getLogger("tripsage")

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
        linger_s: How long a shared value also serves who comes a moment later, in this process
            only: of those who ask at once, some take longer to get here.
    """

    def __init__(
        self,
        store: KeyValue,
        namespace: str,
        *,
        version: int = 1,
        now: Clock = utc_now,
        source: str | None = None,
        linger_s: float = 0.0,
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._source = source or namespace
        self._prefix = f"tripsage:{namespace}:{version}:"
        self._now = now
        self._flights: dict[str, _Flight] = {}
        self._refreshes: dict[str, asyncio.Task[object]] = {}
        self._linger_s = linger_s
        self._recent: dict[str, object] = {}
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

    async def share[T](self, key: str, load: Load[T], *, linger: bool = True) -> T:
        """Load a value once for everybody who asks for it meanwhile.

        Args:
            key: Any text; it is hashed.
            load: Asks the source.
            linger: Whether it also serves who asks within this cache's `linger_s`.
        """
        name = self._name(key)
        if not linger or self._linger_s <= 0:
            return await self._once(name, load)
        return await self._once(name, lambda: self._lingering(name, load))

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

    async def _lingering[T](self, name: str, load: Load[T]) -> T:
        if name in self._recent:
            return cast("T", self._recent[name])
        value = self._recent[name] = await load()
        asyncio.get_running_loop().call_later(self._linger_s, self._recent.pop, name, None)
        return value

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
