"""Storage in memory: the same promises as PostgreSQL's, by the simplest means."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from tests.fakes_bookings import FakeBookings, FakeConsents
from tests.fakes_shares import FakeActivity, FakeMemberEvents, FakeShares, GuestStore
from tests.fakes_trips import FakeTripParts, FakeTrips, TripStore
from tests.fakes_watches import FakeEvents, FakeWatches, FakeWatchQueue
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Memory, content_words, key
from tripsage_mcp.errors import StorageError
from tripsage_mcp.repositories.ports import MemoryFilter, MemoryMatch, Storage, UnitOfWork


@dataclass
class FakeMemories:
    memories: dict[UUID, Memory] = field(default_factory=dict[UUID, Memory])

    def copy(self) -> "FakeMemories":
        return FakeMemories(dict(self.memories))

    async def lock(self) -> None:
        """Nothing to do: units of work come one after the other."""

    async def add(self, memory: Memory) -> None:
        assert memory.memory_id not in self.memories
        self.memories[memory.memory_id] = memory

    async def get(self, memory_ids: Collection[UUID]) -> tuple[Memory, ...]:
        return tuple(self.memories[i] for i in memory_ids if i in self.memories)

    async def list(self, which: MemoryFilter) -> tuple[Memory, ...]:
        fitting = [memory for memory in self.memories.values() if _fits(memory, which)]
        fitting.sort(key=lambda memory: (memory.created_at, memory.memory_id), reverse=True)
        return tuple(fitting)

    async def search(self, words: Sequence[str], which: MemoryFilter) -> tuple[MemoryMatch, ...]:
        found: list[MemoryMatch] = []
        for memory in await self.list(which):
            there = {_stem(word) for word in content_words(f"{memory.text} {memory.subject}")}
            there |= {_stem(word) for word in memory.category.split("_")}
            has = tuple(word for word in words if content_words(word) and _stem(word) in there)
            if has:
                found.append(MemoryMatch(memory, has))
        return tuple(sorted(found, key=lambda match: -len(match.words)))

    async def supersede(self, memory_ids: Collection[UUID], by: UUID) -> None:
        for memory_id in memory_ids:
            self.memories[memory_id] = replace(self.memories[memory_id], superseded_by=by)

    async def earlier(self, memory_ids: Collection[UUID]) -> tuple[Memory, ...]:
        gone = set(memory_ids)
        while more := {
            memory.memory_id
            for memory in self.memories.values()
            if memory.superseded_by in gone and memory.memory_id not in gone
        }:
            gone |= more
        return await self.get(gone - set(memory_ids))

    def forget_trips(self, trip_ids: Collection[UUID]) -> None:
        """What was said about one trip goes with it."""
        for memory in [each for each in self.memories.values() if each.trip_id in trip_ids]:
            self.memories.pop(memory.memory_id, None)

    async def delete(self, memory_ids: Collection[UUID]) -> None:
        for memory in (*await self.get(memory_ids), *await self.earlier(memory_ids)):
            del self.memories[memory.memory_id]


class FakeStorage:
    """Each account's rows apart, trips shared; one unit of work at a time, undone by a failure."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self.trip_store = TripStore()
        self.memories = defaultdict[UUID, FakeMemories](FakeMemories)
        self.consents = defaultdict[UUID, FakeConsents](FakeConsents)
        self.bookings = defaultdict[UUID, FakeBookings](FakeBookings)
        self.watches = defaultdict[UUID, FakeWatches](FakeWatches)
        self.events = defaultdict[UUID, FakeEvents](FakeEvents)
        self.queue = FakeWatchQueue(self.watches, self.events, self.consents, self._one_at_a_time)
        self.begun = 0

    @asynccontextmanager
    async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
        who = account.account_id
        self.begun += 1
        async with self._one_at_a_time:
            store, memories = self.trip_store.copy(), self.memories[who].copy()
            consents, bookings = self.consents[who].copy(), self.bookings[who].copy()
            watches, everybody = self.watches[who].copy(), defaultdict[UUID, FakeEvents](FakeEvents)
            everybody |= {account_id: each.copy() for account_id, each in self.events.items()}
            events = FakeMemberEvents(store, who, everybody)
            yield UnitOfWork(
                trips=FakeTrips(store, who),
                trip_parts=FakeTripParts(store, who),
                shares=FakeShares(store, who, events),
                activity=FakeActivity(store, who),
                memories=memories,
                consents=consents,
                bookings=bookings,
                watches=watches,
                events=events,
            )
            erased = self.trip_store.trips.keys() - store.trips.keys()
            self.trip_store, self.memories[who] = store, memories
            self.consents[who], self.bookings[who] = consents, bookings
            self.watches[who] = watches
            self.events.update(everybody)
            for each in self.memories.values():
                each.forget_trips(erased)

    @asynccontextmanager
    async def begin_as_guest(self, token_hash: bytes) -> AsyncGenerator[UnitOfWork]:
        self.begun += 1
        async with self._one_at_a_time:
            store = GuestStore.at(self.trip_store, token_hash)
            nobody = UUID(int=0)
            events = FakeMemberEvents(store, nobody, defaultdict[UUID, FakeEvents](FakeEvents))
            yield UnitOfWork(
                trips=FakeTrips(store, nobody),
                trip_parts=FakeTripParts(store, nobody),
                shares=FakeShares(store, nobody, events),
                activity=FakeActivity(store, nobody),
                memories=FakeMemories(),
                consents=FakeConsents(),
                bookings=FakeBookings(),
                watches=FakeWatches(),
                events=events,
            )


@dataclass
class ShakyStorage:
    """A storage that is out of reach while a test says so."""

    storage: Storage
    down: bool = True

    @asynccontextmanager
    async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
        if self.down:
            raise StorageError("The database is out of reach")
        async with self.storage.begin(account) as unit:
            yield unit

    @asynccontextmanager
    async def begin_as_guest(self, token_hash: bytes) -> AsyncGenerator[UnitOfWork]:
        if self.down:
            raise StorageError("The database is out of reach")
        async with self.storage.begin_as_guest(token_hash) as unit:
            yield unit


def _fits(memory: Memory, which: MemoryFilter) -> bool:
    return (
        which.category in {None, memory.category}
        and (which.subject is None or key(which.subject) == key(memory.subject))
        and (which.on is None or memory.holds_on(which.on))
    )


def _stem(word: str) -> str:
    return word.removesuffix("s")
