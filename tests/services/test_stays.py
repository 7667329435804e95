from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests import fakes_stays
from tests.fakes_places import FAKE, LISBON, FakeGeocoding, at_now, locality
from tests.fakes_stays import CHECK_IN, CHECK_OUT, FakeStays, price, stay
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound
from tripsage_mcp.domain.stay import Area
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderBlockedError,
    ProviderUnavailableError,
)
from tripsage_mcp.services.stay_cursor import StayCursor, fingerprint
from tripsage_mcp.services.stays import ListingQuery, StayQuery, StayService, StaysPage

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 22)


def service(stays: FakeStays | None = None, geocoding: Any = None) -> StayService:
    return StayService(stays or FakeStays(), geocoding or FakeGeocoding(), at_now)


def query(**changes: Any) -> StayQuery:
    arguments: dict[str, Any] = {
        "location": "Lisbon",
        "check_in": CHECK_IN,
        "check_out": CHECK_OUT,
    }
    return StayQuery(**arguments | changes)


def ids(page: StaysPage) -> list[str]:
    return [stay.listing_id for stay in page.stays]


class DeadGeocoding:
    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        raise ProviderUnavailableError("geocoder", "HTTP 503")


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"location": ""}, "location"),
        ({"location": "  \n "}, "location"),
        ({"location": "x" * 201}, "location"),
        ({"check_in": TODAY - timedelta(days=2)}, "check_in"),
        ({"check_in": date.min}, "check_in"),
        ({"check_out": CHECK_IN}, "check_out"),
        ({"check_out": CHECK_IN - timedelta(days=1)}, "check_out"),
        ({"check_out": CHECK_IN + timedelta(days=91)}, "check_out"),
        (
            {
                "check_in": TODAY + timedelta(days=729),
                "check_out": TODAY + timedelta(days=731),
            },
            "check_out",
        ),
        ({"check_in": date.max, "check_out": date.max}, "check_out"),
        ({"adults": 0}, "adults"),
        ({"adults": 17}, "adults"),
        ({"children": -1}, "children"),
        ({"children": 16}, "children"),
        ({"adults": 10, "children": 7}, "children"),
        ({"infants": 6}, "infants"),
        ({"pets": 6}, "pets"),
        ({"min_price": -1}, "min_price"),
        ({"max_price": 0}, "max_price"),
        ({"min_price": 200, "max_price": 100}, "max_price"),
        ({"property_type": "castle"}, "property_type"),
        ({"sort": "best"}, "sort"),
        ({"limit": 0}, "limit"),
        ({"limit": 19}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "A" * 2000}, "cursor"),
    ],
)
async def test_bad_input_names_the_argument_before_anything_is_asked(
    changes: dict[str, Any], argument: str
) -> None:
    stays, geocoding = FakeStays(), FakeGeocoding()
    with pytest.raises(InvalidRequestError) as raised:
        await service(stays, geocoding).search(query(**changes))
    assert raised.value.argument == argument
    assert stays.searches == []
    assert geocoding.asked == []


async def test_a_date_that_is_past_where_the_stay_is_counts_as_past() -> None:
    def late() -> datetime:
        return datetime(2026, 11, 22, 20, tzinfo=UTC)  # already the 23rd in Tokyo

    tokyo = locality("Tokyo", country="Japan", country_code="JP", time_zone="Asia/Tokyo")
    stays = FakeStays()
    tested = StayService(stays, FakeGeocoding([tokyo]), late)
    there = {"location": "Tokyo", "check_out": date(2026, 11, 25)}
    with pytest.raises(InvalidRequestError) as raised:
        await tested.search(query(check_in=TODAY, **there))
    assert raised.value.argument == "check_in"
    assert stays.searches == []
    await tested.search(query(check_in=TODAY + timedelta(days=1), **there))
    assert len(stays.searches) == 1


@pytest.mark.parametrize(
    ("location", "known", "asked"),
    [
        ("Lisbon", [LISBON], "Lisbon, Portugal"),
        ("  lisbon ", [LISBON], "Lisbon, Portugal"),
        ("Lisbon, Ohio", [LISBON], "Lisbon, Ohio"),
        (
            "Portland",
            [locality("Portland", region="Oregon"), locality("Portland", region="Maine")],
            "Portland, Oregon, Portugal",
        ),
        ("Porto", [locality("Porto", region="Porto", country="Porto")], "Porto"),
        ("Lake Nowhere", [LISBON], "Lake Nowhere"),
    ],
)
async def test_a_name_alone_is_resolved_before_the_provider_is_asked(
    location: str, known: list[Any], asked: str
) -> None:
    stays = FakeStays()
    page = await service(stays, FakeGeocoding(known)).search(query(location=location))
    assert stays.searches[0].location == asked
    assert page.search.location == asked


async def test_what_the_location_was_taken_for_is_told() -> None:
    stays = FakeStays()
    page = await service(stays).search(query())
    assert page.where is not None
    assert page.where.locality == LISBON
    assert stays.searches[0].coordinates == LISBON.coordinates
    assert stays.searches[0].country_code == "PT"
    assert page.area == fakes_stays.LISBON_AREA
    assert not page.elsewhere


async def test_a_geocoder_that_fails_does_not_take_the_stays_with_it() -> None:
    page = await service(geocoding=DeadGeocoding()).search(query())
    assert page.where is None
    assert page.search.location == "Lisbon"
    assert page.stays


@pytest.mark.parametrize(
    ("area", "at", "elsewhere"),
    [
        (Area(40.0, -83.0, 41.0, -82.0), None, True),
        (None, Coordinates(40.77, -80.77), True),
        (None, Coordinates(38.7, -9.1), False),
        (None, None, False),
        (Area(38.0, 170.0, 39.0, -9.0), None, False),  # across the date line
    ],
)
async def test_listings_in_another_place_of_that_name_are_noticed(
    area: Area | None, at: Coordinates | None, *, elsewhere: bool
) -> None:
    stays = FakeStays([stay(n, coordinates=at) for n in range(3)], area=area)
    assert (await service(stays).search(query())).elsewhere is elsewhere


@pytest.mark.parametrize("limit", [1, 7, 10, 18])
@pytest.mark.parametrize("sort", ["relevance", "price", "rating"])
async def test_the_pages_hold_every_listing_once(limit: int, sort: str) -> None:
    stays = FakeStays()
    seen: list[str] = []
    cursor = None
    for _ in range(41):
        page = await service(stays).search(query(limit=limit, sort=sort, cursor=cursor))
        assert 1 <= len(page.stays) <= limit
        seen += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert cursor is None
    assert sorted(seen) == sorted(s.listing_id for s in stays.known)


@pytest.mark.parametrize(
    "changes",
    [{"location": "Porto"}, {"adults": 3}, {"sort": "price"}, {"check_out": date(2027, 3, 6)}],
)
async def test_a_cursor_of_another_search_is_refused(changes: dict[str, Any]) -> None:
    cursor = (await service().search(query())).next_cursor
    stays = FakeStays()
    with pytest.raises(InvalidRequestError, match="another search") as raised:
        await service(stays).search(query(cursor=cursor, **changes))
    assert raised.value.argument == "cursor"
    assert stays.searches == []


async def test_a_cursor_with_one_character_changed_is_refused() -> None:
    cursor = (await service().search(query())).next_cursor
    assert cursor is not None
    for at in range(len(cursor)):
        altered = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        with pytest.raises(InvalidRequestError):
            await service().search(query(cursor=altered))


@pytest.mark.parametrize("offset", [-1, 101])
def test_a_cursor_made_up_with_a_wild_offset_is_refused(offset: int) -> None:
    with pytest.raises(InvalidRequestError):
        StayCursor.decode(StayCursor(1, "p", offset).encode(), search=1)


def test_fingerprints_tell_searches_apart() -> None:
    assert fingerprint(fakes_stays.search()) == fingerprint(fakes_stays.search())
    assert fingerprint(fakes_stays.search()) != fingerprint(fakes_stays.search(pets=1))


async def test_the_cheapest_come_first_and_unknown_prices_last() -> None:
    known = [
        stay(0, price=None),
        stay(1, price=price(500)),
        stay(2, price=price(nightly=100)),  # 400 for four nights
        stay(3, price=price(90, currency="EUR")),
        stay(4, price=price(300)),
        stay(5, price=price()),
    ]
    page = await service(FakeStays(known)).search(query(sort="price"))
    assert ids(page) == [known[n].listing_id for n in (4, 2, 1, 3, 0, 5)]
    assert page.currency == "USD"


async def test_the_best_rated_come_first_and_unrated_ones_last() -> None:
    known = [
        stay(0, rating=None, reviews=None),
        stay(1, rating=4.9, reviews=10),
        stay(2, rating=4.9, reviews=200),
        stay(3, rating=5.0, reviews=3),
    ]
    page = await service(FakeStays(known)).search(query(sort="rating"))
    assert ids(page) == [known[n].listing_id for n in (3, 2, 1, 0)]


async def test_nothing_found_is_an_empty_page() -> None:
    page = await service(FakeStays([])).search(query())
    assert (page.stays, page.next_cursor, page.link, page.currency) == ((), None, None, None)
    assert page.provenance == FAKE


async def test_a_failing_provider_is_never_an_empty_page() -> None:
    stays = FakeStays(fails=ProviderBlockedError("airbnb", "HTTP 403"))
    with pytest.raises(ProviderBlockedError):
        await service(stays).search(query())


async def test_a_listing_is_asked_for_with_its_dates_or_without() -> None:
    stays = FakeStays()
    known = stays.known[0].listing_id
    await service(stays).get(ListingQuery(known))
    await service(stays).get(ListingQuery(known, CHECK_IN, CHECK_OUT, 3))
    assert stays.fetched[0] == (known, None)
    dated = stays.fetched[1][1]
    assert dated is not None
    assert (dated.check_in, dated.check_out, dated.adults) == (CHECK_IN, CHECK_OUT, 3)


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        (ListingQuery(""), "listing_id"),
        (ListingQuery("../../evil"), "listing_id"),
        (ListingQuery("1" * 21), "listing_id"),
        (ListingQuery("12\n"), "listing_id"),
        (ListingQuery("1", check_in=CHECK_IN), "check_out"),
        (ListingQuery("1", check_out=CHECK_OUT), "check_in"),
        (ListingQuery("1", CHECK_OUT, CHECK_IN), "check_out"),
        (ListingQuery("1", date(2020, 1, 1), CHECK_IN), "check_in"),
        (ListingQuery("1", adults=0), "adults"),
    ],
)
async def test_a_bad_listing_request_names_the_argument(asked: ListingQuery, argument: str) -> None:
    stays = FakeStays()
    with pytest.raises(InvalidRequestError) as raised:
        await service(stays).get(asked)
    assert raised.value.argument == argument
    assert stays.fetched == []


async def test_an_unknown_listing_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        await service().get(ListingQuery("1"))
