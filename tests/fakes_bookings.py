"""Consents and bookings in memory: the same promises as PostgreSQL's, by the simplest means."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from tripsage_mcp.domain.booking import Booking, BookingStatus
from tripsage_mcp.domain.consent import Consent, ConsentAction, YesOrNo


@dataclass
class FakeConsents:
    consents: dict[UUID, Consent] = field(default_factory=dict[UUID, Consent])

    def copy(self) -> "FakeConsents":
        return FakeConsents(dict(self.consents))

    async def open(self, consent: Consent) -> Consent:
        at = consent.created_at
        current = await self.current(consent.action, consent.subject, at)
        if current is not None and current.bound == consent.bound:
            return current
        for other in [*self.consents.values()]:
            if (other.action, other.subject) == (consent.action, consent.subject):
                await self.close(other.consent_id, at)
        self.consents[consent.consent_id] = consent
        return consent

    async def current(self, action: ConsentAction, subject: str, at: datetime) -> Consent | None:
        for consent in self.consents.values():
            if (consent.action, consent.subject) == (action, subject) and consent.is_open(at):
                return consent
        return None

    async def get(self, consent_id: UUID) -> Consent | None:
        return self.consents.get(consent_id)

    async def answer(self, consent_id: UUID, answer: YesOrNo, at: datetime) -> bool:
        consent = self.consents.get(consent_id)
        if consent is None or consent.answer is not None or not consent.is_open(at):
            return False
        self.consents[consent_id] = replace(consent, answer=answer, answered_at=at)
        return True

    async def use(self, consent_id: UUID, bound: bytes, at: datetime) -> bool:
        consent = self.consents.get(consent_id)
        if consent is None or consent.answer != "yes" or not consent.is_open(at):
            return False
        if consent.bound != bound:
            return False
        self.consents[consent_id] = replace(consent, used_at=at, closed_at=at, shown=None)
        return True

    async def close(self, consent_id: UUID, at: datetime) -> None:
        consent = self.consents.get(consent_id)
        if consent is not None and consent.closed_at is None:
            self.consents[consent_id] = replace(consent, closed_at=at, shown=None)

    async def close_expired(self, at: datetime) -> None:
        for consent in [*self.consents.values()]:
            if consent.expires_at <= at:
                await self.close(consent.consent_id, at)


@dataclass
class FakeBookings:
    bookings: dict[UUID, Booking] = field(default_factory=dict[UUID, Booking])

    def copy(self) -> "FakeBookings":
        return FakeBookings(dict(self.bookings))

    async def add(self, booking: Booking) -> bool:
        assert booking.booking_id not in self.bookings
        if booking.status != "failed" and await self.of_offer(booking.offer_id) is not None:
            return False
        self.bookings[booking.booking_id] = booking
        return True

    async def get(self, booking_id: UUID) -> Booking | None:
        return self.bookings.get(booking_id)

    async def of_offer(self, offer_id: str) -> Booking | None:
        for booking in self.bookings.values():
            if booking.offer_id == offer_id and booking.status != "failed":
                return booking
        return None

    async def page(self, *, after: tuple[datetime, UUID] | None, limit: int) -> tuple[Booking, ...]:
        placed = {(each.created_at, each.booking_id): each for each in self.bookings.values()}
        older = sorted((place for place in placed if after is None or place < after), reverse=True)
        return tuple(placed[place] for place in older[:limit])

    async def settle(self, booking: Booking, *, was: Collection[BookingStatus]) -> bool:
        stored = self.bookings.get(booking.booking_id)
        if stored is None or stored.status not in was:
            return False
        self.bookings[booking.booking_id] = replace(
            stored,
            status=booking.status,
            total=booking.total,
            order_id=booking.order_id,
            booking_reference=booking.booking_reference,
            failure=booking.failure,
            acting=booking.acting,
            pay_by=booking.pay_by,
            updated_at=booking.updated_at,
        )
        return True
