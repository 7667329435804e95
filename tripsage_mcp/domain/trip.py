"""A saved trip: where, when, who, and what was planned for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.money import Money

type TripStatus = Literal["draft", "planned", "booked", "done"]
type TripRole = Literal["viewer", "editor", "owner"]
"""What somebody may do with a trip: read it; change what is in it and invite to that; also decide
who takes part and as what. Deleting it and bringing it back is left to whose trip it is."""
type JSONObject = Mapping[str, object]
"""An object as it came over the wire; we keep it and look no further into it."""

SELF = "self"
"""The traveller whose account it is, among travellers and as the subject of a memory. In a shared
trip that is whose trip it is, whoever reads it."""

_RANK: dict[TripRole, int] = {"viewer": 1, "editor": 2, "owner": 3}


def at_least(role: TripRole | None, needed: TripRole) -> bool:
    """Tell whether a role may do what `needed` may; None is no part in the trip at all."""
    return role is not None and _RANK[role] >= _RANK[needed]


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip as stored.

    Attributes:
        version: Counts changes to the trip or anything in it from 1.
        destination: The trip's places in a few words; its stops, where they are known one by one,
            are `TripDestination`.
        travellers: `SELF` and names, at least one; more about each is in `TripTraveller`.
        itinerary: The answer of `build_itinerary`, whole; None until there is one.
        flights: Summaries of offers, in the order given.
        stays: Summaries of listings, in the order given.
        created_at: UTC, like `updated_at` and `deleted_at`.
        home_currency: What sums are shown in; None for the budget's.
        display_order: The greater, the earlier in a list; trips alike go by when they were made.
        deleted_at: Since when it is in the bin, where only whose trip it is sees it.
        role: What the account that read it may do with it; not stored with the trip.
        mine: Whether it is that account's own trip; not stored with the trip.
    """

    trip_id: UUID
    version: int
    title: str
    destination: str
    start_date: date
    end_date: date
    created_at: datetime
    updated_at: datetime
    travellers: tuple[str, ...] = (SELF,)
    status: TripStatus = "draft"
    budget: Money | None = None
    itinerary: JSONObject | None = None
    flights: tuple[JSONObject, ...] = ()
    stays: tuple[JSONObject, ...] = ()
    notes: str | None = None
    home_currency: str | None = None
    display_order: int = 0
    deleted_at: datetime | None = None
    role: TripRole = "owner"
    mine: bool = True


@dataclass(frozen=True, slots=True)
class TripSummary:
    """A trip in a list."""

    trip_id: UUID
    version: int
    title: str
    destination: str
    start_date: date
    end_date: date
    status: TripStatus
    created_at: datetime
    display_order: int = 0
    deleted_at: datetime | None = None
    role: TripRole = "owner"
    mine: bool = True


@dataclass(frozen=True, slots=True)
class TripChange:
    """The right to change one trip once: nobody else changes it before the unit of work ends.

    Attributes:
        trip: As it is stored; `version` and `updated_at` are already those of this change.
    """

    trip: Trip

    @property
    def trip_id(self) -> UUID:
        """Which trip."""
        return self.trip.trip_id

    @property
    def version(self) -> int:
        """The version that the change makes; what it began from is one less."""
        return self.trip.version

    @property
    def at(self) -> datetime:
        """When; UTC."""
        return self.trip.updated_at


@dataclass(frozen=True, slots=True)
class TripSave:
    """What a save answered.

    Attributes:
        fingerprint: Digest of what was asked; the same request has the same one.
        answer: What else there was to answer; None where the other fields are all.
    """

    idempotency_key: str
    fingerprint: bytes
    trip_id: UUID
    version: int
    saved_at: datetime
    answer: JSONObject | None = None
