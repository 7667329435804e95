"""Orders in memory: the same promises as a real provider's, with the misfortunes a test names."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tripsage_mcp.domain.ancillary import AncillaryKind
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import (
    Cancellation,
    Order,
    OrderedAncillary,
    OrderPassenger,
    OrderPayment,
    OrderRequest,
    TravelDocument,
)
from tripsage_mcp.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    OfferUnavailableError,
    OutcomeUnknownError,
    PaymentRefusedError,
    PriceChangedError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.providers.ports import FlightProvider

_PLENTY = Decimal(1_000_000)
_QUOTE_LIFE = timedelta(hours=1)


@dataclass
class FakeOrders:
    """Sells the offers of a flight provider, each once.

    Attributes:
        refusals: What the next purchases, payments or confirmations fail with, in this order;
            then nothing was done.
        lost_answers: How many of the next ones are done, but answered with `OutcomeUnknownError`.
        lost_requests: How many are answered so and not done at all.
        visible_after: How many times `find` sees nothing of an order whose answer was lost.
        asked: Set once a purchase, a payment or a confirmation was asked for.
        gate: They wait for it, where there is one.
        payment_status: Of every payment; only one that succeeds is one.
        refund: The share of the price that cancelling gives back.
        requests: Every purchase that was asked for.
        calls: The name of every call, in order.
    """

    flights: FlightProvider
    now: Clock
    balance: Decimal = _PLENTY
    payment_status: str = "succeeded"
    refund: Decimal = Decimal(1)
    refusals: list[TripSageError] = field(default_factory=list[TripSageError])
    lost_answers: int = 0
    lost_requests: int = 0
    visible_after: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event | None = None
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    quotes: dict[str, Cancellation] = field(default_factory=dict[str, Cancellation])
    requests: list[OrderRequest] = field(default_factory=list[OrderRequest])
    calls: list[str] = field(default_factory=list[str])
    _hidden: dict[str, int] = field(default_factory=dict[str, int])

    async def create(self, request: OrderRequest) -> Order:
        self.calls.append("create")
        self.requests.append(request)
        await self._reached()
        lost = self._misfortune()
        offer = await self._sold(request.offer_id)
        if request.kind == "hold" and (offer.payment is None or offer.payment.instant):
            raise InvalidRequestError("hold", "must be false: this offer is paid when ordered")
        extras = await self._extras(offer, request)
        total = sum((each.price * each.quantity for each in extras), offer.total)
        if request.kind == "instant":
            if request.total != total:
                raise PriceChangedError(f"The price is {total} now; nothing was bought.")
            self._take(total)
        order = _order(f"ord_{len(self.orders):022d}", offer, request, self.now(), total, extras)
        self.orders[order.order_id] = order
        if lost:
            self._hidden[order.order_id] = self.visible_after
            raise OutcomeUnknownError("fake", "no answer says whether it was bought")
        return order

    async def get(self, order_id: str) -> Order:
        self.calls.append("get")
        return self._known(order_id)

    async def find(self, offer_id: str) -> Order | None:
        self.calls.append("find")
        for order in self.orders.values():
            if order.offer_id == offer_id:
                unseen = self._hidden.get(order.order_id, 0)
                if not unseen:
                    return order
                self._hidden[order.order_id] = unseen - 1
        return None

    async def pay(self, order_id: str, amount: Money) -> OrderPayment:
        self.calls.append("pay")
        await self._reached()
        lost = self._misfortune()
        order = self._known(order_id)
        if not order.awaiting_payment:
            raise ConflictError("The order does not await a payment.")
        if amount != order.total:
            raise PriceChangedError(f"The price is {order.total} now; nothing was paid.")
        payment_id = f"pay_{len(self.calls):022d}"
        payment = OrderPayment(payment_id, order_id, self.payment_status, amount, order.provenance)
        if payment.status != "succeeded":
            return payment
        self._take(amount)
        self.orders[order_id] = replace(
            order,
            awaiting_payment=False,
            paid_at=self.now(),
            documents=(TravelDocument("electronic_ticket", f"{len(self.calls):013d}"),),
        )
        if lost:
            raise OutcomeUnknownError("fake", "no answer says whether it was paid")
        return payment

    async def quote_cancellation(self, order_id: str) -> Cancellation:
        self.calls.append("quote_cancellation")
        order = self._known(order_id)
        if order.cancelled_at is not None:
            raise ConflictError("The order is cancelled already.")
        paid = order.paid_at is not None
        quote = Cancellation(
            cancellation_id=f"ore_{len(self.quotes):022d}",
            order_id=order_id,
            refund=(order.total * self.refund).rounded() if paid else None,
            refund_to="balance" if paid else "awaiting_payment",
            provenance=order.provenance,
            expires_at=self.now() + _QUOTE_LIFE,
        )
        self.quotes[quote.cancellation_id] = quote
        return quote

    async def confirm_cancellation(self, cancellation_id: str) -> Cancellation:
        self.calls.append("confirm_cancellation")
        await self._reached()
        lost = self._misfortune()
        quote = self.quotes.get(cancellation_id)
        if quote is None:
            raise NotFoundError("no such quote")
        latest = [each for each in self.quotes.values() if each.order_id == quote.order_id][-1]
        order = self.orders[quote.order_id]
        if latest != quote or order.cancelled_at is not None:
            raise ConflictError("The quote is stale; ask for another.")
        assert quote.expires_at is not None
        if quote.expires_at <= self.now():
            raise ConflictError("The quote has expired; ask for another.")
        cancelled_at = self.now()
        self.orders[order.order_id] = replace(
            order, cancelled_at=cancelled_at, awaiting_payment=False, actions=()
        )
        confirmed = replace(quote, confirmed_at=cancelled_at)
        self.quotes[cancellation_id] = confirmed
        if lost:
            raise OutcomeUnknownError("fake", "no answer says whether it was cancelled")
        return confirmed

    def change_price(self, order_id: str, total: Money) -> None:
        """Let the airline ask for another price for a held order."""
        self.orders[order_id] = replace(self.orders[order_id], total=total)

    async def _reached(self) -> None:
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()

    def _misfortune(self) -> bool:
        """Refuse if the test says so; tell whether the answer is to be lost."""
        if self.refusals:
            raise self.refusals.pop(0)
        if self.lost_requests:
            self.lost_requests -= 1
            raise OutcomeUnknownError("fake", "no answer says whether it was done")
        lost = self.lost_answers > 0
        self.lost_answers -= lost
        return lost

    async def _sold(self, offer_id: str) -> Offer:
        offer = await self.flights.get(offer_id)
        if offer.expires_at <= self.now():
            raise OfferExpiredError("The offer has expired; nothing was bought.")
        if any(order.offer_id == offer_id for order in self.orders.values()):
            raise OfferUnavailableError("The offer is sold already; nothing was bought.")
        return offer

    async def _extras(self, offer: Offer, request: OrderRequest) -> tuple[OrderedAncillary, ...]:
        if not request.ancillaries:
            return ()
        sold = {
            each.ancillary_id: OrderedAncillary(
                each.kind, 1, each.price, each.passenger_ids, each.segment_ids, each.seat
            )
            for each in offer.ancillaries or ()
        }
        seat: AncillaryKind = "seat"
        for plan in await self.flights.seat_maps(offer.offer_id):
            for element in (e for c in plan.cabins for row in c.rows for e in row.elements):
                for choice in element.choices:
                    sold[choice.ancillary_id] = OrderedAncillary(
                        seat,
                        1,
                        choice.price,
                        (choice.passenger_id,),
                        (plan.segment_id,),
                        element.designator,
                    )
        try:
            return tuple(
                replace(sold[choice.ancillary_id], quantity=choice.quantity)
                for choice in request.ancillaries
            )
        except KeyError:
            raise OfferUnavailableError("An extra is not sold any more.") from None

    def _take(self, amount: Money) -> None:
        if amount.amount > self.balance:
            raise PaymentRefusedError("The balance does not cover it; nothing was bought.")
        self.balance -= amount.amount

    def _known(self, order_id: str) -> Order:
        try:
            return self.orders[order_id]
        except KeyError:
            raise NotFoundError("no such order") from None


def _order(
    order_id: str,
    offer: Offer,
    request: OrderRequest,
    at: datetime,
    total: Money,
    extras: tuple[OrderedAncillary, ...],
) -> Order:
    held = request.kind == "hold"
    kinds = {passenger.passenger_id: passenger.type for passenger in offer.passengers}
    return Order(
        order_id=order_id,
        kind=request.kind,
        offer_id=offer.offer_id,
        booking_reference=f"REF{order_id[-3:]}",
        owner=offer.owner,
        total=total,
        base=offer.base,
        tax=offer.tax,
        slices=offer.slices,
        passengers=tuple(
            OrderPassenger(
                person.passenger_id,
                person.given_name,
                person.family_name,
                kinds.get(person.passenger_id),
                person.infant_passenger_id,
            )
            for person in request.passengers
        ),
        conditions=offer.conditions,
        created_at=at,
        provenance=replace(offer.provenance, fetched_at=at, expires_at=None),
        ancillaries=extras,
        documents=() if held else (TravelDocument("electronic_ticket", order_id[-13:]),),
        awaiting_payment=held,
        pay_by=offer.payment.pay_by if held and offer.payment else None,
        price_guaranteed_until=(
            offer.payment.price_guaranteed_until if held and offer.payment else None
        ),
        paid_at=None if held else at,
        actions=("cancel",),
        live_mode=offer.live_mode,
    )
