"""A pool of connections to a database that is up, migrated, and safe to serve travellers from.

Imported only when the database is first needed: asyncpg costs more than the rest of a start-up.
"""

import asyncio
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from asyncpg import exceptions

from tripsage_mcp.errors import ConfigurationError, PermissionDeniedError, StorageError
from tripsage_mcp.infrastructure.data_folder import data_folder
from tripsage_mcp.infrastructure.postgres.connection import Connection, DriverConnection, Pool
from tripsage_mcp.infrastructure.postgres.driver import CANNOT_CONNECT, connect, is_gone, open_pool
from tripsage_mcp.infrastructure.postgres.migrate import SEARCH_PATH, migrate
from tripsage_mcp.infrastructure.postgres.supervisor import Lease, Supervisor

APP_ROLE: Final = "tripsage_app"
WORKER_ROLE: Final = "tripsage_worker"
_GATE_ROLE: Final = "tripsage_gate"
_VARIABLE = "TRIPSAGE_DATABASE_URL"
_POOL_SIZE = 8
_SLOWEST_STATEMENT_S = 30
_ACQUIRE_WAIT_S = 10
_APP_ROLE_LOCK = 0x7472_6970

_BEGIN = (
    "select set_config('app.account_id', $1, true), set_config('search_path', $2, true),"
    " set_config('statement_timeout', $3, true), set_config('role', $4, true)"
)
# Also by the rights of the worker, which a request must not have without becoming it, or of the
# role whose functions look behind policies.
_BYPASSES = """
select rolname::text from pg_catalog.pg_roles
where rolname = any($1::text[]) and (rolsuper or rolbypassrls)
    or rolname = any($2::text[]) and pg_catalog.pg_has_role(current_user, oid, 'usage')
"""
# What PostgreSQL says to somebody who may not become a role.
_NOT_THIS_ROLE = (
    exceptions.InsufficientPrivilegeError,
    exceptions.InvalidParameterValueError,
)
# What sets a row that a policy refuses apart from a right that nobody has.
_POLICY = "row-level security policy"
# What PostgreSQL says when it cannot serve, as opposed to when a statement is wrong.
_OUT_OF_REACH = (
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,
    exceptions.InsufficientResourcesError,
    exceptions.TransactionRollbackError,
    exceptions.InternalClientError,
)


@dataclass(frozen=True, slots=True)
class Engine:
    """An open pool; `lease` and `supervisor` only for the embedded server."""

    pool: Pool
    supervisor: Supervisor | None = None
    lease: Lease | None = None

    @property
    def data_directory(self) -> Path | None:
        """The embedded cluster's folder."""
        return None if self.supervisor is None else self.supervisor.cluster.home

    async def begin(self, stack: AsyncExitStack, account_id: UUID | None) -> Connection | None:
        """Return a connection in a new transaction that `stack` ends; None when the server is gone.

        Args:
            stack: Ends the transaction.
            account_id: Whose rows it sees; None for the worker's transaction.

        Raises:
            StorageError: every connection is in use, or the role is not ours to take.
        """
        for _ in range(2):
            attempt = AsyncExitStack()
            try:
                connection = await attempt.enter_async_context(
                    self.pool.acquire(timeout=_ACQUIRE_WAIT_S)
                )
            except CANNOT_CONNECT as exc:
                if self._busy(exc):
                    raise StorageError("Every database connection is in use") from exc
                return None
            try:
                attempt.enter_context(_translated(connection))
                await attempt.enter_async_context(connection.transaction())
                await _identify(connection, account_id)
            except _NOT_THIS_ROLE as exc:
                await attempt.__aexit__(type(exc), exc, exc.__traceback__)
                role = WORKER_ROLE if account_id is None else APP_ROLE
                raise StorageError(
                    f"The database's role may not act as {role}",
                    hint=f"Run 'grant {role} to' the role that the server logs in with.",
                ) from exc
            except BaseException as exc:
                broke = isinstance(exc, CANNOT_CONNECT) and is_gone(connection)
                with suppress(*([StorageError] if broke else [])):
                    await attempt.__aexit__(type(exc), exc, exc.__traceback__)
                if not broke:
                    raise
            else:
                stack.push_async_exit(attempt)
                return connection
        return None

    def _busy(self, exc: Exception) -> bool:
        if isinstance(exc, TimeoutError):
            return self.pool.get_size() >= _POOL_SIZE and self.pool.get_idle_size() == 0
        return isinstance(exc, exceptions.TooManyConnectionsError)

    async def close(self) -> None:
        """Close every connection, and stop the embedded server if nobody else uses it."""
        try:
            async with asyncio.timeout(5):
                await self.pool.close()
        except CANNOT_CONNECT:
            self.pool.terminate()
        if self.supervisor is not None and self.lease is not None:
            await self.supervisor.release(self.lease)

    def abandon(self) -> None:
        """Drop the connections to a server that is gone."""
        self.pool.terminate()
        if self.lease is not None:
            self.lease.connection.terminate()


async def open_embedded(data_dir: Path | None, pg_bin: Path | None, migrations: Path) -> Engine:
    """Start or join the embedded server of `data_dir` (None: of this user's data folder).

    Raises:
        ConfigurationError: no programs, no usable folder, a processor too old, a failed migration.
        StorageError: the server does not start.
    """
    supervisor = await asyncio.to_thread(_supervisor, data_dir, pg_bin)
    lease = await supervisor.acquire()
    try:
        await _prepare(lease.connection, migrations, embedded=True)
        password = supervisor.cluster.password(APP_ROLE)
        await _let_app_role_log_in(lease.connection, password)
        pool = await _open_pool(
            host=lease.address.host,
            port=lease.address.port,
            user=APP_ROLE,
            password=password,
            database="postgres",
            ssl=False,
        )
        await _refuse_bypass(pool)
        return Engine(pool, supervisor, lease)
    except BaseException as exc:
        with suppress(StorageError):
            await supervisor.release(lease)
        if isinstance(exc, CANNOT_CONNECT):
            raise StorageError("The embedded database broke off while it was being opened") from exc
        raise


async def open_external(url: str, migrations: Path, connect_timeout_s: float) -> Engine:
    """Connect to the operator's own server.

    Raises:
        ConfigurationError: the URL, the login, the schema or the role is wrong.
        StorageError: the server cannot be reached.
    """
    dsn, behind_pooler = read_url(url)
    arguments: dict[str, object] = {"dsn": dsn, "timeout": connect_timeout_s}
    if behind_pooler:
        # Each transaction may get another server connection, which knows no prepared statement.
        arguments["statement_cache_size"] = 0
    try:
        connection = await connect(**arguments)
        try:
            await _prepare(connection, migrations, embedded=False)
        finally:
            connection.terminate()
        pool = await _open_pool(**arguments)
        await _refuse_bypass(pool)
    except CANNOT_CONNECT as exc:
        raise _explained(exc) from exc
    except ValueError as exc:
        raise ConfigurationError(f"{_VARIABLE} is not a PostgreSQL URL") from exc
    return Engine(pool)


@contextmanager
def _translated(connection: DriverConnection) -> Generator[None]:
    """Turn failures of the database itself into ours and let everything else pass."""
    try:
        yield
    except Exception as exc:
        error = _ours(exc, closed=is_gone(connection))
        if error is None:
            raise
        raise error from exc


def _ours(exc: Exception, *, closed: bool) -> StorageError | PermissionDeniedError | None:
    if isinstance(exc, exceptions.QueryCanceledError | TimeoutError):
        return StorageError("The database did not answer in time")
    if isinstance(exc, exceptions.SerializationError | exceptions.DeadlockDetectedError):
        return StorageError("The database was busy with a competing change")
    if isinstance(exc, exceptions.InsufficientPrivilegeError) and _POLICY in str(exc):
        # Whoever began could do it; somebody took the right away meanwhile.
        return PermissionDeniedError("The account may not write this, or not any more")
    # An OSError or an InterfaceError may as well be a bug in the calling code.
    lost = closed and isinstance(exc, CANNOT_CONNECT)
    if lost or isinstance(exc, _OUT_OF_REACH):
        return StorageError("The database is out of reach")
    return None


def _supervisor(data_dir: Path | None, pg_bin: Path | None) -> Supervisor:
    return Supervisor.of(data_folder(data_dir), pg_bin)


async def _open_pool(**arguments: object) -> Pool:
    return await open_pool(
        max_size=_POOL_SIZE,
        command_timeout=_SLOWEST_STATEMENT_S + 5,
        server_settings={"application_name": "tripsage"},
        **arguments,
    )


async def _prepare(connection: Connection, migrations: Path, *, embedded: bool) -> None:
    await _ensure_pgvector(connection, embedded=embedded)
    await migrate(connection, migrations)


async def _ensure_pgvector(connection: Connection, *, embedded: bool) -> None:
    try:
        if await connection.fetchval(
            "select not exists (select from pg_catalog.pg_extension where extname = 'vector')"
        ):
            await connection.execute("create extension if not exists vector with schema public")
    except exceptions.UniqueViolationError:
        # Another process created it in the same moment.
        pass
    except (exceptions.InsufficientPrivilegeError, exceptions.FeatureNotSupportedError) as exc:
        raise ConfigurationError(
            "TRIPSAGE_PG_BIN: that PostgreSQL has no pgvector"
            if embedded
            else f"{_VARIABLE}: the server needs the extension pgvector; install it and run "
            "'create extension vector' once."
        ) from exc
    try:
        async with connection.transaction():
            await connection.execute("select set_config('search_path', $1, true)", SEARCH_PATH)
            await connection.fetchval("select '[1,2,3]'::vector <=> '[1,2,4]'::vector")
    except (exceptions.PostgresConnectionError, exceptions.CrashShutdownError, OSError) as exc:
        if not embedded:
            raise
        # The bundled build uses AVX2 without asking, and an illegal instruction kills the server.
        raise ConfigurationError(
            "The embedded database cannot run pgvector here, most likely because this processor "
            f"lacks AVX2; set {_VARIABLE} to a PostgreSQL of your own."
        ) from exc


async def _let_app_role_log_in(connection: Connection, password: str) -> None:
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", _APP_ROLE_LOCK)
        if not await connection.fetchval(
            "select rolcanlogin from pg_catalog.pg_roles where rolname = $1", APP_ROLE
        ):
            # Utility statements take no parameters; the password is hexadecimal digits.
            await connection.execute(f"alter role {APP_ROLE} login password '{password}'")


async def _refuse_bypass(pool: Pool) -> None:
    """Close the pool and raise when its transactions would see every traveller's rows."""
    try:
        bypasses = await _bypasses(pool)
    except BaseException:
        pool.terminate()
        raise
    if bypasses is None:
        return
    pool.terminate()
    raise ConfigurationError(
        f"The database's role {bypasses} bypasses row level security, so travellers could see "
        f"each other's data; run 'alter role {bypasses} nosuperuser nobypassrls' and "
        f"'alter role {APP_ROLE} noinherit'."
    )


async def _bypasses(pool: Pool) -> str | None:
    """Return the role by which a transaction would see more than its account's rows."""
    try:
        async with (
            pool.acquire(timeout=_ACQUIRE_WAIT_S) as connection,
            connection.transaction(),
        ):
            await _identify(connection, UUID(int=0))
            others = [WORKER_ROLE, _GATE_ROLE]
            return await connection.fetchval(_BYPASSES, [APP_ROLE, *others], others)
    except _NOT_THIS_ROLE as exc:
        raise ConfigurationError(
            f"{_VARIABLE}: its role may not act as {APP_ROLE}; run 'grant {APP_ROLE} to' that role."
        ) from exc


async def _identify(connection: Connection, account_id: UUID | None) -> None:
    """Set identity, role and limits for the transaction just begun; nothing outlives it."""
    who, role = ("", WORKER_ROLE) if account_id is None else (str(account_id), APP_ROLE)
    await connection.execute(_BEGIN, who, SEARCH_PATH, f"{_SLOWEST_STATEMENT_S}s", role)


def read_url(url: str) -> tuple[str, bool]:
    """Return the URL for the driver and whether a transaction pooler answers it.

    Raises:
        ConfigurationError: it is not a PostgreSQL URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError(f"{_VARIABLE} is not a PostgreSQL URL") from None
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ConfigurationError(f"{_VARIABLE} must begin with postgresql://")
    query = parse_qsl(parts.query, keep_blank_values=True)
    hinted = any(name == "pgbouncer" and value == "true" for name, value in query)
    # The server knows no such setting: it is a hint for clients.
    kept = urlencode([pair for pair in query if pair[0] != "pgbouncer"])
    pooled = hinted or port == 6543 or host.endswith(".pooler.supabase.com")  # noqa: PLR2004 - Supabase's pooler
    return parts._replace(query=kept).geturl(), pooled


def _explained(exc: BaseException) -> ConfigurationError | StorageError:
    match exc:
        case exceptions.InvalidAuthorizationSpecificationError():
            return ConfigurationError(f"{_VARIABLE}: the server refuses its user or password")
        case exceptions.InvalidCatalogNameError():
            return ConfigurationError(f"{_VARIABLE}: the server has no such database")
        case exceptions.ClientConfigurationError():
            return ConfigurationError(f"{_VARIABLE} is not a PostgreSQL URL")
        case _:
            return StorageError(f"{_VARIABLE}: the database cannot be reached")
