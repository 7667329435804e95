"""Trips in memory: the same promises as PostgreSQL's, roles included, by the simplest means."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from tripsage_mcp.domain.trip import (
    JSONObject,
    Trip,
    TripChange,
    TripRole,
    TripSave,
    TripSummary,
    at_least,
)
from tripsage_mcp.domain.trip_budget import BudgetLine
from tripsage_mcp.domain.trip_item import (
    ItineraryOrigin,
    ItineraryVersion,
    TripDestination,
    TripItem,
    TripTraveller,
)
from tripsage_mcp.domain.trip_lists import PackingEntry, TravelDocument
from tripsage_mcp.domain.trip_sharing import Invitation, TripActivity, TripMember
from tripsage_mcp.repositories.trip_ports import TripPosition, TripQuery, WholeTrip

type Key = tuple[UUID, UUID]
"""A trip's id and that of something in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A member as only the store knows them, and the invitation they accepted last."""

    account_id: UUID
    member: TripMember
    came_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation as only the store knows it."""

    invitation: Invitation
    by: UUID
    token_hash: bytes


@dataclass
class TripStore:
    """Everybody's trips; `trips` are as whoever owns them reads them."""

    trips: dict[UUID, Trip] = field(default_factory=dict[UUID, Trip])
    parts: dict[Key, Part] = field(default_factory=dict[Key, Part])
    invitations: dict[Key, Asked] = field(default_factory=dict[Key, Asked])
    activity: dict[Key, TripActivity] = field(default_factory=dict[Key, TripActivity])
    items: dict[Key, TripItem] = field(default_factory=dict[Key, TripItem])
    destinations: dict[Key, TripDestination] = field(default_factory=dict[Key, TripDestination])
    travellers: dict[Key, TripTraveller] = field(default_factory=dict[Key, TripTraveller])
    budget: dict[tuple[UUID, str, str], BudgetLine] = field(
        default_factory=dict[tuple[UUID, str, str], BudgetLine]
    )
    packing: dict[Key, PackingEntry] = field(default_factory=dict[Key, PackingEntry])
    documents: dict[Key, TravelDocument] = field(default_factory=dict[Key, TravelDocument])
    itineraries: dict[tuple[UUID, int], tuple[ItineraryVersion, JSONObject]] = field(
        default_factory=dict[tuple[UUID, int], tuple[ItineraryVersion, JSONObject]]
    )
    saves: dict[tuple[UUID, str], TripSave] = field(
        default_factory=dict[tuple[UUID, str], TripSave]
    )

    def copy(self) -> "TripStore":
        return TripStore(*(dict(getattr(self, each.name)) for each in fields(self)))

    def part(self, account_id: UUID, trip_id: UUID) -> TripMember | None:
        """Return the account's part in a trip that it sees."""
        for (of, _), part in self.parts.items():
            if of == trip_id and part.account_id == account_id:
                deleted = self.trips[trip_id].deleted_at is not None
                return part.member if part.member.owns or not deleted else None
        return None

    def role(self, account_id: UUID, trip_id: UUID) -> TripRole | None:
        part = self.part(account_id, trip_id)
        return None if part is None else part.role

    def accounts(self, trip_id: UUID) -> list[UUID]:
        return sorted(part.account_id for (of, _), part in self.parts.items() if of == trip_id)

    def shelve(
        self, trip_id: UUID, version: ItineraryVersion, itinerary: JSONObject
    ) -> ItineraryVersion:
        number = 1 + max((n for of, n in self.itineraries if of == trip_id), default=0)
        self.itineraries[trip_id, number] = (replace(version, number=number), itinerary)
        return self.itineraries[trip_id, number][0]

    def erase(self, trip_id: UUID) -> None:
        del self.trips[trip_id]
        for table in (getattr(self, each.name) for each in fields(self)[1:]):
            for key in [key for key in table if key[0] == trip_id]:
                del table[key]
        for key in [key for key, save in self.saves.items() if save.trip_id == trip_id]:
            del self.saves[key]


def in_trip[K: tuple[object, ...], V](table: dict[K, V], trip_id: UUID) -> list[V]:
    return [value for key, value in table.items() if key[0] == trip_id]


@dataclass
class FakeTrips:
    store: TripStore
    me: UUID

    async def add(self, trip: Trip) -> None:
        assert trip.trip_id not in self.store.trips
        self.store.trips[trip.trip_id] = replace(trip, role="owner", mine=True)
        owner = TripMember(uuid4(), "owner", "Owner", trip.created_at, owns=True)
        self.store.parts[trip.trip_id, owner.member_id] = Part(self.me, owner)
        self._follow(trip)

    async def get(self, trip_id: UUID) -> Trip | None:
        part = self.store.part(self.me, trip_id)
        if part is None:
            return None
        return replace(self.store.trips[trip_id], role=part.role, mine=part.owns)

    async def whole(self, trip_id: UUID) -> WholeTrip | None:
        trip = await self.get(trip_id)
        if trip is None:
            return None
        parts, shares = FakeTripParts(self.store, self.me), sorted_members(self.store, trip_id)
        me = self.store.part(self.me, trip_id)
        return WholeTrip(
            trip,
            tuple(in_trip(self.store.destinations, trip_id)),
            tuple(self._travellers(trip)),
            await parts.items(trip_id),
            tuple(sorted(in_trip(self.store.budget, trip_id), key=lambda line: line.category)),
            tuple(
                sorted(in_trip(self.store.packing, trip_id), key=lambda x: (x.position, x.entry_id))
            ),
            tuple(
                sorted(
                    in_trip(self.store.documents, trip_id),
                    key=lambda x: (x.holder, x.kind, x.document_id),
                )
            ),
            tuple(replace(each, me=each == me) for each in shares),
            await parts.itineraries(trip_id, before=None, limit=20),
        )

    async def find(self, query: TripQuery) -> tuple[TripSummary, ...]:
        found = [
            replace(trip, role=part.role, mine=part.owns)
            for trip in self.store.trips.values()
            if (trip.deleted_at is not None) == query.binned
            and (part := self.store.part(self.me, trip.trip_id)) is not None
            and (query.after is None or _position(trip) < query.after)
            and (query.ending_from is None or trip.end_date >= query.ending_from)
        ]
        return tuple(map(_summary, sorted(found, key=_position, reverse=True)))[: query.limit]

    async def begin_change(self, trip_id: UUID, at: datetime) -> TripChange | None:
        trip = await self.get_to_change(trip_id)
        if trip is None or trip.deleted_at is not None:
            return None
        stored = self.store.trips[trip_id]
        self.store.trips[trip_id] = replace(stored, version=stored.version + 1, updated_at=at)
        return TripChange(replace(trip, version=stored.version + 1, updated_at=at))

    async def amend(self, change: TripChange, trip: Trip) -> None:
        stored = self.store.trips[change.trip_id]
        changed = replace(
            trip,
            trip_id=stored.trip_id,
            version=stored.version,
            created_at=stored.created_at,
            updated_at=stored.updated_at,
            deleted_at=stored.deleted_at,
            role="owner",
            mine=True,
        )
        self.store.trips[change.trip_id] = changed
        self._follow(changed)

    async def bin(self, trip_id: UUID, at: datetime) -> bool:
        return self._move(trip_id, at, deleted_at=at)

    async def restore(self, trip_id: UUID, at: datetime) -> bool:
        return self._move(trip_id, at, deleted_at=None)

    async def erase(self, trip_id: UUID) -> bool:
        part = self.store.part(self.me, trip_id)
        if part is None or not part.owns:
            return False
        self.store.erase(trip_id)
        return True

    async def get_to_change(self, trip_id: UUID) -> Trip | None:
        trip = await self.get(trip_id)
        return trip if trip is not None and at_least(trip.role, "editor") else None

    async def earlier_save(self, idempotency_key: str) -> TripSave | None:
        return self.store.saves.get((self.me, idempotency_key))

    async def note_save(self, save: TripSave) -> None:
        assert (self.me, save.idempotency_key) not in self.store.saves
        assert self.store.role(self.me, save.trip_id) is not None
        self.store.saves[self.me, save.idempotency_key] = save

    def _move(self, trip_id: UUID, at: datetime, *, deleted_at: datetime | None) -> bool:
        part = self.store.part(self.me, trip_id)
        if part is None or not part.owns:
            return False
        trip = self.store.trips[trip_id]
        if (trip.deleted_at is None) == (deleted_at is None):
            return False
        self.store.trips[trip_id] = replace(
            trip, version=trip.version + 1, updated_at=at, deleted_at=deleted_at
        )
        return True

    def _travellers(self, trip: Trip) -> Iterable[TripTraveller]:
        known = {each.name: each for each in in_trip(self.store.travellers, trip.trip_id)}
        return (known[name] for name in trip.travellers)

    def _follow(self, trip: Trip) -> None:
        """What triggers do: travellers follow their names, itineraries become versions."""
        known = {each.name: each for each in in_trip(self.store.travellers, trip.trip_id)}
        for name in set(known) - set(trip.travellers):
            del self.store.travellers[trip.trip_id, known[name].traveller_id]
        for name in set(trip.travellers) - set(known):
            new = TripTraveller(uuid4(), name)
            self.store.travellers[trip.trip_id, new.traveller_id] = new
        versions = in_trip(self.store.itineraries, trip.trip_id)
        if trip.itinerary is not None and (not versions or versions[-1][1] != trip.itinerary):
            by = self.store.part(self.me, trip.trip_id)
            assert by is not None
            version = ItineraryVersion(
                0, trip.version, "saved", trip.updated_at, None, by.display_name
            )
            self.store.shelve(trip.trip_id, version, trip.itinerary)


@dataclass
class FakeTripParts:
    store: TripStore
    me: UUID

    async def items(self, trip_id: UUID) -> tuple[TripItem, ...]:
        if self.store.role(self.me, trip_id) is None:
            return ()
        return tuple(
            sorted(
                in_trip(self.store.items, trip_id),
                key=lambda x: (x.day or date.max, x.position, x.created_at, x.item_id),
            )
        )

    async def save_items(self, change: TripChange, items: Sequence[TripItem]) -> None:
        for item in items:
            key = (change.trip_id, item.item_id)
            earlier = self.store.items.get(key, item)
            self.store.items[key] = replace(
                item,
                version=change.version,
                created_at=earlier.created_at,
                updated_at=change.at,
            )

    async def delete_items(self, change: TripChange, item_ids: Collection[UUID]) -> int:
        return _drop(self.store.items, change, item_ids)

    async def set_destinations(
        self, change: TripChange, destinations: Sequence[TripDestination]
    ) -> None:
        _clear(self.store.destinations, change)
        for each in destinations:
            self.store.destinations[change.trip_id, each.destination_id] = each

    async def set_travellers(self, change: TripChange, travellers: Sequence[TripTraveller]) -> None:
        _clear(self.store.travellers, change)
        for each in travellers:
            self.store.travellers[change.trip_id, each.traveller_id] = each
        trip = self.store.trips[change.trip_id]
        names = tuple(each.name for each in travellers)
        self.store.trips[change.trip_id] = replace(trip, travellers=names)

    async def set_budget(self, change: TripChange, lines: Sequence[BudgetLine]) -> None:
        _clear(self.store.budget, change)
        for line in lines:
            self.store.budget[change.trip_id, line.category, line.planned.currency] = line

    async def save_packing(self, change: TripChange, entries: Sequence[PackingEntry]) -> None:
        for entry in entries:
            self.store.packing[change.trip_id, entry.entry_id] = entry

    async def delete_packing(self, change: TripChange, entry_ids: Collection[UUID]) -> int:
        return _drop(self.store.packing, change, entry_ids)

    async def save_documents(self, change: TripChange, documents: Sequence[TravelDocument]) -> None:
        for document in documents:
            self.store.documents[change.trip_id, document.document_id] = document

    async def delete_documents(self, change: TripChange, document_ids: Collection[UUID]) -> int:
        return _drop(self.store.documents, change, document_ids)

    async def add_itinerary(
        self,
        change: TripChange,
        itinerary: JSONObject,
        origin: ItineraryOrigin,
        reason: str | None = None,
    ) -> int:
        by = self.store.part(self.me, change.trip_id)
        assert by is not None
        version = ItineraryVersion(0, change.version, origin, change.at, reason, by.display_name)
        trip = self.store.trips[change.trip_id]
        self.store.trips[change.trip_id] = replace(trip, itinerary=itinerary)
        return self.store.shelve(change.trip_id, version, itinerary).number

    async def itinerary(self, trip_id: UUID, number: int) -> JSONObject | None:
        if self.store.role(self.me, trip_id) is None:
            return None
        found = self.store.itineraries.get((trip_id, number))
        return None if found is None else found[1]

    async def itineraries(
        self, trip_id: UUID, *, before: int | None, limit: int
    ) -> tuple[ItineraryVersion, ...]:
        if self.store.role(self.me, trip_id) is None:
            return ()
        newest = [version for version, _ in reversed(in_trip(self.store.itineraries, trip_id))]
        return tuple(each for each in newest if before is None or each.number < before)[:limit]


def sorted_members(store: TripStore, trip_id: UUID) -> list[TripMember]:
    return sorted(
        (part.member for part in in_trip(store.parts, trip_id)),
        key=lambda member: (not member.owns, member.joined_at, member.member_id),
    )


def _position(trip: Trip) -> TripPosition:
    return trip.display_order, trip.created_at, trip.trip_id


def _summary(trip: Trip) -> TripSummary:
    return TripSummary(
        trip.trip_id,
        trip.version,
        trip.title,
        trip.destination,
        trip.start_date,
        trip.end_date,
        trip.status,
        trip.created_at,
        trip.display_order,
        trip.deleted_at,
        trip.role,
        trip.mine,
    )


def _clear[K: tuple[object, ...], V](table: dict[K, V], change: TripChange) -> None:
    for key in [key for key in table if key[0] == change.trip_id]:
        del table[key]


def _drop[V](table: dict[Key, V], change: TripChange, ids: Collection[UUID]) -> int:
    found = [each for each in ids if table.pop((change.trip_id, each), None) is not None]
    return len(found)
