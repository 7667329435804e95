from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.providers.flights.duffel_failures import BY_NAME, RETRYABLE, Failure, failed, replied
from tests.providers.flights.duffel_wire_build import (
    ONE_WAY,
    UPSTREAM,
    Wire,
    error,
    fails,
    ok,
    purchase,
    raw_offer,
    raw_request,
    refused_field,
)
from tests.recorded import duffel, duffel_names, needs_recordings
from tripsage_mcp.errors import InvalidRequestError

pytestmark = pytest.mark.anyio


@BY_NAME
@pytest.mark.parametrize("what", ["search", "get"])
async def test_reading_fails_as_the_table_says_and_is_repeated_as_often(
    failure: Failure, what: str
) -> None:
    wire = Wire(failure.answer)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "search": lambda: wire.offers.search(ONE_WAY),
        "get": lambda: wire.offers.get("off_1"),
    }
    error = await failed(calls[what]())
    assert (error.code, len(wire.sent)) == (failure.code, failure.times)
    assert error.retryable is (failure.code in RETRYABLE)
    if failure.after_s is not None:
        assert error.retry_after_s == failure.after_s


@BY_NAME
@pytest.mark.parametrize("what", ["get", "find", "quote"])
async def test_what_changes_nothing_about_an_order_is_asked_once(
    failure: Failure, what: str
) -> None:
    wire = Wire(failure.answer)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "get": lambda: wire.orders.get("ord_1"),
        "find": lambda: wire.orders.find("off_1"),
        "quote": lambda: wire.orders.quote_cancellation("ord_1"),
    }
    error = await failed(calls[what]())
    assert (error.code, len(wire.sent)) == (failure.code, 1)


@pytest.mark.parametrize(
    ("field", "argument", "example"),
    [
        ("cabin_class", "cabin", '"economy"'),
        ("passengers", "adults", "2"),
        ("age", "children_ages", "[4, 11]"),
        ("departure_time", "departure_time", '"08:00-14:00"'),
    ],
)
async def test_a_refused_field_is_named_as_the_tool_names_it(
    field: str, argument: str, example: str
) -> None:
    body = refused_field(field, f"/passengers/0/{field}")
    error = await failed(Wire(replied(422, body)).offers.search(ONE_WAY))
    assert isinstance(error, InvalidRequestError)
    assert (error.argument, error.example) == (argument, example)


@pytest.mark.parametrize(
    ("body", "argument"),
    [
        (refused_field("born_on", "/passengers/1/born_on"), "passengers.1.born_on"),
        (refused_field("phone_number", "/passengers/0/phone_number"), "passengers.0.phone"),
        (refused_field("unique_identifier", "/passengers/0/x/0/y"), "passengers.0.documents"),
        (refused_field("email"), "passengers"),
        (refused_field(UPSTREAM, "/passengers/0/x"), "passengers.0"),
        (refused_field("passengers"), "passengers"),
        (refused_field("services"), "ancillaries"),
        (refused_field("selected_offers"), "offer_id"),
        (error("airline_error", "invalid_passenger_name"), "passengers"),
    ],
)
async def test_a_refused_detail_of_an_order_names_our_argument(body: Any, argument: str) -> None:
    error = await failed(Wire(replied(422, body)).orders.create(purchase()))
    assert isinstance(error, InvalidRequestError)
    assert error.argument == argument
    assert "refused" in error.rule


async def test_a_refused_token_names_the_variable_to_check() -> None:
    body = error("authentication_error", "access_token_not_found")
    refused = await failed(Wire(replied(401, body)).offers.search(ONE_WAY))
    assert refused.hint is not None
    assert "TRIPSAGE_DUFFEL_ACCESS_TOKEN" in refused.hint


async def test_a_refused_connection_is_tried_again() -> None:
    wire = Wire(fails(httpx.ConnectError("refused")), ok(raw_request(raw_offer()), 201))
    found = await wire.offers.search(ONE_WAY)
    assert (len(found.offers), len(wire.naps)) == (1, 1)


async def test_a_provider_that_keeps_failing_is_not_asked_to_buy() -> None:
    wire = Wire(fails(httpx.ReadTimeout("slow")))
    for _ in range(3):
        await failed(wire.offers.search(ONE_WAY))
    asked = len(wire.sent)
    error = await failed(wire.orders.create(purchase()))
    # Nothing was sent, so nothing can have been bought.
    assert (error.code, len(wire.sent)) == ("provider_unavailable", asked)


@needs_recordings
@pytest.mark.parametrize("name", duffel_names("errors"))
async def test_every_recorded_error_is_ours_afterwards(name: str) -> None:
    raw = duffel(name)
    calls: list[Callable[[Wire], Awaitable[object]]] = [
        lambda wire: wire.offers.get("off_1"),
        lambda wire: wire.orders.create(purchase()),
    ]
    for call in calls:
        error = await failed(call(Wire(replied(raw["meta"]["status"], raw))))
        assert raw["errors"][0]["title"] not in str(error)
