"""What is hard to bear about a day, in words, by stated thresholds."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain import weather
from tripsage_mcp.domain.weather import THRESHOLDS, WeatherDay, risks

MILD = WeatherDay(date(2027, 5, 10), "clear", 20.0, 12.0, 10, 0.0, 10.0, gust_kmh=20.0)
SEVERITY = ("", "rain likely", "heavy rain")

temperatures = st.floats(-60, 60)
days = st.builds(
    WeatherDay,
    day=st.just(MILD.day),
    condition=st.just("clear"),
    high_c=temperatures,
    low_c=temperatures,
    precipitation_probability=st.none() | st.integers(0, 100),
    precipitation_mm=st.none() | st.floats(0, 500),
    wind_kmh=st.none() | st.floats(0, 300),
    gust_kmh=st.none() | st.floats(0, 400),
    feels_high_c=st.none() | temperatures,
    feels_low_c=st.none() | temperatures,
    kind=st.sampled_from(["forecast", "climatology"]),
)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"precipitation_probability": 60}, ["rain likely, 60%, 0 mm"]),
        ({"precipitation_mm": 10.0}, ["rain likely, 10%, 10 mm"]),
        ({"precipitation_probability": None, "precipitation_mm": 12.5}, ["rain likely, 12.5 mm"]),
        ({"precipitation_mm": 25.0}, ["heavy rain, 25 mm"]),
        ({"wind_kmh": 50.0}, ["strong wind, 50 km/h"]),
        ({"gust_kmh": 70.0}, ["strong wind, gusts 70 km/h"]),
        ({"wind_kmh": 75.0}, ["storm, 75 km/h"]),
        ({"wind_kmh": 60.0, "gust_kmh": 100.0}, ["storm, gusts 100 km/h"]),
        ({"high_c": 32.0}, ["heat, 32 °C"]),
        ({"high_c": 31.0, "feels_high_c": 35.0}, ["heat, feels 35 °C"]),
        ({"high_c": 33.0, "feels_high_c": 30.0}, ["heat, 33 °C"]),
        ({"high_c": 38.0}, ["extreme heat, 38 °C"]),
        ({"low_c": 0.0}, ["frost, 0 °C"]),
        ({"low_c": 1.0, "feels_low_c": -4.0}, []),
        ({"low_c": -0.04}, ["frost, 0 °C"]),
        ({"high_c": 30.0, "feels_high_c": 37.6}, ["heat, feels 37.6 °C"]),
        ({"low_c": -15.0}, ["extreme cold, -15 °C"]),
        ({"low_c": -9.0, "feels_low_c": -18.0}, ["extreme cold, feels -18 °C"]),
        ({"condition": "heavy snow", "precipitation_mm": 24.4}, ["snow likely, 10%, 24.4 mm"]),
        ({"condition": "snow", "precipitation_mm": 25.0}, ["heavy snow, 25 mm"]),
        ({"condition": "light rain and snow", "precipitation_mm": 25.0}, ["heavy rain, 25 mm"]),
        (
            {
                "kind": "climatology",
                "condition": "often snow",
                "precipitation_probability": 50,
            },
            ["snow season, snow on 50% of days"],
        ),
        (
            {"kind": "climatology", "precipitation_probability": 50},
            ["wet season, rain on 50% of days"],
        ),
        ({"kind": "climatology", "precipitation_probability": 49, "precipitation_mm": 30.0}, []),
    ],
)
def test_a_day_at_a_threshold_is_a_risk(facts: dict[str, Any], words: list[str]) -> None:
    assert list(risks(replace(MILD, **facts))) == words


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"precipitation_probability": 59, "precipitation_mm": 9.9},
        {"wind_kmh": 49.9, "gust_kmh": 69.9},
        {"high_c": 31.9, "low_c": 0.1},
        {"precipitation_probability": None, "precipitation_mm": None, "wind_kmh": None},
    ],
)
def test_a_day_below_every_threshold_is_none(facts: dict[str, Any]) -> None:
    assert risks(replace(MILD, **facts)) == ()


@given(days)
def test_there_is_one_phrase_a_kind_at_most_in_a_fixed_order(day: WeatherDay) -> None:
    kinds = {
        "rain likely": 0, "heavy rain": 0, "wet season": 0, "strong wind": 1, "storm": 1,
        "heat": 2, "extreme heat": 2, "frost": 3, "extreme cold": 3,
    }  # fmt: skip
    order = [kinds[words.partition(",")[0]] for words in risks(day)]
    assert order == sorted(set(order))


@given(days, st.floats(0, 200), st.floats(0, 200))
def test_more_rain_is_never_less_of_a_risk(day: WeatherDay, mm: float, more: float) -> None:
    def severity(amount: float) -> int:
        rainy = replace(day, kind="forecast", precipitation_mm=amount, wind_kmh=None, gust_kmh=None)
        words = [risk.partition(",")[0] for risk in risks(rainy)]
        return max((SEVERITY.index(word) for word in words if word in SEVERITY), default=0)

    assert severity(mm) <= severity(mm + more)


@given(days)
def test_what_is_known_to_be_hot_or_freezing_is_never_passed_over(day: WeatherDay) -> None:
    words = " ".join(risks(day))
    assert ("heat" in words) == (max(day.high_c, day.feels_high_c or day.high_c) >= weather.HEAT_C)
    if day.low_c <= weather.COLD_C:
        assert "frost" in words or "extreme cold" in words


def test_the_thresholds_are_the_ones_that_are_told() -> None:
    for number in (
        weather.RAIN_PERCENT, weather.RAIN_MM, weather.HEAVY_RAIN_MM, weather.WIND_KMH,
        weather.GUST_KMH, weather.STORM_KMH, weather.STORM_GUST_KMH, weather.HEAT_C,
        weather.EXTREME_HEAT_C, weather.COLD_C, weather.EXTREME_COLD_C,
    ):  # fmt: skip
        assert f"{number:g}" in THRESHOLDS
