"""What somebody with the application's role and an account of their own might try."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.repositories.rows import TRIP_ID
from tests.repositories.trip_scene import EDITOR, fill
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import DriverConnection
from tripsage_mcp.infrastructure.postgres.driver import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(database: Database) -> Database:
    await fill(database)
    return database


@pytest.fixture
async def session(scene: Database) -> AsyncGenerator[DriverConnection]:
    """A session in which no function was used yet: each is read when it is used first."""
    engine: Any = vars(scene)["_engine"]
    address = engine.lease.address
    connection = await connect(
        host=address.host,
        port=address.port,
        user="tripsage_app",
        password=engine.supervisor.cluster.password("tripsage_app"),
        database="postgres",
    )
    yield connection
    connection.terminate()


@pytest.mark.parametrize("name", ["uuid", "text", "jsonb"])
@pytest.mark.parametrize(
    "call",
    [
        "app.trip_role($1)",
        "app.tell_members($1, 'trip.changed', '{}', now())",
        "app.accept_invitation(sha256('unknown'), 'Zoe')",
        "app.leave_trip($1)",
        "app.guest_trip()",
        "app.shared_trips(true)",
    ],
)
async def test_no_type_of_the_callers_takes_the_place_of_ours(
    session: DriverConnection, name: str, call: str
) -> None:
    await session.execute(
        "create function pg_temp.runs() returns boolean language plpgsql as"
        " $$ begin raise exception 'ran as %', current_user; end $$;"
        f"create domain pg_temp.{name} as pg_catalog.{name} check (pg_temp.runs());"
        f"set search_path = pg_catalog, pg_temp; set app.account_id = '{EDITOR}'"
    )
    # Without arguments of the driver's, which would look the types up itself.
    named = call.replace("$1", f"'{TRIP_ID}'")
    await session.execute(f"do $do$ begin perform {named}; end $do$")
