"""What the weather was in past years on and around the same dates: an average, never a forecast."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from tripsage_mcp.domain.weather import WeatherDay

YEARS = 10
# Ten values make a poor mean and wet shares in steps of ten percent; a week of each year makes 70.
WINDOW_DAYS = 3
# ERA5 is about five days behind.
ARCHIVE_DELAY_DAYS = 6
# The meteorological definition of a wet day.
_WET_MM = 1.0
_OFTEN_PERCENT = 45
_SOMETIMES_PERCENT = 20
_FREEZING_C = 1.0


@dataclass(frozen=True, slots=True)
class Past:
    """One day as it was; None where there is no record."""

    day: date
    high_c: float | None
    low_c: float | None
    precipitation_mm: float | None


def past_windows(first: date, last: date, today: date) -> list[tuple[date, date]]:
    """Return the same calendar window, widened, in the ten latest years with a complete record."""
    known_to = today - timedelta(days=ARCHIVE_DELAY_DAYS)
    wider = timedelta(days=WINDOW_DAYS)
    windows: list[tuple[date, date]] = []
    back = 1
    while len(windows) < YEARS:
        start = in_year(first, first.year - back) - wider
        end = in_year(last, last.year - back) + wider
        if end <= known_to:
            windows.append((start, end))
        back += 1
    return windows


def in_year(day: date, year: int) -> date:
    """Return the same calendar day of another year; 29 February becomes the 28th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def climatology(days: Sequence[date], past: Iterable[Past]) -> tuple[tuple[WeatherDay, ...], int]:
    """Average the past around each of `days`.

    Returns:
        The days for which there is any record, in order, and how many years the thinnest rests on.
    """
    recorded = {day.day: day for day in past}
    years = sorted({day.year for day in recorded})
    averaged: list[WeatherDay] = []
    fewest = len(years)
    for day in days:
        by_year = {year: _around(in_year(day, year), recorded) for year in years}
        found = _average(day, [sample for samples in by_year.values() for sample in samples])
        if found is not None:
            averaged.append(found)
            fewest = min(fewest, sum(1 for samples in by_year.values() if samples))
    return tuple(averaged), fewest


def _around(centre: date, recorded: dict[date, Past]) -> list[Past]:
    near = (centre + timedelta(days=n) for n in range(-WINDOW_DAYS, WINDOW_DAYS + 1))
    return [recorded[day] for day in near if day in recorded]


def _average(day: date, samples: list[Past]) -> WeatherDay | None:
    highs = [s.high_c for s in samples if s.high_c is not None]
    lows = [s.low_c for s in samples if s.low_c is not None]
    rain = [s.precipitation_mm for s in samples if s.precipitation_mm is not None]
    if not highs or not lows:
        return None
    high = round(fmean(highs), 1)
    wet = round(100 * sum(1 for mm in rain if mm >= _WET_MM) / len(rain)) if rain else None
    return WeatherDay(
        day=day,
        condition=_condition(wet, high),
        high_c=high,
        low_c=round(fmean(lows), 1),
        precipitation_probability=wet,
        precipitation_mm=round(fmean(rain), 1) if rain else None,
        kind="climatology",
    )


def _condition(wet_percent: int | None, high_c: float) -> str:
    if wet_percent is None:
        return "not stated"
    what = "snow" if high_c < _FREEZING_C else "rain"
    if wet_percent >= _OFTEN_PERCENT:
        return f"often {what}"
    return f"sometimes {what}" if wet_percent >= _SOMETIMES_PERCENT else "usually dry"
