"""Watches and events in memory: the same promises as PostgreSQL's."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.fakes_bookings import FakeConsents
from tripsage_mcp.domain.event import AccountEvent, EventKind
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.domain.watch import PricePoint, PriceWatch
from tripsage_mcp.repositories.ports import WatchClaim


@dataclass(frozen=True, slots=True)
class Due:
    at: datetime
    lease: UUID | None = None
    leased_until: datetime | None = None


@dataclass
class FakeWatches:
    watches: dict[UUID, PriceWatch] = field(default_factory=dict[UUID, PriceWatch])
    fingerprints: dict[UUID, bytes] = field(default_factory=dict[UUID, bytes])
    seen: dict[tuple[UUID, int], PricePoint] = field(
        default_factory=dict[tuple[UUID, int], PricePoint]
    )
    due: dict[UUID, Due] = field(default_factory=dict[UUID, Due])

    def copy(self) -> "FakeWatches":
        return FakeWatches(
            dict(self.watches), dict(self.fingerprints), dict(self.seen), dict(self.due)
        )

    async def lock(self) -> None:
        """Nothing to do: units of work come one after the other."""

    async def add(self, watch: PriceWatch, fingerprint: bytes) -> None:
        assert watch.watch_id not in self.watches
        assert await self.same(fingerprint) is None
        self.watches[watch.watch_id] = watch
        self.fingerprints[watch.watch_id] = fingerprint

    async def get(self, watch_id: UUID) -> PriceWatch | None:
        return self.watches.get(watch_id)

    async def get_to_change(self, watch_id: UUID) -> PriceWatch | None:
        return self.watches.get(watch_id)

    async def same(self, fingerprint: bytes) -> PriceWatch | None:
        for watch_id, watch in self.watches.items():
            if watch.active and self.fingerprints[watch_id] == fingerprint:
                return watch
        return None

    async def newest(self, limit: int) -> tuple[PriceWatch, ...]:
        last_first = sorted(
            self.watches.values(), key=lambda each: (each.created_at, each.watch_id), reverse=True
        )
        return tuple(sorted(last_first, key=lambda each: not each.active)[:limit])

    async def count_active(self) -> int:
        return sum(watch.active for watch in self.watches.values())

    async def replace(self, watch: PriceWatch) -> None:
        if watch.watch_id in self.watches:
            stored = self.watches[watch.watch_id]
            self.watches[watch.watch_id] = replace(
                watch,
                request=stored.request,
                flights=stored.flights,
                alert=stored.alert,
                created_at=stored.created_at,
                ends_at=stored.ends_at,
                ends_for=stored.ends_for,
            )

    async def add_point(self, watch_id: UUID, number: int, point: PricePoint) -> None:
        assert watch_id in self.watches
        assert (watch_id, number) not in self.seen
        self.seen[watch_id, number] = point

    async def points(self, watch_id: UUID) -> tuple[PricePoint, ...]:
        return tuple(point for (of, _), point in sorted(self.seen.items()) if of == watch_id)

    async def schedule(self, watch_id: UUID, at: datetime) -> None:
        assert watch_id in self.watches
        self.due[watch_id] = Due(at)

    async def unschedule(self, watch_id: UUID) -> None:
        self.due.pop(watch_id, None)

    async def holds(self, claim: WatchClaim) -> bool:
        due = self.due.get(claim.watch_id)
        return due is not None and due.lease == claim.lease


@dataclass
class FakeEvents:
    events: dict[int, AccountEvent] = field(default_factory=dict[int, AccountEvent])
    count: int = 0

    def copy(self) -> "FakeEvents":
        return FakeEvents(dict(self.events), self.count)

    async def add(self, kind: EventKind, subject: UUID, data: JSONObject, at: datetime) -> int:
        self.count += 1
        self.events[self.count] = AccountEvent(self.count, kind, subject, data, at)
        return self.count

    async def after(self, event_id: int, limit: int) -> tuple[AccountEvent, ...]:
        return tuple(self.events[n] for n in sorted(self.events) if n > event_id)[:limit]

    async def latest(self) -> int:
        return self.count


@dataclass
class FakeWatchQueue:
    """The queue over the watches of a `FakeStorage`, in turn with its units of work."""

    watches: Mapping[UUID, FakeWatches]
    events: Mapping[UUID, FakeEvents]
    consents: Mapping[UUID, FakeConsents]
    one_at_a_time: asyncio.Lock

    async def claim(
        self, now: datetime, *, lease_until: datetime, at_most: int
    ) -> tuple[WatchClaim, ...]:
        async with self.one_at_a_time:
            free = [
                (due.at, account_id, watch_id)
                for account_id, watches in self.watches.items()
                for watch_id, due in watches.due.items()
                if due.at <= now and (due.leased_until is None or due.leased_until <= now)
            ]
            claims = [
                WatchClaim(account_id, watch_id, at, uuid4())
                for at, account_id, watch_id in sorted(free)[:at_most]
            ]
            for claim in claims:
                due = Due(claim.due_at, claim.lease, lease_until)
                self.watches[claim.account_id].due[claim.watch_id] = due
            return tuple(claims)

    async def close_questions(self) -> int:
        now = datetime.now(UTC)
        closed = 0
        for each in self.consents.values():
            still = [one for one in each.consents.values() if one.closed_at is None]
            await each.close_expired(now - timedelta(minutes=1))
            closed += sum(each.consents[one.consent_id].closed_at is not None for one in still)
        return closed

    async def forget_events(self) -> int:
        # By the clock of the store, like the database's policy.
        oldest = datetime.now(UTC) - timedelta(days=30)
        forgotten = 0
        for each in self.events.values():
            old = [n for n, event in each.events.items() if event.created_at < oldest]
            forgotten += len(old)
            for n in old:
                del each.events[n]
        return forgotten
