"""Storage in PostgreSQL. Row level security, not these statements, keeps accounts apart."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tripsage_mcp.domain.account import Account
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.repositories.bookings import PostgresBookings
from tripsage_mcp.repositories.consents import PostgresConsents
from tripsage_mcp.repositories.events import PostgresEvents
from tripsage_mcp.repositories.memories import PostgresMemories
from tripsage_mcp.repositories.ports import UnitOfWork
from tripsage_mcp.repositories.trips import PostgresTrips
from tripsage_mcp.repositories.watches import PostgresWatches


class PostgresStorage:
    """Units of work over one database; whoever made the database opens and closes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
        """Begin a transaction as this account."""
        async with self._database.transaction(account.account_id) as connection:
            yield UnitOfWork(
                trips=PostgresTrips(connection),
                memories=PostgresMemories(connection),
                consents=PostgresConsents(connection),
                bookings=PostgresBookings(connection),
                watches=PostgresWatches(connection),
                events=PostgresEvents(connection),
            )
