"""A search whose offers stream in: what is told, what is kept when it breaks off half-way."""

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from tests.providers.flights.duffel_wire_build import (
    ONE_WAY,
    SECRET,
    Answer,
    Wire,
    error,
    fails,
    ok,
    raw_batch,
    raw_offer,
    raw_request,
)
from tripsage_mcp.domain.flight import Passenger, Unanswered
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.errors import (
    InvalidRequestError,
    ProviderProtocolError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build
from tripsage_mcp.providers.flights.duffel_batches import BatchSearch

pytestmark = pytest.mark.anyio

BATCH = "/air/batch_offer_requests"
READ = f"GET {BATCH}/orq_{'1' * 22}"
FORBIDDEN = httpx.Response(403, json=error("authentication_error", "insufficient_permissions"))
DOWN = httpx.Response(503)


class Told:
    def __init__(self) -> None:
        self.steps: list[tuple[int, int, int]] = []

    async def __call__(self, answered: int, total: int, offers: int) -> None:
        self.steps.append((answered, total, offers))


def begun(total: int = 2) -> Answer:
    return ok(raw_batch(total, total=total), 201)


async def test_offers_come_in_batches_and_each_batch_is_told() -> None:
    told = Told()
    wire = Wire(
        begun(3),
        ok(raw_batch(2, raw_offer(1), total=3)),
        ok(raw_batch(0, raw_offer(2), raw_offer(3), total=3)),
    )
    found = await wire.offers.search(ONE_WAY, progress=told)
    assert wire.paths == [f"POST {BATCH}", READ, READ]
    assert dict(wire.sent[0].url.params) == {"supplier_timeout": "20000"}
    assert [each.offer_id[-1] for each in found.offers] == ["1", "2", "3"]
    assert told.steps == [(1, 3, 1), (3, 3, 3)]
    assert found.unanswered is None
    assert found.search_id == "orq_" + "1" * 22


async def test_the_body_is_the_one_of_a_search_in_one_piece() -> None:
    streamed, single = Wire(begun(), ok(raw_batch(0))), Wire(ok(raw_request(), 201))
    await streamed.offers.search(ONE_WAY, progress=Told())
    await single.offers.search(ONE_WAY)
    assert streamed.bodies == single.bodies
    assert streamed.sent[0].headers["authorization"] == f"Bearer {SECRET}"


async def test_what_a_batch_does_not_repeat_comes_from_the_request_and_the_offers() -> None:
    found = await Wire(begun(), ok(raw_batch(0, raw_offer()))).offers.search(
        ONE_WAY, progress=Told()
    )
    assert found.slices == ONE_WAY.slices
    assert [each.passenger_id for each in found.passengers] == ["pas_1", "pas_2"]


async def test_without_offers_the_passengers_are_those_asked_for() -> None:
    request = OfferRequest(ONE_WAY.slices, adults=1, children_ages=(1, 9), infants_in_seat=1)
    found = await Wire(begun(), ok(raw_batch(0))).offers.search(request, progress=Told())
    assert found.offers == ()
    assert found.passengers == (
        Passenger("0", "adult"),
        Passenger("1", "infant_without_seat", 1),
        Passenger("2", "child", 9),
        Passenger("3", "child", 2),
    )


async def test_an_offer_told_twice_is_one_offer_and_a_broken_one_is_counted_once() -> None:
    broken = raw_offer(9) | {"total_amount": None}
    wire = Wire(
        begun(),
        ok(raw_batch(1, raw_offer(1), broken)),
        ok(raw_batch(0, raw_offer(1), broken, raw_offer(2))),
    )
    found = await wire.offers.search(ONE_WAY, progress=Told())
    assert (len(found.offers), found.unreadable) == (2, 1)


async def test_a_read_without_news_is_no_busy_loop_and_tells_nothing() -> None:
    told = Told()
    wire = Wire(begun(), ok(raw_batch(2)), ok(raw_batch(2)), ok(raw_batch(0, raw_offer())))
    found = await wire.offers.search(ONE_WAY, progress=told)
    assert len(found.offers) == 1
    assert wire.naps == [1.0, 2.0]
    assert told.steps == [(2, 2, 1)]


async def test_after_news_the_next_read_is_soon_again() -> None:
    nothing, news = ok(raw_batch(3, total=3)), ok(raw_batch(1, raw_offer(1), total=3))
    wire = Wire(begun(3), nothing, nothing, news, ok(raw_batch(1, total=3)), ok(raw_batch(0)))
    await wire.offers.search(ONE_WAY, progress=Told())
    assert wire.naps == [1.0, 2.0, 1.0]


async def test_a_batch_that_never_gets_on_is_given_up() -> None:
    wire = Wire(begun(), ok(raw_batch(2)))
    with pytest.raises(ProviderUnavailableError, match="no answer in time"):
        await wire.offers.search(ONE_WAY, progress=Told())
    # As long as Duffel itself waits for airlines, in few reads; reading took no time here.
    assert sum(wire.naps) == 20
    assert len(wire.sent) < 12


async def test_what_has_come_in_by_the_deadline_is_a_partial_answer() -> None:
    wire = Wire(begun(3), ok(raw_batch(2, raw_offer(), total=3)))
    found = await wire.offers.search(ONE_WAY, progress=Told())
    assert len(found.offers) == 1
    assert found.unanswered == Unanswered("provider_unavailable", 2)


async def test_the_deadline_counts_for_a_read_that_hangs() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            await asyncio.Event().wait()
        return httpx.Response(201, json={"data": raw_batch(2)})

    client = open_client("https://duffel.invalid", transport=httpx.MockTransport(answer))
    api = build(DuffelConfig(access_token=SecretStr(SECRET)), client=client).offers.api
    impatient = BatchSearch(api, supplier_timeout_ms=2000, deadline_s=0.05, sleep=asyncio.sleep)
    async with asyncio.timeout(5):
        with pytest.raises(ProviderUnavailableError, match="no answer in time"):
            await impatient.search(ONE_WAY, Told())


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (DOWN, "provider_unavailable"),
        (httpx.Response(500), "provider_unavailable"),
        (fails(httpx.ReadTimeout("slow")), "provider_unavailable"),
        (httpx.Response(429, headers={"ratelimit-reset": "20"}), "provider_rate_limited"),
        (httpx.Response(200, text="<html>"), "provider_protocol"),
        (httpx.Response(404), "provider_unavailable"),
    ],
)
async def test_a_failure_half_way_keeps_what_came_and_names_what_is_missing(
    answer: Answer | httpx.Response, code: str
) -> None:
    wire = Wire(begun(3), ok(raw_batch(1, raw_offer(1), raw_offer(2), total=3)), answer)
    found = await wire.offers.search(ONE_WAY, progress=Told())
    assert len(found.offers) == 2
    assert found.unanswered == Unanswered(code, 1)
    # Reading a batch is not repeated: what got lost may not be told twice.
    assert wire.paths == [f"POST {BATCH}", READ, READ]


@pytest.mark.parametrize("answer", [DOWN, httpx.Response(404), fails(httpx.ReadError("gone"))])
async def test_a_failure_before_any_offer_is_a_failure(answer: Answer | httpx.Response) -> None:
    wire = Wire(begun(), answer)
    with pytest.raises(ProviderUnavailableError):
        await wire.offers.search(ONE_WAY, progress=Told())
    assert len(wire.sent) == 2


async def test_nothing_but_nonsense_is_a_protocol_error_that_names_the_field() -> None:
    broken = raw_offer() | {"owner": None}
    with pytest.raises(ProviderProtocolError, match="owner"):
        await Wire(begun(), ok(raw_batch(0, broken))).offers.search(ONE_WAY, progress=Told())


@pytest.mark.parametrize("refusal", [FORBIDDEN, httpx.Response(404)])
async def test_an_account_without_batches_searches_in_one_piece_from_then_on(
    refusal: httpx.Response,
) -> None:
    told = Told()
    wire = Wire(refusal, ok(raw_request(raw_offer()), 201))
    for _ in range(2):
        found = await wire.offers.search(ONE_WAY, progress=told)
        assert len(found.offers) == 1
    assert wire.paths == [f"POST {BATCH}", "POST /air/offer_requests", "POST /air/offer_requests"]
    assert told.steps == [(1, 1, 1), (1, 1, 1)]


@pytest.mark.parametrize(
    ("status", "body", "expected", "times"),
    [
        (401, error("authentication_error", "access_token_not_found"), ProviderRejectedError, 1),
        (422, error("validation_error", "x", {"field": "origin"}), InvalidRequestError, 1),
        (503, {}, ProviderUnavailableError, 2),
    ],
)
async def test_other_refusals_of_a_batch_are_those_of_any_search(
    status: int, body: object, expected: type[TripSageError], times: int
) -> None:
    wire = Wire(httpx.Response(status, json=body))
    with pytest.raises(expected):
        await wire.offers.search(ONE_WAY, progress=Told())
    assert wire.paths == [f"POST {BATCH}"] * times


async def test_a_search_without_progress_is_one_request() -> None:
    wire = Wire(ok(raw_request(raw_offer()), 201))
    found = await wire.offers.search(ONE_WAY)
    assert (wire.paths, found.unanswered) == (["POST /air/offer_requests"], None)
