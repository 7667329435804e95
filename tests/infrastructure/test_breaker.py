"""Once a provider fails repeatedly it is left alone, and then one request finds out for all."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.infrastructure.upstream import BODY, NOW, Upstream, ok, status
from tripsage_mcp.errors import (
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import JSONClient, open_client

pytestmark = pytest.mark.anyio


async def _fail(client: JSONClient, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ProviderUnavailableError):
            await client.request("POST", "/thing", BODY)


async def test_five_failures_in_a_row_open_the_breaker_for_half_a_minute() -> None:
    upstream = Upstream(status(503))
    client = upstream.client()
    await _fail(client, 5)
    upstream.now += timedelta(seconds=10)
    with pytest.raises(ProviderUnavailableError, match="not asked again for now") as caught:
        await client.request("GET", "/thing", BODY)
    assert caught.value.retry_after_s == 20.0
    assert caught.value.hint == "Try again in 20 s."
    assert (len(upstream.requests), upstream.naps) == (5, [])


async def test_a_clock_that_is_set_back_leaves_nobody_waiting() -> None:
    upstream = Upstream(*[status(503)] * 5, ok())
    client = upstream.client()
    await _fail(client, 5)
    upstream.now -= timedelta(hours=2)
    assert await client.request("GET", "/thing", BODY) == {"a": 1}


async def test_four_failures_and_a_success_leave_it_closed() -> None:
    upstream = Upstream(*[status(503)] * 4, ok(), *[status(503)] * 4, ok())
    client = upstream.client()
    for _ in range(2):
        await _fail(client, 4)
        assert await client.request("POST", "/thing", BODY) == {"a": 1}


async def test_refusals_of_single_requests_never_open_it() -> None:
    upstream = Upstream(status(422))
    client = upstream.client()
    for _ in range(20):
        with pytest.raises(ProviderRejectedError):
            await client.request("GET", "/thing", BODY)
    assert len(upstream.requests) == 20


async def test_a_probe_that_works_closes_it() -> None:
    upstream = Upstream(*[status(503)] * 5, ok())
    client = upstream.client()
    await _fail(client, 5)
    upstream.now += timedelta(seconds=30)
    assert await client.request("POST", "/thing", BODY) == {"a": 1}
    assert client.health == Health(
        last_success=upstream.now, last_failure=NOW, last_error="provider_unavailable"
    )


@pytest.mark.parametrize("answer", [status(422), httpx.Response(200, text="no JSON")])
async def test_a_probe_that_is_answered_at_all_closes_it(answer: httpx.Response) -> None:
    upstream = Upstream(*[status(503)] * 5, answer, ok())
    client = upstream.client()
    await _fail(client, 5)
    upstream.now += timedelta(seconds=30)
    with pytest.raises(TripSageError):
        await client.request("POST", "/thing", BODY)
    assert await client.request("POST", "/thing", BODY) == {"a": 1}


async def test_a_probe_that_fails_opens_it_again() -> None:
    upstream = Upstream(status(503))
    client = upstream.client()
    await _fail(client, 5)
    upstream.now += timedelta(seconds=30)
    await _fail(client, 3)
    assert len(upstream.requests) == 6


class Held:
    """An upstream whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.started = 0
        self.let_go = asyncio.Event()
        self.asked = asyncio.Event()
        self.down = True
        self.now = NOW

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.started += 1
        if self.down:
            return httpx.Response(503)
        self.asked.set()
        await self.let_go.wait()
        return httpx.Response(200, json={"a": 1})

    async def half_open(self) -> JSONClient:
        opened = open_client("https://upstream.test", transport=httpx.MockTransport(self))
        client = JSONClient("upstream", opened, now=lambda: self.now)
        await _fail(client, 5)
        self.now += timedelta(seconds=30)
        self.down, self.started = False, 0
        return client


async def test_a_probe_that_takes_minutes_is_the_only_one_all_the_while() -> None:
    held = Held()
    client = await held.half_open()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        probe = group.create_task(client.request("GET", "/thing", BODY))
        await held.asked.wait()
        for _ in range(3):
            held.now += timedelta(seconds=40)
            with pytest.raises(ProviderUnavailableError, match="not asked again for now") as caught:
                await client.request("GET", "/thing", BODY)
            assert caught.value.retry_after_s == 30
        assert held.started == 1
        held.let_go.set()
    assert probe.result() == {"a": 1}
    assert client.health == Health(
        last_success=held.now, last_failure=NOW, last_error="provider_unavailable"
    )


async def test_a_probe_of_which_nobody_tells_any_more_is_given_up() -> None:
    health = Health(failures_in_a_row=5, open_until=NOW)
    assert health.admit("upstream", NOW)
    for minutes, again in ((9, False), (10, True), (-60, True)):
        alone = health.left_alone_until(NOW + timedelta(minutes=minutes))
        assert (alone is None) is again


async def test_a_cancelled_probe_lets_the_next_request_probe_at_once() -> None:
    held = Held()
    client = await held.half_open()
    async with asyncio.timeout(5):
        probe = asyncio.ensure_future(client.request("GET", "/thing", BODY))
        await held.asked.wait()
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        held.let_go.set()
        assert await client.request("GET", "/thing", BODY) == {"a": 1}


async def test_a_probe_that_meets_a_bug_of_ours_lets_the_next_one_probe() -> None:
    upstream = Upstream(*[status(503)] * 5, RuntimeError("ours"), ok())
    client = upstream.client()
    await _fail(client, 5)
    upstream.now += timedelta(seconds=30)
    with pytest.raises(RuntimeError, match="ours"):
        await client.request("GET", "/thing", BODY)
    assert await client.request("GET", "/thing", BODY) == {"a": 1}


async def test_cancelling_a_request_is_no_failure_of_the_provider() -> None:
    held = Held()
    held.down = False
    opened = open_client("https://upstream.test", transport=httpx.MockTransport(held))
    client = JSONClient("upstream", opened)
    async with asyncio.timeout(5):
        asking = asyncio.ensure_future(client.request("GET", "/thing", BODY))
        await held.asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert client.health == Health()


async def test_cancelling_during_the_pause_ends_the_retries() -> None:
    upstream = Upstream(status(503))
    pausing = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        pausing.set()
        await asyncio.Event().wait()

    client = upstream.client()
    client.sleep = sleep
    async with asyncio.timeout(5):
        asking = asyncio.ensure_future(client.request("GET", "/thing", BODY))
        await pausing.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert len(upstream.requests) == 1


class Gate(httpx.AsyncBaseTransport):
    """Holds every request until it is told how to answer."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(await asyncio.shield(self.answer), json={"a": 1})


async def tried(client: JSONClient) -> str:
    try:
        await client.request("GET", "/thing", BODY, idempotent=False)
    except ProviderUnavailableError as error:
        return "refused" if not error.may_have_acted else "failed"
    return "answered"


@pytest.mark.parametrize(("verdict", "outcome"), [(200, "answered"), (503, "failed")])
async def test_of_many_at_once_one_probes_and_the_others_are_sent_away(
    verdict: int, outcome: str
) -> None:
    gate = Gate()
    async with open_client("https://up.test", transport=gate) as opened:
        client = JSONClient("upstream", opened, now=lambda: NOW)
        client.health.failures_in_a_row = 5
        client.health.open_until = NOW - timedelta(seconds=1)
        at_once = [asyncio.create_task(tried(client)) for _ in range(20)]
        done, waiting = await asyncio.wait(at_once, return_when=asyncio.FIRST_COMPLETED, timeout=5)
        while len(waiting) > 1:
            more, waiting = await asyncio.wait(
                waiting, return_when=asyncio.FIRST_COMPLETED, timeout=5
            )
            done |= more
        assert gate.asked == 1
        assert {task.result() for task in done} == {"refused"}
        gate.answer.set_result(verdict)
        async with asyncio.timeout(5):
            assert [await task for task in waiting] == [outcome]
        assert await tried(client) == ("answered" if verdict == 200 else "refused")
        assert (client.health.open_until is None) is (verdict == 200)
