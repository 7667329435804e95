"""What the services of trips answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip import JSONObject, Trip, TripSummary
from tripsage_mcp.domain.trip_item import ItineraryVersion, TripItem
from tripsage_mcp.domain.trip_sharing import TripActivity
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.trips.budgets import BudgetSums

type TripMove = Literal["delete", "restore"]
type Topic = Literal["items", "budget", "packing", "documents", "activity", "versions", "members"]
TOPICS: tuple[Topic, ...] = get_args(Topic.__value__)


@dataclass(frozen=True, slots=True)
class TripSaved:
    """Where a trip was stored.

    Attributes:
        created: This save made it.
        move: Whether it was deleted or brought back instead.
        items: Ids of the items that were given, in that order; `packing`, `documents` likewise.
        removed: How many things were erased.
        itinerary_version: The number of the version this save made.
    """

    trip_id: UUID
    version: int
    saved_at: datetime
    created: bool
    provenance: Provenance
    move: TripMove | None = None
    items: tuple[str, ...] = ()
    packing: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    removed: int = 0
    itinerary_version: int | None = None


@dataclass(frozen=True, slots=True)
class TripRead:
    """One trip and everything in it.

    Attributes:
        items: A page of its items.
        next_cursor: Of the next page of items; None on the last.
        include: What was asked for.
        full: Whether all that is kept of that was.
        sums: What it costs; None where nobody asked.
        activity: The newest entries of its log; None where nobody asked.
        itinerary: The version that was asked for; the last one where all was.
    """

    whole: WholeTrip
    provenance: Provenance
    items: tuple[TripItem, ...] = ()
    next_cursor: str | None = None
    include: frozenset[Topic] = frozenset()
    full: bool = False
    sums: BudgetSums | None = None
    activity: tuple[TripActivity, ...] | None = None
    itinerary: JSONObject | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing was to be left out."""
        return self.full and len(self.include) == len(TOPICS)

    @property
    def trip(self) -> Trip:
        """The trip itself."""
        return self.whole.trip


@dataclass(frozen=True, slots=True)
class TripsListed:
    """One page of trips; `next_cursor` is None on the last."""

    trips: tuple[TripSummary, ...]
    next_cursor: str | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class VersionsListed:
    """One page of an itinerary's versions, the newest first."""

    trip_id: UUID
    versions: tuple[ItineraryVersion, ...]
    next_cursor: str | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ActivityListed:
    """One page of a trip's log, the newest first."""

    trip_id: UUID
    entries: tuple[TripActivity, ...]
    next_cursor: str | None
    provenance: Provenance
