"""What a trip consists of: its stops, who travels, and each thing to do, book or remember."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Need
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import JSONObject

type TripItemKind = Literal["flight", "stay", "visit", "meal", "transport", "note", "activity"]
type TripItemStatus = Literal["idea", "planned", "held", "booked", "cancelled", "done"]
type TravellerKind = Literal["adult", "child", "infant"]
type ItineraryOrigin = Literal["built", "revised", "saved", "restored"]
"""How a version came about: computed from nothing, computed from the version before, handed in by
whoever uses us, or taken from an earlier version."""


@dataclass(frozen=True, slots=True)
class TripDestination:
    """One stop of a trip.

    Attributes:
        arrives: The first day there.
        leaves: The last day there.
        zone: IANA name.
    """

    destination_id: UUID
    name: str
    coordinates: Coordinates | None = None
    arrives: date | None = None
    leaves: date | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class TripTraveller:
    """Somebody who travels; not everyone of them has a part in the trip here.

    Attributes:
        name: `SELF` for whose trip it is.
    """

    traveller_id: UUID
    name: str
    kind: TravellerKind = "adult"
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class TripItem:
    """One thing of a trip.

    Attributes:
        created_at: UTC, like `updated_at`.
        version: The version of the trip that last wrote it.
        day: The local day it is planned for, also where no time is known.
        position: Its order among the items of that day; the smaller comes first.
        starts: Aware, in `zone`, or in UTC where that is not known; like `ends` in `end_zone`.
        zone: IANA name.
        end_zone: Where it ends in another zone, like a flight; else None.
        price: For all travellers.
        payload: What its source knows more of it.
    """

    item_id: UUID
    kind: TripItemKind
    title: str
    created_at: datetime
    updated_at: datetime
    status: TripItemStatus = "idea"
    version: int = 1
    day: date | None = None
    position: int = 0
    starts: datetime | None = None
    ends: datetime | None = None
    zone: str | None = None
    end_zone: str | None = None
    place_id: str | None = None
    coordinates: Coordinates | None = None
    price: Money | None = None
    booking_reference: str | None = None
    notes: str | None = None
    payload: JSONObject = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        """Refuse times that name no moment, and an end before the beginning."""
        for moment in (self.starts, self.ends):
            if moment is not None and moment.utcoffset() is None:
                raise ValueError("times must be aware")
        if self.ends is not None and (self.starts is None or self.ends < self.starts):
            raise ValueError("an end needs a beginning that is not after it")


@dataclass(frozen=True, slots=True)
class ItineraryVersion:
    """One version of a trip's itinerary, without the itinerary itself.

    Attributes:
        number: Counts the versions of a trip's itinerary from 1.
        trip_version: The version of the trip that it came with.
        reason: What was wanted, in a few words.
        made_by: The name of whoever made it, where that is known.
        created_at: UTC.
    """

    number: int
    trip_version: int
    origin: ItineraryOrigin
    created_at: datetime
    reason: str | None = None
    made_by: str | None = None
