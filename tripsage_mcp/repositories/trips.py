"""Trips in PostgreSQL."""

import json
from datetime import date, datetime
from uuid import UUID

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import Trip, TripSave, TripSummary
from tripsage_mcp.infrastructure.postgres.connection import Connection, Row

_ADD = """
insert into trip (
    trip_id, version, title, destination, start_date, end_date, travellers, status,
    budget_amount, budget_currency, itinerary, flights, stays, notes, updated_at, created_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""

_REPLACE = """
update trip set
    version = $2, title = $3, destination = $4, start_date = $5, end_date = $6, travellers = $7,
    status = $8, budget_amount = $9, budget_currency = $10, itinerary = $11, flights = $12,
    stays = $13, notes = $14, updated_at = $15
where trip_id = $1
"""

_GET = """
select
    trip_id, version, title, destination, start_date, end_date, travellers, status,
    budget_amount, budget_currency, itinerary, flights, stays, notes, created_at, updated_at
from trip
where trip_id = $1
"""

_GET_TO_CHANGE = _GET + "for update"

_PAGE = """
select trip_id, version, title, destination, start_date, end_date, status, created_at
from trip
where ($1::timestamptz is null or (created_at, trip_id) < ($1, $2::uuid))
    and ($3::date is null or end_date >= $3)
order by created_at desc, trip_id desc
limit $4
"""

# Two saves with one key may arrive together; the second must see what the first answered.
_LOCK_KEY = """
select pg_advisory_xact_lock(
    hashtextextended(app.current_account_id()::text || ' trip_save ' || $1, 0)
)
"""

_EARLIER_SAVE = """
select idempotency_key, fingerprint, trip_id, version, saved_at
from trip_save
where idempotency_key = $1
"""

_NOTE_SAVE = """
insert into trip_save (idempotency_key, fingerprint, trip_id, version, saved_at)
values ($1, $2, $3, $4, $5)
"""


class PostgresTrips:
    """The trips that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, trip: Trip) -> None:
        """Insert a row."""
        await self._connection.execute(_ADD, *_columns(trip), trip.created_at)

    async def get(self, trip_id: UUID) -> Trip | None:
        """Read a row."""
        return _trip(await self._connection.fetchrow(_GET, trip_id))

    async def get_to_change(self, trip_id: UUID) -> Trip | None:
        """Read a row and lock it; waits for whoever holds it and reads what they left."""
        return _trip(await self._connection.fetchrow(_GET_TO_CHANGE, trip_id))

    async def replace(self, trip: Trip) -> None:
        """Update a row."""
        await self._connection.execute(_REPLACE, *_columns(trip))

    async def page(
        self, *, after: tuple[datetime, UUID] | None, ending_from: date | None, limit: int
    ) -> tuple[TripSummary, ...]:
        """Read the rows that follow a position."""
        created_at, trip_id = after or (None, None)
        rows = await self._connection.fetch(_PAGE, created_at, trip_id, ending_from, limit)
        return tuple(
            TripSummary(
                trip_id=row["trip_id"],
                version=row["version"],
                title=row["title"],
                destination=row["destination"],
                start_date=row["start_date"],
                end_date=row["end_date"],
                status=row["status"],
                created_at=row["created_at"],
            )
            for row in rows
        )

    async def earlier_save(self, idempotency_key: str) -> TripSave | None:
        """Lock the key and read what is under it."""
        await self._connection.execute(_LOCK_KEY, idempotency_key)
        row = await self._connection.fetchrow(_EARLIER_SAVE, idempotency_key)
        if row is None:
            return None
        return TripSave(
            idempotency_key=row["idempotency_key"],
            fingerprint=row["fingerprint"],
            trip_id=row["trip_id"],
            version=row["version"],
            saved_at=row["saved_at"],
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
        )


def _columns(trip: Trip) -> tuple[object, ...]:
    budget = trip.budget
    return (
        trip.trip_id,
        trip.version,
        trip.title,
        trip.destination,
        trip.start_date,
        trip.end_date,
        list(trip.travellers),
        trip.status,
        None if budget is None else budget.amount,
        None if budget is None else budget.currency,
        None if trip.itinerary is None else json.dumps(trip.itinerary),
        json.dumps(trip.flights),
        json.dumps(trip.stays),
        trip.notes,
        trip.updated_at,
    )


def _trip(row: Row | None) -> Trip | None:
    if row is None:
        return None
    amount, itinerary = row["budget_amount"], row["itinerary"]
    return Trip(
        trip_id=row["trip_id"],
        version=row["version"],
        title=row["title"],
        destination=row["destination"],
        start_date=row["start_date"],
        end_date=row["end_date"],
        travellers=tuple(row["travellers"]),
        status=row["status"],
        budget=None if amount is None else Money(amount, row["budget_currency"]),
        itinerary=None if itinerary is None else json.loads(itinerary),
        flights=tuple(json.loads(row["flights"])),
        stays=tuple(json.loads(row["stays"])),
        notes=row["notes"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
