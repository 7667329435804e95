"""What was booked, paid and cancelled, as the ledger keeps it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from tripsage_mcp.sandbox.duffel.ledger import Page, Shelf
from tripsage_mcp.sandbox.duffel.places import Json

type OrderType = Literal["instant", "hold"]


@dataclass(frozen=True, slots=True)
class Bought:
    """A service on an order; `price` is for all of `quantity`."""

    id: str
    type: str
    quantity: int
    price: Decimal
    passenger_ids: tuple[str, ...]
    segment_ids: tuple[str, ...]
    metadata: Json


@dataclass(frozen=True, slots=True)
class Credit:
    """What an airline owes one passenger."""

    id: str
    passenger_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """What cancelling gives back; the order is cancelled once `confirmed_at` is set."""

    id: str
    order_id: str
    created_at: datetime
    expires_at: datetime
    refund: Decimal
    currency: str
    refund_to: str
    credits: tuple[Credit, ...] = ()
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that was taken for an order."""

    id: str
    order_id: str
    created_at: datetime
    type: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Refunds:
    """The terms on which money comes back.

    Attributes:
        fee: Kept by the airline when refunding is allowed.
        otherwise: What comes back when it is not.
        void_until: Until then everything comes back.
        credits: It comes back as airline credits.
    """

    allowed: bool
    fee: Decimal
    otherwise: Decimal
    void_until: datetime | None = None
    credits: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """One order.

    Attributes:
        visible_at: From when on it can be read; None is an order whose creation failed.
        departs: The first departure, UTC.
        total: With services, which `base` and `tax` are without.
        slices, owner, conditions, passengers: As they go over the wire.
        pay_by: When an unpaid hold lapses.
        paid_with: The type of its payment.
    """

    id: str
    offer_id: str
    type: OrderType
    reference: str
    created_at: datetime
    visible_at: datetime | None
    departs: datetime
    currency: str
    total: Decimal
    base: Decimal
    tax: Decimal
    owner: Json
    slices: tuple[Json, ...]
    conditions: Json
    passengers: tuple[Json, ...]
    services: tuple[Bought, ...]
    refunds: Refunds
    pay_by: datetime | None = None
    guaranteed_until: datetime | None = None
    paid_at: datetime | None = None
    paid_with: str = "balance"
    no_funds: bool = False
    rescheduled: bool = False
    cancelled: Quote | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    users: tuple[str, ...] = ()

    def visible(self, now: datetime) -> bool:
        """Return whether the order can be read."""
        return self.visible_at is not None and now >= self.visible_at

    def lapsed(self, now: datetime) -> bool:
        """Return whether it was held and not paid in time."""
        return self.paid_at is None and self.pay_by is not None and now >= self.pay_by

    def alive(self, now: datetime) -> bool:
        """Return whether anybody will fly on it, as far as is known now."""
        ended = self.cancelled is not None or self.visible_at is None
        return not ended and not self.lapsed(now)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something only one order can have: a seat on a flight, an offer request, a traveller."""

    what: str
    order_id: str


BOOKINGS = Shelf("order", TypeAdapter(Booking))
PAYMENTS = Shelf("payment", TypeAdapter(Payment))
QUOTES = Shelf("cancellation", TypeAdapter(Quote))
CLAIMS = Shelf("claim", TypeAdapter(Claim))


def claimed(page: Page, flights: tuple[str, ...], now: datetime) -> frozenset[str]:
    """Return what orders that are alive have on these flights: their seats and travellers."""
    claims = [claim for flight in flights for claim in CLAIMS.all(page, flight)]
    alive = {name: is_alive(page, name, now) for name in {claim.order_id for claim in claims}}
    return frozenset(claim.what for claim in claims if alive[claim.order_id])


def is_alive(page: Page, order_id: str, now: datetime) -> bool:
    """Return whether an order still holds what it claimed."""
    booking = BOOKINGS.get(page, order_id)
    return booking is not None and booking.alive(now)
