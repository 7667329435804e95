from datetime import timedelta

import pytest

from tests.build_flights import EXPIRY, NOW, found, offer
from tests.build_seats import cabin, row, seat_map
from tests.fakes import FakeFlights
from tests.fakes_seats import NoSeats
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    OfferUnavailableError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.services.flights.offers import FlightOfferService

pytestmark = pytest.mark.anyio

OFFER = offer()
MAP = seat_map(cabin(row(1, "AB CD", "9")))


def service(fake: FakeFlights) -> FlightOfferService:
    return FlightOfferService(fake, lambda: NOW)


async def test_seats_are_looked_up_only_when_asked_for() -> None:
    fake = FakeFlights(found(OFFER), maps={OFFER.offer_id: (MAP,)})
    plain = await service(fake).get(OFFER.offer_id)
    assert (plain.offer, plain.seats) == (OFFER, None)
    full = await service(fake).get(OFFER.offer_id, seats=True)
    assert full.offer == OFFER
    assert full.seats is not None
    assert (full.seats.maps, full.seats.failure) == ((MAP,), None)


async def test_no_seat_map_is_an_answer() -> None:
    full = await service(FakeFlights(found(OFFER))).get(OFFER.offer_id, seats=True)
    assert full.seats is not None
    assert (full.seats.maps, full.seats.failure) == ((), None)


@pytest.mark.parametrize(
    "failure",
    [ProviderUnavailableError("duffel", "HTTP 503"), OfferUnavailableError("not sold any more")],
)
async def test_seats_that_fail_leave_the_offer(failure: TripSageError) -> None:
    full = await service(NoSeats(found(OFFER), failure=failure)).get(OFFER.offer_id, seats=True)
    assert full.offer == OFFER
    assert full.seats is not None
    assert (full.seats.maps, full.seats.failure) == ((), failure.code)


@pytest.mark.parametrize("seats", [False, True])
async def test_an_offer_that_is_gone_says_so_whatever_its_seats_do(seats: bool) -> None:  # noqa: FBT001
    with pytest.raises(NotFoundError):
        await service(NoSeats(found())).get(OFFER.offer_id, seats=seats)


async def test_an_offer_is_shown_until_it_expires() -> None:
    fake = FakeFlights(found(OFFER))
    just_in_time = FlightOfferService(fake, lambda: EXPIRY - timedelta(seconds=1))
    assert (await just_in_time.get(OFFER.offer_id)).offer == OFFER
    with pytest.raises(OfferExpiredError, match="expired"):
        await FlightOfferService(fake, lambda: EXPIRY).get(OFFER.offer_id)


@pytest.mark.parametrize("offer_id", ["", "off_1", "off_" + "x" * 23, "off_" + "ä" * 22, "../off"])
async def test_a_malformed_id_is_refused_before_anybody_is_asked(offer_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="from search_flights") as refused:
        await service(FakeFlights(found(OFFER))).get(offer_id, seats=True)
    assert refused.value.argument == "offer_id"
