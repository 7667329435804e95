"""Builders of bookings: a person, an offer to book, and everything it takes to book it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests import build_flights
from tests.build_flights import NOW
from tests.fakes import FakeFlights
from tests.fakes_orders import FakeOrders
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.ancillary import (
    Ancillary,
    BagSize,
    CabinElement,
    CabinMap,
    CabinRow,
    SeatChoice,
    SeatMap,
)
from tripsage_mcp.domain.flight import (
    Condition,
    Conditions,
    Offer,
    Passenger,
    PaymentRequirements,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.providers.ports import FlightSource
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.bookings.consents import ConsentService, Question, Said
from tripsage_mcp.services.bookings.ordering import Ordering
from tripsage_mcp.services.bookings.passengers import PassengerGiven
from tripsage_mcp.services.bookings.requests import BookRequest
from tripsage_mcp.services.bookings.service import BookingService, Permission

OFFER_ID = build_flights.offer_id(1)
ACCOUNT = Account()
PAGE = "http://127.0.0.1:9"
# Nothing of it may turn up in a log, or in the database once the question is over.
PRIVATE = ("Inês", "Silva", "1990", "ines.s@example.org", "351966123456", "C0123456")


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def person(passenger_id: str = "pas_1", **changes: Any) -> PassengerGiven:
    usual: dict[str, Any] = {
        "passenger_id": passenger_id,
        "title": "ms",
        "given_name": "Inês",
        "family_name": "Silva",
        "gender": "f",
        "born_on": date(1990, 5, 17),
        "email": "ines.s@example.org",
        "phone": "+351966123456",
    }
    return PassengerGiven(**usual | changes)


def offer(*passengers: Passenger, **changes: Any) -> Offer:
    """Return an offer of 99.50 EUR that can be held, with a bag for 30 EUR."""
    segment = replace(build_flights.segment(), segment_id="seg_1")
    usual: dict[str, Any] = {
        "passengers": passengers or (Passenger("pas_1", "adult"),),
        "conditions": Conditions(
            Condition(allowed=False), Condition(allowed=True, penalty=eur("70"))
        ),
        "payment": PaymentRequirements(
            instant=False,
            pay_by=NOW + timedelta(days=3),
            price_guaranteed_until=NOW + timedelta(days=2),
        ),
        "ancillaries": (
            Ancillary(
                "ase_bag", "baggage", eur("30"), 2, ("pas_1",), ("seg_1",), BagSize("checked", 23)
            ),
        ),
    }
    return replace(build_flights.offer(1, build_flights.flown(segment)), **usual | changes)


def seat_map(price: str = "15.00") -> SeatMap:
    """Return a map with seat 12A free for the first passenger, and 12B taken."""
    free = CabinElement("seat", "12A", (SeatChoice("pas_1", "ase_12a", eur(price)),))
    row = CabinRow(((free, CabinElement("seat", "12B")),))
    return SeatMap("seg_1", None, (CabinMap("economy", 0, 1, (row,)),))


def request(**changes: Any) -> BookRequest:
    usual: dict[str, Any] = {
        "offer_id": OFFER_ID,
        "total": "99.50 EUR",
        "passengers": [person()],
    }
    return BookRequest(**usual | changes)


@dataclass
class HandClock:
    """A clock that a test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Saying:
    """Answers every question the same, and keeps what was asked."""

    said: Said = "yes"
    asked: list[Question] = field(default_factory=list[Question])
    meanwhile: Callable[[], object] = lambda: None

    async def ask(self, question: Question) -> Said:
        self.asked.append(question)
        self.meanwhile()
        return self.said


async def page() -> str:
    return PAGE


@dataclass
class Desk:
    """A booking service over fakes, and the fakes."""

    storage: Storage
    clock: HandClock
    flights: FakeFlights
    orders: FakeOrders
    consents: ConsentService
    bookings: BookingService
    waits: list[float]


def desk(
    storage: Storage | None = None,
    *,
    sold: Offer | None = None,
    permission: Permission = "test",
    clock: HandClock | None = None,
) -> Desk:
    clock = clock or HandClock()
    now: Clock = clock
    storage = storage or FakeStorage()
    flights = FakeFlights(build_flights.found(sold or offer()))
    flights.maps[OFFER_ID] = (seat_map(),)
    orders = FakeOrders(flights, now)
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    consents = ConsentService(storage, page, now, secret=b"s" * 32)
    bookings = BookingService(
        FlightSource(flights, orders),
        storage,
        consents,
        Ordering(storage, orders, now, sleep),
        now,
        permission=permission,
    )
    return Desk(storage, clock, flights, orders, consents, bookings, waits)


def sell(at: Desk, sold: Offer) -> None:
    """Let the provider sell this instead."""
    at.flights.answer = build_flights.found(sold)
