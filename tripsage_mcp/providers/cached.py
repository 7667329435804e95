"""Providers behind the cache: the same question twice asks upstream once.

Only what changes slowly and may be kept: the names of towns, and the weather. Offers, prices and
Google's places are asked for each time.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound
from tripsage_mcp.domain.weather import Weather
from tripsage_mcp.infrastructure.keyvalue import Cache
from tripsage_mcp.providers.ports import GeocodingProvider, WeatherProvider

_LOCALITIES = TypeAdapter(LocalitiesFound)
_WEATHER = TypeAdapter(Weather)
_NAMES_FOR_S = timedelta(days=1).total_seconds()
# Well under the hour in which a forecast is renewed.
_WEATHER_FOR_S = timedelta(minutes=20).total_seconds()


@dataclass(frozen=True, slots=True)
class CachedGeocoding:
    """Remembers what a name stands for, for a day."""

    provider: GeocodingProvider
    cache: Cache

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Return towns and regions called `name`, best match first."""
        key = f"{limit}:{' '.join(name.casefold().split())}"
        return await self.cache.get_or_load(
            key,
            _NAMES_FOR_S,
            _LOCALITIES,
            lambda: self.provider.localities(name, limit=limit),
        )


@dataclass(frozen=True, slots=True)
class CachedWeather:
    """Remembers the weather of a place and period for twenty minutes."""

    provider: WeatherProvider
    cache: Cache

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        """Return every day from `first` to `last`, both included."""
        # Two decimals are about a kilometre, finer than the weather's own grid.
        key = f"{at.latitude:.2f},{at.longitude:.2f}:{first}:{last}"
        return await self.cache.get_or_load(
            key, _WEATHER_FOR_S, _WEATHER, lambda: self.provider.daily(at, first, last)
        )
