"""The promises of `FlightOrders`, checked against the fake and the sandbox."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from tests.build_flights import NOW, found, offer
from tests.fakes import FakeFlights
from tests.fakes_orders import FakeOrders
from tripsage_mcp.domain.flight import Offer, PaymentRequirements
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import (
    AncillaryChoice,
    IdentityDocument,
    Order,
    OrderKind,
    OrderRequest,
    PassengerDetails,
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
    ProviderUnavailableError,
)
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build
from tripsage_mcp.providers.ports import FlightOrders, FlightProvider
from tripsage_mcp.sandbox.duffel.app import Trouble, build_app

pytestmark = pytest.mark.anyio

TOKEN = "duffel_test_contract"
UNKNOWN = "9" * 22
# The one route on which the sandbox sells everything to be paid later as well.
HOLD_ROUTE = ("JFK", "EWR")
PASSPORT = IdentityDocument("passport", "19KL56147", "GB", date(2033, 4, 25))
PENNY = Decimal("0.01")


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Shop:
    """Where offers are found and bought."""

    offers: FlightProvider
    orders: FlightOrders
    clock: Clock

    async def offer(self, route: tuple[str, str] = HOLD_ROUTE, number: int = 0) -> Offer:
        """Return an offer of a route; another number is another flight."""
        asked = OfferRequest((SliceRequest(*route, date(2027, 5, 10)),))
        answer = await self.offers.search(asked)
        return await self.offers.get(answer.offers[number].offer_id)


@asynccontextmanager
async def fake() -> AsyncGenerator[Shop]:
    clock = Clock()
    later = PaymentRequirements(
        instant=False,
        pay_by=NOW + timedelta(days=3),
        price_guaranteed_until=NOW + timedelta(days=2),
    )
    flights = FakeFlights(found(replace(offer(1), payment=later), replace(offer(2), payment=later)))
    yield Shop(flights, FakeOrders(flights, clock), clock)


@asynccontextmanager
async def sandbox(faults: Mapping[int | str, str] | None = None) -> AsyncGenerator[Shop]:
    clock = Clock()
    app = build_app(now=clock, token=TOKEN, trouble=Trouble(faults=faults or {}))
    config = DuffelConfig(access_token=SecretStr(TOKEN))
    duffel = build(config, data="sandbox", now=clock, app=app)
    yield Shop(duffel.offers, duffel.orders, clock)
    await duffel.aclose()


@pytest.fixture(params=[fake, sandbox], ids=["fake", "sandbox"])
async def shop(request: pytest.FixtureRequest) -> AsyncGenerator[Shop]:
    async with request.param() as ready:
        yield ready


def wanted(chosen: Offer, kind: OrderKind = "instant", **changed: Money) -> OrderRequest:
    people = tuple(
        PassengerDetails(
            passenger_id=passenger.passenger_id,
            title="mrs",
            given_name="Amelia",
            family_name="Earhart",
            gender="f",
            born_on=date(1987, 7, 24),
            email="amelia@example.com",
            phone="+442080160509",
            documents=(PASSPORT,) if chosen.documents_required else (),
        )
        for passenger in chosen.passengers
    )
    total = changed.get("total", chosen.total)
    return OrderRequest(chosen.offer_id, kind, people, total, reference="booking-7")


async def test_an_instant_order_is_bought_paid_and_found_again(shop: Shop) -> None:
    chosen = await shop.offer()
    assert await shop.orders.find(chosen.offer_id) is None
    order = await shop.orders.create(wanted(chosen))
    assert (order.kind, order.offer_id, order.total) == ("instant", chosen.offer_id, chosen.total)
    assert order.booking_reference
    assert (order.awaiting_payment, order.cancelled_at, order.schedule_changed) == (
        False, None, False,
    )  # fmt: skip
    assert order.paid_at == shop.clock.at
    assert [(p.given_name.casefold(), p.family_name.casefold()) for p in order.passengers] == [
        ("amelia", "earhart")
    ]
    assert [part.departs_at for part in order.slices] == [p.departs_at for p in chosen.slices]
    assert order.provenance.data == "sandbox"
    assert order.documents
    assert await shop.orders.get(order.order_id) == order
    assert await shop.orders.find(chosen.offer_id) == order


async def test_a_hold_is_made_unpaid_then_paid_once(shop: Shop) -> None:
    chosen = await shop.offer()
    held = await shop.orders.create(wanted(chosen, "hold"))
    assert (held.kind, held.awaiting_payment, held.paid_at) == ("hold", True, None)
    assert held.documents == ()
    assert held.pay_by is not None
    assert held.price_guaranteed_until is not None
    assert held.pay_by > shop.clock.at
    paid = await shop.orders.pay(held.order_id, held.total)
    assert (paid.order_id, paid.status, paid.amount) == (held.order_id, "succeeded", held.total)
    after = await shop.orders.get(held.order_id)
    assert (after.awaiting_payment, after.paid_at) == (False, shop.clock.at)
    assert after.documents
    with pytest.raises(ConflictError):
        await shop.orders.pay(held.order_id, held.total)


async def test_another_amount_than_the_price_buys_and_pays_nothing(shop: Shop) -> None:
    chosen = await shop.offer()
    less = Money(chosen.total.amount - PENNY, chosen.total.currency)
    with pytest.raises(PriceChangedError):
        await shop.orders.create(wanted(chosen, total=less))
    assert await shop.orders.find(chosen.offer_id) is None
    held = await shop.orders.create(wanted(chosen, "hold"))
    with pytest.raises(PriceChangedError):
        await shop.orders.pay(held.order_id, less)
    assert (await shop.orders.get(held.order_id)).awaiting_payment


async def test_an_offer_is_sold_once(shop: Shop) -> None:
    chosen = await shop.offer()
    order = await shop.orders.create(wanted(chosen))
    with pytest.raises((ConflictError, OfferUnavailableError)):
        await shop.orders.create(wanted(chosen))
    assert await shop.orders.find(chosen.offer_id) == order


async def test_an_offer_is_not_sold_after_its_time(shop: Shop) -> None:
    chosen = await shop.offer()
    shop.clock.at = chosen.expires_at + timedelta(seconds=1)
    with pytest.raises(OfferExpiredError):
        await shop.orders.create(wanted(chosen))
    assert await shop.orders.find(chosen.offer_id) is None


async def test_cancelling_is_quoted_then_confirmed_once(shop: Shop) -> None:
    order = await shop.orders.create(wanted(await shop.offer()))
    quote = await shop.orders.quote_cancellation(order.order_id)
    assert (quote.order_id, quote.confirmed_at) == (order.order_id, None)
    assert (await shop.orders.get(order.order_id)).cancelled_at is None
    done = await shop.orders.confirm_cancellation(quote.cancellation_id)
    assert done.confirmed_at == shop.clock.at
    assert (done.refund, done.refund_to) == (quote.refund, quote.refund_to)
    assert (await shop.orders.get(order.order_id)).cancelled_at == shop.clock.at
    with pytest.raises(ConflictError):
        await shop.orders.confirm_cancellation(quote.cancellation_id)
    with pytest.raises(ConflictError):
        await shop.orders.quote_cancellation(order.order_id)


async def test_only_the_latest_quote_cancels(shop: Shop) -> None:
    order = await shop.orders.create(wanted(await shop.offer()))
    first = await shop.orders.quote_cancellation(order.order_id)
    second = await shop.orders.quote_cancellation(order.order_id)
    with pytest.raises(ConflictError):
        await shop.orders.confirm_cancellation(first.cancellation_id)
    assert (await shop.orders.get(order.order_id)).cancelled_at is None
    assert (await shop.orders.confirm_cancellation(second.cancellation_id)).confirmed_at


async def test_a_quote_that_has_expired_cancels_nothing(shop: Shop) -> None:
    order = await shop.orders.create(wanted(await shop.offer()))
    quote = await shop.orders.quote_cancellation(order.order_id)
    assert quote.expires_at is not None
    shop.clock.at = quote.expires_at + timedelta(seconds=1)
    with pytest.raises(ConflictError):
        await shop.orders.confirm_cancellation(quote.cancellation_id)
    assert (await shop.orders.get(order.order_id)).cancelled_at is None


async def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    price = Money(Decimal(1), "EUR")
    with pytest.raises(NotFoundError):
        await shop.orders.get(f"ord_{UNKNOWN}")
    with pytest.raises(NotFoundError):
        await shop.orders.pay(f"ord_{UNKNOWN}", price)
    with pytest.raises(NotFoundError):
        await shop.orders.quote_cancellation(f"ord_{UNKNOWN}")
    with pytest.raises(NotFoundError):
        await shop.orders.confirm_cancellation(f"ore_{UNKNOWN}")
    assert await shop.orders.find(f"off_{UNKNOWN}") is None


# What follows are the routes on which Duffel's test mode misbehaves, played by the sandbox.


async def bought(route: tuple[str, str], shop: Shop) -> Order:
    return await shop.orders.create(wanted(await shop.offer(route)))


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (("LHR", "STN"), OfferUnavailableError),
        (("LHR", "LGW"), ProviderUnavailableError),
        (("LGW", "STN"), PaymentRefusedError),
    ],
)
async def test_an_order_that_fails_leaves_nothing_behind(
    route: tuple[str, str], expected: type[Exception]
) -> None:
    async with sandbox() as shop:
        chosen = await shop.offer(route)
        with pytest.raises(expected):
            await shop.orders.create(wanted(chosen))
        assert await shop.orders.find(chosen.offer_id) is None


@pytest.mark.parametrize(
    ("route", "after"),
    [
        (("LTN", "STN"), timedelta(seconds=30)),
        (("SEN", "STN"), timedelta(hours=1)),
        (("LCY", "STN"), None),
    ],
)
async def test_an_order_accepted_but_not_made_is_told_by_reading_it_back(
    route: tuple[str, str], after: timedelta | None
) -> None:
    async with sandbox() as shop:
        chosen = await shop.offer(route)
        with pytest.raises(OutcomeUnknownError):
            await shop.orders.create(wanted(chosen))
        assert await shop.orders.find(chosen.offer_id) is None
        shop.clock.at += after or timedelta(days=1)
        order = await shop.orders.find(chosen.offer_id)
    assert (order is None) is (after is None)


@pytest.mark.parametrize("fault", ["lost", "cut", "malformed"])
async def test_an_order_whose_answer_gets_lost_is_found_by_its_offer(fault: str) -> None:
    async with sandbox({"POST /air/orders": fault}) as shop:
        chosen = await shop.offer()
        with pytest.raises(OutcomeUnknownError):
            await shop.orders.create(wanted(chosen))
        order = await shop.orders.find(chosen.offer_id)
    assert order is not None
    assert order.offer_id == chosen.offer_id


async def test_a_payment_whose_answer_gets_lost_shows_on_the_order() -> None:
    async with sandbox({"POST /air/payments": "lost"}) as shop:
        held = await shop.orders.create(wanted(await shop.offer(), "hold"))
        with pytest.raises(OutcomeUnknownError):
            await shop.orders.pay(held.order_id, held.total)
        assert (await shop.orders.get(held.order_id)).paid_at == shop.clock.at


async def test_what_cannot_be_held_is_a_conflict_or_refused() -> None:
    async with sandbox() as shop:
        day = date(2027, 5, 10)
        answer = await shop.offers.search(OfferRequest((SliceRequest("STN", "DUB", day),)))
        chosen = next(one for one in answer.offers if one.payment and one.payment.instant)
        with pytest.raises((ConflictError, InvalidRequestError)):
            await shop.orders.create(wanted(chosen, "hold"))


async def test_a_held_order_that_is_not_paid_in_time_cannot_be_paid() -> None:
    async with sandbox() as shop:
        held = await shop.orders.create(wanted(await shop.offer(), "hold"))
        assert held.pay_by is not None
        shop.clock.at = held.pay_by + timedelta(seconds=1)
        with pytest.raises(ConflictError):
            await shop.orders.pay(held.order_id, held.total)
        lapsed = await shop.orders.get(held.order_id)
    assert (lapsed.awaiting_payment, lapsed.paid_at, lapsed.documents) == (False, None, ())


async def test_an_airlines_change_shows_on_the_order() -> None:
    async with sandbox() as shop:
        order = await bought(("LHR", "LTN"), shop)
        assert (await shop.orders.get(order.order_id)).schedule_changed


async def test_a_cancellation_may_give_credits_of_the_airline() -> None:
    async with sandbox() as shop:
        order = await bought(("LTN", "SYD"), shop)
        quote = await shop.orders.quote_cancellation(order.order_id)
    assert quote.refund_to == "airline_credits"
    assert [credit.amount is not None for credit in quote.credits] == [True]


async def test_what_is_bought_beside_the_flight_is_on_the_order() -> None:
    async with sandbox() as shop:
        chosen = await shop.offer(("LIS", "LHR"))
        bag = next(each for each in chosen.ancillaries or () if each.kind == "baggage")
        (seat_map, *_) = await shop.offers.seat_maps(chosen.offer_id)
        element = next(
            each
            for cabin in seat_map.cabins
            for row in cabin.rows
            for each in row.elements
            if each.choices
        )
        seat = element.choices[0]
        request = replace(
            wanted(chosen, total=chosen.total + bag.price + seat.price),
            ancillaries=(AncillaryChoice(bag.ancillary_id), AncillaryChoice(seat.ancillary_id)),
        )
        order = await shop.orders.create(request)
    assert order.total == chosen.total + bag.price + seat.price
    kinds = {each.kind: each for each in order.ancillaries}
    assert set(kinds) == {"baggage", "seat"}
    assert kinds["seat"].seat == element.designator
    assert kinds["seat"].price == seat.price
