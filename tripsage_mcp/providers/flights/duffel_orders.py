"""Orders with Duffel (https://duffel.com/docs/api/v2/orders).

Whatever buys, pays or cancels is sent once. Duffel has no idempotency key: when no answer says
what became of it, `OutcomeUnknownError` says so, and only reading the order back tells.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import Cancellation, Order, OrderPayment, OrderRequest
from tripsage_mcp.errors import (
    PaymentRefusedError,
    ProviderProtocolError,
    ProviderUnavailableError,
)
from tripsage_mcp.providers.duffel.api import DuffelAPI
from tripsage_mcp.providers.duffel.wire import NAME, Stamp, Unreadable, readable
from tripsage_mcp.providers.flights import duffel_bodies as bodies
from tripsage_mcp.providers.flights.duffel_errors import outcome_unknown
from tripsage_mcp.providers.flights.duffel_order_wire import (
    CANCELLATION,
    ORDER,
    ORDERS,
    PAYMENT,
)

_NOT_PAID = frozenset({"failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class DuffelOrders:
    """Buys offers from Duffel.

    Attributes:
        reading: Reads what Duffel knows.
        asking: Asks an airline, and waits for it.
        acting: Asks for what must not happen twice, and waits for it.
    """

    reading: DuffelAPI
    asking: DuffelAPI
    acting: DuffelAPI
    payment_type: bodies.PaymentType

    async def create(self, request: OrderRequest) -> Order:
        """Order an offer: pay it at once, or hold it."""

        async def order() -> Order:
            raw = await self.acting.act(
                "/air/orders", ORDER, bodies.order(request, self.payment_type)
            )
            return raw.to_domain(self.acting.stamp())

        return await _once(order)

    async def get(self, order_id: str) -> Order:
        """Read an order."""
        raw = await self.reading.get(f"/air/orders/{order_id}", ORDER, repeatable=False)
        return _understood(raw, self.reading.stamp())

    async def find(self, offer_id: str) -> Order | None:
        """List the orders of an offer; there is at most one."""
        rows = await self.reading.get(
            "/air/orders", ORDERS, {"offer_id": offer_id}, repeatable=False
        )
        # Checked: an API that ignores a filter lists orders of other offers.
        raw = next((row for row in readable(rows) if row.offer_id == offer_id), None)
        if raw is not None:
            return _understood(raw, self.reading.stamp())
        for row in rows:
            what = row.field if isinstance(row, Unreadable) else "offer_id"
            raise ProviderProtocolError(NAME, f"the order could not be looked for: {what!r}")
        return None

    async def pay(self, order_id: str, amount: Money) -> OrderPayment:
        """Pay a held order."""

        async def payment() -> OrderPayment:
            raw = await self.acting.act(
                "/air/payments",
                PAYMENT,
                {"order_id": order_id, "payment": bodies.payment(amount, self.payment_type)},
            )
            return raw.to_domain(order_id, self.acting.stamp())

        paid = await _once(payment)
        if paid.status in _NOT_PAID:
            raise PaymentRefusedError("The payment failed; nothing was paid.")
        return paid

    async def quote_cancellation(self, order_id: str) -> Cancellation:
        """Create a cancellation that is not confirmed."""
        raw = await self.asking.ask(
            "/air/order_cancellations", CANCELLATION, {"order_id": order_id}
        )
        return _understood(raw, self.asking.stamp())

    async def confirm_cancellation(self, cancellation_id: str) -> Cancellation:
        """Confirm a cancellation."""

        async def cancellation() -> Cancellation:
            raw = await self.acting.act(
                f"/air/order_cancellations/{cancellation_id}/actions/confirm",
                CANCELLATION,
                expected=HTTPStatus.OK,
            )
            return raw.to_domain(self.acting.stamp())

        cancelled = await _once(cancellation)
        if cancelled.confirmed_at is None:
            raise outcome_unknown()
        return cancelled


async def _once[T](act: Callable[[], Awaitable[T]]) -> T:
    """Act; whatever leaves open whether it was done becomes `OutcomeUnknownError`."""
    try:
        return await act()
    except ProviderUnavailableError as exc:
        if not exc.may_have_acted:
            raise
        raise outcome_unknown() from exc
    except (ProviderProtocolError, ValueError, OverflowError) as exc:
        # A success that cannot be read.
        raise outcome_unknown() from exc


class _Translated[T](Protocol):
    def to_domain(self, stamp: Stamp) -> T: ...


def _understood[T](raw: _Translated[T], stamp: Stamp) -> T:
    try:
        return raw.to_domain(stamp)
    except (ValueError, OverflowError) as exc:
        raise ProviderProtocolError(NAME, f"the answer could not be understood: {exc}") from exc
