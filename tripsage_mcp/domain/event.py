"""What happened to something an account owns, in the order in which it happened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.trip import JSONObject

type TripEventKind = Literal["trip.changed", "trip.deleted", "trip.restored", "trip.members"]
"""`trip.members`: somebody joined or left, or has another role."""
type EventKind = Literal["price_watch.changed", "price_watch.ended"] | TripEventKind


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One event.

    Attributes:
        event_id: Counts an account's events from 1 without gaps; the later has the greater one.
        subject: The id of what it happened to, e.g. of a watch or a trip.
        data: What a listener shows without asking again.
        created_at: UTC.
    """

    event_id: int
    kind: EventKind
    subject: UUID
    data: JSONObject
    created_at: datetime
