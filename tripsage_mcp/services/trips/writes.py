"""How a trip is written: under one lock, as one version, once, noted in the log and told to all."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import TripEventKind
from tripsage_mcp.domain.trip import JSONObject, TripChange, TripSave, at_least
from tripsage_mcp.domain.trip_sharing import TripAction, TripActivity
from tripsage_mcp.errors import ConflictError, NotFoundError, PermissionDeniedError, TripSageError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.trips import plain as trip_plain

_MOST_SHOWN = 20
# Characters.
_LONGEST_CHOICE = 4_000
_NO_IDS: frozenset[UUID] = frozenset()

type Announce = Callable[[Account], Awaitable[None]]
"""Wakes whoever listens for an account's events."""


async def nobody_listens(_account: Account) -> None:
    """Wake nobody."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms somebody writes.

    Attributes:
        key: Idempotency key; the same `fingerprint` under it was the same request.
        expected_version: Refuse where the trip has moved on from this version.
        fields: What of the trip is to be written, for showing it when that is refused.
        ids: What in the trip is, likewise.
    """

    key: str | None
    fingerprint: bytes
    expected_version: int | None = None
    fields: frozenset[str] = frozenset()
    ids: frozenset[UUID] = _NO_IDS


@dataclass(frozen=True, slots=True)
class Done:
    """What a write did.

    Attributes:
        log: Entries for the log, each with a few details.
        answer: What else the caller is told.
    """

    log: Mapping[TripAction, JSONObject]
    answer: JSONObject = field(default_factory=dict[str, object])


type Act = Callable[[UnitOfWork, TripChange], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class TripWrites:
    """Writes trips for whoever may."""

    storage: Storage
    announce: Announce = nobody_listens
    now: Clock = utc_now
    new_id: NewId = uuid7

    async def change(self, account: Account, trip_id: UUID, terms: Terms, act: Act) -> TripSave:
        """Change a trip, or answer what the same request answered before.

        Raises:
            NotFoundError: there is no such trip for the account.
            PermissionDeniedError: it may only read it.
            ConflictError: the trip has moved on or is deleted, or the key was used for another
                request.
            StorageError: the database is out of reach.
        """
        async with self.storage.begin(account) as unit:
            earlier = await self.earlier(unit, terms)
            if earlier is not None:
                return earlier
            change = await unit.trips.begin_change(trip_id, self.now())
            if change is None:
                raise await refusal(unit, trip_id)
            was = change.version - 1
            if terms.expected_version not in {None, was}:
                raise await _stale(unit, change, terms)
            done = await act(unit, change)
            save = await self.noted(unit, terms, change, done)
            told = await self.told(unit, change, done.log)
        await self.wake(told)
        return save

    async def earlier(self, unit: UnitOfWork, terms: Terms) -> TripSave | None:
        """Return what the same request answered before, or None.

        Raises:
            ConflictError: the key was used for another request.
        """
        if terms.key is None:
            return None
        earlier = await unit.trips.earlier_save(terms.key)
        if earlier is not None and earlier.fingerprint != terms.fingerprint:
            raise ConflictError(
                "idempotency_key was already used for something else",
                hint="Use a new key for a new request.",
            )
        return earlier

    async def noted(
        self, unit: UnitOfWork, terms: Terms, change: TripChange, done: Done
    ) -> TripSave:
        """Keep what a write answers, under its key."""
        save = TripSave(
            terms.key or "",
            terms.fingerprint,
            change.trip_id,
            change.version,
            change.at,
            done.answer or None,
        )
        if terms.key is not None:
            await unit.trips.note_save(save)
        return save

    async def told(
        self,
        unit: UnitOfWork,
        change: TripChange,
        log: Mapping[TripAction, JSONObject],
        kind: TripEventKind = "trip.changed",
    ) -> tuple[UUID, ...]:
        """Note a change in the log and tell everybody who takes part; comes last."""
        for action, data in log.items():
            entry = TripActivity(self.new_id(), action, "", change.version, change.at, data)
            await unit.activity.add(change.trip_id, entry)
        members = await unit.shares.members(change.trip_id)
        by = next((each.display_name for each in members if each.me), "")
        data = {"version": change.version, "actions": [*log], "by": by}
        return await unit.events.tell_members(change.trip_id, kind, data, change.at)

    async def wake(self, accounts: Iterable[UUID]) -> None:
        """Wake those who were told, once it is committed."""
        for account_id in accounts:
            await self.announce(Account(account_id))


async def refusal(unit: UnitOfWork, trip_id: UUID) -> TripSageError:
    """Return why the account may not change a trip."""
    trip = await unit.trips.get(trip_id)
    if trip is None:
        return no_such_trip()
    if trip.deleted_at is not None:
        return ConflictError(
            "The trip is deleted", hint='Restore it first: save_trip with action="restore".'
        )
    if not at_least(trip.role, "editor"):
        return read_only()
    return ConflictError("The trip changed meanwhile", hint="Try again.")


def no_such_trip() -> NotFoundError:
    """Return the one answer for ids that are unknown and ids that are another traveller's."""
    return NotFoundError("There is no such trip", hint="get_trips gives the ids there are.")


def read_only() -> PermissionDeniedError:
    """Return the error for a viewer who writes."""
    return PermissionDeniedError(
        "You may read this trip, not change it",
        hint="An owner of the trip can make you an editor with share_trip.",
    )


async def _stale(unit: UnitOfWork, change: TripChange, terms: Terms) -> ConflictError:
    """Return the error that shows what is stored now of what was to be written."""
    expected, current = terms.expected_version, change.version - 1
    whole = await unit.trips.whole(change.trip_id)
    stored: dict[str, object] = {}
    if whole is not None:
        stored = _stored(whole, terms)
    entries = await unit.activity.page(change.trip_id, before=None, limit=_MOST_SHOWN)
    stored["changed_since"] = [
        {"who": each.who, "action": each.action, "version": each.version, **each.data}
        for each in entries
        if expected is not None and each.version > expected
    ]
    return ConflictError(
        f"The trip is at version {current} now; it changed since version {expected} was read",
        hint="`current` shows what is stored now of what you wrote. Merge, and save with"
        f" expected_version={current}.",
        expected=expected,
        current=current,
        stored=stored,
    )


def _stored(whole: WholeTrip, terms: Terms) -> dict[str, object]:
    """Return what a stale writer has to see: what it wrote, and what changed since it read."""
    since = terms.expected_version or 0
    items = [
        trip_plain.item_fields(each)
        for each in whole.items
        if each.item_id in terms.ids or each.version > since
    ]
    for each in items:
        each.pop("payload", None)
    parts: dict[str, list[trip_plain.Plain]] = {
        "items": items,
        "packing": [
            trip_plain.packing_fields(each) for each in whole.packing if each.entry_id in terms.ids
        ],
        "documents": [
            trip_plain.document_fields(each)
            for each in whole.documents
            if each.document_id in terms.ids
        ],
    }
    said = _said(whole)
    stored: dict[str, object] = {name: said.get(name) for name in sorted(terms.fields)}
    stored |= {name: some[:_MOST_SHOWN] for name, some in parts.items() if some}
    there = {each.item_id for each in whole.items}
    there |= {each.entry_id for each in whole.packing}
    there |= {each.document_id for each in whole.documents}
    gone = sorted(str(each) for each in terms.ids - there)
    return stored | ({"gone": gone} if gone else {})


def _said(whole: WholeTrip) -> dict[str, object]:
    """Return what a trip holds by the names it is written under, but for what has ids."""
    trip = whole.trip
    chosen = {"flights": trip.flights, "stays": trip.stays}
    return {
        **trip_plain.trip_fields(trip),
        **{name: _short(some) for name, some in chosen.items()},
        "itinerary": None
        if trip.itinerary is None or not whole.itineraries
        else f"version {whole.itineraries[0].number}",
        "budget_lines": [f"{each.category} {each.planned}" for each in whole.budget],
        "stops": [trip_plain.stop_fields(each) for each in whole.destinations],
        "companions": [trip_plain.traveller_fields(each) for each in whole.travellers],
    }


def _short(chosen: Sequence[JSONObject]) -> object:
    """Return what was chosen, or how much that is where it is long."""
    whole = [dict(each) for each in chosen]
    if len(str(whole)) <= _LONGEST_CHOICE:
        return whole
    return f'{len(whole)}; get_trips with detail="full" shows them'
