"""Which sources of facts answer, in which order, by mode, key and the operator's wish."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.fakes_places import LISBON_CENTRE, NOW, at_now
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.limits import MemoryLimiter
from tripsage_mcp.infrastructure.mcp_client import InMemory
from tripsage_mcp.providers import destination_catalog
from tripsage_mcp.providers.catalog import Opened, Sandbox, Setting
from tripsage_mcp.sandbox.app import build_app
from tripsage_mcp.sandbox.paths import BASE_PATHS

pytestmark = pytest.mark.anyio

TODAY = NOW.date()
KEY, FIRST = "TRIPSAGE_OPENWEATHER_API_KEY", "TRIPSAGE_OPENWEATHER_FIRST"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (KEY, FIRST):
        monkeypatch.delenv(name, raising=False)


def setting(mode: Literal["demo", "live"], folder: Path) -> Setting:
    urls = {name: f"http://world{path}" for name, path in BASE_PATHS.items()}
    sandbox = Sandbox(app=build_app(now=at_now), urls=urls, airbnb=InMemory(object))
    return Setting(mode, sandbox, at_now, MemoryLimiter(), MemoryKeyValue(), folder)


def order(opened: tuple[Opened[Any], ...]) -> list[tuple[str, str | None]]:
    return [(each.name, each.data) for each in opened]


@pytest.mark.parametrize(
    ("mode", "given", "expected"),
    [
        ("demo", {}, [("open-meteo", "sandbox")]),
        ("live", {}, [("open-meteo", "live")]),
        ("live", {KEY: "k" * 32}, [("open-meteo", "live"), ("openweather", "live")]),
        (
            "live",
            {KEY: "k" * 32, FIRST: "true"},
            [("openweather", "live"), ("open-meteo", "live")],
        ),
        # What is real goes before what is invented.
        ("demo", {KEY: "k" * 32}, [("openweather", "live"), ("open-meteo", "sandbox")]),
        ("demo", {FIRST: "true"}, [("openweather", "sandbox"), ("open-meteo", "sandbox")]),
        ("live", {FIRST: "true"}, [("openweather", None), ("open-meteo", "live")]),
    ],
)
async def test_sources_of_weather_by_key_and_wish(
    mode: Literal["demo", "live"],
    given: dict[str, str],
    expected: list[tuple[str, str | None]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    opened = destination_catalog.weather_in_order(setting(mode, tmp_path))
    assert order(opened) == expected
    for each in opened:
        await each.close()


async def test_in_the_demo_the_twin_of_openweather_answers_where_it_is_wished_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FIRST, "true")
    opened = destination_catalog.weather_in_order(setting("demo", tmp_path))
    source = destination_catalog.joined(opened)
    near = await source.daily(LISBON_CENTRE, TODAY, TODAY)
    far = await source.daily(LISBON_CENTRE, TODAY, TODAY + timedelta(days=20))
    assert (near.provenance.source, near.provenance.data) == ("openweather", "sandbox")
    assert (far.provenance.source, far.provenance.data) == ("open-meteo", "sandbox")
    for each in opened:
        await each.close()


@pytest.mark.parametrize("mode", ["demo", "live"])
async def test_what_needs_no_key_is_live_in_live_mode_and_nowhere_else(
    mode: Literal["demo", "live"], tmp_path: Path
) -> None:
    given = setting(mode, tmp_path)
    opened: list[Opened[Any]] = [
        *(build(given) for build in destination_catalog.TODAYS_RATES.values()),
        *(build(given) for build in destination_catalog.ADVISORIES.values()),
    ]
    assert {each.data for each in opened} == {"live" if mode == "live" else "sandbox"}
    assert {each.variable for each in opened} == {None}
    assert [each.name for each in opened] == ["frankfurter", "travel.state.gov", "gov.uk"]
    for each in opened:
        assert len(each.limits) == 1
        assert len(each.health()) == 1
        await each.close()


async def test_in_the_demo_rates_and_advice_say_that_they_are_invented(tmp_path: Path) -> None:
    given = setting("demo", tmp_path)
    rates = destination_catalog.TODAYS_RATES["frankfurter"](given)
    rate = await rates.provider.rate("EUR", "JPY")
    assert rate is not None
    assert rate.data == "sandbox"
    await rates.close()
    for build in destination_catalog.ADVISORIES.values():
        issuer = build(given)
        assert (await issuer.provider.on("JP")).provenance.data == "sandbox"
        await issuer.close()
