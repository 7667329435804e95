"""Orders, payments and cancellations as Duffel writes them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Offered
from tripsage_mcp.sandbox.duffel.bookings import Booking, Bought, Payment, Quote
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.duffel.wire import slice_json, utc, whole_second
from tripsage_mcp.sandbox.schedule.chance import whole

# An order's slices say less than an offer's.
_OFFERS_ONLY = ("ngs_shelf", "comparison_key")
_DELAY = timedelta(minutes=95)

type Seats = Mapping[tuple[str, str], Json]
"""What was chosen, by segment and passenger."""


def order_slices(offered: Offered, seats: Seats) -> tuple[Json, ...]:
    """Return the slices of an offer as an order has them, with the seats chosen."""
    slices: list[Json] = []
    for part in range(len(offered.fare.itineraries)):
        found: dict[str, Any] = slice_json(offered.answer, offered.fare, offered.index, part)
        for key in _OFFERS_ONLY:
            del found[key]
        change = found["conditions"]["change_before_departure"]
        found["conditions"] = {"change_before_departure": change}
        for segment in found["segments"]:
            for passenger in segment["passengers"]:
                for key in ("cabin", "conditions"):
                    del passenger[key]
                passenger["seat"] = seats.get((segment["id"], passenger["passenger_id"]))
        slices.append(found)
    return tuple(slices)


def order_json(booking: Booking, now: datetime, *, fresh: bool = False) -> Json:
    """Return an order as it is now.

    Args:
        booking: The order.
        now: Decides whether a hold has lapsed.
        fresh: In answer to its creation; the airline has changed nothing yet.
    """
    changes = [] if fresh or not booking.rescheduled else [_rescheduled(booking)]
    cancelled = booking.cancelled
    return {
        "id": booking.id,
        "type": booking.type,
        "offer_id": booking.offer_id,
        "live_mode": False,
        "content": "managed",
        "booking_reference": booking.reference,
        "booking_references": [{"booking_reference": booking.reference, "carrier": booking.owner}],
        "created_at": utc(booking.created_at),
        "synced_at": utc(now),
        "cancelled_at": cancelled and cancelled.confirmed_at and utc(cancelled.confirmed_at),
        "void_window_ends_at": booking.refunds.void_until and utc(booking.refunds.void_until),
        "owner": booking.owner,
        "total_amount": str(booking.total),
        "total_currency": booking.currency,
        "base_amount": str(booking.base),
        "base_currency": booking.currency,
        "tax_amount": str(booking.tax),
        "tax_currency": booking.currency,
        "slices": list(booking.slices),
        "passengers": list(booking.passengers),
        "services": [_service_json(service, booking.currency) for service in booking.services],
        "documents": _documents(booking) if booking.paid_at else [],
        "conditions": booking.conditions,
        "payment_status": _payment_status(booking, now),
        "available_actions": available_actions(booking, now),
        "airline_initiated_changes": changes,
        "changes": [],
        "cancellation": cancelled and quote_json(cancelled),
        "metadata": booking.metadata,
        "users": list(booking.users),
    }


def available_actions(booking: Booking, now: datetime) -> list[str]:
    """Return what can still be done; an order that has ended or departed is past that."""
    return ["cancel", "update"] if booking.alive(now) and now < booking.departs else []


def awaits_payment(booking: Booking, now: datetime) -> bool:
    """Return whether a hold can still be paid; a lapsed one reads like a paid one here."""
    return booking.type == "hold" and booking.paid_at is None and booking.alive(now)


def _payment_status(booking: Booking, now: datetime) -> Json:
    by, guaranteed, paid = booking.pay_by, booking.guaranteed_until, booking.paid_at
    return {
        "awaiting_payment": awaits_payment(booking, now),
        "payment_required_by": by and whole_second(by),
        "price_guarantee_expires_at": guaranteed and whole_second(guaranteed),
        "paid_at": paid and utc(paid),
    }


def _service_json(service: Bought, currency: str) -> Json:
    return {
        "id": service.id,
        "type": service.type,
        "quantity": service.quantity,
        "total_amount": str(service.price),
        "total_currency": currency,
        "passenger_ids": list(service.passenger_ids),
        "segment_ids": list(service.segment_ids),
        "metadata": service.metadata,
    }


def _documents(booking: Booking) -> list[Json]:
    """Return a ticket for everybody, and a receipt for each service."""
    tickets: list[Json] = [
        {
            "type": "electronic_ticket",
            "unique_identifier": _number(booking.id, passenger["id"]),
            "passenger_ids": [passenger["id"]],
        }
        for passenger in booking.passengers
    ]
    receipts: list[Json] = [
        {
            "type": "electronic_miscellaneous_document_associated",
            "unique_identifier": _number(booking.id, service.id),
            "passenger_ids": list(service.passenger_ids),
        }
        for service in booking.services
    ]
    return tickets + receipts


def _number(*words: object) -> str:
    return f"{whole('document', *words) % 10**13:013d}"


def _rescheduled(booking: Booking) -> Json:
    removed = booking.slices[0]
    added = cast("dict[str, Any]", {**removed})
    added["segments"] = [
        {**segment, "departing_at": _later(segment, "departing_at"),
         "arriving_at": _later(segment, "arriving_at")}
        for segment in added["segments"]
    ]  # fmt: skip
    moment = utc(booking.created_at)
    return {
        "id": ids.derived("aic", booking.id),
        "order_id": booking.id,
        "created_at": moment,
        "updated_at": moment,
        "action_taken": None,
        "action_taken_at": None,
        "available_actions": ["accept", "cancel"],
        "added": [added],
        "removed": [removed],
        "travel_agent_ticket": None,
    }


def _later(segment: Mapping[str, Any], key: str) -> str:
    moment = datetime.fromisoformat(segment[key]) + _DELAY
    return moment.isoformat(timespec="seconds")


def payment_json(payment: Payment) -> Json:
    """Return a payment."""
    return {
        "id": payment.id,
        "live_mode": False,
        "created_at": utc(payment.created_at),
        "type": payment.type,
        "status": "succeeded",
        "amount": str(payment.amount),
        "currency": payment.currency,
        "order_id": payment.order_id,
        "failure_reason": None,
    }


def quote_json(quote: Quote) -> Json:
    """Return a cancellation; one that is not confirmed is a quote."""
    confirmed = quote.confirmed_at
    return {
        "id": quote.id,
        "order_id": quote.order_id,
        "live_mode": False,
        "created_at": utc(quote.created_at),
        "expires_at": utc(quote.expires_at),
        "confirmed_at": confirmed and utc(confirmed),
        "refund_amount": str(quote.refund),
        "refund_currency": quote.currency,
        "refund_to": quote.refund_to,
        "airline_credits": [
            {
                "id": credit.id,
                "passenger_id": credit.passenger_id,
                "credit_name": "Travel credit",
                # The airline issues the code when the order is cancelled.
                "credit_code": confirmed and _number(credit.id)[:8],
                "credit_amount": str(credit.amount),
                "credit_currency": quote.currency,
                "issued_on": confirmed and confirmed.date().isoformat(),
            }
            for credit in quote.credits
        ],
    }
