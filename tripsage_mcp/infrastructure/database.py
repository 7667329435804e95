"""The database as repositories see it: one transaction per call, for one account.

Light to import. The driver, the supervisor and everything else that is heavy load in a thread when
the database is first opened.
"""

import asyncio
import importlib
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import SecretStr

from tripsage_mcp.errors import StorageError, TripSageError
from tripsage_mcp.infrastructure import deadline, resources
from tripsage_mcp.infrastructure.config import Section, env
from tripsage_mcp.infrastructure.postgres.connection import Connection

if TYPE_CHECKING:
    from tripsage_mcp.infrastructure.postgres.engine import Engine

_ENGINE = "tripsage_mcp.infrastructure.postgres.engine"
# After a failed start, calls fail at once for this long instead of each trying again.
_PAUSE_AFTER_FAILURE_S = 2.0
# How long closing waits for a start under way.
_PATIENCE_S = 10.0


class DatabaseConfig(Section):
    """Which database: ours, started on demand, unless a URL names one of yours.

    Attributes:
        database_url: `postgresql://...`; its role migrates, requests run as `tripsage_app`.
        data_dir: Where the embedded database lives; by default the user's data folder.
        pg_bin: PostgreSQL programs to use for the embedded database.
        database_connect_timeout_s: Seconds to wait for a connection to `database_url`.
        database_wait_s: Seconds a call waits at most for a database that is starting.
    """

    model_config = env("TRIPSAGE_")

    database_url: SecretStr | None = None
    data_dir: Path | None = None
    pg_bin: Path | None = None
    database_connect_timeout_s: float = 5.0
    database_wait_s: float = 45.0


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """What `doctor` and readiness show.

    Attributes:
        kind: Ours or yours.
        server_version: PostgreSQL's, e.g. "18.6".
        pgvector_version: e.g. "0.8.6".
        latency_ms: Of one small transaction.
        data_directory: The embedded database's folder.
    """

    kind: Literal["embedded", "external"]
    server_version: str
    pgvector_version: str
    latency_ms: float
    data_directory: Path | None


class Database:
    """Opens on first use, heals after the server was killed, and is closed by its owner.

    Args:
        config: Which database.
        migrations: Folder of migrations, where not the ones shipped.
    """

    def __init__(self, config: DatabaseConfig, *, migrations: Path | None = None) -> None:
        self._config = config
        self._migrations = migrations
        self._engine: Engine | None = None
        self._opening: asyncio.Task[Engine] | None = None
        self._failed_at: float | None = None
        self._closed = False

    def start(self) -> None:
        """Begin opening without waiting; how it went shows in `open` or at the first use."""
        self._closed = False
        if self._engine is None:
            self._start()

    async def open(self) -> None:
        """Start or reach the database, migrate it and check it; returns at once when it is open.

        Raises:
            ConfigurationError: a setting is wrong; one sentence naming it, never its value.
            StorageError: the database is out of reach.
        """
        self._closed = False
        if self._engine is None:
            self._failed_at = None
            await asyncio.shield(self._start())

    async def close(self) -> None:
        """Close every connection; the last to leave stops the embedded server."""
        self._closed = True
        opening, self._opening = self._opening, None
        if opening is not None and not opening.done():
            # Better a complete start and an orderly stop than a server nobody knows of.
            await asyncio.wait({opening}, timeout=_PATIENCE_S)
            opening.cancel()
            await asyncio.wait({opening})
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()

    @asynccontextmanager
    async def transaction(self, account_id: UUID) -> AsyncGenerator[Connection]:
        """Run the body in one transaction that sees the rows of `account_id` alone.

        Waits for a database that is still starting. Commits when the body returns, rolls back when
        it raises. Constraint violations pass through for the caller to translate.

        Raises:
            PermissionDeniedError: a policy refused a row that the body wrote.
            StorageError: the database is out of reach, or broke off; nothing was committed, unless
                it broke off during the commit itself.
        """
        async with AsyncExitStack() as stack:
            yield await self._begin(stack, account_id)

    @asynccontextmanager
    async def worker_transaction(self) -> AsyncGenerator[Connection]:
        """Run the body in one transaction as the worker, who sees what is due and nobody's data.

        Raises:
            StorageError: the database is out of reach, or its role may not act as the worker.
        """
        async with AsyncExitStack() as stack:
            yield await self._begin(stack, None)

    async def check(self) -> DatabaseCheck:
        """Ask the database for a sign of life.

        Raises:
            StorageError: it is out of reach.
        """
        begun = time.perf_counter()
        async with self.transaction(UUID(int=0)) as connection:
            server = str(await connection.fetchval("show server_version"))
            pgvector = await connection.fetchval(
                "select extversion from pg_catalog.pg_extension where extname = 'vector'"
            )
        latency_ms = (time.perf_counter() - begun) * 1000
        engine = self._engine
        return DatabaseCheck(
            kind="embedded" if self._config.database_url is None else "external",
            server_version=server.partition(" ")[0],
            pgvector_version=str(pgvector),
            latency_ms=round(latency_ms, 2),
            data_directory=None if engine is None else engine.data_directory,
        )

    async def _begin(self, stack: AsyncExitStack, account_id: UUID | None) -> Connection:
        """Begin a transaction on `stack`; a server that died meanwhile gets a second try."""
        for _ in range(2):
            engine = await self._ready()
            connection = await engine.begin(stack, account_id)
            if connection is not None:
                return connection
            self._abandon(engine)
        raise StorageError("The database is out of reach")

    def _abandon(self, engine: "Engine") -> None:
        if self._engine is engine:
            self._engine = self._opening = None
        engine.abandon()

    async def _ready(self) -> "Engine":
        if self._engine is not None:
            return self._engine
        if self._closed:
            raise StorageError("The database is closed")
        opening = self._start()
        patience_s = min(self._config.database_wait_s, deadline.left_s())
        done, _ = await asyncio.wait({opening}, timeout=patience_s)
        if opening.cancelled():
            raise StorageError("The database is closed")
        if not done:
            raise StorageError("The database is still starting", hint="Try again in a moment.")
        try:
            return opening.result()
        except StorageError:
            raise
        except TripSageError as exc:
            # For a caller it is the same: what they asked cannot be stored or read now.
            raise StorageError(exc.message) from exc

    def _start(self) -> "asyncio.Task[Engine]":
        """Return the opening that is under way or has just failed, else begin one.

        A task of its own, because the call that happens to come first may be cancelled while
        others wait for the same database.
        """
        paused_until = (self._failed_at or -_PAUSE_AFTER_FAILURE_S) + _PAUSE_AFTER_FAILURE_S
        opening = self._opening
        if opening is None or (opening.done() and time.monotonic() >= paused_until):
            opening = self._opening = asyncio.create_task(self._open())
            opening.add_done_callback(_retrieve)
        return opening

    async def _open(self) -> "Engine":
        try:
            self._engine = await self._connect()
        except BaseException:
            self._failed_at = time.monotonic()
            raise
        self._failed_at = None
        return self._engine

    async def _connect(self) -> "Engine":
        await asyncio.to_thread(importlib.import_module, _ENGINE)
        from tripsage_mcp.infrastructure.postgres import engine  # noqa: PLC0415 - see the module

        config = self._config
        migrations = self._migrations or resources.path("migrations")
        if config.database_url is not None:
            return await engine.open_external(
                config.database_url.get_secret_value(),
                migrations,
                config.database_connect_timeout_s,
            )
        return await engine.open_embedded(config.data_dir, config.pg_bin, migrations)


def _retrieve(opening: "asyncio.Task[Engine]") -> None:
    """Look at the outcome, so that asyncio does not log a failure nobody waited for."""
    if not opening.cancelled():
        opening.exception()
