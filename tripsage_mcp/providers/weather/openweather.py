"""Forecasts and warnings from OpenWeather, with a key: One Call API 3.0.

https://openweathermap.org/api/one-call-3 - eight days by day, two by the hour, and what authorities
warn of. One request holds all of it.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SecretStr, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.domain.weather import (
    HourlyWeather,
    Weather,
    WeatherAlert,
    WeatherDay,
    WeatherHour,
)
from tripsage_mcp.errors import (
    ProviderNotConfiguredError,
    ProviderRejectedError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import ASGIApp, JSONClient, Reply, WebAddress, open_client
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.weather.openweather_codes import words
from tripsage_mcp.providers.weather.zones import zone_named

PROVIDER = "openweather"
KEY_VARIABLE = "TRIPSAGE_OPENWEATHER_API_KEY"
FORECAST_DAYS = 8

_KEEPS_FOR = timedelta(minutes=30)
_ATTRIBUTION = "Weather data provided by OpenWeather"
_KMH = 3.6
_MOST_ALERTS = 5
_LONGEST_NAME, _LONGEST_TEXT = 80, 240


class OpenWeatherConfig(Section):
    """Settings for OpenWeather.

    Attributes:
        api_key: With a subscription to One Call 3.0.
        first: Ask OpenWeather before Open-Meteo, rather than only where that one fails.
    """

    model_config = env("TRIPSAGE_OPENWEATHER_")

    api_key: SecretStr | None = None
    first: bool = False
    base_url: WebAddress = "https://api.openweathermap.org"
    timeout_s: Seconds = 10.0
    requests_per_minute: int = Field(default=60, ge=1)


class OpenWeather:
    """A forecast for eight days; asked for more, it says that it does not reach so far."""

    def __init__(
        self, http: JSONClient, key: SecretStr | None, *, data: DataKind, now: Clock
    ) -> None:
        self._http = http
        self._key = key
        self._data: DataKind = data
        self._now = now

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._http.health,)

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        """Return the days, all of them or none, with the warnings that touch them.

        Raises:
            ProviderRejectedError: a day is out of reach; nothing was sent where that was plain.
        """
        self._refuse_beyond(last)
        answer = await self._ask(at, "current,minutely,hourly")
        zone = zone_named(answer.timezone, PROVIDER)
        found = {day.day: day for day in (raw.to_domain(zone) for raw in answer.daily)}
        wanted = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        if any(day not in found for day in wanted):
            # The local date may be one ahead of, or behind, the one in UTC.
            raise _out_of_reach()
        return Weather(
            coordinates=at,
            time_zone=answer.timezone,
            days=tuple(found[day] for day in wanted),
            provenance=self._provenance(),
            alerts=_within(answer.alerts, zone, first, last),
        )

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        """Return the hours of the next two days that belong to the days asked for."""
        answer = await self._ask(at, "current,minutely,daily,alerts")
        zone = zone_named(answer.timezone, PROVIDER)
        hours = (raw.to_domain(zone) for raw in answer.hourly)
        kept = tuple(hour for hour in hours if first <= hour.at.date() <= last)
        return HourlyWeather(answer.timezone, kept, self._provenance())

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.client.aclose()

    async def _ask(self, at: Coordinates, exclude: str) -> "_RawAnswer":
        if self._key is None:
            raise ProviderNotConfiguredError(PROVIDER, KEY_VARIABLE)
        params: dict[str, Any] = {
            "lat": at.latitude,
            "lon": at.longitude,
            "exclude": exclude,
            "units": "metric",
            "lang": "en",
            "appid": self._key.get_secret_value(),
        }
        return await self._http.request("GET", "/data/3.0/onecall", _ANSWER, params=params)

    def _refuse_beyond(self, last: date) -> None:
        # East of Greenwich the eighth day may be a day later than in UTC.
        if last > self._now().astimezone(UTC).date() + timedelta(days=FORECAST_DAYS):
            raise _out_of_reach()

    def _provenance(self) -> Provenance:
        asked = self._now()
        return Provenance(PROVIDER, self._data, asked, asked + _KEEPS_FOR, _ATTRIBUTION)


def build(
    config: OpenWeatherConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    limit: OutboundLimit | None = None,
) -> OpenWeather:
    """Wire the provider from its settings; the caller awaits `aclose`."""
    opened = open_client(config.base_url, timeout_s=config.timeout_s, app=app)
    http = JSONClient(PROVIDER, opened, explain=explain, now=now, limit=limit)
    return OpenWeather(http, config.api_key, data=data, now=now)


def explain(reply: Reply) -> TripSageError | None:
    """Name a refusal; their text repeats parts of the request and is not read."""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return ProviderRejectedError(
            PROVIDER,
            "the key is not accepted",
            hint=f"Check {KEY_VARIABLE}; it needs the One Call 3.0 subscription.",
        )
    if reply.status == HTTPStatus.NOT_FOUND:
        return ProviderRejectedError(PROVIDER, "HTTP 404")
    return None


def _out_of_reach() -> ProviderRejectedError:
    return ProviderRejectedError(PROVIDER, f"the forecast reaches {FORECAST_DAYS} days")


def _within(
    alerts: Iterable["_RawAlert"], zone: ZoneInfo, first: date, last: date
) -> tuple[WeatherAlert, ...]:
    told = (alert.to_domain(zone) for alert in alerts)
    touching = (a for a in told if a.starts.date() <= last and a.ends.date() >= first)
    return tuple(sorted(touching, key=lambda alert: alert.starts))[:_MOST_ALERTS]


def _percent(share: float | None) -> int | None:
    return None if share is None else round(share * 100)


def _kmh(metres_a_second: float | None) -> float | None:
    return None if metres_a_second is None else round(metres_a_second * _KMH, 1)


def _condition(weather: list["_RawCondition"]) -> str:
    return words(weather[0].id if weather else None)


# What OpenWeather sends. Private: nothing outside this module may see these shapes. Moments are
# seconds since 1970; rain and snow are left out when there is none.


class _RawCondition(BaseModel):
    id: int


class _RawTemperatures(BaseModel):
    min: float
    max: float


class _RawFelt(BaseModel):
    day: float | None = None
    night: float | None = None
    eve: float | None = None
    morn: float | None = None

    def values(self) -> list[float]:
        parts = (self.morn, self.day, self.eve, self.night)
        return [value for value in parts if value is not None]


class _RawDay(BaseModel):
    dt: int
    temp: _RawTemperatures
    feels_like: _RawFelt = _RawFelt()
    weather: list[_RawCondition] = []
    pop: float | None = None
    rain: float = 0.0
    snow: float = 0.0
    wind_speed: float | None = None
    wind_gust: float | None = None
    # Zero, or left out, where the sun does not rise or set.
    sunrise: int = 0
    sunset: int = 0

    def to_domain(self, zone: ZoneInfo) -> WeatherDay:
        felt = self.feels_like.values()
        sun = self.sunrise and self.sunset
        return WeatherDay(
            day=datetime.fromtimestamp(self.dt, zone).date(),
            condition=_condition(self.weather),
            high_c=self.temp.max,
            low_c=self.temp.min,
            precipitation_probability=_percent(self.pop),
            precipitation_mm=round(self.rain + self.snow, 1),
            wind_kmh=_kmh(self.wind_speed),
            sunrise=datetime.fromtimestamp(self.sunrise, zone) if sun else None,
            sunset=datetime.fromtimestamp(self.sunset, zone) if sun else None,
            gust_kmh=_kmh(self.wind_gust),
            feels_high_c=max(felt, default=None),
            feels_low_c=min(felt, default=None),
        )


class _RawFallen(BaseModel):
    one_hour: float = Field(default=0.0, alias="1h")


class _RawHour(BaseModel):
    dt: int
    temp: float
    weather: list[_RawCondition] = []
    pop: float | None = None
    rain: _RawFallen = _RawFallen()
    snow: _RawFallen = _RawFallen()
    wind_speed: float | None = None

    def to_domain(self, zone: ZoneInfo) -> WeatherHour:
        return WeatherHour(
            at=datetime.fromtimestamp(self.dt, zone),
            condition=_condition(self.weather),
            temperature_c=self.temp,
            precipitation_probability=_percent(self.pop),
            precipitation_mm=round(self.rain.one_hour + self.snow.one_hour, 1),
            wind_kmh=_kmh(self.wind_speed),
        )


class _RawAlert(BaseModel):
    sender_name: str = ""
    event: str = ""
    start: int
    end: int
    description: str = ""

    def to_domain(self, zone: ZoneInfo) -> WeatherAlert:
        return WeatherAlert(
            sender=plain(self.sender_name, _LONGEST_NAME) or "not stated",
            event=plain(self.event, _LONGEST_NAME) or "not stated",
            starts=datetime.fromtimestamp(self.start, zone),
            ends=datetime.fromtimestamp(self.end, zone),
            text=plain(self.description, _LONGEST_TEXT) or None,
        )


class _RawAnswer(BaseModel):
    timezone: str
    daily: list[_RawDay] = []
    hourly: list[_RawHour] = []
    alerts: list[_RawAlert] = []


_ANSWER = TypeAdapter(_RawAnswer)
