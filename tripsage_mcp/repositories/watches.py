"""Watched prices in PostgreSQL, and the queue of those that are due."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from uuid import UUID

from pydantic import TypeAdapter

from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.watch import Alert, PricePoint, PriceWatch, WatchedFlights
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection, Row
from tripsage_mcp.repositories.ports import WatchClaim

_LOCK = """
select pg_advisory_xact_lock(hashtextextended(app.current_account_id()::text || ' watch', 0))
"""

_ADD = """
insert into price_watch (
    watch_id, fingerprint, request, flights, target_amount, target_currency, drop_percent,
    created_at, ends_at, ends_for, ended, ended_at, currency, data, first_amount, best_amount,
    best_at, last_amount, told_amount, checked_at, checks, failures
) values (
    $1, $14, $15, $16, $17, $18, $19, $20, $21, $22, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
    $13
)
"""

_REPLACE = """
update price_watch set
    ended = $2, ended_at = $3, currency = $4, data = $5, first_amount = $6, best_amount = $7,
    best_at = $8, last_amount = $9, told_amount = $10, checked_at = $11, checks = $12,
    failures = $13
where watch_id = $1
"""

_COLUMNS = """
    watch_id, request, flights, target_amount, target_currency, drop_percent, created_at, ends_at,
    ends_for, ended, ended_at, currency, data, first_amount, best_amount, best_at, last_amount,
    told_amount, checked_at, checks, failures
"""

_GET = f"select {_COLUMNS} from price_watch where watch_id = $1"  # noqa: S608 - our own columns

_GET_TO_CHANGE = f"{_GET} for update"

_SAME = f"""
select {_COLUMNS} from price_watch where fingerprint = $1 and ended is null
"""  # noqa: S608 - our own columns

_NEWEST = f"""
select {_COLUMNS} from price_watch
order by ended is not null, created_at desc, watch_id desc
limit $1
"""  # noqa: S608 - our own columns

_COUNT_ACTIVE = "select count(*) from price_watch where ended is null"

_ADD_POINT = """
insert into price_watch_point (
    watch_id, number, seen_at, amount, currency, offers, data, failure
) values ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_POINTS = """
select seen_at, amount, currency, offers, data, failure
from price_watch_point
where watch_id = $1
order by number
"""

_SCHEDULE = """
insert into watch_due (watch_id, next_run_at) values ($1, $2)
on conflict (account_id, watch_id)
do update set next_run_at = excluded.next_run_at, lease = null, leased_until = null
"""

_UNSCHEDULE = "delete from watch_due where watch_id = $1"

_HOLDS = "select from watch_due where watch_id = $1 and lease = $2 for update"

# Rows that another worker is taking at this moment are passed over, and those it has taken are
# leased: two workers never get the same turn.
_CLAIM = """
with due as (
    select account_id, watch_id
    from watch_due
    where next_run_at <= $1 and (leased_until is null or leased_until <= $1)
    order by next_run_at
    limit $3
    for update skip locked
)
update watch_due set lease = gen_random_uuid(), leased_until = $2
from due
where watch_due.account_id = due.account_id and watch_due.watch_id = due.watch_id
returning watch_due.account_id, watch_due.watch_id, watch_due.next_run_at, watch_due.lease
"""

# The policy, not this statement, spares those whose time is not over.
_CLOSE_QUESTIONS = "update consent set closed_at = now(), shown = null"

# The policy, not this statement, spares the events of the last thirty days.
_FORGET_EVENTS = "delete from account_event"


class PostgresWatches:
    """The watches that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self) -> None:
        """Take the account's lock; it ends with the transaction."""
        await self._connection.execute(_LOCK)

    async def add(self, watch: PriceWatch, fingerprint: bytes) -> None:
        """Insert a row."""
        target = watch.alert.target
        await self._connection.execute(
            _ADD,
            *_seen(watch),
            fingerprint,
            _request().dump_json(watch.request).decode(),
            None if watch.flights is None else _flights().dump_json(watch.flights).decode(),
            None if target is None else target.amount,
            None if target is None else target.currency,
            watch.alert.drop_percent,
            watch.created_at,
            watch.ends_at,
            watch.ends_for,
        )

    async def get(self, watch_id: UUID) -> PriceWatch | None:
        """Read a row."""
        return _watch(await self._connection.fetchrow(_GET, watch_id))

    async def get_to_change(self, watch_id: UUID) -> PriceWatch | None:
        """Read a row and lock it; waits for whoever holds it and reads what they left."""
        return _watch(await self._connection.fetchrow(_GET_TO_CHANGE, watch_id))

    async def same(self, fingerprint: bytes) -> PriceWatch | None:
        """Read the active row with this fingerprint."""
        return _watch(await self._connection.fetchrow(_SAME, fingerprint))

    async def newest(self, limit: int) -> tuple[PriceWatch, ...]:
        """Read rows."""
        rows = await self._connection.fetch(_NEWEST, limit)
        return tuple(watch for row in rows if (watch := _watch(row)) is not None)

    async def count_active(self) -> int:
        """Count rows."""
        return await self._connection.fetchval(_COUNT_ACTIVE)

    async def replace(self, watch: PriceWatch) -> None:
        """Update a row."""
        await self._connection.execute(_REPLACE, *_seen(watch))

    async def add_point(self, watch_id: UUID, number: int, point: PricePoint) -> None:
        """Insert a row."""
        price = point.price
        await self._connection.execute(
            _ADD_POINT,
            watch_id,
            number,
            point.seen_at,
            None if price is None else price.amount,
            None if price is None else price.currency,
            point.offers,
            point.data,
            point.failure,
        )

    async def points(self, watch_id: UUID) -> tuple[PricePoint, ...]:
        """Read every row of a watch."""
        rows = await self._connection.fetch(_POINTS, watch_id)
        return tuple(
            PricePoint(
                seen_at=row["seen_at"],
                price=_money(row["amount"], row["currency"]),
                offers=row["offers"],
                data=row["data"],
                failure=row["failure"],
            )
            for row in rows
        )

    async def schedule(self, watch_id: UUID, at: datetime) -> None:
        """Insert or update the watch's place in the queue, free for anybody to take."""
        await self._connection.execute(_SCHEDULE, watch_id, at)

    async def unschedule(self, watch_id: UUID) -> None:
        """Delete the watch's place in the queue."""
        await self._connection.execute(_UNSCHEDULE, watch_id)

    async def holds(self, claim: WatchClaim) -> bool:
        """Look for the lease and lock its row."""
        return await self._connection.fetchrow(_HOLDS, claim.watch_id, claim.lease) is not None


class PostgresWatchQueue:
    """What is due, of every account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, now: datetime, *, lease_until: datetime, at_most: int
    ) -> tuple[WatchClaim, ...]:
        """Take what is due, in one statement."""
        async with self._database.worker_transaction() as connection:
            rows = await connection.fetch(_CLAIM, now, lease_until, at_most)
        claims = [
            WatchClaim(row["account_id"], row["watch_id"], row["next_run_at"], row["lease"])
            for row in rows
        ]
        return tuple(sorted(claims, key=lambda claim: claim.due_at))

    async def close_questions(self) -> int:
        """Update what the worker's policy lets be closed."""
        return await self._sweep(_CLOSE_QUESTIONS)

    async def forget_events(self) -> int:
        """Delete what the worker's policy lets go."""
        return await self._sweep(_FORGET_EVENTS)

    async def _sweep(self, statement: str) -> int:
        async with self._database.worker_transaction() as connection:
            done = await connection.execute(statement)
        return int(done.rpartition(" ")[2])


@cache
def _request() -> TypeAdapter[OfferRequest]:
    return TypeAdapter(OfferRequest)


@cache
def _flights() -> TypeAdapter[WatchedFlights]:
    return TypeAdapter(WatchedFlights)


def _seen(watch: PriceWatch) -> Sequence[object]:
    first, best, last, told = (
        None if price is None else price.amount
        for price in (watch.first, watch.best, watch.last, watch.told)
    )
    return (
        watch.watch_id,
        watch.ended,
        watch.ended_at,
        None if watch.first is None else watch.first.currency,
        watch.data,
        first,
        best,
        watch.best_at,
        last,
        told,
        watch.checked_at,
        watch.checks,
        watch.failures,
    )


def _watch(row: Row | None) -> PriceWatch | None:
    if row is None:
        return None
    currency, flights = row["currency"], row["flights"]
    return PriceWatch(
        watch_id=row["watch_id"],
        request=_request().validate_json(row["request"]),
        flights=None if flights is None else _flights().validate_json(flights),
        alert=Alert(_money(row["target_amount"], row["target_currency"]), row["drop_percent"]),
        created_at=row["created_at"],
        ends_at=row["ends_at"],
        ends_for=row["ends_for"],
        ended=row["ended"],
        ended_at=row["ended_at"],
        first=_money(row["first_amount"], currency),
        best=_money(row["best_amount"], currency),
        best_at=row["best_at"],
        last=_money(row["last_amount"], currency),
        told=_money(row["told_amount"], currency),
        data=row["data"],
        checked_at=row["checked_at"],
        checks=row["checks"],
        failures=row["failures"],
    )


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    """Return what two columns hold."""
    return None if amount is None or currency is None else Money(amount, currency)
