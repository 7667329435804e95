"""Nobody gives themselves, or anybody else, more than they have."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg import exceptions

from tests.build_trips import item
from tests.repositories.rows import OWNER, TRIP_ID
from tests.repositories.trip_scene import EDITOR, Who, become, fill
from tripsage_mcp.domain.account import Account
from tripsage_mcp.errors import PermissionDeniedError
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.repositories.postgres import PostgresStorage

pytestmark = pytest.mark.anyio

INVITE = (
    "insert into trip_invitation (trip_id, invitation_id, invited_by, role, token_hash, created_at,"
    " expires_at, most_uses) values ($1, gen_random_uuid(), $2, $3, sha256($3::text::bytea),"
    " now(), now() + $4::interval, 1)"
)
DAY = timedelta(days=1)


@pytest.fixture
async def scene(database: Database) -> Database:
    await fill(database)
    return database


async def part(connection: Connection, who: Who) -> UUID:
    await become(connection, who)
    return await connection.fetchval("select (app.trip_part($1)).member_id", TRIP_ID)


@pytest.mark.parametrize("who", ["editor", "viewer", "stranger", "nobody"])
async def test_nobody_but_an_owner_gives_or_takes_roles(scene: Database, who: Who) -> None:
    async with scene.transaction(OWNER) as connection:
        await become(connection, who)
        members = await connection.fetch("select member_id from trip_member")
        assert await connection.execute("update trip_member set role = 'owner'") == "UPDATE 0"
        for each in members or [{"member_id": uuid4()}]:
            removed = "select app.remove_member($1, $2)"
            assert await connection.fetchval(removed, TRIP_ID, each["member_id"]) is None


@pytest.mark.parametrize("who", ["owner", "co_owner"])
async def test_whose_trip_it_is_stays_and_stays_owner(scene: Database, who: Who) -> None:
    async with scene.transaction(OWNER) as connection:
        owner = await part(connection, "owner")
        await become(connection, who)
        demoted = "update trip_member set role = 'viewer' where member_id = $1"
        assert await connection.execute(demoted, owner) == "UPDATE 0"
        removed = "select app.remove_member($1, $2)"
        assert await connection.fetchval(removed, TRIP_ID, owner) is None
        assert await connection.fetchval("select app.leave_trip($1)", TRIP_ID) is None or (
            who == "co_owner"
        )
        await become(connection, "owner")
        assert await connection.fetchval("select app.trip_role($1)", TRIP_ID) == "owner"


async def test_somebody_elses_trip_cannot_be_taken_into_ones_own_name(scene: Database) -> None:
    async with scene.transaction(OWNER) as connection:
        await become(connection, "editor")
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute("update trip set owner_id = app.current_account_id()")


@pytest.mark.parametrize("who", ["co_owner", "editor"])
async def test_who_shares_a_trip_can_neither_delete_it_nor_put_it_in_the_bin(
    scene: Database, who: Who
) -> None:
    async with scene.transaction(OWNER) as connection:
        await become(connection, who)
        assert await connection.execute("delete from trip") == "DELETE 0"
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute("update trip set deleted_at = now()")


@pytest.mark.parametrize(
    ("who", "role"),
    [("editor", "owner"), ("viewer", "viewer"), ("stranger", "viewer"), ("nobody", "viewer")],
)
async def test_nobody_invites_to_more_than_they_may(scene: Database, who: Who, role: str) -> None:
    async with scene.transaction(OWNER) as connection:
        own = await part(connection, who)
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(INVITE, TRIP_ID, own or uuid4(), role, DAY)


async def test_nobody_invites_in_anothers_name(scene: Database) -> None:
    async with scene.transaction(OWNER) as connection:
        owner = await part(connection, "owner")
        await become(connection, "editor")
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(INVITE, TRIP_ID, owner, "editor", DAY)


async def test_an_editor_does_not_revoke_what_invites_an_owner(scene: Database) -> None:
    async with scene.transaction(OWNER) as connection:
        await connection.execute(INVITE, TRIP_ID, await part(connection, "owner"), "owner", DAY)
        await become(connection, "editor")
        revoked = "update trip_invitation set revoked_at = now() where role = 'owner'"
        assert await connection.execute(revoked) == "UPDATE 0"


async def test_what_was_revoked_stays_revoked(scene: Database) -> None:
    async with scene.transaction(OWNER) as connection:
        await connection.execute("update trip_invitation set revoked_at = now()")
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute("update trip_invitation set revoked_at = null")


@pytest.mark.parametrize("expires_in", [timedelta(0), timedelta(days=91)])
async def test_an_invitation_ends_and_not_too_late(scene: Database, expires_in: timedelta) -> None:
    async with scene.transaction(OWNER) as connection:
        own = await part(connection, "owner")
        with pytest.raises(exceptions.CheckViolationError):
            await connection.execute(INVITE, TRIP_ID, own, "editor", expires_in)


async def test_an_invitation_does_not_end_later_for_being_said_to_be_made_later(
    scene: Database,
) -> None:
    later = INVITE.replace("now(), now()", "now() + interval '1 year', now() + interval '1 year'")
    async with scene.transaction(OWNER) as connection:
        own = await part(connection, "owner")
        await connection.execute(INVITE, TRIP_ID, own, "editor", timedelta(days=90))
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(later, TRIP_ID, own, "viewer", DAY)


LOG = (
    "insert into trip_activity (account_id, trip_id, activity_id, who, action, version, created_at)"
    " values ($1, $2, gen_random_uuid(), $3, $4, $5, now())"
)


@pytest.mark.parametrize(
    ("account", "name", "action", "version"),
    [
        (OWNER, "editor", "changed", 1),
        (EDITOR, "Owner", "changed", 1),
        (EDITOR, "editor", "joined", 1),
        (EDITOR, "editor", "member_removed", 1),
        (EDITOR, "editor", "role_changed", 1),
        (EDITOR, "editor", "changed", 2),
    ],
)
async def test_nobody_writes_into_the_log_what_they_did_not_do(
    scene: Database, account: UUID, name: str, action: str, version: int
) -> None:
    async with scene.transaction(OWNER) as connection:
        await become(connection, "editor")
        await connection.execute(LOG, EDITOR, TRIP_ID, "editor", "changed", 1)
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(LOG, account, TRIP_ID, name, action, version)


@pytest.mark.parametrize("who", ["viewer", "stranger", "nobody"])
async def test_who_may_not_write_tells_nobody(scene: Database, who: Who) -> None:
    async with scene.transaction(OWNER) as connection:
        await become(connection, who)
        told = await connection.fetchval(
            "select app.tell_members($1, 'trip.changed', '{}', now())", TRIP_ID
        )
        assert told == []
        assert not await connection.fetchval("select app.call_me($1, 'Somebody')", TRIP_ID)


@pytest.mark.parametrize(
    ("event", "data"), [("price_watch.changed", "{}"), ("trip.changed", f'{{"a": "{"x" * 5000}"}}')]
)
async def test_members_are_told_nothing_but_short_news_of_the_trip(
    scene: Database, event: str, data: str
) -> None:
    async with scene.transaction(OWNER) as connection:
        with pytest.raises(exceptions.CheckViolationError):
            await connection.execute(
                "select app.tell_members($1, $2, $3, now())", TRIP_ID, event, data
            )


async def test_what_is_inside_cannot_be_called(scene: Database) -> None:
    async with scene.transaction(OWNER) as connection:
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(
                "select app.tell_all_members($1, 'trip.changed', '{}', now())", TRIP_ID
            )


async def test_a_statement_cannot_be_about_a_trip_that_one_does_not_see(scene: Database) -> None:
    about = (
        "insert into memory (memory_id, text, category, subject, subject_key, origin, created_at,"
        " trip_id) values (gen_random_uuid(), 'Aisle', 'flights', 'self', 'self', 'stated', now(),"
        " $1)"
    )
    async with scene.transaction(OWNER) as connection:
        await become(connection, "viewer")
        assert await connection.execute(about, TRIP_ID) == "INSERT 0 1"
        await become(connection, "stranger")
        with pytest.raises(exceptions.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(about, TRIP_ID)


@pytest.mark.parametrize("column", ["holder", "note"])
async def test_the_number_of_a_document_is_not_stored(scene: Database, column: str) -> None:
    async with scene.transaction(OWNER) as connection:
        with pytest.raises(exceptions.CheckViolationError):
            await connection.execute(f"update trip_document set {column} = 'No. 123456789'")  # noqa: S608 - our names


async def test_who_is_demoted_in_the_middle_of_a_change_is_told_and_changes_nothing(
    scene: Database,
) -> None:
    storage = PostgresStorage(scene)
    now = datetime.now(UTC)

    async def change(*, items: bool) -> None:
        async with storage.begin(Account(EDITOR)) as unit:
            begun = await unit.trips.begin_change(TRIP_ID, now)
            assert begun is not None
            async with scene.transaction(OWNER) as connection:
                await connection.execute(
                    "update trip_member set role = 'viewer' where display_name = 'editor'"
                )
            if items:
                await unit.trip_parts.save_items(begun, [item()])
            else:
                await unit.trips.amend(begun, replace(begun.trip, title="Lost"))

    for items in (False, True):
        async with scene.transaction(OWNER) as connection:
            await connection.execute(
                "update trip_member set role = 'editor' where display_name = 'editor'"
            )
        with pytest.raises(PermissionDeniedError):
            await change(items=items)

    async with storage.begin(Account(OWNER)) as unit:
        trip = await unit.trips.get(TRIP_ID)
    assert trip is not None
    assert (trip.version, trip.title) == (1, "Rome")
