"""The real Airbnb MCP server in a real child process, sent to a site of ours."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.airbnb_package import Site, installed, running_site
from tests.fakes_stays import search
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.errors import (
    ProviderBlockedError,
    ProviderChallengedError,
    ProviderChangedError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.mcp_client import Command, SupervisedMCPClient
from tripsage_mcp.infrastructure.robots import Robots
from tripsage_mcp.providers.stays.airbnb import AirbnbStays
from tripsage_mcp.providers.stays.airbnb_robots import USER_AGENT, search_urls
from tripsage_mcp.providers.stays.airbnb_server import AirbnbConfig, launch

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform == "win32", reason="ends children with POSIX signals"),
]

LISTING = "900000000000000001"

type Open = Callable[..., AirbnbStays]


@pytest.fixture(scope="module")
def script() -> Path:
    return installed()


@pytest.fixture(scope="module")
def other(script: Path) -> Path:
    """The server with another name for one argument."""
    changed = script.with_name("other.js")
    changed.write_text(script.read_text(encoding="utf-8").replace("propertyType: {", "kind: {"))
    return changed


@pytest.fixture(scope="module")
async def running(script: Path) -> AsyncGenerator[Site]:
    async with running_site() as site:
        yield site


@pytest.fixture
async def site(running: Site) -> Site:
    await running.behave()
    return running


def command(script: Path, site: Site, **env: str) -> Command:
    made = launch(AirbnbConfig(), script)
    return replace(made, env={**made.env, **site.env, **env})


@pytest.fixture
async def connect(script: Path, site: Site) -> AsyncGenerator[Open]:
    """A provider that heeds the site's robots.txt, as ours does unless the operator says no."""
    opened: list[AirbnbStays] = []

    def make(
        *, heed: bool = True, server: Path = script, env: dict[str, str] | None = None, **more: Any
    ) -> AirbnbStays:
        client = SupervisedMCPClient("airbnb", command(server, site, **(env or {})), **more)
        cache = Cache(MemoryKeyValue(), "robots")
        robots = Robots(open_client(site.url), USER_AGENT, cache) if heed else None
        opened.append(AirbnbStays(client, data="live", robots=robots))
        return opened[-1]

    yield make
    for provider in opened:
        await provider.aclose()
    assert nodes() == []


def nodes(of: int | None = None) -> list[int]:
    """Return the children that run the server, or did and were not seen off."""
    return [child.pid for child in psutil.Process(of).children() if is_server(child)]


def is_server(child: psutil.Process) -> bool:
    try:
        return any(part.endswith(".js") for part in child.cmdline())
    except psutil.ZombieProcess:
        return True
    except psutil.NoSuchProcess:
        return False


async def asked(site: Site, path: str, *, after: int) -> None:
    """Wait until the site was asked for `path`."""
    async with asyncio.timeout(20):
        while not any(path in request for request in (await site.requests())[after:]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def ended(pid: int) -> None:
    async with asyncio.timeout(15):
        # Nothing tells of the end of a child's child.
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_search_finds_listings_on_three_pages_and_then_ends(connect: Open) -> None:
    provider = connect()
    found = await provider.search(search())
    seen = [stay.listing_id for stay in found.stays]
    first = found.stays[0]
    assert first.name == "Sunny flat 0 near the river"
    assert first.price is not None
    assert str(first.price.total) == "320.00 USD"
    assert (first.rating, first.reviews, first.free_cancellation) == (4.8, 100, True)
    assert found.location_resolved
    assert found.resolved_area is not None
    assert Coordinates(38.7167, -9.1333) in found.resolved_area
    while found.next_cursor is not None:
        found = await provider.search(search(cursor=found.next_cursor))
        seen += [stay.listing_id for stay in found.stays]
    assert len(seen) == len(set(seen)) == 3 * 18
    assert found.skipped_rows == 0


async def test_every_argument_reaches_the_site(connect: Open, site: Site) -> None:
    before = len(await site.requests())
    await connect().search(search(children=1, pets=1, property_type="private_room"))
    asked_for = (await site.requests())[before:][-1]
    for part in (
        "/s/Lisbon--Portugal/homes",
        "checkin=2027-03-01",
        "checkout=2027-03-05",
        "adults=2",
        "children=1",
        "pets=1",
        "l2_property_type_ids%5B%5D=2",
    ):
        assert part in asked_for


async def test_details_are_read(connect: Open) -> None:
    details = await connect().get(LISTING, search())
    assert details.area == "Lisbon, Portugal"
    assert details.description == "Bright flat\nwith a view.\n\nThe space\nTwo rooms."
    assert details.amenities["Internet and office"] == ("Wifi (120 Mbps)",)
    assert details.missing == ("Dryer",)
    assert "No pets" in details.house_rules
    assert "price" in details.unknown


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("429", ProviderRateLimitedError),
        ("403", ProviderChallengedError),
        ("500", ProviderUnavailableError),
        ("captcha", ProviderChallengedError),
        ("handoff", ProviderChallengedError),
        ("badjson", ProviderChangedError),
        ("moved", ProviderChangedError),
        ("swapped", ProviderChangedError),
        ("noid", ProviderChangedError),
    ],
)
async def test_each_way_the_site_fails_has_its_own_code(
    connect: Open, site: Site, mode: str, error: type[TripSageError]
) -> None:
    provider = connect()
    await site.behave(mode)
    with pytest.raises(TripSageError) as raised:
        await provider.search(search())
    assert raised.type is error
    await site.behave()
    assert (await provider.search(search())).stays


async def test_nothing_found_is_empty_and_not_an_error(connect: Open, site: Site) -> None:
    await site.behave(count=0)
    found = await connect().search(search())
    assert (found.stays, found.next_cursor) == ((), None)


async def test_without_a_geocoder_the_place_counts_as_not_resolved(
    connect: Open, site: Site
) -> None:
    await site.behave(geo="down")
    found = await connect().search(search())
    assert not found.location_resolved
    assert found.stays


async def test_a_geocoder_that_hangs_costs_its_five_seconds_and_not_the_search(
    connect: Open, site: Site
) -> None:
    await site.behave(geo="hang")
    found = await connect().search(search())
    assert not found.location_resolved
    assert found.stays


async def test_a_file_that_forbids_something_else_allows_the_search(
    connect: Open, site: Site
) -> None:
    # Left to itself the server takes any robots.txt at all to forbid everything.
    before = len(await site.requests())
    assert (await connect().search(search())).stays
    asked_for = [request for request in (await site.requests())[before:] if "robots" in request]
    assert asked_for == ["127.0.0.1 /robots.txt"]


async def test_what_robots_forbid_is_not_asked_unless_the_operator_says_so(
    connect: Open, site: Site
) -> None:
    await site.behave(robots="real")
    before = len(await site.requests())
    with pytest.raises(ProviderBlockedError, match=r"robots\.txt") as raised:
        await connect().search(search())
    assert raised.value.hint is not None
    assert "TRIPSAGE_AIRBNB_IGNORE_ROBOTS" in raised.value.hint
    assert (await site.requests())[before:] == ["127.0.0.1 /robots.txt"]
    assert nodes() == []
    assert (await connect(heed=False).search(search())).stays


async def test_the_address_that_is_checked_is_the_one_that_is_fetched(
    connect: Open, site: Site
) -> None:
    asking = search(location="São Paulo, Brazil", children=1, pets=2)
    await connect().search(asking)
    fetched = (await site.requests())[-1].removeprefix("www.airbnb.com ")
    given = {
        "location": asking.location,
        "checkin": "2027-03-01",
        "checkout": "2027-03-05",
        **{name: getattr(asking, name) for name in ("adults", "children", "infants", "pets")},
    }
    path, _, query = fetched.partition("?")
    box = ("ne_lat", "ne_lng", "sw_lat", "sw_lng")
    without = "&".join(part for part in query.split("&") if not part.startswith(box))
    assert f"https://www.airbnb.com{path}?{without}" == search_urls(given)[1]


async def test_a_site_that_cannot_be_reached_is_unavailable(connect: Open) -> None:
    nowhere = {"STANDIN_URL": "http://127.0.0.1:1"}
    with pytest.raises(ProviderUnavailableError, match="cannot connect"):
        await connect(env=nowhere).search(search())


async def test_another_server_than_the_one_we_know_is_not_asked(
    connect: Open, other: Path, site: Site
) -> None:
    before = len(await site.requests())
    with pytest.raises(ProviderProtocolError, match="'airbnb_search' of its server has changed"):
        await connect(server=other).search(search())
    assert not [line for line in (await site.requests())[before:] if "/s/" in line]


async def test_a_site_that_hangs_is_given_up_in_time(connect: Open, site: Site) -> None:
    provider = connect(call_timeout_s=2.0)
    await provider.search(search())
    await site.behave("hang")
    with pytest.raises(ProviderTimeoutError, match="no answer in time"):
        await provider.search(search())
    await site.behave()
    assert (await provider.search(search())).stays


async def test_a_child_killed_during_a_call_fails_that_call_and_leaves_the_next_alone(
    connect: Open, site: Site
) -> None:
    provider = connect()
    await provider.search(search())
    (first,) = nodes()
    await site.behave("hang")
    before = len(await site.requests())
    hanging = asyncio.create_task(provider.search(search()))
    await asked(site, "/s/", after=before)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ProviderUnavailableError) as raised:
        await hanging
    assert raised.value.retryable
    await site.behave()
    assert (await provider.search(search())).stays
    await ended(first)
    # The first one is not even a zombie.
    (second,) = nodes()
    assert second != first
    assert not psutil.pid_exists(first)


_PARENT = """
import asyncio, json, sys
from tripsage_mcp.infrastructure.mcp_client import Command, SupervisedMCPClient

async def main():
    client = SupervisedMCPClient("airbnb", Command(**json.loads(sys.argv[1])))
    asking = {"location": "Lisbon", "checkin": "2027-03-01", "checkout": "2027-03-05"}
    await client.call("airbnb_search", asking)

asyncio.run(main())
"""


async def test_the_child_ends_when_we_are_killed_in_the_middle_of_a_call(
    script: Path, site: Site
) -> None:
    await site.behave("hang")
    before = len(await site.requests())
    how = json.dumps(asdict(command(script, site)))
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, how, stderr=subprocess.DEVNULL
    )
    await asked(site, "/s/", after=before)
    (child,) = nodes(parent.pid)
    parent.kill()
    await parent.wait()
    await ended(child)


async def test_the_child_ends_when_we_are_killed_while_it_starts(script: Path, site: Site) -> None:
    how = json.dumps(asdict(command(script, site)))
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, how, stderr=subprocess.DEVNULL
    )
    async with asyncio.timeout(30):
        while not nodes(parent.pid):  # noqa: ASYNC110 - nothing tells of a child's child
            await asyncio.sleep(0.01)
    (child,) = nodes(parent.pid)
    parent.kill()
    await parent.wait()
    await ended(child)
