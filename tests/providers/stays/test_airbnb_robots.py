import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes_stays import ScriptedAirbnb, search
from tests.providers.stays.conftest import Open
from tripsage_mcp.errors import ProviderBlockedError, ProviderUnavailableError
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.robots import Robots
from tripsage_mcp.providers.stays.airbnb import build
from tripsage_mcp.providers.stays.airbnb_robots import USER_AGENT, listing_urls, search_urls
from tripsage_mcp.providers.stays.airbnb_server import AirbnbConfig

pytestmark = pytest.mark.anyio

SITE = "https://www.airbnb.com"


@asynccontextmanager
async def robots(
    text: str, status: int = 200, *, transport: httpx.MockTransport | None = None
) -> AsyncGenerator[Robots]:
    transport = transport or httpx.MockTransport(lambda _request: httpx.Response(status, text=text))
    yield Robots(
        open_client(SITE, transport=transport), USER_AGENT, Cache(MemoryKeyValue(), "robots")
    )


async def test_what_the_file_allows_is_asked_and_what_it_forbids_is_not(connect: Open) -> None:
    airbnb = ScriptedAirbnb()
    async with robots("User-agent: *\nDisallow: /rooms/*?*\n") as rules:
        provider = connect(airbnb, robots=rules)
        assert (await provider.search(search())).stays
        with pytest.raises(ProviderBlockedError, match=r"robots\.txt does not allow") as raised:
            await provider.get("1", search())
    assert raised.value.hint is not None
    assert "TRIPSAGE_AIRBNB_IGNORE_ROBOTS" in raised.value.hint
    assert [tool for tool, _ in airbnb.calls] == ["airbnb_search"]
    assert provider.health[0].last_error == "provider_blocked"
    assert provider.health[0].open_until is None


async def test_a_file_that_cannot_be_read_forbids_everything(connect: Open) -> None:
    airbnb = ScriptedAirbnb()
    async with robots("", status=503) as rules:
        provider = connect(airbnb, robots=rules)
        with pytest.raises(ProviderUnavailableError, match="cannot be read") as raised:
            await provider.search(search())
    assert raised.value.retryable
    assert raised.value.retry_after_s == 60
    assert not raised.value.may_have_acted
    assert provider.health[0].failures_in_a_row == 1
    assert airbnb.calls == []


async def test_whoever_has_no_time_for_the_file_is_told_of_the_time(connect: Open) -> None:
    async def silent(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise NotImplementedError

    transport = httpx.MockTransport(silent)
    async with robots("", transport=transport) as rules:
        provider = connect(ScriptedAirbnb(), robots=rules)
        with (
            time_budget(0.01),
            pytest.raises(ProviderUnavailableError, match=r"^airbnb: .*may take"),
        ):
            await provider.search(search())
    assert provider.health[0].failures_in_a_row == 0


async def test_a_rule_about_the_box_on_the_map_is_heeded_before_there_is_one(
    connect: Open,
) -> None:
    async with robots("User-agent: *\nDisallow: /*ne_lat=\n") as rules:
        with pytest.raises(ProviderBlockedError):
            await connect(ScriptedAirbnb(), robots=rules).search(search())


async def test_nothing_that_is_asked_carries_a_word_on_robots(connect: Open) -> None:
    airbnb = ScriptedAirbnb()
    provider = connect(airbnb)
    await provider.search(search())
    await provider.get("1", search())
    assert not any("ignoreRobotsText" in arguments for _, arguments in airbnb.calls)


async def test_only_the_operators_setting_leaves_the_check_out() -> None:
    rules = Cache(MemoryKeyValue(), "robots")
    for ignore in (True, False):
        provider = build(AirbnbConfig(ignore_robots=ignore), Path("index.js"), rules)
        checked = vars(vars(provider)["_calls"])["_robots"] is not None
        assert checked is not ignore
        await provider.aclose()


async def test_closing_gives_back_the_connection_to_the_site(connect: Open) -> None:
    async with robots("") as rules:
        provider = connect(ScriptedAirbnb(), robots=rules)
        await provider.search(search())
        await provider.aclose()
        assert vars(rules)["_client"].is_closed


def test_the_addresses_are_those_the_server_makes() -> None:
    given = {
        "location": "São Paulo,  Brazil",
        "checkin": "2027-03-01",
        "checkout": "2027-03-05",
        "adults": 2,
        "children": 0,
        "infants": 0,
        "pets": 1,
        "minPrice": 50,
        "propertyType": "private_room",
        "cursor": "eyJ=",
    }
    with_box, without = search_urls(given)
    assert without == (
        f"{SITE}/s/S%C3%A3o-Paulo--Brazil/homes?checkin=2027-03-01&checkout=2027-03-05&adults=2"
        "&children=0&infants=0&pets=1&price_min=50&l2_property_type_ids%5B%5D=2&cursor=eyJ%3D"
    )
    assert "/homes?ne_lat=0.0000000&ne_lng=" in with_box
    assert listing_urls({"id": "12"}) == (f"{SITE}/rooms/12?adults=1&children=0&infants=0&pets=0",)
    dated = {"id": "12", "checkin": "2027-03-01", "checkout": "2027-03-05", "adults": 3}
    assert listing_urls(dated)[0].startswith(
        f"{SITE}/rooms/12?check_in=2027-03-01&check_out=2027-03-05&adults=3&children=0"
    )
