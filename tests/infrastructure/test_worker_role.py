"""Becoming the worker, whoever the server logs in as."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.infrastructure.conftest import BlankDatabase
from tripsage_mcp.errors import ConfigurationError, StorageError
from tripsage_mcp.infrastructure.database import Database, DatabaseConfig
from tripsage_mcp.repositories.watches import PostgresWatchQueue

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 3, 1, tzinfo=UTC)


def config(url: str) -> DatabaseConfig:
    return DatabaseConfig.model_validate({"database_url": url})


@pytest.mark.parametrize("more", ["", "&pgbouncer=true"], ids=["direct", "pooler"])
async def test_a_mere_login_that_may_act_as_the_app_may_act_as_the_worker(
    blank: BlankDatabase, more: str
) -> None:
    owner = Database(config(blank.url()))
    await owner.open()
    await owner.close()
    superuser = await blank.connect()
    login = f"login_{uuid4().hex}"
    await superuser.execute(f"create role {login} login password 'pw' in role tripsage_app")
    database = Database(config(blank.url(user=login, password="pw", more=more)))
    try:
        async with database.worker_transaction() as connection:
            assert await connection.fetchval("select session_user::text") == login
            assert await connection.fetchval("select current_user::text") == "tripsage_worker"
        assert await PostgresWatchQueue(database).claim(NOW, lease_until=NOW, at_most=1) == ()
    finally:
        await database.close()
        await superuser.execute(f"drop role {login}")


async def test_a_login_without_the_workers_role_is_told_what_to_grant(
    blank: BlankDatabase,
) -> None:
    superuser = await blank.connect()
    owner = Database(config(blank.url()))
    await owner.open()
    await owner.close()
    login = f"login_{uuid4().hex}"
    await superuser.execute(f"create role {login} login password 'pw' in role tripsage_app")
    await superuser.execute("revoke tripsage_worker from tripsage_app")
    database = Database(config(blank.url(user=login, password="pw")))
    try:
        await database.open()
        with pytest.raises(StorageError, match="may not act as tripsage_worker") as caught:
            async with database.worker_transaction():
                raise AssertionError
        async with database.transaction(uuid4()) as connection:
            assert await connection.fetchval("select 1") == 1
    finally:
        await superuser.execute("grant tripsage_worker to tripsage_app")
        await database.close()
        await superuser.execute(f"drop role {login}")
    assert "grant tripsage_worker" in (caught.value.hint or "")


@pytest.mark.parametrize("missing", [True, False])
async def test_an_owner_who_may_make_no_roles_is_told_so_unless_they_are_there(
    blank: BlankDatabase, *, missing: bool
) -> None:
    superuser = await blank.connect()
    owner = f"owner_{uuid4().hex}"
    await superuser.execute(
        f"create role {owner} login password 'pw' nocreaterole in role tripsage_app, tripsage_gate;"
        f"alter database {blank.name} owner to {owner}; create extension vector"
    )
    if missing:
        # Roles belong to the whole server, which other databases have had them made on.
        await superuser.execute(f"alter role tripsage_worker rename to away_{owner}")
    database = Database(config(blank.url(user=owner, password="pw")))
    try:
        if missing:
            with pytest.raises(ConfigurationError, match="or the roles") as caught:
                await database.open()
            assert "createrole" in (caught.value.hint or "")
        else:
            assert await PostgresWatchQueue(database).claim(NOW, lease_until=NOW, at_most=1) == ()
    finally:
        await database.close()
        if missing:
            await superuser.execute(f"alter role away_{owner} rename to tripsage_worker")
        await superuser.execute(
            f"reassign owned by {owner} to postgres; drop owned by {owner}; drop role {owner}"
        )


@pytest.mark.parametrize("role", ["tripsage_worker", "tripsage_gate"])
@pytest.mark.parametrize(
    ("loosened", "restored"),
    [
        ("alter role {role} bypassrls", "alter role {role} nobypassrls"),
        (
            "grant {role} to tripsage_app with inherit true",
            "revoke {role} from tripsage_app; {grant}",
        ),
    ],
)
async def test_a_role_that_could_see_more_or_lends_its_rights_is_refused(
    blank: BlankDatabase, role: str, loosened: str, restored: str
) -> None:
    database = Database(config(blank.url()))
    await database.open()
    await database.close()
    superuser = await blank.connect()
    await superuser.execute(loosened.format(role=role))
    try:
        with pytest.raises(ConfigurationError, match=f"{role} bypasses row level"):
            await database.open()
    finally:
        # What the migrations grant: to become the worker, and nobody the other.
        grant = {"tripsage_worker": f"grant {role} to tripsage_app with inherit false"}
        await superuser.execute(restored.format(role=role, grant=grant.get(role, "")))
