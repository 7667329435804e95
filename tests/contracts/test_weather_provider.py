"""The promises of WeatherProvider, checked against the fake, the adapter and the sandbox."""

import importlib
from collections.abc import AsyncGenerator
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes_places import LISBON_CENTRE, NOW, FakeWeather, at_now
from tripsage_mcp.infrastructure.http import ASGIApp
from tripsage_mcp.providers.ports import WeatherProvider
from tripsage_mcp.providers.weather import open_meteo

pytestmark = pytest.mark.anyio

TODAY = NOW.date()


async def _mild(request: Request) -> Response:
    first, last = (date.fromisoformat(request.query_params[k]) for k in ("start_date", "end_date"))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
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


@pytest.fixture(params=["fake", "open-meteo", "sandbox"])
async def provider(request: pytest.FixtureRequest) -> AsyncGenerator[WeatherProvider]:
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


@pytest.mark.parametrize("ahead", [0, 1, 14, 15, 16, 100, 360])
async def test_every_day_comes_once_in_order_with_its_kind(
    provider: WeatherProvider, ahead: int
) -> None:
    first = TODAY + timedelta(days=ahead)
    weather = await provider.daily(LISBON_CENTRE, first, first + timedelta(days=3))
    assert [day.day for day in weather.days] == [first + timedelta(days=n) for n in range(4)]
    for day in weather.days:
        assert day.kind == ("forecast" if day.day <= TODAY + timedelta(days=15) else "climatology")
        assert day.low_c <= day.high_c
        assert day.condition
    assert weather.time_zone == "Europe/Lisbon"
    assert weather.coordinates == LISBON_CENTRE
    assert (weather.years is not None) == any(d.kind == "climatology" for d in weather.days)
