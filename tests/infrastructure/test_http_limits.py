"""What keeps a client from asking too much, and what it says of a request without an answer."""

import contextlib
from http import HTTPStatus

import httpx
import pytest
from pydantic import TypeAdapter

from tests.infrastructure.upstream import BODY, Upstream, ok, status
from tripsage_mcp.errors import (
    OutcomeUnknownError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import JSONClient, Reply
from tripsage_mcp.infrastructure.limits import MemoryLimiter, OutboundLimit, Rate

pytestmark = pytest.mark.anyio

ANYTHING: TypeAdapter[object] = TypeAdapter(object)


def limited(upstream: Upstream, *, burst: int = 2, longest_wait_s: float = 30.0) -> JSONClient:
    # The clock stands still, as that of the upstream does.
    limiter = MemoryLimiter(monotonic=lambda: 0.0)
    limit = OutboundLimit(limiter, "upstream", Rate(burst, 10.0), longest_wait_s)
    return upstream.client(limit=limit)


async def test_requests_beyond_the_burst_wait_for_their_turn() -> None:
    upstream = Upstream(ok())
    client = limited(upstream)
    for _ in range(4):
        await client.request("GET", "/thing", BODY)
    assert upstream.naps == [10.0, 20.0]
    assert len(upstream.requests) == 4


async def test_a_queue_that_is_too_long_says_when_to_come_back_and_sends_nothing() -> None:
    upstream = Upstream(ok())
    client = limited(upstream, longest_wait_s=15.0)
    for _ in range(3):
        await client.request("GET", "/thing", BODY)
    with pytest.raises(ProviderRateLimitedError) as caught:
        await client.request("GET", "/thing", BODY, idempotent=False)
    assert caught.value.retry_after_s == 20.0
    assert len(upstream.requests) == 3


async def test_every_attempt_takes_a_place() -> None:
    upstream = Upstream(status(503), ok())
    client = limited(upstream, burst=1)
    await client.request("GET", "/thing", BODY)
    assert len(upstream.requests) == 2
    assert upstream.naps[-1] == 10.0


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(
            200, json={"a": 1}, headers={"ratelimit-remaining": "0", "ratelimit-reset": "25"}
        ),
        status(429, retry_after="25"),
    ],
)
async def test_a_used_up_limit_holds_everybody_back(reply: httpx.Response) -> None:
    upstream = Upstream(reply, ok())
    client = limited(upstream, longest_wait_s=20.0)
    with contextlib.suppress(ProviderRateLimitedError):
        await client.request("GET", "/thing", BODY, idempotent=False)
    with pytest.raises(ProviderRateLimitedError) as caught:
        await client.request("GET", "/thing", BODY)
    assert caught.value.retry_after_s == 25
    assert len(upstream.requests) == 1


async def test_a_limit_that_is_not_used_up_holds_nobody_back() -> None:
    headers = {"ratelimit-remaining": "1", "ratelimit-reset": "25"}
    upstream = Upstream(httpx.Response(200, json={"a": 1}, headers=headers), ok())
    client = limited(upstream)
    await client.request("GET", "/thing", BODY)
    await client.request("GET", "/thing", BODY)
    assert upstream.naps == []


async def test_nobody_queues_for_a_provider_that_is_not_asked() -> None:
    upstream = Upstream(status(503))
    client = limited(upstream, burst=100)
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError):
            await client.request("GET", "/thing", BODY, idempotent=False)
    asked = len(upstream.requests)
    with pytest.raises(ProviderUnavailableError, match="not asked again") as caught:
        await client.request("GET", "/thing", BODY)
    assert len(upstream.requests) == asked
    assert not caught.value.may_have_acted
    assert client.limit is not None
    # Five were sent: the sixth took no place.
    places = [await client.limit.reserve() for _ in range(96)]
    assert [place.wait_s for place in places[-2:]] == [0.0, 10.0]


@pytest.mark.parametrize(
    ("failure", "may_have_acted"),
    [
        (httpx.ConnectError("dns"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("busy"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.WriteError("broken"), True),
        (httpx.RemoteProtocolError("cut"), True),
        (status(503), True),
    ],
)
async def test_an_error_says_whether_the_request_may_have_had_its_effect(
    failure: Exception | httpx.Response, *, may_have_acted: bool
) -> None:
    with pytest.raises(ProviderUnavailableError) as caught:
        await Upstream(failure).client().send_once("/order", ANYTHING, json={})
    assert caught.value.may_have_acted is may_have_acted


async def test_another_success_than_the_expected_is_explained_like_a_failure() -> None:
    def explain(reply: Reply) -> OutcomeUnknownError | None:
        accepted = reply.status == HTTPStatus.ACCEPTED
        return OutcomeUnknownError("upstream", "accepted") if accepted else None

    for code, error in ((202, OutcomeUnknownError), (200, ProviderProtocolError)):
        upstream = Upstream(httpx.Response(code, json={"a": 1}))
        with pytest.raises(error):
            await upstream.client(explain=explain).send_once("/order", BODY, json={})
        assert len(upstream.requests) == 1


async def test_the_expected_success_is_one() -> None:
    upstream = Upstream(httpx.Response(201, json={"a": 1}))
    assert await upstream.client().send_once("/order", BODY, json={}) == {"a": 1}


async def test_what_must_not_happen_twice_is_sent_once_whatever_the_answer() -> None:
    for reply in (status(503), status(429, retry_after="1"), httpx.ReadTimeout("slow")):
        upstream = Upstream(reply)
        with pytest.raises(TripSageError):
            await upstream.client(attempts=5).send_once("/order", BODY, json={})
        assert len(upstream.requests) == 1
