"""Weather for a place and a range of days."""

from dataclasses import dataclass
from datetime import date

from tripsage_mcp.domain.weather import Weather
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.providers.ports import GeocodingProvider, WeatherProvider
from tripsage_mcp.services.local_days import check_days, check_not_past
from tripsage_mcp.services.places.where import Where, asked, locate


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
        first, last = request.start_date, request.end_date
        check_days(first, last, self.now())
        where = await locate(self.geocoding, place)
        if where.locality is not None:
            check_not_past(first, where.locality.time_zone, self.now())
        return WeatherFound(where, await self.weather.daily(where.coordinates, first, last))
