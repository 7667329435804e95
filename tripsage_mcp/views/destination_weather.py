"""How the weather of a stay looks beside other facts: by day, by hour, and what is warned of."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.weather import HourlyWeather, Weather, WeatherAlert, WeatherHour
from tripsage_mcp.views.base import Opt, Part, Source
from tripsage_mcp.views.weather import WeatherRow


class HoursRow(Part):
    """The hours of one day; each list has a value for each of `hours`."""

    date: str
    hours: Annotated[list[int], Field(description="Local, each from then on")]
    sky: Annotated[str, Field(description="Which hours are how, e.g. 8-11 overcast")]
    temperature_c: list[float]
    rain_percent: Opt[list[int]] = None
    rain_mm: Opt[list[float]] = None
    wind_kmh: Opt[list[int]] = None

    @classmethod
    def of(cls, date: str, hours: Sequence[WeatherHour]) -> "HoursRow":
        """Project the hours of a day; a list with gaps is left out."""
        percent = [h.precipitation_probability for h in hours]
        mm, wind = [h.precipitation_mm for h in hours], [h.wind_kmh for h in hours]
        return cls(
            date=date,
            hours=[h.at.hour for h in hours],
            sky=_sky(hours),
            temperature_c=[round(h.temperature_c, 1) for h in hours],
            rain_percent=_whole(percent),
            rain_mm=_whole(mm),
            wind_kmh=None if (known := _whole(wind)) is None else [round(each) for each in known],
        )


class AlertRow(Part):
    """What an authority warns of, quoted."""

    sender: str
    event: str
    starts: str
    ends: str
    text: Opt[str] = None

    @classmethod
    def of(cls, alert: WeatherAlert) -> "AlertRow":
        """Project a warning."""
        return cls(
            sender=alert.sender,
            event=alert.event,
            starts=f"{alert.starts:%Y-%m-%dT%H:%M}",
            ends=f"{alert.ends:%Y-%m-%dT%H:%M}",
            text=alert.text,
        )


class WeatherPart(Part):
    """Days in order."""

    days: Opt[list[WeatherRow]] = None
    years: Annotated[Opt[int], Field(description="How many the climatology averages")] = None
    hourly: Annotated[
        Opt[list[HoursRow]], Field(description="Empty: the forecast does not reach these days")
    ] = None
    alerts: Opt[list[AlertRow]] = None
    source: Source

    @classmethod
    def of(
        cls, weather: Weather | None, hourly: HourlyWeather | None, *, sun: bool
    ) -> "WeatherPart | None":
        """Project whichever of the two there is."""
        told = weather or hourly
        if told is None:
            return None
        days = None
        if weather is not None:
            days = [WeatherRow.of(day, sun=sun) for day in weather.days]
        return cls(
            days=days,
            years=None if weather is None else weather.years,
            hourly=None if hourly is None else _by_day(hourly.hours),
            alerts=[AlertRow.of(alert) for alert in weather.alerts] or None if weather else None,
            source=Source.of(told.provenance),
        )

    def lines(self) -> list[str]:
        """Say each day in a line, and each warning."""
        credit = self.source.attribution or self.source.source
        warned = [f"- Warning by {a.sender}: {a.event}, {a.starts}" for a in self.alerts or ()]
        days = [f"- {day.words()}" for day in self.days or ()]
        return [f"Weather ({self.source.data} data. {credit})", *days, *warned]


def _by_day(hours: Sequence[WeatherHour]) -> list[HoursRow]:
    grouped = groupby(hours, key=lambda hour: hour.at.date())
    return [HoursRow.of(day.isoformat(), list(group)) for day, group in grouped]


def _sky(hours: Sequence[WeatherHour]) -> str:
    """Write runs of like hours: `0-6 clear; 7 fog; 8-23 overcast`."""
    runs: list[str] = []
    for condition, grouped in groupby(hours, key=lambda hour: hour.condition):
        run = [hour.at.hour for hour in grouped]
        span = str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"
        runs.append(f"{span} {condition}")
    return "; ".join(runs)


def _whole[T](values: Sequence[T | None]) -> list[T] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None
