"""Hotels from Duffel: what is asked, and how the answers are read."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.fakes_hotels import raw_accommodation, raw_quote, raw_rate, raw_result
from tests.fakes_places import LISBON_CENTRE, at_now
from tests.fakes_stays import search
from tests.providers.stays.duffel_replies import HERE, Reply, answering, found, provider
from tests.recorded import duffel as recorded
from tests.recorded import needs_recordings
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.stay import StayPrice
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    OfferUnavailableError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)

pytestmark = pytest.mark.anyio


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


async def test_a_search_asks_for_hotels_around_a_point() -> None:
    sent: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return found()(request)

    asked = search(
        adults=3,
        children=1,
        infants=1,
        minor_ages=(1, 4, 15),
        rooms=2,
        free_cancellation=True,
        coordinates=LISBON_CENTRE,
        radius_km=3,
    )
    assert (await provider(reply).search(asked)).stays == ()
    (request,) = sent
    assert (request.method, request.url.path) == ("POST", "/stays/search")
    assert request.headers["authorization"] == "Bearer duffel_live_abc"
    assert request.headers["duffel-version"] == "v2"
    assert json.loads(request.content) == {
        "data": {
            "check_in_date": "2027-03-01",
            "check_out_date": "2027-03-05",
            "rooms": 2,
            # The youth of fifteen is an adult to Airbnb and a child to a hotel.
            "guests": [
                {"type": "adult"},
                {"type": "adult"},
                {"type": "child", "age": 1},
                {"type": "child", "age": 4},
                {"type": "child", "age": 15},
            ],
            "location": {
                "radius": 3,
                "geographic_coordinates": {"latitude": 38.7167, "longitude": -9.1333},
            },
            "free_cancellation_only": True,
        }
    }


async def test_a_hotel_is_read_with_the_rate_its_price_is_of() -> None:
    page = await provider(found(raw_result(7))).search(HERE)
    (stay,) = page.stays
    assert stay.stay_id == f"duffel:srr_{7:022}"
    assert stay.price == StayPrice(
        "407.00 EUR", 4, eur("407.00"), taxes_included=True, due_there=eur("16.00")
    )
    assert (stay.rating, stay.own_rating, stay.stars, stay.reviews) == (4.4, "8.8/10", 4, 300)
    assert (stay.kind, stay.board) == ("hotel_room", "breakfast")
    # 400 of 407 come back: that is not free.
    assert stay.free_cancellation is False
    # What is no word of ours is told in the details alone.
    assert stay.amenities == {"wifi"}
    assert (
        stay.expires_at == page.provenance.expires_at == datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    )
    assert (page.provenance.source, page.provenance.data) == ("duffel", "live")
    assert page.applied == {"rooms"}


@pytest.mark.parametrize(
    ("timeline", "free"),
    [
        ([], False),
        ([{"before": "2027-02-01T00:00:00Z", "refund_amount": "400", "currency": "EUR"}], True),
        ([{"before": "2026-11-22T11:59:00Z", "refund_amount": "400", "currency": "EUR"}], False),
        ([{"before": "2027-02-01T00:00:00Z", "refund_amount": "400", "currency": "USD"}], False),
    ],
)
async def test_cancelling_is_free_while_all_of_it_comes_back(
    timeline: list[Any], *, free: bool
) -> None:
    rate = raw_rate(cancellation_timeline=timeline)
    home = raw_accommodation(rooms=[{"name": "Double", "rates": [rate]}])
    (stay,) = (await provider(found(raw_result(accommodation=home))).search(HERE)).stays
    assert stay.free_cancellation is free


async def test_without_its_rate_nothing_is_claimed_of_a_price() -> None:
    bare = raw_result(accommodation=raw_accommodation(rooms=None, amenities=None))
    (stay,) = (await provider(found(bare)).search(HERE)).stays
    assert (stay.board, stay.free_cancellation, stay.amenities) == (None, None, None)
    asked = search(coordinates=LISBON_CENTRE, free_cancellation=True)
    page = await provider(found(bare)).search(asked)
    assert page.stays[0].free_cancellation is True
    assert page.applied == {"rooms", "free_cancellation"}


async def test_one_hotel_tells_its_rooms_and_what_could_not_be_read() -> None:
    flexible = raw_rate(
        1,
        payment_type="guarantee",
        board_type="a feast",
        fee_amount="12.00",
        due_at_accommodation_amount="0.00",
        loyalty_programme_required=True,
        supported_loyalty_programme="club",
        quantity_available=None,
        conditions=None,
    )
    rooms: list[Any] = [
        {
            "name": "Suite",
            "beds": [{"type": "king", "count": 1}],
            "rates": [raw_rate(0), flexible, {"id": "?"}],
        },
        {"name": "Closet", "rates": []},
    ]
    asked: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path} {request.content.decode()}")
        return answering(raw_result(accommodation=raw_accommodation(rooms=rooms)))(request)

    details = await provider(reply).get("srr_1", None)
    assert asked == ["POST /stays/search_results/srr_1/actions/fetch_all_rates "]
    (room,) = details.rooms
    assert (room.name, room.beds, details.left_out) == ("Suite", "1 king", 1)
    saver, member = room.rates
    assert (saver.total, saver.tax, saver.fee) == (eur("400.00"), eur("40.00"), None)
    assert (saver.due_there, saver.paid, saver.left) == (eur("16.00"), "now", 3)
    assert [(step.before.day, step.amount) for step in saver.cancellation] == [(27, eur("400.00"))]
    assert saver.conditions == ("Check-in: A card is asked for.",)
    assert (member.board, member.fee, member.due_there) == (None, eur("12.00"), None)
    assert (member.paid, member.members_only, member.loyalty) == ("there", True, "club")
    assert details.description == "By the river."
    assert details.area == "1 Rua Augusta, Lisbon, PT"
    assert details.amenities == {"Hotel": ("Wi-Fi", "sauna")}
    assert (details.check_in_after, details.check_out_before) == ("15:00", "11:00")
    assert details.unknown == ()
    assert (details.guests, details.rooms_taken) == (2, 1)


async def test_a_quote_tells_what_is_due_when() -> None:
    sent: list[Any] = []

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return answering(raw_quote(deposit_amount="120.00"), 201)(request)

    quote = await provider(reply).quote(f"rat_{0:022}")
    assert sent == [{"data": {"rate_id": f"rat_{0:022}"}}]
    assert (quote.total, quote.deposit) == (eur("410.00"), eur("120.00"))
    assert (quote.due_there, quote.tax) == (eur("16.00"), eur("41.00"))
    assert quote.rate is not None
    assert quote.rate.rate_id == f"rat_{0:022}"
    assert quote.provenance.data == "live"
    assert (
        await provider(answering(raw_quote(live_mode=False), 201)).quote("rat_1")
    ).provenance.data == ("sandbox")


async def test_the_answers_of_a_test_token_are_no_live_data() -> None:
    tested = provider(found(raw_result()), token=SecretStr("duffel_test_abc"))
    assert (await tested.search(HERE)).provenance.data == "sandbox"


@needs_recordings
async def test_the_published_examples_are_read_to_the_last_amount() -> None:
    shapes = recorded("official-examples/Stays_mocks.json")
    page = await provider(found(shapes["MOCK_SEARCH_RESULT"])).search(HERE)
    (stay,) = page.stays
    assert (stay.name, stay.free_cancellation, stay.board) == (
        "The Ritz London",
        False,
        "room_only",
    )
    assert stay.price is not None
    assert (str(stay.price.total), str(stay.price.due_there)) == ("799.00 GBP", "39.95 GBP")
    accommodation = recorded("accommodation/acc_0000AWr2VsUNIF1Vl91xg0.json")
    result = shapes["MOCK_SEARCH_RESULT"] | {"accommodation": accommodation}
    details = await provider(answering(result)).get("sta_something", None)
    assert len(details.amenities["Hotel"]) == 18
    nonrefundable, partly = details.rooms[0].rates
    assert nonrefundable.refund(at_now()) == "none"
    assert partly.board == "all_inclusive"
    assert partly.refund(datetime(2021, 7, 1, tzinfo=UTC)) == "partial"
    assert partly.refund(datetime(2021, 9, 1, tzinfo=UTC)) == "none"
    quote = await provider(answering(shapes["MOCK_QUOTE"], 201)).quote("rat_0000ASuebQfixzpI2v20qe")
    assert (str(quote.total), quote.deposit, quote.due_there) == ("1500.00 USD", None, None)


def refusing(status: int, body: Any = None, **headers: str) -> Reply:
    if isinstance(body, str):
        return lambda _request: httpx.Response(status, text=body, headers=headers)
    return lambda _request: httpx.Response(status, json=body, headers=headers)


def error(kind: str, code: str, field: str | None = None) -> dict[str, Any]:
    source = {} if field is None else {"source": {"field": field, "pointer": f"/{field}"}}
    return {"errors": [{"type": kind, "code": code, "message": "SECRET WORDS"} | source]}


def fails(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("SECRET WORDS", request=request)


FAILURES: list[tuple[Reply, type[TripSageError], str]] = [
    (refusing(401, error("authentication_error", "access_token_not_found")), ProviderRejectedError,
     "TRIPSAGE_DUFFEL_ACCESS_TOKEN"),
    (refusing(403, error("authentication_error", "insufficient")), ProviderRejectedError,
     "TRIPSAGE_DUFFEL_STAYS=off"),
    (refusing(404, error("invalid_request_error", "not_found")), NotFoundError, "search_stays"),
    (refusing(422, error("validation_error", "invalid_field", "check_in_date")),
     InvalidRequestError, "check_in"),
    (refusing(422, error("validation_error", "invalid_field", "age")), InvalidRequestError,
     "children_ages"),
    (refusing(422, error("validation_error", "invalid_field", "mobile")), ProviderRejectedError,
     ""),
    (refusing(422, error("invalid_state_error", "rate_expired")), OfferExpiredError,
     "search_stays"),
    (refusing(422, error("invalid_state_error", "gone")), OfferUnavailableError, "search_stays"),
    (refusing(422, error("api_error", "no_longer_available")), OfferUnavailableError, ""),
    (refusing(422, error("api_error", "unforeseen")), ProviderRejectedError, "not accepted"),
    (refusing(429, error("rate_limit_error", "rate_limit_exceeded"), **{"retry-after": "20"}),
     ProviderRateLimitedError, "20 s"),
    (refusing(500, error("api_error", "internal_server_error")), ProviderUnavailableError, ""),
    (refusing(502, "<html>SECRET WORDS</html>"), ProviderUnavailableError, ""),
    (refusing(503), ProviderUnavailableError, ""),
    (refusing(504, error("airline_error", "supplier_timeout")), ProviderUnavailableError, ""),
    (refusing(400, error("invalid_request_error", "bad_request")), ProviderRejectedError, ""),
    (refusing(302, "", location="https://elsewhere.invalid"), ProviderRejectedError, ""),
    (refusing(201, "<html>SECRET WORDS</html>"), ProviderProtocolError, ""),
    (refusing(201, {"data": {"rows": []}}), ProviderProtocolError, ""),
    (fails, ProviderUnavailableError, "no answer in time"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "kind", "said"), FAILURES)
async def test_each_failure_has_its_own_error_and_echoes_nothing(
    reply: Reply, kind: type[TripSageError], said: str
) -> None:
    tested = provider(reply)
    asks: list[Callable[[], Awaitable[object]]] = [
        lambda: tested.search(HERE),
        lambda: tested.get("srr_1", None),
        lambda: tested.quote("rat_1"),
    ]
    for ask in asks:
        with pytest.raises(TripSageError) as raised:
            await ask()
        assert raised.type is kind
        words = f"{raised.value.message} {raised.value.hint}"
        assert said in words
        assert "SECRET" not in words


async def test_a_search_is_repeated_once_and_a_quote_never() -> None:
    asked: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(503)

    tested = provider(reply)
    with pytest.raises(ProviderUnavailableError):
        await tested.search(HERE)
    with pytest.raises(ProviderUnavailableError):
        await tested.quote("rat_1")
    assert asked == ["/stays/search", "/stays/search", "/stays/quotes"]


def never(_request: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing was to be sent")


async def test_what_cannot_be_asked_is_not_sent() -> None:
    tested = provider(never)
    with pytest.raises(InvalidRequestError) as raised:
        await tested.search(search())
    assert raised.value.argument == "location"
    with pytest.raises(InvalidRequestError) as raised:
        await tested.search(search(children=2, minor_ages=(4,), coordinates=LISBON_CENTRE))
    assert raised.value.argument == "children_ages"
    for strange in ("", "../quotes", "srr 1", "x" * 65, "srr_1?x=1"):
        with pytest.raises(NotFoundError):
            await tested.get(strange, None)
        with pytest.raises(NotFoundError):
            await tested.quote(strange)
    with pytest.raises(ProviderNotConfiguredError):
        await provider(never, token=None).search(HERE)
