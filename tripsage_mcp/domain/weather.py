"""Daily weather at a point."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.provenance import Provenance

type WeatherKind = Literal["forecast", "climatology"]
"""`climatology` is the average of past years for the same dates: never a forecast."""


@dataclass(frozen=True, slots=True)
class WeatherDay:
    """One local calendar day.

    Attributes:
        condition: A few plain words, e.g. `light rain`.
        precipitation_probability: Percent; for climatology the share of wet days.
        precipitation_mm: Sum over the day (climatology: mean).
        wind_kmh: Strongest hourly wind; None when not known.
        sunrise: Aware, local; None for climatology.
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


@dataclass(frozen=True, slots=True)
class Weather:
    """Days in date order, at the place's own time zone.

    Attributes:
        time_zone: IANA name.
        years: For climatology days, how many past years were averaged.
    """

    coordinates: Coordinates
    time_zone: str
    days: tuple[WeatherDay, ...]
    provenance: Provenance
    years: int | None = None
