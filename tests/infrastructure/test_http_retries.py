"""When a request is sent again, and how long after."""

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.infrastructure.upstream import BODY, NOW, Upstream, ok, refused, status
from tripsage_mcp.errors import (
    ProviderRateLimitedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import Reply
from tripsage_mcp.infrastructure.retry_after import retry_after_seconds

pytestmark = pytest.mark.anyio


async def test_an_idempotent_request_is_sent_again_until_it_works() -> None:
    upstream = Upstream(status(503), refused(), ok())
    client = upstream.client()
    assert await client.request("GET", "/thing", BODY) == {"a": 1}
    assert len(upstream.naps) == 2
    assert all(0 <= nap <= 4 for nap in upstream.naps)
    assert client.health.failures_in_a_row == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_other_methods_are_sent_once_unless_the_caller_says_they_are_idempotent(
    method: str,
) -> None:
    upstream = Upstream(status(503))
    with pytest.raises(ProviderUnavailableError):
        await upstream.client().request(method, "/thing", BODY)
    assert len(upstream.requests) == 1

    upstream = Upstream(status(503))
    with pytest.raises(ProviderUnavailableError):
        await upstream.client().request(method, "/thing", BODY, json={"b": 2}, idempotent=True)
    assert [request.content for request in upstream.requests] == [b'{"b":2}'] * 3


@pytest.mark.parametrize("code", [400, 404, 422])
async def test_a_refusal_is_not_repeated(code: int) -> None:
    upstream = Upstream(status(code))
    with pytest.raises(TripSageError):
        await upstream.get()
    assert len(upstream.requests) == 1


async def test_a_pause_that_the_provider_names_is_kept() -> None:
    upstream = Upstream(status(429, retry_after="7"), status(503, retry_after="3"), ok())
    assert await upstream.get() == {"a": 1}
    assert upstream.naps == [7.0, 3.0]


async def test_a_pause_longer_than_the_cap_is_handed_to_the_caller() -> None:
    upstream = Upstream(status(429, ratelimit_reset=format_datetime(NOW + timedelta(seconds=42))))
    with pytest.raises(ProviderRateLimitedError) as caught:
        await upstream.get()
    assert (caught.value.retry_after_s, upstream.naps) == (42.0, [])


async def test_when_the_rate_limit_resets_is_no_word_on_an_outage() -> None:
    upstream = Upstream(status(503, ratelimit_reset="60"), ok())
    assert await upstream.get() == {"a": 1}
    assert upstream.naps[0] <= 4


async def test_a_pause_of_nothing_still_spreads_the_attempts() -> None:
    # The random pause may come out as nothing once, hardly a hundred times in a row.
    upstream = Upstream(*[status(429, retry_after="0")] * 100, ok())
    assert await upstream.get(attempts=101, health=_never_opens()) == {"a": 1}
    assert sum(upstream.naps) > 0


def _never_opens() -> Health:
    class Closed(Health):
        def failed(self, now: datetime, code: str, *, down: bool = True) -> None: ...

    return Closed()


async def test_a_caller_can_forbid_the_retry_of_a_status() -> None:
    def explain(_reply: Reply) -> TripSageError:
        error = ProviderUnavailableError("upstream", "HTTP 500")
        error.retry_after_s = 30.0
        return error

    upstream = Upstream(status(500))
    with pytest.raises(ProviderUnavailableError):
        await upstream.get(explain=explain)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": " 5 "}, 5.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "Mon, 01 Mar 2027 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Mon, 01 Mar 2027 11:59:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Mon, 01 Mar 2027 12:01:00 -0000"}, None),
        ({"retry-after": "Mon, 01 Mar 99999999999 12:01:00 GMT"}, None),
        ({"ratelimit-reset": "Mon, 01 Mar 2027 12:01:00 GMT"}, 60.0),
        ({"ratelimit-reset": "12"}, 12.0),
        ({"ratelimit-reset": str(int(NOW.timestamp()) + 9)}, 9.0),
        ({"retry-after": "soon", "ratelimit-reset": "12"}, 12.0),
        ({"retry-after": "5", "ratelimit-reset": "12"}, 5.0),
    ],
)
def test_the_pause_is_read_however_it_is_written(
    headers: dict[str, str], expected: float | None
) -> None:
    assert retry_after_seconds(headers, NOW) == expected


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_whatever_the_header_says_the_error_can_be_made(value: str) -> None:
    after = retry_after_seconds({"retry-after": value}, NOW)
    assert after is None or 0 <= after < float("inf")
    error = ProviderRateLimitedError("upstream", 1.0 if after is None else after)
    assert error.retry_after_s is not None
    assert error.hint is not None
