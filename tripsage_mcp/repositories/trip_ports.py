"""What services may ask of the storage of trips; part of `ports`, of which it is one half.

A trip is seen by whose trip it is and by everybody who takes part in it. The database refuses what
a role may not do whatever is asked for: a service that looks at `Trip.role` first can say why.

A change to a trip begins with `begin_change`. The `TripChange` it gives is the right to all further
writing, so that two who change one trip at once come one after the other. Should somebody take the
account's role away in the middle of it, what follows raises PermissionDeniedError, undoing it all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from tripsage_mcp.domain.trip import (
    JSONObject,
    Trip,
    TripChange,
    TripRole,
    TripSave,
    TripSummary,
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
from tripsage_mcp.domain.trip_sharing import Invitation, Joined, TripActivity, TripMember

type TripPosition = tuple[int, datetime, UUID]
"""A place in a list of trips: `display_order`, `created_at` and id of the one before it."""


@dataclass(frozen=True, slots=True)
class TripQuery:
    """Which trips of those the account may see, the greatest `TripPosition` first.

    Attributes:
        limit: How many at most.
        after: The last trip already seen.
        ending_from: Only trips that end on this day or later.
        binned: The account's own deleted trips, instead of those that are not.
    """

    limit: int
    after: TripPosition | None = None
    ending_from: date | None = None
    binned: bool = False


@dataclass(frozen=True, slots=True)
class WholeTrip:
    """A trip and everything in it.

    Attributes:
        destinations: In the order given.
        travellers: In the order given.
        items: By day and position; those without a day last, then by when they were made.
        packing: By position.
        documents: By holder and kind.
        members: Whose trip it is first, then who came first.
        itineraries: Versions of the itinerary, the last 20, the newest first.
    """

    trip: Trip
    destinations: tuple[TripDestination, ...] = ()
    travellers: tuple[TripTraveller, ...] = ()
    items: tuple[TripItem, ...] = ()
    budget: tuple[BudgetLine, ...] = ()
    packing: tuple[PackingEntry, ...] = ()
    documents: tuple[TravelDocument, ...] = ()
    members: tuple[TripMember, ...] = ()
    itineraries: tuple[ItineraryVersion, ...] = ()


class TripRepository(Protocol):
    """The trips the account may see."""

    async def add(self, trip: Trip) -> None:
        """Store a new trip, with a `TripTraveller` for each name and its itinerary as version 1."""
        ...

    async def get(self, trip_id: UUID) -> Trip | None:
        """Return a trip, or None when there is none that the account may see.

        A deleted one is there for whose trip it is.
        """
        ...

    async def whole(self, trip_id: UUID) -> WholeTrip | None:
        """Like `get`, with everything in it, in one round trip."""
        ...

    async def find(self, query: TripQuery) -> tuple[TripSummary, ...]:
        """Return a page of trips."""
        ...

    async def begin_change(self, trip_id: UUID, at: datetime) -> TripChange | None:
        """Count the trip's version one up and keep everybody else from changing it until the end.

        None when the account may not change it: there is no such trip, it is deleted, or the
        account may only read it.
        """
        ...

    async def amend(self, change: TripChange, trip: Trip) -> None:
        """Overwrite what the trip says of itself.

        Its travellers follow the names in `travellers`; an itinerary that is not the last version's
        becomes a version. Its id, version, times, roles and `deleted_at` stay as they are.
        """
        ...

    async def bin(self, trip_id: UUID, at: datetime) -> bool:
        """Delete the account's own trip so that it can be brought back; tell whether.

        Nobody else sees it any more. Who took part in it does so again after `restore`.
        """
        ...

    async def restore(self, trip_id: UUID, at: datetime) -> bool:
        """Bring back a trip that `bin` deleted; tell whether."""
        ...

    async def erase(self, trip_id: UUID) -> bool:
        """Erase the account's own trip with everything in it, for good; tell whether."""
        ...

    async def get_to_change(self, trip_id: UUID) -> Trip | None:
        """Like `get`, and let nobody else change the trip until the unit of work ends."""
        ...

    async def earlier_save(self, idempotency_key: str) -> TripSave | None:
        """Return what the account's write under this key answered, whatever it wrote.

        Makes everybody else who asks for the same key wait until the unit of work ends.
        """
        ...

    async def note_save(self, save: TripSave) -> None:
        """Keep what a write answered, under a key that has none yet.

        The account must still take part in the trip: leaving it is noted before it is done.
        """
        ...


class TripPartRepository(Protocol):
    """What is in the trips the account may see. Every write is of one or many at once."""

    async def items(self, trip_id: UUID) -> tuple[TripItem, ...]:
        """Return every item, in the order of `WholeTrip`."""
        ...

    async def save_items(self, change: TripChange, items: Sequence[TripItem]) -> None:
        """Store items, over those that have the same id, at the change's version and time.

        What is there keeps its `created_at`. No id comes twice.
        """
        ...

    async def delete_items(self, change: TripChange, item_ids: Collection[UUID]) -> int:
        """Erase items; return how many there were."""
        ...

    async def set_destinations(
        self, change: TripChange, destinations: Sequence[TripDestination]
    ) -> None:
        """Put these in the place of the trip's destinations."""
        ...

    async def set_travellers(self, change: TripChange, travellers: Sequence[TripTraveller]) -> None:
        """Put these in the place of the trip's travellers, at least one; names differ."""
        ...

    async def set_budget(self, change: TripChange, lines: Sequence[BudgetLine]) -> None:
        """Put these in the place of the trip's budget, one for each category and currency."""
        ...

    async def save_packing(self, change: TripChange, entries: Sequence[PackingEntry]) -> None:
        """Store entries, over those that have the same id."""
        ...

    async def delete_packing(self, change: TripChange, entry_ids: Collection[UUID]) -> int:
        """Erase entries; return how many there were."""
        ...

    async def save_documents(self, change: TripChange, documents: Sequence[TravelDocument]) -> None:
        """Store documents, over those that have the same id."""
        ...

    async def delete_documents(self, change: TripChange, document_ids: Collection[UUID]) -> int:
        """Erase documents; return how many there were."""
        ...

    async def add_itinerary(
        self,
        change: TripChange,
        itinerary: JSONObject,
        origin: ItineraryOrigin,
        reason: str | None = None,
    ) -> int:
        """Store an itinerary as the next version and as the trip's; return the version's number."""
        ...

    async def itinerary(self, trip_id: UUID, number: int) -> JSONObject | None:
        """Return the itinerary of one version, or None."""
        ...

    async def itineraries(
        self, trip_id: UUID, *, before: int | None, limit: int
    ) -> tuple[ItineraryVersion, ...]:
        """Return up to `limit` versions with a number below `before`, the newest first."""
        ...


class ShareRepository(Protocol):
    """Who takes part in the trips the account may see, and who is invited."""

    async def role(self, trip_id: UUID) -> TripRole | None:
        """Return what the account may do with a trip, or None."""
        ...

    async def members(self, trip_id: UUID) -> tuple[TripMember, ...]:
        """Return everybody who takes part, in the order of `WholeTrip`."""
        ...

    async def call_me(self, trip_id: UUID, display_name: str) -> bool:
        """Set the name that the others see, for an editor or owner; tell whether."""
        ...

    async def set_role(self, trip_id: UUID, member_id: UUID, role: TripRole) -> bool:
        """Give a member another role, as an owner; tell whether. Whose trip it is stays owner.

        The link that a member came by is revoked where it would bring back what they lost.
        """
        ...

    async def remove(self, trip_id: UUID, member_id: UUID) -> tuple[UUID, ...] | None:
        """End a member's part, as an owner, note it in the log and tell everybody, the member too.

        Their invitations end, and the link that they came by is revoked. Returns the accounts that
        have a new event; None when the account is no owner, there is no such member, or it is
        whose trip it is.
        """
        ...

    async def leave(self, trip_id: UUID) -> tuple[UUID, ...] | None:
        """End the account's own part, note it in the log and tell the others.

        Returns the accounts that have a new event; None when there is no part to end, or it is
        the account's own trip.
        """
        ...

    async def invite(self, trip_id: UUID, invitation: Invitation, token_hash: bytes) -> bool:
        """Store an invitation under the 32 bytes of its token's hash; tell whether.

        An editor invites viewers and editors, an owner anybody; a viewer nobody.
        """
        ...

    async def invitations(self, trip_id: UUID) -> tuple[Invitation, ...]:
        """Return every invitation, the last made first, to an editor or owner; else none."""
        ...

    async def revoke(self, trip_id: UUID, invitation_id: UUID, at: datetime) -> bool:
        """End an invitation that was not revoked yet; tell whether.

        An editor revokes what invites viewers and editors, an owner any.
        """
        ...

    async def accept(self, token_hash: bytes, display_name: str) -> Joined | None:
        """Take part in the trip that a token invites to, note it in the log and tell the others.

        Counts by the clock of the store. None when the token is unknown, expired, revoked or used
        up, whoever invited takes part no more or may not invite to that any more, or the trip is
        deleted or has 100 members: which of these cannot be told.
        """
        ...


class ActivityRepository(Protocol):
    """The log of the trips the account may see. It is only ever added to."""

    async def add(self, trip_id: UUID, activity: TripActivity) -> None:
        """Add an entry, for an editor or owner; `who` is the account's name, whatever is given."""
        ...

    async def page(
        self, trip_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[TripActivity, ...]:
        """Return up to `limit` entries, the newest first.

        Args:
            trip_id: Which trip.
            before: `created_at` and id of the last entry already seen.
            limit: How many at most.
        """
        ...
