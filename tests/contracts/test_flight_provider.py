"""The promises of `FlightProvider`, checked against the fake, a recording and the sandbox."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import pairwise

import httpx
import pytest
from pydantic import SecretStr

from tests.build_flights import NOW, flown, found, offer, segment
from tests.fakes import FakeFlights
from tests.recorded import ATL_JFK, ATL_JFK_NOW, duffel, needs_recordings
from tripsage_mcp.domain.ancillary import CabinElement, SeatMap
from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest, TimeWindow
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import NotFoundError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.http import ASGIApp, open_client
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build
from tripsage_mcp.providers.ports import FlightProvider
from tripsage_mcp.sandbox.duffel.app import Trouble, build_app

pytestmark = pytest.mark.anyio

TOKEN = "duffel_test_contract"
UNKNOWN = "9" * 22


@dataclass(frozen=True)
class Subject:
    provider: FlightProvider
    request: OfferRequest
    now: datetime


@asynccontextmanager
async def fake() -> AsyncGenerator[Subject]:
    via = flown(
        segment("LIS-CDG", "2027-05-10T09:00", 150, flight="AF1025"),
        segment("CDG-LHR", "2027-05-10T14:00", 80, flight="AF1080"),
    )
    yield Subject(
        FakeFlights(found(offer(1), offer(2, via, price="80.00"))),
        OfferRequest((SliceRequest("LIS", "LHR", date(2027, 5, 10)),)),
        NOW,
    )


@asynccontextmanager
async def recorded() -> AsyncGenerator[Subject]:
    search = duffel(ATL_JFK)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/air/offer_requests":
            return httpx.Response(201, json={"data": search})
        if request.url.path == "/air/seat_maps":
            asked = request.url.params["offer_id"]
            if any(each["id"] == asked for each in search["offers"]):
                return httpx.Response(200, json={"data": []})
        asked = request.url.path.rpartition("/")[2]
        known = {each["id"]: each for each in (search, *search["offers"])}
        if asked in known:
            return httpx.Response(200, json={"data": known[asked]})
        body = {"errors": [{"type": "invalid_request_error", "code": "not_found"}]}
        return httpx.Response(404, json=body)

    config = DuffelConfig(access_token=SecretStr(TOKEN))
    async with open_client(config.base_url, transport=httpx.MockTransport(answer)) as client:
        yield Subject(
            build(config, client=client, now=lambda: ATL_JFK_NOW).offers,
            OfferRequest((SliceRequest("ATL", "JFK", date(2024, 9, 1)),), max_connections=2),
            ATL_JFK_NOW,
        )


def sandbox_app(now: Clock) -> ASGIApp:
    return build_app(now=now, token=TOKEN)


@asynccontextmanager
async def sandbox() -> AsyncGenerator[Subject]:
    app = sandbox_app(lambda: NOW)
    config = DuffelConfig(access_token=SecretStr(TOKEN))
    duffel = build(config, data="sandbox", now=lambda: NOW, app=app)
    request = OfferRequest(
        (
            SliceRequest("LIS", "LON", date(2027, 5, 10)),
            SliceRequest("LON", "LIS", date(2027, 5, 17)),
        ),
        adults=2,
        children_ages=(1, 8),
    )
    yield Subject(duffel.offers, request, NOW)
    await duffel.aclose()


SUBJECTS = {"fake": fake, "sandbox": sandbox, "recorded": recorded}


@pytest.fixture(
    params=["fake", "sandbox", pytest.param("recorded", marks=needs_recordings)],
)
async def subject(request: pytest.FixtureRequest) -> AsyncGenerator[Subject]:
    async with SUBJECTS[request.param]() as ready:
        yield ready


async def search(subject: Subject) -> OffersFound:
    answer = await subject.provider.search(subject.request)
    assert answer.offers
    return answer


async def test_search_says_what_was_asked_and_when_the_answer_dies(subject: Subject) -> None:
    answer = await search(subject)
    assert answer.slices == subject.request.slices
    people = subject.request.adults + len(subject.request.children_ages)
    assert len(answer.passengers) == people
    assert answer.unreadable == 0
    assert answer.provenance.fetched_at == subject.now
    assert all(each.expires_at > subject.now for each in answer.offers)
    assert all(each.provenance.expires_at == each.expires_at for each in answer.offers)


async def test_offers_have_distinct_ids_and_an_offer_per_requested_slice(subject: Subject) -> None:
    answer = await search(subject)
    assert len({each.offer_id for each in answer.offers}) == len(answer.offers)
    assert {len(each.slices) for each in answer.offers} == {len(subject.request.slices)}


async def test_slices_leave_on_the_day_asked_and_connect_in_order(subject: Subject) -> None:
    answer = await search(subject)
    for each in answer.offers:
        for part, asked in zip(each.slices, subject.request.slices, strict=True):
            assert part.departs_at.date() == asked.departure_date
            assert part.connections <= subject.request.max_connections
            for before, after in pairwise(part.segments):
                assert after.departs_at > before.arrives_at
            for one in part.segments:
                assert one.departs_at.utcoffset() is not None
                assert one.arrives_at - one.departs_at == one.duration
                assert one.origin.code != one.destination.code
                assert one.flight_number


async def test_totals_are_positive_and_add_up(subject: Subject) -> None:
    for each in (await search(subject)).offers:
        assert each.total.amount > 0
        if each.base is not None and each.tax is not None:
            assert each.base + each.tax == each.total


async def test_a_search_can_be_reopened_with_the_same_offers(subject: Subject) -> None:
    answer = await search(subject)
    again = await subject.provider.reopen(answer.search_id)
    assert again.search_id == answer.search_id
    assert again.slices == answer.slices
    assert [each.offer_id for each in again.offers] == [each.offer_id for each in answer.offers]
    assert [each.total for each in again.offers] == [each.total for each in answer.offers]


async def test_an_offer_found_can_be_read_alone(subject: Subject) -> None:
    answer = await search(subject)
    first = answer.offers[0]
    alone = await subject.provider.get(first.offer_id)
    assert alone.offer_id == first.offer_id
    assert isinstance(alone.total, Money)
    assert [s.flight for s in alone.segments] == [s.flight for s in first.segments]
    assert [s.departs_at for s in alone.segments] == [s.departs_at for s in first.segments]


async def test_unknown_ids_are_not_found(subject: Subject) -> None:
    with pytest.raises(NotFoundError):
        await subject.provider.get(f"off_{UNKNOWN}")
    with pytest.raises(NotFoundError):
        await subject.provider.seat_maps(f"off_{UNKNOWN}")
    with pytest.raises(NotFoundError):
        await subject.provider.reopen(f"orq_{UNKNOWN}")


@dataclass
class Told:
    steps: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])

    async def __call__(self, answered: int, total: int, offers: int) -> None:
        self.steps.append((answered, total, offers))


def sold(found: OffersFound) -> list[tuple[object, ...]]:
    """Return what is for sale whatever it is called: a new search means new ids."""
    return sorted(
        (
            tuple((each.flight, each.departs_at.isoformat()) for each in offer.segments),
            offer.fare_brands,
            offer.cabins,
            str(offer.total),
        )
        for offer in found.offers
    )


async def test_a_search_that_streams_finds_what_one_in_one_piece_finds(subject: Subject) -> None:
    told = Told()
    streamed = await subject.provider.search(subject.request, progress=told)
    single = await search(subject)
    assert sold(streamed) == sold(single)
    assert streamed.slices == single.slices
    assert [(each.type, each.age) for each in streamed.passengers] == [
        (each.type, each.age) for each in single.passengers
    ]
    assert (streamed.unanswered, single.unanswered) == (None, None)


async def test_progress_only_grows_and_ends_with_everything(subject: Subject) -> None:
    told = Told()
    streamed = await subject.provider.search(subject.request, progress=told)
    assert told.steps
    for before, after in pairwise(told.steps):
        assert after[0] >= before[0]
        assert after[1] == before[1]
        assert after[2] >= before[2]
    answered, total, offers = told.steps[-1]
    assert (answered, offers) == (total, len(streamed.offers))


async def test_seat_maps_belong_to_the_segments_of_their_offer(subject: Subject) -> None:
    offer = (await search(subject)).offers[0]
    order = [segment.segment_id for segment in offer.segments]
    people = {passenger.passenger_id for passenger in offer.passengers}
    maps = await subject.provider.seat_maps(offer.offer_id)
    # In flight order, though not every airline shares one.
    places = [order.index(each.segment_id) for each in maps]
    assert places == sorted(set(places))
    for element in elements(maps):
        assert element.is_seat or not element.choices
        for choice in element.choices:
            assert choice.passenger_id in people
            assert choice.price.amount >= 0


def elements(maps: tuple[SeatMap, ...]) -> list[CabinElement]:
    return [
        element
        for each in maps
        for cabin in each.cabins
        for row in cabin.rows
        for element in row.elements
    ]


async def test_the_sandbox_has_seats_and_ancillaries_to_sell() -> None:
    async with sandbox() as subject:
        found = await search(subject)
        alone = [await subject.provider.get(offer.offer_id) for offer in found.offers[:5]]
        maps = await subject.provider.seat_maps(found.offers[0].offer_id)
    assert any(element.choices for element in elements(maps))
    extras = [(offer, extra) for offer in alone for extra in offer.ancillaries or ()]
    assert "baggage" in {extra.kind for _, extra in extras}
    for one, extra in extras:
        assert extra.price.currency == one.total.currency
        assert extra.maximum_quantity > 0
        assert set(extra.passenger_ids) <= {each.passenger_id for each in one.passengers}
        assert set(extra.segment_ids) <= {each.segment_id for each in one.segments}


async def test_the_sandbox_keeps_to_the_time_windows_asked_for() -> None:
    window = TimeWindow(time(8), time(14, 30))
    asked = SliceRequest("LIS", "LHR", date(2027, 5, 10), departure_window=window)
    back = SliceRequest("LHR", "LIS", date(2027, 5, 17), arrival_window=window)
    async with sandbox() as subject:
        found = await subject.provider.search(OfferRequest((asked, back)))
    assert found.offers
    for one in found.offers:
        first, second = one.slices
        assert window.first <= first.departs_at.time() <= window.last
        assert window.first <= second.arrives_at.time() <= window.last


async def test_suppliers_that_stay_silent_make_a_partial_answer() -> None:
    app = build_app(now=lambda: NOW, token=TOKEN, trouble=Trouble(silent=("TP",)))
    config = DuffelConfig(access_token=SecretStr(TOKEN))

    async def sleep(_seconds: float) -> None: ...

    duffel = build(config, data="sandbox", now=lambda: NOW, app=app, sleep=sleep)
    request = OfferRequest((SliceRequest("LIS", "LHR", date(2027, 5, 10)),))
    told = Told()
    found = await duffel.offers.search(request, progress=told)
    await duffel.aclose()
    assert found.offers
    assert found.unanswered is not None
    assert (found.unanswered.code, found.unanswered.batches) == ("provider_unavailable", 1)
    answered, total, _offers = told.steps[-1]
    assert total - answered == 1
