"""Open-Meteo's twins: their rules and words, and weather that stays what it was."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.google_client import SCHEMAS
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.sandbox.open_meteo import build_archive, build_forecast
from tripsage_mcp.sandbox.open_meteo_values import CURRENT, DAILY, HOURLY, Units
from tripsage_mcp.sandbox.open_meteo_weather import cell_of, day_at, normal, sun_on
from tripsage_mcp.sandbox.world import load_cities

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LISBON: dict[str, Any] = {"latitude": 38.71, "longitude": -9.14}
AUTO: dict[str, Any] = LISBON | {"timezone": "auto"}


async def get(*, archive: bool = False, seed: int = 0, now: datetime = NOW, **query: Any) -> Any:
    build, path = (build_archive, "/v1/archive") if archive else (build_forecast, "/v1/forecast")
    async with open_client("http://weather.test", app=build(seed, lambda: now)) as client:
        reply = await client.get(path, params=query)
    body: Any = reply.json()
    assert reply.status_code == (400 if "error" in body else 200)
    return body


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "Value of type 'Array<Float>' required for key 'latitude'."),
        ({"latitude": 1}, "Value of type 'Array<Float>' required for key 'longitude'."),
        (
            {"latitude": "x", "longitude": 1},
            "Value of type 'Array<Float>' required for key 'latitude'.",
        ),
        (
            {"latitude": 522, "longitude": 1},
            "Latitude must be in range of -90 to 90°. Given: 522.0.",
        ),
        (
            {"latitude": 5, "longitude": -181},
            "Longitude must be in range of -180 to 180°. Given: -181.0.",
        ),
        (
            {"latitude": "1,2", "longitude": 1},
            "Parameter 'latitude' and 'longitude' must have the same number of elements",
        ),
        (LISBON | {"daily": "sunrise"}, "Timezone is required"),
        (AUTO | {"timezone": "Mars/Olympus"}, "Invalid timezone"),
        (
            AUTO | {"timezone": "GMT,GMT"},
            "Parameter 'timezone' must have the same number of elements",
        ),
        (
            {"latitude": ",".join(["1"] * 1001), "longitude": ",".join(["1"] * 1001)},
            "Maximum number of locations exceeded.",
        ),
        (
            AUTO | {"forecast_days": 20},
            "Forecast days is invalid. Allowed range 0 to 16. Given 20.",
        ),
        (AUTO | {"past_days": 93}, "Past days is invalid. Allowed range 0 to 92. Given 93."),
        (
            AUTO | {"start_date": "2026-12-01"},
            "Both 'start_date' and 'end_date' must be set in the format yyyy-MM-dd",
        ),
        (
            AUTO | {"start_date": "2026-12-02", "end_date": "2026-12-01"},
            "End-date must be larger or equals than start-date",
        ),
        (
            AUTO | {"start_date": "2026-08-21", "end_date": "2026-12-01"},
            "Parameter 'start_date' is out of allowed range from 2026-08-22 to 2026-12-08",
        ),
        (
            AUTO | {"start_date": "2026-12-01", "end_date": "2026-12-09"},
            "Parameter 'end_date' is out of allowed range from 2026-08-22 to 2026-12-08",
        ),
        (
            AUTO | {"start_date": "2026-12-01", "end_date": "2026-12-02", "forecast_days": 3},
            "Parameter 'forecast_days' is mutually exclusive with 'start_date' and 'end_date'",
        ),
    ],
)
async def test_a_rule_that_is_broken_is_told_in_their_words(
    query: dict[str, Any], reason: str
) -> None:
    assert await get(**query) == {"error": True, "reason": reason}


@pytest.mark.parametrize(
    "more",
    [
        {"daily": "temperature"},
        {"hourly": "nonsense"},
        {"temperature_unit": "kelvin"},
        {"timeformat": "julian"},
        {"forecast_days": "x"},
    ],
)
async def test_an_unknown_value_is_refused(more: dict[str, Any]) -> None:
    assert (await get(**AUTO | more))["error"] is True


async def test_only_the_daily_variables_asked_for_are_there() -> None:
    answer = await get(**AUTO, daily="sunrise,temperature_2m_max", forecast_days=3)
    assert list(answer["daily"]) == ["time", "sunrise", "temperature_2m_max"]
    assert answer["daily_units"] == {
        "time": "iso8601",
        "sunrise": "iso8601",
        "temperature_2m_max": "°C",
    }
    assert answer["daily"]["time"] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert (answer["timezone"], answer["utc_offset_seconds"]) == ("Europe/Lisbon", 0)
    assert "hourly" not in answer


async def test_every_daily_variable_has_a_value_and_a_unit() -> None:
    answer = await get(**AUTO, daily=",".join(DAILY), forecast_days=16)
    for name in DAILY:
        assert len(answer["daily"][name]) == 16
        assert None not in answer["daily"][name], name
        assert name in answer["daily_units"]


def test_every_variable_is_one_of_theirs() -> None:
    files = [SCHEMAS / "openmeteo_forecast.yml", SCHEMAS / "openmeteo_archive.yml"]
    if not all(file.is_file() for file in files):
        pytest.skip("Open-Meteo's descriptions are not in this checkout")
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    theirs = set(re.findall(r"^ +- (\w+)$", text, re.MULTILINE))
    assert {*DAILY, *HOURLY, *CURRENT} <= theirs


async def test_several_points_make_an_array() -> None:
    answer = await get(
        latitude="38.71,35.68", longitude="-9.14,139.7", timezone="auto", daily="weather_code"
    )
    assert [a["timezone"] for a in answer] == ["Europe/Lisbon", "Asia/Tokyo"]
    assert [a.get("location_id") for a in answer] == [None, 1]
    assert answer[0]["daily"] != answer[1]["daily"]


async def test_a_zone_of_its_own_decides_what_today_is() -> None:
    late = datetime(2026, 11, 22, 23, tzinfo=UTC)
    answer = await get(
        now=late, latitude=1, longitude=1, timezone="Asia/Tokyo", daily="sunrise", forecast_days=1
    )
    assert answer["daily"]["time"] == ["2026-11-23"]


async def test_units_are_converted() -> None:
    names = "temperature_2m_max,precipitation_sum,wind_speed_10m_max"
    metric = (await get(**AUTO, daily=names, forecast_days=16))["daily"]
    answer = await get(
        **AUTO,
        daily=names,
        forecast_days=16,
        temperature_unit="fahrenheit",
        precipitation_unit="inch",
        wind_speed_unit="ms",
    )
    assert answer["daily_units"]["temperature_2m_max"] == "°F"
    for high, warm in zip(
        metric["temperature_2m_max"], answer["daily"]["temperature_2m_max"], strict=True
    ):
        assert warm == pytest.approx(high * 1.8 + 32, abs=0.06)
    for mm, inch in zip(
        metric["precipitation_sum"], answer["daily"]["precipitation_sum"], strict=True
    ):
        assert inch == pytest.approx(mm / 25.4, abs=0.001)
    for kmh, ms in zip(
        metric["wind_speed_10m_max"], answer["daily"]["wind_speed_10m_max"], strict=True
    ):
        assert ms == pytest.approx(kmh / 3.6, abs=0.06)


async def test_unix_times_are_numbers() -> None:
    answer = await get(**AUTO, daily="sunrise", hourly="is_day", timeformat="unixtime")
    assert all(isinstance(t, int) for t in answer["daily"]["time"] + answer["daily"]["sunrise"])
    assert answer["hourly"]["time"][1] - answer["hourly"]["time"][0] == 3600


async def test_hourly_and_current_values_stay_within_the_days_extremes() -> None:
    answer = await get(
        **AUTO,
        daily="temperature_2m_max,temperature_2m_min",
        hourly=",".join(HOURLY),
        current=",".join(CURRENT),
        forecast_days=1,
    )
    (high,), (low,) = (answer["daily"][f"temperature_2m_{end}"] for end in ("max", "min"))
    assert len(answer["hourly"]["time"]) == 24
    assert all(low <= t <= high for t in answer["hourly"]["temperature_2m"])
    assert low <= answer["current"]["temperature_2m"] <= high
    assert answer["current"]["time"] == "2026-11-22T12:00"
    assert answer["current"]["is_day"] == 1


async def test_precipitation_is_of_the_hour_that_ends() -> None:
    answer = await get(**AUTO, hourly="precipitation,weather_code", forecast_days=16)
    hourly = answer["hourly"]
    rain = [code >= 51 for code in hourly["weather_code"]]
    assert any(rain)
    assert [mm > 0 for mm in hourly["precipitation"][1:]] == rain[:-1]


async def test_the_seventeenth_day_is_allowed_and_empty() -> None:
    answer = await get(
        **AUTO,
        start_date="2026-12-07",
        end_date="2026-12-08",
        daily="temperature_2m_max,sunrise",
        hourly="temperature_2m",
    )
    assert answer["daily"]["temperature_2m_max"][0] is not None
    assert answer["daily"]["temperature_2m_max"][1] is None
    assert answer["daily"]["sunrise"][1] == "2026-12-08T07:41"
    assert answer["hourly"]["temperature_2m"][-1] is None


async def test_a_forecast_does_not_change_with_the_days() -> None:
    asked: dict[str, Any] = AUTO | {"daily": "weather_code,temperature_2m_max,precipitation_sum"}
    days: dict[str, Any] = {"start_date": "2026-12-01", "end_date": "2026-12-03"}
    first = await get(**asked, **days)
    later = await get(now=NOW + timedelta(days=5), **asked, **days)
    past = await get(archive=True, now=NOW + timedelta(days=60), **asked, **days)
    assert first["daily"] == later["daily"] == past["daily"]
    assert first["daily"] != (await get(seed=1, **asked, **days))["daily"]


async def test_what_was_only_predicted_is_not_kept() -> None:
    answer = await get(**AUTO, daily="precipitation_probability_max", past_days=1, forecast_days=1)
    before, today = answer["daily"]["precipitation_probability_max"]
    assert before is None
    assert 0 <= today <= 100


async def test_the_archive_needs_dates_and_is_five_days_late() -> None:
    assert "error" in await get(archive=True, **AUTO, daily="sunrise")
    early: dict[str, Any] = AUTO | {"start_date": "1939-12-31", "end_date": "1940-01-01"}
    assert "1940-01-01 to 2026-11-22" in (await get(archive=True, **early))["reason"]
    unknown: dict[str, Any] = {"daily": "precipitation_probability_max"}
    days: dict[str, Any] = {"start_date": "2026-11-16", "end_date": "2026-11-18"}
    assert "error" in await get(archive=True, **AUTO | days | unknown)
    answer = await get(archive=True, **AUTO, **days, daily="temperature_2m_max,rain_sum")
    assert [v is None for v in answer["daily"]["temperature_2m_max"]] == [False, False, True]


@pytest.mark.parametrize("city", load_cities(), ids=lambda c: c.slug)
def test_ten_years_of_a_city_average_to_its_climate(city: Any) -> None:
    cell = cell_of(city.center)
    for month in (1, 4, 7, 10):
        days = [
            day_at(0, cell, date(year, month, day))
            for year in range(2016, 2026)
            for day in range(6, 26)
        ]
        high = sum(d.high_c for d in days) / len(days)
        low = sum(d.low_c for d in days) / len(days)
        wet = sum(d.precipitation_mm >= 1 for d in days) / len(days)
        assert high == pytest.approx(city.climate.high_c[month - 1], abs=2.5)
        assert low == pytest.approx(city.climate.low_c[month - 1], abs=2.5)
        assert wet == pytest.approx(city.climate.wet_days[month - 1] / 30.4, abs=0.16)


@settings(deadline=None)
@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.dates(date(1940, 1, 1), date(2040, 12, 31)),
)
def test_any_day_anywhere_is_plausible(latitude: float, longitude: float, day: date) -> None:
    drawn = day_at(0, cell_of(Coordinates(latitude, longitude)), day)
    assert -75 < drawn.low_c < drawn.high_c < 55
    assert drawn.precipitation_mm >= 0
    assert (drawn.wet_hours > 0) == (drawn.precipitation_mm > 0)
    assert (drawn.code >= 51) == (drawn.precipitation_mm > 0)
    assert drawn.rain_mm == 0 or drawn.snow_cm == 0
    assert 0 <= drawn.probability <= 100
    sun = sun_on(Coordinates(latitude, longitude), day, timedelta())
    assert 0 <= sun.daylight_s <= 86400
    assert (sun.set - sun.rise).total_seconds() == pytest.approx(sun.daylight_s % 86400, abs=1)


def test_the_southern_summer_is_in_january() -> None:
    january, july = (normal(Coordinates(-50, -70), date(2027, m, 15)).high_c for m in (1, 7))
    assert january > july + 10


@pytest.mark.parametrize(
    ("latitude", "longitude", "day", "offset_h", "rise", "set_"),
    [
        (51.48, 0.0, date(2026, 6, 21), 1, "04:43", "21:21"),
        (38.71, -9.14, date(2026, 12, 21), 0, "07:51", "17:18"),
        (35.68, 139.69, date(2026, 3, 20), 9, "05:45", "17:53"),
        (-33.87, 151.21, date(2026, 12, 21), 11, "05:41", "20:05"),
    ],
)
def test_the_sun_rises_when_almanacs_say(
    latitude: float, longitude: float, day: date, offset_h: int, rise: str, set_: str
) -> None:
    offset = timedelta(hours=offset_h)
    sun = sun_on(Coordinates(latitude, longitude), day, offset)
    for moment, expected in ((sun.rise, rise), (sun.set, set_)):
        local = moment + offset
        hour, minute = map(int, expected.split(":"))
        assert local.date() == day
        assert abs(local.hour * 60 + local.minute - hour * 60 - minute) <= 3


def test_polar_night_and_midnight_sun_send_the_same_moment_twice() -> None:
    tromso = Coordinates(69.65, 18.96)
    dark, bright = (sun_on(tromso, date(2026, m, 21), timedelta(hours=1)) for m in (12, 6))
    assert dark.rise == dark.set
    assert bright.rise == bright.set
    assert (dark.daylight_s, bright.daylight_s) == (0, 86400)


async def test_hourly_values_alone_need_no_zone() -> None:
    answer = await get(**LISBON, hourly="temperature_2m", forecast_days=1)
    assert answer["timezone"] == "GMT"
    assert "daily" not in answer


def test_snow_is_told_in_inches_where_rain_is() -> None:
    assert Units(precipitation="inch").convert(2.54, "snow") == 1
    assert Units(precipitation="inch").name("snow") == "inch"
