"""Events in PostgreSQL."""

import json
from datetime import datetime
from uuid import UUID

from tripsage_mcp.domain.event import AccountEvent, EventKind, TripEventKind
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.infrastructure.postgres.connection import Connection

_NEXT = """
insert into account_event_count (latest) values (1)
on conflict (account_id) do update set latest = account_event_count.latest + 1
returning latest
"""

_ADD = """
insert into account_event (event_id, kind, subject, data, created_at) values ($1, $2, $3, $4, $5)
"""

_TELL_MEMBERS = "select app.tell_members($1, $2, $3, $4)"

_AFTER = """
select event_id, kind, subject, data, created_at
from account_event
where event_id > $1
order by event_id
limit $2
"""

_LATEST = "select latest from account_event_count"


class PostgresEvents:
    """The events that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, kind: EventKind, subject: UUID, data: JSONObject, at: datetime) -> int:
        """Count one up, which makes every other writer of the account wait, and insert a row."""
        event_id: int = await self._connection.fetchval(_NEXT)
        await self._connection.execute(_ADD, event_id, kind, subject, json.dumps(data), at)
        return event_id

    async def tell_members(
        self, trip_id: UUID, kind: TripEventKind, data: JSONObject, at: datetime
    ) -> tuple[UUID, ...]:
        """Insert a row for each member, through a function: they are other accounts' rows."""
        told = await self._connection.fetchval(_TELL_MEMBERS, trip_id, kind, json.dumps(data), at)
        return tuple(told)

    async def after(self, event_id: int, limit: int) -> tuple[AccountEvent, ...]:
        """Read the rows that follow."""
        rows = await self._connection.fetch(_AFTER, event_id, limit)
        return tuple(
            AccountEvent(
                event_id=row["event_id"],
                kind=row["kind"],
                subject=row["subject"],
                data=json.loads(row["data"]),
                created_at=row["created_at"],
            )
            for row in rows
        )

    async def latest(self) -> int:
        """Read the count."""
        return await self._connection.fetchval(_LATEST) or 0
