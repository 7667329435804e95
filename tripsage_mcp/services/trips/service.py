"""Keeping trips: save, read, list, delete and bring back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.trip import JSONObject, Trip, TripChange, TripSave
from tripsage_mcp.domain.trip_item import ItineraryOrigin
from tripsage_mcp.domain.trip_sharing import TripAction
from tripsage_mcp.errors import (
    ConflictError,
    PermissionDeniedError,
)
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.repositories.ports import UnitOfWork
from tripsage_mcp.services.arguments import identifier
from tripsage_mcp.services.trips import requests as trip_requests
from tripsage_mcp.services.trips.reading import TripReader
from tripsage_mcp.services.trips.requests import (
    LONGEST_TITLE,
    OF_TRIPS,
    Checked,
    SaveRequest,
    check_span,
    checked_key,
    checked_version,
    fingerprint,
)
from tripsage_mcp.services.trips.results import (
    TripMove,
    TripSaved,
)
from tripsage_mcp.services.trips.saving import store, touched
from tripsage_mcp.services.trips.writes import (
    Announce,
    Done,
    Terms,
    TripWrites,
    no_such_trip,
    nobody_listens,
)


@dataclass(frozen=True, slots=True)
class TripService(TripReader):
    """Keeps the trips that the account a call is made for takes part in.

    Args:
        announce: Wakes whoever has a trip open.
    """

    new_id: NewId = uuid7
    announce: Announce = nobody_listens

    async def save(self, account: Account, request: SaveRequest) -> TripSaved:
        """Store a new trip or change one and what is in it, at once and for good.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: the account has no such trip, or that no such version.
            PermissionDeniedError: it may only read the trip.
            ConflictError: the trip is at another version than expected, or the idempotency key
                was used for something else.
            StorageError: the database is out of reach.
        """
        asked = trip_requests.checked(request)
        terms = Terms(asked.key, asked.fingerprint, asked.expected_version, *touched(asked))
        if asked.trip_id is None:
            return self._saved(await self._create(account, asked, terms))

        async def act(unit: UnitOfWork, change: TripChange) -> Done:
            return await store(unit, change, asked, self.new_id)

        return self._saved(await self._writes.change(account, asked.trip_id, terms, act))

    async def keep_itinerary(
        self,
        account: Account,
        trip_id: str,
        itinerary: JSONObject,
        origin: ItineraryOrigin,
        reason: str | None = None,
        expected_version: int | None = None,
    ) -> TripSaved:
        """Make an itinerary that was computed the trip's next version.

        Raises:
            See `save`.
        """
        request = SaveRequest(
            trip_id=trip_id,
            expected_version=expected_version,
            itinerary=itinerary,
            reason=reason,
        )
        asked = trip_requests.checked(request)
        assert asked.trip_id is not None

        async def act(unit: UnitOfWork, change: TripChange) -> Done:
            return await store(unit, change, asked, self.new_id, origin)

        terms = Terms(None, asked.fingerprint, asked.expected_version, *touched(asked))
        return self._saved(await self._writes.change(account, asked.trip_id, terms, act))

    async def move(
        self,
        account: Account,
        trip_id: str,
        move: TripMove,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> TripSaved:
        """Delete the account's own trip so that it can be brought back, or bring it back.

        Doing either twice does no more than doing it once.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: the account has no such trip.
            PermissionDeniedError: it is somebody else's.
            ConflictError: the trip is at another version than expected, or the key was used.
            StorageError: the database is out of reach.
        """
        wanted = identifier(trip_id, "trip_id", of=OF_TRIPS)
        terms = Terms(
            checked_key(key),
            fingerprint(move, [trip_id, expected_version]),
            checked_version(expected_version),
        )
        writes, told = self._writes, tuple[UUID, ...]()
        async with self.storage.begin(account) as unit:
            save = await writes.earlier(unit, terms)
            if save is None:
                trip = await unit.trips.get_to_change(wanted) or await unit.trips.get(wanted)
                if trip is None:
                    raise no_such_trip()
                change = TripChange(await self._moved(unit, trip, move, terms))
                log: Mapping[TripAction, JSONObject] = {}
                if change.version != trip.version:
                    log = {"deleted" if move == "delete" else "restored": {}}
                save = await writes.noted(unit, terms, change, Done(log, {"move": move}))
                if log:
                    kind = "trip.deleted" if move == "delete" else "trip.restored"
                    told = await writes.told(unit, change, log, kind)
        await writes.wake(told)
        return self._saved(save)

    @property
    def _writes(self) -> TripWrites:
        return TripWrites(self.storage, self.announce, self.now, self.new_id)

    async def _create(self, account: Account, asked: Checked, terms: Terms) -> TripSave:
        writes, now = self._writes, self.now()
        # What is required is among the fields and takes the place of these.
        blank = Trip(self.new_id(), 1, "", "", date.min, date.min, created_at=now, updated_at=now)
        trip = replace(blank, **asked.fields)  # pyright: ignore[reportArgumentType] - each was checked
        check_span(trip.start_date, trip.end_date)
        if not trip.title:
            trip = replace(trip, title=trip.destination[:LONGEST_TITLE])
        async with self.storage.begin(account) as unit:
            earlier = await writes.earlier(unit, terms)
            if earlier is not None:
                return earlier
            await unit.trips.add(trip)
            # Nobody else knows of it yet: nothing has to be locked.
            change = TripChange(trip)
            done = await store(unit, change, replace(asked, fields={}), self.new_id)
            save = await writes.noted(unit, terms, change, done)
            told = await writes.told(unit, change, {"created": {}})
        await writes.wake(told)
        return save

    async def _moved(self, unit: UnitOfWork, trip: Trip, move: TripMove, terms: Terms) -> Trip:
        """Delete or bring back a trip; return it as it is then."""
        if not trip.mine:
            raise not_yours()
        if (trip.deleted_at is not None) == (move == "delete"):
            return trip
        if terms.expected_version not in {None, trip.version}:
            raise ConflictError(
                f"The trip is at version {trip.version} now; it changed since it was read",
                hint="Read it with get_trips, and decide anew.",
                expected=terms.expected_version,
                current=trip.version,
            )
        now = self.now()
        does = unit.trips.bin if move == "delete" else unit.trips.restore
        await does(trip.trip_id, now)
        return replace(trip, version=trip.version + 1, updated_at=now)

    def _saved(self, save: TripSave) -> TripSaved:
        answer = dict(save.answer or {})
        created = save.version == 1 and "move" not in answer
        made = TripSaved(save.trip_id, save.version, save.saved_at, created, self.provenance())
        for name in ("items", "packing", "documents"):
            if name in answer:
                answer[name] = tuple(answer[name])  # pyright: ignore[reportArgumentType] - we wrote it
        return replace(made, **answer)  # pyright: ignore[reportArgumentType] - we wrote it


def not_yours() -> PermissionDeniedError:
    """Return the error for deleting what somebody else owns."""
    return PermissionDeniedError(
        "Only whose trip it is can delete it or bring it back",
        hint='To take part in it no more: share_trip with action="leave".',
    )
