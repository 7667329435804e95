"""Open-Meteo's twins: forecast, archive and geocoding.

https://open-meteo.com/en/docs and https://open-meteo.com/en/docs/historical-weather-api. Each is an
application of its own, as each is a host of its own. Daily values are complete; of the hourly and
current ones there are the common few.
"""

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox import open_meteo_geocoding
from tripsage_mcp.sandbox.open_meteo_geocoding import refused
from tripsage_mcp.sandbox.open_meteo_query import Query, QueryError, read_query
from tripsage_mcp.sandbox.open_meteo_values import ARCHIVED, CURRENT, DAILY, HOURLY, Moment
from tripsage_mcp.sandbox.open_meteo_weather import cell_of, nearest_city

# Models reach sixteen days; the seventeenth may be asked for and is empty.
FORECAST_DAYS = 16
# The reanalysis is about five days behind.
_ARCHIVE_DELAY = timedelta(days=5)
_GRID = 0.125
_CURRENT_INTERVAL_S = 900
_FORECAST_ONLY = {
    "precipitation_probability_max",
    "precipitation_probability",
    "showers_sum",
    "uv_index_max",
    "uv_index_clear_sky_max",
}


def _grid(at: Coordinates) -> Coordinates:
    return Coordinates(
        round(at.latitude / _GRID) * _GRID,
        max(-180.0, min(180.0, round(at.longitude / _GRID) * _GRID)),
    )


def _answer(query: Query, index: int, seed: int, now: datetime) -> dict[str, Any]:
    at, zone = query.points[index], query.zones[index]
    local = now.astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None
    grid = _grid(at)
    answer: dict[str, Any] = {
        "latitude": grid.latitude,
        "longitude": grid.longitude,
        "generationtime_ms": 0.0,
        "utc_offset_seconds": int(offset.total_seconds()),
        "timezone": zone.key,
        "timezone_abbreviation": local.tzname(),
        "elevation": nearest_city(at)[0].elevation_m,
    }
    if index:
        answer["location_id"] = index
    # As there: the offset of today holds for every day, whenever clocks change.
    moment = Moment(seed, at, cell_of(at), timezone(offset), query.units)
    horizon = local.date() + timedelta(days=FORECAST_DAYS)
    if query.archive:
        horizon = now.astimezone(UTC).date() - _ARCHIVE_DELAY + timedelta(days=1)
    if query.current:
        quarter = local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)
        answer["current_units"] = {"time": query.units.timeformat, "interval": "seconds"} | {
            name: CURRENT[name].unit(query.units) for name in query.current
        }
        answer["current"] = {
            "time": query.units.moment(quarter),
            "interval": _CURRENT_INTERVAL_S,
        } | {name: CURRENT[name].at(moment, quarter) for name in query.current}
    days = query.days(local.date())
    if query.hourly:
        answer |= _hourly(query, moment, days, horizon)
    if query.daily:
        answer |= _daily(query, moment, days, horizon, local.date())
    return answer


def _hourly(query: Query, moment: Moment, days: list[date], horizon: date) -> dict[str, Any]:
    hours = [
        datetime(day.year, day.month, day.day, hour, tzinfo=moment.zone)
        for day in days
        for hour in range(24)
    ]
    values: dict[str, list[Any]] = {"time": [query.units.moment(hour) for hour in hours]}
    for name in query.hourly:
        values[name] = [
            HOURLY[name].at(moment, hour) if hour.date() < horizon else None for hour in hours
        ]
    units = {"time": query.units.timeformat} | {
        n: HOURLY[n].unit(query.units) for n in query.hourly
    }
    return {"hourly_units": units, "hourly": values}


def _daily(
    query: Query, moment: Moment, days: list[date], horizon: date, today: date
) -> dict[str, Any]:
    variables = ARCHIVED if query.archive else DAILY
    values: dict[str, list[Any]] = {"time": [query.units.day(day) for day in days]}
    for name in query.daily:
        variable = variables[name]
        # What was only ever predicted is not kept.
        first = today if name in _FORECAST_ONLY else date.min
        values[name] = [
            variable.on(moment, day) if variable.always or first <= day < horizon else None
            for day in days
        ]
    units = {"time": query.units.timeformat} | {
        name: variables[name].unit(query.units) for name in query.daily
    }
    return {"daily_units": units, "daily": values}


def _weather(seed: int, now: Clock, *, archive: bool) -> Starlette:
    known_daily = {n for n in DAILY if not (archive and n in _FORECAST_ONLY)}
    known_hourly = {n for n in HOURLY if not (archive and n in _FORECAST_ONLY)}

    async def endpoint(request: Request) -> JSONResponse:
        started = time.perf_counter()
        moment = now()
        known: Mapping[str, set[str]] = {
            "daily": known_daily,
            "hourly": known_hourly,
            "current": set() if archive else set(CURRENT),
        }
        try:
            query = read_query(request.query_params, known, moment, archive=archive)
        except QueryError as error:
            return refused(error.reason)
        answers = [_answer(query, index, seed, moment) for index in range(len(query.points))]
        for answer in answers:
            answer["generationtime_ms"] = round((time.perf_counter() - started) * 1000, 4)
        return JSONResponse(answers if len(answers) > 1 else answers[0])

    return Starlette(routes=[Route("/v1/archive" if archive else "/v1/forecast", endpoint)])


def build_forecast(seed: int = 0, now: Clock = utc_now) -> Starlette:
    """Return the twin of api.open-meteo.com."""
    return _weather(seed, now, archive=False)


def build_archive(seed: int = 0, now: Clock = utc_now) -> Starlette:
    """Return the twin of archive-api.open-meteo.com."""
    return _weather(seed, now, archive=True)


def build_geocoding() -> Starlette:
    """Return the twin of geocoding-api.open-meteo.com."""
    return Starlette(
        routes=[
            Route("/v1/search", open_meteo_geocoding.search),
            Route("/v1/get", open_meteo_geocoding.get),
        ]
    )
