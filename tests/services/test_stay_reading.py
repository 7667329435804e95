"""Looking at one stay, or asking for one of its rates again."""

from datetime import date

import pytest

from tests.build_stays import stay_service
from tests.fakes_hotels import FakeHotels
from tests.fakes_stays import CHECK_IN, CHECK_OUT, FakeStays
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.services.stays.service import ListingQuery

pytestmark = pytest.mark.anyio


async def test_one_stay_is_read_from_its_own_source() -> None:
    homes, hotels = FakeStays(), FakeHotels()
    service = stay_service(homes, hotels)
    home, inn = homes.known[0], hotels.known[0]
    assert (await service.get(ListingQuery(home.stay_id))).details is not None
    read = await service.get(ListingQuery(home.stay_id, None, CHECK_IN, CHECK_OUT, 3))
    assert read.stay_id == home.stay_id
    assert homes.fetched[0] == (home.listing_id, None)
    dated = homes.fetched[1][1]
    assert dated is not None
    assert (dated.check_in, dated.check_out, dated.adults) == (CHECK_IN, CHECK_OUT, 3)
    hotel_read = await service.get(ListingQuery(inn.stay_id))
    assert hotel_read.details is not None
    rate = hotel_read.details.rooms[0].rates[0]
    quoted = await service.get(ListingQuery(inn.stay_id, rate.rate_id))
    assert quoted.details is None
    assert quoted.quote is not None
    assert quoted.quote.total == rate.total


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        (ListingQuery(""), "stay_id"),
        (ListingQuery("53842931"), "stay_id"),
        (ListingQuery("airbnb:"), "stay_id"),
        (ListingQuery("airbnb:../../evil"), "stay_id"),
        (ListingQuery("booking:1"), "stay_id"),
        (ListingQuery("airbnb:" + "1" * 65), "stay_id"),
        (ListingQuery("airbnb:12\n"), "stay_id"),
        (ListingQuery("airbnb:1", check_in=CHECK_IN), "check_out"),
        (ListingQuery("airbnb:1", check_out=CHECK_OUT), "check_in"),
        (ListingQuery("airbnb:1", None, CHECK_OUT, CHECK_IN), "check_out"),
        (ListingQuery("airbnb:1", None, date(2020, 1, 1), CHECK_IN), "check_in"),
        (ListingQuery("airbnb:1", adults=0), "adults"),
        (ListingQuery("airbnb:1", "rat_1"), "rate_id"),
        (ListingQuery("duffel:srr_1", "../quotes"), "rate_id"),
    ],
)
async def test_a_bad_request_for_one_stay_names_the_argument(
    asked: ListingQuery, argument: str
) -> None:
    homes, hotels = FakeStays(), FakeHotels()
    with pytest.raises(InvalidRequestError) as raised:
        await stay_service(homes, hotels).get(asked)
    assert raised.value.argument == argument
    assert (homes.fetched, hotels.quoted) == ([], [])


async def test_an_unknown_stay_or_rate_is_not_found() -> None:
    service = stay_service(FakeStays(), FakeHotels())
    for asked in (ListingQuery("airbnb:1"), ListingQuery("duffel:srr_x", "rat_x")):
        with pytest.raises(NotFoundError):
            await service.get(asked)
