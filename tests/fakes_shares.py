"""Members, invitations, the log and what members are told, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.fakes_trips import Asked, Part, TripStore, in_trip, sorted_members
from tests.fakes_watches import FakeEvents
from tripsage_mcp.domain.event import AccountEvent, EventKind, TripEventKind
from tripsage_mcp.domain.trip import JSONObject, TripRole, at_least
from tripsage_mcp.domain.trip_sharing import (
    Invitation,
    Joined,
    TripAction,
    TripActivity,
    TripMember,
)

_MOST_MEMBERS = 100


@dataclass
class FakeMemberEvents:
    """One account's events, and a way to those of others through the trips they share."""

    store: TripStore
    me: UUID
    everybody: Mapping[UUID, FakeEvents]

    async def add(self, kind: EventKind, subject: UUID, data: JSONObject, at: datetime) -> int:
        return await self.everybody[self.me].add(kind, subject, data, at)

    async def tell_members(
        self, trip_id: UUID, kind: TripEventKind, data: JSONObject, at: datetime
    ) -> tuple[UUID, ...]:
        if not at_least(self.store.role(self.me, trip_id), "editor"):
            return ()
        return await self.tell_all(trip_id, kind, data, at)

    async def tell_all(
        self,
        trip_id: UUID,
        kind: TripEventKind,
        data: JSONObject,
        at: datetime,
        more: tuple[UUID, ...] = (),
    ) -> tuple[UUID, ...]:
        told = (*self.store.accounts(trip_id), *more)
        for account_id in told:
            await self.everybody[account_id].add(kind, trip_id, data, at)
        return told

    async def after(self, event_id: int, limit: int) -> tuple[AccountEvent, ...]:
        return await self.everybody[self.me].after(event_id, limit)

    async def latest(self) -> int:
        return await self.everybody[self.me].latest()


@dataclass
class FakeShares:
    store: TripStore
    me: UUID
    events: FakeMemberEvents

    async def role(self, trip_id: UUID) -> TripRole | None:
        return self.store.role(self.me, trip_id)

    async def members(self, trip_id: UUID) -> tuple[TripMember, ...]:
        me = self.store.part(self.me, trip_id)
        if me is None:
            return ()
        return tuple(
            replace(each, me=each.member_id == me.member_id)
            for each in sorted_members(self.store, trip_id)
        )

    async def call_me(self, trip_id: UUID, display_name: str) -> bool:
        me = self.store.part(self.me, trip_id)
        if me is None or me.role == "viewer":
            return False
        self._put(trip_id, self.me, replace(me, display_name=display_name))
        return True

    async def set_role(self, trip_id: UUID, member_id: UUID, role: TripRole) -> bool:
        part = self._others(trip_id, member_id)
        if part is None:
            return False
        self._put(trip_id, part.account_id, replace(part.member, role=role))
        self._close_link(trip_id, part, role)
        return True

    async def remove(self, trip_id: UUID, member_id: UUID) -> tuple[UUID, ...] | None:
        part, me = self._others(trip_id, member_id), self.store.part(self.me, trip_id)
        if part is None or me is None:
            return None
        self._end(trip_id, member_id)
        self._close_link(trip_id, part, None)
        details: JSONObject = {"name": part.member.display_name}
        return await self._note_and_tell(
            trip_id, "member_removed", me.display_name, details, (part.account_id,)
        )

    async def leave(self, trip_id: UUID) -> tuple[UUID, ...] | None:
        me = self.store.part(self.me, trip_id)
        if me is None or me.owns:
            return None
        self._end(trip_id, me.member_id)
        return await self._note_and_tell(trip_id, "left", me.display_name, {"role": me.role})

    async def invite(self, trip_id: UUID, invitation: Invitation, token_hash: bytes) -> bool:
        me = self.store.part(self.me, trip_id)
        if me is None or not _may_invite(me.role, invitation.role):
            return False
        assert all(asked.token_hash != token_hash for asked in self.store.invitations.values())
        stored = replace(invitation, invited_by=me.display_name, uses=0, revoked_at=None)
        self.store.invitations[trip_id, invitation.invitation_id] = Asked(
            stored, me.member_id, token_hash
        )
        return True

    async def invitations(self, trip_id: UUID) -> tuple[Invitation, ...]:
        if not at_least(self.store.role(self.me, trip_id), "editor"):
            return ()
        names = {each.member_id: each.display_name for each in sorted_members(self.store, trip_id)}
        found = [
            replace(asked.invitation, invited_by=names[asked.by])
            for asked in in_trip(self.store.invitations, trip_id)
        ]
        return tuple(sorted(found, key=lambda x: (x.created_at, x.invitation_id), reverse=True))

    async def revoke(self, trip_id: UUID, invitation_id: UUID, at: datetime) -> bool:
        asked = self.store.invitations.get((trip_id, invitation_id))
        if asked is None or asked.invitation.revoked_at is not None:
            return False
        if not _may_invite(self.store.role(self.me, trip_id), asked.invitation.role):
            return False
        self.store.invitations[trip_id, invitation_id] = replace(
            asked, invitation=replace(asked.invitation, revoked_at=at)
        )
        return True

    async def accept(self, token_hash: bytes, display_name: str) -> Joined | None:
        # By the clock of the store, like the database's function.
        now = datetime.now(UTC)
        for (trip_id, invitation_id), asked in self.store.invitations.items():
            if asked.token_hash == token_hash and self.stands(trip_id, asked, now):
                return await self._accept(trip_id, invitation_id, asked, display_name)
        return None

    def stands(self, trip_id: UUID, asked: Asked, now: datetime) -> bool:
        by = self.store.parts.get((trip_id, asked.by))
        invitation = asked.invitation
        return (
            by is not None
            and _may_invite(by.member.role, invitation.role)
            and invitation.revoked_at is None
            and now < invitation.expires_at
            and self.store.trips[trip_id].deleted_at is None
        )

    async def _accept(
        self, trip_id: UUID, invitation_id: UUID, asked: Asked, display_name: str
    ) -> Joined | None:
        me, invitation = self.store.part(self.me, trip_id), asked.invitation
        if me is not None and at_least(me.role, invitation.role):
            return Joined(trip_id, me.member_id, me.role, already=True)
        if invitation.uses >= invitation.most_uses:
            return None
        if me is None and len(self.store.accounts(trip_id)) >= _MOST_MEMBERS:
            return None
        if me is None:
            me = TripMember(uuid4(), invitation.role, display_name, datetime.now(UTC))
        me = replace(me, role=invitation.role)
        self._put(trip_id, self.me, me, invitation_id)
        self.store.invitations[trip_id, invitation_id] = replace(
            asked, invitation=replace(invitation, uses=invitation.uses + 1)
        )
        details: JSONObject = {"role": me.role}
        told = await self._note_and_tell(trip_id, "joined", me.display_name, details)
        return Joined(trip_id, me.member_id, me.role, already=False, told=told)

    async def _note_and_tell(
        self,
        trip_id: UUID,
        action: TripAction,
        who: str,
        details: JSONObject,
        more: tuple[UUID, ...] = (),
    ) -> tuple[UUID, ...]:
        version, now = self.store.trips[trip_id].version, datetime.now(UTC)
        entry = TripActivity(uuid4(), action, who, version, now, details)
        self.store.activity[trip_id, entry.activity_id] = entry
        data = {**details, "action": action, "by": who, "version": version}
        return await self.events.tell_all(trip_id, "trip.members", data, now, more)

    def _others(self, trip_id: UUID, member_id: UUID) -> Part | None:
        part = self.store.parts.get((trip_id, member_id))
        owner = self.store.role(self.me, trip_id) == "owner"
        return part if part is not None and owner and not part.member.owns else None

    def _put(
        self, trip_id: UUID, account_id: UUID, member: TripMember, came_by: UUID | None = None
    ) -> None:
        before = self.store.parts.get((trip_id, member.member_id))
        if came_by is None and before is not None:
            came_by = before.came_by
        self.store.parts[trip_id, member.member_id] = Part(account_id, member, came_by)

    def _close_link(self, trip_id: UUID, part: Part, role: TripRole | None) -> None:
        """Revoke the link somebody came by, if it would bring back what another took from them."""
        if part.came_by is None or part.account_id == self.me:
            return
        asked = self.store.invitations.get((trip_id, part.came_by))
        now = datetime.now(UTC)
        if asked is None or asked.invitation.revoked_at is not None:
            return
        if asked.invitation.uses < asked.invitation.most_uses and not at_least(
            role, asked.invitation.role
        ):
            self.store.invitations[trip_id, part.came_by] = replace(
                asked, invitation=replace(asked.invitation, revoked_at=now)
            )

    def _end(self, trip_id: UUID, member_id: UUID) -> None:
        del self.store.parts[trip_id, member_id]
        for key in [k for k, asked in self.store.invitations.items() if asked.by == member_id]:
            del self.store.invitations[key]


@dataclass
class FakeActivity:
    store: TripStore
    me: UUID

    async def add(self, trip_id: UUID, activity: TripActivity) -> None:
        me = self.store.part(self.me, trip_id)
        if me is not None and at_least(me.role, "editor"):
            entry = replace(activity, who=me.display_name)
            self.store.activity[trip_id, activity.activity_id] = entry

    async def page(
        self, trip_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[TripActivity, ...]:
        if self.store.role(self.me, trip_id) is None:
            return ()
        newest = sorted(
            in_trip(self.store.activity, trip_id),
            key=lambda entry: (entry.created_at, entry.activity_id),
            reverse=True,
        )
        return tuple(
            entry
            for entry in newest
            if before is None or (entry.created_at, entry.activity_id) < before
        )[:limit]


def _may_invite(role: TripRole | None, to: TripRole) -> bool:
    """Nobody gives what they do not have, and a viewer gives nothing."""
    return role == "owner" or (role == "editor" and to != "owner")


class GuestStore(TripStore):
    """What whoever holds an invitation reads: its one trip, while it is open."""

    guest_trip: UUID | None = None

    @classmethod
    def at(cls, store: TripStore, token_hash: bytes) -> "GuestStore":
        made = cls(**vars(store.copy()))
        shares = FakeShares(store, UUID(int=0), FakeMemberEvents(store, UUID(int=0), {}))
        now = datetime.now(UTC)
        for (trip_id, _), asked in store.invitations.items():
            if asked.token_hash == token_hash and shares.stands(trip_id, asked, now):
                made.guest_trip = trip_id if asked.invitation.open_at(now) else None
        return made

    def part(self, account_id: UUID, trip_id: UUID) -> TripMember | None:
        if trip_id != self.guest_trip:
            return None
        return TripMember(UUID(int=0), "viewer", "", datetime.now(UTC))
