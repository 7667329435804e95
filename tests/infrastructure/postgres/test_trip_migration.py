"""Trips of the releases before trips were shared: what they stored, and the releases themselves."""

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from asyncpg import exceptions

from tests.infrastructure.conftest import BlankDatabase
from tripsage_mcp.domain.account import Account
from tripsage_mcp.infrastructure import resources
from tripsage_mcp.infrastructure.database import Database, DatabaseConfig
from tripsage_mcp.infrastructure.postgres.connection import Connection, DriverConnection
from tripsage_mcp.infrastructure.postgres.driver import connect
from tripsage_mcp.infrastructure.postgres.migrate import SEARCH_PATH, migrate, read
from tripsage_mcp.repositories.ports import MemoryFilter
from tripsage_mcp.repositories.postgres import PostgresStorage
from tripsage_mcp.repositories.trip_ports import WholeTrip

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
OWNER, OTHER = uuid4(), uuid4()
ITINERARY = {"days": [{"date": "2027-05-10", "km": 1.5}]}

# What the release before sends, word for word.
ADD = """
insert into trip (
    trip_id, version, title, destination, start_date, end_date, travellers, status,
    budget_amount, budget_currency, itinerary, flights, stays, notes, updated_at, created_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
REPLACE = """
update trip set
    version = $2, title = $3, destination = $4, start_date = $5, end_date = $6, travellers = $7,
    status = $8, budget_amount = $9, budget_currency = $10, itinerary = $11, flights = $12,
    stays = $13, notes = $14, updated_at = $15
where trip_id = $1
"""
GET = """
select
    trip_id, version, title, destination, start_date, end_date, travellers, status,
    budget_amount, budget_currency, itinerary, flights, stays, notes, created_at, updated_at
from trip
where trip_id = $1
"""
PAGE = """
select trip_id, version, title, destination, start_date, end_date, status, created_at
from trip
where ($1::timestamptz is null or (created_at, trip_id) < ($1, $2::uuid))
    and ($3::date is null or end_date >= $3)
order by created_at desc, trip_id desc
limit $4
"""
NOTE_SAVE = """
insert into trip_save (idempotency_key, fingerprint, trip_id, version, saved_at)
values ($1, $2, $3, $4, $5)
"""
REMEMBER = """
insert into memory (memory_id, text, category, subject, subject_key, origin, created_at, trip_id)
values (gen_random_uuid(), 'Aisle', 'flights', 'self', 'self', 'stated', now(), $1)
"""

UNTIL_SOMEBODY_WAITS = """
do $$
begin
    while not exists (select from pg_locks where not granted and relation is not null) loop
        perform pg_sleep(0.01);
    end loop;
end
$$
"""


def columns(trip_id: UUID, version: int, *, days: bool = True) -> tuple[object, ...]:
    return (
        trip_id,
        version,
        "Rome in May",
        "Rome, Italy",
        date(2027, 5, 10),
        date(2027, 5, 14),
        ["self", "Inês"],
        "planned",
        1500,
        "EUR",
        json.dumps(ITINERARY) if days else None,
        json.dumps([{"offer_id": "off_1"}]),
        json.dumps([{"listing_id": "7"}]),
        "Blue bag",
        NOW,
    )


@dataclass(frozen=True, slots=True)
class Old:
    """A database as the release before left it; `login` owns it."""

    login: DriverConnection
    trip_id: UUID
    url: str

    async def migrate(self) -> None:
        await migrate(self.login, resources.path("migrations"))

    async def whole(self) -> WholeTrip:
        database = Database(DatabaseConfig.model_validate({"database_url": self.url}))
        try:
            async with PostgresStorage(database).begin(Account(OWNER)) as unit:
                assert len(await unit.memories.list(MemoryFilter())) >= 1
                assert await unit.trips.earlier_save("old-key-1") is not None
                whole = await unit.trips.whole(self.trip_id)
        finally:
            await database.close()
        assert whole is not None
        return whole


@asynccontextmanager
async def as_app(login: DriverConnection, account_id: UUID) -> AsyncGenerator[Connection]:
    async with login.transaction():
        await login.execute(
            "select set_config('app.account_id', $1, true), set_config('search_path', $2, true),"
            " set_config('role', 'tripsage_app', true)",
            str(account_id),
            SEARCH_PATH,
        )
        yield login


@pytest.fixture(params=["superuser", "owner"])
async def old(
    blank: BlankDatabase, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncGenerator[Old]:
    """Somebody's own trip, once by a superuser and once by a mere owner of the database."""
    superuser = await blank.connect()
    await superuser.execute("create extension vector")
    name = "postgres"
    if request.param == "owner":
        name = f"owner_{uuid4().hex}"
        # Roles belong to the whole server and are there already.
        await superuser.execute(
            f"create role {name} login password 'pw' createrole in role tripsage_app;"
            f"grant tripsage_gate to {name} with admin option;"
            f"alter database {blank.name} owner to {name}"
        )
    password = blank.password if name == "postgres" else "pw"
    login = await connect(
        host=blank.host, port=blank.port, user=name, password=password, database=blank.name
    )
    for migration in read(resources.path("migrations")):
        if migration.version <= 5:
            shutil.copy(resources.path("migrations", f"{migration.name}.sql"), tmp_path)
    await migrate(login, tmp_path)
    trip_id = uuid4()
    async with as_app(login, OWNER) as app:
        await app.execute(ADD, *columns(trip_id, 1), NOW)
        await app.execute(NOTE_SAVE, "old-key-1", b"f", trip_id, 1, NOW)
        await app.execute(REMEMBER, trip_id)
    yield Old(login, trip_id, blank.url(user=name, password=password))
    login.terminate()
    if name != "postgres":
        await superuser.execute(
            f"reassign owned by {name} to postgres; drop owned by {name}; drop role {name}"
        )


async def test_what_was_stored_is_all_there_and_fills_what_is_new(old: Old) -> None:
    await old.migrate()

    whole = await old.whole()

    trip = whole.trip
    assert (trip.version, trip.title, trip.notes) == (1, "Rome in May", "Blue bag")
    assert (str(trip.budget), trip.home_currency) == ("1500.00 EUR", None)
    assert (trip.itinerary, trip.deleted_at, trip.role) == (ITINERARY, None, "owner")
    assert (trip.flights, trip.stays) == (({"offer_id": "off_1"},), ({"listing_id": "7"},))
    assert [each.name for each in whole.travellers] == ["self", "Inês"]
    assert [(each.number, each.origin) for each in whole.itineraries] == [(1, "saved")]
    assert [(m.display_name, m.owns, m.joined_at) for m in whole.members] == [("Owner", True, NOW)]


async def test_the_release_before_goes_on_working_beside_the_new_one(old: Old) -> None:
    # Its statements were prepared before the migration, too.
    async with as_app(old.login, OWNER) as app:
        assert await app.fetchrow(GET, old.trip_id) is not None
    await old.migrate()
    made = uuid4()

    async with as_app(old.login, OWNER) as app:
        await app.execute(ADD, *columns(made, 1, days=False), NOW)
        await app.execute(NOTE_SAVE, "old-key-2", b"f", made, 1, NOW)
        await app.execute(REMEMBER, made)
        locked = await app.fetchrow(f"{GET} for update", old.trip_id)
        assert locked is not None
        changed = list(columns(old.trip_id, 2))
        changed[6], changed[10] = ["Zoe", "self"], '{"days": []}'
        assert await app.execute(REPLACE, *changed) == "UPDATE 1"
        page = await app.fetch(PAGE, None, None, None, 10)
        assert {row["trip_id"] for row in page} == {made, old.trip_id}
    async with as_app(old.login, OTHER) as app:
        assert await app.fetch(PAGE, None, None, None, 10) == []
        assert await app.execute(REPLACE, *changed) == "UPDATE 0"

    whole = await old.whole()
    assert [each.name for each in whole.travellers] == ["Zoe", "self"]
    assert [(each.number, each.trip_version) for each in whole.itineraries] == [(2, 2), (1, 1)]


async def test_a_stale_write_of_the_release_before_is_refused_too(old: Old) -> None:
    await old.migrate()
    async with as_app(old.login, OWNER) as app:
        await app.execute(REPLACE, *columns(old.trip_id, 2))

    async with as_app(old.login, OWNER) as app:
        with pytest.raises(exceptions.SerializationError):
            async with app.transaction():
                await app.execute(REPLACE, *columns(old.trip_id, 2))


async def test_a_server_of_the_release_before_that_is_at_work_neither_fails_nor_makes_it_fail(
    old: Old, blank: BlankDatabase
) -> None:
    at_work, other = await blank.connect(), await blank.connect()

    # They lock the same tables in another order, which would be a deadlock.
    async with asyncio.timeout(30):
        async with as_app(at_work, OWNER) as app:
            await app.fetchrow(f"{GET} for update", old.trip_id)
            migrating = asyncio.create_task(old.migrate())
            await other.execute(UNTIL_SOMEBODY_WAITS)
            # Whoever comes now does not queue behind the migration for as long as it waits.
            async with as_app(other, OWNER) as another:
                assert await another.fetchrow(GET, old.trip_id) is not None
            await app.execute(NOTE_SAVE, "old-key-2", b"f", old.trip_id, 1, NOW)
            await app.execute(REMEMBER, old.trip_id)
        await migrating

    assert [each.name for each in (await old.whole()).travellers] == ["self", "Inês"]
