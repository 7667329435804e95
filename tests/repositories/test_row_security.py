"""The database itself keeps travellers apart, whatever statement reaches it."""

from typing import Literal
from uuid import UUID, uuid4

import pytest
from asyncpg import exceptions

from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection

pytestmark = pytest.mark.anyio

type Who = Literal["owner", "stranger", "nobody"]

OWNER, STRANGER = uuid4(), uuid4()
# The one that `trip_save` refers to.
TRIP_ID = UUID("01980000-0000-7000-8000-000000000001")

# One row of each table; $1 is the account.
INSERTS = {
    "trip": (
        "insert into trip (account_id, trip_id, version, title, destination, start_date, end_date,"
        " travellers, status, flights, stays, created_at, updated_at) values ($1, $2, 1, 'Rome',"
        " 'Rome', '2027-05-10', '2027-05-14', '{self}', 'draft', '[]', '[]', now(), now())"
    ),
    "trip_save": (
        "insert into trip_save (account_id, idempotency_key, fingerprint, trip_id, version,"
        " saved_at) values ($1, $2::uuid::text, '', '01980000-0000-7000-8000-000000000001', 1,"
        " now())"
    ),
    "memory": (
        "insert into memory (account_id, memory_id, text, category, subject, subject_key, origin,"
        " created_at) values ($1, $2, 'Prefers aisle seats', 'flights', 'self', 'self', 'stated',"
        " now())"
    ),
    "consent": (
        "insert into consent (account_id, consent_id, action, subject, bound, shown, context,"
        " created_at, expires_at) values ($1, $2, 'book', gen_random_uuid()::text, sha256('x'),"
        " '{}', '{}', now(), now() + interval '1 minute')"
    ),
    "flight_booking": (
        "insert into flight_booking (account_id, booking_id, offer_id, kind, status, total_amount,"
        " total_currency, summary, data, created_at, updated_at) values ($1, $2, gen_random_uuid(),"
        " 'instant', 'ordering', 1, 'EUR', '{}', 'sandbox', now(), now())"
    ),
}
UPDATES = {
    "trip": "update trip set title = 'changed'",
    "memory": "update memory set superseded_by = null",
    "consent": "update consent set answer = 'no', answered_at = now()",
    "flight_booking": "update flight_booking set status = 'failed'",
}
COUNTS = {
    "trip": "select count(*) from trip",
    "trip_save": "select count(*) from trip_save",
    "memory": "select count(*) from memory",
    "consent": "select count(*) from consent",
    "flight_booking": "select count(*) from flight_booking",
}
DELETES = {
    "trip": "delete from trip",
    "trip_save": "delete from trip_save",
    "memory": "delete from memory",
}
TABLES = list(INSERTS)
# What was asked and what was ordered is never deleted.
KEPT = {
    "consent": "delete from consent",
    "flight_booking": "delete from flight_booking",
}


async def act_as(connection: Connection, who: Who) -> None:
    account_id = {"owner": str(OWNER), "stranger": str(STRANGER), "nobody": ""}[who]
    await connection.execute("select set_config('app.account_id', $1, true)", account_id)


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.transaction(OWNER) as connection:
        await connection.execute(INSERTS["trip"], OWNER, TRIP_ID)
        await connection.execute(INSERTS["trip_save"], OWNER, uuid4())
        for table in ("memory", *KEPT):
            await connection.execute(INSERTS[table], OWNER, uuid4())
    return database


@pytest.mark.parametrize("table", TABLES)
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


@pytest.mark.parametrize("table", DELETES)
@pytest.mark.parametrize(("who", "touched"), [("owner", 1), ("stranger", 0), ("nobody", 0)])
async def test_only_the_owner_deletes_a_row(
    filled: Database, table: str, who: Who, touched: int
) -> None:
    async with filled.transaction(STRANGER) as connection:
        await act_as(connection, who)
        assert await connection.execute(DELETES[table]) == f"DELETE {touched}"


@pytest.mark.parametrize("table", TABLES)
async def test_the_owner_adds_a_row(filled: Database, table: str) -> None:
    async with filled.transaction(OWNER) as connection:
        assert await connection.execute(INSERTS[table], OWNER, uuid4()) == "INSERT 0 1"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_nobody_else_adds_a_row_in_the_owners_name(
    filled: Database, table: str, who: Who
) -> None:
    async with filled.transaction(STRANGER) as connection:
        await act_as(connection, who)
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(INSERTS[table], OWNER, uuid4())


@pytest.mark.parametrize("table", ["trip", "memory", "consent", "flight_booking"])
async def test_without_an_identity_there_is_no_account_to_add_a_row_for(
    database: Database, table: str
) -> None:
    async with database.transaction(STRANGER) as connection:
        await act_as(connection, "nobody")
        implicit = INSERTS[table].replace("account_id, ", "", 1).replace("$1, $2", "$1", 1)
        with pytest.raises(exceptions.PostgresError) as caught:
            await connection.execute(implicit, uuid4())

    # Not null, or the policy: whichever PostgreSQL checks first.
    assert vars(type(caught.value)).get("sqlstate") in {"23502", "42501"}


@pytest.mark.parametrize(
    "statement",
    [
        "update trip set account_id = $1",
        "update trip set trip_id = $1",
        "update memory set account_id = $1",
        "update memory set text = $1::uuid::text",
        "update trip_save set account_id = $1",
        "update consent set account_id = $1",
        "update consent set bound = sha256($1::uuid::text::bytea)",
        "update consent set expires_at = now() + interval '1 day' where consent_id <> $1",
        "update flight_booking set account_id = $1",
        "update flight_booking set offer_id = $1::uuid::text",
        *(f"{statement} where account_id <> $1" for statement in KEPT.values()),
    ],
)
async def test_what_never_changes_cannot_be_changed_even_by_the_owner(
    filled: Database, statement: str
) -> None:
    async with filled.transaction(OWNER) as connection:
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(statement, STRANGER)


async def test_a_row_cannot_lean_on_anothers(filled: Database) -> None:
    async with filled.transaction(STRANGER) as connection:
        with pytest.raises(exceptions.ForeignKeyViolationError):
            await connection.execute(INSERTS["trip_save"], STRANGER, uuid4())


async def test_every_table_forces_row_security_and_is_indexed_by_account(
    database: Database,
) -> None:
    async with database.transaction(OWNER) as connection:
        tables = await connection.fetch(
            "select relname, relrowsecurity, relforcerowsecurity, exists ("
            "  select from pg_index join pg_attribute on attrelid = indrelid"
            "  and attnum = indkey[0] and attname = 'account_id' where indrelid = pg_class.oid"
            ") as indexed from pg_class"
            " where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')"
            " and relname <> 'schema_migration'"
        )

    assert set(TABLES) <= {row["relname"] for row in tables}
    for row in tables:
        guarded = (row["relrowsecurity"], row["relforcerowsecurity"], row["indexed"])
        assert guarded == (True, True, True), row["relname"]


async def test_diet_and_health_cannot_be_kept_without_consent(database: Database) -> None:
    async with database.transaction(OWNER) as connection:
        with pytest.raises(exceptions.CheckViolationError):
            await connection.execute(
                INSERTS["memory"].replace("'flights'", "'dietary'"), OWNER, uuid4()
            )
