"""What is in trips, in PostgreSQL. Many rows go in as one JSON argument, in one statement."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from tripsage_mcp.domain.trip import JSONObject, TripChange
from tripsage_mcp.domain.trip_budget import BudgetLine
from tripsage_mcp.domain.trip_item import (
    ItineraryOrigin,
    ItineraryVersion,
    TripDestination,
    TripItem,
    TripTraveller,
)
from tripsage_mcp.domain.trip_lists import PackingEntry, TravelDocument
from tripsage_mcp.infrastructure.postgres.connection import Connection
from tripsage_mcp.repositories import trip_rows

_ITEMS = """
select json_agg(x) from (
    select
        item_id, version, kind, status, title, day, position, starts, ends, zone, end_zone,
        place_id, latitude, longitude, price_amount::text, price_currency, booking_reference,
        notes, payload::text, created_at, updated_at
    from trip_item where trip_id = $1 order by day, position, created_at, item_id
) x
"""

_SAVE_ITEMS = """
insert into trip_item (
    trip_id, version, updated_at, item_id, kind, status, title, day, position, starts, ends, zone,
    end_zone, place_id, latitude, longitude, price_amount, price_currency, booking_reference, notes,
    payload, created_at
)
select $1, $2, $3, x.*
from jsonb_to_recordset($4) as x (
    item_id uuid, kind text, status text, title text, day date, position integer,
    starts timestamptz, ends timestamptz, zone text, end_zone text, place_id text,
    latitude double precision, longitude double precision, price_amount numeric,
    price_currency text, booking_reference text, notes text, payload jsonb, created_at timestamptz
)
on conflict (trip_id, item_id) do update set
    version = excluded.version, kind = excluded.kind, status = excluded.status,
    title = excluded.title, day = excluded.day, position = excluded.position,
    starts = excluded.starts, ends = excluded.ends, zone = excluded.zone,
    end_zone = excluded.end_zone, place_id = excluded.place_id, latitude = excluded.latitude,
    longitude = excluded.longitude, price_amount = excluded.price_amount,
    price_currency = excluded.price_currency, booking_reference = excluded.booking_reference,
    notes = excluded.notes, payload = excluded.payload, updated_at = excluded.updated_at
"""

_DELETE_ITEMS = "delete from trip_item where trip_id = $1 and item_id = any($2::uuid[])"

_CLEAR_DESTINATIONS = "delete from trip_destination where trip_id = $1"

_ADD_DESTINATIONS = """
insert into trip_destination (
    trip_id, destination_id, position, name, latitude, longitude, arrives, leaves, zone
)
select $1, x.*
from jsonb_to_recordset($2) as x (
    destination_id uuid, position integer, name text, latitude double precision,
    longitude double precision, arrives date, leaves date, zone text
)
"""

_CLEAR_TRAVELLERS = "delete from trip_traveller where trip_id = $1"

_ADD_TRAVELLERS = """
insert into trip_traveller (trip_id, traveller_id, position, name, kind, needs)
select $1, x.*
from jsonb_to_recordset($2) as x (
    traveller_id uuid, position integer, name text, kind text, needs text[]
)
"""

_NAME_TRAVELLERS = "update trip set travellers = $2 where trip_id = $1"

_CLEAR_BUDGET = "delete from trip_budget where trip_id = $1"

_ADD_BUDGET = """
insert into trip_budget (trip_id, category, planned_amount, planned_currency)
select $1, x.*
from jsonb_to_recordset($2) as x (category text, planned_amount numeric, planned_currency text)
"""

_SAVE_PACKING = """
insert into trip_packing (trip_id, entry_id, position, name, quantity, packed, traveller)
select $1, x.*
from jsonb_to_recordset($2) as x (
    entry_id uuid, position integer, name text, quantity integer, packed boolean, traveller text
)
on conflict (trip_id, entry_id) do update set
    position = excluded.position, name = excluded.name, quantity = excluded.quantity,
    packed = excluded.packed, traveller = excluded.traveller
"""

_DELETE_PACKING = "delete from trip_packing where trip_id = $1 and entry_id = any($2::uuid[])"

_SAVE_DOCUMENTS = """
insert into trip_document (trip_id, document_id, kind, holder, expires, note)
select $1, x.*
from jsonb_to_recordset($2) as x (
    document_id uuid, kind text, holder text, expires date, note text
)
on conflict (trip_id, document_id) do update set
    kind = excluded.kind, holder = excluded.holder, expires = excluded.expires,
    note = excluded.note
"""

_DELETE_DOCUMENTS = "delete from trip_document where trip_id = $1 and document_id = any($2::uuid[])"

# The trip is locked by whoever changes it, so the next number is nobody else's.
_ADD_ITINERARY = """
insert into trip_itinerary (
    trip_id, number, trip_version, created_at, itinerary, origin, reason, made_by
)
select
    $1, coalesce((select max(number) from trip_itinerary where trip_id = $1), 0) + 1, $2, $3, $4,
    $5, $6, m.display_name
from app.trip_part($1) p join trip_member m on m.trip_id = $1 and m.member_id = p.member_id
returning number
"""

_SET_ITINERARY = "update trip set itinerary = $2 where trip_id = $1"

_ITINERARY = "select itinerary from trip_itinerary where trip_id = $1 and number = $2"

_ITINERARIES = """
select json_agg(x) from (
    select number, trip_version, origin, reason, made_by, created_at
    from trip_itinerary
    where trip_id = $1 and ($2::integer is null or number < $2)
    order by number desc
    limit $3
) x
"""


class PostgresTripParts:
    """What is in the trips that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def items(self, trip_id: UUID) -> tuple[TripItem, ...]:
        """Read rows."""
        found = await self._connection.fetchval(_ITEMS, trip_id)
        return () if found is None else tuple(map(trip_rows.item, json.loads(found)))

    async def save_items(self, change: TripChange, items: Sequence[TripItem]) -> None:
        """Insert or update rows."""
        rows = _rows(map(trip_rows.as_item, items))
        await self._connection.execute(_SAVE_ITEMS, change.trip_id, change.version, change.at, rows)

    async def delete_items(self, change: TripChange, item_ids: Collection[UUID]) -> int:
        """Delete rows."""
        return await self._delete(_DELETE_ITEMS, change, item_ids)

    async def set_destinations(
        self, change: TripChange, destinations: Sequence[TripDestination]
    ) -> None:
        """Delete the rows and insert others."""
        rows = _rows(trip_rows.as_destination(*each) for each in enumerate(destinations))
        await self._connection.execute(_CLEAR_DESTINATIONS, change.trip_id)
        await self._connection.execute(_ADD_DESTINATIONS, change.trip_id, rows)

    async def set_travellers(self, change: TripChange, travellers: Sequence[TripTraveller]) -> None:
        """Delete the rows and insert others; the trip's own names follow."""
        rows = _rows(trip_rows.as_traveller(*each) for each in enumerate(travellers, start=1))
        names = [each.name for each in travellers]
        await self._connection.execute(_CLEAR_TRAVELLERS, change.trip_id)
        await self._connection.execute(_ADD_TRAVELLERS, change.trip_id, rows)
        await self._connection.execute(_NAME_TRAVELLERS, change.trip_id, names)

    async def set_budget(self, change: TripChange, lines: Sequence[BudgetLine]) -> None:
        """Delete the rows and insert others."""
        await self._connection.execute(_CLEAR_BUDGET, change.trip_id)
        rows = _rows(map(trip_rows.as_budget_line, lines))
        await self._connection.execute(_ADD_BUDGET, change.trip_id, rows)

    async def save_packing(self, change: TripChange, entries: Sequence[PackingEntry]) -> None:
        """Insert or update rows."""
        rows = _rows(map(trip_rows.as_packing_entry, entries))
        await self._connection.execute(_SAVE_PACKING, change.trip_id, rows)

    async def delete_packing(self, change: TripChange, entry_ids: Collection[UUID]) -> int:
        """Delete rows."""
        return await self._delete(_DELETE_PACKING, change, entry_ids)

    async def save_documents(self, change: TripChange, documents: Sequence[TravelDocument]) -> None:
        """Insert or update rows."""
        rows = _rows(map(trip_rows.as_document, documents))
        await self._connection.execute(_SAVE_DOCUMENTS, change.trip_id, rows)

    async def delete_documents(self, change: TripChange, document_ids: Collection[UUID]) -> int:
        """Delete rows."""
        return await self._delete(_DELETE_DOCUMENTS, change, document_ids)

    async def add_itinerary(
        self,
        change: TripChange,
        itinerary: JSONObject,
        origin: ItineraryOrigin,
        reason: str | None = None,
    ) -> int:
        """Insert a row, and update the trip's, in this order: a trigger compares the two."""
        whole = json.dumps(itinerary)
        number: int = await self._connection.fetchval(
            _ADD_ITINERARY, change.trip_id, change.version, change.at, whole, origin, reason
        )
        await self._connection.execute(_SET_ITINERARY, change.trip_id, whole)
        return number

    async def itinerary(self, trip_id: UUID, number: int) -> JSONObject | None:
        """Read a row."""
        found = await self._connection.fetchval(_ITINERARY, trip_id, number)
        return None if found is None else json.loads(found)

    async def itineraries(
        self, trip_id: UUID, *, before: int | None, limit: int
    ) -> tuple[ItineraryVersion, ...]:
        """Read rows."""
        found = await self._connection.fetchval(_ITINERARIES, trip_id, before, limit)
        return () if found is None else tuple(map(trip_rows.itinerary_version, json.loads(found)))

    async def _delete(self, statement: str, change: TripChange, ids: Collection[UUID]) -> int:
        tag = await self._connection.execute(statement, change.trip_id, [*ids])
        return int(tag.removeprefix("DELETE "))


def _rows(given: Iterable[Mapping[str, object]]) -> str:
    return json.dumps([*given])
