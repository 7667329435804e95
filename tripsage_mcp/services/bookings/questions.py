"""What the traveller's yes is needed for: what is shown, and all that would be acted on."""

from collections.abc import Sequence
from dataclasses import asdict

from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import Order, OrderKind, PassengerDetails
from tripsage_mcp.services.bookings import words as booking_words
from tripsage_mcp.services.bookings.cancellation_quotes import Quote
from tripsage_mcp.services.bookings.consents import Wanted
from tripsage_mcp.services.bookings.requests import Extra


def purchase(
    offer: Offer,
    kind: OrderKind,
    people: Sequence[PassengerDetails],
    bought: Sequence[Extra],
    total: Money,
) -> Wanted:
    """Want an offer bought or held, for these people and with these extras."""
    return Wanted(
        action="hold" if kind == "hold" else "book",
        subject=offer.offer_id,
        shown=booking_words.purchase(offer, kind, people, bought, total),
        arguments={
            "passengers": [asdict(one) for one in people],
            "extras": [asdict(extra.choice) for extra in bought],
        },
        not_after=offer.expires_at,
    )


def payment(subject: str, order: Order) -> Wanted:
    """Want a held order paid."""
    return Wanted(
        action="pay",
        subject=subject,
        shown=booking_words.payment(order),
        arguments={"order": order.order_id, "amount": str(order.total)},
        not_after=order.pay_by,
    )


def cancellation(subject: str, order: Order, quote: Quote) -> Wanted:
    """Want an order cancelled on the terms of a quote."""
    return Wanted(
        action="cancel",
        subject=subject,
        shown=booking_words.cancellation(order, quote),
        arguments={"order": order.order_id, "quote": quote.cancellation_id},
        not_after=quote.expires_at,
        context=quote.context(),
    )
