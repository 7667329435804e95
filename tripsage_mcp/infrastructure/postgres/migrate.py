"""Brings a database to the schema of this release: plain SQL files, forward only.

A file is `NNNN_what_it_does.sql`; it runs once, in a transaction of its own, and never changes
again. The lock belongs to that transaction, so it holds behind a pooler too, and is polled rather
than waited for, so that it cannot take part in a deadlock.
"""

import asyncio
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asyncpg import exceptions

from tripsage_mcp.errors import ConfigurationError, StorageError
from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.infrastructure.postgres.driver import sql_state

SEARCH_PATH = "app, public, extensions"

_LOCK = zlib.crc32(b"tripsage:migrations")
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+")
_WAIT_S = 120.0
# Servers of the release before are at work. Shorter than PostgreSQL takes to find a deadlock, so
# that it is never their transaction that is undone, and nobody queues behind us for long.
_LOCK_WAIT = "500ms"
_IN_THE_WAY = (exceptions.DeadlockDetectedError, exceptions.LockNotAvailableError)
# What is no fault of a file's.
_NOT_THE_FILES = (
    *_IN_THE_WAY,
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,
)
_LEDGER = """
create schema if not exists app;
create table if not exists app.schema_migration (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """The same on every system: line ends do not count."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read(folder: Path) -> list[Migration]:
    """Return the migrations in order; blocks.

    Raises:
        ConfigurationError: a misnamed file or a version used twice.
    """
    found: list[Migration] = []
    for file in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(file.stem)
        if match is None:
            raise ConfigurationError(f"{file.name}: a migration is named NNNN_words.sql")
        if found and found[-1].version == int(match[1]):
            raise ConfigurationError(f"{file.name}: version {match[1]} is used twice")
        # read_text turns every line end into \n.
        found.append(Migration(int(match[1]), file.stem, file.read_text(encoding="utf-8")))
    return found


def pending(migrations: list[Migration], applied: Mapping[int, str]) -> list[Migration]:
    """Return what is still to run.

    Raises:
        ConfigurationError: a file changed or came too late, or the database is newer.
    """
    known = {migration.version for migration in migrations}
    newest = max(applied, default=0)
    if applied.keys() - known:
        raise ConfigurationError("The database belongs to a newer TripSage; upgrade this program.")
    for migration in migrations:
        checksum = applied.get(migration.version)
        if checksum is None and migration.version < newest:
            raise ConfigurationError(
                f"Migration {migration.name} is older than the newest one the database has."
            )
        if checksum is not None and checksum != migration.checksum:
            raise ConfigurationError(
                f"Migration {migration.name} was changed after it was applied."
            )
    return [migration for migration in migrations if migration.version not in applied]


async def migrate(connection: Connection, folder: Path) -> int:
    """Apply what is pending and return how many files that were; safe to run from many processes.

    Args:
        connection: A connection outside any transaction; its role owns the schema.
        folder: Holds the `.sql` files.

    Raises:
        ConfigurationError: see `pending`; or a file failed, which then left nothing behind.
        StorageError: another process is still migrating, or never lets go of a table.
    """
    migrations = await asyncio.to_thread(read, folder)
    # An up-to-date database needs no right to change the schema and no lock.
    if not pending(migrations, await _applied(connection)):
        return 0
    applied = 0
    try:
        async with asyncio.timeout(_WAIT_S):
            while (step := await _step(connection, migrations)) is not False:
                if step is None:
                    await asyncio.sleep(0.05)
                else:
                    applied += 1
    except TimeoutError:
        raise StorageError("Another process is still changing the database's schema") from None
    return applied


async def _step(connection: Connection, migrations: list[Migration]) -> bool | None:
    """Apply the next file: True; None when another process is at it; False when none is left.

    None, too, when others used a table for too long: nothing was changed then.
    """
    try:
        async with connection.transaction():
            if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK):
                return None
            waiting = pending(migrations, await _applied(connection))
            if not waiting:
                return False
            await _apply(connection, waiting[0])
            return True
    except _IN_THE_WAY:
        return None


async def _apply(connection: Connection, migration: Migration) -> None:
    try:
        await connection.execute(_LEDGER)
        await connection.execute(
            "select set_config('search_path', $1, true), set_config('lock_timeout', $2, true)",
            SEARCH_PATH,
            _LOCK_WAIT,
        )
        # Without arguments this is the simple protocol: many statements and $$ bodies in one go.
        await connection.execute(migration.sql)
        await connection.execute(
            "insert into app.schema_migration (version, name, checksum) values ($1, $2, $3)",
            migration.version,
            migration.name,
            migration.checksum,
        )
    except exceptions.InsufficientPrivilegeError as exc:
        raise ConfigurationError(
            "The database's role may not create the schema, or the roles that it grants rights to",
            hint="Let a role migrate once that may: the database's owner, with createrole.",
        ) from exc
    except exceptions.PostgresError as exc:
        if isinstance(exc, _NOT_THE_FILES):
            raise
        raise ConfigurationError(
            f"Migration {migration.name} failed (SQLSTATE {sql_state(exc)}) and was undone."
        ) from exc


async def _applied(connection: Connection) -> dict[int, str]:
    if await connection.fetchval("select to_regclass('app.schema_migration')") is None:
        return {}
    rows = await connection.fetch("select version, checksum from app.schema_migration")
    return {row["version"]: row["checksum"] for row in rows}
