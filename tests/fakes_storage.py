"""Storage in memory: the same promises as PostgreSQL's, by the simplest means."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from tests.fakes_bookings import FakeBookings, FakeConsents
from tests.fakes_watches import FakeEvents, FakeWatches, FakeWatchQueue
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Memory, content_words, key
from tripsage_mcp.domain.trip import Trip, TripSave, TripSummary
from tripsage_mcp.errors import StorageError
from tripsage_mcp.repositories.ports import MemoryFilter, MemoryMatch, Storage, UnitOfWork


@dataclass
class FakeTrips:
    trips: dict[UUID, Trip] = field(default_factory=dict[UUID, Trip])
    saves: dict[str, TripSave] = field(default_factory=dict[str, TripSave])

    def copy(self) -> "FakeTrips":
        return FakeTrips(dict(self.trips), dict(self.saves))

    async def add(self, trip: Trip) -> None:
        assert trip.trip_id not in self.trips
        self.trips[trip.trip_id] = trip

    async def get(self, trip_id: UUID) -> Trip | None:
        return self.trips.get(trip_id)

    async def get_to_change(self, trip_id: UUID) -> Trip | None:
        return self.trips.get(trip_id)

    async def replace(self, trip: Trip) -> None:
        created_at = self.trips[trip.trip_id].created_at
        self.trips[trip.trip_id] = replace(trip, created_at=created_at)

    async def page(
        self, *, after: tuple[datetime, UUID] | None, ending_from: date | None, limit: int
    ) -> tuple[TripSummary, ...]:
        ordered = sorted(
            self.trips.values(), key=lambda trip: (trip.created_at, trip.trip_id), reverse=True
        )
        return tuple(
            TripSummary(
                trip.trip_id,
                trip.version,
                trip.title,
                trip.destination,
                trip.start_date,
                trip.end_date,
                trip.status,
                trip.created_at,
            )
            for trip in ordered
            if (after is None or (trip.created_at, trip.trip_id) < after)
            and (ending_from is None or trip.end_date >= ending_from)
        )[:limit]

    async def earlier_save(self, idempotency_key: str) -> TripSave | None:
        return self.saves.get(idempotency_key)

    async def note_save(self, save: TripSave) -> None:
        assert save.idempotency_key not in self.saves
        self.saves[save.idempotency_key] = save


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

    async def delete(self, memory_ids: Collection[UUID]) -> None:
        for memory in (*await self.get(memory_ids), *await self.earlier(memory_ids)):
            del self.memories[memory.memory_id]


class FakeStorage:
    """Each account's rows apart; one unit of work at a time; an exception undoes it."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self.trips = defaultdict[UUID, FakeTrips](FakeTrips)
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
            trips, memories = self.trips[who].copy(), self.memories[who].copy()
            consents, bookings = self.consents[who].copy(), self.bookings[who].copy()
            watches, events = self.watches[who].copy(), self.events[who].copy()
            yield UnitOfWork(
                trips=trips,
                memories=memories,
                consents=consents,
                bookings=bookings,
                watches=watches,
                events=events,
            )
            self.trips[who], self.memories[who] = trips, memories
            self.consents[who], self.bookings[who] = consents, bookings
            self.watches[who], self.events[who] = watches, events


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


def _fits(memory: Memory, which: MemoryFilter) -> bool:
    return (
        which.category in {None, memory.category}
        and (which.subject is None or key(which.subject) == key(memory.subject))
        and (which.on is None or memory.holds_on(which.on))
    )


def _stem(word: str) -> str:
    return word.removesuffix("s")
