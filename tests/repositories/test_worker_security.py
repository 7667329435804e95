"""The worker sees what is due, of every account, and nothing else."""

import pytest
from asyncpg import exceptions

from tests.repositories.rows import COUNTS, OWNER, STRANGER, WATCH_ID
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.repositories.watches import PostgresWatchQueue

pytestmark = pytest.mark.anyio


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
    database: Database,
) -> None:
    async with database.transaction(OWNER) as connection:
        for action, minutes in (("pay", -2), ("hold", 5)):
            await connection.execute(
                "insert into consent (consent_id, action, subject, bound, shown, context,"
                " created_at, expires_at) values (gen_random_uuid(), $1, 'it', sha256('it'), '{}',"
                " '{}', now() - interval '1 hour', now() + make_interval(mins => $2))",
                action,
                minutes,
            )

    assert await PostgresWatchQueue(database).close_questions() == 1

    async with database.transaction(OWNER) as connection:
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
