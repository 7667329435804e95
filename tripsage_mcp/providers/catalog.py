"""Every provider TripSage can use. A new one is one module plus one entry here.

An entry decides, from its own settings and the server's mode, whether it answers live, from the
sandbox, or not at all: in demo mode a provider without its key is answered by the sandbox; in live
mode it stays unconfigured and says so on every call.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.config import read
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import ASGIApp
from tripsage_mcp.infrastructure.limits import Limiter, OutboundLimit, Rate
from tripsage_mcp.infrastructure.mcp_client import InMemory, SupervisedMCPClient
from tripsage_mcp.providers.flights import duffel
from tripsage_mcp.providers.geocoding import google as google_geocoding
from tripsage_mcp.providers.geocoding import open_meteo as open_meteo_geocoding
from tripsage_mcp.providers.places import google
from tripsage_mcp.providers.ports import (
    ExchangeRates,
    FlightSource,
    GeocodingProvider,
    PlaceProvider,
    StayProvider,
    WeatherProvider,
)
from tripsage_mcp.providers.rates import ecb
from tripsage_mcp.providers.stays import airbnb
from tripsage_mcp.providers.weather import open_meteo

# The sandbox accepts any well-formed key; these say what they are wherever they show up.
_SANDBOX_DUFFEL_TOKEN = SecretStr("duffel_test_sandbox")
_SANDBOX_DUFFEL_PER_MINUTE = 300
_SANDBOX_GOOGLE_KEY = SecretStr("AIzaSandboxSandboxSandboxSandboxSandbox")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the sandbox answers.

    Attributes:
        app: The ASGI application with every HTTP twin.
        urls: Base URL by upstream: `duffel`, `google`, `open_meteo_forecast`,
            `open_meteo_archive`, `open_meteo_geocoding`.
        airbnb: The stand-in for the Airbnb MCP server.
    """

    app: ASGIApp
    urls: Mapping[str, str]
    airbnb: InMemory


@dataclass(frozen=True, slots=True)
class Setting:
    """What every entry needs to know.

    Attributes:
        mode: `demo` answers from the sandbox where no key is set; `live` never does.
        limiter: Where requests to upstream services queue.
    """

    mode: Literal["demo", "live"]
    sandbox: Sandbox
    now: Clock
    limiter: Limiter


@dataclass(frozen=True, slots=True)
class Opened[P]:
    """A provider ready for use; `close` is the owner's to call.

    Attributes:
        data: `live`, `sandbox`, or None when it is not configured.
        variable: What to set for live data; None where no key is needed.
    """

    provider: P
    name: str
    data: DataKind | None
    variable: str | None
    health: Callable[[], tuple[Health, ...]]
    close: Callable[[], Awaitable[None]]


def _kind(setting: Setting, *, configured: bool) -> DataKind | None:
    if configured:
        return "live"
    return "sandbox" if setting.mode == "demo" else None


def _duffel(setting: Setting) -> Opened[FlightSource]:
    config = read(duffel.DuffelConfig)
    data = _kind(setting, configured=config.access_token is not None)
    sandboxed = data == "sandbox"
    if sandboxed:
        config = config.model_copy(
            update={
                "access_token": _SANDBOX_DUFFEL_TOKEN,
                "base_url": setting.sandbox.urls["duffel"],
                "requests_per_minute": _SANDBOX_DUFFEL_PER_MINUTE,
            }
        )
    rate = Rate.per_minute(config.requests_per_minute)
    built = duffel.build(
        config,
        data=data or "live",
        now=setting.now,
        app=setting.sandbox.app if sandboxed else None,
        limit=OutboundLimit(setting.limiter, f"duffel-{data}", rate),
    )
    source = FlightSource(built.offers, built.orders)
    return Opened(
        source, "duffel", data, duffel.KEY_VARIABLE, lambda: (built.health,), built.aclose
    )


def _google_places(setting: Setting) -> Opened[PlaceProvider]:
    config = read(google.GooglePlacesConfig)
    data = _kind(setting, configured=config.api_key is not None)
    sandboxed = data == "sandbox"
    if sandboxed:
        url = setting.sandbox.urls["google"]
        config = config.model_copy(
            update={"api_key": _SANDBOX_GOOGLE_KEY, "places_url": url, "routes_url": url}
        )
    provider = google.build(
        config,
        data=data or "live",
        now=setting.now,
        app=setting.sandbox.app if sandboxed else None,
    )
    return Opened(
        provider, "google", data, google.KEY_VARIABLE, lambda: provider.health, provider.aclose
    )


def _geocoding(setting: Setting) -> Opened[GeocodingProvider]:
    """Google where its key is set, else Open-Meteo, which needs none."""
    keyed = read(google_geocoding.GoogleGeocodingConfig)
    if keyed.api_key is not None:
        by_google = google_geocoding.build(keyed, data="live", now=setting.now)
        return Opened(
            by_google,
            "google",
            "live",
            google_geocoding.KEY_VARIABLE,
            lambda: by_google.health,
            by_google.aclose,
        )
    config = read(open_meteo_geocoding.OpenMeteoGeocodingConfig)
    sandboxed = setting.mode == "demo"
    if sandboxed:
        url = setting.sandbox.urls["open_meteo_geocoding"]
        config = config.model_copy(update={"geocoding_url": url})
    data: DataKind = "sandbox" if sandboxed else "live"
    provider = open_meteo_geocoding.build(
        config, data=data, now=setting.now, app=setting.sandbox.app if sandboxed else None
    )
    return Opened(provider, "open-meteo", data, None, lambda: provider.health, provider.aclose)


def _open_meteo(setting: Setting) -> Opened[WeatherProvider]:
    config = read(open_meteo.OpenMeteoConfig)
    sandboxed = setting.mode == "demo"
    if sandboxed:
        config = config.model_copy(
            update={
                "forecast_url": setting.sandbox.urls["open_meteo_forecast"],
                "archive_url": setting.sandbox.urls["open_meteo_archive"],
            }
        )
    data: DataKind = "sandbox" if sandboxed else "live"
    provider = open_meteo.build(
        config, data=data, now=setting.now, app=setting.sandbox.app if sandboxed else None
    )
    return Opened(provider, "open-meteo", data, None, lambda: provider.health, provider.aclose)


def _airbnb(setting: Setting) -> Opened[StayProvider]:
    config = read(airbnb.AirbnbConfig)
    data = _kind(setting, configured=config.server is not None)
    server = setting.sandbox.airbnb if data == "sandbox" else airbnb.launch(config)
    client = SupervisedMCPClient("airbnb", server, call_timeout_s=config.timeout_s)
    provider = airbnb.build(config, client, data=data or "live", now=setting.now)
    return Opened(
        provider, "airbnb", data, airbnb.KEY_VARIABLE, lambda: provider.health, client.aclose
    )


FLIGHTS: Mapping[str, Callable[[Setting], Opened[FlightSource]]] = {"duffel": _duffel}
STAYS: Mapping[str, Callable[[Setting], Opened[StayProvider]]] = {"airbnb": _airbnb}
PLACES: Mapping[str, Callable[[Setting], Opened[PlaceProvider]]] = {"google": _google_places}
GEOCODING: Mapping[str, Callable[[Setting], Opened[GeocodingProvider]]] = {
    "google or open-meteo": _geocoding
}
WEATHER: Mapping[str, Callable[[Setting], Opened[WeatherProvider]]] = {"open-meteo": _open_meteo}
RATES: Mapping[str, Callable[[], ExchangeRates]] = {"ecb": ecb.ECBRates}
