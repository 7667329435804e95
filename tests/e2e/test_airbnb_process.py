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
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.mcp_client import Command, SupervisedMCPClient
from tripsage_mcp.providers.stays.airbnb import AirbnbConfig, AirbnbStays, build, launch

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
async def running(script: Path) -> AsyncGenerator[Site]:
    async with running_site() as site:
        yield site


@pytest.fixture
async def site(running: Site) -> Site:
    await running.behave()
    return running


def command(script: Path, site: Site, *, ignore_robots: bool = True) -> Command:
    made = launch(AirbnbConfig(server=script, ignore_robots=ignore_robots))
    return replace(made, env={**made.env, **site.env})


@pytest.fixture
async def connect(script: Path, site: Site) -> AsyncGenerator[Open]:
    opened: list[SupervisedMCPClient] = []

    def make(*, ignore_robots: bool = True, **settings: Any) -> AirbnbStays:
        how = command(script, site, ignore_robots=ignore_robots)
        opened.append(SupervisedMCPClient("airbnb", how, **settings))
        config = AirbnbConfig(server=script, ignore_robots=ignore_robots)
        return build(config, opened[-1])

    yield make
    for client in opened:
        await client.aclose()
    assert nodes() == []


def nodes(of: int | None = None) -> list[int]:
    parent = psutil.Process(of)
    return [child.pid for child in parent.children() if "node" in child.name()]


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
    await connect().search(
        search(children=1, pets=1, min_price=50, max_price=90, property_type="private_room")
    )
    asked_for = (await site.requests())[before:][-1]
    for part in (
        "/s/Lisbon--Portugal/homes",
        "checkin=2027-03-01",
        "checkout=2027-03-05",
        "adults=2",
        "children=1",
        "pets=1",
        "price_min=50",
        "price_max=90",
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
        ("403", ProviderBlockedError),
        ("500", ProviderUnavailableError),
        ("captcha", ProviderBlockedError),
        ("handoff", ProviderBlockedError),
        ("badjson", ProviderProtocolError),
        ("moved", ProviderProtocolError),
        ("noid", ProviderProtocolError),
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


async def test_robots_are_respected_unless_the_operator_says_otherwise(
    connect: Open, site: Site
) -> None:
    with pytest.raises(ProviderBlockedError, match=r"robots\.txt") as raised:
        await connect(ignore_robots=False).search(search())
    assert raised.value.hint is not None
    assert "TRIPSAGE_AIRBNB_IGNORE_ROBOTS" in raised.value.hint


async def test_a_site_that_hangs_is_given_up_in_time(connect: Open, site: Site) -> None:
    provider = connect(call_timeout_s=2.0)
    await provider.search(search())
    await site.behave("hang")
    with pytest.raises(ProviderUnavailableError, match="no answer in time"):
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
    (second,) = nodes()
    assert second != first


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
