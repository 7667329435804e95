"""Storage in PostgreSQL. Row level security, not these statements, keeps accounts apart."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tripsage_mcp.domain.account import Account
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.repositories.memories import PostgresMemories
from tripsage_mcp.repositories.ports import UnitOfWork
from tripsage_mcp.repositories.trips import PostgresTrips


class PostgresStorage:
    """Units of work over one database; whoever made the database opens and closes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
        """Begin a transaction as this account."""
        async with self._database.transaction(account.account_id) as connection:
            yield UnitOfWork(PostgresTrips(connection), PostgresMemories(connection))
