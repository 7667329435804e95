"""Every table, everybody, everything that can be done: what the database allows, and nothing else.

The tables, their columns and the functions come from the catalogue: what is new there and has no
entry in `trip_scene` fails.
"""

from uuid import uuid4

import pytest
from asyncpg import exceptions

from tests.repositories.rows import INSERTS, OWNER, TRIP_ID
from tests.repositories.trip_scene import (
    CHANGES,
    OPERATIONS,
    OWN_RIGHTS,
    PEOPLE,
    RIGHTS,
    TRIP_INSERTS,
    TRIP_RIGHTS,
    Operation,
    Who,
    become,
    columns,
    fill,
)
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection

pytestmark = pytest.mark.anyio

# Whose, which and since when: that never changes, in whichever table it is.
FOREVER = {"account_id", "owner_id", "trip_id", "created_at", "joined_at", "owns", "token_hash"}
# Which account is whose, and by what an invitation is found, is for policies alone.
HIDDEN = {
    ("trip", "owner_id"),
    ("trip_member", "account_id"),
    ("trip_member", "came_by"),
    ("trip_activity", "account_id"),
    ("trip_invitation", "token_hash"),
}
# What only other functions call.
INNER = {
    "tell_all_members",
    "note_and_tell",
    "trip_gets_its_owner",
    "trip_member_loses_their_link",
}


class Undone(Exception):  # noqa: N818 - no error
    pass


def undo() -> None:
    raise Undone


@pytest.fixture
async def scene(database: Database) -> Database:
    await fill(database)
    return database


async def touched(connection: Connection, statement: str, *args: object) -> int:
    """Return how many rows a statement touches, and undo it; none when it is refused."""
    count = 0
    try:
        async with connection.transaction():
            count = int((await connection.execute(statement, *args)).split()[-1])
            undo()
    except exceptions.InsufficientPrivilegeError:
        return 0
    except exceptions.UniqueViolationError:
        # The policies come first: it was allowed.
        return 1
    except Undone:
        pass
    return count


async def attempt(connection: Connection, table: str, operation: Operation, change: str) -> int:
    # Everybody who joined was told of it and has events of their own.
    which = f"where account_id = '{OWNER}'" if table in OWN_RIGHTS else ""
    match operation:
        case "select":
            return await touched(connection, f"select 1 from {table} {which}")  # noqa: S608 - the catalogue's names
        case "update":
            return await touched(connection, f"update {table} set {change} {which}")  # noqa: S608 - the catalogue's names
        case "delete":
            return await touched(connection, f"delete from {table} {which}")  # noqa: S608 - the catalogue's names
        case "insert" if table in TRIP_INSERTS:
            return await touched(connection, TRIP_INSERTS[table], TRIP_ID, uuid4())
        case "insert":
            return await touched(connection, INSERTS[table], OWNER, uuid4())


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("table", sorted(RIGHTS))
async def test_a_role_may_do_what_it_may_and_nothing_else(
    scene: Database, table: str, who: Who
) -> None:
    found = [each for each in await columns(scene) if each.table == table]
    # Any column that may be updated; where none may, any, for that has to be refused.
    name = next((each.name for each in found if each.update), found[0].name)
    change = CHANGES.get(table, f"{name} = {name}")

    async with scene.transaction(OWNER) as connection:
        await become(connection, who)
        allowed = {
            operation
            for operation in OPERATIONS
            if await attempt(connection, table, operation, change)
        }

    assert allowed == set(RIGHTS[table].get(who, "").split())


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("table", sorted(TRIP_RIGHTS))
async def test_what_is_deleted_is_there_for_whose_trip_it_is_alone(
    scene: Database, table: str, who: Who
) -> None:
    async with scene.transaction(OWNER) as connection:
        await connection.execute("update trip set deleted_at = now()")
        await become(connection, who)
        seen = [
            operation
            for operation in OPERATIONS
            if await attempt(connection, table, operation, CHANGES.get(table, "trip_id = trip_id"))
        ]

    if who == "owner":
        assert "select" in seen
    else:
        assert seen == []


@pytest.mark.parametrize("table", sorted(TRIP_RIGHTS))
async def test_the_worker_sees_nothing_of_trips(scene: Database, table: str) -> None:
    async with scene.worker_transaction() as connection:
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(f"select from {table}")


async def test_every_table_has_an_entry(scene: Database) -> None:
    assert {each.table for each in await columns(scene)} == set(RIGHTS)
    assert set(TRIP_INSERTS) | set(INSERTS) == set(RIGHTS)


async def test_every_table_forces_row_security_and_is_found_by_account_or_trip(
    database: Database,
) -> None:
    async with database.transaction(OWNER) as connection:
        tables = await connection.fetch(
            "select relname, relrowsecurity, relforcerowsecurity, array("
            "  select attname::text from pg_index join pg_attribute on attrelid = indrelid"
            "  and attnum = indkey[0] where indrelid = pg_class.oid"
            ") as first from pg_class"
            " where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')"
            " and relname <> 'schema_migration'"
        )

    for row in tables:
        name = row["relname"]
        assert (row["relrowsecurity"], row["relforcerowsecurity"]) == (True, True), name
        found_by = {"trip_id", "account_id"} if name in TRIP_RIGHTS else {"account_id"}
        assert found_by & set(row["first"]), name


async def test_whose_which_and_since_when_can_never_be_updated(database: Database) -> None:
    found = await columns(database)
    async with database.transaction(OWNER) as connection:
        keys = await connection.fetch(
            "select relname, attname from pg_index join pg_class on pg_class.oid = indrelid"
            " join pg_attribute on attrelid = indrelid and attnum = any (indkey)"
            " where indisprimary and relnamespace = 'app'::regnamespace"
        )
    in_keys = {(row["relname"], row["attname"]) for row in keys}

    fixed = [each for each in found if each.name in FOREVER or (each.table, each.name) in in_keys]
    assert len(fixed) > 40
    assert [each for each in fixed if each.update] == []


async def test_what_is_hidden_can_be_read_by_nobody_and_everything_else_can(
    database: Database,
) -> None:
    found = await columns(database)

    assert {(each.table, each.name) for each in found if not each.select} == HIDDEN


async def test_functions_that_look_behind_policies_are_a_nobodys_and_pinned(
    database: Database,
) -> None:
    async with database.transaction(OWNER) as connection:
        functions = await connection.fetch(
            "select proname, proconfig, rolname, rolcanlogin, rolsuper, rolbypassrls,"
            " has_function_privilege('tripsage_app', pg_proc.oid, 'execute') as app,"
            " has_function_privilege('public', pg_proc.oid, 'execute') as everybody"
            " from pg_proc join pg_roles on pg_roles.oid = proowner"
            " where pronamespace = 'app'::regnamespace and prosecdef"
        )
        gate = await connection.fetchrow(
            "select has_schema_privilege('tripsage_gate', 'app', 'create') as creates, exists ("
            "  select from pg_auth_members where roleid = 'tripsage_gate'::regrole"
            ") as has_members"
        )

    assert len(functions) == 13
    for row in functions:
        assert row["proconfig"] == ["search_path=pg_catalog, pg_temp"], row["proname"]
        assert row["rolname"] == "tripsage_gate"
        assert not any(row[power] for power in ("rolcanlogin", "rolsuper", "rolbypassrls"))
        assert not row["everybody"], row["proname"]
        assert row["app"] == (row["proname"] not in INNER), row["proname"]
    assert gate is not None
    assert (gate["creates"], gate["has_members"]) == (False, False)


async def test_no_table_of_the_callers_takes_the_place_of_ours(scene: Database) -> None:
    async with scene.transaction(OWNER) as connection:
        await become(connection, "stranger")
        await connection.execute(
            "create temporary table trip_member on commit drop as"
            " select $1::uuid as trip_id, app.current_account_id() as account_id, 'owner' as role",
            TRIP_ID,
        )
        await connection.execute("set local search_path = pg_temp, app, public")

        assert await connection.fetchval("select app.trip_role($1)", TRIP_ID) is None
        assert await connection.fetchval("select count(*) from app.trip") == 0
