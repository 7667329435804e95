import base64
import json
import zlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build_flights import EXPIRY, NOW, flown, found, offer, segment
from tests.fakes import FakeFlights
from tripsage_mcp.domain.fares import FlightSort
from tripsage_mcp.domain.flight import Baggage, Offer, Unanswered
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, OfferExpiredError
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.services.flights.cursor import Cursor
from tripsage_mcp.services.flights.pages import FlightPage
from tripsage_mcp.services.flights.requests import FlightSearch, check
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.services.flights.slices import SliceAsked

pytestmark = pytest.mark.anyio

SEARCH = FlightSearch("LIS", "LHR", date(2027, 5, 10))
QUESTION = check(SEARCH, NOW).question


def service(fake: FakeFlights, now: datetime = NOW) -> FlightService:
    return FlightService(fake, lambda: now)


@dataclass
class HandClock:
    """Stands still until it is moved."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


class Forgetful(MemoryKeyValue):
    """Stores nothing, as a Redis that is down."""

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        pass


def many(count: int) -> list[Offer]:
    """Offers on different flights, dearer and dearer."""
    return [
        offer(n, flown(segment(flight=f"TP{n + 1}")), price=f"{100 + n}.00") for n in range(count)
    ]


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
@given(
    st.lists(st.integers(1, 20), max_size=30),
    st.integers(1, 25),
    st.sampled_from(["best", "price", "departure"]),
    st.integers(0, 3),
    st.sampled_from(["kept", "forgotten"]),
)
async def test_pages_partition_the_result_while_offers_die(
    lives: list[int], limit: int, sort: FlightSort, pace: int, memory: str
) -> None:
    """Each offer lives so many minutes; `pace` minutes pass between two pages."""
    offers = [
        replace(each, expires_at=NOW + timedelta(minutes=life))
        for each, life in zip(many(len(lives)), lives, strict=True)
    ]
    clock = HandClock(NOW)
    store = Forgetful() if memory == "forgotten" else MemoryKeyValue(monotonic=clock.monotonic)
    flights = FlightService(FakeFlights(found(*offers)), clock, store=store)
    search = replace(SEARCH, limit=limit, sort=sort)
    pages: list[FlightPage] = [await flights.search(search)]
    shown: list[str] = []
    while True:
        page = pages[-1]
        alive = [each.offer_id for each in offers if each.expires_at > clock.time]
        place = slice((len(pages) - 1) * limit, len(pages) * limit)
        expected = [o.offer_id for o in offers[place] if o.offer_id in alive]
        assert [i.fares[0].offer_id for i in page.itineraries] == expected
        assert (page.first, page.total) == (place.start + 1, len(offers))
        shown += expected
        if page.next_cursor is None:
            break
        clock.time += timedelta(minutes=pace)
        try:
            pages.append(await flights.search(replace(search, cursor=page.next_cursor)))
        except OfferExpiredError:
            assert all(each.expires_at <= clock.time for each in offers)
            break
    assert len(shown) == len(set(shown))


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


async def test_a_cursor_of_another_question_is_refused() -> None:
    flights = service(FakeFlights(found(*many(3))))
    first = await flights.search(replace(SEARCH, limit=1))
    changes: list[dict[str, Any]] = [{"destination": "LGW"}, {"adults": 2}, {"refundable": True}]
    for other in changes:
        with pytest.raises(InvalidRequestError, match="another search") as caught:
            await flights.search(replace(SEARCH, cursor=first.next_cursor, **other))
        assert caught.value.argument == "cursor"


async def test_a_forgotten_search_is_not_found() -> None:
    cursor = Cursor("orq_" + "7" * 22, 10, "best", NOW, QUESTION).encode()
    with pytest.raises(NotFoundError):
        await service(FakeFlights()).search(replace(SEARCH, cursor=cursor))


@given(st.data())
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    cursor = Cursor("orq_" + "7" * 22, 10, "best", NOW, QUESTION).encode()
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != cursor[at]))
    altered = cursor[:at] + other + cursor[at + 1 :]
    with pytest.raises(InvalidRequestError):
        Cursor.decode(altered, question=QUESTION)


def test_a_cursor_reads_back_as_it_was_written() -> None:
    cursor = Cursor("orq_" + "7" * 22, 10, "best", NOW, QUESTION)
    assert Cursor.decode(cursor.encode(), question=QUESTION) == cursor


@pytest.mark.parametrize(
    "fields",
    [
        ["orq_../../../orders", 10, "best", 1, QUESTION],
        ["orq_" + "7" * 22, 0, "best", 1, QUESTION],
        ["orq_" + "7" * 22, 10**9, "best", 1, QUESTION],
        ["orq_" + "7" * 22, 10, "worst", 1, QUESTION],
        ["orq_" + "7" * 22, 10, "best", 10**18, QUESTION],
        ["orq_" + "7" * 22, 10, "best", 1],
        ["orq_" + "7" * 22, 10, "best", 1, 5],
        {"search_id": 1},
        None,
    ],
)
def test_a_well_made_cursor_with_impossible_contents_is_refused(fields: object) -> None:
    body = json.dumps(fields).encode()
    raw = zlib.crc32(body).to_bytes(4) + body
    with pytest.raises(InvalidRequestError):
        Cursor.decode(base64.urlsafe_b64encode(raw).decode().rstrip("="), question=QUESTION)


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


async def test_later_pages_come_from_what_was_kept_and_need_no_provider() -> None:
    fake = FakeFlights(found(*many(5)), reopenable=False)
    store = MemoryKeyValue()
    first = await FlightService(fake, lambda: NOW, store=store).search(replace(SEARCH, limit=2))
    # Another replica that shares the store.
    other = FlightService(FakeFlights(reopenable=False), lambda: NOW, store=store)
    second = await other.search(replace(SEARCH, limit=2, cursor=first.next_cursor))
    assert [i.fares[0] for i in second.itineraries] == many(5)[2:4]
    with pytest.raises(NotFoundError):
        await service(fake).search(replace(SEARCH, limit=2, cursor=first.next_cursor))


async def test_an_answer_of_one_page_is_not_kept_and_a_longer_one_until_its_last_offer_dies() -> (
    None
):
    clock = HandClock(NOW)
    kept: list[tuple[str, float]] = []

    class Watched(MemoryKeyValue):
        async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
            kept.append((key, ttl_s))

    flights = FlightService(FakeFlights(found(*many(3))), clock, store=Watched())
    await flights.search(replace(SEARCH, limit=3))
    assert kept == []
    await flights.search(replace(SEARCH, limit=2))
    assert [ttl_s for _, ttl_s in kept] == [(EXPIRY - NOW).total_seconds()]


async def test_what_a_stranger_wrote_into_the_store_is_not_read() -> None:
    class Spoilt(MemoryKeyValue):
        async def get(self, key: str) -> bytes | None:
            return zlib.compress(b"{}") if key.endswith(QUESTION) else b"nonsense"

    fake = FakeFlights(found(*many(3)))
    flights = FlightService(fake, lambda: NOW, store=Spoilt())
    first = await flights.search(replace(SEARCH, limit=2))
    second = await flights.search(replace(SEARCH, limit=2, cursor=first.next_cursor))
    assert [i.fares[0] for i in second.itineraries] == many(3)[2:]


async def test_progress_is_handed_on_and_a_partial_answer_stays_partial_on_later_pages() -> None:
    told: list[tuple[int, int, int]] = []

    async def tell(answered: int, total: int, offers: int) -> None:
        told.append((answered, total, offers))

    silent = Unanswered("provider_unavailable", 2)
    fake = FakeFlights(replace(found(*many(3)), unanswered=silent))
    flights = service(fake)
    first = await flights.search(replace(SEARCH, limit=2), tell)
    assert fake.streamed == [True]
    assert told[-1] == (2, 4, 3)
    assert first.unanswered == silent
    second = await flights.search(replace(SEARCH, limit=2, cursor=first.next_cursor))
    assert second.unanswered == silent
    whole = await flights.search(SEARCH)
    assert (fake.streamed, whole.unanswered) == ([True, False], None)


async def test_an_offer_that_dies_while_airlines_are_asked_is_not_shown() -> None:
    clock = HandClock(NOW)
    dying = replace(many(1)[0], expires_at=NOW + timedelta(seconds=20))

    async def slow(*_: int) -> None:
        clock.time += timedelta(seconds=10)

    living = many(2)[1]
    flights = FlightService(FakeFlights(found(dying, living)), clock)
    page = await flights.search(SEARCH, slow)
    assert (page.itineraries[0].fares, page.total) == ((living,), 1)
    # When none is left, that is not the same as nothing being sold.
    clock.time = NOW
    with pytest.raises(OfferExpiredError):
        await FlightService(FakeFlights(found(dying)), clock).search(SEARCH, slow)


@pytest.mark.parametrize(("slices", "shown"), [(1, 25), (2, 25), (3, 18), (6, 9)])
async def test_trips_with_many_slices_come_in_shorter_pages(slices: int, shown: int) -> None:
    asked = tuple(SliceAsked("LIS", "LHR", date(2027, 5, 10)) for _ in range(slices))
    search = FlightSearch(slices=asked, limit=25)
    flights = service(FakeFlights(found(*many(30))))
    page = await flights.search(search)
    assert (len(page.itineraries), page.total) == (shown, 30)
    rest = await flights.search(replace(search, cursor=page.next_cursor))
    assert rest.first == shown + 1
