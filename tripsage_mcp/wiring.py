"""Providers: opened as the settings say, put behind their caches, and their state told.

The only module that reads the provider catalogue; nothing here opens a connection.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.data_folder import data_folder
from tripsage_mcp.infrastructure.keyvalue import KeyValue
from tripsage_mcp.infrastructure.lazy_app import Application, LazyApp
from tripsage_mcp.infrastructure.limits import Limiter
from tripsage_mcp.infrastructure.mcp_client import InMemory
from tripsage_mcp.providers import catalog, destination_catalog
from tripsage_mcp.providers.cached import (
    CachedAdvisories,
    CachedGeocoding,
    CachedHomes,
    CachedHotels,
    CachedRates,
    CachedWeather,
    SharedGeocoding,
    SharedPlaces,
)
from tripsage_mcp.providers.ports import (
    AdvisoryProvider,
    ExchangeRates,
    FlightOrders,
    FlightProvider,
    FlightSource,
    GeocodingProvider,
    HolidayCalendar,
    PlaceProvider,
    StaySource,
    WeatherProvider,
)
from tripsage_mcp.providers.shared_flights import SharedFlights
from tripsage_mcp.sandbox.paths import BASE_PATHS
from tripsage_mcp.services.status import Mode, ProviderStatus, State

_SANDBOX_HOST = "http://sandbox.invalid"


# A hundred calls made at one moment reach the providers over this long, on a busy machine.
_AT_ONCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Ports:
    """The providers in use."""

    flights: FlightProvider
    orders: FlightOrders
    stays: Mapping[str, StaySource]
    places: PlaceProvider
    geocoding: GeocodingProvider
    weather: WeatherProvider
    rates: ExchangeRates
    todays_rates: ExchangeRates
    advisories: tuple[AdvisoryProvider, ...]
    holidays: HolidayCalendar


@dataclass(frozen=True, slots=True)
class Providers:
    """The ports, and what stands behind them.

    Attributes:
        flights: Offers and orders of one supplier, as they are: what is bought is looked at anew.
        opened: By capability, in the order in which the status lists them.
        caches: What stands before them, and may be fetching in the background.
        now: The clock.
    """

    ports: Ports
    flights: FlightSource
    opened: Mapping[str, catalog.Opened[Any]]
    caches: tuple[Cache, ...]
    now: Clock

    @property
    def closers(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What gives back everything the providers hold open; to be called from the last on."""
        opened = tuple(one.close for one in self.opened.values())
        return (*opened, *(cache.close for cache in self.caches))

    def data(self, capability: str) -> DataKind:
        """Say what a capability's answers are; one that is not configured has only live ones."""
        return self.opened[capability].data or "live"

    def status(self) -> tuple[ProviderStatus, ...]:
        """Return the state of each provider, as last seen."""
        now = self.now()
        return tuple(_status(name, one, now) for name, one in self.opened.items())

    async def queue_wait_s(self, capability: str) -> float:
        """Return how long a request to a capability's provider would wait for its turn now."""
        waits = [await limit.wait_s() for limit in self.opened[capability].limits]
        return max(waits, default=0.0)


def open_providers(
    mode: Mode,
    seed: int,
    now: Clock,
    limiter: Limiter,
    store: KeyValue,
    data_dir: Path | None,
) -> Providers:
    """Read the providers' settings and return them ready for use.

    Args:
        mode: `demo` answers from the sandbox where no key is set; `live` never does.
        seed: Which sandbox world.
        now: The clock.
        limiter: Where requests to upstream services queue.
        store: What the caches are kept in.
        data_dir: What is kept on this machine, as in the settings: programs that were installed,
            and what the sandbox sells.

    Raises:
        ConfigurationError: a setting is missing or malformed.
    """
    setting = catalog.Setting(
        mode, _sandbox(seed, now, data_dir), now, limiter, store, data_folder(data_dir)
    )
    flights = catalog.FLIGHTS["duffel"](setting)
    homes = catalog.HOMES["airbnb"](setting)
    hotels = catalog.HOTELS["duffel"](setting)
    places = catalog.PLACES["google"](setting)
    geocoding = catalog.GEOCODING["google or open-meteo"](setting)
    weather = destination_catalog.weather_in_order(setting)
    todays_rates = destination_catalog.TODAYS_RATES["frankfurter"](setting)
    advisories = {name: build(setting) for name, build in destination_catalog.ADVISORIES.items()}

    caches: list[Cache] = []

    def cache(kind: str, opened: catalog.Opened[Any]) -> Cache:
        # Part of the name: what one sandbox world said must never answer for another, or for real.
        name = f"{kind}-{opened.data}{seed}"
        made = Cache(store, name, now=now, source=opened.name, linger_s=_AT_ONCE_S)
        caches.append(made)
        return made

    stays = {homes.name: StaySource(CachedHomes(homes.provider, cache("stays", homes)), homes.data)}
    if hotels is not None:
        source = hotels.provider
        kept = CachedHotels(source.stays, cache("hotels", hotels), now)
        stays[hotels.name] = replace(source, stays=kept)
    ports = Ports(
        flights=SharedFlights(flights.provider.offers, cache("flights", flights)),
        orders=flights.provider.orders,
        stays=stays,
        places=SharedPlaces(places.provider, cache("places", places)),
        geocoding=(CachedGeocoding if geocoding.keeps else SharedGeocoding)(
            geocoding.provider, cache("names", geocoding)
        ),
        weather=CachedWeather(
            destination_catalog.joined(weather),
            cache("-".join(["weather", *(each.name for each in weather)]), weather[0]),
            now,
        ),
        rates=destination_catalog.OFFLINE_RATES["ecb"](),
        todays_rates=CachedRates(todays_rates.provider, cache("rates", todays_rates)),
        advisories=tuple(
            CachedAdvisories(each.provider, cache(f"advice-{name}", each))
            for name, each in advisories.items()
        ),
        holidays=destination_catalog.HOLIDAYS["offline"](),
    )
    opened: dict[str, catalog.Opened[Any]] = {
        "flights": flights,
        "stays": homes,
        **({} if hotels is None else {"hotels": hotels}),
        "places": places,
        "geocoding": geocoding,
        "weather": weather[0],
        **{f"weather ({each.name})": each for each in weather[1:]},
        "rates": todays_rates,
        **{f"advice ({name})": each for name, each in advisories.items()},
    }
    return Providers(ports, flights.provider, opened, tuple(caches), now)


AIRBNB_NODE = catalog.AIRBNB_NODE
"""The oldest Node that the server for Airbnb runs on."""


def fetch_airbnb_server(data_dir: Path | None) -> str:
    """Fetch the server that asks Airbnb, once; say what was done, in one line.

    Raises:
        ConfigurationError: there is no Node or npm that will do, or no room for it.
        ProviderError: npm could not fetch it, or was given something else.
    """
    return catalog.install_airbnb(data_folder(data_dir))


def _sandbox(seed: int, now: Clock, data_dir: Path | None) -> catalog.Sandbox:
    def build_app() -> Application:
        from tripsage_mcp.sandbox.app import build_app  # noqa: PLC0415 - half a second of world
        from tripsage_mcp.sandbox.duffel.ledger import Ledger  # noqa: PLC0415 - as above

        # One file for each world: what was booked in one must not exist in another.
        ledger = Ledger(data_folder(data_dir) / f"sandbox-{seed}.sqlite3")
        return build_app(seed, now, ledger=ledger)

    def build_airbnb() -> object:
        from tripsage_mcp.sandbox.airbnb import build_server  # noqa: PLC0415 - as above

        return build_server(seed, now)

    return catalog.Sandbox(
        app=LazyApp(build_app),
        urls={name: _SANDBOX_HOST + path for name, path in BASE_PATHS.items()},
        airbnb=InMemory(build_airbnb),
    )


def _status(capability: str, opened: catalog.Opened[Any], now: datetime) -> ProviderStatus:
    """Sum up what the clients of one provider saw; the worst decides."""
    healths = opened.health()
    failing = [health for health in healths if health.failures_in_a_row]
    alone_until = [until for h in failing if (until := h.left_alone_until(now)) is not None]
    state: State = "ready"
    if opened.data is None:
        state = "not_configured"
    elif failing:
        state = "open" if alone_until else "failing"
    return ProviderStatus(
        capability=capability,
        provider=opened.name,
        state=state,
        data=opened.data,
        variable=opened.variable,
        last_error=failing[0].last_error if failing else None,
        last_success=_latest(health.last_success for health in healths),
        last_failure=_latest(health.last_failure for health in healths),
        open_until=max(alone_until, default=None),
    )


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
