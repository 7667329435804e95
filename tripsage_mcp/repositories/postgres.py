"""Storage in PostgreSQL. Row level security, not these statements, keeps accounts apart."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.repositories.bookings import PostgresBookings
from tripsage_mcp.repositories.consents import PostgresConsents
from tripsage_mcp.repositories.events import PostgresEvents
from tripsage_mcp.repositories.memories import PostgresMemories
from tripsage_mcp.repositories.ports import UnitOfWork
from tripsage_mcp.repositories.shares import PostgresActivity, PostgresShares
from tripsage_mcp.repositories.trip_parts import PostgresTripParts
from tripsage_mcp.repositories.trips import PostgresTrips
from tripsage_mcp.repositories.watches import PostgresWatches

_NOBODY = UUID(int=0)
_AS_GUEST = "select set_config('app.invitation', $1, true)"


class PostgresStorage:
    """Units of work over one database; whoever made the database opens and closes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
        """Begin a transaction as this account."""
        async with self._database.transaction(account.account_id) as connection:
            yield _unit(connection)

    @asynccontextmanager
    async def begin_as_guest(self, token_hash: bytes) -> AsyncGenerator[UnitOfWork]:
        """Begin a transaction as nobody, who holds an invitation and writes nothing."""
        async with self._database.transaction(_NOBODY) as connection:
            await connection.execute(_AS_GUEST, token_hash.hex())
            await connection.execute("set transaction read only")
            yield _unit(connection)


def _unit(connection: Connection) -> UnitOfWork:
    return UnitOfWork(
        trips=PostgresTrips(connection),
        trip_parts=PostgresTripParts(connection),
        shares=PostgresShares(connection),
        activity=PostgresActivity(connection),
        memories=PostgresMemories(connection),
        consents=PostgresConsents(connection),
        bookings=PostgresBookings(connection),
        watches=PostgresWatches(connection),
        events=PostgresEvents(connection),
    )
