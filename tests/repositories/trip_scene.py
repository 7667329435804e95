"""A trip that four take part in, with a row of every table, and what each may do to it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from tests.repositories.rows import INSERTS, OWNER, PARENTS, STRANGER, TRIP_ID, act_as
from tripsage_mcp.infrastructure.database import Database
from tripsage_mcp.infrastructure.postgres.connection import Connection

type Who = Literal["owner", "co_owner", "editor", "viewer", "stranger", "nobody"]
type Operation = Literal["select", "insert", "update", "delete"]

OPERATIONS: tuple[Operation, ...] = ("select", "insert", "update", "delete")
CO_OWNER, EDITOR, VIEWER = uuid4(), uuid4(), uuid4()
PEOPLE: dict[Who, UUID | None] = {
    "owner": OWNER,
    "co_owner": CO_OWNER,
    "editor": EDITOR,
    "viewer": VIEWER,
    "stranger": STRANGER,
    "nobody": None,
}
JOINED: dict[Who, str] = {"co_owner": "owner", "editor": "editor", "viewer": "viewer"}

# One row of each table that belongs to a trip; $1 is the trip, $2 something new.
TRIP_INSERTS = {
    "trip_member": (
        "insert into trip_member (trip_id, member_id, account_id, role, display_name, joined_at)"
        " values ($1, $2, gen_random_uuid(), 'viewer', 'Zoe', now())"
    ),
    "trip_invitation": (
        "insert into trip_invitation (trip_id, invitation_id, invited_by, role, token_hash,"
        " created_at, expires_at, most_uses) select $1, $2, (app.trip_part($1)).member_id,"
        " 'viewer', sha256($2::uuid::text::bytea), now(), now() + interval '1 day', 1"
    ),
    "trip_activity": (
        "insert into trip_activity (trip_id, activity_id, who, action, version, created_at)"
        " values ($1, $2, coalesce((select display_name from trip_member where trip_id = $1"
        " and member_id = (app.trip_part($1)).member_id), 'Zoe'), 'changed', 1, now())"
    ),
    "trip_destination": (
        "insert into trip_destination (trip_id, destination_id, position, name)"
        " values ($1, $2, 1, 'Rome')"
    ),
    "trip_traveller": (
        "insert into trip_traveller (trip_id, traveller_id, position, name)"
        " values ($1, $2, 1, $2::uuid::text)"
    ),
    "trip_item": (
        "insert into trip_item (trip_id, item_id, version, kind, status, title, position, payload,"
        " created_at, updated_at) values ($1, $2, 1, 'note', 'idea', 'Buy stamps', 0, '{}', now(),"
        " now())"
    ),
    "trip_itinerary": (
        "insert into trip_itinerary (trip_id, number, trip_version, origin, itinerary, created_at)"
        " values ($1, 1 + abs(hashtext($2::uuid::text) % 1000000), 1, 'built', '{}', now())"
    ),
    "trip_budget": (
        "insert into trip_budget (trip_id, category, planned_amount, planned_currency)"
        " select $1, 'food', 100, 'EUR' where $2::uuid is not null"
    ),
    "trip_packing": (
        "insert into trip_packing (trip_id, entry_id, position, name, quantity, packed)"
        " values ($1, $2, 0, 'Socks', 3, false)"
    ),
    "trip_document": (
        "insert into trip_document (trip_id, document_id, kind, holder)"
        " values ($1, $2, 'passport', 'self')"
    ),
}

_ALL = "select insert update delete"
_READ = "select"
# Of every table whose rows belong to a trip: what whoever takes part may do. Nobody else may do
# anything. `owner` is whose trip it is; `insert` is of a row like the one above.
TRIP_RIGHTS: dict[str, dict[Who, str]] = {
    "trip": {
        "owner": _ALL,
        "co_owner": "select update",
        "editor": "select update",
        "viewer": _READ,
    },
    "trip_member": {
        "owner": "select update",
        "co_owner": "select update",
        "editor": _READ,
        "viewer": _READ,
    },
    "trip_invitation": {
        "owner": "select insert update",
        "co_owner": "select insert update",
        "editor": "select insert update",
    },
    "trip_activity": {
        "owner": "select insert",
        "co_owner": "select insert",
        "editor": "select insert",
        "viewer": _READ,
    },
    **{
        table: {"owner": rights, "co_owner": rights, "editor": rights, "viewer": _READ}
        for table, rights in {
            "trip_destination": "select insert delete",
            "trip_traveller": _ALL,
            "trip_item": _ALL,
            "trip_itinerary": "select insert",
            "trip_budget": "select insert delete",
            "trip_packing": _ALL,
            "trip_document": _ALL,
        }.items()
    },
}
# Of every table whose rows belong to one account: what that account may do, and nobody else.
OWN_RIGHTS = {
    "trip_save": "select insert delete",
    "memory": _ALL,
    "consent": "select insert update",
    "flight_booking": "select insert update",
    "price_watch": "select insert update",
    "price_watch_point": "select insert",
    "watch_due": _ALL,
    "account_event": "select insert",
    "account_event_count": "select insert update",
}
RIGHTS: dict[str, dict[Who, str]] = {
    **TRIP_RIGHTS,
    **{table: {"owner": rights} for table, rights in OWN_RIGHTS.items()},
}
# What an update changes; by default it says nothing new.
CHANGES = {
    "trip": "title = title",
    "trip_member": "role = role",
    "trip_invitation": "revoked_at = now()",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what the application's role may do to it."""

    table: str
    name: str
    update: bool
    select: bool


async def columns(database: Database) -> list[Column]:
    """Return every column of every table, in order, as the catalogue has them."""
    async with database.transaction(OWNER) as connection:
        rows = await connection.fetch(
            "select relname, attname,"
            " has_column_privilege(pg_class.oid, attnum, 'update') as update,"
            " has_column_privilege(pg_class.oid, attnum, 'select') as select"
            " from pg_attribute join pg_class on pg_class.oid = attrelid"
            " where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and attnum > 0"
            " and not attisdropped and relname <> 'schema_migration' order by relname, attnum"
        )
    return [Column(row["relname"], row["attname"], row["update"], row["select"]) for row in rows]


async def become(connection: Connection, who: Who) -> None:
    """Act as somebody for the rest of the transaction."""
    account_id = PEOPLE[who]
    name = "" if account_id is None else str(account_id)
    await connection.execute("select set_config('app.account_id', $1, true)", name)


async def fill(database: Database) -> None:
    """Store a row of every table, for the owner or for the owner's trip, and let others join."""
    async with database.transaction(OWNER) as connection:
        for table, known_id in PARENTS.items():
            await connection.execute(INSERTS[table], OWNER, known_id)
        for table in INSERTS.keys() - PARENTS.keys():
            await connection.execute(INSERTS[table], OWNER, uuid4())
        for who, role in JOINED.items():
            await act_as(connection, "owner")
            token = uuid4().bytes * 2
            await connection.execute(
                "insert into trip_invitation (trip_id, invitation_id, invited_by, role, token_hash,"
                " created_at, expires_at, most_uses) select $1, gen_random_uuid(),"
                " (app.trip_part($1)).member_id, $2, $3, now(), now() + interval '1 day', 1",
                TRIP_ID,
                role,
                token,
            )
            await become(connection, who)
            await connection.execute("select from app.accept_invitation($1, $2)", token, who)
        await act_as(connection, "owner")
        for table in TRIP_INSERTS.keys() - {"trip_member"}:
            await connection.execute(TRIP_INSERTS[table], TRIP_ID, uuid4())
