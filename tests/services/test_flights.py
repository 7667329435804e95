import base64
import json
import zlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build_flights import EXPIRY, NOW, flown, found, offer, segment
from tests.fakes import FakeFlights
from tripsage_mcp.domain.fares import FlightSort
from tripsage_mcp.domain.flight import Baggage, Offer
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, OfferExpiredError
from tripsage_mcp.infrastructure import airports
from tripsage_mcp.services.flight_cursor import Cursor
from tripsage_mcp.services.flight_requests import FlightSearch, check
from tripsage_mcp.services.flights import FlightPage, FlightService

pytestmark = pytest.mark.anyio

SEARCH = FlightSearch("LIS", "LHR", date(2027, 5, 10))


def service(fake: FakeFlights, now: datetime = NOW) -> FlightService:
    return FlightService(fake, lambda: now)


def many(count: int) -> list[Offer]:
    """Offers on different flights, dearer and dearer."""
    return [
        offer(n, flown(segment(flight=f"TP{n + 1}")), price=f"{100 + n}.00") for n in range(count)
    ]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"origin": "ZZZ"}, "origin"),
    ({"origin": ""}, "origin"),
    ({"origin": "San Jose"}, "origin"),
    ({"destination": "Atlantis"}, "destination"),
    ({"destination": "LIS"}, "destination"),
    ({"destination": "lisbon"}, "destination"),
    ({"origin": "LHR", "destination": "LON"}, "destination"),
    ({"origin": "London", "destination": "LGW"}, "destination"),
    ({"departure_date": date(2027, 2, 28)}, "departure_date"),
    ({"departure_date": date(2028, 1, 26)}, "departure_date"),
    ({"return_date": date(2027, 5, 9)}, "return_date"),
    ({"return_date": date(2028, 1, 26)}, "return_date"),
    ({"adults": 0}, "adults"),
    ({"adults": -1}, "adults"),
    ({"adults": 10}, "adults"),
    ({"adults": 8, "children_ages": (5, 6)}, "adults"),
    ({"children_ages": (18,)}, "children_ages"),
    ({"children_ages": (-1,)}, "children_ages"),
    ({"children_ages": (0, 1)}, "children_ages"),
    ({"cabin": "steerage"}, "cabin"),
    ({"cabin": ""}, "cabin"),
    ({"max_connections": 3}, "max_connections"),
    ({"max_connections": -1}, "max_connections"),
    ({"sort": "cheapest"}, "sort"),
    ({"limit": 0}, "limit"),
    ({"limit": 26}, "limit"),
    ({"detail": "everything"}, "detail"),
    ({"cursor": ""}, "cursor"),
    ({"cursor": "not a cursor"}, "cursor"),
]


@pytest.mark.parametrize(("wrong", "argument"), BAD)
async def test_a_wrong_argument_is_named_before_anybody_is_asked(
    wrong: dict[str, Any], argument: str
) -> None:
    fake = FakeFlights(found(offer()))
    with pytest.raises(InvalidRequestError) as caught:
        await service(fake).search(replace(SEARCH, **wrong))
    assert caught.value.argument == argument
    assert caught.value.rule
    assert argument == "cursor" or caught.value.example
    assert fake.requests == []


def test_every_example_in_an_error_is_itself_accepted() -> None:
    for wrong, argument in BAD:
        if argument in {"cursor", "adults", "children_ages"}:
            continue
        with pytest.raises(InvalidRequestError) as caught:
            check(replace(SEARCH, **wrong), NOW)
        assert caught.value.example is not None
        value = json.loads(caught.value.example)
        good: Any = date.fromisoformat(value) if argument.endswith("_date") else value
        check(replace(SEARCH, **{"origin": "OPO", **wrong, argument: good}), NOW)


async def test_an_error_never_repeats_what_was_typed() -> None:
    for argument in ("origin", "destination", "cabin", "sort", "detail", "cursor"):
        with pytest.raises(InvalidRequestError) as caught:
            await service(FakeFlights()).search(replace(SEARCH, **{argument: "xyzzyplugh"}))
        assert "xyzzyplugh" not in f"{caught.value.message} {caught.value.hint}"


async def test_an_ambiguous_city_lists_at_most_five_codes_to_choose_from() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await service(FakeFlights()).search(replace(SEARCH, origin="San Jose"))
    assert "SJC (" in caught.value.rule
    assert "SJO (" in caught.value.rule
    assert caught.value.rule.count(";") == 4


async def test_today_is_today_at_the_origin() -> None:
    # In Tokyo it is already 2 March.
    late = datetime.fromisoformat("2027-03-01T22:00:00+00:00")
    tokyo = FlightSearch("NRT", "LHR", date(2027, 3, 1))
    with pytest.raises(InvalidRequestError, match="2027-03-02"):
        await service(FakeFlights(), late).search(tokyo)
    fake = FakeFlights()
    await service(fake, late).search(replace(tokyo, departure_date=date(2027, 3, 2)))
    await service(fake, late).search(FlightSearch("SFO", "LHR", date(2027, 3, 1)))
    assert len(fake.requests) == 2


async def test_the_last_day_on_sale_and_the_fullest_party_are_accepted() -> None:
    fake = FakeFlights()
    await service(fake).search(
        replace(
            SEARCH,
            departure_date=date(2028, 1, 25),
            return_date=date(2028, 1, 25),
            adults=4,
            children_ages=(0, 1, 1, 1, 17),
        )
    )
    assert len(fake.requests) == 1


async def test_names_are_resolved_and_the_resolution_is_told() -> None:
    fake = FakeFlights()
    search = FlightSearch(
        "lisbon",
        "lhr",
        date(2027, 5, 10),
        date(2027, 5, 17),
        adults=2,
        children_ages=(4,),
        cabin="Premium Economy",
        max_connections=0,
    )
    page = await service(fake).search(search)
    assert fake.requests == [
        OfferRequest(
            slices=(
                SliceRequest("LIS", "LHR", date(2027, 5, 10)),
                SliceRequest("LHR", "LIS", date(2027, 5, 17)),
            ),
            adults=2,
            children_ages=(4,),
            cabin="premium_economy",
            max_connections=0,
        )
    ]
    assert page.resolved == {"origin": airports.find("LIS")}


async def test_expired_offers_are_left_out_and_nothing_found_is_no_error() -> None:
    fake = FakeFlights(found(offer(1, expires_at=NOW), offer(2, expires_at=EXPIRY)))
    page = await service(fake).search(SEARCH)
    assert [fare.offer_id for i in page.itineraries for fare in i.fares] == [offer(2).offer_id]
    empty = await service(FakeFlights()).search(SEARCH)
    assert (empty.itineraries, empty.total, empty.next_cursor) == ((), 0, None)
    assert empty.provenance.expires_at is None


async def test_a_page_dies_with_its_first_fare() -> None:
    soon = NOW + timedelta(minutes=3)
    first, second = many(2)
    fake = FakeFlights(found(replace(first, expires_at=soon), second))
    page = await service(fake).search(SEARCH)
    assert page.provenance.expires_at == soon


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 30), st.integers(1, 25), st.sampled_from(["best", "price", "departure"]))
async def test_paging_shows_every_itinerary_exactly_once_in_order(
    count: int, limit: int, sort: FlightSort
) -> None:
    flights = service(FakeFlights(found(*many(count))))
    search = replace(SEARCH, limit=limit, sort=sort)
    pages = [await flights.search(search)]
    while pages[-1].next_cursor is not None:
        pages.append(await flights.search(replace(search, cursor=pages[-1].next_cursor)))
    shown = [i.fares[0].offer_id for page in pages for i in page.itineraries]
    assert shown == [each.offer_id for each in many(count)]
    assert all(page.total == count for page in pages)
    assert [page.first for page in pages] == [1 + n * limit for n in range(len(pages))]


async def test_a_cursor_keeps_the_order_it_was_made_in() -> None:
    flights = service(FakeFlights(found(*many(3))))
    first = await flights.search(replace(SEARCH, limit=1, sort="price"))
    second = await flights.search(replace(SEARCH, limit=1, sort="best", cursor=first.next_cursor))
    assert second.sort == "price"


async def test_an_offer_that_dies_between_two_pages_shifts_nothing() -> None:
    soon = NOW + timedelta(minutes=1)
    offers = many(6)
    offers[0] = replace(offers[0], expires_at=soon)
    offers[3] = replace(offers[3], expires_at=soon)
    fake = FakeFlights(found(*offers))
    first = await service(fake).search(replace(SEARCH, limit=2))
    later = service(fake, NOW + timedelta(minutes=5))
    second = await later.search(replace(SEARCH, limit=2, cursor=first.next_cursor))
    third = await later.search(replace(SEARCH, limit=2, cursor=second.next_cursor))
    shown = [i.fares[0].offer_id for page in (first, second, third) for i in page.itineraries]
    assert shown == [each.offer_id for each in offers if each is not offers[3]]


async def test_a_cursor_whose_offers_are_all_dead_says_so() -> None:
    fake = FakeFlights(found(*many(3)))
    first = await service(fake).search(replace(SEARCH, limit=1))
    with pytest.raises(OfferExpiredError):
        await service(fake, EXPIRY).search(replace(SEARCH, limit=1, cursor=first.next_cursor))


async def test_a_cursor_of_another_search_is_refused() -> None:
    flights = service(FakeFlights(found(*many(3))))
    first = await flights.search(replace(SEARCH, limit=1))
    for other in (
        {"destination": "LGW"},
        {"departure_date": date(2027, 5, 11)},
        {"return_date": date(2027, 5, 20)},
        {"adults": 2},
    ):
        with pytest.raises(InvalidRequestError, match="another search") as caught:
            await flights.search(replace(SEARCH, cursor=first.next_cursor, **other))
        assert caught.value.argument == "cursor"


async def test_a_forgotten_search_is_not_found() -> None:
    cursor = Cursor("orq_" + "7" * 22, 10, "best", NOW).encode()
    with pytest.raises(NotFoundError):
        await service(FakeFlights()).search(replace(SEARCH, cursor=cursor))


@given(st.data())
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    cursor = Cursor("orq_" + "7" * 22, 10, "best", NOW).encode()
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != cursor[at]))
    altered = cursor[:at] + other + cursor[at + 1 :]
    with pytest.raises(InvalidRequestError):
        Cursor.decode(altered)


def test_a_cursor_reads_back_as_it_was_written() -> None:
    cursor = Cursor("orq_" + "7" * 22, 10, "best", NOW)
    assert Cursor.decode(cursor.encode()) == cursor


@pytest.mark.parametrize(
    "fields",
    [
        ["orq_../../../orders", 10, "best", 1],
        ["orq_" + "7" * 22, 0, "best", 1],
        ["orq_" + "7" * 22, 10**9, "best", 1],
        ["orq_" + "7" * 22, 10, "worst", 1],
        ["orq_" + "7" * 22, 10, "best", 10**18],
        ["orq_" + "7" * 22, 10, "best"],
        {"search_id": 1},
        None,
    ],
)
def test_a_well_made_cursor_with_impossible_contents_is_refused(fields: object) -> None:
    body = json.dumps(fields).encode()
    raw = zlib.crc32(body).to_bytes(4) + body
    with pytest.raises(InvalidRequestError):
        Cursor.decode(base64.urlsafe_b64encode(raw).decode().rstrip("="))


@pytest.mark.parametrize(
    "offer_id", ["", "off_1", "off_" + "0" * 23, "orq_" + "0" * 22, "off_../../orders/0000000000",
                 "off_" + "0" * 22 + "\n"],
)  # fmt: skip
async def test_a_malformed_offer_id_is_refused(offer_id: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await service(FakeFlights(found(offer()))).get_offer(offer_id)
    assert caught.value.argument == "offer_id"
    assert caught.value.example is not None


async def test_an_offer_is_returned_until_the_moment_it_expires() -> None:
    fake = FakeFlights(found(offer()))
    alive = await service(fake, EXPIRY - timedelta(seconds=1)).get_offer(offer().offer_id)
    assert alive == offer()
    with pytest.raises(OfferExpiredError):
        await service(fake, EXPIRY).get_offer(offer().offer_id)


async def test_an_unknown_offer_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        await service(FakeFlights()).get_offer(offer().offer_id)


async def test_a_page_says_once_only_what_all_its_fares_share() -> None:
    def page_of(*offers: Offer) -> Any:
        return service(FakeFlights(found(*offers))).search(SEARCH)

    same: FlightPage = await page_of(*many(2))
    assert (same.currency, same.carry_on, same.cabins) == ("EUR", 1, ("economy",))
    other = offer(9, flown(segment(flight="BA1", baggage=Baggage(None, 1))), currency="GBP")
    mixed: FlightPage = await page_of(*many(2), other)
    assert (mixed.currency, mixed.carry_on) == (None, None)
    empty: FlightPage = await page_of()
    assert (empty.currency, empty.carry_on, empty.cabins) == (None, None, None)
