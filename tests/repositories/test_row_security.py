"""The database itself keeps travellers apart, whatever statement reaches it."""

from uuid import uuid4

import pytest
from asyncpg import exceptions

from tests.repositories.rows import (
    COUNTS,
    DELETES,
    FORBIDDEN,
    INSERTS,
    OWNER,
    STRANGER,
    UPDATES,
    Who,
    act_as,
)
from tripsage_mcp.infrastructure.database import Database

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("table", INSERTS)
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


@pytest.mark.parametrize("table", INSERTS)
async def test_the_owner_adds_a_row(parents: Database, table: str) -> None:
    async with parents.transaction(OWNER) as connection:
        assert await connection.execute(INSERTS[table], OWNER, uuid4()) == "INSERT 0 1"


@pytest.mark.parametrize("table", INSERTS)
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
        named = INSERTS[table].replace("owner_id, ", "", 1).replace("account_id, ", "", 1)
        implicit = named.replace("$1, $2", "$1", 1)
        with pytest.raises(exceptions.PostgresError) as caught:
            await connection.execute(implicit, uuid4())

    # Not null, or the policy: whichever PostgreSQL checks first.
    assert vars(type(caught.value)).get("sqlstate") in {"23502", "42501"}


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_what_never_changes_cannot_be_changed_even_by_the_owner(
    filled: Database, statement: str
) -> None:
    async with filled.transaction(OWNER) as connection:
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(statement, STRANGER)


async def test_a_row_cannot_lean_on_anothers(filled: Database) -> None:
    async with filled.transaction(STRANGER) as connection:
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(INSERTS["trip_save"], STRANGER, uuid4())


async def test_diet_and_health_cannot_be_kept_without_consent(database: Database) -> None:
    async with database.transaction(OWNER) as connection:
        with pytest.raises(exceptions.CheckViolationError):
            await connection.execute(
                INSERTS["memory"].replace("'flights'", "'dietary'"), OWNER, uuid4()
            )
