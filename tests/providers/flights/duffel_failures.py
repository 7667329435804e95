"""Every way Duffel can fail, what it is called here, and how often it is asked."""

from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass

import httpx
import pytest

from tests.providers.flights.duffel_wire_build import (
    SECRET,
    UPSTREAM,
    Answer,
    error,
    fails,
    refused_field,
)
from tripsage_mcp.errors import TripSageError

HTML = "<html>bad gateway</html>"
HTTP_DATE = "Mon, 01 Mar 2027 12:00:20 GMT"
LIMIT = error("rate_limit_error", "rate_limit_exceeded")

DOWN = "provider_unavailable"
LIMITED = "provider_rate_limited"
REJECTED = "provider_rejected"
PROTOCOL = "provider_protocol"
UNKNOWN = "unconfirmed"
RETRYABLE = {DOWN, LIMITED}


@dataclass(frozen=True)
class Failure:
    """One way to fail.

    Attributes:
        code: Ours.
        times: How often a search and an offer are asked for.
        acted: Our code for what must not happen twice, where it is another.
    """

    name: str
    answer: Answer | httpx.Response
    code: str
    times: int = 1
    acted: str | None = None
    after_s: float | None = None


def replied(status: int, body: object, headers: dict[str, str] | None = None) -> Answer:
    def answer(_request: httpx.Request) -> httpx.Response:
        if isinstance(body, str):
            return httpx.Response(status, text=body, headers=headers)
        return httpx.Response(status, json=body, headers=headers)

    return answer


def cut(status: int) -> Answer:
    async def half() -> AsyncGenerator[bytes]:
        yield b'{"data": {"id": "or'
        raise httpx.RemoteProtocolError("peer closed the connection")

    return lambda _request: httpx.Response(status, content=half())


# What a 422 is called here, by Duffel's type and code.
CODES = {
    ("invalid_state_error", "offer_expired"): "offer_expired",
    ("airline_error", "offer_no_longer_available"): "offer_unavailable",
    ("invalid_state_error", "price_changed"): "price_changed",
    ("invalid_state_error", "payment_amount_does_not_match_order_amount"): "price_changed",
    ("invalid_state_error", "payment_currency_does_not_match_order_currency"): "price_changed",
    ("invalid_state_error", "insufficient_balance"): "payment_refused",
    ("airline_error", "duplicate_booking"): "conflict",
    ("validation_error", "offer_request_already_booked"): "conflict",
    ("invalid_state_error", "already_paid"): "conflict",
    ("invalid_state_error", "already_cancelled"): "conflict",
    ("invalid_state_error", "order_cancellation_stale"): "conflict",
    ("invalid_state_error", "past_payment_required_by_date"): "conflict",
    ("invalid_state_error", "schedule_changed"): "conflict",
    ("invalid_state_error", "invalid_order_create_type"): "conflict",
    ("invalid_state_error", "order_type_not_eligible_for_payment"): "conflict",
    ("invalid_state_error", "brand_new_code"): "conflict",
    ("airline_error", "invalid_passenger_name"): "invalid_request",
    ("validation_error", "invalid_phone_number"): "invalid_request",
    ("invalid_state_error", "ancillary_service_not_available"): "invalid_request",
    ("airline_error", "brand_new_code"): REJECTED,
    ("validation_error", "validation_required"): REJECTED,
    ("brand_new_error", "brand_new_code"): REJECTED,
}


def refused(status: int, kind: str, code: str) -> Answer:
    # Duffel names the airline in plain text.
    source = "iberia" if kind == "airline_error" else None
    return replied(status, error(kind, code, source))


FAILURES = [
    Failure("400", refused(400, "invalid_request_error", "bad_request"), REJECTED),
    Failure("401", refused(401, "authentication_error", "access_token_not_found"), REJECTED),
    Failure("403", refused(403, "authentication_error", "insufficient_permissions"), REJECTED),
    Failure("404", refused(404, "invalid_request_error", "not_found"), "not_found"),
    Failure("404 of a proxy", replied(404, "gone"), "not_found"),
    Failure("406", replied(406, ""), REJECTED),
    *(Failure(f"422 {kind} {code}", refused(422, kind, code), ours)
      for (kind, code), ours in CODES.items()),
    Failure("422 unknown field", replied(422, refused_field(UPSTREAM)), REJECTED),
    Failure("422 no error", replied(422, {"errors": []}), REJECTED),
    Failure("422 HTML", replied(422, HTML), REJECTED),
    Failure("429 date", replied(429, LIMIT, {"ratelimit-reset": HTTP_DATE}), LIMITED, after_s=20),
    Failure("429 seconds", replied(429, LIMIT, {"ratelimit-reset": "20"}), LIMITED, after_s=20),
    Failure("429 soon", replied(429, LIMIT, {"retry-after": "2"}), LIMITED, 2, after_s=2),
    Failure("429 bare", replied(429, "slow down"), LIMITED, 2, after_s=1),
    Failure("500", refused(500, "api_error", "internal_server_error"), DOWN, 1, UNKNOWN),
    Failure("502", replied(502, HTML), DOWN, 1, UNKNOWN),
    # Duffel promises that these two left nothing behind.
    Failure("502 not created", refused(502, "airline_error", "order_not_created"), DOWN, 2, DOWN),
    Failure("503", refused(503, "airline_error", "airline_unknown"), DOWN, 2, DOWN),
    Failure("503 later", replied(503, HTML, {"retry-after": "60"}), DOWN, 1, DOWN, 60),
    Failure("504", refused(504, "airline_error", "airline_timeout"), DOWN, 1, UNKNOWN),
    Failure("504 told", refused(504, "", "offer_expired"), "offer_expired", 1, UNKNOWN),
    Failure("520 of a proxy", replied(520, HTML), DOWN, 2, UNKNOWN),
    Failure("500 as 422", refused(422, "api_error", "internal_server_error"), REJECTED, 1, UNKNOWN),
    Failure("302", replied(302, ""), REJECTED, 1, UNKNOWN),
    Failure("HTML", replied(201, "<html>hello</html>"), PROTOCOL, 1, UNKNOWN),
    Failure("another shape", replied(201, {"data": {"id": UPSTREAM}}), PROTOCOL, 1, UNKNOWN),
    Failure("cut body", cut(201), DOWN, 2, UNKNOWN),
    Failure("time-out", fails(httpx.ReadTimeout("slow")), DOWN, 2, UNKNOWN),
    Failure("broken", fails(httpx.RemoteProtocolError("gone")), DOWN, 2, UNKNOWN),
    Failure("no DNS", fails(httpx.ConnectError("unknown name")), DOWN, 2, DOWN),
    Failure("no connection in time", fails(httpx.ConnectTimeout("slow")), DOWN, 2, DOWN),
]  # fmt: skip

BY_NAME = pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)


async def failed(call: Awaitable[object]) -> TripSageError:
    with pytest.raises(TripSageError) as caught:
        await call
    said = f"{caught.value.message} {caught.value.hint}"
    assert UPSTREAM not in said
    assert SECRET not in said
    assert "iberia" not in said
    assert "Earhart" not in said
    return caught.value
