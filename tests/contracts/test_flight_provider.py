"""The promises of `FlightProvider`, checked against the fake, a recording and the sandbox."""

import importlib
import importlib.util
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

import httpx
import pytest
from pydantic import SecretStr

from tests.build_flights import NOW, flown, found, offer, segment
from tests.fakes import FakeFlights
from tests.recorded import ATL_JFK, ATL_JFK_NOW, duffel, needs_recordings
from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import NotFoundError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.http import ASGIApp, open_client
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build
from tripsage_mcp.providers.ports import FlightProvider

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
        if request.method == "POST":
            return httpx.Response(201, json={"data": search})
        asked = request.url.path.rpartition("/")[2]
        known = {each["id"]: each for each in (search, *search["offers"])}
        if asked in known:
            return httpx.Response(200, json={"data": known[asked]})
        body = {"errors": [{"type": "invalid_request_error", "code": "not_found"}]}
        return httpx.Response(404, json=body)

    config = DuffelConfig(access_token=SecretStr(TOKEN))
    async with open_client(config.base_url, transport=httpx.MockTransport(answer)) as client:
        yield Subject(
            build(config, client=client, now=lambda: ATL_JFK_NOW),
            OfferRequest((SliceRequest("ATL", "JFK", date(2024, 9, 1)),), max_connections=2),
            ATL_JFK_NOW,
        )


def sandbox_app(now: Clock) -> ASGIApp:
    if importlib.util.find_spec("tripsage_mcp.sandbox.duffel.app") is None:
        pytest.skip("there is no sandbox for Duffel yet")
    module = importlib.import_module("tripsage_mcp.sandbox.duffel.app")
    return module.build_app(now=now, token=TOKEN)


@asynccontextmanager
async def sandbox() -> AsyncGenerator[Subject]:
    app = sandbox_app(lambda: NOW)
    config = DuffelConfig(access_token=SecretStr(TOKEN))
    provider = build(config, data="sandbox", now=lambda: NOW, app=app)
    request = OfferRequest(
        (
            SliceRequest("LIS", "LON", date(2027, 5, 10)),
            SliceRequest("LON", "LIS", date(2027, 5, 17)),
        ),
        adults=2,
        children_ages=(1, 8),
    )
    yield Subject(provider, request, NOW)
    await provider.aclose()


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
        await subject.provider.reopen(f"orq_{UNKNOWN}")
