"""Members, invitations and the log of trips in PostgreSQL.

What goes beyond the account's own rows is done by functions of the database, which ask for
themselves whether the account may.
"""

import json
from datetime import datetime
from uuid import UUID

from tripsage_mcp.domain.trip import TripRole
from tripsage_mcp.domain.trip_sharing import Invitation, Joined, TripActivity, TripMember
from tripsage_mcp.infrastructure.postgres.connection import Connection

_ROLE = "select app.trip_role($1)"

_MEMBERS = """
select m.member_id, m.role, m.display_name, m.joined_at, m.owns, m.member_id = p.member_id as me
from trip_member m, app.trip_part($1) p
where m.trip_id = $1
order by m.owns desc, m.joined_at, m.member_id
"""

_CALL_ME = "select app.call_me($1, $2)"

_SET_ROLE = "update trip_member set role = $3 where trip_id = $1 and member_id = $2"

_REMOVE = "select app.remove_member($1, $2)"

_LEAVE = "select app.leave_trip($1)"

_INVITE = """
insert into trip_invitation (
    trip_id, invitation_id, role, token_hash, email, created_at, expires_at, most_uses, invited_by
)
select $1, $2, $3::text, $4, $5, $6, $7, $8, p.member_id
from app.trip_part($1) p
where p.role = 'owner' or (p.role = 'editor' and $3 <> 'owner')
"""

_INVITATIONS = """
select
    i.invitation_id, i.role, i.email, i.created_at, i.expires_at, i.revoked_at, i.most_uses, i.uses,
    m.display_name
from trip_invitation i
    join trip_member m on m.trip_id = i.trip_id and m.member_id = i.invited_by
where i.trip_id = $1
order by i.created_at desc, i.invitation_id desc
"""

_REVOKE = """
update trip_invitation set revoked_at = $3
where trip_id = $1 and invitation_id = $2 and revoked_at is null
"""

_ACCEPT = "select trip_id, member_id, role, already, told from app.accept_invitation($1, $2)"

_ADD_ACTIVITY = """
insert into trip_activity (trip_id, activity_id, action, version, created_at, data, who)
select $1, $2, $3, $4, $5, $6, m.display_name
from app.trip_part($1) p join trip_member m on m.trip_id = $1 and m.member_id = p.member_id
where p.role in ('editor', 'owner')
"""

_ACTIVITY = """
select activity_id, action, who, version, created_at, data
from trip_activity
where trip_id = $1
    and ($2::timestamptz is null or (created_at, activity_id) < ($2, $3::uuid))
order by created_at desc, activity_id desc
limit $4
"""


class PostgresShares:
    """Who takes part in the trips that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def role(self, trip_id: UUID) -> TripRole | None:
        """Ask the function that policies ask."""
        return await self._connection.fetchval(_ROLE, trip_id)

    async def members(self, trip_id: UUID) -> tuple[TripMember, ...]:
        """Read rows."""
        rows = await self._connection.fetch(_MEMBERS, trip_id)
        return tuple(
            TripMember(
                member_id=row["member_id"],
                role=row["role"],
                display_name=row["display_name"],
                joined_at=row["joined_at"],
                owns=row["owns"],
                me=row["me"],
            )
            for row in rows
        )

    async def call_me(self, trip_id: UUID, display_name: str) -> bool:
        """Update a row through a function: members may not update their own."""
        return await self._connection.fetchval(_CALL_ME, trip_id, display_name)

    async def set_role(self, trip_id: UUID, member_id: UUID, role: TripRole) -> bool:
        """Update a row."""
        tag = await self._connection.execute(_SET_ROLE, trip_id, member_id, role)
        return tag == "UPDATE 1"

    async def remove(self, trip_id: UUID, member_id: UUID) -> tuple[UUID, ...] | None:
        """Delete a row through a function."""
        told = await self._connection.fetchval(_REMOVE, trip_id, member_id)
        return None if told is None else tuple(told)

    async def leave(self, trip_id: UUID) -> tuple[UUID, ...] | None:
        """Delete a row through a function."""
        told = await self._connection.fetchval(_LEAVE, trip_id)
        return None if told is None else tuple(told)

    async def invite(self, trip_id: UUID, invitation: Invitation, token_hash: bytes) -> bool:
        """Insert a row."""
        tag = await self._connection.execute(
            _INVITE,
            trip_id,
            invitation.invitation_id,
            invitation.role,
            token_hash,
            invitation.email,
            invitation.created_at,
            invitation.expires_at,
            invitation.most_uses,
        )
        return tag == "INSERT 0 1"

    async def invitations(self, trip_id: UUID) -> tuple[Invitation, ...]:
        """Read rows."""
        rows = await self._connection.fetch(_INVITATIONS, trip_id)
        return tuple(
            Invitation(
                invitation_id=row["invitation_id"],
                role=row["role"],
                created_at=row["created_at"],
                expires_at=row["expires_at"],
                email=row["email"],
                most_uses=row["most_uses"],
                uses=row["uses"],
                revoked_at=row["revoked_at"],
                invited_by=row["display_name"],
            )
            for row in rows
        )

    async def revoke(self, trip_id: UUID, invitation_id: UUID, at: datetime) -> bool:
        """Update a row."""
        return await self._connection.execute(_REVOKE, trip_id, invitation_id, at) == "UPDATE 1"

    async def accept(self, token_hash: bytes, display_name: str) -> Joined | None:
        """Insert a row through a function."""
        row = await self._connection.fetchrow(_ACCEPT, token_hash, display_name)
        if row is None:
            return None
        return Joined(
            trip_id=row["trip_id"],
            member_id=row["member_id"],
            role=row["role"],
            already=row["already"],
            told=tuple(row["told"]),
        )


class PostgresActivity:
    """The log of the trips that one transaction may see."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, trip_id: UUID, activity: TripActivity) -> None:
        """Insert a row."""
        await self._connection.execute(
            _ADD_ACTIVITY,
            trip_id,
            activity.activity_id,
            activity.action,
            activity.version,
            activity.created_at,
            json.dumps(activity.data),
        )

    async def page(
        self, trip_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[TripActivity, ...]:
        """Read rows."""
        created_at, activity_id = before or (None, None)
        rows = await self._connection.fetch(_ACTIVITY, trip_id, created_at, activity_id, limit)
        return tuple(
            TripActivity(
                activity_id=row["activity_id"],
                action=row["action"],
                who=row["who"],
                version=row["version"],
                created_at=row["created_at"],
                data=json.loads(row["data"]),
            )
            for row in rows
        )
