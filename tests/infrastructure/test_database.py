import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from asyncpg import exceptions
from pydantic import SecretStr

from tests.infrastructure.conftest import BlankDatabase
from tripsage_mcp.errors import ConfigurationError, PermissionDeniedError, StorageError
from tripsage_mcp.infrastructure.database import Database, DatabaseConfig
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.infrastructure.postgres.engine import read_url

pytestmark = pytest.mark.anyio

ADD = "insert into note (account_id, text) values ($1, $2)"


def config(url: str, *, connect_s: float = 5.0, wait_s: float = 20.0) -> DatabaseConfig:
    return DatabaseConfig(
        database_url=SecretStr(url), database_connect_timeout_s=connect_s, database_wait_s=wait_s
    )


@pytest.fixture(params=["", "&pgbouncer=true"], ids=["direct", "pooler"])
async def noted(
    blank: BlankDatabase, notes: Path, request: pytest.FixtureRequest
) -> AsyncGenerator[Database]:
    """A database named by the URL of a superuser, with the table `note`."""
    database = Database(config(blank.url(more=request.param)), migrations=notes)
    await database.open()
    yield database
    await database.close()


async def texts(connection: Connection) -> list[str]:
    return [row["text"] for row in await connection.fetch("select text from note order by id")]


def test_importing_the_database_loads_no_driver() -> None:
    code = (
        "import sys, tripsage_mcp.infrastructure.database;"
        "print(sorted({'asyncpg', 'psutil', 'filelock', 'platformdirs'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_transaction_knows_its_account_and_runs_as_the_app_role(database: Database) -> None:
    account_id = uuid4()

    async with database.transaction(account_id) as connection:
        assert await connection.fetchval("select app.current_account_id()") == account_id
        assert await connection.fetchval("select current_user::text") == "tripsage_app"


@pytest.mark.parametrize(
    "statement",
    [
        "set role postgres",
        "alter role tripsage_app bypassrls",
        "set session_replication_role = replica",
        "create table app.mine (id int)",
        "update app.schema_migration set name = ''",
        "copy (select 1) to program 'true'",
    ],
)
async def test_the_embedded_app_role_has_no_way_up(database: Database, statement: str) -> None:
    with pytest.raises(exceptions.InsufficientPrivilegeError):
        async with database.transaction(uuid4()) as connection:
            await connection.execute(statement)


async def test_the_embedded_app_role_stays_itself_when_it_resets_its_role(
    database: Database,
) -> None:
    async with database.transaction(uuid4()) as connection:
        await connection.execute("reset role")
        assert await connection.fetchval("select current_user::text") == "tripsage_app"


async def test_an_account_sees_and_changes_its_own_rows_only(noted: Database) -> None:
    one, other = uuid4(), uuid4()
    async with noted.transaction(one) as connection:
        await connection.execute(ADD, one, "mine")

    async with noted.transaction(other) as connection:
        assert await texts(connection) == []
        assert await connection.execute("delete from note") == "DELETE 0"
        assert await connection.execute("update note set text = 'stolen'") == "UPDATE 0"
    with pytest.raises(PermissionDeniedError):
        async with noted.transaction(other) as connection:
            await connection.execute(ADD, one, "planted")
    async with noted.transaction(one) as connection:
        assert await texts(connection) == ["mine"]


async def test_identity_does_not_stay_on_the_pooled_connection(
    blank: BlankDatabase, notes: Path
) -> None:
    noted = Database(config(blank.url()), migrations=notes)
    one, other = uuid4(), uuid4()
    backends: set[int] = set()
    for account_id in (one, other):
        async with noted.transaction(account_id) as connection:
            await connection.execute(ADD, account_id, str(account_id))
            backends.add(await connection.fetchval("select pg_backend_pid()"))
            assert await texts(connection) == [str(account_id)]
    assert len(backends) == 1, "the pool gave out another connection: nothing was tested"

    pool = vars(noted)["_engine"].pool
    async with pool.acquire(timeout=5) as raw:
        assert await raw.fetchval("select pg_backend_pid()") in backends
        assert await raw.fetchval("select app.current_account_id()") is None
        assert await raw.fetchval("select current_user::text") == "postgres"
    await noted.close()


async def fail_after_adding(database: Database, account_id: UUID) -> None:
    async with database.transaction(account_id) as connection:
        await connection.execute(ADD, account_id, "gone")
        raise ZeroDivisionError


async def test_a_body_that_raises_leaves_nothing(noted: Database) -> None:
    account_id = uuid4()
    with pytest.raises(ZeroDivisionError):
        await fail_after_adding(noted, account_id)

    async with noted.transaction(account_id) as connection:
        assert await texts(connection) == []


async def test_a_broken_constraint_passes_through_and_a_savepoint_contains_it(
    noted: Database,
) -> None:
    account_id = uuid4()
    async with noted.transaction(account_id) as connection:
        await connection.execute(ADD, account_id, "twice")
    with pytest.raises(exceptions.UniqueViolationError):
        async with noted.transaction(account_id) as connection:
            await connection.execute(ADD, account_id, "twice")

    async with noted.transaction(account_id) as connection:
        await connection.execute(ADD, account_id, "once")
        with pytest.raises(exceptions.UniqueViolationError):
            async with connection.transaction():
                await connection.execute(ADD, account_id, "once")
        assert await texts(connection) == ["twice", "once"]


async def test_an_error_of_the_calling_code_is_not_called_a_storage_failure(
    noted: Database,
) -> None:
    with pytest.raises(exceptions.InterfaceError):
        async with noted.transaction(uuid4()) as connection:
            await connection.execute("select $1::int", 1, 2)


async def test_a_statement_that_takes_too_long_is_a_storage_error(noted: Database) -> None:
    with pytest.raises(StorageError, match="did not answer in time"):
        async with noted.transaction(uuid4()) as connection:
            await connection.execute("set local statement_timeout = '20ms'; select pg_sleep(5)")


async def test_a_connection_cut_in_the_body_is_a_storage_error_and_the_next_call_works(
    noted: Database, blank: BlankDatabase
) -> None:
    account_id = uuid4()
    superuser = await blank.connect()

    async def lose_the_connection() -> None:
        async with noted.transaction(account_id) as connection:
            await connection.execute(ADD, account_id, "lost")
            pid = await connection.fetchval("select pg_backend_pid()")
            await superuser.execute("select pg_terminate_backend($1)", pid)
            await connection.fetch("select 1")

    with pytest.raises(StorageError) as caught:
        await lose_the_connection()

    assert caught.value.retryable
    async with noted.transaction(account_id) as connection:
        assert await texts(connection) == []


async def test_connections_cut_between_calls_are_not_noticed_by_the_caller(
    noted: Database, blank: BlankDatabase
) -> None:
    superuser = await blank.connect()
    async with noted.transaction(uuid4()), noted.transaction(uuid4()):
        pass
    await superuser.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )

    async with noted.transaction(uuid4()) as connection:
        assert await connection.fetchval("select 1") == 1


async def test_a_call_waits_for_a_database_that_is_opening(
    blank: BlankDatabase, notes: Path
) -> None:
    database = Database(config(blank.url()), migrations=notes)

    async def call() -> int:
        async with database.transaction(uuid4()) as connection:
            return await connection.fetchval("select 1")

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(database.open())
        calls = [group.create_task(call()) for _ in range(12)]

    assert [each.result() for each in calls] == [1] * 12
    await database.close()


async def test_an_up_to_date_schema_needs_no_owner(blank: BlankDatabase, notes: Path) -> None:
    owner = Database(config(blank.url()), migrations=notes)
    await owner.open()
    await owner.close()
    superuser = await blank.connect()
    login = f"login_{uuid4().hex}"
    await superuser.execute(f"create role {login} login password 'pw' in role tripsage_app")
    try:
        database = Database(config(blank.url(user=login, password="pw")), migrations=notes)
        account_id = uuid4()
        async with database.transaction(account_id) as connection:
            await connection.execute(ADD, account_id, "by a mere login")
            assert await connection.fetchval("select session_user::text") == login
        await database.close()
    finally:
        await superuser.execute(f"drop role {login}")


async def test_a_role_that_bypasses_row_level_security_is_refused(
    blank: BlankDatabase, notes: Path
) -> None:
    superuser = await blank.connect()
    await superuser.execute("alter role tripsage_app bypassrls")
    try:
        with pytest.raises(ConfigurationError, match="bypasses row level security"):
            await Database(config(blank.url()), migrations=notes).open()
    finally:
        await superuser.execute("alter role tripsage_app nobypassrls")


async def test_a_url_nobody_answers_at_is_one_sentence_without_the_password() -> None:
    database = Database(config("postgresql://someone:hunter2@127.0.0.1:1/trips"))

    with pytest.raises(StorageError) as caught:
        async with asyncio.timeout(5):
            await database.open()
    with pytest.raises(StorageError) as again:
        async with asyncio.timeout(1), database.transaction(uuid4()):
            raise AssertionError

    assert str(caught.value) == "TRIPSAGE_DATABASE_URL: the database cannot be reached"
    assert str(again.value) == str(caught.value)
    await database.close()


async def test_a_server_that_never_answers_is_given_up_on() -> None:
    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stopped.wait()
        writer.close()

    stopped = asyncio.Event()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        url = f"postgresql://a:b@127.0.0.1:{server.sockets[0].getsockname()[1]}/c"
        async with asyncio.timeout(10):
            impatient = Database(config(url, connect_s=0.1))
            with pytest.raises(StorageError, match="cannot be reached"):
                await impatient.open()
            waiting = Database(config(url, connect_s=0.5, wait_s=0.05))
            with pytest.raises(StorageError, match="still starting"):
                async with waiting.transaction(uuid4()):
                    raise AssertionError
            await waiting.close()
            patient = Database(config(url, connect_s=8, wait_s=45))
            with time_budget(0.05), pytest.raises(StorageError, match="still starting"):
                await patient.check()
        stopped.set()
        await patient.close()


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"password": "hunter2"}, "refuses its user or password"),
        ({"database": "nowhere"}, "has no such database"),
    ],
)
async def test_a_refused_login_names_the_setting(
    blank: BlankDatabase, wrong: dict[str, str], rule: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await Database(config(blank.url(**wrong))).open()

    assert str(caught.value).startswith("TRIPSAGE_DATABASE_URL: ")
    assert rule in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://a:b@c/d", "trips", "postgresql://a:b@c:port/d"])
def test_what_is_no_postgresql_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="TRIPSAGE_DATABASE_URL") as caught:
        read_url(url)

    assert url not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "pooled"),
    [
        ("postgresql://a:b@db.example.org/d", False),
        ("postgresql://a:b@db.example.org:5432/d?sslmode=require", False),
        ("postgresql://a:b@db.example.org:6543/d", True),
        ("postgresql://a:b@aws-0.pooler.supabase.com/d", True),
        ("postgres://a:b@db.example.org/d?pgbouncer=true", True),
    ],
)
def test_a_transaction_pooler_is_recognised_by_its_url(url: str, *, pooled: bool) -> None:
    dsn, behind_pooler = read_url(url)

    assert behind_pooler is pooled
    assert "pgbouncer" not in dsn
    assert dsn.startswith(url.partition("?")[0])


async def test_check_tells_what_answers(database: Database, noted: Database) -> None:
    embedded, external = await database.check(), await noted.check()

    assert (embedded.kind, external.kind) == ("embedded", "external")
    assert embedded.server_version == external.server_version
    assert embedded.pgvector_version.count(".") == 2
    assert embedded.latency_ms > 0
    assert embedded.data_directory is not None
    assert external.data_directory is None


async def test_a_closed_database_says_so_and_can_be_opened_again(
    blank: BlankDatabase, notes: Path
) -> None:
    database = Database(config(blank.url()), migrations=notes)
    await database.open()
    await database.close()

    with pytest.raises(StorageError, match="closed"):
        async with database.transaction(UUID(int=1)):
            raise AssertionError
    await database.open()
    async with database.transaction(UUID(int=1)) as connection:
        assert await connection.fetchval("select 1") == 1
    await database.close()


async def test_a_server_without_pgvector_is_explained(blank: BlankDatabase, notes: Path) -> None:
    superuser = await blank.connect()
    login = f"login_{uuid4().hex}"
    await superuser.execute(f"create role {login} login password 'pw'")
    try:
        database = Database(config(blank.url(user=login, password="pw")), migrations=notes)
        with pytest.raises(ConfigurationError, match="create extension vector"):
            await database.open()
        await superuser.execute("create extension vector")
        with pytest.raises(ConfigurationError, match="may not create the schema"):
            await database.open()
    finally:
        await superuser.execute(f"drop role {login}")
