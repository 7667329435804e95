"""The composition root: the only place that knows which provider, store and framework is in use.

Nothing here opens a connection: `Runtime.opened` does, and what is heavy loads on first use.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from fastmcp import FastMCP
from fastmcp.tools import Tool
from pydantic import Field, SecretStr

from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure import airports
from tripsage_mcp.infrastructure.bus import build as build_bus
from tripsage_mcp.infrastructure.checks import check_cache, check_database
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Section, env, read
from tripsage_mcp.infrastructure.database import Database, DatabaseConfig
from tripsage_mcp.infrastructure.keyvalue import Cache, KeyValue, KeyValueConfig
from tripsage_mcp.infrastructure.keyvalue import build as build_key_value
from tripsage_mcp.infrastructure.lazy_app import Application, LazyApp
from tripsage_mcp.infrastructure.limits import build as build_limiter
from tripsage_mcp.infrastructure.mcp_client import InMemory
from tripsage_mcp.providers import catalog
from tripsage_mcp.providers.cached import CachedGeocoding, CachedWeather
from tripsage_mcp.providers.ports import (
    ExchangeRates,
    FlightOrders,
    FlightProvider,
    GeocodingProvider,
    PlaceProvider,
    StayProvider,
    WeatherProvider,
)
from tripsage_mcp.repositories.postgres import PostgresStorage
from tripsage_mcp.repositories.watches import PostgresWatchQueue
from tripsage_mcp.rest.loopback import ConfirmPage
from tripsage_mcp.sandbox.paths import BASE_PATHS
from tripsage_mcp.services.bookings import BookingService
from tripsage_mcp.services.cheapest_dates import CheapestDatesService
from tripsage_mcp.services.consents import ConsentService
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.flight_offers import FlightOfferService
from tripsage_mcp.services.flights import FlightService
from tripsage_mcp.services.itineraries import ItineraryService
from tripsage_mcp.services.memories import MemoryService
from tripsage_mcp.services.ordering import Ordering
from tripsage_mcp.services.places import PlaceService
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.status import ProviderStatus, State, StatusService
from tripsage_mcp.services.stays import StayService
from tripsage_mcp.services.trips import TripService
from tripsage_mcp.services.watch_worker import WatchWorker
from tripsage_mcp.services.watches import INTERVAL_S, WatchService
from tripsage_mcp.services.weather import WeatherService
from tripsage_mcp.tools.boundary import ErrorBoundary
from tripsage_mcp.tools.catalog import TOOLS
from tripsage_mcp.tools.compat import use_tool_schemas
from tripsage_mcp.tools.watch_resources import offer_watches

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = logging.getLogger("tripsage")

# Loading the driver takes the interpreter away from answering the first request; a call that needs
# the database sooner opens it itself.
_AFTER_HANDSHAKE_S = 0.25
_SANDBOX_HOST = "http://sandbox.invalid"
INSTRUCTIONS = (
    "TripSage plans trips with facts: flights, stays, places, travel times, weather, itineraries. "
    "Call recall before planning and remember whatever lasting preference the traveller states. "
    "Pass ids exactly as a tool returned them. Every answer names its source: say so when the data "
    "is 'sandbox' (invented, for trying out), and never present it as a real price."
)


class ServerConfig(Section):
    """The server's own settings.

    Attributes:
        mode: `demo` answers from the sandbox where no key is set; `live` never does.
        sandbox_seed: Which sandbox world.
        allowed_hosts: Host header values served over HTTP beside loopback, comma-separated.
        secret: Signs confirmation tokens and links; servers that share the work must share it. By
            default each process makes its own.
        booking: Whether flights may be booked; by default only where it costs no real money.
        watch: Whether this process checks watched prices; it is enough that one does.
        watch_interval_s: Usual time between two checks of one watched price.
        public_url: Where travellers reach this server, for the page on which they confirm.
    """

    model_config = env("TRIPSAGE_")

    mode: Literal["demo", "live"] = "demo"
    sandbox_seed: int = 0
    allowed_hosts: str = ""
    secret: SecretStr | None = Field(default=None, min_length=32)
    booking: Literal["on", "off"] | None = None
    watch: Literal["on", "off"] = "on"
    watch_interval_s: Annotated[float, Field(ge=60, le=86_400)] = INTERVAL_S
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")] | None = None


@dataclass(frozen=True, slots=True)
class Ports:
    """The providers in use."""

    flights: FlightProvider
    orders: FlightOrders
    stays: StayProvider
    places: PlaceProvider
    geocoding: GeocodingProvider
    weather: WeatherProvider
    rates: ExchangeRates


@dataclass(slots=True)
class Runtime:
    """Services wired to their ports, and the life of what they lean on."""

    services: Services
    ports: Ports
    database: Database
    cache: KeyValue
    config: ServerConfig
    now: Clock
    page: ConfirmPage
    closers: tuple[Callable[[], Awaitable[None]], ...]
    background: tuple[Callable[[], Awaitable[None]], ...] = ()
    on_fatal: Callable[[TripSageError], object] | None = None
    _tasks: tuple[asyncio.Task[None], ...] = ()

    @asynccontextmanager
    async def opened(self, *, wait: bool = False) -> AsyncGenerator[Services]:
        """Start the database behind the caller's back, yield the services, close all in the end.

        Args:
            wait: Return only when the database is up.

        Raises:
            StorageError: the database cannot be reached (with `wait`).
            ConfigurationError: a database setting is wrong (with `wait`).
        """
        opening = asyncio.create_task(self._open_database(0.0 if wait else _AFTER_HANDSHAKE_S))
        working = asyncio.create_task(self._work(opening))
        self._tasks = (opening, working)
        try:
            if wait:
                await asyncio.shield(opening)
            yield self.services
        finally:
            await self.close()

    async def close(self) -> None:
        """Close every connection and child process, whatever fails; may be called twice."""
        async with AsyncExitStack() as stack:
            # The last is called first: what works in the background needs the rest.
            for close in (self.database.close, self.cache.close, *self.closers, self._stop):
                stack.push_async_callback(close)

    async def _stop(self) -> None:
        """End what runs in the background; how opening the database failed is told elsewhere."""
        tasks, self._tasks = self._tasks, ()
        for task in reversed(tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, TripSageError):
                await task

    async def _work(self, opening: asyncio.Task[None]) -> None:
        """Do what is done in the background once opening the database came to an end, any end."""
        await asyncio.wait({opening})
        await asyncio.gather(*(work() for work in self.background))

    async def _open_database(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        try:
            await self.database.open()
        except TripSageError as error:
            if self.on_fatal is None:
                raise
            self.on_fatal(error)


def _sandbox(seed: int, now: Clock, data_dir: Path | None) -> catalog.Sandbox:
    def build_app() -> Application:
        from tripsage_mcp.infrastructure.data_folder import data_folder  # noqa: PLC0415 - as below
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


def build_runtime(
    config: ServerConfig | None = None,
    *,
    now: Clock = utc_now,
    database: DatabaseConfig | None = None,
    on_fatal: Callable[[TripSageError], object] | None = None,
) -> Runtime:
    """Read settings and wire everything; opens nothing.

    Args:
        config: The server's settings; by default from the environment.
        now: The clock.
        database: The database's settings; by default from the environment.
        on_fatal: Told when the database cannot be opened; without it, calls that need it fail.

    Raises:
        ConfigurationError: a setting is missing or malformed.
    """
    config = config or read(ServerConfig)
    storing = database or read(DatabaseConfig)
    store = Database(storing)
    sandbox = _sandbox(config.sandbox_seed, now, storing.data_dir)
    shared = read(KeyValueConfig)
    limiter = build_limiter(shared.redis_url)
    setting = catalog.Setting(config.mode, sandbox, now, limiter)
    flights = catalog.FLIGHTS["duffel"](setting)
    stays = catalog.STAYS["airbnb"](setting)
    places = catalog.PLACES["google"](setting)
    geocoding = catalog.GEOCODING["google or open-meteo"](setting)
    weather = catalog.WEATHER["open-meteo"](setting)
    cache, bus = build_key_value(shared), build_bus(shared)
    # Part of the names: what one sandbox world said must never answer for another, or for real.
    seed = config.sandbox_seed
    ports = Ports(
        flights=flights.provider.offers,
        orders=flights.provider.orders,
        stays=stays.provider,
        places=places.provider,
        geocoding=CachedGeocoding(
            geocoding.provider, Cache(cache, f"names-{geocoding.data}{seed}")
        ),
        weather=CachedWeather(weather.provider, Cache(cache, f"weather-{weather.data}{seed}")),
        rates=catalog.RATES["ecb"](),
    )
    opened: dict[str, catalog.Opened[Any]] = {
        "flights": flights,
        "stays": stays,
        "places": places,
        "geocoding": geocoding,
        "weather": weather,
    }
    storage = PostgresStorage(store)
    given = config.secret
    secret = secrets.token_bytes(32) if given is None else given.get_secret_value().encode()
    offers = FlightOfferService(ports.flights, now)
    events = EventService(storage, bus)
    interval_s = config.watch_interval_s
    worker = WatchWorker(
        PostgresWatchQueue(store), storage, ports.flights, events, now, interval_s=interval_s
    )
    page = ConfirmPage(lambda: consents, config.public_url)
    consents = ConsentService(storage, page.url, now, secret=secret)
    bookings = BookingService(
        flights.provider,
        storage,
        consents,
        Ordering(storage, ports.orders, now),
        now,
        permission=config.booking or "test",
    )

    return Runtime(
        services=Services(
            flights=FlightService(ports.flights, now, ports.rates, cache),
            flight_offers=offers,
            cheapest_dates=CheapestDatesService(ports.flights, now),
            bookings=bookings,
            consents=consents,
            watches=WatchService(
                storage, ports.flights, offers, events, now, interval_s=interval_s
            ),
            events=events,
            stays=StayService(ports.stays, ports.geocoding, now),
            places=PlaceService(ports.places, ports.geocoding, now, places.data or "live"),
            weather=WeatherService(ports.weather, ports.geocoding, now),
            itineraries=ItineraryService(
                ports.places, ports.geocoding, ports.weather, airports.find_airport, now
            ),
            trips=TripService(storage, now),
            memories=MemoryService(storage, now, secret=secret),
            status=StatusService(
                mode=config.mode,
                version=version("tripsage-mcp"),
                providers=lambda: tuple(_status(name, one) for name, one in opened.items()),
                storage={
                    "database": lambda: check_database(store),
                    "cache": lambda: check_cache(cache),
                },
            ),
        ),
        ports=ports,
        database=store,
        cache=cache,
        config=config,
        now=now,
        page=page,
        # The last is closed first: an order under way still needs the rest.
        closers=(
            limiter.close,
            bus.close,
            *(one.close for one in opened.values()),
            page.aclose,
            bookings.aclose,
        ),
        background=(worker.run,) if config.watch == "on" else (),
        on_fatal=on_fatal,
    )


def _status(capability: str, opened: catalog.Opened[Any]) -> ProviderStatus:
    healths = opened.health()
    failing = [health for health in healths if health.failures_in_a_row]
    succeeded = [health.last_success for health in healths if health.last_success is not None]
    state: State = "ready"
    if opened.data is None:
        state = "not_configured"
    elif failing:
        state = "failing"
    return ProviderStatus(
        capability=capability,
        provider=opened.name,
        state=state,
        data=opened.data,
        variable=opened.variable,
        last_error=failing[0].last_error if failing else None,
        last_success=max(succeeded, default=None),
    )


def build_server(runtime: Runtime, *, extra_tools: tuple[Tool, ...] = ()) -> FastMCP[Any]:
    """Return the MCP server; its lifespan opens and closes the runtime."""

    @asynccontextmanager
    async def lifespan(_server: FastMCP[Any]) -> AsyncGenerator[dict[str, Services]]:
        async with runtime.opened() as services:
            yield {"services": services}

    tools = (*TOOLS, *extra_tools)
    server: FastMCP[Any] = FastMCP(
        "TripSage",
        instructions=INSTRUCTIONS,
        version=version("tripsage-mcp"),
        tools=list(tools),
        lifespan=lifespan,
        middleware=[ErrorBoundary(runtime.now)],
        mask_error_details=True,
        on_duplicate="error",
    )
    use_tool_schemas(server, tools)
    offer_watches(server, runtime.services.events)
    return server


def build_app(
    runtime: Runtime, *, host: str = "127.0.0.1", extra_tools: tuple[Tool, ...] = ()
) -> "Starlette":
    """Return the one ASGI application: `/mcp`, `/api/v1`, `/confirm`, `/healthz`, `/readyz`."""
    from tripsage_mcp.rest.app import build_rest  # noqa: PLC0415 - stdio does not need it

    allowed = [name.strip() for name in runtime.config.allowed_hosts.split(",") if name.strip()]
    server = build_server(runtime, extra_tools=extra_tools)
    if runtime.config.public_url is not None:
        allowed.append(urlsplit(runtime.config.public_url).hostname or host)
    hosts = [*allowed, host, "localhost", "127.0.0.1", "[::1]"]
    mcp = server.http_app(path="/mcp", host_origin_protection=True, allowed_hosts=hosts)
    return build_rest(runtime.services, mcp, allowed_hosts=hosts)
