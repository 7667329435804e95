"""Every provider TripSage can use. A new one is one module plus one entry here.

Those of facts about destinations are listed beside this, in `destination_catalog`.

An entry decides, from its own settings and the server's mode, whether it answers live, from the
sandbox, or not at all: in demo mode a provider without its key is answered by the sandbox; in live
mode it stays unconfigured and says so on every call.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.config import read
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import ASGIApp
from tripsage_mcp.infrastructure.keyvalue import KeyValue
from tripsage_mcp.infrastructure.limits import Limiter, OutboundLimit, Rate
from tripsage_mcp.infrastructure.mcp_client import InMemory, SupervisedMCPClient
from tripsage_mcp.providers.duffel.api import KEY_VARIABLE as DUFFEL_KEY
from tripsage_mcp.providers.flights import duffel
from tripsage_mcp.providers.geocoding import google as google_geocoding
from tripsage_mcp.providers.geocoding import open_meteo as open_meteo_geocoding
from tripsage_mcp.providers.places import google
from tripsage_mcp.providers.ports import (
    FlightSource,
    GeocodingProvider,
    PlaceProvider,
    StayProvider,
    StaySource,
)
from tripsage_mcp.providers.stays import airbnb, airbnb_server
from tripsage_mcp.providers.stays import duffel as duffel_stays

# The sandbox accepts any well-formed key; these say what they are wherever they show up.
_SANDBOX_DUFFEL_TOKEN = SecretStr("duffel_test_sandbox")
_SANDBOX_DUFFEL_PER_MINUTE = 300
_SANDBOX_AIRBNB_PER_MINUTE = 300
# One request a second, whatever the number of replicas.
_AIRBNB_RATE = Rate(burst=1, interval_s=1.0)
_SANDBOX_GOOGLE_KEY = SecretStr("AIzaSandboxSandboxSandboxSandboxSandbox")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the sandbox answers.

    Attributes:
        app: The ASGI application with every HTTP twin.
        urls: Base URL by upstream, as `sandbox.paths` names them: `duffel`, `google`, ...
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
        store: What is kept for all replicas.
        data_folder: What is kept on this machine.
    """

    mode: Literal["demo", "live"]
    sandbox: Sandbox
    now: Clock
    limiter: Limiter
    store: KeyValue
    data_folder: Path

    def queue(self, upstream: str, data: DataKind | None, per_minute: int) -> OutboundLimit:
        """Return the queue of one upstream; adapters that ask the same one share it by its name.

        Args:
            upstream: Whose limit it is.
            data: The sandbox has a queue of its own.
            per_minute: Requests in any minute.
        """
        return OutboundLimit(self.limiter, f"{upstream}-{data}", Rate.per_minute(per_minute))


@dataclass(frozen=True, slots=True)
class Opened[P]:
    """A provider ready for use; `close` is the owner's to call.

    Attributes:
        data: `live`, `sandbox`, or None when it is not configured.
        variable: What to set for live data; None where no key is needed.
        limits: The queues its requests wait in.
        keeps: Whether its terms allow keeping what it answers.
    """

    provider: P
    name: str
    data: DataKind | None
    variable: str | None
    health: Callable[[], tuple[Health, ...]]
    close: Callable[[], Awaitable[None]]
    limits: tuple[OutboundLimit, ...] = ()
    keeps: bool = True


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
    limit = setting.queue("duffel", data, config.requests_per_minute)
    built = duffel.build(
        config,
        data=data or "live",
        now=setting.now,
        app=setting.sandbox.app if sandboxed else None,
        limit=limit,
    )
    source = FlightSource(built.offers, built.orders)
    return Opened(
        source, "duffel", data, DUFFEL_KEY, lambda: (built.health,), built.aclose, (limit,)
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
    limits = (
        setting.queue("google-places", data, config.places_per_minute),
        setting.queue("google-routes", data, config.routes_per_minute),
    )
    provider = google.build(
        config,
        data=data or "live",
        now=setting.now,
        app=setting.sandbox.app if sandboxed else None,
        limits=limits,
    )
    return Opened(
        provider,
        "google",
        data,
        google.KEY_VARIABLE,
        lambda: provider.health,
        provider.aclose,
        limits,
    )


def _geocoding(setting: Setting) -> Opened[GeocodingProvider]:
    """Google where its key is set, else Open-Meteo, which needs none."""
    keyed = read(google_geocoding.GoogleGeocodingConfig)
    if keyed.api_key is not None:
        queue = setting.queue("google-geocoding", "live", keyed.geocoding_per_minute)
        by_google = google_geocoding.build(keyed, data="live", now=setting.now, limit=queue)
        return Opened(
            by_google,
            "google",
            "live",
            google_geocoding.KEY_VARIABLE,
            lambda: by_google.health,
            by_google.aclose,
            (queue,),
            keeps=False,
        )
    config = read(open_meteo_geocoding.OpenMeteoGeocodingConfig)
    sandboxed = setting.mode == "demo"
    if sandboxed:
        url = setting.sandbox.urls["open_meteo_geocoding"]
        config = config.model_copy(update={"geocoding_url": url})
    data: DataKind = "sandbox" if sandboxed else "live"
    limit = setting.queue("open-meteo", data, config.requests_per_minute)
    provider = open_meteo_geocoding.build(
        config,
        data=data,
        now=setting.now,
        app=setting.sandbox.app if sandboxed else None,
        limit=limit,
    )
    return Opened(
        provider, "open-meteo", data, None, lambda: provider.health, provider.aclose, (limit,)
    )


def _airbnb(setting: Setting) -> Opened[StayProvider]:
    config = read(airbnb_server.AirbnbConfig)
    server = airbnb_server.find_server(config, setting.data_folder)
    data = _kind(setting, configured=server is not None)
    limits: tuple[OutboundLimit, ...] = ()
    if data == "sandbox":
        limits = (setting.queue("airbnb", data, _SANDBOX_AIRBNB_PER_MINUTE),)
        client = SupervisedMCPClient("airbnb", setting.sandbox.airbnb)
        provider = airbnb.AirbnbStays(client, data=data, now=setting.now, limit=limits[0])
    else:
        rules = Cache(setting.store, "robots", now=setting.now, source="airbnb")
        limits = (OutboundLimit(setting.limiter, "airbnb", _AIRBNB_RATE),)
        provider = airbnb.build(config, server, rules, now=setting.now, limit=limits[0])
    return Opened(
        provider,
        "airbnb",
        data,
        airbnb_server.KEY_VARIABLE,
        lambda: provider.health,
        provider.aclose,
        limits,
    )


def _duffel_stays(setting: Setting) -> Opened[StaySource] | None:
    """Duffel's hotels, by the token of its flights; None where the operator wants none of them."""
    config = read(duffel_stays.DuffelStaysConfig)
    if config.stays == "off":
        return None
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
    limit = setting.queue("duffel", data, config.requests_per_minute)
    provider = duffel_stays.build(
        config,
        data=data or "live",
        now=setting.now,
        app=setting.sandbox.app if sandboxed else None,
        limit=limit,
    )
    return Opened(
        StaySource(provider, data, provider),
        "duffel",
        data,
        DUFFEL_KEY,
        lambda: (provider.health,),
        provider.aclose,
        (limit,),
    )


AIRBNB_NODE = airbnb_server.PACKAGE.oldest_node


def install_airbnb(data_folder: Path) -> str:
    """Fetch Airbnb's server once; say what was done, in one line.

    Raises:
        ConfigurationError: there is no Node or npm that will do, or no room for it.
        ProviderError: npm could not fetch it, or was given something else.
    """
    return airbnb_server.install(data_folder)


FLIGHTS: Mapping[str, Callable[[Setting], Opened[FlightSource]]] = {"duffel": _duffel}
HOMES: Mapping[str, Callable[[Setting], Opened[StayProvider]]] = {"airbnb": _airbnb}
HOTELS: Mapping[str, Callable[[Setting], Opened[StaySource] | None]] = {"duffel": _duffel_stays}
PLACES: Mapping[str, Callable[[Setting], Opened[PlaceProvider]]] = {"google": _google_places}
GEOCODING: Mapping[str, Callable[[Setting], Opened[GeocodingProvider]]] = {
    "google or open-meteo": _geocoding
}
