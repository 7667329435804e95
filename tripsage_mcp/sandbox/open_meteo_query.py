"""The parameters of Open-Meteo's weather services, their rules, and their words for breaking them.

https://open-meteo.com/en/docs
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.sandbox.open_meteo_values import Units

_MOST_FORECAST_DAYS, _MOST_PAST_DAYS, _USUAL_DAYS = 16, 92, 7
_MOST_POINTS = 1000
_FIRST_ARCHIVED = date(1940, 1, 1)
_NAMES = {
    "daily": "ForecastVariableDaily",
    "hourly": "VariableOrSpread<ForecastVariable>",
    "current": "VariableOrSpread<ForecastVariable>",
}


class QueryError(Exception):
    """A rule is broken; `reason` says it in their words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for, checked."""

    points: list[Coordinates]
    zones: list[ZoneInfo]
    daily: list[str]
    hourly: list[str]
    current: list[str]
    units: Units
    archive: bool
    dates: tuple[date, date] | None
    past_days: int
    forecast_days: int

    def days(self, today: date) -> list[date]:
        """Return the days asked for; without dates they are counted from the local today."""
        first, last = self.dates or (
            today - timedelta(days=self.past_days),
            today + timedelta(days=self.forecast_days - 1),
        )
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def read_query(
    given: Mapping[str, str], known: Mapping[str, set[str]], now: datetime, *, archive: bool
) -> Query:
    """Check the parameters.

    Args:
        given: The query, as sent.
        known: The variables there are, by `daily`, `hourly` and `current`.
        now: Decides which dates are within reach.
        archive: The rules of the archive instead of those of the forecast.

    Raises:
        QueryError: a rule is broken.
    """
    points = _points(given)
    asked = {kind: _variables(given, kind, known[kind]) for kind in known}
    if asked["daily"] and not given.get("timezone"):
        raise QueryError("Timezone is required")
    units = Units(
        _one_of(given, "temperature_unit", "TemperatureUnit", ("celsius", "fahrenheit")),
        _one_of(given, "wind_speed_unit", "WindspeedUnit", ("kmh", "ms", "mph", "kn")),
        _one_of(given, "precipitation_unit", "PrecipitationUnit", ("mm", "inch")),
        _one_of(given, "timeformat", "Timeformat", ("iso8601", "unixtime")),
    )
    forecast_days = _days(given, "forecast_days", "Forecast", _MOST_FORECAST_DAYS, _USUAL_DAYS)
    past_days = _days(given, "past_days", "Past", _MOST_PAST_DAYS, 0)
    dates = _dates(given, now, archive=archive)
    return Query(
        points=points,
        zones=_zones(given.get("timezone", "GMT"), points),
        units=units,
        archive=archive,
        dates=dates,
        past_days=past_days,
        forecast_days=forecast_days,
        **asked,
    )


def _numbers(given: Mapping[str, str], name: str) -> list[float]:
    text = given.get(name)
    if not text:
        raise QueryError(f"Value of type 'Array<Float>' required for key '{name}'.")
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as exc:
        raise QueryError(f"Value of type 'Array<Float>' required for key '{name}'.") from exc


def _points(given: Mapping[str, str]) -> list[Coordinates]:
    latitudes, longitudes = _numbers(given, "latitude"), _numbers(given, "longitude")
    if len(latitudes) != len(longitudes):
        raise QueryError(
            "Parameter 'latitude' and 'longitude' must have the same number of elements"
        )
    if len(latitudes) > _MOST_POINTS:
        raise QueryError("Maximum number of locations exceeded.")
    for latitude, longitude in zip(latitudes, longitudes, strict=True):
        if not -90 <= latitude <= 90:  # noqa: PLR2004
            raise QueryError(f"Latitude must be in range of -90 to 90°. Given: {latitude}.")
        if not -180 <= longitude <= 180:  # noqa: PLR2004
            raise QueryError(f"Longitude must be in range of -180 to 180°. Given: {longitude}.")
    return [Coordinates(a, b) for a, b in zip(latitudes, longitudes, strict=True)]


def _variables(given: Mapping[str, str], kind: str, known: set[str]) -> list[str]:
    names = [name for name in given.get(kind, "").split(",") if name]
    for name in names:
        if name not in known:
            raise QueryError(
                f"Data corrupted at path ''. Cannot initialize {_NAMES[kind]}"
                f" from invalid String value {name}."
            )
    return list(dict.fromkeys(names))


def _one_of(given: Mapping[str, str], name: str, kind: str, allowed: tuple[str, ...]) -> str:
    value = given.get(name) or allowed[0]
    if value not in allowed:
        raise QueryError(
            f"Data corrupted at path '{name}'. Cannot initialize {kind}"
            f" from invalid String value {value}."
        )
    return value


def _days(given: Mapping[str, str], name: str, word: str, most: int, usual: int) -> int:
    text = given.get(name)
    if text is None:
        return usual
    try:
        days = int(text)
    except ValueError as exc:
        raise QueryError(f"Value of type 'Int' required for key '{name}'.") from exc
    if not 0 <= days <= most:
        raise QueryError(f"{word} days is invalid. Allowed range 0 to {most}. Given {days}.")
    return days


def _dates(given: Mapping[str, str], now: datetime, *, archive: bool) -> tuple[date, date] | None:
    texts = given.get("start_date"), given.get("end_date")
    if texts == (None, None) and not archive:
        return None
    try:
        first, last = (date.fromisoformat(text or "") for text in texts)
    except ValueError as exc:
        raise QueryError(
            "Both 'start_date' and 'end_date' must be set in the format yyyy-MM-dd"
        ) from exc
    if "forecast_days" in given or "past_days" in given:
        which = "forecast_days" if "forecast_days" in given else "past_days"
        raise QueryError(
            f"Parameter '{which}' is mutually exclusive with 'start_date' and 'end_date'"
        )
    if last < first:
        raise QueryError("End-date must be larger or equals than start-date")
    today = now.astimezone(UTC).date()
    earliest, latest = _FIRST_ARCHIVED, today
    if not archive:
        earliest = today - timedelta(days=_MOST_PAST_DAYS)
        latest = today + timedelta(days=_MOST_FORECAST_DAYS)
    for name, day in (("start_date", first), ("end_date", last)):
        if not earliest <= day <= latest:
            raise QueryError(
                f"Parameter '{name}' is out of allowed range from {earliest} to {latest}"
            )
    return first, last


def _zones(text: str, points: list[Coordinates]) -> list[ZoneInfo]:
    names = text.split(",")
    if len(names) == 1:
        names *= len(points)
    if len(names) != len(points):
        raise QueryError("Parameter 'timezone' must have the same number of elements")
    return [_zone(name.strip(), at) for name, at in zip(names, points, strict=True)]


def _zone(name: str, at: Coordinates) -> ZoneInfo:
    if name == "auto":
        name = tzfpy.get_tz(at.longitude, at.latitude) or "GMT"
        # At sea they say GMT.
        name = "GMT" if name.startswith("Etc/") else name
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise QueryError("Invalid timezone") from exc
