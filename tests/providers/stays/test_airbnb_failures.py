import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from typing import Any, override

import pytest

from tests.fakes_places import NOW
from tests.fakes_stays import ScriptedAirbnb, raw_search, saying, search
from tests.providers.stays.conftest import Open
from tripsage_mcp.errors import (
    NotFoundError,
    ProviderBlockedError,
    ProviderChallengedError,
    ProviderChangedError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.limits import MemoryLimiter, OutboundLimit, Rate
from tripsage_mcp.providers.stays.airbnb import AirbnbStays
from tripsage_mcp.providers.stays.airbnb_calls import MOST_AT_ONCE

pytestmark = pytest.mark.anyio

DOWN = {"error": "HTTP 500: Internal Server Error"}


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


class Moody(ScriptedAirbnb):
    """Answers as it is told at the moment."""

    def __init__(self) -> None:
        super().__init__(lambda _tool, _arguments: self.says)
        self.says: tuple[object, bool] = (raw_search(), False)


LOST = "Failed to parse search results from Airbnb. The page structure may have changed."
NO_SCRIPT = "Could not find data script element - page structure may have changed"
FAILURES: list[tuple[dict[str, str], type[TripSageError]]] = [
    ({"error": "This path is disallowed by Airbnb's robots.txt to t"}, ProviderBlockedError),
    ({"error": "HTTP 429: Too Many Requests"}, ProviderRateLimitedError),
    ({"error": "HTTP 401: Unauthorized"}, ProviderChallengedError),
    ({"error": "HTTP 403: Forbidden"}, ProviderChallengedError),
    ({"error": "HTTP 451: Unavailable For Legal Reasons"}, ProviderBlockedError),
    ({"error": "HTTP 400: Bad Request"}, ProviderRejectedError),
    ({"error": "HTTP 500: Internal Server Error"}, ProviderUnavailableError),
    ({"error": "HTTP 503: Service Unavailable"}, ProviderUnavailableError),
    ({"error": "Request timeout after 30000ms"}, ProviderTimeoutError),
    ({"error": "request to https://x failed, reason: ENOTFOUND"}, ProviderUnavailableError),
    (
        {"error": "request to https://x/s/robots.txt-timeout failed, reason: ECONNRESET"},
        ProviderUnavailableError,
    ),
    ({"error": "socket hang up"}, ProviderUnavailableError),
    ({"error": "maximum redirect reached at: https://x/s/y"}, ProviderChallengedError),
    ({"error": LOST, "details": NO_SCRIPT}, ProviderChallengedError),
    ({"error": LOST, "details": "Data script element is empty"}, ProviderChallengedError),
    ({"error": LOST, "details": "Unexpected token o in JSON"}, ProviderChangedError),
    ({"error": LOST, "details": "undefined (reading 'id')"}, ProviderChangedError),
    ({"error": "something else"}, ProviderProtocolError),
    ({"message": "no error key"}, ProviderProtocolError),
]


@pytest.mark.parametrize(("failure", "expected"), FAILURES)
@pytest.mark.parametrize("tool", ["search", "get"])
async def test_each_failure_gets_its_own_code_and_their_words_stay_with_them(
    connect: Open, failure: dict[str, str], expected: type[TripSageError], tool: str
) -> None:
    secret = {"searchUrl": "https://www.airbnb.com/s/secret"}
    provider = connect(saying(failure | secret, is_error=True))
    ask: Awaitable[Any] = provider.search(search()) if tool == "search" else provider.get("1", None)
    with pytest.raises(TripSageError) as raised:
        await ask
    assert raised.type is expected
    assert "secret" not in f"{raised.value.message} {raised.value.hint}"
    assert LOST not in raised.value.message
    # Airbnb is up where it refuses one request.
    refused = expected is ProviderRejectedError
    assert provider.health[0].last_error == (None if refused else expected.code)


@pytest.mark.parametrize("status", ["HTTP 404: Not Found", "HTTP 410: Gone"])
async def test_a_page_that_is_gone_means_no_such_listing_but_no_such_thing_for_a_search(
    connect: Open, status: str
) -> None:
    provider = connect(saying({"error": status}, is_error=True))
    with pytest.raises(NotFoundError):
        await provider.get("1", None)
    assert provider.health[0].failures_in_a_row == 0
    with pytest.raises(ProviderRejectedError):
        await provider.search(search())


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", "{}", '{"searchResults": 3}', "null", "[" * 100_000]
)
async def test_an_answer_of_another_shape_breaks_the_protocol(connect: Open, body: str) -> None:
    with pytest.raises(ProviderProtocolError):
        await connect(saying(body)).search(search())
    with pytest.raises(ProviderProtocolError):
        await connect(saying(body)).get("1", None)


async def test_what_cannot_be_told_apart_says_both(connect: Open) -> None:
    provider = connect(saying({"error": LOST, "details": NO_SCRIPT}, is_error=True))
    with pytest.raises(ProviderChallengedError) as raised:
        await provider.search(search())
    assert "proof of a person" in raised.value.message
    assert "another country" in raised.value.message


async def test_after_five_failures_it_is_left_alone_until_one_call_has_probed(
    connect: Open,
) -> None:
    airbnb, clock = Moody(), Clock()
    provider = connect(airbnb, now=clock)
    airbnb.says = (DOWN, True)
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError, match="HTTP 500"):
            await provider.search(search())
    with pytest.raises(ProviderUnavailableError, match="failing repeatedly") as raised:
        await provider.search(search())
    assert raised.value.retry_after_s == 30
    assert len(airbnb.calls) == 5
    clock.time += timedelta(seconds=31)
    with pytest.raises(ProviderUnavailableError, match="HTTP 500"):
        await provider.search(search())
    with pytest.raises(ProviderUnavailableError, match="failing repeatedly"):
        await provider.search(search())
    assert len(airbnb.calls) == 6
    clock.time += timedelta(seconds=31)
    airbnb.says = (raw_search(), False)
    assert (await provider.search(search())).stays
    assert (await provider.search(search())).stays


async def test_nobody_queues_for_what_would_not_be_asked(connect: Open) -> None:
    airbnb, limiter = Moody(), MemoryLimiter(monotonic=lambda: 0.0)
    limit = OutboundLimit(limiter, "airbnb", Rate(burst=5, interval_s=1.0))
    provider = connect(airbnb, limit=limit)
    airbnb.says = (DOWN, True)
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError, match="HTTP 500"):
            await provider.search(search())
    assert await limit.wait_s() == 1
    with pytest.raises(ProviderUnavailableError, match="failing repeatedly"):
        await provider.search(search())
    assert await limit.wait_s() == 1


@pytest.mark.parametrize(
    ("body", "opens"),
    [
        ({"error": "HTTP 403: Forbidden"}, True),
        ({"error": "HTTP 429: Too Many Requests"}, True),
        ({"error": LOST, "details": "Unexpected token"}, False),
        ({"error": "HTTP 404: Not Found"}, False),
    ],
)
async def test_only_what_asking_less_would_help_opens_the_breaker(
    connect: Open, body: Mapping[str, str], *, opens: bool
) -> None:
    provider = connect(saying(body, is_error=True))
    for _ in range(5):
        with pytest.raises(TripSageError):
            await provider.search(search())
    assert (provider.health[0].open_until is not None) is opens


async def test_a_probe_that_was_cancelled_leaves_the_next_call_to_probe(connect: Open) -> None:
    airbnb, clock = Moody(), Clock()
    provider = connect(airbnb, now=clock)
    airbnb.says = (DOWN, True)
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError):
            await provider.search(search())
    clock.time += timedelta(seconds=31)
    probing = asyncio.create_task(provider.search(search()))
    while provider.health[0].probe_until is None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    probing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probing
    airbnb.says = (raw_search(), False)
    assert (await provider.search(search())).stays


def queue(longest_wait_s: float) -> OutboundLimit:
    limiter = MemoryLimiter(monotonic=lambda: 0.0)
    return OutboundLimit(limiter, "airbnb", Rate(2, 20.0), longest_wait_s)


async def test_who_would_wait_too_long_is_sent_away_and_nothing_is_asked(connect: Open) -> None:
    airbnb = ScriptedAirbnb()
    provider = connect(airbnb, limit=queue(longest_wait_s=10))
    await provider.search(search())
    await provider.get("1", None)
    with pytest.raises(ProviderRateLimitedError) as raised:
        await provider.search(search())
    assert raised.value.retry_after_s == 20
    assert len(airbnb.calls) == 2
    assert provider.health[0].failures_in_a_row == 0


async def test_when_airbnb_says_too_many_everybody_waits(connect: Open) -> None:
    airbnb = saying({"error": "HTTP 429: Too Many Requests"}, is_error=True)
    provider = connect(airbnb, limit=queue(longest_wait_s=30))
    with pytest.raises(ProviderRateLimitedError):
        await provider.search(search())
    with pytest.raises(ProviderRateLimitedError) as raised:
        await provider.search(search())
    assert raised.value.retry_after_s == 60
    assert len(airbnb.calls) == 1


class Slow(ScriptedAirbnb):
    """Answers when it is let, and remembers how many it was asked at once."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()
        self.under_way = self.most_at_once = 0

    @override
    async def wait(self) -> None:
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await self.let.wait()
        self.under_way -= 1


async def test_no_more_are_asked_at_once_than_the_server_can_do(connect: Open) -> None:
    airbnb = Slow()
    provider = connect(airbnb)
    searches = [asyncio.create_task(provider.search(search())) for _ in range(6)]
    async with asyncio.timeout(20):
        while len(airbnb.calls) < MOST_AT_ONCE:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    with time_budget(0.05), pytest.raises(ProviderRateLimitedError):
        await provider.search(search())
    assert len(airbnb.calls) == MOST_AT_ONCE
    airbnb.let.set()
    assert all(found.stays for found in await asyncio.gather(*searches))
    assert len(airbnb.calls) == 6
    assert airbnb.most_at_once == MOST_AT_ONCE


async def test_a_server_that_does_not_answer_is_given_up_with_a_code_of_its_own(
    connect: Open,
) -> None:
    provider = connect(Slow(), timeout_s=0.05)
    with pytest.raises(ProviderTimeoutError) as raised:
        await provider.search(search())
    assert raised.value.retryable
    assert provider.health[0].last_error == "provider_timeout"


async def test_whoever_had_little_time_says_nothing_about_the_server(connect: Open) -> None:
    provider = connect(Slow())
    with time_budget(0.2), pytest.raises(ProviderUnavailableError, match="may take"):
        await provider.search(search())
    assert provider.health[0].failures_in_a_row == 0


async def test_without_a_server_every_live_call_says_what_to_do() -> None:
    provider = AirbnbStays(None, data="live")
    for call in (provider.search(search()), provider.get("1", None)):
        with pytest.raises(ProviderNotConfiguredError, match="TRIPSAGE_AIRBNB_SERVER") as raised:
            await call
        assert "--install-airbnb" in raised.value.message


async def test_a_tool_that_changed_is_noticed_before_it_is_called(connect: Open) -> None:
    tools: Mapping[str, Any] = ScriptedAirbnb().tools
    renamed = {"airbnb_find": tools["airbnb_search"], **dict([*tools.items()][1:])}
    airbnb = ScriptedAirbnb(tools=renamed)
    with pytest.raises(ProviderProtocolError, match="airbnb_search"):
        await connect(airbnb).search(search())
    assert airbnb.calls == []
