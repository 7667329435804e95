"""What services may ask of our own storage. Implementations live beside this file.

A unit of work is one transaction made for one account: everything read and written through it
belongs to that account, or to a trip that it takes part in, and other ids name nothing. The half
that is about trips is `trip_ports`.

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
from tripsage_mcp.domain.booking import Booking, BookingStatus
from tripsage_mcp.domain.consent import Consent, ConsentAction, YesOrNo
from tripsage_mcp.domain.event import AccountEvent, EventKind, TripEventKind
from tripsage_mcp.domain.memory import Category, Memory
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.domain.watch import PricePoint, PriceWatch
from tripsage_mcp.repositories.trip_ports import (
    ActivityRepository,
    ShareRepository,
    TripPartRepository,
    TripRepository,
)


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


class ConsentRepository(Protocol):
    """What the account's traveller was asked, and answered."""

    async def open(self, consent: Consent) -> Consent:
        """Return the open consent with this very hash, else store this one.

        Whatever else is open about the same action and subject is closed: only what was shown last
        can be agreed to. The time is the consent's `created_at`.
        """
        ...

    async def current(self, action: ConsentAction, subject: str, at: datetime) -> Consent | None:
        """Return the open consent to an action, or None."""
        ...

    async def get(self, consent_id: UUID) -> Consent | None:
        """Return a consent, or None when the account has no such consent."""
        ...

    async def answer(self, consent_id: UUID, answer: YesOrNo, at: datetime) -> bool:
        """Note the answer to an open consent that has none yet; tell whether it was noted."""
        ...

    async def use(self, consent_id: UUID, bound: bytes, at: datetime) -> bool:
        """Use up an open yes that was given to exactly this; of several callers one is told True.

        What was shown is erased.
        """
        ...

    async def close(self, consent_id: UUID, at: datetime) -> None:
        """Close a consent that is open, and erase what was shown."""
        ...

    async def close_expired(self, at: datetime) -> None:
        """Close every consent whose time is over, and erase what was shown."""
        ...


class BookingRepository(Protocol):
    """The account's bookings of flights; none ever goes away."""

    async def add(self, booking: Booking) -> bool:
        """Store a new booking, unless its offer has one that has not failed; tell whether."""
        ...

    async def get(self, booking_id: UUID) -> Booking | None:
        """Return a booking, or None when the account has no such booking."""
        ...

    async def of_offer(self, offer_id: str) -> Booking | None:
        """Return the booking of an offer that has not failed, or None."""
        ...

    async def page(self, *, after: tuple[datetime, UUID] | None, limit: int) -> tuple[Booking, ...]:
        """Return up to `limit` bookings, the last made first.

        Args:
            after: `created_at` and id of the last booking already seen.
            limit: How many at most.
        """
        ...

    async def settle(self, booking: Booking, *, was: Collection[BookingStatus]) -> bool:
        """Overwrite what became of a booking; tell whether.

        Only where its status is still one of these. What was ordered stays as it is.
        """
        ...


@dataclass(frozen=True, slots=True)
class WatchClaim:
    """A worker's right to check one watch once.

    Attributes:
        due_at: Since when the check is due.
        lease: Says that it is this worker's turn, until the lease runs out.
    """

    account_id: UUID
    watch_id: UUID
    due_at: datetime
    lease: UUID


class WatchRepository(Protocol):
    """The account's watched prices, and when each is due."""

    async def lock(self) -> None:
        """Make everybody else who adds a watch to the account wait until the unit of work ends."""
        ...

    async def add(self, watch: PriceWatch, fingerprint: bytes) -> None:
        """Store a new watch; `fingerprint` is 32 bytes that no other active watch has."""
        ...

    async def get(self, watch_id: UUID) -> PriceWatch | None:
        """Return a watch, or None when the account has no such watch."""
        ...

    async def get_to_change(self, watch_id: UUID) -> PriceWatch | None:
        """Like `get`, and let nobody else change the watch until the unit of work ends."""
        ...

    async def same(self, fingerprint: bytes) -> PriceWatch | None:
        """Return the active watch with this fingerprint, or None."""
        ...

    async def newest(self, limit: int) -> tuple[PriceWatch, ...]:
        """Return up to `limit` watches: the active ones first, then the last created first."""
        ...

    async def count_active(self) -> int:
        """Return how many watches go on."""
        ...

    async def replace(self, watch: PriceWatch) -> None:
        """Overwrite what was seen and whether it has ended; what is watched stays as it is."""
        ...

    async def add_point(self, watch_id: UUID, number: int, point: PricePoint) -> None:
        """Store what the check of this number saw; they count from 1."""
        ...

    async def points(self, watch_id: UUID) -> tuple[PricePoint, ...]:
        """Return everything that was seen of a watch, the oldest first."""
        ...

    async def schedule(self, watch_id: UUID, at: datetime) -> None:
        """Make the next check due then, and free for any worker."""
        ...

    async def unschedule(self, watch_id: UUID) -> None:
        """Make no further check due."""
        ...

    async def holds(self, claim: WatchClaim) -> bool:
        """Tell whether it is still the claim's turn, and keep it so until the unit of work ends."""
        ...


class WatchQueue(Protocol):
    """What is due in every account; it says nothing of what is watched, asked or told."""

    async def claim(
        self, now: datetime, *, lease_until: datetime, at_most: int
    ) -> tuple[WatchClaim, ...]:
        """Take up to `at_most` checks that are due and leased by nobody, the longest due first.

        However many workers ask at once, each check goes to one of them.

        Raises:
            StorageError: the database is out of reach.
        """
        ...

    async def close_questions(self) -> int:
        """Close every account's questions whose time is over, erasing what was shown; count them.

        Raises:
            StorageError: the database is out of reach.
        """
        ...

    async def forget_events(self) -> int:
        """Erase every account's events that are older than thirty days; return how many.

        Raises:
            StorageError: the database is out of reach.
        """
        ...


class EventRepository(Protocol):
    """What happened to the account's things."""

    async def add(self, kind: EventKind, subject: UUID, data: JSONObject, at: datetime) -> int:
        """Store an event under the next number and return that; it cannot be seen out of order."""
        ...

    async def tell_members(
        self, trip_id: UUID, kind: TripEventKind, data: JSONObject, at: datetime
    ) -> tuple[UUID, ...]:
        """Store an event for everybody who takes part in a trip; return their accounts.

        For an editor or owner; from anybody else it tells nobody. Events of one account are stored
        one transaction after the other: this comes once and last in a unit of work.
        """
        ...

    async def after(self, event_id: int, limit: int) -> tuple[AccountEvent, ...]:
        """Return up to `limit` events that follow this one, in order."""
        ...

    async def latest(self) -> int:
        """Return the number of the last event, 0 before the first; it outlives the event."""
        ...


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """The repositories of one account inside one transaction."""

    trips: TripRepository
    trip_parts: TripPartRepository
    shares: ShareRepository
    activity: ActivityRepository
    memories: MemoryRepository
    consents: ConsentRepository
    bookings: BookingRepository
    watches: WatchRepository
    events: EventRepository


class Storage(Protocol):
    """Our own database."""

    def begin(self, account: Account) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a unit of work; it is committed on leaving and undone by an exception.

        Raises:
            PermissionDeniedError: the account may not write what was written, or not any more.
            StorageError: the database is out of reach.
        """
        ...

    def begin_as_guest(self, token_hash: bytes) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a unit of work that reads the one trip of an open invitation, and nothing else.

        Where the token's hash belongs to no open invitation, there is no trip to read.

        Raises:
            StorageError: the database is out of reach.
        """
        ...
