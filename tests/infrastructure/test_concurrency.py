import asyncio

import anyio
import pytest

from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.concurrency import both, in_parallel

pytestmark = pytest.mark.anyio


async def test_results_come_in_the_order_of_the_calls_and_no_more_run_than_allowed() -> None:
    running = 0
    most = 0

    async def call(index: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(10 - index):
            await asyncio.sleep(0)
        running -= 1
        return index

    with anyio.fail_after(5):
        found = await in_parallel([lambda i=i: call(i) for i in range(10)], at_most=3)

    assert found == tuple(range(10))
    assert most == 3


async def test_no_calls_give_no_results() -> None:
    assert await in_parallel([], at_most=3) == ()


async def test_the_first_failure_comes_alone_with_its_cause_and_stops_the_others() -> None:
    stopped = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.set()
            raise

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ProviderUnavailableError("x", "HTTP 503") from KeyError("cause")

    with anyio.fail_after(5), pytest.raises(ProviderUnavailableError) as caught:
        await in_parallel([waits, fails], at_most=2)

    assert isinstance(caught.value.__cause__, KeyError)
    assert stopped.is_set()


async def test_a_caller_who_leaves_stops_the_calls() -> None:
    stopped = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.set()
            raise

    with anyio.fail_after(5):
        task = asyncio.create_task(in_parallel([waits], at_most=1))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert stopped.is_set()


async def test_two_calls_run_at_once_and_each_keeps_its_result() -> None:
    met = asyncio.Event()

    async def waits() -> str:
        await met.wait()
        return "met"

    async def comes() -> int:
        met.set()
        return 7

    with anyio.fail_after(5):
        assert await both(waits, comes) == ("met", 7)


async def test_of_two_calls_the_failure_comes_alone_and_stops_the_other() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    async def fails() -> None:
        raise ProviderUnavailableError("duffel", "HTTP 503")

    with anyio.fail_after(5), pytest.raises(ProviderUnavailableError):
        await both(waits, fails)
