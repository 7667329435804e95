"""The composition root: which store, services and framework are in use; `wiring` opens providers.

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
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from fastmcp import FastMCP
from fastmcp.tools import Tool
from pydantic import Field, SecretStr

from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure import airports
from tripsage_mcp.infrastructure.bus import build as build_bus
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.checks import check_cache, check_database
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Section, env, read
from tripsage_mcp.infrastructure.data_folder import data_folder
from tripsage_mcp.infrastructure.database import Database, DatabaseConfig
from tripsage_mcp.infrastructure.keyvalue import KeyValue, KeyValueConfig
from tripsage_mcp.infrastructure.keyvalue import build as build_key_value
from tripsage_mcp.infrastructure.limits import Limiter
from tripsage_mcp.infrastructure.limits import build as build_limiter
from tripsage_mcp.infrastructure.shelf import FolderShelf
from tripsage_mcp.repositories.postgres import PostgresStorage
from tripsage_mcp.repositories.watches import PostgresWatchQueue
from tripsage_mcp.rest.loopback import ConfirmPage
from tripsage_mcp.services.bookings.consents import ConsentService
from tripsage_mcp.services.bookings.ordering import Ordering
from tripsage_mcp.services.bookings.service import BookingService
from tripsage_mcp.services.destinations.service import DestinationService, DestinationSources
from tripsage_mcp.services.destinations.weather import WeatherService
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.exports.service import ExportService
from tripsage_mcp.services.flights.cheapest_dates import CheapestDatesService
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.services.itineraries.service import ItineraryService, Library, Notation
from tripsage_mcp.services.itineraries.solving import warm
from tripsage_mcp.services.memories.service import MemoryService
from tripsage_mcp.services.places.service import PlaceService
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.status import StatusService
from tripsage_mcp.services.stays.service import StayService
from tripsage_mcp.services.trips.service import TripService
from tripsage_mcp.services.trips.sharing import ShareService
from tripsage_mcp.services.watches.service import INTERVAL_S, WatchService
from tripsage_mcp.services.watches.worker import WatchWorker
from tripsage_mcp.tools.boundary import ErrorBoundary
from tripsage_mcp.tools.catalog import TOOLS
from tripsage_mcp.tools.compat import use_tool_schemas
from tripsage_mcp.tools.export_resources import offer_exports
from tripsage_mcp.tools.resources import offer_resources
from tripsage_mcp.views.itinerary import read_back, written
from tripsage_mcp.wiring import Providers, open_providers

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = logging.getLogger("tripsage")

# Loading the driver takes the interpreter away from answering the first request; a call that needs
# the database sooner opens it itself.
_AFTER_HANDSHAKE_S = 0.25
INSTRUCTIONS = (
    "TripSage plans trips with facts: flights, stays, places, travel times, destinations (weather "
    "and what a visitor must know), itineraries. Call recall before planning and remember "
    "whatever lasting preference the traveller states. save_trip keeps what is settled; get_trips "
    "finds it again, also what others share. Pass ids exactly as a tool returned them. "
    "Every answer names its source: say so when the data is 'sandbox' (invented, for trying out), "
    "and never present it as a real price."
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


@dataclass(slots=True)
class Runtime:
    """Services wired to their ports, and the life of what they lean on."""

    services: Services
    providers: Providers
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


def build_runtime(
    config: ServerConfig | None = None,
    *,
    now: Clock = utc_now,
    database: DatabaseConfig | None = None,
    on_fatal: Callable[[TripSageError], object] | None = None,
    limiter: Limiter | None = None,
) -> Runtime:
    """Read settings and wire everything; opens nothing.

    Args:
        config: The server's settings; by default from the environment.
        now: The clock.
        database: The database's settings; by default from the environment.
        on_fatal: Told when the database cannot be opened; without it, calls that need it fail.
        limiter: Where requests to providers queue; by default where the settings say.

    Raises:
        ConfigurationError: a setting is missing or malformed.
    """
    config = config or read(ServerConfig)
    storing = database or read(DatabaseConfig)
    store = Database(storing)
    shared = read(KeyValueConfig)
    cache, bus = build_key_value(shared), build_bus(shared)
    limiter = limiter or build_limiter(shared.redis_url)
    wired = open_providers(config.mode, config.sandbox_seed, now, limiter, cache, storing.data_dir)
    ports = wired.ports
    storage = PostgresStorage(store)
    given = config.secret
    secret = secrets.token_bytes(32) if given is None else given.get_secret_value().encode()
    offers = FlightOfferService(ports.flights, now)
    events = EventService(storage, bus)
    interval_s = config.watch_interval_s
    worker = WatchWorker(
        PostgresWatchQueue(store), storage, ports.flights, events, now, interval_s=interval_s
    )
    trips = TripService(storage, now, ports.rates, announce=events.announce)
    memories = MemoryService(storage, now, secret=secret)
    page = ConfirmPage(lambda: consents, config.public_url)
    consents = ConsentService(storage, page.url, now, secret=secret)
    bookings = BookingService(
        wired.flights,
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
            stays=StayService(
                ports.stays,
                ports.geocoding,
                ports.places,
                now,
                ports.rates,
                Cache(cache, f"stay-pages-{config.sandbox_seed}", now=now),
            ),
            places=PlaceService(ports.places, ports.geocoding, now, wired.data("places")),
            weather=WeatherService(ports.weather, ports.geocoding, now),
            destinations=DestinationService(
                DestinationSources(
                    weather=ports.weather,
                    geocoding=ports.geocoding,
                    holidays=ports.holidays,
                    rates=ports.todays_rates,
                    older_rates=ports.rates,
                    advisories=ports.advisories,
                ),
                now,
            ),
            itineraries=ItineraryService(
                ports.places,
                ports.geocoding,
                ports.weather,
                airports.find_airport,
                now,
                ports.rates,
                Library(trips, memories, Notation(written, read_back)),
            ),
            trips=trips,
            shares=ShareService(
                storage,
                consents,
                now,
                announce=events.announce,
                address=lambda: page.http_url,
            ),
            exports=ExportService(
                storage,
                ports.places,
                airports.find_airport,
                read_back,
                FolderShelf(data_folder(storing.data_dir) / "exports"),
                lambda: page.http_url,
                secret,
                now,
            ),
            memories=memories,
            status=StatusService(
                mode=config.mode,
                version=version("tripsage-mcp"),
                providers=wired.status,
                queue_wait_s=wired.queue_wait_s,
                storage={
                    "database": lambda: check_database(store),
                    "cache": lambda: check_cache(cache),
                },
            ),
        ),
        providers=wired,
        database=store,
        cache=cache,
        config=config,
        now=now,
        page=page,
        # The last is closed first: an order under way still needs the rest.
        closers=(
            limiter.close,
            bus.close,
            *wired.closers,
            page.aclose,
            bookings.aclose,
        ),
        background=(warm, worker.run) if config.watch == "on" else (warm,),
        on_fatal=on_fatal,
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
    offer_resources(server, runtime.services.events)
    offer_exports(server)
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
