"""One row of every table that an account owns, and what may be done to it."""

from typing import Literal
from uuid import UUID, uuid4

from tripsage_mcp.infrastructure.postgres.connection import Connection

type Who = Literal["owner", "stranger", "nobody"]

OWNER, STRANGER = uuid4(), uuid4()
# What rows of other tables refer to.
TRIP_ID = WATCH_ID = UUID("01980000-0000-7000-8000-000000000001")

# In an order in which each finds what it refers to; $1 is the account, $2 something new.
INSERTS = {
    "trip": (
        "insert into trip (owner_id, trip_id, version, title, destination, start_date, end_date,"
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
    "price_watch": (
        "insert into price_watch (account_id, watch_id, fingerprint, request, drop_percent,"
        " created_at, ends_at, ends_for, checks, failures) values ($1, $2,"
        " sha256($2::uuid::text::bytea), '{}', 3, now(), now(), 'departed', 0, 0)"
    ),
    "price_watch_point": (
        "insert into price_watch_point (account_id, watch_id, number, seen_at, offers) values ($1,"
        " '01980000-0000-7000-8000-000000000001', 1 + abs(hashtext($2::uuid::text) % 1000000),"
        " now(), 0)"
    ),
    "watch_due": (
        "insert into watch_due (account_id, watch_id, next_run_at) select $1,"
        " '01980000-0000-7000-8000-000000000001', now() where $2::uuid is not null"
    ),
    "account_event": (
        "insert into account_event (account_id, event_id, kind, subject, data, created_at) values"
        " ($1, 1 + abs(hashtext($2::uuid::text) % 1000000), 'price_watch.changed', $2, '{}', now())"
    ),
    "account_event_count": (
        "insert into account_event_count (account_id, latest) select $1, 1 where $2::uuid is not"
        " null"
    ),
}
# What others refer to, and by which id.
PARENTS = {"trip": TRIP_ID, "price_watch": WATCH_ID}
COUNTS = {table: f"select count(*) from {table}" for table in INSERTS}  # noqa: S608 - our names
UPDATES = {
    "trip": "update trip set title = 'changed', version = version + 1",
    "memory": "update memory set superseded_by = null",
    "consent": "update consent set answer = 'no', answered_at = now()",
    "flight_booking": "update flight_booking set status = 'failed'",
    "price_watch": "update price_watch set checks = checks + 1",
    "watch_due": "update watch_due set next_run_at = now()",
    "account_event_count": "update account_event_count set latest = latest + 1",
}
DELETES = {
    "trip": "delete from trip",
    "trip_save": "delete from trip_save",
    "memory": "delete from memory",
}
# Refused to the owner, too; $1 is any id.
FORBIDDEN = (
    "update trip set owner_id = $1",
    "update trip set trip_id = $1",
    "update memory set account_id = $1",
    "update memory set text = $1::uuid::text",
    "update trip_save set account_id = $1",
    # What was asked and what was ordered is never deleted.
    "update consent set account_id = $1",
    "update consent set bound = sha256($1::uuid::text::bytea)",
    "update consent set expires_at = now() + interval '1 day' where consent_id <> $1",
    "delete from consent where account_id <> $1",
    "update flight_booking set account_id = $1",
    "update flight_booking set offer_id = $1::uuid::text",
    "delete from flight_booking where account_id <> $1",
    # Nor is what was seen and told.
    "update price_watch set account_id = $1",
    "update price_watch set request = jsonb_build_object('id', $1::uuid)",
    "delete from price_watch where watch_id = $1",
    "update price_watch_point set watch_id = $1",
    "delete from price_watch_point where watch_id = $1",
    "update watch_due set account_id = $1",
    "update account_event set subject = $1",
    "delete from account_event where subject = $1",
    "delete from account_event_count where account_id = $1",
)


async def act_as(connection: Connection, who: Who) -> None:
    """Become somebody for the rest of the transaction."""
    account_id = {"owner": str(OWNER), "stranger": str(STRANGER), "nobody": ""}[who]
    await connection.execute("select set_config('app.account_id', $1, true)", account_id)
