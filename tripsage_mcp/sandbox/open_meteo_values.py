"""Open-Meteo's weather variables: their units, and their values from the invented weather."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.sandbox.open_meteo_weather import Day, Sun, day_at, sun_on

type Value = float | int | str | None
type Quantity = Literal[
    "temperature", "precipitation", "snow", "wind", "code", "%", "°", "s", "h", "time", "", "MJ/m²"
]

_WARMEST_HOUR = 15
_SOLAR_CONSTANT_MJ = 37.6
_FIXED: Mapping[str, str] = {"code": "wmo code"}


@dataclass(frozen=True, slots=True)
class Units:
    """In which units an answer is given."""

    temperature: str = "celsius"
    wind: str = "kmh"
    precipitation: str = "mm"
    timeformat: str = "iso8601"

    def moment(self, local: datetime) -> str | int:
        """Write a moment."""
        if self.timeformat == "unixtime":
            return int(local.timestamp())
        return f"{local:%Y-%m-%dT%H:%M}"

    def day(self, day: date) -> str | int:
        """Write a date."""
        if self.timeformat == "unixtime":
            return int(datetime.combine(day, time(), UTC).timestamp())
        return day.isoformat()

    def name(self, quantity: Quantity) -> str:
        """Return a unit as they write it."""
        match quantity:
            case "temperature":
                return "°C" if self.temperature == "celsius" else "°F"
            case "precipitation":
                return "mm" if self.precipitation == "mm" else "inch"
            case "snow":
                return "cm" if self.precipitation == "mm" else "inch"
            case "wind":
                return {"kmh": "km/h", "ms": "m/s", "mph": "mp/h", "kn": "kn"}[self.wind]
            case "time":
                return self.timeformat
            case _:
                return _FIXED.get(quantity, quantity)

    def convert(self, value: float, quantity: Quantity) -> float:
        """Convert from Celsius, millimetres, centimetres of snow and km/h."""
        match quantity:
            case "temperature" if self.temperature == "fahrenheit":
                return round(value * 1.8 + 32, 1)
            case "precipitation" if self.precipitation == "inch":
                return round(value / 25.4, 3)
            case "snow" if self.precipitation == "inch":
                return round(value / 2.54, 3)
            case "wind":
                factor = {"kmh": 1.0, "ms": 1 / 3.6, "mph": 0.621371, "kn": 0.539957}[self.wind]
                return round(value * factor, 1)
            case _:
                return value


@dataclass(frozen=True, slots=True)
class Moment:
    """Whose weather, in which zone and units."""

    seed: int
    at: Coordinates
    cell: Coordinates
    zone: tzinfo
    units: Units

    def weather(self, day: date) -> Day:
        """Return a day's weather."""
        return day_at(self.seed, self.cell, day)

    def sun(self, day: date) -> Sun:
        """Return a day's sun, as seen by the local clock at noon."""
        offset = datetime.combine(day, time(12), self.zone).utcoffset()
        return sun_on(self.at, day, offset or timedelta())

    def temperature(self, local: datetime) -> float:
        """Return the temperature of an hour, between the day's extremes."""
        day = self.weather(local.date())
        swing = math.cos((local.hour + local.minute / 60 - _WARMEST_HOUR) * math.pi / 12)
        return round(day.low_c + (day.high_c - day.low_c) * (1 + swing) / 2, 1)

    def rains(self, local: datetime) -> bool:
        """Tell whether it rains in an hour: the wet hours follow each other from a drawn one."""
        day = self.weather(local.date())
        first = day.wind_from % 24
        return (local.hour - first) % 24 < day.wet_hours


@dataclass(frozen=True, slots=True)
class Daily:
    """A daily variable; `always` is known for days without weather too."""

    quantity: Quantity
    value: Callable[[Moment, date], Value]
    always: bool = False

    def unit(self, units: Units) -> str:
        """Return its unit."""
        return units.name(self.quantity)

    def on(self, moment: Moment, day: date) -> Value:
        """Return its value on a day."""
        value = self.value(moment, day)
        if isinstance(value, int | float):
            return moment.units.convert(value, self.quantity)
        return value


@dataclass(frozen=True, slots=True)
class Hourly:
    """An hourly or current variable."""

    quantity: Quantity
    value: Callable[[Moment, datetime], float]

    def unit(self, units: Units) -> str:
        """Return its unit."""
        return units.name(self.quantity)

    def at(self, moment: Moment, local: datetime) -> Value:
        """Return its value in an hour."""
        return moment.units.convert(self.value(moment, local), self.quantity)


def _of(quantity: Quantity, value: Callable[[Day], float]) -> Daily:
    return Daily(quantity, lambda moment, day: value(moment.weather(day)))


def felt(temperature: float, wind_kmh: float) -> float:
    """Return the apparent temperature, roughly: wind chills, heat oppresses."""
    warmth = max(0.0, temperature - 24) * 0.25
    return round(temperature - 0.09 * wind_kmh + warmth, 1)


def _local_sun(moment: Moment, at: datetime) -> str | int:
    return moment.units.moment(at.astimezone(moment.zone))


def _clear_uv(moment: Moment, day: date) -> float:
    """Return the clear-sky UV index from the height of the sun at noon."""
    year_angle = 2 * math.pi * (day.timetuple().tm_yday - 172) / 365.25
    height = 90 - abs(moment.at.latitude - 23.44 * math.cos(year_angle))
    return round(max(0.05, 12.5 * max(0.0, math.sin(math.radians(height))) ** 2.2), 2)


def _sunshine(moment: Moment, day: date) -> float:
    cloud = moment.weather(day).cloud
    return round(moment.sun(day).daylight_s * max(0.0, 1 - cloud) * 0.95, 2)


def _radiation(moment: Moment, day: date) -> float:
    clear = _SOLAR_CONSTANT_MJ * moment.sun(day).daylight_s / 86400 * _clear_uv(moment, day) / 10
    return round(clear * (1 - 0.7 * moment.weather(day).cloud), 2)


def _hour_before(at: datetime) -> datetime:
    """Return the hour that ends then, which is the one whose precipitation they tell."""
    return (at.astimezone(UTC) - timedelta(hours=1)).astimezone(at.tzinfo)


def _fallen(moment: Moment, hour: datetime) -> float:
    day = moment.weather(hour.date())
    return round(day.precipitation_mm / day.wet_hours, 1) if moment.rains(hour) else 0.0


def _likely(moment: Moment, hour: datetime) -> float:
    percent = moment.weather(hour.date()).probability
    return round(percent * (1.0 if moment.rains(hour) else 0.3))


DAILY: dict[str, Daily] = {
    "weather_code": _of("code", lambda d: d.code),
    "temperature_2m_max": _of("temperature", lambda d: d.high_c),
    "temperature_2m_min": _of("temperature", lambda d: d.low_c),
    "temperature_2m_mean": _of("temperature", lambda d: round((d.high_c + d.low_c) / 2, 1)),
    "apparent_temperature_max": _of("temperature", lambda d: felt(d.high_c, d.wind_kmh * 0.6)),
    "apparent_temperature_min": _of("temperature", lambda d: felt(d.low_c, d.wind_kmh * 0.6)),
    "apparent_temperature_mean": _of(
        "temperature", lambda d: felt((d.high_c + d.low_c) / 2, d.wind_kmh * 0.6)
    ),
    "sunrise": Daily("time", lambda m, d: _local_sun(m, m.sun(d).rise), always=True),
    "sunset": Daily("time", lambda m, d: _local_sun(m, m.sun(d).set), always=True),
    "daylight_duration": Daily("s", lambda m, d: round(m.sun(d).daylight_s, 2), always=True),
    "sunshine_duration": Daily("s", _sunshine),
    "uv_index_max": Daily(
        "", lambda m, d: round(_clear_uv(m, d) * (1 - 0.6 * m.weather(d).cloud), 2)
    ),
    "uv_index_clear_sky_max": Daily("", _clear_uv),
    "precipitation_sum": _of("precipitation", lambda d: d.precipitation_mm),
    "rain_sum": _of("precipitation", lambda d: round(d.rain_mm - d.showers_mm, 1)),
    "showers_sum": _of("precipitation", lambda d: d.showers_mm),
    "snowfall_sum": _of("snow", lambda d: d.snow_cm),
    "precipitation_hours": _of("h", lambda d: float(d.wet_hours)),
    "precipitation_probability_max": _of("%", lambda d: d.probability),
    "cloud_cover_mean": _of("%", lambda d: round(d.cloud * 100)),
    "wind_speed_10m_max": _of("wind", lambda d: d.wind_kmh),
    "wind_speed_10m_mean": _of("wind", lambda d: d.wind_kmh * 0.6),
    "wind_gusts_10m_max": _of("wind", lambda d: d.gust_kmh),
    "wind_direction_10m_dominant": _of("°", lambda d: d.wind_from),
    "shortwave_radiation_sum": Daily("MJ/m²", _radiation),
}

# There, rain is all rain: only forecast models tell showers apart.
ARCHIVED: Mapping[str, Daily] = DAILY | {"rain_sum": _of("precipitation", lambda d: d.rain_mm)}

HOURLY: Mapping[str, Hourly] = {
    "temperature_2m": Hourly("temperature", lambda m, t: m.temperature(t)),
    "apparent_temperature": Hourly(
        "temperature",
        lambda m, t: felt(m.temperature(t), m.weather(t.date()).wind_kmh * 0.6),
    ),
    "precipitation": Hourly("precipitation", lambda m, t: _fallen(m, _hour_before(t))),
    "precipitation_probability": Hourly("%", lambda m, t: _likely(m, _hour_before(t))),
    "weather_code": Hourly(
        "code",
        lambda m, t: m.weather(t.date()).code if m.rains(t) else min(3, m.weather(t.date()).code),
    ),
    "cloud_cover": Hourly("%", lambda m, t: round(m.weather(t.date()).cloud * 100)),
    "wind_speed_10m": Hourly("wind", lambda m, t: m.weather(t.date()).wind_kmh * 0.7),
    "wind_gusts_10m": Hourly("wind", lambda m, t: m.weather(t.date()).gust_kmh * 0.8),
    "wind_direction_10m": Hourly("°", lambda m, t: m.weather(t.date()).wind_from),
    "is_day": Hourly("", lambda m, t: int(m.sun(t.date()).rise <= t < m.sun(t.date()).set)),
}
CURRENT = HOURLY
