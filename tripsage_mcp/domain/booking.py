"""Bookings: our own record of an order, kept from before it was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.flight import Carrier, Slice
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import Order, OrderKind
from tripsage_mcp.domain.provenance import DataKind

type BookingStatus = Literal["ordering", "booked", "held", "cancelled", "failed", "unconfirmed"]
type Act = Literal["pay", "cancel"]

# What may still turn out either way.
UNSETTLED: tuple[BookingStatus, ...] = ("ordering", "unconfirmed")
LAPSED = "hold_lapsed"


@dataclass(frozen=True, slots=True)
class BookedSlice:
    """One direction; `departs` is local to its airport, e.g. `2027-05-10T09:00+01:00`."""

    origin: str
    destination: str
    departs: str
    flights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Itinerary:
    """Airline, route and times of a booking; nobody's name."""

    airline: str
    slices: tuple[BookedSlice, ...]

    @classmethod
    def of(cls, owner: Carrier, slices: Iterable[Slice]) -> "Itinerary":
        """Keep the little that a list of bookings shows."""
        return cls(
            owner.name,
            tuple(
                BookedSlice(
                    part.segments[0].origin.code,
                    part.segments[-1].destination.code,
                    part.departs_at.isoformat(timespec="minutes"),
                    tuple(segment.flight for segment in part.segments),
                )
                for part in slices
            ),
        )


@dataclass(frozen=True, slots=True)
class Booking:
    """One attempt to order an offer, and what came of it.

    Attributes:
        booking_id: Ours; the provider's own id is never taken from a caller.
        status: `ordering` until the provider has answered, `unconfirmed` when its answer was lost.
        total: What was agreed to, then what the order says.
        data: Whether real money is involved.
        failure: The code of what went wrong.
        acting: What was asked for and is not known to be done; only while `unconfirmed`.
        pay_by: Until when a hold has to be paid.
    """

    booking_id: UUID
    offer_id: str
    kind: OrderKind
    status: BookingStatus
    total: Money
    itinerary: Itinerary
    data: DataKind
    created_at: datetime
    updated_at: datetime
    order_id: str | None = None
    booking_reference: str | None = None
    failure: str | None = None
    acting: Act | None = None
    pay_by: datetime | None = None


def status_of(order: Order) -> BookingStatus:
    """Return what an order means for its booking; a hold that lapsed counts as cancelled."""
    if order.cancelled_at is not None:
        return "cancelled"
    if order.kind == "instant" or order.paid_at is not None or order.documents:
        return "booked"
    return "held" if order.awaiting_payment else "cancelled"
