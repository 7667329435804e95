"""A caller without time leaves the child process to the others."""

import sys
from collections.abc import AsyncGenerator

import pytest

from tests.infrastructure.test_mcp_client import CHILD, SHAPE, children, do
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.mcp_client import Command, SupervisedMCPClient

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="ends children with POSIX signals"),
]

A_MOMENT_S = 0.01


def standing_still() -> float:
    """Whatever the imports take: a moment is always left, and is then waited for in earnest."""
    return 0.0


@pytest.fixture
async def client() -> AsyncGenerator[SupervisedMCPClient]:
    opened = SupervisedMCPClient("child", Command(sys.executable, ("-S", str(CHILD), "well")))
    opened.expect({"do": SHAPE})
    yield opened
    await opened.aclose()
    assert children() == []


async def test_who_cannot_wait_for_the_start_does_not_stop_it(client: SupervisedMCPClient) -> None:
    with (
        time_budget(A_MOMENT_S, monotonic=standing_still),
        pytest.raises(ProviderUnavailableError) as caught,
    ):
        await do(client, "x")
    assert caught.value.retryable
    starting = vars(client)["_link"]
    await do(client, "x")
    assert vars(client)["_link"] is starting


async def test_silence_in_too_short_a_time_is_not_held_against_the_child(
    client: SupervisedMCPClient,
) -> None:
    pid = await do(client, "pid")
    for _ in range(3):
        with (
            time_budget(A_MOMENT_S, monotonic=standing_still),
            pytest.raises(ProviderUnavailableError, match="within"),
        ):
            await do(client, "hang")
    assert await do(client, "pid") == pid


async def test_without_time_nothing_is_started(client: SupervisedMCPClient) -> None:
    with time_budget(0), pytest.raises(ProviderUnavailableError) as caught:
        await do(client, "x")
    assert not caught.value.may_have_acted
    assert children() == []
