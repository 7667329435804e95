"""Where held orders are paid and orders are cancelled."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.bookings import (
    BOOKINGS,
    PAYMENTS,
    QUOTES,
    Booking,
    Credit,
    Quote,
)
from tripsage_mcp.sandbox.duffel.desk import (
    check_paid,
    insufficient_balance,
    payment_for,
    visible,
)
from tripsage_mcp.sandbox.duffel.errors import RefusedError, invalid, misstated, not_found
from tripsage_mcp.sandbox.duffel.form import Form, data_of
from tripsage_mcp.sandbox.duffel.ledger import Ledger
from tripsage_mcp.sandbox.duffel.order_form import read_payment
from tripsage_mcp.sandbox.duffel.order_wire import payment_json, quote_json
from tripsage_mcp.sandbox.duffel.places import Json

_QUOTE_LASTS = timedelta(minutes=30)
_CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")


class Cashier:
    """Takes payments, quotes refunds and cancels."""

    def __init__(self, ledger: Ledger, now: Clock) -> None:
        self._ledger = ledger
        self._now = now

    def pay(self, body: object) -> Json:
        """Pay a held order."""
        order_id, paid = read_payment(body)
        now = self._now()
        with self._ledger.transaction() as page:
            booking = visible(page, order_id, now)
            _check_payable(booking, now)
            check_paid(paid, booking.total, booking.currency, "/payment")
            if booking.no_funds:
                raise insufficient_balance()
            payment = payment_for(booking, paid, now)
            PAYMENTS.put(page, payment.id, payment, booking.id)
            booking = replace(booking, paid_at=now, paid_with=paid.type)
            BOOKINGS.put(page, booking.id, booking, booking.offer_id)
        return payment_json(payment)

    def payment(self, payment_id: str) -> Json:
        """Return one payment."""
        with self._ledger.transaction() as page:
            payment = PAYMENTS.get(page, payment_id)
        if payment is None:
            raise not_found()
        return payment_json(payment)

    def payments(self, order_id: str | None) -> list[Json]:
        """Return every payment, or those of one order; the newest first."""
        with self._ledger.transaction() as page:
            found = PAYMENTS.all(page, order_id)
        return [payment_json(payment) for payment in reversed(found)]

    def quote(self, body: object) -> Json:
        """Say what cancelling an order would give back."""
        form = Form()
        order_id = form.text(data_of(body), "order_id", "", needed=True) or ""
        form.refuse()
        now = self._now()
        with self._ledger.transaction() as page:
            booking = visible(page, order_id, now)
            _check_cancellable(booking, now)
            serial = len(QUOTES.all(page, booking.id))
            quote = _quote(booking, serial, now)
            QUOTES.put(page, quote.id, quote, booking.id)
        return quote_json(quote)

    def cancellation(self, quote_id: str) -> Json:
        """Return one quote, confirmed or not."""
        with self._ledger.transaction() as page:
            quote = QUOTES.get(page, quote_id)
        if quote is None:
            raise not_found()
        return quote_json(quote)

    def cancellations(self, order_id: str | None) -> list[Json]:
        """Return every quote, or those of one order; the newest first."""
        with self._ledger.transaction() as page:
            found = QUOTES.all(page, order_id)
        return [quote_json(quote) for quote in reversed(found)]

    def confirm(self, quote_id: str) -> Json:
        """Cancel an order on the terms of its latest quote."""
        now = self._now()
        with self._ledger.transaction() as page:
            quote = QUOTES.get(page, quote_id)
            if quote is None:
                raise not_found()
            booking = visible(page, quote.order_id, now)
            _check_cancellable(booking, now)
            latest = QUOTES.all(page, booking.id)[-1]
            if latest.id != quote.id or now >= quote.expires_at:
                message = "Only the latest quote can be confirmed, before it expires. Get another."
                raise misstated("order_cancellation_stale", message)
            quote = replace(quote, confirmed_at=now)
            QUOTES.put(page, quote.id, quote, booking.id)
            BOOKINGS.put(page, booking.id, replace(booking, cancelled=quote), booking.offer_id)
        return quote_json(quote)


def _check_payable(booking: Booking, now: datetime) -> None:
    if booking.type != "hold":
        code, rule = "order_type_not_eligible_for_payment", "must name an order that is held"
        raise RefusedError(422, invalid("order_id", "/order_id", rule, code))
    if booking.cancelled is not None:
        raise misstated("already_cancelled", "The order is cancelled.")
    if booking.paid_at is not None:
        raise misstated("already_paid", "The order is paid.")
    if booking.lapsed(now):
        message = "The order's `payment_required_by` has passed."
        raise misstated("past_payment_required_by_date", message)
    if booking.rescheduled:
        message = "The airline has changed the flights. Accept the change before paying."
        raise misstated("schedule_changed", message)


def _check_cancellable(booking: Booking, now: datetime) -> None:
    if booking.cancelled is not None or booking.lapsed(now):
        raise misstated("already_cancelled", "The order is cancelled.")
    if now >= booking.departs:
        raise misstated("order_not_cancellable", "The order cannot be cancelled after departure.")


def _quote(booking: Booking, serial: int, now: datetime) -> Quote:
    refund, refund_to = _refund(booking, now)
    credits_ = _credits(booking, refund) if refund_to == "airline_credits" else ()
    name = ids.derived("ore", booking.id, serial)
    expires_at = now + _QUOTE_LASTS
    return Quote(name, booking.id, now, expires_at, refund, booking.currency, refund_to, credits_)


def _refund(booking: Booking, now: datetime) -> tuple[Decimal, str]:
    """Return what comes back, and where to.

    Services are lost with the flight, unless the whole order is voided.
    """
    terms = booking.refunds
    if booking.paid_at is None:
        return _NOTHING, "awaiting_payment"
    if terms.credits:
        return booking.total, "airline_credits"
    if terms.void_until is not None and now < terms.void_until:
        return booking.total, booking.paid_with
    fare = booking.base + booking.tax
    amount = max(_NOTHING, fare - terms.fee) if terms.allowed else terms.otherwise
    insured = [
        Decimal(str(service.metadata["refund_amount"]))
        for service in booking.services
        if service.type == "cancel_for_any_reason"
    ]
    return max([amount, *insured]), booking.paid_with


def _credits(booking: Booking, refund: Decimal) -> tuple[Credit, ...]:
    """Return one credit for each passenger, together the whole refund."""
    people = [str(passenger["id"]) for passenger in booking.passengers]
    each = (refund / len(people)).quantize(_CENT, ROUND_DOWN)
    first = refund - each * (len(people) - 1)
    return tuple(
        Credit(ids.derived("acd", booking.id, person), person, first if n == 0 else each)
        for n, person in enumerate(people)
    )
