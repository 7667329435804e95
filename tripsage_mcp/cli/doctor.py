"""`tripsage-mcp doctor`: check everything the server leans on, and say what to do about each."""

import asyncio
import dataclasses
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from tripsage_mcp.bootstrap import Runtime, build_runtime
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import PlaceSearch
from tripsage_mcp.errors import NotFoundError, ProviderNotConfiguredError, TripSageError
from tripsage_mcp.infrastructure.node import find_node
from tripsage_mcp.providers.ports import (
    AdvisoryProvider,
    ExchangeRates,
    FlightSource,
    GeocodingProvider,
    PlaceProvider,
    StayProvider,
    StaySource,
    WeatherProvider,
)
from tripsage_mcp.services.status import ProviderStatus
from tripsage_mcp.wiring import AIRBNB_NODE

type Verdict = Literal["ok", "note", "fail"]

_UNKNOWN_OFFER = "off_" + "0" * 22
_UNKNOWN_HOTEL = "srr_" + "0" * 22
_LISBON = Coordinates(38.7108, -9.1390)
_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "fail": "[red]fail[/]"}
_INSTALL_AIRBNB = "Run tripsage-mcp doctor --install-airbnb for live stays."


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome; `do` says what to do, where there is something to do."""

    name: str
    verdict: Verdict
    detail: str
    do: str = ""


def doctor(*, as_json: bool) -> int:
    """Print the findings; exit 1 if something configured does not work."""
    findings = asyncio.run(examine())
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        table = Table(box=None, pad_edge=False)
        for heading in ("check", "", "what was found", "what to do"):
            table.add_column(heading, overflow="fold")
        for finding in findings:
            table.add_row(finding.name, _MARKS[finding.verdict], finding.detail, finding.do)
        Console().print(table)
    return 1 if any(finding.verdict == "fail" for finding in findings) else 0


async def examine(runtime: Runtime | None = None) -> list[Finding]:
    """Run every check; none of them stops the others."""
    runtime = runtime or build_runtime()
    findings = [_python()]
    async with runtime.opened(wait=False):
        for name, check in runtime.services.status.storage.items():
            findings.append(await _storage(name, check))
        findings += [await _provider(runtime, one) for one in runtime.services.status.providers()]
    findings.append(await asyncio.to_thread(_node))
    return findings


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", "ok", version)


async def _storage(name: str, check: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, "ok", await check())
    except TripSageError as error:
        return Finding(name, "fail", error.message, error.hint or "")


async def _provider(runtime: Runtime, status: ProviderStatus) -> Finding:
    name = f"{status.capability.partition(' ')[0]} ({status.provider})"
    try:
        await _probe(runtime, status.capability)
    except NotFoundError:
        pass  # the probe asked for something that does not exist, and the provider said so
    except ProviderNotConfiguredError as error:
        missing = "no key" if _has_key(status) else error.missing
        return Finding(name, "note", missing, error.hint or "")
    except TripSageError as error:
        return Finding(name, "fail", error.message, error.hint or "Check the network and the key.")
    if status.data == "sandbox":
        return Finding(name, "note", "answers from the sandbox", _wish(status))
    return Finding(name, "ok", "reached; the key works" if _has_key(status) else "reached")


def _has_key(status: ProviderStatus) -> bool:
    """Say whether what is to be set is a key; for Airbnb it is where a program lies."""
    return status.variable is not None and status.provider != "airbnb"


def _wish(status: ProviderStatus) -> str:
    if status.provider == "airbnb":
        return _INSTALL_AIRBNB
    if status.variable is not None:
        return f"Set {status.variable} for live data."
    return "Set TRIPSAGE_MODE=live for live data; no key is needed."


async def _probe_flights(flights: FlightSource) -> None:
    await flights.offers.get(_UNKNOWN_OFFER)


async def _probe_stays(stays: StayProvider) -> None:
    await stays.get("1", None)


async def _probe_hotels(hotels: StaySource) -> None:
    await hotels.stays.get(_UNKNOWN_HOTEL, None)


async def _probe_places(places: PlaceProvider) -> None:
    await places.search(PlaceSearch("museum", center=_LISBON, limit=1))


async def _probe_geocoding(geocoding: GeocodingProvider) -> None:
    await geocoding.localities("Lisbon", limit=1)


async def _probe_weather(weather: WeatherProvider, today: date) -> None:
    tomorrow = today + timedelta(days=1)
    await weather.daily(_LISBON, tomorrow, tomorrow)


async def _probe_rates(rates: ExchangeRates) -> None:
    await rates.rate("EUR", "USD")


async def _probe_advice(advice: AdvisoryProvider) -> None:
    await advice.on("PT")


def _probe(runtime: Runtime, capability: str) -> Awaitable[None]:
    """Ask one provider itself, past the caches; several of one capability are told by a suffix."""
    provider = runtime.providers.opened[capability].provider
    kind = capability.partition(" ")[0]
    if kind == "weather":
        return _probe_weather(provider, runtime.now().date())
    return _PROBES[kind](provider)


_PROBES: dict[str, Callable[[Any], Awaitable[None]]] = {
    "flights": _probe_flights,
    "stays": _probe_stays,
    "hotels": _probe_hotels,
    "places": _probe_places,
    "geocoding": _probe_geocoding,
    "rates": _probe_rates,
    "advice": _probe_advice,
}


def _node() -> Finding:
    found = find_node(AIRBNB_NODE)
    if found is None:
        oldest = ".".join(map(str, AIRBNB_NODE))
        wish = f"Install Node {oldest} or newer, or tripsage-mcp[node], for live Airbnb stays."
        return Finding("node", "note", "none that is new enough", wish)
    return Finding("node", "ok", f"{'.'.join(map(str, found.version))}, {found.path}")
