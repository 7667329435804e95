"""`tripsage-mcp doctor`: check everything the server leans on, and say what to do about each."""

import asyncio
import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from rich.console import Console
from rich.table import Table

from tripsage_mcp.bootstrap import Runtime, build_runtime
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import PlaceSearch
from tripsage_mcp.errors import NotFoundError, ProviderNotConfiguredError, TripSageError
from tripsage_mcp.services.status import ProviderStatus

type Verdict = Literal["ok", "note", "fail"]

_UNKNOWN_OFFER = "off_" + "0" * 22
_LISBON = Coordinates(38.7108, -9.1390)
_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "fail": "[red]fail[/]"}
_OLDEST_NODE = (18, 18)
_GET_NODE = "Install Node 18.18 or newer for live Airbnb stays."


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
    name = f"{status.capability} ({status.provider})"
    try:
        await _PROBES[status.capability](runtime)
    except NotFoundError:
        pass  # the probe asked for something that does not exist, and the provider said so
    except ProviderNotConfiguredError as error:
        return Finding(name, "note", "no key", error.hint or "")
    except TripSageError as error:
        return Finding(name, "fail", error.message, error.hint or "Check the network and the key.")
    if status.data == "sandbox":
        wish = (
            f"Set {status.variable} for live data."
            if status.variable
            else ("Set TRIPSAGE_MODE=live for live data; no key is needed.")
        )
        return Finding(name, "note", "answers from the sandbox", wish)
    return Finding(name, "ok", "reached; the key works" if status.variable else "reached")


async def _probe_flights(runtime: Runtime) -> None:
    await runtime.ports.flights.get(_UNKNOWN_OFFER)


async def _probe_stays(runtime: Runtime) -> None:
    await runtime.ports.stays.get("1", None)


async def _probe_places(runtime: Runtime) -> None:
    await runtime.ports.places.search(PlaceSearch("museum", center=_LISBON, limit=1))


async def _probe_geocoding(runtime: Runtime) -> None:
    await runtime.ports.geocoding.localities("Lisbon", limit=1)


async def _probe_weather(runtime: Runtime) -> None:
    tomorrow = runtime.now().date() + timedelta(days=1)
    await runtime.ports.weather.daily(_LISBON, tomorrow, tomorrow)


_PROBES: dict[str, Callable[[Runtime], Awaitable[None]]] = {
    "flights": _probe_flights,
    "stays": _probe_stays,
    "places": _probe_places,
    "geocoding": _probe_geocoding,
    "weather": _probe_weather,
}


def _node() -> Finding:
    node = shutil.which("node")
    if node is None:
        return Finding("node", "note", "not found", _GET_NODE)
    answer = subprocess.run(  # noqa: S603
        [node, "--version"], capture_output=True, text=True, timeout=10, check=False
    )
    version = answer.stdout.strip()
    numbers = re.findall(r"\d+", version)[:2]
    if tuple(int(number) for number in numbers) < _OLDEST_NODE:
        return Finding("node", "note", version or "does not start", _GET_NODE)
    return Finding("node", "ok", version)
