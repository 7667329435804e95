"""Searching both sources at once, page by page, and looking at one stay."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import fakes_stays
from tests.build_stays import query, sources, stay_service
from tests.fakes_hotels import FakeHotels, hotel, hotel_price
from tests.fakes_places import LISBON, NOW, FakeGeocoding, locality
from tests.fakes_stays import FakeStays, price, stay
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound, Surroundings
from tripsage_mcp.domain.stay import Area
from tripsage_mcp.errors import (
    InvalidRequestError,
    ProviderUnavailableError,
)
from tripsage_mcp.services.stays.pages import StaysPage
from tripsage_mcp.services.stays.service import StayService

pytestmark = pytest.mark.anyio

TODAY = NOW.date()


def ids(page: StaysPage) -> list[str]:
    return [stay.stay_id for lodging in page.lodgings for stay in lodging.listings]


def apart(number: int) -> Coordinates:
    """Return a place of its own: no two are close enough to be one."""
    return Coordinates(38.7 + number / 100, -9.1)


class DeadGeocoding:
    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        raise ProviderUnavailableError("geocoder", "HTTP 503")

    async def reverse(self, at: Coordinates) -> Surroundings:
        raise ProviderUnavailableError("geocoder", "HTTP 503")


async def every_page(service: StayService, *, pages: int = 60, **arguments: Any) -> list[StaysPage]:
    """Follow the cursor to its end."""
    found = [await service.search(query(**arguments))]
    while found[-1].next_cursor is not None:
        assert len(found) < pages
        found.append(await service.search(query(cursor=found[-1].next_cursor, **arguments)))
    return found


async def test_both_sources_are_asked_at_once_and_take_turns() -> None:
    homes = FakeStays([stay(n, bedrooms=2) for n in range(3)])
    hotels = FakeHotels([hotel(0), hotel(1)])
    page = await stay_service(homes, hotels).search(query(children_ages=(4,), rooms=2))
    asked_in_turn = [stay_id.partition(":")[0] for stay_id in ids(page)]
    assert asked_in_turn == ["airbnb", "duffel", "airbnb", "duffel", "airbnb"]
    assert [search.location for search in homes.searches] == ["Lisbon, Portugal"]
    (asked,) = hotels.searches
    assert (asked.coordinates, asked.radius_km, asked.rooms) == (LISBON.coordinates, 10, 2)
    assert asked.minor_ages == (4,)


async def test_one_hotel_in_both_sources_is_shown_once_the_cheaper_listing_first() -> None:
    homes = FakeStays([stay(1, name="Hotel Astoria", price=price(600))])
    hotels = FakeHotels([hotel(1, name="Astoria", price=hotel_price(400)), hotel(2)])
    page = await stay_service(homes, hotels).search(query())
    assert len(page.lodgings) == 2
    # 600 USD are 480 EUR.
    assert [s.source for s in page.lodgings[0].listings] == ["duffel", "airbnb"]


async def test_nothing_found_anywhere_is_no_error() -> None:
    page = await stay_service(FakeStays([]), FakeHotels([])).search(query())
    assert (page.lodgings, page.next_cursor, page.asked.failures) == ((), None, ())


@pytest.mark.parametrize(
    ("data", "named", "asked"),
    [
        (("live", "live"), (), {"airbnb", "duffel"}),
        (("sandbox", "sandbox"), (), {"airbnb", "duffel"}),
        # Invented stays never stand beside real ones, unless both were asked for.
        (("sandbox", "live"), (), {"duffel"}),
        (("sandbox", "live"), ("airbnb", "duffel"), {"airbnb", "duffel"}),
        (("live", None), (), {"airbnb"}),
        (("live", None), ("duffel",), {"duffel"}),
        # Where nothing is configured each says what to set.
        ((None, None), (), {"airbnb", "duffel"}),
    ],
)
async def test_who_is_asked(data: Any, named: tuple[str, ...], asked: set[str]) -> None:
    homes, hotels = FakeStays(), FakeHotels()
    service = stay_service(homes, hotels, sources=sources(homes, hotels, data))
    page = await service.search(query(sources=named))
    assert set(page.asked.pages) == asked
    assert bool(homes.searches) is ("airbnb" in asked)


async def test_a_date_that_is_past_where_the_stay_is_counts_as_past() -> None:
    def late() -> datetime:
        return datetime(2026, 11, 22, 20, tzinfo=UTC)  # already the 23rd in Tokyo

    tokyo = locality("Tokyo", country="Japan", country_code="JP", time_zone="Asia/Tokyo")
    homes = FakeStays()
    tested = stay_service(homes, geocoding=FakeGeocoding([tokyo]), now=late)
    there = {"location": "Tokyo", "check_out": date(2026, 11, 25)}
    with pytest.raises(InvalidRequestError) as raised:
        await tested.search(query(check_in=TODAY, **there))
    assert raised.value.argument == "check_in"
    assert homes.searches == []
    await tested.search(query(check_in=TODAY + timedelta(days=1), **there))
    assert len(homes.searches) == 1


@pytest.mark.parametrize(
    ("location", "known", "asked"),
    [
        ("Lisbon", [LISBON], "Lisbon, Portugal"),
        ("  lisbon ", [LISBON], "Lisbon, Portugal"),
        ("Lisbon, Ohio", [LISBON], "Lisbon, Ohio"),
        ("Lisbon, PT", [LISBON], "Lisbon, PT"),
        ("Porto", [locality("Porto", region="Porto", country="Porto")], "Porto"),
        ("Lake Nowhere", [LISBON], "Lake Nowhere"),
        ("38.7167,-9.1333", [LISBON], "Lisbon, Portugal"),
        ("0,0", [LISBON], ""),
    ],
)
async def test_a_place_is_resolved_before_a_source_is_asked(
    location: str, known: list[Any], asked: str
) -> None:
    homes = FakeStays()
    page = await stay_service(homes, geocoding=FakeGeocoding(known)).search(
        query(location=location)
    )
    assert homes.searches[0].location == asked
    assert page.search.location == asked


async def test_what_the_location_was_taken_for_is_told() -> None:
    homes = FakeStays()
    page = await stay_service(homes).search(query())
    assert page.where is not None
    assert page.where.locality == LISBON
    assert homes.searches[0].country_code == "PT"
    assert (page.area, page.elsewhere) == (fakes_stays.LISBON_AREA, False)
    assert page.confidence == "high"


@pytest.mark.parametrize(
    ("people", "confidence"), [((517_802, 2_700), "high"), ((517_802, None), "medium")]
)
async def test_a_namesake_of_unknown_size_makes_a_place_less_sure(
    people: tuple[int, int | None], confidence: str
) -> None:
    ohio = {
        "country": "United States",
        "country_code": "US",
        "coordinates": Coordinates(40.8, -80.8),
    }
    known = [
        locality("Lisbon", population=people[0]),
        locality("Lisbon", region="Ohio", population=people[1], **ohio),
    ]
    page = await stay_service(geocoding=FakeGeocoding(known)).search(query())
    assert page.confidence == confidence


async def test_a_geocoder_that_fails_does_not_take_the_stays_with_it() -> None:
    page = await stay_service(geocoding=DeadGeocoding()).search(query())
    assert page.where is None
    assert page.search.location == "Lisbon"
    assert page.lodgings
    assert page.confidence == "low"
    point = await stay_service(None, FakeHotels(), geocoding=DeadGeocoding()).search(
        query(location="38.71,-9.14")
    )
    assert point.where is not None
    assert (point.where.locality, len(point.lodgings)) == (None, 10)


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
    homes = FakeStays([stay(n, coordinates=at) for n in range(3)], area=area)
    page = await stay_service(homes).search(query())
    assert page.elsewhere is elsewhere
    # Without a box the source had the words alone.
    by_words = "medium" if area is None else "high"
    assert page.confidence == ("low" if elsewhere else by_words)


async def test_a_budget_is_held_in_any_currency() -> None:
    homes = FakeStays([stay(n, price=price(1100 + n * 10)) for n in range(8)])
    hotels = FakeHotels([hotel(n, price=hotel_price(880 + n * 10, due=10)) for n in range(8)])
    page = await stay_service(homes, hotels).search(query(budget="900 EUR"))
    # 1 125 USD are 900 EUR; a hotel's price holds what is paid at its door.
    totals = {s.price.total for lodging in page.lodgings for s in lodging.listings if s.price}
    assert {str(total) for total in totals} == {
        *(f"{1100 + n * 10}.00 USD" for n in range(3)),
        *(f"{880 + n * 10}.00 EUR" for n in range(2)),
    }
    assert [(left.wish, left.stays, left.unknown) for left in page.left_out] == [("budget", 11, 0)]
    assert page.asked.costs.currency == "EUR"
    about = page.about(page.lodgings[0].shown)
    assert (str(about), page.about(page.lodgings[1].shown)) == ("880.00 EUR", None)


async def test_prices_of_several_currencies_are_put_in_one_order() -> None:
    homes = FakeStays([stay(1, price=price(500)), stay(2, price=price(90, currency="CHF"))])
    hotels = FakeHotels([hotel(1, price=hotel_price(390)), hotel(2, price=hotel_price(410))])
    page = await stay_service(homes, hotels).search(query(sort="price"))
    # 500 USD are 400 EUR; nobody here knows what a franc is worth.
    shown = [lodging.shown.price for lodging in page.lodgings]
    assert [str(one.total) for one in shown if one] == [
        "390.00 EUR", "500.00 USD", "410.00 EUR", "90.00 CHF",
    ]  # fmt: skip


async def test_the_best_rated_come_first_and_the_unrated_last() -> None:
    rated = [stay(1, rating=None, reviews=None), stay(2, rating=4.5), stay(3, rating=4.9)]
    page = await stay_service(FakeStays(rated), FakeHotels([hotel(4)])).search(query(sort="rating"))
    assert [lodging.shown.rating for lodging in page.lodgings] == [4.9, 4.5, 4.4, None]


async def test_the_nearest_to_the_middle_come_first() -> None:
    spread = [
        stay(1, coordinates=apart(9)),
        stay(2, coordinates=None),
        stay(3, coordinates=apart(2)),
    ]
    page = await stay_service(FakeStays(spread)).search(query(sort="distance"))
    assert [lodging.shown.listing_id[-1] for lodging in page.lodgings] == ["3", "1", "2"]


@pytest.mark.parametrize("limit", [1, 7, 18])
@pytest.mark.parametrize("sort", ["relevance", "price", "rating", "distance"])
async def test_the_pages_hold_every_stay_once(limit: int, sort: str) -> None:
    homes = FakeStays([stay(n, coordinates=apart(n)) for n in range(40)])
    hotels = FakeHotels([hotel(n, coordinates=apart(n)) for n in range(25)])
    pages = await every_page(stay_service(homes, hotels), pages=80, limit=limit, sort=sort)
    assert all(1 <= len(page.lodgings) <= limit for page in pages)
    seen = Counter(stay_id for page in pages for stay_id in ids(page))
    assert seen == Counter(s.stay_id for s in [*homes.known, *hotels.known])
    # Each round was read once, however many pages it was cut into.
    assert len(homes.searches) == 3
    assert len(hotels.searches) == 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.integers(0, 60),
    st.integers(0, 40),
    st.integers(0, 6),
    st.lists(st.integers(1, 18), min_size=1, max_size=4),
    st.sampled_from(["relevance", "price", "rating"]),
    st.none() | st.integers(320, 420),
)
async def test_whatever_was_found_is_on_exactly_one_page(
    homes_found: int, hotels_found: int, twins: int, limits: list[int], sort: str, most: int | None
) -> None:
    homes = FakeStays(
        [stay(n, name=f"Palace {n}", coordinates=apart(n)) for n in range(homes_found)]
    )
    named = [f"Palace {n}" if n < twins else f"Grand {n}" for n in range(hotels_found)]
    hotels = FakeHotels(
        [
            hotel(n, name=name, coordinates=apart(n), price=hotel_price(320 + n, currency="USD"))
            for n, name in enumerate(named)
        ]
    )
    service = stay_service(homes, hotels)
    budget = None if most is None else f"{most} USD"
    seen, cursor = Counter[str](), None
    for turn in range(200):
        asked = query(limit=limits[turn % len(limits)], sort=sort, budget=budget, cursor=cursor)
        page = await service.search(asked)
        seen.update(ids(page))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert cursor is None
    fits = [
        s.stay_id
        for s in [*homes.known, *hotels.known]
        if most is None or (s.price and s.price.total and s.price.total.amount <= Decimal(most))
    ]
    assert seen == Counter(fits)


async def test_pages_agree_although_the_sources_change_meanwhile() -> None:
    homes = FakeStays([stay(n) for n in range(18)])
    service = stay_service(homes)
    first = await service.search(query(limit=9))
    homes.known = [stay(n) for n in range(100, 118)]
    second = await service.search(query(limit=9, cursor=first.next_cursor))
    assert [*ids(first), *ids(second)] == [
        f"airbnb:{900_000_000_000_000_000 + n}" for n in range(18)
    ]


async def test_a_round_that_was_forgotten_is_asked_for_again() -> None:
    homes = FakeStays([stay(n) for n in range(18)])
    cursor = (await stay_service(homes).search(query(limit=9))).next_cursor
    # Another server, which shares nothing with the first.
    second = await stay_service(homes).search(query(limit=9, cursor=cursor))
    assert len(homes.searches) == 2
    assert ids(second) == [s.stay_id for s in homes.known[9:]]


async def test_prices_are_not_kept_beyond_their_time() -> None:
    hotels = FakeHotels([hotel(n, expires_at=NOW - timedelta(seconds=1)) for n in range(12)])
    service = stay_service(None, hotels)
    first = await service.search(query(limit=6))
    await service.search(query(limit=6, cursor=first.next_cursor))
    assert len(hotels.searches) == 2


async def test_few_left_by_the_wishes_make_it_read_on() -> None:
    # Only the last page of the source has anything for them.
    homes = FakeStays([stay(n, rating=4.9 if n >= 50 else 4.0) for n in range(60)])
    page = await stay_service(homes).search(query(min_rating=4.8))
    assert len(homes.searches) == 3
    assert len(page.lodgings) == 4
    assert page.next_cursor is not None
    (left,) = page.left_out
    assert (left.wish, left.stays) == ("min_rating", 50)


async def test_a_budget_in_a_currency_nobody_can_convert_is_refused() -> None:
    service = stay_service(FakeStays(), FakeHotels())
    with pytest.raises(InvalidRequestError, match="a rate is known for") as raised:
        await service.search(query(budget="900 XYZ"))
    assert raised.value.argument == "budget"
    assert raised.value.example == '"900 EUR"'
    # Of francs nobody knows the worth either, but some of these prices are in them.
    homes = FakeStays([stay(1), stay(2, price=price(90, currency="CHF"))])
    page = await stay_service(homes).search(query(budget="900 CHF"))
    assert [(left.wish, left.stays, left.unknown) for left in page.left_out] == [("budget", 1, 1)]


async def test_a_lowest_rating_of_nothing_is_no_wish() -> None:
    page = await stay_service(FakeStays([stay(1, rating=None)])).search(query(min_rating=0))
    assert len(page.lodgings) == 1


async def test_the_order_by_rating_is_that_of_the_ratings_shown() -> None:
    homes = FakeStays([stay(1, name="Astoria", rating=5.0, price=price(900)), stay(2, rating=4.9)])
    hotels = FakeHotels([hotel(1, name="Astoria", rating=4.0)])
    page = await stay_service(homes, hotels).search(query(sort="rating"))
    assert [lodging.shown.rating for lodging in page.lodgings] == [4.9, 4.0]


async def test_the_town_in_a_name_does_not_keep_twins_apart() -> None:
    homes = FakeStays([stay(1, name="The Lantern House, Lisbon")])
    page = await stay_service(homes, FakeHotels([hotel(1, name="Lantern House")])).search(query())
    assert [len(lodging.listings) for lodging in page.lodgings] == [2]


async def test_a_cursor_of_another_search_is_refused() -> None:
    cursor = (await stay_service().search(query())).next_cursor
    homes = FakeStays()
    for changes in ({"location": "Porto"}, {"adults": 3}, {"sort": "price"}, {"pets": 1}):
        with pytest.raises(InvalidRequestError, match="another search") as raised:
            await stay_service(homes).search(query(cursor=cursor, **changes))
        assert raised.value.argument == "cursor"
    both = stay_service(FakeStays(), FakeHotels())
    cursor = (await both.search(query())).next_cursor
    with pytest.raises(InvalidRequestError, match="not there any more"):
        await stay_service(homes).search(query(cursor=cursor))
    assert homes.searches == []
