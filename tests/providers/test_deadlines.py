"""Every live provider gives up with its caller, whatever its upstream does on a real socket."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import PlaceSearch
from tripsage_mcp.domain.stay import StaySearch
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.clock import utc_now
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.limits import MemoryLimiter
from tripsage_mcp.providers.catalog import Opened
from tripsage_mcp.wiring import Providers, open_providers

pytestmark = pytest.mark.anyio

# The shortest time limit of a provider's own is longer than the patience of this test.
A_MOMENT_S, PATIENCE_S = 0.1, 5
LISBON, BELEM = Coordinates(38.7108, -9.1390), Coordinates(38.6976, -9.2061)
SOON = utc_now().date() + timedelta(days=3)
FAR = SOON + timedelta(days=100)
OFFER_ID = "off_0000AhRzwgPpTRd20UhjaY"
FLIGHT = OfferRequest(slices=(SliceRequest("LHR", "JFK", SOON),))
MUSEUMS = PlaceSearch("museum", center=LISBON, limit=5)
HOTELS = StaySearch("Lisbon", SOON, SOON + timedelta(days=2), coordinates=LISBON)
KEYS = {
    "DUFFEL_ACCESS_TOKEN": "duffel_test_x",
    "GOOGLE_API_KEY": "AIza" + "x" * 35,
    "OPENWEATHER_API_KEY": "0" * 32,
}
ADDRESSES = (
    "DUFFEL_BASE_URL",
    "FRANKFURTER_BASE_URL",
    "GOOGLE_MAPS_URL",
    "GOOGLE_PLACES_URL",
    "GOOGLE_ROUTES_URL",
    "OPENWEATHER_BASE_URL",
    "OPEN_METEO_ARCHIVE_URL",
    "OPEN_METEO_FORECAST_URL",
    "OPEN_METEO_GEOCODING_URL",
    "UK_ADVICE_BASE_URL",
    "US_ADVISORIES_BASE_URL",
)

type Ask = Callable[[Mapping[str, Opened[Any]]], Awaitable[object]]

# Not through their caches, which would give up for them a moment later.
ASKS: dict[str, Ask] = {
    "flights": lambda opened: opened["flights"].provider.offers.search(FLIGHT),
    "an offer": lambda opened: opened["flights"].provider.offers.get(OFFER_ID),
    "seats": lambda opened: opened["flights"].provider.offers.seat_maps(OFFER_ID),
    "hotels": lambda opened: opened["hotels"].provider.stays.search(HOTELS),
    "places": lambda opened: opened["places"].provider.search(MUSEUMS),
    "a place": lambda opened: opened["places"].provider.get("ChIJlisbon"),
    "ways": lambda opened: opened["places"].provider.travel_times((LISBON,), (BELEM,), "walk"),
    "names": lambda opened: opened["geocoding"].provider.localities("Lisbon"),
    "a point": lambda opened: opened["geocoding"].provider.reverse(LISBON),
    "a forecast": lambda opened: opened["weather"].provider.daily(LISBON, SOON, SOON),
    "hours": lambda opened: opened["weather"].provider.hourly(LISBON, SOON, SOON),
    "averages": lambda opened: opened["weather"].provider.daily(LISBON, FAR, FAR),
    "other weather": lambda opened: opened["weather (openweather)"].provider.daily(
        LISBON, SOON, SOON
    ),
    "rates": lambda opened: opened["rates"].provider.rate("EUR", "USD"),
    "US advice": lambda opened: opened["advice (us)"].provider.on("PT"),
    "UK advice": lambda opened: opened["advice (uk)"].provider.on("PT"),
}


@asynccontextmanager
async def upstream(*, drips: bool) -> AsyncGenerator[str]:
    """Serve a server that never ends an answer; one that drips at least begins it."""
    ended = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if drips:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while drips and not ended.is_set():
                writer.write(b" ")
                await writer.drain()
                await asyncio.wait({asyncio.ensure_future(ended.wait())}, timeout=0.02)
            await ended.wait()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        # What a thread still waits for ends with this.
        ended.set()


@asynccontextmanager
async def live(folder: Path) -> AsyncGenerator[Providers]:
    store = MemoryKeyValue()
    async with AsyncExitStack() as stack:
        providers = open_providers("live", 0, utc_now, MemoryLimiter(), store, folder)
        for close in providers.closers:
            stack.push_async_callback(close)
        yield providers


async def outcome(ask: Ask, providers: Providers) -> str:
    with time_budget(A_MOMENT_S):
        try:
            async with asyncio.timeout(PATIENCE_S):
                await ask(providers.opened)
        except ProviderUnavailableError as error:
            gave_up = error.retryable and "within the time" in error.message
            return "gave up" if gave_up else error.message
        except TimeoutError:
            return "went on"
    return "answered"


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
async def test_every_provider_stops_when_its_caller_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, drips: bool
) -> None:
    async with upstream(drips=drips) as address:
        for name, value in (KEYS | dict.fromkeys(ADDRESSES, address)).items():
            monkeypatch.setenv(f"TRIPSAGE_{name}", value)
        async with live(tmp_path) as providers:
            outcomes = {what: await outcome(ask, providers) for what, ask in ASKS.items()}
            states = {one.capability: one.state for one in providers.status() if one.data}
    assert outcomes == dict.fromkeys(ASKS, "gave up")
    # Nothing was learnt of a provider that was given no time.
    assert set(states.values()) == {"ready"}, states


async def test_so_does_what_knows_names_without_a_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TRIPSAGE_GOOGLE_API_KEY", raising=False)
    async with upstream(drips=False) as address:
        monkeypatch.setenv("TRIPSAGE_OPEN_METEO_GEOCODING_URL", address)
        async with live(tmp_path) as providers:
            assert await outcome(ASKS["names"], providers) == "gave up"
