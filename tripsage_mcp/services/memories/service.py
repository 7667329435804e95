"""What the traveller told us: remember, recall, forget."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.memory import Category, Memory, content_words, shared_words
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.errors import ConflictError, NotFoundError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.repositories.ports import MemoryFilter, Storage, UnitOfWork
from tripsage_mcp.services.bookings.confirmation import Confirmations
from tripsage_mcp.services.memories.ranking import Recalled, best_matches, profile, within_budget
from tripsage_mcp.services.memories.requests import (
    ForgetRequest,
    RecallRequest,
    Statement,
    checked_forget,
    checked_recall,
    checked_statements,
)
from tripsage_mcp.services.trips.writes import no_such_trip

MOST_RELATED = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one statement.

    Attributes:
        memory: As stored, or as it had been stored before.
        new: False when the very same was known already.
        superseded: What it replaced just now.
        related: Up to three that hold and share words with it, most words first; one of them may
            be what it contradicts.
    """

    memory: Memory
    new: bool
    superseded: tuple[UUID, ...]
    related: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of each statement, in the order given."""

    kept: tuple[Kept, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ProfileRecalled:
    """What was found, hard constraints first.

    Attributes:
        total: How many there are for this subject and category, the hard constraints included.
    """

    recalled: tuple[Recalled, ...]
    total: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased, or would be.

    Attributes:
        memories: Newest first.
        earlier_versions: How many superseded statements go with them.
        erased: False for a preview.
        confirmation_token: For a preview that found something: erases just these.
        token_expires_at: UTC.
    """

    memories: tuple[Memory, ...]
    earlier_versions: int
    erased: bool
    provenance: Provenance
    confirmation_token: str | None = None
    token_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MemoryService:
    """Keeps what travellers told us, for the account a call is made for.

    `secret` signs confirmation tokens: servers that share the work must share it.
    """

    storage: Storage
    now: Clock = utc_now
    new_id: NewId = uuid7
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    async def remember(
        self, account: Account, statements: Sequence[Statement], *, consent: bool = False
    ) -> Remembered:
        """Store 1 to 20 statements, all or none.

        Args:
            account: Whose.
            statements: What to keep; what is known already is not stored twice.
            consent: The traveller agreed that diet and health may be kept.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: a trip, or a memory to supersede, does not exist.
            ConflictError: a memory to supersede was superseded already.
            StorageError: the database is out of reach.
        """
        now = self.now()
        asked = checked_statements(statements, today=_day(now), consent=consent)
        given = tuple((self._dated(each, now), supersedes) for each, supersedes in asked)
        async with self.storage.begin(account) as unit:
            await unit.memories.lock()
            trip_ids = {memory.trip_id for memory, _ in given if memory.trip_id is not None}
            for trip_id in trip_ids:
                if await unit.trips.get(trip_id) is None:
                    raise no_such_trip()
            held = {m.memory_id: m for m in await unit.memories.list(MemoryFilter(on=_day(now)))}
            before = dict(held)
            stored = [await _keep(unit, memory, old, held) for memory, old in given]
        related = [held[i] for i in before if i in held]
        fresh = {kept.memory.memory_id for kept in stored}
        kept = tuple(
            replace(each, related=_related(each.memory, related, without=fresh)) for each in stored
        )
        return Remembered(kept, self._provenance())

    async def recall(self, account: Account, request: RecallRequest) -> ProfileRecalled:
        """Return what is known, diet and health first whatever was asked.

        Without a query this is the profile, grouped by category. With one it is what shares words
        with it, best first. Words are compared, not meaning.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            StorageError: the database is out of reach.
        """
        asked = checked_recall(request)
        which = MemoryFilter(subject=asked.subject, on=_day(self.now()))
        async with self.storage.begin(account) as unit:
            held = await unit.memories.list(which)
            matches = await unit.memories.search(asked.words, which) if asked.words else ()
        held = tuple(m for m in held if m.hard or asked.category in {None, m.category})
        if asked.query is None:
            found = profile(held, limit=asked.limit, max_tokens=asked.max_tokens)
        else:
            best = best_matches(held, matches, asked.words, limit=asked.limit)
            found = within_budget(best, asked.max_tokens)
        return ProfileRecalled(found, len(held), self._provenance())

    async def forget(self, account: Account, request: ForgetRequest) -> Forgotten:
        """Erase by id at once; by description, first show what would go.

        The second call repeats the arguments of the first with its `confirmation_token`.

        Raises:
            InvalidRequestError: an argument breaks a rule, or the token is not ours.
            NotFoundError: an id names nothing; then nothing was erased.
            ConflictError: the token has expired or was used, or what fits has changed.
            StorageError: the database is out of reach.
        """
        asked = checked_forget(request)
        confirmations = Confirmations(self.secret, self.now)
        async with self.storage.begin(account) as unit:
            await unit.memories.lock()
            if asked.memory_ids:
                chosen = await unit.memories.get(asked.memory_ids)
                if len(chosen) < len(asked.memory_ids):
                    raise NotFoundError(
                        "One of the memory_ids names nothing; nothing was forgotten",
                        hint="recall gives the ids there are.",
                    )
            else:
                chosen = await self._fitting(unit, asked.words, asked.category, asked.subject)
            chosen = tuple(sorted(chosen, key=_newest_first))
            ids = [memory.memory_id for memory in chosen]
            earlier = await unit.memories.earlier(ids)
            bound = [str(account.account_id), *sorted(str(m.memory_id) for m in chosen + earlier)]
            preview = not asked.memory_ids and asked.confirmation_token is None
            if not preview:
                if asked.confirmation_token is not None:
                    confirmations.check(asked.confirmation_token, bound)
                await unit.memories.delete(ids)
        found = Forgotten(chosen, len(earlier), not preview, self._provenance())
        if not preview or not chosen:
            return found
        token, expires_at = confirmations.issue(bound)
        return replace(found, confirmation_token=token, token_expires_at=expires_at)

    async def _fitting(
        self,
        unit: UnitOfWork,
        words: tuple[str, ...],
        category: Category | None,
        subject: str | None,
    ) -> tuple[Memory, ...]:
        """Return what a description fits, superseded statements included."""
        which = MemoryFilter(category, subject)
        held = await unit.memories.list(which)
        if not words:
            return held
        matches = await unit.memories.search(words, which)
        found = best_matches(held, matches, words, limit=len(held))
        # Any one word fits too much to erase: keep what has most of them.
        most = max((len(each.words) for each in found), default=0)
        return tuple(each.memory for each in found if each.words and len(each.words) == most)

    def _dated(self, memory: Memory, now: datetime) -> Memory:
        consented_at = now if memory.hard else None
        return replace(memory, memory_id=self.new_id(), created_at=now, consented_at=consented_at)

    def _provenance(self) -> Provenance:
        return Provenance("tripsage", "live", self.now())


async def _keep(
    unit: UnitOfWork, memory: Memory, supersedes: frozenset[UUID], held: dict[UUID, Memory]
) -> Kept:
    """Store one statement unless it is known, close what it replaces; keeps `held` up to date."""
    known = next((each for each in held.values() if each.says_the_same(memory)), None)
    if known is not None and known.origin == "inferred" and memory.origin == "stated":
        # Now the traveller has said it: that is worth keeping instead.
        supersedes, known = supersedes | {known.memory_id}, None
    kept = known or memory
    to_close = await _to_close(unit, supersedes - {kept.memory_id}, by=kept.memory_id)
    if known is None:
        await unit.memories.add(memory)
        held[memory.memory_id] = memory
    if to_close:
        await unit.memories.supersede(to_close, kept.memory_id)
    for memory_id in to_close:
        held.pop(memory_id, None)
    return Kept(kept, known is None, to_close, ())


async def _to_close(unit: UnitOfWork, memory_ids: frozenset[UUID], *, by: UUID) -> tuple[UUID, ...]:
    found = await unit.memories.get(memory_ids) if memory_ids else ()
    if len(found) < len(memory_ids):
        raise NotFoundError(
            "One of the ids to supersede names nothing; nothing was stored",
            hint="recall gives the ids there are.",
        )
    if any(each.superseded_by not in {None, by} for each in found):
        raise ConflictError(
            "One of the memories to supersede was superseded already; nothing was stored",
            hint="Call recall for what holds now.",
        )
    return tuple(sorted(each.memory_id for each in found if each.superseded_by is None))


def _related(memory: Memory, held: Sequence[Memory], *, without: set[UUID]) -> tuple[Memory, ...]:
    words = content_words(memory.text)
    scored = [
        (
            len(shared_words(words, content_words(other.text))),
            other.category == memory.category,
            other,
        )
        for other in held
        if other.memory_id not in without
    ]
    # `held` is newest first, and sorting keeps that order among equals.
    scored.sort(key=lambda each: (-each[0], not each[1]))
    return tuple(other for score, _, other in scored[:MOST_RELATED] if score)


def _newest_first(memory: Memory) -> tuple[float, int]:
    return -memory.created_at.timestamp(), -memory.memory_id.int


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
