"""asyncpg, with types; the only module that calls it.

Imported only when the database is first needed: it costs more than the rest of a start-up.
"""

from typing import Final, cast

import asyncpg
from asyncpg import exceptions

from tripsage_mcp.infrastructure.postgres.connection import DriverConnection, Pool

# Whatever connecting, or using a connection that broke, may raise.
CANNOT_CONNECT: Final = (
    OSError,
    TimeoutError,
    exceptions.PostgresError,
    exceptions.InterfaceError,
    exceptions.InternalClientError,
)


async def connect(**arguments: object) -> DriverConnection:
    """Open one connection; the arguments are asyncpg's."""
    # asyncpg ships no types.
    connection = await asyncpg.connect(**arguments)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportArgumentType]
    return cast("DriverConnection", connection)


async def open_pool(**arguments: object) -> Pool:
    """Open a pool that does not reset connections; the arguments are asyncpg's.

    Every setting of ours is local to its transaction, so the usual RESET ALL would only double the
    cost of a small query. asyncpg still rolls back what a user may have left open.
    """
    pool = asyncpg.create_pool(min_size=0, reset=_nothing, **arguments)  # pyright: ignore[reportUnknownMemberType, reportArgumentType]
    await pool
    return cast("Pool", pool)


async def _nothing(_connection: DriverConnection) -> None:
    pass


def sql_state(exc: exceptions.PostgresError) -> str:
    """Return the five characters that say what PostgreSQL objected to."""
    return cast("str", getattr(exc, "sqlstate", "XX000"))


def is_gone(connection: DriverConnection) -> bool:
    """Return whether a borrowed connection is of no more use."""
    try:
        return connection.is_closed()
    except exceptions.InterfaceError:
        # The pool takes a connection back at the moment it breaks, and then answers nothing.
        return True
