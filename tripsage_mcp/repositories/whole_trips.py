"""A trip with everything in it, in one statement."""

import json
from collections.abc import Callable
from uuid import UUID

from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.repositories import trip_rows
from tripsage_mcp.repositories.trip_ports import WholeTrip

# A row for each list, rather than joins: they have nothing to do with each other.
_WHOLE = """
select
    t.trip_id, t.version, t.title, t.destination, t.start_date, t.end_date, t.travellers, t.status,
    t.budget_amount, t.budget_currency, t.itinerary, t.flights, t.stays, t.notes, t.home_currency,
    t.display_order, t.deleted_at, t.created_at, t.updated_at, p.role, p.owns,
    (select json_agg(x) from (
        select destination_id, name, latitude, longitude, arrives, leaves, zone
        from trip_destination where trip_id = $1 order by position
    ) x) as destinations,
    (select json_agg(x) from (
        select traveller_id, name, kind, needs
        from trip_traveller where trip_id = $1 order by position
    ) x) as all_travellers,
    (select json_agg(x) from (
        select
            item_id, version, kind, status, title, day, position, starts, ends, zone, end_zone,
            place_id, latitude, longitude, price_amount::text, price_currency, booking_reference,
            notes, payload::text, created_at, updated_at
        from trip_item where trip_id = $1 order by day, position, created_at, item_id
    ) x) as items,
    (select json_agg(x) from (
        select category, planned_amount::text, planned_currency
        from trip_budget where trip_id = $1 order by category, planned_currency
    ) x) as budget,
    (select json_agg(x) from (
        select entry_id, position, name, quantity, packed, traveller
        from trip_packing where trip_id = $1 order by position, entry_id
    ) x) as packing,
    (select json_agg(x) from (
        select document_id, kind, holder, expires, note
        from trip_document where trip_id = $1 order by holder, kind, document_id
    ) x) as documents,
    (select json_agg(x) from (
        select
            m.member_id, m.role, m.display_name, m.joined_at, m.owns,
            m.member_id = p.member_id as me
        from trip_member m where m.trip_id = $1 order by m.owns desc, m.joined_at, m.member_id
    ) x) as members,
    (select json_agg(x) from (
        select number, trip_version, origin, reason, made_by, created_at
        from trip_itinerary where trip_id = $1 order by number desc limit 20
    ) x) as itineraries
from trip t, app.trip_part(t.trip_id) p
where t.trip_id = $1
"""


async def read_whole(connection: Connection, trip_id: UUID) -> WholeTrip | None:
    """Read a row and everything that refers to it."""
    row = await connection.fetchrow(_WHOLE, trip_id)
    if row is None:
        return None

    def many[T](column: str, read: Callable[[trip_rows.Json], T]) -> tuple[T, ...]:
        found = row[column]
        return () if found is None else tuple(read(each) for each in json.loads(found))

    return WholeTrip(
        trip_rows.trip(row),
        many("destinations", trip_rows.destination),
        many("all_travellers", trip_rows.traveller),
        many("items", trip_rows.item),
        many("budget", trip_rows.budget_line),
        many("packing", trip_rows.packing_entry),
        many("documents", trip_rows.document),
        many("members", trip_rows.member),
        many("itineraries", trip_rows.itinerary_version),
    )
