"""Bookings in PostgreSQL."""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from tripsage_mcp.domain.booking import BookedSlice, Booking, BookingStatus, Itinerary
from tripsage_mcp.domain.money import Money
from tripsage_mcp.infrastructure.postgres.connection import Connection, Row

# A booking of the same offer that is being added meanwhile is waited for, and then counts.
_ADD = """
insert into flight_booking (
    booking_id, offer_id, kind, status, total_amount, total_currency, summary, data, order_id,
    booking_reference, failure, acting, pay_by, created_at, updated_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (account_id, offer_id) where status <> 'failed' do nothing
"""

_GET = """
select
    booking_id, offer_id, kind, status, total_amount, total_currency, summary, data, order_id,
    booking_reference, failure, acting, pay_by, created_at, updated_at
from flight_booking
where booking_id = $1
"""

_OF_OFFER = """
select
    booking_id, offer_id, kind, status, total_amount, total_currency, summary, data, order_id,
    booking_reference, failure, acting, pay_by, created_at, updated_at
from flight_booking
where offer_id = $1 and status <> 'failed'
"""

_PAGE = """
select
    booking_id, offer_id, kind, status, total_amount, total_currency, summary, data, order_id,
    booking_reference, failure, acting, pay_by, created_at, updated_at
from flight_booking
where $1::timestamptz is null or (created_at, booking_id) < ($1, $2::uuid)
order by created_at desc, booking_id desc
limit $3
"""

_SETTLE = """
update flight_booking set
    status = $2, total_amount = $3, total_currency = $4, order_id = $5, booking_reference = $6,
    failure = $7, acting = $8, pay_by = $9, updated_at = $10
where booking_id = $1 and status = any($11::text[])
"""


class PostgresBookings:
    """The bookings that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, booking: Booking) -> bool:
        """Insert a row."""
        tag = await self._connection.execute(
            _ADD,
            booking.booking_id,
            booking.offer_id,
            booking.kind,
            booking.status,
            booking.total.amount,
            booking.total.currency,
            json.dumps(asdict(booking.itinerary)),
            booking.data,
            booking.order_id,
            booking.booking_reference,
            booking.failure,
            booking.acting,
            booking.pay_by,
            booking.created_at,
            booking.updated_at,
        )
        return tag == "INSERT 0 1"

    async def get(self, booking_id: UUID) -> Booking | None:
        """Read a row."""
        row = await self._connection.fetchrow(_GET, booking_id)
        return None if row is None else _booking(row)

    async def of_offer(self, offer_id: str) -> Booking | None:
        """Read a row."""
        row = await self._connection.fetchrow(_OF_OFFER, offer_id)
        return None if row is None else _booking(row)

    async def page(self, *, after: tuple[datetime, UUID] | None, limit: int) -> tuple[Booking, ...]:
        """Read rows."""
        created_at, booking_id = after or (None, None)
        rows = await self._connection.fetch(_PAGE, created_at, booking_id, limit)
        return tuple(_booking(row) for row in rows)

    async def settle(self, booking: Booking, *, was: Collection[BookingStatus]) -> bool:
        """Update a row."""
        tag = await self._connection.execute(
            _SETTLE,
            booking.booking_id,
            booking.status,
            booking.total.amount,
            booking.total.currency,
            booking.order_id,
            booking.booking_reference,
            booking.failure,
            booking.acting,
            booking.pay_by,
            booking.updated_at,
            [*was],
        )
        return tag == "UPDATE 1"


def _booking(row: Row) -> Booking:
    return Booking(
        booking_id=row["booking_id"],
        offer_id=row["offer_id"],
        kind=row["kind"],
        status=row["status"],
        total=Money(row["total_amount"], row["total_currency"]),
        itinerary=_itinerary(row["summary"]),
        data=row["data"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        order_id=row["order_id"],
        booking_reference=row["booking_reference"],
        failure=row["failure"],
        acting=row["acting"],
        pay_by=row["pay_by"],
    )


def _itinerary(stored: str) -> Itinerary:
    found = json.loads(stored)
    slices = tuple(
        BookedSlice(each["origin"], each["destination"], each["departs"], tuple(each["flights"]))
        for each in found["slices"]
    )
    return Itinerary(found["airline"], slices)
