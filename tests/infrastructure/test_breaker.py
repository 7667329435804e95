"""Once a provider fails repeatedly it is left alone, and then one request finds out for all."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.infrastructure.test_http import BODY, NOW
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.http import JSONClient, open_client

pytestmark = pytest.mark.anyio


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
