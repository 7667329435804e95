"""Weather at a point: by day, by hour, what is warned of, and what is hard to bear about a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.provenance import Provenance

type WeatherKind = Literal["forecast", "climatology"]
"""`climatology` is the average of past years for the same dates: never a forecast."""

# From these on a day is a risk; the levels at which weather services begin to warn the public.
RAIN_PERCENT, RAIN_MM, HEAVY_RAIN_MM = 60, 10.0, 25.0
WIND_KMH, STORM_KMH = 50.0, 75.0
GUST_KMH, STORM_GUST_KMH = 70.0, 100.0
HEAT_C, EXTREME_HEAT_C = 32.0, 38.0
COLD_C, EXTREME_COLD_C = 0.0, -15.0
# An average hides its extremes: half the days wet is a wet season, at any amount.
WET_SEASON_PERCENT = 50
THRESHOLDS = (
    "rain from 60% or 10 mm, heavy from 25 mm; wind from 50 km/h or gusts of 70, storm from 75 or "
    "100; heat from 32 °C felt, extreme from 38; frost from 0 °C, extreme cold from -15 felt"
)


@dataclass(frozen=True, slots=True)
class WeatherDay:
    """One local calendar day.

    Attributes:
        condition: A few plain words, e.g. `light rain`.
        precipitation_probability: Percent; for climatology the share of wet days.
        precipitation_mm: Sum over the day (climatology: mean).
        wind_kmh: Strongest hourly wind; None when not known.
        sunrise: Aware, local; None for climatology.
        gust_kmh: Strongest gust; None when not known.
        feels_high_c: What the warmest hour feels like; None when not known.
        feels_low_c: Likewise the coldest.
    """

    day: date
    condition: str
    high_c: float
    low_c: float
    precipitation_probability: int | None = None
    precipitation_mm: float | None = None
    wind_kmh: float | None = None
    sunrise: datetime | None = None
    sunset: datetime | None = None
    kind: WeatherKind = "forecast"
    gust_kmh: float | None = None
    feels_high_c: float | None = None
    feels_low_c: float | None = None


@dataclass(frozen=True, slots=True)
class WeatherAlert:
    """What an authority warns of.

    Attributes:
        sender: Who warns, in its own words.
        event: Of what, in the sender's words.
        starts: Aware; `ends` likewise.
        text: Plain and bounded; None when there is none.
    """

    sender: str
    event: str
    starts: datetime
    ends: datetime
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Weather:
    """Days in date order, at the place's own time zone.

    Attributes:
        time_zone: IANA name.
        years: For climatology days, how many past years were averaged.
        alerts: Those of the days asked for; empty also where the source knows none.
    """

    coordinates: Coordinates
    time_zone: str
    days: tuple[WeatherDay, ...]
    provenance: Provenance
    years: int | None = None
    alerts: tuple[WeatherAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class WeatherHour:
    """One hour, from `at` on; what is not known is None.

    Attributes:
        at: Aware, local.
        precipitation_probability: Percent.
        precipitation_mm: Fallen within the hour.
    """

    at: datetime
    condition: str
    temperature_c: float
    precipitation_probability: int | None = None
    precipitation_mm: float | None = None
    wind_kmh: float | None = None


@dataclass(frozen=True, slots=True)
class HourlyWeather:
    """Hours in order, at the place's own time zone; always a forecast.

    Attributes:
        hours: As many of the days asked for as the source reaches; may be none.
    """

    time_zone: str
    hours: tuple[WeatherHour, ...]
    provenance: Provenance


def risks(day: WeatherDay) -> tuple[str, ...]:
    """Say in words what `THRESHOLDS` makes of a day: rain, wind, heat, cold, in this order.

    What is not known is no risk, and no promise either. Snow goes by what it makes melted.
    """
    said = (_rain(day), _wind(day), _heat(day), _cold(day))
    return tuple(words for words in said if words is not None)


def _rain(day: WeatherDay) -> str | None:
    percent, mm = day.precipitation_probability, day.precipitation_mm
    what = "snow" if "snow" in day.condition and "rain" not in day.condition else "rain"
    if day.kind == "climatology":
        wet = percent is not None and percent >= WET_SEASON_PERCENT
        season = "wet season" if what == "rain" else "snow season"
        return f"{season}, {what} on {percent}% of days" if wet else None
    if mm is not None and mm >= HEAVY_RAIN_MM:
        return f"heavy {what}, {mm:g} mm"
    likely = percent is not None and percent >= RAIN_PERCENT
    if likely or (mm is not None and mm >= RAIN_MM):
        parts = (f"{what} likely", _unit(percent, "%"), _unit(mm, " mm"))
        return ", ".join(part for part in parts if part)
    return None


def _wind(day: WeatherDay) -> str | None:
    wind, gust = day.wind_kmh or 0.0, day.gust_kmh or 0.0
    if wind < WIND_KMH and gust < GUST_KMH:
        return None
    word = "storm" if wind >= STORM_KMH or gust >= STORM_GUST_KMH else "strong wind"
    how = f"gusts {gust:.0f} km/h" if gust >= GUST_KMH else f"{wind:.0f} km/h"
    return f"{word}, {how}"


def _heat(day: WeatherDay) -> str | None:
    felt = day.high_c if day.feels_high_c is None else max(day.high_c, day.feels_high_c)
    if felt < HEAT_C:
        return None
    word = "extreme heat" if felt >= EXTREME_HEAT_C else "heat"
    return f"{word}, {_degrees(felt, day.high_c)}"


def _cold(day: WeatherDay) -> str | None:
    felt = day.low_c if day.feels_low_c is None else min(day.low_c, day.feels_low_c)
    # Frost is a matter of the air, not of how it feels; only great cold is about the wind too.
    if felt <= EXTREME_COLD_C:
        return f"extreme cold, {_degrees(felt, day.low_c)}"
    return f"frost, {_degrees(day.low_c, day.low_c)}" if day.low_c <= COLD_C else None


def _degrees(felt: float, air: float) -> str:
    # To a tenth, as the day's own temperatures are: 37.6 is not yet 38. Zero is never minus zero.
    return f"{'' if felt == air else 'feels '}{round(felt, 1) + 0.0:g} °C"


def _unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:g}{unit}"
