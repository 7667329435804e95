"""How weather looks in an answer."""

from datetime import datetime
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.weather import THRESHOLDS, WeatherDay, risks
from tripsage_mcp.services.destinations.weather import WeatherFound
from tripsage_mcp.views.base import Answer, Opt, Part, Source
from tripsage_mcp.views.places import Resolved


class WeatherRow(Part):
    """One local day."""

    date: str
    kind: Annotated[
        str, Field(description="forecast, or climatology: the average of past years, no forecast")
    ]
    condition: str
    high_c: float
    low_c: float
    rain_percent: Annotated[
        Opt[int], Field(description="Chance of rain; for climatology the share of wet days")
    ] = None
    rain_mm: Opt[float] = None
    wind_kmh: Opt[float] = None
    sunrise: Annotated[Opt[str], Field(description="Local time")] = None
    sunset: Opt[str] = None
    risks: Annotated[Opt[list[str]], Field(description=f"In words: {THRESHOLDS}")] = None

    @classmethod
    def of(cls, day: WeatherDay, *, sun: bool = True) -> "WeatherRow":
        """Project one day; without `sun` where the answer tells of it elsewhere."""
        return cls(
            date=day.day.isoformat(),
            kind=day.kind,
            condition=day.condition,
            high_c=day.high_c,
            low_c=day.low_c,
            rain_percent=day.precipitation_probability,
            rain_mm=day.precipitation_mm,
            wind_kmh=day.wind_kmh,
            sunrise=_clock(day.sunrise) if sun else None,
            sunset=_clock(day.sunset) if sun else None,
            risks=list(risks(day)) or None,
        )

    def words(self) -> str:
        """One line about the day."""
        rain = "" if self.rain_percent is None else f", rain {self.rain_percent}%"
        usual = " (usual for the season)" if self.kind == "climatology" else ""
        what = f"{self.condition}, {self.low_c:g} to {self.high_c:g} °C{rain}{usual}"
        return f"{self.date}: {what}" + "".join(f"; {risk}" for risk in self.risks or ())


class WeatherAnswer(Answer):
    """Days in order, at the place's own time zone."""

    place: Resolved
    time_zone: str
    days: list[WeatherRow]
    years: Annotated[
        Opt[int], Field(description="How many past years the climatology averages")
    ] = None
    source: Source

    @classmethod
    def of(cls, found: WeatherFound) -> "WeatherAnswer":
        """Project what was found."""
        weather = found.weather
        return cls(
            place=Resolved.of(found.where),
            time_zone=weather.time_zone,
            days=[WeatherRow.of(day) for day in weather.days],
            years=weather.years,
            source=Source.of(weather.provenance),
        )

    @override
    def text(self) -> str:
        """Say each day in a line."""
        credit = self.source.attribution or self.source.source
        head = f"Weather in {self.place.words()} ({self.source.data} data. {credit})"
        return "\n".join([head, *(f"- {day.words()}" for day in self.days)])


def _clock(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%H:%M}"
