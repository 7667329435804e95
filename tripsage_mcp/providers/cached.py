"""Providers behind the cache: the same question twice asks upstream once.

How long each kind of data is kept, and how much longer it may be shown as stale, is decided here.
Prices are never shown as stale, and Google's places are not kept, which its terms forbid: what is
asked for at the same moment is still asked once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import Field, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Protocol

from pydantic import TypeAdapter

from tripsage_mcp.domain.destination import AdvisoryFound
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.place import (
    LocalitiesFound,
    NearbySearch,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    Surroundings,
    TravelEnd,
    TravelMode,
    TravelTimes,
)
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.stay import StaySearch, StaysFound
from tripsage_mcp.domain.stay_details import StayDetails
from tripsage_mcp.domain.weather import HourlyWeather, Weather
from tripsage_mcp.infrastructure.cache import Cache, Lifetime
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.providers.ports import (
    AdvisoryProvider,
    ExchangeRates,
    GeocodingProvider,
    PlaceProvider,
    StayProvider,
    WeatherProvider,
)

_LOCALITIES = TypeAdapter(LocalitiesFound)
_SURROUNDINGS = TypeAdapter(Surroundings)
_WEATHER = TypeAdapter(Weather)
_HOURS = TypeAdapter(HourlyWeather)
_ADVICE = TypeAdapter(AdvisoryFound)
_RATE: TypeAdapter[ExchangeRate | None] = TypeAdapter(ExchangeRate | None)
_STAYS = TypeAdapter(StaysFound)
_LISTING = TypeAdapter(StayDetails)

# A town does not move; a new name may take a week to be found.
_NAMES = Lifetime(timedelta(days=1).total_seconds(), timedelta(days=6).total_seconds())
# Within the hour in which a forecast is renewed.
_FORECAST = Lifetime(timedelta(minutes=20).total_seconds(), timedelta(minutes=40).total_seconds())
# A page of homes with its prices; and one home's description, which has none.
_HOMES = Lifetime(timedelta(minutes=15).total_seconds())
_HOME = Lifetime(timedelta(hours=12).total_seconds())
_HOTELS = Lifetime(timedelta(minutes=5).total_seconds())
_CLIMATE_FOR = timedelta(days=30)
# Published when something happens; each names its own date.
_ADVICE_FOR = Lifetime(timedelta(hours=6).total_seconds(), timedelta(hours=18).total_seconds())
# Of a day, which a rate names itself.
_RATE_FOR = Lifetime(timedelta(hours=1).total_seconds(), timedelta(hours=11).total_seconds())
# Averages give way to a forecast once there is one.
_FORECAST_BEGINS = timedelta(days=16)


class _Sourced(Protocol):
    """A dataclass that says where it is from."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def provenance(self) -> Provenance: ...


async def kept[T: _Sourced](
    cache: Cache,
    key: str,
    adapter: TypeAdapter[T],
    load: Callable[[], Awaitable[T]],
    lasts: Callable[[T], Lifetime],
) -> T:
    """Return an answer out of the cache, or a new one, with a word on how it was come by.

    Args:
        cache: Of this kind of data.
        key: Everything the answer depends on.
        adapter: Of the answer, a dataclass with a `provenance`.
        load: Asks the provider.
        lasts: Says how long an answer may be used.
    """
    found = await cache.fetch(key, adapter, load, lasts)
    if not (found.stale or cache.degraded):
        return found.value
    seen = replace(found.value.provenance, stale=found.stale, degraded=cache.degraded)
    return replace(found.value, provenance=seen)


@dataclass(frozen=True, slots=True)
class CachedGeocoding:
    """Remembers what a name stands for, and what a point is in, for a day."""

    provider: GeocodingProvider
    cache: Cache

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Return towns and regions called `name`, best match first."""
        return await kept(
            self.cache,
            f"{limit}:{' '.join(name.casefold().split())}",
            _LOCALITIES,
            lambda: self.provider.localities(name, limit=limit),
            lambda _: _NAMES,
        )

    async def reverse(self, at: Coordinates) -> Surroundings:
        """Return the town a point is in."""
        # Three decimals are about a hundred metres.
        return await kept(
            self.cache,
            f"at:{at.latitude:.3f},{at.longitude:.3f}",
            _SURROUNDINGS,
            lambda: self.provider.reverse(at),
            lambda _: _NAMES,
        )


@dataclass(frozen=True, slots=True)
class SharedGeocoding:
    """Asks once for what several want at the same moment, and keeps nothing."""

    provider: GeocodingProvider
    cache: Cache

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Return towns and regions called `name`, best match first."""
        return await self.cache.share(
            f"{limit}:{name}", lambda: self.provider.localities(name, limit=limit)
        )

    async def reverse(self, at: Coordinates) -> Surroundings:
        """Return the town a point is in."""
        return await self.cache.share(repr(at), lambda: self.provider.reverse(at))


@dataclass(frozen=True, slots=True)
class CachedWeather:
    """Remembers a forecast for twenty minutes, and the averages of past years for a month."""

    provider: WeatherProvider
    cache: Cache
    now: Clock = utc_now

    async def daily(self, at: Coordinates, first: date, last: date) -> Weather:
        """Return every day from `first` to `last`, both included."""
        # Two decimals are about a kilometre, finer than the weather's own grid.
        return await kept(
            self.cache,
            f"{at.latitude:.2f},{at.longitude:.2f}:{first}:{last}",
            _WEATHER,
            lambda: self.provider.daily(at, first, last),
            self._lasts,
        )

    async def hourly(self, at: Coordinates, first: date, last: date) -> HourlyWeather:
        """Return the hours of those of the days that the forecast reaches."""
        return await kept(
            self.cache,
            f"hours:{at.latitude:.2f},{at.longitude:.2f}:{first}:{last}",
            _HOURS,
            lambda: self.provider.hourly(at, first, last),
            lambda _: _FORECAST,
        )

    def _lasts(self, weather: Weather) -> Lifetime:
        if any(day.kind == "forecast" for day in weather.days):
            return _FORECAST
        first = datetime.combine(weather.days[0].day, datetime.min.time(), UTC)
        until_forecast = first - _FORECAST_BEGINS - self.now()
        lasts = min(until_forecast, _CLIMATE_FOR).total_seconds()
        return Lifetime(max(lasts, _FORECAST.fresh_s))


@dataclass(frozen=True, slots=True)
class CachedAdvisories:
    """Remembers what a government advises for six hours."""

    provider: AdvisoryProvider
    cache: Cache

    async def on(self, country_code: str) -> AdvisoryFound:
        """Return what it publishes about a country."""
        return await kept(
            self.cache,
            country_code.upper(),
            _ADVICE,
            lambda: self.provider.on(country_code),
            lambda _: _ADVICE_FOR,
        )


@dataclass(frozen=True, slots=True)
class CachedRates:
    """Remembers a rate for an hour, and that there is none."""

    provider: ExchangeRates
    cache: Cache

    async def rate(self, base: str, quote: str) -> ExchangeRate | None:
        """Return the latest rate, or None when the source does not quote one of the two."""
        found = await self.cache.fetch(
            f"{base}:{quote}",
            _RATE,
            lambda: self.provider.rate(base, quote),
            lambda _: _RATE_FOR,
        )
        return found.value


@dataclass(frozen=True, slots=True)
class CachedHomes:
    """Remembers a page of homes for a quarter of an hour, and one home for half a day.

    For a source whose pages of one home tell no price; it does not change by the hour. And one that
    is asked for the place in words, the dates, the guests and the kind of home, and for nothing
    else: what else a search wishes is another question to us, and the same to the source.
    """

    provider: StayProvider
    cache: Cache

    async def search(self, search: StaySearch) -> StaysFound:
        """Return one page of listings."""
        asked = StaySearch(
            " ".join(search.location.casefold().split()),
            search.check_in,
            search.check_out,
            search.adults,
            search.children,
            search.infants,
            search.pets,
            search.property_type,
            search.cursor,
        )
        return await kept(
            self.cache,
            repr(asked),
            _STAYS,
            lambda: self.provider.search(search),
            lambda _: _HOMES,
        )

    async def get(self, listing_id: str, search: StaySearch | None) -> StayDetails:
        """Return one listing."""
        return await kept(
            self.cache,
            f"{listing_id}:{search!r}",
            _LISTING,
            lambda: self.provider.get(listing_id, search),
            lambda _: _HOME,
        )


@dataclass(frozen=True, slots=True)
class CachedHotels:
    """Remembers what a search found for five minutes, and no longer than its first price holds.

    What one hotel has to offer is asked for anew each time.
    """

    provider: StayProvider
    cache: Cache
    now: Clock = utc_now

    async def search(self, search: StaySearch) -> StaysFound:
        """Return every hotel found."""
        return await kept(
            self.cache, repr(search), _STAYS, lambda: self.provider.search(search), self._lasts
        )

    async def get(self, listing_id: str, search: StaySearch | None) -> StayDetails:
        """Return one hotel with its rates."""
        return await self.provider.get(listing_id, search)

    def _lasts(self, found: StaysFound) -> Lifetime:
        expires = found.provenance.expires_at
        if expires is None:
            return _HOTELS
        holds_s = (expires - self.now()).total_seconds()
        return Lifetime(max(0.0, min(_HOTELS.fresh_s, holds_s)))


@dataclass(frozen=True, slots=True)
class SharedPlaces:
    """Asks once for what several want at the same moment, and keeps nothing."""

    provider: PlaceProvider
    cache: Cache

    async def search(self, search: PlaceSearch) -> PlacesFound:
        """Return up to `search.limit` places, most relevant first."""
        return await self.cache.share(repr(search), lambda: self.provider.search(search))

    async def nearby(self, search: NearbySearch) -> PlacesFound:
        """Return up to `search.limit` places of a kind within a circle."""
        return await self.cache.share(repr(search), lambda: self.provider.nearby(search))

    async def get(self, place_id: str, *, brief: bool = False) -> PlaceDetails:
        """Return one place with all that is known of it."""
        return await self.cache.share(
            f"place:{brief}:{place_id}", lambda: self.provider.get(place_id, brief=brief)
        )

    async def travel_times(
        self,
        origins: tuple[TravelEnd, ...],
        destinations: tuple[TravelEnd, ...],
        mode: TravelMode,
        *,
        departs: datetime | None = None,
    ) -> TravelTimes:
        """Return the full matrix."""
        return await self.cache.share(
            f"ways:{mode}:{departs}:{origins!r}:{destinations!r}",
            lambda: self.provider.travel_times(origins, destinations, mode, departs=departs),
        )
