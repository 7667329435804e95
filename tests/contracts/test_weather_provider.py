"""The promises of WeatherProvider, checked against the fake, the adapter and the sandbox."""

import importlib
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes_places import LISBON_CENTRE, NOW, FakeWeather, at_now
from tripsage_mcp.domain.sun import daylight
from tripsage_mcp.infrastructure.http import ASGIApp
from tripsage_mcp.providers.ports import WeatherProvider
from tripsage_mcp.providers.weather import open_meteo, openweather
from tripsage_mcp.providers.weather.in_order import WeatherInOrder

pytestmark = pytest.mark.anyio

TODAY = NOW.date()


async def _mild(request: Request) -> Response:
    first, last = (date.fromisoformat(request.query_params[k]) for k in ("start_date", "end_date"))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if "hourly" in request.query_params:
        midnight = datetime.combine(first, time(), ZoneInfo("Europe/Lisbon")).timestamp()
        seconds = [int(midnight) + 3600 * n for n in range(24 * len(days))]
        hourly = {"time": seconds, "temperature_2m": [10] * len(seconds)}
        return JSONResponse({"timezone": "Europe/Lisbon", "hourly": hourly})
    daily: dict[str, Any] = {"time": [day.isoformat() for day in days]}
    for variable in request.query_params["daily"].split(","):
        daily[variable] = [None if variable in {"sunrise", "sunset"} else 10] * len(days)
    return JSONResponse({"timezone": "Europe/Lisbon", "daily": daily})


def _upstream() -> tuple[ASGIApp, str, str]:
    app = Starlette(routes=[Route("/v1/forecast", _mild), Route("/v1/archive", _mild)])
    return app, "", ""


def _sandbox() -> tuple[ASGIApp, str, str]:
    try:
        world = importlib.import_module("tripsage_mcp.sandbox.app")
    except ModuleNotFoundError:
        pytest.skip("the sandbox application is not part of this checkout")
    app = world.build_app(seed=0, now=at_now)
    return app, "/open-meteo/forecast", "/open-meteo/archive"


def _openweather() -> openweather.OpenWeather:
    config = openweather.OpenWeatherConfig(
        base_url="http://world/open-weather", api_key=SecretStr("0" * 32)
    )
    return openweather.build(config, data="sandbox", now=at_now, app=_sandbox()[0])


@pytest.fixture(params=["fake", "open-meteo", "sandbox"])
async def far(request: pytest.FixtureRequest) -> AsyncGenerator[WeatherProvider]:
    """A source that knows every day within a year."""
    if request.param == "fake":
        yield FakeWeather()
        return
    app, forecast, archive = _upstream() if request.param == "open-meteo" else _sandbox()
    config = open_meteo.OpenMeteoConfig(
        forecast_url=f"http://world{forecast}", archive_url=f"http://world{archive}"
    )
    built = open_meteo.build(config, now=at_now, app=app)
    yield built
    await built.aclose()


@pytest.fixture(params=["fake", "sandbox", "openweather", "openweather then sandbox"])
async def near(request: pytest.FixtureRequest) -> AsyncGenerator[WeatherProvider]:
    """A source that knows the coming week, at least."""
    app, forecast, archive = _sandbox()
    config = open_meteo.OpenMeteoConfig(
        forecast_url=f"http://world{forecast}", archive_url=f"http://world{archive}"
    )
    first, second = _openweather(), open_meteo.build(config, now=at_now, app=app)
    yield {
        "fake": FakeWeather(),
        "sandbox": second,
        "openweather": first,
        "openweather then sandbox": WeatherInOrder((first, second)),
    }[request.param]
    await first.aclose()
    await second.aclose()


@pytest.mark.parametrize("ahead", [0, 1, 14, 15, 16, 100, 360])
async def test_every_day_comes_once_in_order_with_its_kind(
    far: WeatherProvider, ahead: int
) -> None:
    first = TODAY + timedelta(days=ahead)
    weather = await far.daily(LISBON_CENTRE, first, first + timedelta(days=3))
    assert [day.day for day in weather.days] == [first + timedelta(days=n) for n in range(4)]
    for day in weather.days:
        assert day.kind == ("forecast" if day.day <= TODAY + timedelta(days=15) else "climatology")
        assert day.low_c <= day.high_c
        assert day.condition
    assert weather.time_zone == "Europe/Lisbon"
    assert weather.coordinates == LISBON_CENTRE
    assert (weather.years is not None) == any(d.kind == "climatology" for d in weather.days)


async def test_the_coming_week_is_a_forecast_whoever_makes_it(near: WeatherProvider) -> None:
    weather = await near.daily(LISBON_CENTRE, TODAY, TODAY + timedelta(days=6))
    assert [day.day for day in weather.days] == [TODAY + timedelta(days=n) for n in range(7)]
    assert {day.kind for day in weather.days} == {"forecast"}
    assert all(day.low_c <= day.high_c for day in weather.days)
    assert "not stated" not in {day.condition for day in weather.days}
    assert (weather.time_zone, weather.years) == ("Europe/Lisbon", None)


async def test_hours_are_local_in_order_and_of_the_days_asked_for(near: WeatherProvider) -> None:
    tomorrow = TODAY + timedelta(days=1)
    found = await near.hourly(LISBON_CENTRE, tomorrow, tomorrow)
    assert [hour.at.hour for hour in found.hours] == list(range(24))
    assert {hour.at.date() for hour in found.hours} == {tomorrow}
    assert all(hour.at.utcoffset() is not None for hour in found.hours)
    assert "not stated" not in {hour.condition for hour in found.hours}
    assert found.time_zone == "Europe/Lisbon"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 10, 20, 12, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2027, 3, 25, 12, tzinfo=UTC), date(2027, 3, 29)),
    ],
)
async def test_after_clocks_have_changed_a_day_still_has_its_hours_and_its_sun(
    now: datetime, day: date
) -> None:
    config = open_meteo.OpenMeteoConfig(forecast_url="http://world/open-meteo/forecast")
    world = importlib.import_module("tripsage_mcp.sandbox.app")
    built = open_meteo.build(config, now=lambda: now, app=world.build_app(now=lambda: now))
    found = await built.hourly(LISBON_CENTRE, day, day)
    assert [hour.at.hour for hour in found.hours] == list(range(24))
    assert {hour.precipitation_mm is None for hour in found.hours} == {False}
    [told] = (await built.daily(LISBON_CENTRE, day, day)).days
    light = daylight(LISBON_CENTRE, day, ZoneInfo("Europe/Lisbon"))
    assert (told.sunrise, told.sunset) == (light.sunrise, light.sunset)
    await built.aclose()


async def test_where_the_forecast_does_not_reach_there_is_no_hour(near: WeatherProvider) -> None:
    later = TODAY + timedelta(days=60)
    assert (await near.hourly(LISBON_CENTRE, later, later)).hours == ()


async def test_days_beyond_the_first_source_come_from_the_next() -> None:
    app, forecast, archive = _sandbox()
    config = open_meteo.OpenMeteoConfig(
        forecast_url=f"http://world{forecast}", archive_url=f"http://world{archive}"
    )
    first, second = _openweather(), open_meteo.build(config, now=at_now, app=app)
    both = WeatherInOrder((first, second))
    soon, later = TODAY + timedelta(days=3), TODAY + timedelta(days=30)
    assert (await both.daily(LISBON_CENTRE, soon, soon)).provenance.source == "openweather"
    assert (await both.daily(LISBON_CENTRE, later, later)).provenance.source == "open-meteo"
    await first.aclose()
    await second.aclose()
