from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.robots import Robots

pytestmark = pytest.mark.anyio

AGENT = "Mozilla/5.0 (X11) Chrome/120.0.0.0 Safari/537.36"
SITE = "https://www.example.com"
HOMES = f"{SITE}/s/Lisbon--Portugal/homes?adults=2"
ROOM = f"{SITE}/rooms/12?adults=2"


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Site:
    """Hands out one robots.txt, and counts who asked for it."""

    def __init__(self, *replies: httpx.Response | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


@asynccontextmanager
async def reading(
    site: Site, *, store: MemoryKeyValue | None = None, monotonic: Seconds | None = None
) -> AsyncGenerator[Robots]:
    seconds = monotonic or Seconds()
    cache = Cache(store or MemoryKeyValue(monotonic=seconds), "robots")
    client = open_client(
        SITE, headers={"user-agent": AGENT}, transport=httpx.MockTransport(site), timeout_s=5
    )
    robots = Robots(client, AGENT, cache, monotonic=seconds)
    yield robots
    await robots.aclose()


def says(text: str) -> Site:
    return Site(httpx.Response(200, text=text))


@pytest.mark.parametrize(
    ("text", "homes", "room"),
    [
        ("", "allowed", "allowed"),
        ("User-agent: *\nDisallow: /account\n", "allowed", "allowed"),
        ("User-agent: *\nDisallow: /s/*/homes\n", "disallowed", "allowed"),
        ("User-agent: *\nDisallow: /rooms/*?*\n", "allowed", "disallowed"),
        ("User-agent: *\nDisallow: /rooms/$\n", "allowed", "allowed"),
        ("User-agent: *\nDisallow: /\nAllow: /s/\n", "allowed", "disallowed"),
        ("User-agent: *\nDisallow: /s\nAllow: /s\n", "allowed", "allowed"),
        ("User-agent: otherbot\nDisallow: /\n", "allowed", "allowed"),
        ("User-agent: *\nDisallow:\n", "allowed", "allowed"),
        ("User-agent: a\nUser-agent: *\nDisallow: /rooms\n", "allowed", "disallowed"),
        ("# Disallow: /\nUser-agent: * # all\nDISALLOW: /rooms # mine", "allowed", "disallowed"),
        ("\ufeffUser-agent: *\nDisallow: /rooms", "allowed", "disallowed"),
    ],
)
async def test_the_longest_rule_for_us_decides(text: str, homes: str, room: str) -> None:
    async with reading(says(text)) as robots:
        assert await robots.check([HOMES]) == homes
        assert await robots.check([ROOM]) == room
        both = "allowed" if homes == room == "allowed" else "disallowed"
        assert await robots.check([HOMES, ROOM]) == both


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_a_site_that_has_no_such_file_forbids_nothing(status: int) -> None:
    async with reading(Site(httpx.Response(status, text="User-agent: *\nDisallow: /"))) as robots:
        assert await robots.check([HOMES]) == "allowed"


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500),
        httpx.Response(503),
        httpx.Response(304),
        httpx.Response(429),
        httpx.Response(200, text="\n <!DOCTYPE html><title>Are you a person?</title>"),
        httpx.ConnectError("dns"),
        httpx.ReadTimeout("slow"),
        httpx.Response(302, headers={"location": "/robots.txt"}),
    ],
)
async def test_a_site_that_cannot_be_asked_forbids_everything_and_is_soon_asked_again(
    failure: httpx.Response | Exception,
) -> None:
    site, seconds = Site(failure), Seconds()
    async with reading(site, monotonic=seconds) as robots:
        assert await robots.check([HOMES]) == "unreachable"
        asked = len(site.asked)
        assert await robots.check([HOMES]) == "unreachable"
        assert len(site.asked) == asked
        site.replies[:] = [httpx.Response(200, text="")]
        seconds.now += 61
        assert await robots.check([HOMES]) == "allowed"


async def test_the_file_is_kept_for_a_day_and_shared() -> None:
    site, seconds = says("User-agent: *\nDisallow: /s/"), Seconds()
    store = MemoryKeyValue(monotonic=seconds)
    async with (
        reading(site, store=store, monotonic=seconds) as robots,
        reading(site, store=store, monotonic=seconds) as other,
    ):
        assert await robots.check([HOMES]) == "disallowed"
        seconds.now += 23 * 3600
        assert await other.check([HOMES]) == "disallowed"
        assert len(site.asked) == 1
        seconds.now += 2 * 3600
        await robots.check([HOMES])
        assert len(site.asked) == 2


async def test_redirects_are_followed_to_another_site_too() -> None:
    moved = httpx.Response(301, headers={"location": "https://www.example.co.uk/robots.txt"})
    site = Site(moved, httpx.Response(200, text="User-agent: *\nDisallow: /s/"))
    async with reading(site) as robots:
        assert await robots.check([HOMES]) == "disallowed"
    assert [request.url.host for request in site.asked] == ["www.example.com", "www.example.co.uk"]
    assert {request.headers["user-agent"] for request in site.asked} == {AGENT}


async def test_of_an_endless_file_the_beginning_counts_without_the_line_that_is_cut() -> None:
    beginning = "User-agent: *\nDisallow: /rooms/\n"
    filling = "#" * (500 * 1024 - len(beginning) - len("\nDisallow: /s"))
    # The cut leaves `Disallow: /s` of a longer rule about something else.
    site = says(f"{beginning}{filling}\nDisallow: /settings\nDisallow: /\n")
    async with reading(site) as robots:
        assert await robots.check([HOMES]) == "allowed"
        assert await robots.check([ROOM]) == "disallowed"


async def test_bytes_that_are_no_text_break_nothing() -> None:
    site = Site(httpx.Response(200, content=b"\xff\xfe\x00User-agent: *\nDisallow: /rooms"))
    async with reading(site) as robots:
        assert await robots.check([HOMES]) == "allowed"
