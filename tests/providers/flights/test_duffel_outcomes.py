"""What became of an order, a payment or a cancellation, after whatever answer or none."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import httpx
import pytest

from tests.providers.flights.duffel_failures import BY_NAME, RETRYABLE, Failure, failed
from tests.providers.flights.duffel_wire_build import (
    Answer,
    Wire,
    fails,
    ok,
    purchase,
    raw_order,
    raw_quote,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import OutcomeUnknownError

pytestmark = pytest.mark.anyio

EUR = Money(Decimal("99.50"), "EUR")

type Act = Callable[[Wire], Awaitable[object]]

ACTS: dict[str, Act] = {
    "create": lambda wire: wire.orders.create(purchase()),
    "pay": lambda wire: wire.orders.pay("ord_1", EUR),
    "confirm": lambda wire: wire.orders.confirm_cancellation("ore_1"),
}
EACH_ACT = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("body", [raw_order(), {"id": "por_1"}, None])
async def test_an_order_that_was_only_accepted_is_not_known_to_be_made(
    status: int, body: object
) -> None:
    wire = Wire(ok(body, status))
    with pytest.raises(OutcomeUnknownError):
        await wire.orders.create(purchase())
    assert len(wire.sent) == 1


@EACH_ACT
@pytest.mark.parametrize(
    "answer",
    [
        ok(raw_order(total_currency="euro") | {"amount": "1", "currency": "euro"}, 201),
        ok({"id": "x"}, 201),
        httpx.Response(204),
        httpx.Response(303),
    ],
)
async def test_a_success_that_cannot_be_read_is_of_unknown_outcome(
    act: Act, answer: Answer | httpx.Response
) -> None:
    wire = Wire(answer)
    with pytest.raises(OutcomeUnknownError) as caught:
        await act(wire)
    assert "Earhart" not in f"{caught.value} {caught.value.__cause__}"
    assert len(wire.sent) == 1


async def test_an_absurd_amount_of_an_order_just_made_is_of_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknownError):
        await Wire(ok(raw_order(total_amount="1" * 30), 201)).orders.create(purchase())


@BY_NAME
@EACH_ACT
async def test_whatever_must_not_happen_twice_is_sent_once_and_its_outcome_told(
    failure: Failure, act: Act
) -> None:
    wire = Wire(failure.answer)
    error = await failed(act(wire))
    code = failure.acted or failure.code
    assert (error.code, len(wire.sent), wire.naps) == (code, 1, [])
    assert error.retryable is (code in RETRYABLE)


async def test_an_order_may_be_asked_for_again_when_nothing_was_sent() -> None:
    wire = Wire(fails(httpx.ConnectError("refused")), ok(raw_order(), 201))
    await failed(wire.orders.create(purchase()))
    assert (await wire.orders.create(purchase())).booking_reference == "RZPNX8"


async def test_a_confirmation_that_does_not_say_when_is_of_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknownError):
        await Wire(ok(raw_quote())).orders.confirm_cancellation("ore_1")
