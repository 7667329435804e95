"""Keeping trips: save, read, list."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from uuid import UUID

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip import SELF, Trip, TripSave, TripStatus, TripSummary
from tripsage_mcp.errors import ConflictError, InvalidRequestError, NotFoundError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.identifiers import NewId, uuid7
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.services.arguments import (
    identifier,
    json_object,
    json_objects,
    line,
    money,
    text,
)
from tripsage_mcp.services.cursors import seal_place, unseal_place

LARGEST_ITINERARY_BYTES = 256 * 1024
LARGEST_LIST_BYTES = 64 * 1024
MOST_CHOICES = 40
MOST_TRAVELLERS = 20
MOST_TRIPS = 50
LONGEST_TITLE = 120
LONGEST_NOTES = 10_000
STATUSES: tuple[TripStatus, ...] = get_args(TripStatus.__value__)
# A span that is longer is a slip in a year.
_LONGEST_TRIP_DAYS = 366
_YEARS = range(1970, 2101)
_KEY = re.compile(r"[\x21-\x7e]{8,100}")
_REQUIRED = (
    ("destination", '"Rome, Italy"'),
    ("start_date", '"2027-05-10"'),
    ("end_date", '"2027-05-14"'),
)
_OF = "save_trip or list_trips"


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """A trip to store, or changes to one.

    Attributes:
        trip_id: The trip to change; None makes a new one.
        expected_version: Refuse the change if the trip has moved on from this version.
        idempotency_key: Sending the same request again with the same key changes nothing.
        budget: Like `1500 EUR`.

    Every other field that is None is left as it is; an empty one is cleared.
    """

    trip_id: str | None = None
    expected_version: int | None = None
    idempotency_key: str | None = None
    title: str | None = None
    destination: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    travellers: Sequence[str] | None = None
    status: TripStatus | None = None
    budget: str | None = None
    itinerary: Mapping[str, object] | None = None
    flights: Sequence[Mapping[str, object]] | None = None
    stays: Sequence[Mapping[str, object]] | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class TripSaved:
    """Where a trip was stored; `created` when this save made it."""

    trip_id: UUID
    version: int
    saved_at: datetime
    created: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class TripRead:
    """One trip, whole."""

    trip: Trip
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class TripsListed:
    """One page of trips; `next_cursor` is None on the last."""

    trips: tuple[TripSummary, ...]
    next_cursor: str | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class TripService:
    """Keeps the trips of the account a call is made for."""

    storage: Storage
    now: Clock = utc_now
    new_id: NewId = uuid7

    async def save(self, account: Account, request: SaveRequest) -> TripSaved:
        """Store a new trip or change one, at once and for good.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: the account has no trip with this id.
            ConflictError: the trip is at another version than expected, or the idempotency key
                was used for something else.
            StorageError: the database is out of reach.
        """
        trip_id = (
            None if request.trip_id is None else identifier(request.trip_id, "trip_id", of=_OF)
        )
        changes = _checked(request)
        _check_addressing(request, changes)
        fingerprint = _fingerprint(trip_id, request.expected_version, changes)
        key = request.idempotency_key
        async with self.storage.begin(account) as unit:
            if key is not None:
                earlier = await unit.trips.earlier_save(key)
                if earlier is not None:
                    return self._again(earlier, fingerprint)
            if trip_id is None:
                trip = self._new(changes)
                await unit.trips.add(trip)
            else:
                trip = await self._change(unit, trip_id, request.expected_version, changes)
            save = TripSave(key or "", fingerprint, trip.trip_id, trip.version, trip.updated_at)
            if key is not None:
                await unit.trips.note_save(save)
        return self._saved(save)

    async def get(self, account: Account, trip_id: str) -> TripRead:
        """Return a trip, whole.

        Raises:
            InvalidRequestError: the id is malformed.
            NotFoundError: the account has no trip with this id.
            StorageError: the database is out of reach.
        """
        wanted = identifier(trip_id, "trip_id", of=_OF)
        async with self.storage.begin(account) as unit:
            trip = await unit.trips.get(wanted)
        if trip is None:
            raise no_such_trip()
        return TripRead(trip, self._provenance())

    async def list(
        self,
        account: Account,
        *,
        upcoming: bool = False,
        cursor: str | None = None,
        limit: int = 10,
    ) -> TripsListed:
        """Return a page of trips, the last created first.

        Args:
            account: Whose.
            upcoming: Only trips that have not ended yet (UTC).
            cursor: `next_cursor` of the page before.
            limit: 1 to 50.

        Raises:
            InvalidRequestError: the cursor or the limit is not valid.
            StorageError: the database is out of reach.
        """
        if not 1 <= limit <= MOST_TRIPS:
            raise InvalidRequestError("limit", f"must be 1 to {MOST_TRIPS}", example="10")
        after = None if cursor is None else _position(cursor)
        today = self.now().astimezone(UTC).date() if upcoming else None
        async with self.storage.begin(account) as unit:
            found = await unit.trips.page(after=after, ending_from=today, limit=limit + 1)
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        next_cursor = None if last is None else seal_place(last.created_at, last.trip_id)
        return TripsListed(page, next_cursor, self._provenance())

    def _new(self, changes: Mapping[str, object]) -> Trip:
        now = self.now()
        # What is required is among the changes and takes the place of these.
        blank = Trip(self.new_id(), 1, "", "", date.min, date.min, created_at=now, updated_at=now)
        trip = replace(blank, **changes)
        return trip if trip.title else replace(trip, title=trip.destination[:LONGEST_TITLE])

    async def _change(
        self,
        unit: UnitOfWork,
        trip_id: UUID,
        expected_version: int | None,
        changes: Mapping[str, object],
    ) -> Trip:
        trip = await unit.trips.get_to_change(trip_id)
        if trip is None:
            raise no_such_trip()
        if expected_version not in {None, trip.version}:
            raise ConflictError(
                f"The trip is at version {trip.version} now; it changed since it was read",
                hint=f"Call get_trip, merge, and save with expected_version={trip.version}.",
            )
        trip = replace(trip, **changes, version=trip.version + 1, updated_at=self.now())
        _check_span(trip.start_date, trip.end_date)
        await unit.trips.replace(trip)
        return trip

    def _again(self, earlier: TripSave, fingerprint: bytes) -> TripSaved:
        if earlier.fingerprint != fingerprint:
            raise ConflictError(
                "idempotency_key was already used to save something else",
                hint="Use a new key for a new request.",
            )
        return self._saved(earlier)

    def _saved(self, save: TripSave) -> TripSaved:
        return TripSaved(
            save.trip_id, save.version, save.saved_at, save.version == 1, self._provenance()
        )

    def _provenance(self) -> Provenance:
        return Provenance("tripsage", "live", self.now())


def no_such_trip() -> NotFoundError:
    """Return the one answer for ids that are unknown and ids that are another traveller's."""
    return NotFoundError("There is no such trip", hint="list_trips gives the ids there are.")


def _checked(request: SaveRequest) -> dict[str, object]:
    """Return the fields to set, valid each by itself."""
    changes: dict[str, object] = {}
    if request.title is not None:
        changes["title"] = line(
            request.title, "title", longest=LONGEST_TITLE, example='"Rome in May"'
        )
    if request.destination is not None:
        changes["destination"] = line(
            request.destination, "destination", longest=200, example='"Rome, Italy"'
        )
    for argument, day in (("start_date", request.start_date), ("end_date", request.end_date)):
        if day is not None:
            if day.year not in _YEARS:
                raise InvalidRequestError(
                    argument, "must be a year from 1970 to 2100", example='"2027-05-10"'
                )
            changes[argument] = day
    if request.travellers is not None:
        changes["travellers"] = _travellers(request.travellers)
    if request.status is not None:
        if request.status not in STATUSES:
            raise InvalidRequestError(
                "status", f"must be one of {', '.join(STATUSES)}", example='"planned"'
            )
        changes["status"] = request.status
    return changes | _checked_plan(request)


def _checked_plan(request: SaveRequest) -> dict[str, object]:
    changes: dict[str, object] = {}
    if request.budget is not None:
        changes["budget"] = money(request.budget, "budget") if request.budget.strip() else None
    if request.itinerary is not None:
        changes["itinerary"] = (
            json_object(request.itinerary, "itinerary", most_bytes=LARGEST_ITINERARY_BYTES)
            if request.itinerary
            else None
        )
    for argument, chosen in (("flights", request.flights), ("stays", request.stays)):
        if chosen is not None:
            changes[argument] = json_objects(
                chosen, argument, most=MOST_CHOICES, most_bytes=LARGEST_LIST_BYTES
            )
    if request.notes is not None:
        changes["notes"] = (
            text(request.notes, "notes", longest=LONGEST_NOTES) if request.notes.strip() else None
        )
    return changes


def _travellers(given: Sequence[str]) -> tuple[str, ...]:
    example = '["self", "Ines"]'
    if not 1 <= len(given) <= MOST_TRAVELLERS:
        raise InvalidRequestError(
            "travellers", f"must be 1 to {MOST_TRAVELLERS} names", example=example
        )
    names = [line(name, "travellers", longest=80, example=example) for name in given]
    names = [SELF if name.casefold() == SELF else name for name in names]
    if len({name.casefold() for name in names}) < len(names):
        raise InvalidRequestError("travellers", "must not name anyone twice", example=example)
    return tuple(names)


def _check_addressing(request: SaveRequest, changes: Mapping[str, object]) -> None:
    """Check what no argument says by itself: which trip, which version, enough to store."""
    key = request.idempotency_key
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidRequestError(
            "idempotency_key",
            "must be 8 to 100 printable ASCII characters without spaces",
            example='"save-rome-2027-05-10"',
        )
    if request.expected_version is not None:
        if request.trip_id is None:
            raise InvalidRequestError("expected_version", "needs a trip_id beside it")
        if request.expected_version < 1:
            raise InvalidRequestError("expected_version", "must be 1 or more", example="1")
    if request.trip_id is not None and not changes:
        raise InvalidRequestError("trip_id", "needs something to change beside it")
    if request.trip_id is None:
        for argument, example in _REQUIRED:
            if argument not in changes:
                raise InvalidRequestError(argument, "is required for a new trip", example=example)
    if request.start_date is not None and request.end_date is not None:
        _check_span(request.start_date, request.end_date)


def _check_span(start: date, end: date) -> None:
    example = f'"{start + timedelta(days=4)}"'
    if end < start:
        raise InvalidRequestError("end_date", "must not be before start_date", example=example)
    if (end - start).days >= _LONGEST_TRIP_DAYS:
        raise InvalidRequestError(
            "end_date", f"must be within {_LONGEST_TRIP_DAYS} days", example=example
        )


def _fingerprint(
    trip_id: UUID | None, expected_version: int | None, changes: Mapping[str, object]
) -> bytes:
    whole = [trip_id, expected_version, changes]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).digest()


def _position(cursor: str) -> tuple[datetime, UUID]:
    place = unseal_place(cursor)
    if place is not None:
        return place
    raise InvalidRequestError(
        "cursor", "must be a next_cursor of list_trips, unchanged; leave it out to begin"
    )
