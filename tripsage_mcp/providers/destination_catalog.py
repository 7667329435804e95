"""The part of the catalogue that knows of destinations: weather, rates, advice, holidays.

Nothing here needs a key but OpenWeather, which is asked only where one is set, or where the
operator wants it first: in demo mode its twin answers then.
"""

from collections.abc import Callable, Mapping

from pydantic import SecretStr

from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.infrastructure.config import read
from tripsage_mcp.infrastructure.http import ASGIApp
from tripsage_mcp.providers.advisories import uk, us
from tripsage_mcp.providers.catalog import Opened, Setting
from tripsage_mcp.providers.holidays import offline
from tripsage_mcp.providers.ports import (
    AdvisoryProvider,
    ExchangeRates,
    HolidayCalendar,
    WeatherProvider,
)
from tripsage_mcp.providers.rates import ecb, frankfurter
from tripsage_mcp.providers.weather import open_meteo, openweather
from tripsage_mcp.providers.weather.in_order import WeatherInOrder

_SANDBOX_OPENWEATHER_KEY = SecretStr("sandbox0sandbox0sandbox0sandbox0")


def _keyless(setting: Setting) -> tuple[DataKind, ASGIApp | None]:
    """Say what a source without a key answers with, and from where."""
    if setting.mode == "demo":
        return "sandbox", setting.sandbox.app
    return "live", None


def _open_meteo(setting: Setting) -> Opened[WeatherProvider]:
    config, (data, app) = read(open_meteo.OpenMeteoConfig), _keyless(setting)
    if app is not None:
        urls = setting.sandbox.urls
        config = config.model_copy(
            update={
                "forecast_url": urls["open_meteo_forecast"],
                "archive_url": urls["open_meteo_archive"],
            }
        )
    limit = setting.queue("open-meteo", data, config.requests_per_minute)
    built = open_meteo.build(config, data=data, now=setting.now, app=app, limit=limit)
    return Opened(built, "open-meteo", data, None, lambda: built.health, built.aclose, (limit,))


def _openweather(setting: Setting) -> Opened[WeatherProvider] | None:
    config = read(openweather.OpenWeatherConfig)
    data: DataKind | None = "live"
    app: ASGIApp | None = None
    if config.api_key is None:
        if not config.first:
            return None
        data, app = _keyless(setting)
    if app is not None:
        update = {
            "api_key": _SANDBOX_OPENWEATHER_KEY,
            "base_url": setting.sandbox.urls["open_weather"],
        }
        config = config.model_copy(update=update)
    limit = setting.queue("openweather", data, config.requests_per_minute)
    built = openweather.build(config, data=data, now=setting.now, app=app, limit=limit)
    return Opened(
        built,
        "openweather",
        None if config.api_key is None else data,
        openweather.KEY_VARIABLE,
        lambda: built.health,
        built.aclose,
        (limit,),
    )


def weather_in_order(setting: Setting) -> tuple[Opened[WeatherProvider], ...]:
    """Return the sources of weather in the order in which they are asked.

    In demo mode a key puts its source first: what is real goes before what is invented.
    """
    usual, keyed = _open_meteo(setting), _openweather(setting)
    if keyed is None:
        return (usual,)
    first = read(openweather.OpenWeatherConfig).first or usual.data == "sandbox"
    return (keyed, usual) if first else (usual, keyed)


def joined(sources: tuple[Opened[WeatherProvider], ...]) -> WeatherProvider:
    """Make one source of several, asked in this order."""
    return WeatherInOrder(tuple(each.provider for each in sources))


def _frankfurter(setting: Setting) -> Opened[ExchangeRates]:
    config, (data, app) = read(frankfurter.FrankfurterConfig), _keyless(setting)
    if app is not None:
        config = config.model_copy(update={"base_url": setting.sandbox.urls["frankfurter"]})
    limit = setting.queue("frankfurter", data, config.requests_per_minute)
    built = frankfurter.build(config, data=data, now=setting.now, app=app, limit=limit)
    return Opened(
        built, frankfurter.PROVIDER, data, None, lambda: built.health, built.aclose, (limit,)
    )


def _us(setting: Setting) -> Opened[AdvisoryProvider]:
    config, (data, app) = read(us.USAdvisoriesConfig), _keyless(setting)
    if app is not None:
        config = config.model_copy(update={"base_url": setting.sandbox.urls["us_advisories"]})
    limit = setting.queue("us-advisories", data, config.requests_per_minute)
    built = us.build(config, data=data, now=setting.now, app=app, limit=limit)
    return Opened(built, us.PROVIDER, data, None, lambda: built.health, built.aclose, (limit,))


def _uk(setting: Setting) -> Opened[AdvisoryProvider]:
    config, (data, app) = read(uk.UKAdviceConfig), _keyless(setting)
    if app is not None:
        config = config.model_copy(update={"base_url": setting.sandbox.urls["uk_advice"]})
    limit = setting.queue("uk-advice", data, config.requests_per_minute)
    built = uk.build(config, data=data, now=setting.now, app=app, limit=limit)
    return Opened(built, uk.PROVIDER, data, None, lambda: built.health, built.aclose, (limit,))


TODAYS_RATES: Mapping[str, Callable[[Setting], Opened[ExchangeRates]]] = {
    "frankfurter": _frankfurter
}
OFFLINE_RATES: Mapping[str, Callable[[], ExchangeRates]] = {"ecb": ecb.ECBRates}
ADVISORIES: Mapping[str, Callable[[Setting], Opened[AdvisoryProvider]]] = {"us": _us, "uk": _uk}
HOLIDAYS: Mapping[str, Callable[[], HolidayCalendar]] = {"offline": offline.OfflineHolidays}
