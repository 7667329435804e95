"""Trips in PostgreSQL."""

import json
from datetime import datetime
from typing import Final
from uuid import UUID

from tripsage_mcp.domain.trip import Trip, TripChange, TripSave, TripSummary
from tripsage_mcp.errors import PermissionDeniedError
from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.repositories import trip_rows
from tripsage_mcp.repositories.trip_ports import TripQuery, WholeTrip
from tripsage_mcp.repositories.whole_trips import read_whole

_COLUMNS: Final = """
    t.trip_id, t.version, t.title, t.destination, t.start_date, t.end_date, t.travellers, t.status,
    t.budget_amount, t.budget_currency, t.itinerary, t.flights, t.stays, t.notes, t.home_currency,
    t.display_order, t.deleted_at, t.created_at, t.updated_at, p.role, p.owns
"""

_ADD = """
insert into trip (
    trip_id, title, destination, start_date, end_date, travellers, status, budget_amount,
    budget_currency, itinerary, flights, stays, notes, home_currency, display_order, version,
    updated_at, created_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""

_AMEND = """
update trip set
    title = $2, destination = $3, start_date = $4, end_date = $5, travellers = $6, status = $7,
    budget_amount = $8, budget_currency = $9, itinerary = $10, flights = $11, stays = $12,
    notes = $13, home_currency = $14, display_order = $15
where trip_id = $1
"""

_GET = f"select {_COLUMNS} from trip t, app.trip_part(t.trip_id) p where t.trip_id = $1"  # noqa: S608 - our own words

_GET_TO_CHANGE = f"{_GET} for update of t"

# The row is locked from here on. Who waited for it goes on from what the other left.
_BEGIN_CHANGE = f"""
update trip t set version = t.version + 1, updated_at = $2
from app.trip_part($1) p
where t.trip_id = $1 and t.deleted_at is null
returning {_COLUMNS}
"""  # noqa: S608 - our own words

_BIN = """
update trip t set version = t.version + 1, updated_at = $2, deleted_at = $2
from app.trip_part($1) p
where t.trip_id = $1 and t.deleted_at is null and p.owns
"""

_RESTORE = """
update trip t set version = t.version + 1, updated_at = $2, deleted_at = null
from app.trip_part($1) p
where t.trip_id = $1 and t.deleted_at is not null and p.owns
"""

_ERASE = "delete from trip where trip_id = $1"

_FIND = """
select t.*, p.role, p.owns
from (
    select
        trip_id, version, title, destination, start_date, end_date, status, created_at,
        display_order, deleted_at
    from trip
    where (deleted_at is not null) = $1
        and ($2::integer is null or (display_order, created_at, trip_id) < ($2, $3, $4::uuid))
        and ($5::date is null or end_date >= $5)
    order by display_order desc, created_at desc, trip_id desc
    limit $6
) t, app.trip_part(t.trip_id) p
order by t.display_order desc, t.created_at desc, t.trip_id desc
"""

# Two saves with one key may arrive together; the second must see what the first answered.
_LOCK_KEY = """
select pg_advisory_xact_lock(
    hashtextextended(app.current_account_id()::text || ' trip_save ' || $1, 0)
)
"""

_EARLIER_SAVE = """
select idempotency_key, fingerprint, trip_id, version, saved_at, answer
from trip_save
where idempotency_key = $1
"""

_NOTE_SAVE = """
insert into trip_save (idempotency_key, fingerprint, trip_id, version, saved_at, answer)
values ($1, $2, $3, $4, $5, $6)
"""


class PostgresTrips:
    """The trips that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, trip: Trip) -> None:
        """Insert a row; triggers do the rest."""
        columns = _columns(trip)
        await self._connection.execute(
            _ADD, *columns, trip.version, trip.updated_at, trip.created_at
        )

    async def get(self, trip_id: UUID) -> Trip | None:
        """Read a row."""
        row = await self._connection.fetchrow(_GET, trip_id)
        return None if row is None else trip_rows.trip(row)

    async def whole(self, trip_id: UUID) -> WholeTrip | None:
        """Read a row and everything that refers to it."""
        return await read_whole(self._connection, trip_id)

    async def find(self, query: TripQuery) -> tuple[TripSummary, ...]:
        """Read the rows that follow a position."""
        order, created_at, trip_id = query.after or (None, None, None)
        rows = await self._connection.fetch(
            _FIND, query.binned, order, created_at, trip_id, query.ending_from, query.limit
        )
        return tuple(trip_rows.summary(row) for row in rows)

    async def begin_change(self, trip_id: UUID, at: datetime) -> TripChange | None:
        """Update a row, which locks it, and read it."""
        row = await self._connection.fetchrow(_BEGIN_CHANGE, trip_id, at)
        return None if row is None else TripChange(trip_rows.trip(row))

    async def amend(self, change: TripChange, trip: Trip) -> None:
        """Update a row; triggers do the rest."""
        _, *columns = _columns(trip)
        _check_touched(await self._connection.execute(_AMEND, change.trip_id, *columns))

    async def bin(self, trip_id: UUID, at: datetime) -> bool:
        """Update a row."""
        return await self._connection.execute(_BIN, trip_id, at) == "UPDATE 1"

    async def restore(self, trip_id: UUID, at: datetime) -> bool:
        """Update a row."""
        return await self._connection.execute(_RESTORE, trip_id, at) == "UPDATE 1"

    async def erase(self, trip_id: UUID) -> bool:
        """Delete a row, and with it what refers to it."""
        return await self._connection.execute(_ERASE, trip_id) == "DELETE 1"

    async def get_to_change(self, trip_id: UUID) -> Trip | None:
        """Read a row and lock it; waits for whoever holds it and reads what they left."""
        row = await self._connection.fetchrow(_GET_TO_CHANGE, trip_id)
        return None if row is None else trip_rows.trip(row)

    async def earlier_save(self, idempotency_key: str) -> TripSave | None:
        """Lock the key and read what is under it."""
        await self._connection.execute(_LOCK_KEY, idempotency_key)
        row = await self._connection.fetchrow(_EARLIER_SAVE, idempotency_key)
        if row is None:
            return None
        answer = row["answer"]
        return TripSave(
            idempotency_key=row["idempotency_key"],
            fingerprint=row["fingerprint"],
            trip_id=row["trip_id"],
            version=row["version"],
            saved_at=row["saved_at"],
            answer=None if answer is None else json.loads(answer),
        )

    async def note_save(self, save: TripSave) -> None:
        """Insert a row."""
        await self._connection.execute(
            _NOTE_SAVE,
            save.idempotency_key,
            save.fingerprint,
            save.trip_id,
            save.version,
            save.saved_at,
            None if save.answer is None else json.dumps(save.answer),
        )


def _check_touched(tag: str) -> None:
    """Refuse to go on when a trip that was there to change no longer is."""
    if tag != "UPDATE 1":
        raise PermissionDeniedError("The account may not change this trip any more")


def _columns(trip: Trip) -> tuple[object, ...]:
    budget = trip.budget
    return (
        trip.trip_id,
        trip.title,
        trip.destination,
        trip.start_date,
        trip.end_date,
        [*trip.travellers],
        trip.status,
        None if budget is None else budget.amount,
        None if budget is None else budget.currency,
        None if trip.itinerary is None else json.dumps(trip.itinerary),
        json.dumps(trip.flights),
        json.dumps(trip.stays),
        trip.notes,
        trip.home_currency,
        trip.display_order,
    )
