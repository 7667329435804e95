"""Booking through our adapter in the provider's twin: the routes on which something goes wrong."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date

import pytest
from pydantic import SecretStr

from tests.build_bookings import ACCOUNT, HandClock, Saying, page, person
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.errors import (
    OfferUnavailableError,
    PaymentRefusedError,
    PriceChangedError,
    TripSageError,
)
from tripsage_mcp.providers.flights import duffel
from tripsage_mcp.providers.ports import FlightSource
from tripsage_mcp.sandbox.duffel.app import build_app
from tripsage_mcp.services.bookings.consents import ConsentService
from tripsage_mcp.services.bookings.ordering import Ordering
from tripsage_mcp.services.bookings.passengers import DocumentGiven
from tripsage_mcp.services.bookings.requests import AncillaryGiven, BookRequest
from tripsage_mcp.services.bookings.service import BookingService

pytestmark = pytest.mark.anyio

TOKEN = "duffel_test_booking"
PASSPORT = DocumentGiven("passport", "C0123456", "PT", date(2031, 8, 30))


@asynccontextmanager
async def office(clock: HandClock) -> AsyncGenerator[BookingService]:
    app = build_app(now=clock, token=TOKEN)
    config = duffel.DuffelConfig(access_token=SecretStr(TOKEN))
    made = duffel.build(config, data="sandbox", now=clock, app=app)
    storage = FakeStorage()

    async def sleep(seconds: float) -> None:
        clock.wait(seconds=seconds)

    try:
        yield BookingService(
            FlightSource(made.offers, made.orders),
            storage,
            ConsentService(storage, page, clock),
            Ordering(storage, made.orders, clock, sleep),
            clock,
        )
    finally:
        await made.aclose()


async def searched(at: BookingService, origin: str, destination: str) -> Offer:
    request = OfferRequest((SliceRequest(origin, destination, date(2027, 5, 10)),))
    found = await at.flights.offers.search(request)
    return found.offers[0]


def wanted(offer: Offer, **changes: object) -> BookRequest:
    papers = [PASSPORT] if offer.documents_required else []
    asked = BookRequest(
        offer.offer_id,
        str(offer.total),
        [person(one.passenger_id, documents=papers) for one in offer.passengers],
    )
    return replace(asked, **changes)


async def test_an_order_with_a_bag_is_bought_read_back_and_cancelled() -> None:
    async with office(HandClock()) as at:
        found = await searched(at, "LIS", "LHR")
        offer = await at.flights.offers.get(found.offer_id)
        bag = next(each for each in offer.ancillaries or () if each.kind == "baggage")
        asked = wanted(
            offer,
            total=str(offer.total + bag.price),
            ancillaries=[AncillaryGiven(bag.ancillary_id)],
        )
        bought = await at.book(ACCOUNT, asked, Saying())
        booking_id = str(bought.seen[0].booking.booking_id)
        read = await at.get(ACCOUNT, booking_id)
        gone = await at.cancel(ACCOUNT, booking_id, Saying())
    assert (bought.outcome, read.outcome, gone.outcome) == ("booked", "booked", "cancelled")
    assert read.seen[0].order is not None
    assert [each.kind for each in read.seen[0].order.ancillaries] == ["baggage"]
    assert gone.cancelled is not None


async def test_a_hold_is_paid() -> None:
    async with office(HandClock()) as at:
        held = await at.book(ACCOUNT, wanted(await searched(at, "JFK", "EWR"), hold=True), Saying())
        paid = await at.pay(ACCOUNT, str(held.seen[0].booking.booking_id), Saying())
    assert (held.outcome, paid.outcome) == ("held", "booked")


@pytest.mark.parametrize(
    ("route", "minutes", "later"),
    [
        # Made after half a minute, after twenty minutes, and never.
        (("LTN", "STN"), 1, "booked"),
        (("SEN", "STN"), 30, "booked"),
        (("LCY", "STN"), 600, "unconfirmed"),
    ],
)
async def test_an_order_that_is_only_accepted_is_unconfirmed_until_it_is_seen(
    route: tuple[str, str], minutes: int, later: str
) -> None:
    clock, asker = HandClock(), Saying()
    async with office(clock) as at:
        asked = wanted(await searched(at, *route))
        first = await at.book(ACCOUNT, asked, asker)
        assert first.outcome == "unconfirmed"
        clock.wait(minutes=minutes)
        again = await at.book(ACCOUNT, asked, asker)
    assert (again.outcome, again.again, len(asker.asked)) == (later, True, 1)


@pytest.mark.parametrize(
    ("route", "error"),
    [
        (("LGW", "STN"), PaymentRefusedError),
        (("LGW", "LHR"), OfferUnavailableError),
    ],
)
async def test_what_is_refused_is_said_and_nothing_is_booked(
    route: tuple[str, str], error: type[TripSageError]
) -> None:
    async with office(HandClock()) as at:
        asked = wanted(await searched(at, *route))
        with pytest.raises(error):
            await at.book(ACCOUNT, asked, Saying())
        left = await at.list(ACCOUNT)
    assert {each.booking.status for each in left.seen} <= {"failed"}


async def test_an_order_that_the_airline_could_not_make_has_failed() -> None:
    async with office(HandClock()) as at:
        asked = wanted(await searched(at, "LHR", "LGW"))
        with pytest.raises(TripSageError):
            await at.book(ACCOUNT, asked, Saying())
        left = await at.list(ACCOUNT)
    assert [each.booking.status for each in left.seen] == ["failed"]


async def test_a_price_that_changed_since_the_search_is_said_before_anybody_is_asked() -> None:
    asker = Saying()
    async with office(HandClock()) as at:
        found = await searched(at, "LHR", "STN")
        now = await at.flights.offers.get(found.offer_id)
        assert now.total != found.total
        with pytest.raises(PriceChangedError) as caught:
            await at.book(ACCOUNT, wanted(found), asker)
    assert str(now.total) in caught.value.message
    assert asker.asked == []


async def test_a_refund_in_airline_credits_is_said_before_the_yes() -> None:
    asker = Saying()
    async with office(HandClock()) as at:
        bought = await at.book(ACCOUNT, wanted(await searched(at, "LTN", "SYD")), Saying())
        gone = await at.cancel(ACCOUNT, str(bought.seen[0].booking.booking_id), asker)
    assert "airline credit" in asker.asked[0].shown.text()
    assert gone.outcome == "cancelled"
