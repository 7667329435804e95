from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import SecretStr

from tests.fakes_places import NOW, at_now
from tests.providers.upstream import FAILURES, Handler, client, replies
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.errors import (
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRejectedError,
    TripSageError,
)
from tripsage_mcp.providers.weather.openweather import PROVIDER, OpenWeather, explain

pytestmark = pytest.mark.anyio

LISBON = Coordinates(38.7167, -9.1333)
ZONE = ZoneInfo("Europe/Lisbon")
TODAY = NOW.date()
KEY = SecretStr("SECRETSECRETSECRETSECRETSECRET00")


def provider(handler: Handler, key: SecretStr | None = KEY) -> OpenWeather:
    return OpenWeather(client(PROVIDER, handler, explain), key, data="live", now=at_now)


def noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=ZONE).timestamp())


def raw_day(day: date, **changes: Any) -> dict[str, Any]:
    return {
        "dt": noon(day),
        "sunrise": noon(day) - 4 * 3600,
        "sunset": noon(day) + 5 * 3600,
        "summary": "Expect a day",
        "temp": {"day": 16, "min": 11.1, "max": 17.3, "night": 12, "eve": 15, "morn": 11.5},
        "feels_like": {"day": 15.5, "night": 11.0, "eve": 14.0, "morn": 10.2},
        "weather": [{"id": 500, "main": "Rain", "description": "light rain", "icon": "10d"}],
        "pop": 0.65,
        "rain": 2.44,
        "wind_speed": 5.0,
        "wind_gust": 10.0,
    } | changes


def answer(**parts: Any) -> dict[str, Any]:
    return {"lat": 38.7, "lon": -9.1, "timezone": "Europe/Lisbon", "timezone_offset": 0} | parts


def eight_days(**parts: Any) -> Handler:
    days = [raw_day(TODAY + timedelta(days=n)) for n in range(8)]
    return replies(200, json=answer(daily=days, **parts))


async def test_one_request_asks_for_the_days_in_metric_units() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return eight_days()(request)

    weather = await provider(handler).daily(LISBON, TODAY, TODAY + timedelta(days=1))
    [request] = seen
    assert request.url.path == "/data/3.0/onecall"
    assert dict(request.url.params) == {
        "lat": "38.7167",
        "lon": "-9.1333",
        "exclude": "current,minutely,hourly",
        "units": "metric",
        "lang": "en",
        "appid": KEY.get_secret_value(),
    }
    assert weather.days[0] == WeatherDay(
        TODAY,
        "light rain",
        17.3,
        11.1,
        65,
        2.4,
        18.0,
        datetime(2026, 11, 22, 8, tzinfo=ZONE),
        datetime(2026, 11, 22, 17, tzinfo=ZONE),
        gust_kmh=36.0,
        feels_high_c=15.5,
        feels_low_c=10.2,
    )
    assert [day.day for day in weather.days] == [TODAY, TODAY + timedelta(days=1)]
    assert (weather.time_zone, weather.years, weather.alerts) == ("Europe/Lisbon", None, ())
    assert weather.provenance.source == "openweather"
    assert weather.provenance.attribution == "Weather data provided by OpenWeather"


async def test_what_is_left_out_is_unknown_and_no_rain_is_none() -> None:
    bare = {"dt": noon(TODAY), "temp": {"min": -5, "max": -1}, "snow": 3.2}
    weather = await provider(replies(200, json=answer(daily=[bare]))).daily(LISBON, TODAY, TODAY)
    assert weather.days == (WeatherDay(TODAY, "not stated", -1.0, -5.0, None, 3.2),)


@pytest.mark.parametrize("ahead", [8, 9, 100])
async def test_beyond_its_reach_it_says_so(ahead: int) -> None:
    last = TODAY + timedelta(days=ahead)
    with pytest.raises(ProviderRejectedError, match="reaches 8 days"):
        await provider(eight_days()).daily(LISBON, TODAY, last)


async def test_far_beyond_its_reach_it_is_not_asked() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    with pytest.raises(ProviderRejectedError):
        await provider(handler).daily(LISBON, TODAY, TODAY + timedelta(days=9))


async def test_warnings_name_who_warns_and_only_those_of_the_days_are_told() -> None:
    def alert(day: date, **changes: Any) -> dict[str, Any]:
        return {
            "sender_name": "IPMA",
            "event": "Yellow wind warning",
            "start": noon(day),
            "end": noon(day) + 3600,
            "description": "Strong\u202e gusts\non the coast",
            "tags": ["Wind"],
        } | changes

    told = [
        alert(TODAY + timedelta(days=3)),
        alert(TODAY + timedelta(days=1), description="", sender_name=" "),
        alert(TODAY, event="x" * 300, description="y" * 900),
    ]
    weather = await provider(eight_days(alerts=told)).daily(
        LISBON, TODAY, TODAY + timedelta(days=1)
    )
    first, second = weather.alerts
    assert (first.starts, first.sender) == (datetime(2026, 11, 22, 12, tzinfo=ZONE), "IPMA")
    assert len(first.event) <= 80
    assert len(first.text or "") <= 240
    assert (second.sender, second.text) == ("not stated", None)
    [third] = (
        await provider(eight_days(alerts=told[:1])).daily(LISBON, TODAY, TODAY + timedelta(days=7))
    ).alerts
    assert third.text == "Strong gusts on the coast"


async def test_hours_are_local_and_of_the_days_asked_for() -> None:
    start = datetime(2026, 11, 22, 12, tzinfo=UTC)
    hours = [
        {
            "dt": int((start + timedelta(hours=n)).timestamp()),
            "temp": 14.2,
            "weather": [{"id": 804}],
            "pop": 0.2,
            "rain": {"1h": 0.34},
            "wind_speed": 2.0,
        }
        for n in range(48)
    ]
    us = provider(replies(200, json=answer(hourly=hours)))
    found = await us.hourly(LISBON, TODAY, TODAY)
    assert [hour.at.hour for hour in found.hours] == list(range(12, 24))
    first = found.hours[0]
    assert (first.condition, first.temperature_c) == ("overcast", 14.2)
    assert (first.precipitation_probability, first.precipitation_mm, first.wind_kmh) == (
        20,
        0.3,
        7.2,
    )
    later = TODAY + timedelta(days=5)
    assert (await us.hourly(LISBON, later, later)).hours == ()


async def test_without_a_key_it_says_what_to_set() -> None:
    with pytest.raises(ProviderNotConfiguredError) as caught:
        await provider(eight_days(), None).daily(LISBON, TODAY, TODAY)
    assert caught.value.variable == "TRIPSAGE_OPENWEATHER_API_KEY"


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        *FAILURES,
        (
            replies(401, json={"cod": 401, "message": "Invalid API key SECRET"}),
            ProviderRejectedError,
        ),
        (replies(400, json={"cod": "400", "message": "SECRET"}), ProviderRejectedError),
        (replies(404, json={"cod": "404", "message": "SECRET"}), ProviderRejectedError),
        (replies(200, json=answer(timezone="SECRET/Zone")), ProviderProtocolError),
        (replies(200, json=answer(daily=[{"dt": "SECRET"}])), ProviderProtocolError),
        (replies(200, json=answer()), ProviderRejectedError),
    ],
)
async def test_every_refusal_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).daily(LISBON, TODAY, TODAY)
    assert type(caught.value) is expected
    assert "SECRET" not in f"{caught.value!r} {caught.value.hint}"


async def test_a_key_that_is_refused_is_named() -> None:
    with pytest.raises(ProviderRejectedError) as caught:
        await provider(replies(401)).daily(LISBON, TODAY, TODAY)
    assert "TRIPSAGE_OPENWEATHER_API_KEY" in (caught.value.hint or "")
