"""OpenWeather's twin: One Call 3.0 over the same invented weather as Open-Meteo's.

https://openweathermap.org/api/one-call-3 - units are `metric` or the standard ones.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import tzfpy
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox.open_meteo_values import Moment, Units
from tripsage_mcp.sandbox.open_meteo_weather import Day, cell_of

_DAYS, _HOURS = 8, 48
_KEY_LENGTH = 32
_KMH = 3.6
# Without `units=metric` temperatures are absolute.
_KELVIN = 273.15
_ALERT_FROM_KMH = 55.0
# From the WMO code to theirs.
_CODES = {
    0: 800, 1: 801, 2: 802, 3: 804, 45: 741, 48: 741, 51: 300, 53: 301, 55: 302, 61: 500,
    63: 501, 65: 502, 71: 600, 73: 601, 75: 602, 80: 520, 81: 521, 82: 522, 95: 211,
}  # fmt: skip
_GROUPS = {2: "Thunderstorm", 3: "Drizzle", 5: "Rain", 6: "Snow", 7: "Fog", 8: "Clouds"}


class _WrongError(Exception):
    """A parameter is wrong; the message is theirs."""


def build_app(seed: int = 0, now: Clock = utc_now) -> Starlette:
    """Return the twin of api.openweathermap.org; any 32 letters and digits are a key."""

    async def one_call(request: Request) -> JSONResponse:
        query = request.query_params
        key = query.get("appid", "")
        if len(key) != _KEY_LENGTH or not key.isalnum():
            return _refused(
                401, "Invalid API key. Please see https://openweathermap.org/faq#error401"
            )
        try:
            at = _point(query)
        except _WrongError as error:
            return _refused(400, str(error))
        return JSONResponse(_answer(seed, at, query, now()))

    return Starlette(routes=[Route("/data/3.0/onecall", one_call)])


def _refused(code: int, message: str) -> JSONResponse:
    return JSONResponse({"cod": code, "message": message}, status_code=code)


def _point(query: Mapping[str, str]) -> Coordinates:
    values: list[float] = []
    for name, most in (("lat", 90.0), ("lon", 180.0)):
        if not query.get(name):
            raise _WrongError("Nothing to geocode")
        try:
            value = float(query[name])
        except ValueError as exc:
            raise _WrongError(f"wrong {_full(name)}") from exc
        if not -most <= value <= most:
            raise _WrongError(f"wrong {_full(name)}")
        values.append(value)
    return Coordinates(*values)


def _full(name: str) -> str:
    return {"lat": "latitude", "lon": "longitude"}[name]


def _answer(seed: int, at: Coordinates, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(tzfpy.get_tz(at.longitude, at.latitude) or "UTC")
    local = now.astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None
    moment = Moment(seed, at, cell_of(at), zone, Units())
    left_out = set(query.get("exclude", "").split(","))
    above = 0.0 if query.get("units") == "metric" else _KELVIN
    days = [local.date() + timedelta(days=n) for n in range(_DAYS)]
    answer: dict[str, Any] = {
        "lat": at.latitude,
        "lon": at.longitude,
        "timezone": zone.key,
        "timezone_offset": int(offset.total_seconds()),
    }
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if "current" not in left_out:
        answer["current"] = _hour(moment, hour, above) | {"dt": int(now.timestamp())}
    if "hourly" not in left_out:
        answer["hourly"] = [_hour(moment, hour + timedelta(hours=n), above) for n in range(_HOURS)]
    if "daily" not in left_out:
        answer["daily"] = [_day(moment, day, above) for day in days]
    alerts = [
        _alert(moment, day) for day in days if moment.weather(day).gust_kmh >= _ALERT_FROM_KMH
    ]
    if "alerts" not in left_out and alerts:
        answer["alerts"] = alerts
    return answer


def _weather(code: int) -> list[dict[str, Any]]:
    theirs = _CODES[code]
    group = "Clear" if code == 0 else _GROUPS[theirs // 100]
    return [{"id": theirs, "main": group, "description": group.lower(), "icon": "01d"}]


def _day(moment: Moment, day: date, above: float) -> dict[str, Any]:
    drawn, sun = moment.weather(day), moment.sun(day)
    noon = datetime.combine(day, time(12), moment.zone)
    temperatures = {
        name: _degrees(moment.temperature(noon.replace(hour=hour)), above)
        for name, hour in (("morn", 9), ("day", 12), ("eve", 18), ("night", 23))
    }
    found: dict[str, Any] = {
        "dt": int(noon.timestamp()),
        "summary": "Invented for the sandbox",
        "temp": temperatures
        | {"min": _degrees(drawn.low_c, above), "max": _degrees(drawn.high_c, above)},
        "feels_like": temperatures,
        "humidity": 60,
        "pressure": 1015,
        "weather": _weather(drawn.code),
        "pop": drawn.probability / 100,
        "clouds": round(drawn.cloud * 100),
    } | _wind(drawn)
    if sun.rise != sun.set:
        found |= {"sunrise": int(sun.rise.timestamp()), "sunset": int(sun.set.timestamp())}
    if drawn.rain_mm:
        found["rain"] = drawn.rain_mm
    if drawn.snow_cm:
        found["snow"] = round(drawn.snow_cm / 0.7, 2)
    return found


def _hour(moment: Moment, hour: datetime, above: float) -> dict[str, Any]:
    local = hour.astimezone(moment.zone)
    drawn = moment.weather(local.date())
    wet = moment.rains(local)
    temperature = _degrees(moment.temperature(local), above)
    found: dict[str, Any] = {
        "dt": int(hour.timestamp()),
        "temp": temperature,
        "feels_like": temperature,
        "weather": _weather(drawn.code if wet else min(3, drawn.code)),
        "pop": round(drawn.probability / 100 * (1.0 if wet else 0.3), 2),
        "clouds": round(drawn.cloud * 100),
    } | _wind(drawn)
    if wet and drawn.rain_mm:
        found["rain"] = {"1h": round(drawn.rain_mm / drawn.wet_hours, 2)}
    if wet and drawn.snow_cm:
        found["snow"] = {"1h": round(drawn.snow_cm / 0.7 / drawn.wet_hours, 2)}
    return found


def _degrees(celsius: float, above: float) -> float:
    return round(celsius + above, 2)


def _wind(drawn: Day) -> dict[str, Any]:
    return {
        "wind_speed": round(drawn.wind_kmh / _KMH, 2),
        "wind_gust": round(drawn.gust_kmh / _KMH, 2),
        "wind_deg": drawn.wind_from,
    }


def _alert(moment: Moment, day: date) -> dict[str, Any]:
    start = datetime.combine(day, time(9), moment.zone)
    return {
        "sender_name": "Sandbox Weather Office",
        "event": "Wind warning",
        "start": int(start.timestamp()),
        "end": int((start + timedelta(hours=9)).timestamp()),
        "description": "Gusts are expected. Invented for the sandbox.",
        "tags": ["Wind"],
    }
