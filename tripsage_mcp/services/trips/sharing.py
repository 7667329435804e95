"""Sharing a trip: who takes part and as what, and inviting others to it.

Whose trip it is stays whose it is for good; that person can make others owners too, who then
decide with them. An invitation's token is shown once, when it is made, and kept only as a hash.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import TripEventKind
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip import JSONObject, Trip, TripChange, TripRole, at_least
from tripsage_mcp.domain.trip_sharing import (
    Invitation,
    TripAction,
    TripMember,
    new_token,
    token_hash,
)
from tripsage_mcp.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.services.bookings.consents import Asker, ConsentService, Sought, too_late
from tripsage_mcp.services.trips import share_requests
from tripsage_mcp.services.trips.share_questions import ownership, sharing
from tripsage_mcp.services.trips.share_requests import Asked, ShareAction, ShareRequest
from tripsage_mcp.services.trips.writes import (
    Announce,
    Done,
    Terms,
    TripWrites,
    no_such_trip,
    nobody_listens,
    read_only,
)

MOST_MEMBERS = 100
type ShareStatus = Literal["done", "needs_confirmation", "declined"]


@dataclass(frozen=True, slots=True, repr=False)
class Shared:
    """What came of it, and who takes part now. Without a repr: it may hold a token.

    Attributes:
        trip: None when the account takes part no more.
        invitations: For those who may invite.
        invitation: The one that was made.
        token: What its link ends in; only in the answer that made it.
        link: Its address; None where nobody serves HTTP.
        confirm_url: Where the traveller says yes; only where the caller could not be asked.
        again: The same request was made before; a token is not shown twice.
    """

    action: ShareAction
    provenance: Provenance
    status: ShareStatus = "done"
    trip: Trip | None = None
    members: tuple[TripMember, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    invitation: Invitation | None = None
    token: str | None = None
    link: str | None = None
    confirm_url: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A trip that the account takes part in, and everybody who does."""

    trip: Trip
    members: tuple[TripMember, ...]

    def member(self, asked: Asked) -> TripMember:
        """Return whom a request is about.

        Raises:
            NotFoundError: nobody of that id takes part.
        """
        found = next((each for each in self.members if each.member_id == asked.about), None)
        if found is None:
            raise NotFoundError(
                "Nobody with this member_id takes part in the trip",
                hint='share_trip with action="members" gives the ids there are.',
            )
        return found


type _Does = Callable[[Account, Asked], Awaitable[Shared]]


def _nowhere() -> None:
    """Say that nobody serves HTTP."""


@dataclass(frozen=True, slots=True)
class ShareService:
    """Shares trips.

    Args:
        consents: Asks the traveller before somebody new sees a trip.
        announce: Wakes whoever has the trip open.
        address: Where this server is reached, without a slash at the end; None where nobody
            serves HTTP.
    """

    storage: Storage
    consents: ConsentService
    now: Clock = utc_now
    new_id: NewId = uuid7
    announce: Announce = nobody_listens
    address: Callable[[], str | None] = _nowhere

    async def manage(self, account: Account, request: ShareRequest, asker: Asker) -> Shared:
        """Do what is asked about who takes part in a trip.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: no such trip, member, or invitation that is still open.
            PermissionDeniedError: the account's role does not allow it.
            ConflictError: the traveller's answer came too late, or the idempotency key was used
                for something else.
            StorageError: the database is out of reach.
        """
        asked = share_requests.checked(request)
        if asked.action == "invite":
            return await self._invite(account, asked, asker)
        if asked.action == "make_owner":
            return await self._make_owner(account, asked, asker)
        others: dict[ShareAction, _Does] = {
            "members": self._members,
            "accept": self._accept,
            "leave": self._leave,
        }
        return await others.get(asked.action, self._change)(account, asked)

    async def _members(self, account: Account, asked: Asked) -> Shared:
        async with self.storage.begin(account) as unit:
            part = await _part(unit, asked)
            return await self._shown(unit, asked, part.trip)

    async def _invite(self, account: Account, asked: Asked, asker: Asker) -> Shared:
        async with self.storage.begin(account) as unit:
            trip = (await _part(unit, asked)).trip
            _check_role(trip, "editor")
            shown = await self._shown(unit, asked, trip)
            if await self._writes.earlier(unit, _terms(asked)) is not None:
                return replace(shown, again=True)
        _check_room(shown, asked)
        sought = await self.consents.seek(account, sharing(trip, asked), asker)
        if sought.answer != "yes":
            return self._unanswered(asked, trip, sought)
        now, token = self.now(), new_token()
        invitation = Invitation(
            self.new_id(),
            asked.role,
            now,
            now + timedelta(days=asked.days),
            asked.email,
            asked.uses,
        )

        async def act(unit: UnitOfWork, _part: _Part) -> JSONObject:
            await self._use(unit, sought)
            if asked.name:
                await unit.shares.call_me(trip.trip_id, asked.name)
            if not await unit.shares.invite(trip.trip_id, invitation, token_hash(token)):
                raise read_only()
            return {"role": asked.role, "by": "email" if asked.email else "link"}

        made = await self._write(account, asked, "invited", act)
        if made.again:
            return made
        base = self.address()
        link = None if base is None else f"{base}/share/{token}"
        return replace(made, invitation=invitation, token=token, link=link)

    async def _make_owner(self, account: Account, asked: Asked, asker: Asker) -> Shared:
        async with self.storage.begin(account) as unit:
            part = await _part(unit, asked)
            _check_role(part.trip, "owner")
            member = part.member(asked)
            if member.role == "owner":
                return replace(await self._shown(unit, asked, part.trip), again=True)
        sought = await self.consents.seek(account, ownership(part.trip, member), asker)
        if sought.answer != "yes":
            return self._unanswered(asked, part.trip, sought)

        async def act(unit: UnitOfWork, part: _Part) -> JSONObject:
            await self._use(unit, sought)
            return await _set_role(unit, part, asked, "owner")

        return await self._write(account, asked, "role_changed", act)

    async def _change(self, account: Account, asked: Asked) -> Shared:
        """Do what an owner or editor decides without anybody new coming in."""

        async def act(unit: UnitOfWork, part: _Part) -> JSONObject:
            trip_id = part.trip.trip_id
            match asked.action:
                case "set_role":
                    _check_role(part.trip, "owner")
                    return await _set_role(unit, part, asked, asked.role)
                case "rename":
                    _check_role(part.trip, "editor")
                    await unit.shares.call_me(trip_id, asked.name)
                    return {"name": asked.name}
                case _:
                    _check_role(part.trip, "editor")
                    assert asked.about is not None
                    if not await unit.shares.revoke(trip_id, asked.about, self.now()):
                        raise NotFoundError("There is no such invitation that is still open")
                    return {}

        if asked.action == "remove":
            return await self._remove(account, asked)
        actions: dict[ShareAction, TripAction] = {
            "set_role": "role_changed",
            "revoke": "invitation_revoked",
            "rename": "changed",
        }
        return await self._write(account, asked, actions[asked.action], act)

    async def _remove(self, account: Account, asked: Asked) -> Shared:
        async with self.storage.begin(account) as unit:
            part = await _part(unit, asked)
            if await self._writes.earlier(unit, _terms(asked)) is not None:
                return replace(await self._shown(unit, asked, part.trip), again=True)
            _check_role(part.trip, "owner")
            member = part.member(asked)
            if member.owns:
                raise PermissionDeniedError("Whose trip it is cannot be removed from it")
            change = self._now_of(part.trip)
            await self._writes.noted(unit, _terms(asked), change, Done({}))
            told = await unit.shares.remove(part.trip.trip_id, member.member_id)
            if told is None:
                raise ConflictError("Who takes part changed meanwhile", hint="Try again.")
            shown = await self._shown(unit, asked, part.trip)
        await self._writes.wake(told)
        return shown

    async def _accept(self, account: Account, asked: Asked) -> Shared:
        async with self.storage.begin(account) as unit:
            joined = await unit.shares.accept(token_hash(asked.token), asked.name)
            if joined is None:
                raise NotFoundError(
                    "This invitation is not open: it is unknown, used up, expired or revoked",
                    hint="Ask whoever sent it for another.",
                )
            trip = await unit.trips.get(joined.trip_id)
            assert trip is not None
            shown = await self._shown(unit, asked, trip)
        await self._writes.wake(joined.told)
        return replace(shown, again=joined.already)

    async def _leave(self, account: Account, asked: Asked) -> Shared:
        async with self.storage.begin(account) as unit:
            part = await _part(unit, asked)
            if part.trip.mine:
                raise PermissionDeniedError(
                    "It is your own trip, which you cannot leave",
                    hint='Delete it with save_trip and action="delete".',
                )
            told = await unit.shares.leave(part.trip.trip_id)
        await self._writes.wake(told or ())
        return Shared(asked.action, self._provenance())

    async def _write(
        self,
        account: Account,
        asked: Asked,
        action: TripAction,
        act: Callable[[UnitOfWork, _Part], Awaitable[JSONObject]],
    ) -> Shared:
        """Write once, note it in the log and tell everybody."""
        terms = _terms(asked)
        async with self.storage.begin(account) as unit:
            part = await _part(unit, asked)
            if await self._writes.earlier(unit, terms) is not None:
                return replace(await self._shown(unit, asked, part.trip), again=True)
            data = await act(unit, part)
            change = self._now_of(part.trip)
            await self._writes.noted(unit, terms, change, Done({}))
            kind: TripEventKind = "trip.members"
            told = await self._writes.told(unit, change, {action: data}, kind)
            shown = await self._shown(unit, asked, part.trip)
        await self._writes.wake(told)
        return shown

    async def _use(self, unit: UnitOfWork, sought: Sought) -> None:
        if not await self.consents.use(unit, sought):
            raise too_late()

    async def _shown(self, unit: UnitOfWork, asked: Asked, trip: Trip) -> Shared:
        members = await unit.shares.members(trip.trip_id)
        invitations = await unit.shares.invitations(trip.trip_id)
        now = self.now()
        still_open = tuple(each for each in invitations if each.open_at(now))
        return Shared(
            asked.action,
            self._provenance(),
            trip=trip,
            members=members,
            invitations=still_open,
        )

    def _unanswered(self, asked: Asked, trip: Trip, sought: Sought) -> Shared:
        status: ShareStatus = "declined" if sought.answer == "no" else "needs_confirmation"
        return Shared(asked.action, self._provenance(), status, trip=trip, confirm_url=sought.url)

    def _now_of(self, trip: Trip) -> TripChange:
        """Return what is noted of a change to who takes part, which is no new version."""
        return TripChange(replace(trip, updated_at=self.now()))

    @property
    def _writes(self) -> TripWrites:
        return TripWrites(self.storage, self.announce, self.now, self.new_id)

    def _provenance(self) -> Provenance:
        return Provenance("tripsage", "live", self.now())


async def _part(unit: UnitOfWork, asked: Asked) -> _Part:
    assert asked.trip_id is not None
    trip = await unit.trips.get(asked.trip_id)
    if trip is None:
        raise no_such_trip()
    if trip.deleted_at is not None:
        raise ConflictError(
            "The trip is deleted", hint='Restore it first: save_trip with action="restore".'
        )
    return _Part(trip, await unit.shares.members(asked.trip_id))


async def _set_role(unit: UnitOfWork, part: _Part, asked: Asked, role: TripRole) -> JSONObject:
    member = part.member(asked)
    if not await unit.shares.set_role(part.trip.trip_id, member.member_id, role):
        raise PermissionDeniedError("Whose trip it is stays its owner")
    return {"name": member.display_name, "role": role}


def _check_room(shown: Shared, asked: Asked) -> None:
    """Check that no more can come than a trip is for."""
    coming = sum(each.most_uses - each.uses for each in shown.invitations)
    if len(shown.members) + coming + asked.uses > MOST_MEMBERS:
        raise InvalidRequestError(
            "uses", f"a trip is for at most {MOST_MEMBERS}, those who are invited among them"
        )


def _check_role(trip: Trip, needed: TripRole) -> None:
    if not at_least(trip.role, needed):
        raise not_an_owner() if needed == "owner" else read_only()


def not_an_owner() -> TripSageError:
    """Return the error for an editor who decides about others."""
    return PermissionDeniedError("Only an owner of the trip can do that")


def _terms(asked: Asked) -> Terms:
    return Terms(asked.key, asked.fingerprint)
