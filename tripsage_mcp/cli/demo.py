"""`tripsage-mcp demo`: a real client plans a trip through a real server process.

Everything comes from the sandbox world, whatever keys are set: a demo must cost nothing and work
without a network. Each step's result is checked by `demo_checks`, which shares no code with the
server; the exit code is 0 only if every check passed.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import platformdirs
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError
from mcp import MCPError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tripsage_mcp.cli import demo_checks as checks
from tripsage_mcp.cli.plan_page import show
from tripsage_mcp.infrastructure.config import environment

type JSON = dict[str, Any]

_HOME = "London"
_OTHER_HOME = "Paris"
_DAYS_AHEAD = 45
_NIGHTS = 3
_CALL_TIMEOUT_S = 90.0
# Set for the operator's own server; the demo must not spend them.
_KEYS = (
    "TRIPSAGE_DUFFEL_ACCESS_TOKEN",
    "TRIPSAGE_GOOGLE_API_KEY",
    "TRIPSAGE_AIRBNB_SERVER",
    "TRIPSAGE_DATABASE_URL",
)
_PREFERENCES: tuple[JSON, ...] = (
    {"text": "Prefers nonstop flights", "category": "flights"},
    {"text": "Likes viewpoints and tiled churches more than big museums", "category": "activities"},
)


class CheckFailedError(Exception):
    """A step's result did not pass its independent check."""


@dataclass(slots=True)
class Journal:
    """What was done, how long it took and what the checks said."""

    progress: Progress
    steps: list[JSON] = field(default_factory=list[JSON])

    @asynccontextmanager
    async def step(self, title: str) -> AsyncGenerator[list[str]]:
        """Show `title` while the body runs; the body adds what its checks found wrong."""
        task = self.progress.add_task(title, total=None)
        wrong: list[str] = []
        started = time.perf_counter()
        try:
            yield wrong
        except (LookupError, ValueError, TypeError) as exc:
            wrong.append(f"the answer has another shape than expected ({exc!r})")
        finally:
            seconds = round(time.perf_counter() - started, 2)
            self.steps.append({"step": title, "seconds": seconds, "problems": list(wrong)})
            self.progress.update(task, total=1, completed=1)
            if wrong:
                self.progress.update(task, description=f"[red]{title}[/]")
        if wrong:
            raise CheckFailedError(f"{title}: " + "; ".join(wrong))


def data_folder() -> Path:
    """Return the demo's own data folder: its traveller is not the person at the keyboard."""
    given = environment().get("TRIPSAGE_DATA_DIR")
    return Path(given) if given else Path(platformdirs.user_data_dir("tripsage")) / "demo"


def child_environment(folder: Path) -> dict[str, str]:
    """Return the server's environment: this one, all sandbox, on the demo's own database."""
    env = {name: value for name, value in environment().items() if name not in _KEYS}
    return env | {
        "TRIPSAGE_MODE": "demo",
        "TRIPSAGE_DATA_DIR": str(folder),
        "PYTHONIOENCODING": "utf-8",
    }


def session(folder: Path) -> Client[StdioTransport]:
    """Return a client that starts a server process of its own."""
    transport = StdioTransport(
        sys.executable,
        ["-m", "tripsage_mcp"],
        env=child_environment(folder),
        keep_alive=False,
    )
    return Client(transport, timeout=_CALL_TIMEOUT_S)


async def call(client: Client[Any], name: str, arguments: Mapping[str, Any]) -> JSON:
    """Call a tool and return its structured content."""
    result = await client.call_tool(name, dict(arguments))
    found = result.structured_content
    assert isinstance(found, dict)
    return found


def demo(destination: str, *, as_json: bool) -> int:
    """Plan the trip, print it, and say with the exit code whether everything held."""
    console = Console(stderr=True)
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        TimeElapsedColumn(),
        console=console,
        transient=False,
    ) as progress:
        journal = Journal(progress)
        try:
            plan = asyncio.run(_plan(destination, folder, journal))
        except (CheckFailedError, ToolError, MCPError, TimeoutError) as failure:
            progress.stop()
            console.print(f"[red]The demo failed.[/] {failure}", highlight=False)
            return 1
    plan["steps"] = journal.steps
    if as_json:
        print(json.dumps(plan, indent=2, ensure_ascii=False))
    else:
        show(plan, Console())
    return 0


async def _plan(destination: str, folder: Path, journal: Journal) -> JSON:
    start = datetime.now(UTC).date() + timedelta(days=_DAYS_AHEAD)
    end = start + timedelta(days=_NIGHTS)
    async with session(folder) as client:
        plan = await _first_session(client, destination, (start, end), journal)
    async with journal.step("A second session, a new process: what is remembered?") as wrong:
        async with session(folder) as client:
            recalled = await call(client, "recall", {})
            trip = await call(
                client, "get_trips", {"trip_id": plan["trip"]["trip_id"], "detail": "full"}
            )
        wrong.extend(checks.recalled(recalled, [p["text"] for p in _PREFERENCES]))
        wrong.extend(checks.trip(trip["trip"], plan))
    plan["memories"] = checks.memories(recalled)
    return plan


async def _first_session(
    client: Client[Any], destination: str, dates: tuple[date, date], journal: Journal
) -> JSON:
    start, end = dates
    days = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    async with journal.step("Start the server, look at its status") as wrong:
        status = await call(client, "get_status", {})
        wrong.extend(checks.status(status))
    async with journal.step("Remember two preferences") as wrong:
        stored = await call(client, "remember", {"memories": list(_PREFERENCES)})
        wrong.extend(checks.remembered(stored, [p["text"] for p in _PREFERENCES]))
    async with journal.step("Search flights") as wrong:
        home = _HOME if destination.casefold() != _HOME.casefold() else _OTHER_HOME
        asked = {
            "origin": home,
            "destination": destination,
            "departure_date": start.isoformat(),
            "return_date": end.isoformat(),
            "adults": 2,
            "sort": "best",
        }
        # As the traveller prefers, or with a connection where nobody flies nonstop.
        flights = await call(client, "search_flights", {**asked, "max_connections": 0})
        if not flights["itineraries"]:
            flights = await call(client, "search_flights", asked)
        wrong.extend(checks.flights(flights, start, end))
    flight = _chosen_flight(flights)
    async with journal.step("Read the chosen offer's conditions") as wrong:
        offer = await call(client, "get_flight_offer", {"offer_id": flight["fare"]["offer_id"]})
        wrong.extend(checks.offer(offer, flight))
    async with journal.step("Search stays") as wrong:
        asked = {"location": destination, "check_in": days["start_date"],
                 "check_out": days["end_date"], "adults": 2}  # fmt: skip
        stays = await call(client, "search_stays", asked)
        wrong.extend(checks.stays(stays))
    stay = checks.chosen_stay(stays)
    async with journal.step("Look up places and weather") as wrong:
        places = await call(client, "search_places", {"query": "viewpoints", "near": destination})
        facts = await call(client, "get_destination", {"place": destination, **days})
        wrong.extend(checks.places(places))
        wrong.extend(checks.weather(facts["weather"], start, end))
    outbound, back = flight["slices"]
    latitude, longitude = (float(part) for part in stay["at"].split(","))
    async with journal.step("Build the itinerary") as wrong:
        asked = {
            "destination": destination,
            **days,
            "arrival_airport": outbound["destination"],
            "arrival_time": outbound["arrives"],
            "departure_airport": back["origin"],
            "departure_time": back["departs"],
            "stay_latitude": latitude,
            "stay_longitude": longitude,
            "interests": ["viewpoints", "churches"],
        }
        built = await call(client, "build_itinerary", asked)
        checked = await call(client, "revise_itinerary", {"itinerary": built["itinerary"]})
        wrong.extend(checks.itinerary(built["itinerary"], flight, start, end))
        wrong.extend(checks.verdict(built, checked))
    async with journal.step("Save the trip") as wrong:
        saved = await call(
            client,
            "save_trip",
            {
                "title": f"{destination}, {_NIGHTS} nights",
                "destination": destination,
                **days,
                "status": "planned",
                "itinerary": built["itinerary"],
                "flights": [flight],
                "stays": [stay],
            },
        )
        wrong.extend(checks.saved(saved))
    return {
        "trip": {
            "trip_id": saved["trip_id"],
            "destination": destination,
            **days,
            "travellers": "2 adults",
        },
        "memories": [],
        "flight": flight,
        "offer": offer,
        "stay": stay,
        "weather": facts["weather"]["days"],
        "itinerary": built["itinerary"],
        "verdict": checked["verdict"],
        "findings": checked["findings"],
        "left_out": built["left_out"],
        "data": flights["source"]["data"],
    }


def _chosen_flight(flights: JSON) -> JSON:
    """Return the best itinerary with its cheapest fare, complete by itself."""
    best = flights["itineraries"][0]
    ends = (flights["origin"], flights["destination"])
    slices = [
        {"origin": origin, "destination": destination, **part}
        for part, (origin, destination) in zip(best["slices"], (ends, ends[::-1]), strict=True)
    ]
    return {"slices": slices, "fare": best["fares"][0], "currency": flights["currency"]}
