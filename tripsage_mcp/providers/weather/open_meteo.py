"""Forecasts, and the averages of past years beyond them, from Open-Meteo without a key.

https://open-meteo.com/en/docs and https://open-meteo.com/en/docs/historical-weather-api
"""

from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.domain.sun import Daylight, daylight
from tripsage_mcp.domain.weather import HourlyWeather, Weather, WeatherDay, WeatherHour
from tripsage_mcp.errors import (
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import (
    ASGIApp,
    JSONClient,
    Reply,
    WebAddress,
    open_client,
)
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.weather.climatology import Past, climatology, past_windows
from tripsage_mcp.providers.weather.wmo import words
from tripsage_mcp.providers.weather.zones import zone_named

PROVIDER = "open-meteo"

FORECAST_DAYS = 16
# Up to ten; a request with more of them counts for more than one.
FORECAST_VARIABLES = (
    "weather_code",
    "temperature_2m_max",
    "temperature_2m_min",
    "precipitation_sum",
    "precipitation_probability_max",
    "wind_speed_10m_max",
    "wind_gusts_10m_max",
    "apparent_temperature_max",
    "apparent_temperature_min",
)
HOURLY_VARIABLES = (
    "temperature_2m",
    "precipitation_probability",
    "precipitation",
    "weather_code",
    "wind_speed_10m",
)
ARCHIVE_VARIABLES = ("temperature_2m_max", "temperature_2m_min", "precipitation_sum")
_AT_MOST_AT_ONCE = 4
_DAY = timedelta(days=1)
# Models run hourly to six-hourly; the past does not change.
_FORECAST_KEEPS_FOR = timedelta(hours=1)
_CLIMATE_KEEPS_FOR = timedelta(days=30)
_ATTRIBUTION = "Weather data by Open-Meteo.com"
# They send no Retry-After; only the text says which of their limits was reached.
_LIMITS_S = {"minutely": 60.0, "hourly": 3600.0, "daily": 86400.0, "concurrent": 2.0}


class OpenMeteoConfig(Section):
    """Settings for Open-Meteo weather.

    Attributes:
        requests_per_minute: In all; without a key 600 are allowed from one address.
    """

    model_config = env("TRIPSAGE_OPEN_METEO_")

    forecast_url: WebAddress = "https://api.open-meteo.com"
    archive_url: WebAddress = "https://archive-api.open-meteo.com"
    timeout_s: Seconds = 15.0
    requests_per_minute: int = Field(default=600, ge=1)


class OpenMeteoWeather:
    """Weather at Open-Meteo: a forecast for sixteen days, climatology by day after that."""

    def __init__(
        self, forecast: JSONClient, archive: JSONClient, *, data: DataKind, now: Clock = utc_now
    ) -> None:
        self._forecast = forecast
        self._archive = archive
        self._data: DataKind = data
        self._now = now

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately, for forecasts and for the archive."""
        return self._forecast.health, self._archive.health

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        """Ask the forecast as far as it reaches and average past years for every other day."""
        today = self._now().astimezone(UTC).date()
        horizon = today + timedelta(days=FORECAST_DAYS - 1)
        days: dict[date, WeatherDay] = {}
        zone: str | None = None
        if first <= horizon:
            zone, days = await self._forecast_days(at, first, min(last, horizon))
        # The forecast's last day may still be empty, so what is missing decides, not the horizon.
        wanted = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        missing = [day for day in wanted if day not in days]
        years: int | None = None
        if missing:
            archive_zone, past = await self._past(at, missing[0], missing[-1], today)
            zone = zone or archive_zone
            averaged, years = climatology(missing, past)
            days |= {day.day: day for day in averaged}
        if zone is None or any(day not in days for day in wanted):
            raise ProviderProtocolError(PROVIDER, "there is no weather for some of the days")
        asked = self._now()
        keeps = _FORECAST_KEEPS_FOR if len(missing) < len(wanted) else _CLIMATE_KEEPS_FOR
        return Weather(
            coordinates=at,
            time_zone=zone,
            days=tuple(days[day] for day in wanted),
            provenance=Provenance(PROVIDER, self._data, asked, asked + keeps, _ATTRIBUTION),
            years=years,
        )

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        """Ask for the hours of every day that the forecast reaches."""
        horizon = self._now().astimezone(UTC).date() + timedelta(days=FORECAST_DAYS - 1)
        # A day more at both ends: what falls in an hour stands beside the next one, and their days
        # keep today's offset where clocks change. Beyond the forecast the answer names the zone.
        reached = min(last + _DAY, horizon)
        query = _query(at, min(first - _DAY, reached), reached)
        query |= {"hourly": ",".join(HOURLY_VARIABLES), "timeformat": "unixtime"}
        answer = await self._forecast.request("GET", "/v1/forecast", _HOURS, params=query)
        hours = answer.hourly.hours(zone_named(answer.timezone, PROVIDER))
        asked = self._now()
        return HourlyWeather(
            answer.timezone,
            tuple(hour for hour in hours if first <= hour.at.date() <= last),
            Provenance(PROVIDER, self._data, asked, asked + _FORECAST_KEEPS_FOR, _ATTRIBUTION),
        )

    async def aclose(self) -> None:
        """Close both connections."""
        await self._forecast.client.aclose()
        await self._archive.client.aclose()

    async def _forecast_days(
        self, at: Coordinates, first: date, last: date
    ) -> tuple[str, dict[date, WeatherDay]]:
        answer = await self._forecast.request(
            "GET",
            "/v1/forecast",
            _ANSWER,
            params=_query(at, first, last) | {"daily": ",".join(FORECAST_VARIABLES)},
        )
        zone = zone_named(answer.timezone, PROVIDER)
        found = [
            answer.daily.forecast_day(index, daylight(at, day, zone))
            for index, day in enumerate(answer.daily.time)
        ]
        return answer.timezone, {
            day.day: day for day in found if day is not None and first <= day.day <= last
        }

    async def _past(
        self, at: Coordinates, first: date, last: date, today: date
    ) -> tuple[str, list[Past]]:
        async def ask(start: date, end: date) -> tuple[str, list[Past]]:
            answer = await self._archive.request(
                "GET",
                "/v1/archive",
                _ANSWER,
                params=_query(at, start, end) | {"daily": ",".join(ARCHIVE_VARIABLES)},
            )
            return answer.timezone, answer.daily.past_days()

        answers = await in_parallel(
            [
                lambda start=start, end=end: ask(start, end)
                for start, end in past_windows(first, last, today)
            ],
            at_most=_AT_MOST_AT_ONCE,
        )
        return answers[0][0], [day for _zone, days in answers for day in days]


def build(
    config: OpenMeteoConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    limit: OutboundLimit | None = None,
) -> OpenMeteoWeather:
    """Wire the provider from its settings; the caller awaits `aclose`."""

    def client(base_url: str) -> JSONClient:
        opened = open_client(base_url, timeout_s=config.timeout_s, app=app)
        return JSONClient(PROVIDER, opened, explain=explain, now=now, limit=limit)

    return OpenMeteoWeather(
        client(config.forecast_url), client(config.archive_url), data=data, now=now
    )


def explain(reply: Reply) -> TripSageError | None:
    """Name a refusal; their text is looked at for the limit it names and never repeated."""
    if reply.status == HTTPStatus.NOT_FOUND:
        return ProviderRejectedError(PROVIDER, "HTTP 404")
    if reply.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    try:
        reason = _REFUSED.validate_json(reply.body).reason.lower()
    except ValidationError:
        reason = ""
    waits = (wait for word, wait in _LIMITS_S.items() if word in reason)
    return ProviderRateLimitedError(PROVIDER, next(waits, _LIMITS_S["minutely"]))


def _query(at: Coordinates, first: date, last: date) -> dict[str, Any]:
    return {
        "latitude": at.latitude,
        "longitude": at.longitude,
        "timezone": "auto",
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
    }


def _at[T](values: list[T | None], index: int) -> T | None:
    return values[index] if index < len(values) else None


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _tenths(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


# What Open-Meteo sends. Private: nothing outside this module may see these shapes.


class _RawDaily(BaseModel):
    # Any value may be null, and only what was asked for is there.
    time: list[date]
    weather_code: list[int | None] = []
    temperature_2m_max: list[float | None] = []
    temperature_2m_min: list[float | None] = []
    precipitation_sum: list[float | None] = []
    precipitation_probability_max: list[float | None] = []
    wind_speed_10m_max: list[float | None] = []
    wind_gusts_10m_max: list[float | None] = []
    apparent_temperature_max: list[float | None] = []
    apparent_temperature_min: list[float | None] = []

    def forecast_day(self, index: int, sun: Daylight) -> WeatherDay | None:
        """Return None for a day without temperatures: the models do not reach it yet.

        Their own sunrise is a clock time with today's offset, an hour off once clocks change.
        """
        high = _at(self.temperature_2m_max, index)
        low = _at(self.temperature_2m_min, index)
        if high is None or low is None:
            return None
        return WeatherDay(
            day=self.time[index],
            condition=words(_at(self.weather_code, index)),
            high_c=high,
            low_c=low,
            precipitation_probability=_rounded(_at(self.precipitation_probability_max, index)),
            precipitation_mm=_tenths(_at(self.precipitation_sum, index)),
            wind_kmh=_at(self.wind_speed_10m_max, index),
            sunrise=sun.sunrise,
            sunset=sun.sunset,
            gust_kmh=_at(self.wind_gusts_10m_max, index),
            feels_high_c=_at(self.apparent_temperature_max, index),
            feels_low_c=_at(self.apparent_temperature_min, index),
        )

    def past_days(self) -> list[Past]:
        return [
            Past(
                day,
                _at(self.temperature_2m_max, index),
                _at(self.temperature_2m_min, index),
                _at(self.precipitation_sum, index),
            )
            for index, day in enumerate(self.time)
        ]


class _RawHourly(BaseModel):
    # Seconds since 1970: their local clock times carry no offset, and one hour a year comes twice.
    # Temperature, sky and wind are those of the moment, precipitation is that of the hour before.
    time: list[int]
    temperature_2m: list[float | None] = []
    precipitation_probability: list[float | None] = []
    precipitation: list[float | None] = []
    weather_code: list[int | None] = []
    wind_speed_10m: list[float | None] = []

    def hours(self, zone: ZoneInfo) -> list[WeatherHour]:
        found: list[WeatherHour] = []
        for index, seconds in enumerate(self.time):
            temperature = _at(self.temperature_2m, index)
            if temperature is not None:
                hour = WeatherHour(
                    at=datetime.fromtimestamp(seconds, zone),
                    condition=words(_at(self.weather_code, index)),
                    temperature_c=temperature,
                    precipitation_probability=_rounded(
                        _at(self.precipitation_probability, index + 1)
                    ),
                    precipitation_mm=_tenths(_at(self.precipitation, index + 1)),
                    wind_kmh=_at(self.wind_speed_10m, index),
                )
                found.append(hour)
        return found


class _RawHours(BaseModel):
    timezone: str
    hourly: _RawHourly


class _RawAnswer(BaseModel):
    timezone: str
    daily: _RawDaily


class _RawRefused(BaseModel):
    reason: str = ""


_ANSWER = TypeAdapter(_RawAnswer)
_HOURS = TypeAdapter(_RawHours)
_REFUSED = TypeAdapter(_RawRefused)
