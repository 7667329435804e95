"""How long a caller waits, and who keeps to it."""

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.infrastructure.upstream import BODY, Upstream, ok, status
from tripsage_mcp.errors import ProviderRateLimitedError, ProviderUnavailableError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import JSONClient, open_client
from tripsage_mcp.infrastructure.limits import MemoryLimiter, OutboundLimit, Rate

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
# So short that waiting for it in earnest is no wait.
A_MOMENT_S = 0.01


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class SlowUpstream(Upstream):
    """Time passes while it answers and while its client naps."""

    def __init__(self, *replies: httpx.Response | Exception, takes_s: float = 0.0) -> None:
        super().__init__(*replies)
        self.clock, self.takes_s = Seconds(), takes_s

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.clock.now += self.takes_s
        return super().__call__(request)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.clock.now += seconds


class Silence(httpx.AsyncBaseTransport):
    """Takes requests, and answers once told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await self.answer.wait()
        return httpx.Response(201, json={"a": 1})


@asynccontextmanager
async def silent(
    *, timeout_s: float = 20.0, fair_chance_s: float = 10.0
) -> AsyncGenerator[tuple[JSONClient, Silence]]:
    transport = Silence()
    async with open_client("https://up.test", transport=transport, timeout_s=timeout_s) as opened:
        yield (
            JSONClient("upstream", opened, now=lambda: NOW, fair_chance_s=fair_chance_s),
            transport,
        )


def test_without_a_budget_there_is_no_hurry() -> None:
    assert deadline.left_s() == math.inf
    with time_budget(None):
        assert deadline.left_s() == math.inf
    assert deadline.finite(deadline.left_s()) is None


def test_a_budget_runs_out_and_ends_with_what_it_was_given_to() -> None:
    clock = Seconds()
    with time_budget(25, monotonic=clock):
        clock.now += 10
        assert deadline.left_s() == 15
        clock.now += 100
        assert deadline.left_s() == 0
    assert deadline.left_s() == math.inf


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=6))
def test_an_inner_budget_never_outlasts_an_outer_one(budgets: list[float | None]) -> None:
    clock = Seconds()

    def nest(rest: list[float | None], least: float) -> None:
        assert deadline.left_s() == pytest.approx(least)
        if rest:
            with time_budget(rest[0], monotonic=clock):
                nest(rest[1:], least if rest[0] is None else min(least, rest[0]))

    nest(budgets, math.inf)


async def test_tasks_inherit_the_deadline() -> None:
    async def left() -> float:
        return deadline.left_s()

    with time_budget(7, monotonic=Seconds()):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(left())
    assert task.result() == 7


async def test_what_takes_longer_than_the_caller_waits_is_cancelled() -> None:
    for_ever = asyncio.create_task(asyncio.Event().wait())
    with time_budget(A_MOMENT_S), pytest.raises(ProviderUnavailableError) as caught:
        await deadline.while_waited_for("upstream", for_ever)
    assert for_ever.cancelled()
    assert caught.value.retryable


async def test_a_time_out_of_somebody_else_is_not_the_callers() -> None:
    async def late() -> None:
        raise TimeoutError

    with time_budget(60), pytest.raises(TimeoutError):
        await deadline.while_waited_for("upstream", late())


async def test_no_retry_begins_after_the_deadline() -> None:
    upstream = SlowUpstream(status(503, retry_after="5"))
    with time_budget(12, monotonic=upstream.clock), pytest.raises(ProviderUnavailableError):
        await upstream.client(attempts=9).request("GET", "/thing", BODY)
    # After 0, 5 and 10 s; the fourth would begin at 15 s.
    assert upstream.naps == [5, 5]
    assert len(upstream.requests) == 3


async def test_a_retry_that_comes_in_time_is_made() -> None:
    upstream = SlowUpstream(status(503, retry_after="5"), ok())
    with time_budget(12, monotonic=upstream.clock):
        assert await upstream.client().request("GET", "/thing", BODY) == {"a": 1}


async def test_nothing_is_sent_once_the_time_is_used_up() -> None:
    upstream = SlowUpstream(ok(), takes_s=30)
    client = upstream.client()
    with time_budget(25, monotonic=upstream.clock):
        await client.request("GET", "/thing", BODY)
        with pytest.raises(ProviderUnavailableError, match="within the time") as caught:
            await client.request("GET", "/thing", BODY)
    assert len(upstream.requests) == 1
    assert caught.value.retryable
    assert not caught.value.may_have_acted
    assert client.health.failures_in_a_row == 0


async def test_nobody_queues_for_a_turn_that_comes_too_late() -> None:
    upstream = SlowUpstream(ok())
    limit = OutboundLimit(MemoryLimiter(monotonic=upstream.clock), "upstream", Rate(1, 10.0))
    client = upstream.client(limit=limit)
    with time_budget(15, monotonic=upstream.clock):
        await client.request("GET", "/thing", BODY)
        await client.request("GET", "/thing", BODY)
        with pytest.raises(ProviderRateLimitedError) as caught:
            await client.request("GET", "/thing", BODY)
    assert caught.value.retry_after_s == 10
    assert upstream.naps == [10]
    # No place was taken by the one who left.
    assert await limit.wait_s() == 10


async def test_an_attempt_is_cut_short_by_the_deadline_which_is_no_verdict() -> None:
    async with silent() as (client, transport):
        with time_budget(A_MOMENT_S), pytest.raises(ProviderUnavailableError) as caught:
            await client.request("GET", "/thing", BODY)
        assert "within the time" in caught.value.message
        assert caught.value.may_have_acted
        assert transport.asked == 1, "no retry: there is no time left"
        assert client.health == Health()


async def test_silence_for_long_enough_counts_though_only_the_caller_gave_up() -> None:
    async with silent(fair_chance_s=A_MOMENT_S) as (client, _):
        with time_budget(2 * A_MOMENT_S), pytest.raises(ProviderUnavailableError):
            await client.request("GET", "/thing", BODY)
        assert client.health.failures_in_a_row == 1


async def test_a_probe_that_is_cut_short_lets_the_next_request_probe() -> None:
    async with silent() as (client, transport):
        client.health.failures_in_a_row, client.health.open_until = 5, NOW
        with time_budget(A_MOMENT_S), pytest.raises(ProviderUnavailableError):
            await client.request("GET", "/thing", BODY)
        transport.answer.set()
        assert await client.request("GET", "/thing", BODY) == {"a": 1}
        assert client.health.open_until is None


async def test_what_must_not_happen_twice_is_waited_for_once_it_is_sent() -> None:
    async with silent() as (client, transport):
        with time_budget(A_MOMENT_S):
            sent = asyncio.create_task(client.send_once("/order", BODY, json={}))
            await asyncio.wait({sent}, timeout=10 * A_MOMENT_S)
            assert deadline.left_s() == 0
        assert transport.asked == 1
        assert not sent.done()
        transport.answer.set()
        assert await sent == {"a": 1}


async def test_what_must_not_happen_twice_is_not_begun_too_late() -> None:
    async with silent() as (client, transport):
        with time_budget(0), pytest.raises(ProviderUnavailableError) as caught:
            await client.send_once("/order", BODY, json={})
        assert not caught.value.may_have_acted
        assert transport.asked == 0
