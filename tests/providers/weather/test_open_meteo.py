from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.fakes_places import NOW, at_now
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.weather import WeatherHour
from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import JSONClient, open_client
from tripsage_mcp.providers.weather import open_meteo
from tripsage_mcp.providers.weather.open_meteo import OpenMeteoWeather, explain
from tripsage_mcp.providers.weather.wmo import words

pytestmark = pytest.mark.anyio

type Handler = Callable[[httpx.Request], httpx.Response]
SCHEMAS = Path(__file__).parents[3] / "../shared/reference/schemas"
LISBON = Coordinates(38.7167, -9.1333)
TODAY = NOW.date()
HORIZON = TODAY + timedelta(days=15)


async def no_wait(_seconds: float) -> None:
    return


def provider(handler: Handler) -> OpenMeteoWeather:
    def client(base_url: str) -> JSONClient:
        opened = open_client(base_url, transport=httpx.MockTransport(handler))
        return JSONClient("open-meteo", opened, explain=explain, now=at_now, sleep=no_wait)

    return OpenMeteoWeather(
        client("https://forecast.test"), client("https://archive.test"), data="live", now=at_now
    )


def replies(status: int, **kwargs: Any) -> Handler:
    return lambda _request: httpx.Response(status, **kwargs)


def days_of(request: httpx.Request) -> list[date]:
    first, last = (date.fromisoformat(request.url.params[k]) for k in ("start_date", "end_date"))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def answer(days: Sequence[date], **variables: Sequence[object]) -> httpx.Response:
    daily = {"time": [day.isoformat() for day in days]} | {k: list(v) for k, v in variables.items()}
    return httpx.Response(200, json={"timezone": "Europe/Lisbon", "daily": daily})


def world(seen: list[httpx.Request]) -> Handler:
    """Both hosts, with the limits of the real ones."""

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        days = days_of(request)
        n = len(days)
        if request.url.host == "archive.test":
            assert days[-1] <= TODAY - timedelta(days=5)
            return answer(
                days,
                temperature_2m_max=[20.0] * n,
                temperature_2m_min=[12.0] * n,
                precipitation_sum=[0.0] * n,
            )
        assert TODAY - timedelta(days=92) <= days[0]
        assert days[-1] <= HORIZON
        return answer(
            days,
            weather_code=[61] * n,
            temperature_2m_max=[17.3] * n,
            temperature_2m_min=[11.1] * n,
            precipitation_sum=[2.4] * n,
            precipitation_probability_max=[65] * n,
            wind_speed_10m_max=[18.0] * n,
            apparent_temperature_max=[16.2] * n,
            apparent_temperature_min=[8.4] * n,
        )

    return handler


async def test_the_coming_days_are_a_forecast_in_one_request() -> None:
    seen: list[httpx.Request] = []
    weather = await provider(world(seen)).daily(LISBON, TODAY, TODAY + timedelta(days=2))

    [request] = seen
    assert (request.url.host, request.url.path) == ("forecast.test", "/v1/forecast")
    assert dict(request.url.params) == {
        "latitude": "38.7167",
        "longitude": "-9.1333",
        "daily": (
            "weather_code,temperature_2m_max,temperature_2m_min,precipitation_sum,"
            "precipitation_probability_max,wind_speed_10m_max,wind_gusts_10m_max,"
            "apparent_temperature_max,apparent_temperature_min"
        ),
        "timezone": "auto",
        "start_date": "2026-11-22",
        "end_date": "2026-11-24",
    }
    first = weather.days[0]
    assert (first.condition, first.high_c, first.low_c) == ("light rain", 17.3, 11.1)
    assert (first.precipitation_probability, first.precipitation_mm, first.wind_kmh) == (
        65,
        2.4,
        18,
    )
    assert (first.feels_high_c, first.feels_low_c) == (16.2, 8.4)
    assert first.sunrise is not None
    assert first.sunrise.isoformat() == "2026-11-22T07:26:00+00:00"
    assert first.sunrise.tzinfo == ZoneInfo("Europe/Lisbon")
    assert [day.kind for day in weather.days] == ["forecast"] * 3
    assert weather.years is None
    assert weather.provenance.attribution == "Weather data by Open-Meteo.com"
    assert weather.provenance.expires_at == NOW + timedelta(hours=1)


async def test_the_far_future_is_climatology_of_ten_years() -> None:
    seen: list[httpx.Request] = []
    first = date(2027, 5, 10)
    weather = await provider(world(seen)).daily(LISBON, first, first + timedelta(days=3))

    assert {request.url.path for request in seen} == {"/v1/archive"}
    assert sorted(request.url.params["start_date"] for request in seen) == [
        f"{year}-05-07" for year in range(2017, 2027)
    ]
    assert [(day.kind, day.high_c, day.condition) for day in weather.days] == [
        ("climatology", 20.0, "usually dry")
    ] * 4
    assert weather.years == 10
    assert weather.time_zone == "Europe/Lisbon"


async def test_a_range_beyond_the_forecast_gets_both_kinds_and_every_day_once() -> None:
    seen: list[httpx.Request] = []
    first, last = HORIZON - timedelta(days=1), HORIZON + timedelta(days=2)
    weather = await provider(world(seen)).daily(LISBON, first, last)

    assert [(day.day, day.kind) for day in weather.days] == [
        (first, "forecast"),
        (HORIZON, "forecast"),
        (HORIZON + timedelta(days=1), "climatology"),
        (last, "climatology"),
    ]
    assert sum(request.url.host == "forecast.test" for request in seen) == 1
    assert weather.provenance.expires_at == NOW + timedelta(hours=1)


async def test_a_day_the_models_do_not_reach_yet_is_climatology() -> None:
    real = world([])

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "archive.test":
            return real(request)
        days = days_of(request)
        temperatures = [10.0] * (len(days) - 1) + [None]
        return answer(days, temperature_2m_max=temperatures, temperature_2m_min=temperatures)

    weather = await provider(handler).daily(LISBON, HORIZON - timedelta(days=1), HORIZON)
    assert [day.kind for day in weather.days] == ["forecast", "climatology"]


async def test_nulls_are_unknown_and_a_sun_that_does_not_rise_has_no_time() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        days = days_of(request)
        return answer(
            days,
            weather_code=[None],
            temperature_2m_max=[-12.0],
            temperature_2m_min=[-20.0],
            precipitation_sum=[None],
            precipitation_probability_max=[None],
        )

    [day] = (await provider(handler).daily(Coordinates(85, -9), TODAY, TODAY)).days
    assert (day.condition, day.high_c) == ("not stated", -12.0)
    assert (day.precipitation_probability, day.precipitation_mm, day.wind_kmh) == (None, None, None)
    assert (day.sunrise, day.sunset) == (None, None)


async def test_amounts_are_told_to_a_tenth() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        warm = {"temperature_2m_max": [1.0], "temperature_2m_min": [1.0]}
        return answer(days_of(request), **warm, precipitation_sum=[24.43])

    [day] = (await provider(handler).daily(LISBON, TODAY, TODAY)).days
    assert day.precipitation_mm == 24.4


def refuses(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def refusal(status: int, reason: str = "SECRET") -> Handler:
    return replies(status, json={"error": True, "reason": reason})


@pytest.mark.parametrize("first", [TODAY, date(2027, 5, 10)])
@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (refusal(400), ProviderRejectedError),
        (replies(404, text="x"), ProviderRejectedError),
        (refusal(429), ProviderRateLimitedError),
        (replies(429, text="<html>"), ProviderRateLimitedError),
        (refusal(503), ProviderUnavailableError),
        (replies(200, text="<html>"), ProviderProtocolError),
        (replies(200, json={"timezone": "Europe/Lisbon"}), ProviderProtocolError),
        (
            replies(200, json={"timezone": "Europe/Lisbon", "daily": {"time": []}}),
            ProviderProtocolError,
        ),
        (refuses, ProviderUnavailableError),
    ],
)
async def test_every_refusal_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError], first: date
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).daily(LISBON, first, first)
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "wait_s"),
    [
        ("Minutely API request limit exceeded. Please try again in one minute.", 60),
        ("Hourly API request limit exceeded. Please try again in the next hour.", 3600),
        ("Daily API request limit exceeded. Please try again tomorrow.", 86400),
        ("Too many concurrent requests", 2),
        ("something new", 60),
    ],
)
async def test_a_limit_without_retry_after_is_waited_for_as_long_as_its_name_says(
    reason: str, wait_s: float
) -> None:
    with pytest.raises(ProviderRateLimitedError) as caught:
        await provider(refusal(429, reason)).daily(LISBON, TODAY, TODAY)
    assert caught.value.retry_after_s == wait_s


async def test_an_unknown_time_zone_is_not_guessed() -> None:
    body = {"timezone": "Mars/Olympus", "daily": {"time": ["2026-11-22"]}}
    with pytest.raises(ProviderProtocolError):
        await provider(replies(200, json=body)).daily(LISBON, TODAY, TODAY)


async def test_build_reaches_the_configured_addresses_in_process() -> None:
    paths: set[str] = set()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        paths.add(scope["path"])
        await send({"type": "http.response.start", "status": 429, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = open_meteo.OpenMeteoConfig(
        forecast_url="http://world/forecast", archive_url="http://world/archive"
    )
    built = open_meteo.build(config, data="sandbox", now=at_now, app=app)
    for first in (TODAY, date(2027, 5, 10)):
        with pytest.raises(ProviderRateLimitedError):
            await built.daily(LISBON, first, first)
    await built.aclose()
    assert paths == {"/forecast/v1/forecast", "/archive/v1/archive"}
    assert {health.last_error for health in built.health} == {"provider_rate_limited"}


@pytest.mark.parametrize(
    ("code", "expected"), [(0, "clear"), (65, "heavy rain"), (42, "not stated")]
)
def test_weather_codes_are_plain_words(code: int, expected: str) -> None:
    assert words(code) == expected


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        ("openmeteo_forecast.yml", open_meteo.FORECAST_VARIABLES),
        ("openmeteo_archive.yml", open_meteo.ARCHIVE_VARIABLES),
    ],
)
def test_every_variable_asked_for_is_documented(file: str, variables: tuple[str, ...]) -> None:
    documented = SCHEMAS / file
    if not documented.exists():
        pytest.skip("Open-Meteo's API description is not beside this checkout")
    lines = {
        line.strip().lstrip("- ").rstrip(":")
        for line in documented.read_text(encoding="utf-8").splitlines()
    }
    assert set(variables) <= lines


def by_the_hour(start: datetime, **variables: Sequence[object]) -> Handler:
    count = len(next(iter(variables.values())))
    seconds = [int(start.timestamp()) + 3600 * n for n in range(count)]
    hourly = {"time": seconds} | {name: list(values) for name, values in variables.items()}
    return replies(200, json={"timezone": "Europe/Lisbon", "hourly": hourly})


async def test_hours_are_asked_for_as_moments_and_told_by_the_local_clock() -> None:
    seen: list[httpx.Request] = []
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    answers = by_the_hour(
        midnight,
        temperature_2m=[11.0, None, 12.0],
        # Theirs are of the hour that ends then.
        precipitation_probability=[90, 40.4, 50],
        precipitation=[9.9, 0.34, 0],
        weather_code=[61, 0, None],
        wind_speed_10m=[9.5, 1, None],
    )

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answers(request)

    found = await provider(handler).hourly(LISBON, TODAY, TODAY)
    [request] = seen
    assert request.url.params["timeformat"] == "unixtime"
    assert "daily" not in request.url.params
    dates = [request.url.params[name] for name in ("start_date", "end_date")]
    assert dates == ["2026-11-21", "2026-11-23"]
    assert found.hours == (
        WeatherHour(midnight, "light rain", 11.0, 40, 0.3, 9.5),
        WeatherHour(midnight + timedelta(hours=2), "not stated", 12.0),
    )
    assert found.hours[0].at.tzinfo == ZoneInfo("Europe/Lisbon")
    assert found.time_zone == "Europe/Lisbon"


async def test_the_hour_that_comes_twice_is_told_twice() -> None:
    # Lisbon's clocks go back on 25 October 2026, from 02:00 to 01:00.
    midnight = datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Lisbon"))
    found = await provider(by_the_hour(midnight, temperature_2m=[10.0] * 25)).hourly(
        LISBON, midnight.date(), midnight.date()
    )
    assert [hour.at.hour for hour in found.hours] == [0, 1, 1, *range(2, 24)]


async def test_beyond_the_forecast_there_is_no_hour() -> None:
    handler = by_the_hour(datetime(2026, 12, 7, tzinfo=UTC), temperature_2m=[10.0] * 24)
    later = HORIZON + timedelta(days=30)
    assert (await provider(handler).hourly(LISBON, later, later)).hours == ()


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (refusal(400), ProviderRejectedError),
        (refusal(503), ProviderUnavailableError),
        (replies(200, json={"timezone": "Europe/Lisbon"}), ProviderProtocolError),
        (
            replies(200, json={"timezone": "Mars/Olympus", "hourly": {"time": []}}),
            ProviderProtocolError,
        ),
        (refuses, ProviderUnavailableError),
    ],
)
async def test_a_refusal_of_the_hours_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).hourly(LISBON, TODAY, TODAY)
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)
