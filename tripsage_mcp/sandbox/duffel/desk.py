"""Where orders are made: what can be bought, for how much, and by whom."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Answers, Offered
from tripsage_mcp.sandbox.duffel.basket import Basket, fill_basket, seat_json
from tripsage_mcp.sandbox.duffel.bookings import (
    BOOKINGS,
    CLAIMS,
    PAYMENTS,
    Booking,
    Claim,
    Payment,
    Refunds,
    claimed,
)
from tripsage_mcp.sandbox.duffel.errors import (
    RefusedError,
    invalid,
    misstated,
    no_longer_available,
    not_found,
    refused_by_airline,
)
from tripsage_mcp.sandbox.duffel.form import Form, data_of
from tripsage_mcp.sandbox.duffel.ledger import Ledger, Page
from tripsage_mcp.sandbox.duffel.order_form import (
    OrderForm,
    Paid,
    check_people,
    read_metadata,
    read_order,
    read_services,
)
from tripsage_mcp.sandbox.duffel.order_wire import order_json, order_slices
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.duffel.seat_maps import flights_of, seat_maps
from tripsage_mcp.sandbox.duffel.wire import (
    airline_json,
    conditions_json,
    hold_until,
    penalty,
    single_offer_json,
)
from tripsage_mcp.sandbox.schedule.chance import whole

_VOID_WINDOW = timedelta(hours=24)
_VOID_AHEAD = timedelta(days=7)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Desk:
    """Prices offers, shows seats and makes orders."""

    def __init__(self, answers: Answers, ledger: Ledger, now: Clock) -> None:
        self._answers = answers
        self._ledger = ledger
        self._now = now

    def seat_maps(self, offer_id: str) -> list[Json]:
        """Return the maps of an offer, with seats ordered here taken."""
        now = self._now()
        offered = self._answers.on_sale(offer_id, now)
        with self._ledger.transaction() as page:
            taken = claimed(page, flights_of(offered), now)
        return seat_maps(offered, taken)

    def price(self, offer_id: str, body: object) -> Json:
        """Return an offer at its price of now, with what is to be bought and how.

        Duffel counts services apart from the offer's total.
        """
        form, data = Form(), data_of(body)
        methods = form.objects(data, "intended_payment_methods", 1, needed=False)
        wanted = read_services(form, data, "intended_services")
        form.refuse()
        now = self._now()
        offered = self._answers.on_sale(offer_id, now)
        with self._ledger.transaction() as page:
            basket = fill_basket(offered, wanted, claimed(page, flights_of(offered), now))
        total = offered.fare.total + basket.price
        charge = {
            "surcharge_amount": "0.00",
            "surcharge_currency": offered.fare.currency,
            "charge_amount": str(total),
            "charge_currency": offered.fare.currency,
        }
        return single_offer_json(offered, services=True) | {
            "intended_payment_methods": [{**method, **charge} for method in methods],
            "intended_services": [{"id": name, "quantity": count} for name, count in wanted],
        }

    def create(self, body: object) -> tuple[int, Json | None]:
        """Make an order; returns the status, and the order unless it comes later."""
        form, now = read_order(body), self._now()
        offered = self._answers.on_sale(form.offer_id, now)
        answer = offered.answer
        if form.type == "hold" and hold_until(answer, offered.fare) is None:
            message = "The specified `type` was incorrect."
            raise misstated("invalid_order_create_type", message)
        check_people(form.people, offered, now)
        with self._ledger.transaction() as page:
            taken = claimed(page, flights_of(offered), now)
            _check_claims(page, offered, form, taken)
            basket = fill_basket(offered, form.services, taken)
            _check_magic(offered, form, basket)
            if form.payment is not None:
                total = offered.fare.total + basket.price
                check_paid(form.payment, total, offered.fare.currency, "/payments/0")
            booking = _booking(offered, form, basket, now)
            BOOKINGS.put(page, booking.id, booking, booking.offer_id)
            _claim(page, offered, form, basket, booking.id)
            if form.payment is not None:
                payment = payment_for(booking, form.payment, now)
                PAYMENTS.put(page, payment.id, payment, booking.id)
        status = answer.magic.order_status
        return status, order_json(booking, now, fresh=True) if booking.visible(now) else None

    def get(self, order_id: str) -> Json:
        """Return one order."""
        now = self._now()
        with self._ledger.transaction() as page:
            return order_json(visible(page, order_id, now), now)

    def all(self, offer_id: str | None) -> list[Booking]:
        """Return every order that can be read, or those made from one offer; oldest first."""
        now = self._now()
        with self._ledger.transaction() as page:
            return [b for b in BOOKINGS.all(page, offer_id) if b.visible(now)]

    def update(self, order_id: str, body: object) -> Json:
        """Replace the caller's notes on an order."""
        form, now = Form(), self._now()
        metadata = read_metadata(form, data_of(body))
        form.refuse()
        with self._ledger.transaction() as page:
            booking = replace(visible(page, order_id, now), metadata=metadata)
            BOOKINGS.put(page, booking.id, booking, booking.offer_id)
        return order_json(booking, now)


def visible(page: Page, order_id: str, now: datetime) -> Booking:
    """Return an order that can be read.

    Raises:
        RefusedError: 404, there is none, or not yet.
    """
    booking = BOOKINGS.get(page, order_id)
    if booking is None or not booking.visible(now):
        raise not_found()
    return booking


def payment_for(booking: Booking, paid: Paid, now: datetime) -> Payment:
    """Return the record of an order's payment."""
    name = ids.derived("pay", booking.id)
    return Payment(name, booking.id, now, paid.type, paid.amount, paid.currency)


def insufficient_balance() -> RefusedError:
    """Return the answer to an order that the balance does not cover."""
    message = "The balance does not cover this order. Top it up and try again."
    return misstated("insufficient_balance", message)


def check_paid(paid: Paid, total: Decimal, currency: str, at: str) -> None:
    """Refuse a payment that is not exactly what the order costs.

    Raises:
        RefusedError: 422, the amount or the currency differs.
    """
    for field, fits in (("currency", paid.currency == currency), ("amount", paid.amount == total)):
        if not fits:
            rule = f"must be the {field} of the order, services included"
            code = f"payment_{field}_does_not_match_order_{field}"
            raise RefusedError(422, invalid(field, f"{at}/{field}", rule, code))


def _travellers(offered: Offered, form: OrderForm) -> list[str]:
    """Return who sits on the first flight, so that nobody is booked on it twice."""
    flight = flights_of(offered)[0]
    keys = ("given_name", "family_name", "born_on")
    people = [[str(person.wire[key]).casefold() for key in keys] for person in form.people]
    return [f"{flight} traveller {whole('traveller', *words)}" for words in people]


def _check_claims(page: Page, offered: Offered, form: OrderForm, taken: Collection[str]) -> None:
    if CLAIMS.get(page, offered.answer.request_id) is not None:
        rule = "belongs to an offer request that is booked already"
        code = "offer_request_already_booked"
        raise RefusedError(422, invalid("selected_offers", "/selected_offers", rule, code))
    if any(traveller in taken for traveller in _travellers(offered, form)):
        message = "A passenger is booked on this flight already."
        raise refused_by_airline("duplicate_booking", message, offered.fare.owner.name)


def _claim(page: Page, offered: Offered, form: OrderForm, basket: Basket, order_id: str) -> None:
    request_id = offered.answer.request_id
    CLAIMS.put(page, request_id, Claim(request_id, order_id))
    flight = flights_of(offered)[0]
    for traveller in _travellers(offered, form):
        CLAIMS.put(page, traveller, Claim(traveller, order_id), flight)
    for seat in basket.seats:
        CLAIMS.put(page, seat.place, Claim(seat.place, order_id), seat.place.rpartition(" ")[0])


def _check_magic(offered: Offered, form: OrderForm, basket: Basket) -> None:
    magic, owner = offered.answer.magic, offered.fare.owner.name
    before = offered.answer.fares[offered.index].total + basket.price
    now_costs = offered.fare.total + basket.price
    if form.payment is not None and form.payment.amount == before != now_costs:
        message = "The price of the offer has changed. Get the offer again for its price of now."
        raise misstated("price_changed", message)
    if magic.sold_out:
        raise no_longer_available(owner)
    if magic.order_fails:
        message = "The airline could not create the order. Nothing was booked."
        raise refused_by_airline("order_not_created", message, owner, 502)
    if magic.no_funds and form.payment is not None:
        raise insufficient_balance()


def _booking(offered: Offered, form: OrderForm, basket: Basket, now: datetime) -> Booking:
    answer, fare, magic = offered.answer, offered.fare, offered.answer.magic
    kinds = {answer.passenger_id(n): p.kind for n, p in enumerate(answer.request.passengers)}
    seats = {
        (seat.segment_id, answer.passenger_id(seat.passenger)): seat_json(seat)
        for seat in basket.seats
    }
    hold = hold_until(answer, fare) if form.type == "hold" else None
    draw = whole("reference", answer.seed, offered.id)
    return Booking(
        id=ids.derived("ord", offered.id),
        offer_id=offered.id,
        type=form.type,
        reference="".join(_LETTERS[draw // 24**n % 24] for n in range(6)),
        created_at=now,
        visible_at=None if magic.order_after is None else now + magic.order_after,
        departs=fare.itineraries[0].departs,
        currency=fare.currency,
        total=fare.total + basket.price,
        base=fare.base,
        tax=fare.tax,
        owner=airline_json(fare.owner.iata),
        slices=order_slices(offered, seats),
        conditions=conditions_json(answer, fare),
        passengers=tuple({**p.wire, "type": kinds[p.id]} for p in form.people),
        services=basket.bought,
        refunds=_refunds(offered, now),
        guaranteed_until=hold and hold[0],
        pay_by=hold and hold[1],
        paid_at=None if form.payment is None else now,
        paid_with="balance" if form.payment is None else form.payment.type,
        no_funds=magic.no_funds,
        rescheduled=magic.rescheduled,
        metadata=form.metadata,
        users=form.users,
    )


def _refunds(offered: Offered, now: datetime) -> Refunds:
    """Return the terms: United States airlines void for a day what is booked a week ahead."""
    answer, fare = offered.answer, offered.fare
    voidable = fare.owner.country == "US" and fare.itineraries[0].departs - now >= _VOID_AHEAD
    return Refunds(
        allowed=fare.brand.refund.allowed,
        fee=penalty(answer, fare, fare.brand.refund),
        # Who flies not at all pays no airport; low-cost airlines keep even that.
        otherwise=Decimal("0.00") if fare.owner.low_cost else fare.tax,
        void_until=now + _VOID_WINDOW if voidable else None,
        credits=answer.magic.credits,
    )
