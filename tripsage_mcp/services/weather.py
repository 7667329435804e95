"""Weather for a place and a range of days."""

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.domain.weather import Weather
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.providers.ports import GeocodingProvider, WeatherProvider
from tripsage_mcp.services.where import Where, asked, locate

MOST_DAYS = 31
FURTHEST_DAYS = 366
# Somewhere on Earth it is still this much earlier than in UTC.
_LATEST_ZONE = timedelta(hours=12)
_EXAMPLE_IN_DAYS = 14


@dataclass(frozen=True, slots=True)
class WeatherAsked:
    """A place by name or by coordinates, and the days, both ends included."""

    start_date: date
    end_date: date
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class WeatherFound:
    """Every day asked for, and what the place was taken to be."""

    where: Where
    weather: Weather


@dataclass(frozen=True, slots=True)
class WeatherService:
    """Answers what the weather will be, or usually is."""

    weather: WeatherProvider
    geocoding: GeocodingProvider
    now: Clock = utc_now

    async def daily(self, request: WeatherAsked) -> WeatherFound:
        """Return one entry per day, forecast or climatology.

        Raises:
            InvalidRequestError: no place, or days that are past, reversed, too many or too far.
            NotFoundError: nothing has this name.
            ProviderError: a provider failed.
        """
        place = asked(request.place, request.latitude, request.longitude, argument="place")
        if place is None:
            raise InvalidRequestError(
                "place", "is required, or else latitude and longitude", example='"Lisbon"'
            )
        self._check_days(request)
        where = await locate(self.geocoding, place)
        if where.locality is not None and request.start_date < self._today(
            where.locality.time_zone
        ):
            raise self._past()
        weather = await self.weather.daily(where.coordinates, request.start_date, request.end_date)
        return WeatherFound(where, weather)

    def _check_days(self, request: WeatherAsked) -> None:
        first, last = request.start_date, request.end_date
        now = self.now().astimezone(UTC)
        if first < (now - _LATEST_ZONE).date():
            raise self._past()
        if last < first:
            raise InvalidRequestError(
                "end_date", "must not be before start_date", example=f'"{first.isoformat()}"'
            )
        if (last - first).days >= MOST_DAYS:
            raise InvalidRequestError(
                "end_date",
                f"must be within {MOST_DAYS} days of start_date, both included",
                example=f'"{first.isoformat()}"',
            )
        if last > now.date() + timedelta(days=FURTHEST_DAYS):
            raise InvalidRequestError(
                "end_date", "must be at most a year ahead", example=self._example()
            )

    def _today(self, time_zone: str) -> date:
        try:
            return self.now().astimezone(ZoneInfo(time_zone)).date()
        except (ZoneInfoNotFoundError, ValueError):
            return (self.now().astimezone(UTC) - _LATEST_ZONE).date()

    def _past(self) -> InvalidRequestError:
        return InvalidRequestError("start_date", "must not be in the past", example=self._example())

    def _example(self) -> str:
        soon = self.now().astimezone(UTC).date() + timedelta(days=_EXAMPLE_IN_DAYS)
        return f'"{soon.isoformat()}"'
