"""Watches, their queue and events belong to their account; the worker sees what is due alone."""

from typing import Literal
from uuid import UUID, uuid4

import pytest
from asyncpg import exceptions

from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.repositories.watches import PostgresWatchQueue

pytestmark = pytest.mark.anyio

type Who = Literal["owner", "stranger", "nobody"]

OWNER, STRANGER = uuid4(), uuid4()
WATCH_ID = UUID("01980000-0000-7000-8000-000000000001")

WATCH = (
    "insert into price_watch (account_id, watch_id, fingerprint, request, drop_percent, created_at,"
    " ends_at, ends_for, checks, failures) values ($1, $2, sha256($2::uuid::text::bytea),"
    " '{}', 3, now(), now(), 'departed', 0, 0)"
)
# One row of each table; $1 is the account, $2 something new.
INSERTS = {
    "price_watch": WATCH,
    "price_watch_point": (
        "insert into price_watch_point (account_id, watch_id, number, seen_at, offers) values ($1,"
        " '01980000-0000-7000-8000-000000000001', 1 + abs(hashtext($2::uuid::text) % 1000000),"
        " now(), 0)"
    ),
    "watch_due": (
        "insert into watch_due (account_id, watch_id, next_run_at) values ($1,"
        " coalesce(nullif('01980000-0000-7000-8000-000000000001'::uuid, $2::uuid),"
        " '01980000-0000-7000-8000-000000000001'), now())"
    ),
    "account_event": (
        "insert into account_event (account_id, event_id, kind, subject, data, created_at) values"
        " ($1, 1 + abs(hashtext($2::uuid::text) % 1000000), 'price_watch.changed', $2, '{}', now())"
    ),
}
COUNTS = {
    "price_watch": "select count(*) from price_watch",
    "price_watch_point": "select count(*) from price_watch_point",
    "watch_due": "select count(*) from watch_due",
    "account_event": "select count(*) from account_event",
    "account_event_count": "select count(*) from account_event_count",
}
UPDATES = {
    "price_watch": "update price_watch set checks = checks + 1",
    "watch_due": "update watch_due set next_run_at = now()",
    "account_event_count": "update account_event_count set latest = latest + 1",
}


async def act_as(connection: Connection, who: Who) -> None:
    account_id = {"owner": str(OWNER), "stranger": str(STRANGER), "nobody": ""}[who]
    await connection.execute("select set_config('app.account_id', $1, true)", account_id)


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.transaction(OWNER) as connection:
        await connection.execute(WATCH, OWNER, WATCH_ID)
        for table in ("price_watch_point", "watch_due", "account_event"):
            await connection.execute(INSERTS[table], OWNER, uuid4())
        await connection.execute("insert into account_event_count (latest) values (1)")
    return database


@pytest.mark.parametrize("table", COUNTS)
@pytest.mark.parametrize(("who", "seen"), [("owner", 1), ("stranger", 0), ("nobody", 0)])
async def test_only_the_owner_sees_a_row(filled: Database, table: str, who: Who, seen: int) -> None:
    async with filled.transaction(STRANGER) as connection:
        await act_as(connection, who)
        assert await connection.fetchval(COUNTS[table]) == seen


@pytest.mark.parametrize("table", UPDATES)
@pytest.mark.parametrize(("who", "touched"), [("owner", 1), ("stranger", 0), ("nobody", 0)])
async def test_only_the_owner_changes_a_row(
    filled: Database, table: str, who: Who, touched: int
) -> None:
    async with filled.transaction(STRANGER) as connection:
        await act_as(connection, who)
        assert await connection.execute(UPDATES[table]) == f"UPDATE {touched}"


@pytest.mark.parametrize("table", INSERTS)
@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_nobody_else_adds_a_row_in_the_owners_name(
    filled: Database, table: str, who: Who
) -> None:
    async with filled.transaction(STRANGER) as connection:
        await act_as(connection, who)
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(INSERTS[table], OWNER, uuid4())


@pytest.mark.parametrize(
    "statement",
    [
        "update price_watch set account_id = $1",
        "update price_watch set request = jsonb_build_object('id', $1::uuid)",
        "update price_watch_point set watch_id = $1",
        "delete from price_watch_point where watch_id = $1",
        "delete from price_watch where watch_id = $1",
        "update watch_due set account_id = $1",
        "update account_event set subject = $1",
        "delete from account_event where subject = $1",
        "delete from account_event_count where account_id = $1",
    ],
)
async def test_what_was_seen_and_told_cannot_be_rewritten_even_by_the_owner(
    filled: Database, statement: str
) -> None:
    async with filled.transaction(OWNER) as connection:
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(statement, STRANGER)


# The worker


async def test_the_worker_sees_what_is_due_in_every_account(filled: Database) -> None:
    async with filled.worker_transaction() as connection:
        rows = await connection.fetch("select account_id, watch_id from watch_due")
        assert await connection.fetchval("select current_user::text") == "tripsage_worker"
        assert await connection.fetchval("select app.current_account_id()") is None

    assert [(row["account_id"], row["watch_id"]) for row in rows] == [(OWNER, WATCH_ID)]


@pytest.mark.parametrize(
    "statement",
    [
        "select from price_watch",
        "select from price_watch_point",
        "select from account_event",
        "select from account_event_count",
        "select from trip",
        "select from memory",
        "update watch_due set next_run_at = now()",
        "update watch_due set account_id = gen_random_uuid()",
        "delete from watch_due",
        "insert into watch_due (watch_id, next_run_at) values (gen_random_uuid(), now())",
        "delete from account_event returning data",
        "delete from account_event where kind = 'price_watch.changed'",
        "select from consent",
        "update consent set closed_at = now(), shown = null returning consent_id",
        "update consent set closed_at = now(), shown = null where action = 'book'",
        "update consent set answer = 'yes', answered_at = now()",
        "select from flight_booking",
    ],
)
async def test_the_worker_may_do_nothing_else(filled: Database, statement: str) -> None:
    async with filled.worker_transaction() as connection:
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(statement)


async def test_the_worker_forgets_old_events_without_seeing_any(filled: Database) -> None:
    async with filled.transaction(OWNER) as connection:
        await connection.execute(
            "insert into account_event (event_id, kind, subject, data, created_at)"
            " values (2000000, 'price_watch.changed', $1, '{}', now() - interval '31 days')",
            WATCH_ID,
        )

    assert await PostgresWatchQueue(filled).forget_events() == 1

    async with filled.transaction(OWNER) as connection:
        assert await connection.fetchval(COUNTS["account_event"]) == 1


async def test_the_worker_closes_questions_that_are_over_without_seeing_any(
    filled: Database,
) -> None:
    async with filled.transaction(OWNER) as connection:
        for action, minutes in (("pay", -2), ("hold", 5)):
            await connection.execute(
                "insert into consent (consent_id, action, subject, bound, shown, context,"
                " created_at, expires_at) values (gen_random_uuid(), $1, 'it', sha256('it'), '{}',"
                " '{}', now() - interval '1 hour', now() + make_interval(mins => $2))",
                action,
                minutes,
            )

    assert await PostgresWatchQueue(filled).close_questions() == 1

    async with filled.transaction(OWNER) as connection:
        rows = await connection.fetch("select action, shown, closed_at from consent")
    assert {row["action"]: row["shown"] for row in rows} == {"pay": None, "hold": "{}"}
    assert {row["action"]: row["closed_at"] is None for row in rows} == {"pay": False, "hold": True}


async def test_a_request_has_none_of_the_workers_rights_until_it_becomes_the_worker(
    filled: Database,
) -> None:
    async with filled.transaction(STRANGER) as connection:
        assert not await connection.fetchval(
            "select pg_has_role(current_user, 'tripsage_worker', 'usage')"
        )
        assert await connection.fetchval(COUNTS["watch_due"]) == 0


async def test_the_workers_role_does_not_stay_on_the_pooled_connection(filled: Database) -> None:
    async with filled.worker_transaction() as connection:
        first = await connection.fetchval("select pg_backend_pid()")
    async with filled.transaction(STRANGER) as connection:
        assert await connection.fetchval("select pg_backend_pid()") == first
        assert await connection.fetchval("select current_user::text") == "tripsage_app"
