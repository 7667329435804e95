"""A saved trip: where, when, who, and what was planned for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.money import Money

type TripStatus = Literal["draft", "planned", "booked", "done"]
type JSONObject = Mapping[str, object]
"""An object as it came over the wire; we keep it and look no further into it."""

SELF = "self"
"""The traveller whose account it is, among travellers and as the subject of a memory."""


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip as stored.

    Attributes:
        version: Counts saves from 1.
        travellers: `SELF` and names, at least one.
        itinerary: The answer of `build_itinerary`, whole; None until there is one.
        flights: Summaries of offers, in the order given.
        stays: Summaries of listings, in the order given.
        created_at: UTC, like `updated_at`.
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


@dataclass(frozen=True, slots=True)
class TripSave:
    """What a save answered.

    Attributes:
        fingerprint: Digest of what was asked; the same request has the same one.
    """

    idempotency_key: str
    fingerprint: bytes
    trip_id: UUID
    version: int
    saved_at: datetime
