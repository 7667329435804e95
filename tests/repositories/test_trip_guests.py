"""What whoever holds an invitation's link sees and does: one trip, and nothing."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from asyncpg import exceptions

from tests.repositories.rows import OWNER, TRIP_ID
from tests.repositories.trip_scene import TRIP_INSERTS, fill
from tripsage_mcp.errors import PermissionDeniedError
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection

pytestmark = pytest.mark.anyio

NOBODY = UUID(int=0)
SECRET = {"trip_invitation"}


@pytest.fixture
async def scene(database: Database) -> Database:
    await fill(database)
    async with database.transaction(OWNER) as connection:
        # Another of the owner's.
        await connection.execute(
            "insert into trip (trip_id, version, title, destination, start_date, end_date,"
            " travellers, status, flights, stays, created_at, updated_at) values ($1, 1, 'Oslo',"
            " 'Oslo', now(), now(), '{self}', 'draft', '[]', '[]', now(), now())",
            uuid4(),
        )
    return database


@asynccontextmanager
async def guest(scene: Database, link: str = "open") -> AsyncGenerator[Connection]:
    async with scene.transaction(NOBODY) as connection:
        await connection.execute(
            "select set_config('app.invitation', encode(sha256($1::text::bytea), 'hex'), true)",
            link,
        )
        yield connection


async def invite(scene: Database, role: str = "editor", **more: str) -> None:
    """Store an invitation; what is given takes the place of what is usual."""
    usual = {"expires_at": "now() + interval '1 day'", "revoked_at": "null", "uses": "0"}
    columns = usual | more
    async with scene.transaction(OWNER) as connection:
        await connection.execute(
            "insert into trip_invitation (trip_id, invitation_id, invited_by, role, token_hash,"
            " created_at, expires_at, most_uses) select $1, gen_random_uuid(),"
            " (app.trip_part($1)).member_id, $2, sha256('open'::bytea), now() - interval '2 days',"
            f" {columns['expires_at']}, 1",
            TRIP_ID,
            role,
        )
        if columns["revoked_at"] != "null":
            await connection.execute("update trip_invitation set revoked_at = now()")


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
async def test_a_guest_reads_one_trip_whole_whatever_the_invitation_is_to(
    scene: Database, role: str
) -> None:
    await invite(scene, role)
    async with guest(scene) as connection:
        seen = {
            table: await connection.fetchval(f"select count(*) from {table}")  # noqa: S608
            for table in TRIP_INSERTS
        }
        trips = await connection.fetch("select trip_id from trip")
    assert [row["trip_id"] for row in trips] == [TRIP_ID]
    assert {table for table, rows in seen.items() if not rows} == SECRET


@pytest.mark.parametrize("table", TRIP_INSERTS)
async def test_a_guest_writes_nothing(scene: Database, table: str) -> None:
    await invite(scene, "owner")
    with pytest.raises((exceptions.PostgresError, PermissionDeniedError)):
        async with guest(scene) as connection:
            await connection.execute(TRIP_INSERTS[table], TRIP_ID, uuid4())


async def test_a_guest_changes_and_deletes_nothing(scene: Database) -> None:
    await invite(scene, "owner")
    async with guest(scene) as connection:
        assert await connection.execute("update trip set title = 'Mine'") == "UPDATE 0"
        assert await connection.execute("delete from trip") == "DELETE 0"
        assert await connection.execute("update trip_item set title = 'Mine'") == "UPDATE 0"
        assert await connection.execute("delete from trip_item") == "DELETE 0"
        assert await connection.fetchval("select app.leave_trip($1)", TRIP_ID) is None
        told = "select app.tell_members($1, 'trip.changed', '{}', now())"
        assert await connection.fetchval(told, TRIP_ID) == []


@pytest.mark.parametrize(
    "more", [{"expires_at": "now() - interval '1 day'"}, {"revoked_at": "now()"}]
)
async def test_what_is_over_shows_nothing(scene: Database, more: dict[str, str]) -> None:
    await invite(scene, **more)
    async with guest(scene) as connection:
        assert await connection.fetchval("select count(*) from trip") == 0
        assert await connection.fetchval("select app.trip_role($1)", TRIP_ID) is None


async def test_what_was_used_up_or_is_unknown_shows_nothing(scene: Database) -> None:
    await invite(scene)
    async with guest(scene, "other") as connection:
        assert await connection.fetchval("select count(*) from trip") == 0
    async with scene.transaction(uuid4()) as connection:
        await connection.execute("select app.accept_invitation(sha256('open'::bytea), 'Zoe')")
    async with guest(scene) as connection:
        assert await connection.fetchval("select count(*) from trip") == 0


async def test_a_deleted_trip_is_shown_to_nobody(scene: Database) -> None:
    await invite(scene)
    async with scene.transaction(OWNER) as connection:
        await connection.execute(
            "update trip set deleted_at = now(), version = version + 1 where trip_id = $1", TRIP_ID
        )
    async with guest(scene) as connection:
        assert await connection.fetchval("select count(*) from trip") == 0


async def test_the_invitation_ends_with_the_transaction(scene: Database) -> None:
    await invite(scene)
    async with guest(scene):
        pass
    for _ in range(5):
        async with scene.transaction(NOBODY) as connection:
            assert await connection.fetchval("select count(*) from trip") == 0
