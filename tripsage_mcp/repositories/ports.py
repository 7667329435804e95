"""What services may ask of our own storage. Implementations live beside this file.

A unit of work is one transaction made for one account: everything read and written through it
belongs to that account, and ids of others name nothing.

Search is lexical only so far: words and their inflections, in English. Meaning (embeddings) is not
compared, so "somewhere quiet" does not find "hates noise".
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category, Memory
from tripsage_mcp.domain.trip import Trip, TripSave, TripSummary


class TripRepository(Protocol):
    """The account's trips."""

    async def add(self, trip: Trip) -> None:
        """Store a new trip."""
        ...

    async def get(self, trip_id: UUID) -> Trip | None:
        """Return a trip, or None when the account has no such trip."""
        ...

    async def get_to_change(self, trip_id: UUID) -> Trip | None:
        """Like `get`, and let nobody else change the trip until the unit of work ends."""
        ...

    async def replace(self, trip: Trip) -> None:
        """Overwrite a stored trip; its id and `created_at` stay as they are."""
        ...

    async def page(
        self, *, after: tuple[datetime, UUID] | None, ending_from: date | None, limit: int
    ) -> tuple[TripSummary, ...]:
        """Return up to `limit` trips, the last created first.

        Args:
            after: `created_at` and id of the last trip already seen.
            ending_from: Only trips that end on this day or later.
            limit: How many at most.
        """
        ...

    async def earlier_save(self, idempotency_key: str) -> TripSave | None:
        """Return what a save under this key answered.

        Makes everybody else who asks for the same key wait until the unit of work ends.
        """
        ...

    async def note_save(self, save: TripSave) -> None:
        """Keep what a save answered, under a key that has none yet."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryFilter:
    """Which memories.

    Attributes:
        category: None for every one.
        subject: The person it is about, case and accents aside; None for every one.
        on: Only what holds on this day; None includes what was superseded or has run out.
    """

    category: Category | None = None
    subject: str | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class MemoryMatch:
    """A memory that a search found, and the words of the query it has, in the query's order."""

    memory: Memory
    words: tuple[str, ...]


class MemoryRepository(Protocol):
    """The account's memories."""

    async def lock(self) -> None:
        """Make every other writer of this account's memories wait until the unit of work ends."""
        ...

    async def add(self, memory: Memory) -> None:
        """Store a new memory."""
        ...

    async def get(self, memory_ids: Collection[UUID]) -> tuple[Memory, ...]:
        """Return those of the memories the account has, in no particular order."""
        ...

    async def list(self, which: MemoryFilter) -> tuple[Memory, ...]:
        """Return every memory that fits, the last created first."""
        ...

    async def search(self, words: Sequence[str], which: MemoryFilter) -> tuple[MemoryMatch, ...]:
        """Return every memory with at least one of `words`, best first, then the last created.

        Inflections count as the same word; the words of the category count a little. Words without
        meaning of their own (the, of) match nothing.
        """
        ...

    async def supersede(self, memory_ids: Collection[UUID], by: UUID) -> None:
        """Close memories in favour of another."""
        ...

    async def earlier(self, memory_ids: Collection[UUID]) -> tuple[Memory, ...]:
        """Return what these memories superseded, and what that superseded, without themselves."""
        ...

    async def delete(self, memory_ids: Collection[UUID]) -> None:
        """Erase memories, and everything they superseded; nothing of their text remains."""
        ...


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """The repositories of one account inside one transaction."""

    trips: TripRepository
    memories: MemoryRepository


class Storage(Protocol):
    """Our own database."""

    def begin(self, account: Account) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a unit of work; it is committed on leaving and undone by an exception.

        Raises:
            StorageError: the database is out of reach.
        """
        ...
