"""The commands a person types, as real processes."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from tests import processes
from tripsage_mcp.infrastructure.http import open_client

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


async def test_the_demo_plans_a_trip_and_every_step_passes_its_check(data_dir: Path) -> None:
    code, out, err = await processes.run("demo", "--json", folder=data_dir)
    assert code == 0, err
    plan = json.loads(out)
    assert [step["problems"] for step in plan["steps"]] == [[] for _ in plan["steps"]]
    assert {memory["text"] for memory in plan["memories"]} >= {"Prefers nonstop flights"}
    assert plan["data"] == "sandbox"
    # What was remembered was heeded.
    assert [len(part["flights"]) for part in plan["flight"]["slices"]] == [1, 1]
    assert len(plan["itinerary"]["days"]) == 4


async def test_the_demo_prints_a_page_for_people(data_dir: Path) -> None:
    code, out, err = await processes.run("demo", "--destination", "Tokyo", folder=data_dir)
    assert code == 0, err
    assert "Tokyo" in out
    assert "Flights" in out
    assert "Checked" in out
    assert "sandbox" in out


async def test_a_dead_database_ends_the_server_with_one_sentence(data_dir: Path) -> None:
    code, out, err = await processes.run(
        "stdio",
        folder=data_dir,
        TRIPSAGE_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/nothing",
        hold_stdin=True,
    )
    assert code == 1
    assert out == ""
    assert "TRIPSAGE_DATABASE_URL" in err
    assert "secret" not in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) <= 2


async def test_the_doctor_finds_storage_working_and_says_what_a_key_would_add(
    data_dir: Path,
) -> None:
    code, out, err = await processes.run("doctor", "--json", folder=data_dir)
    assert code == 0, out + err
    findings = {finding["name"].split()[0]: finding for finding in json.loads(out)}
    assert findings["database"]["verdict"] == "ok"
    assert findings["cache"]["verdict"] == "ok"
    assert "TRIPSAGE_DUFFEL_ACCESS_TOKEN" in findings["flights"]["do"]
    assert {"stays", "places", "weather", "geocoding", "node"} <= set(findings)


async def test_the_doctor_fails_on_a_database_that_does_not_answer(data_dir: Path) -> None:
    code, out, _ = await processes.run(
        "doctor",
        "--json",
        folder=data_dir,
        TRIPSAGE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
    )
    assert code == 1
    findings = {finding["name"]: finding for finding in json.loads(out)}
    assert findings["database"]["verdict"] == "fail"


async def test_a_public_address_is_refused_while_there_is_no_login(data_dir: Path) -> None:
    code, _, err = await processes.run("http", "--host", "192.0.2.1", folder=data_dir)
    assert code == 1
    assert "loopback" in err
    assert "Traceback" not in err


async def test_the_examples_run_against_real_servers(data_dir: Path) -> None:
    code, out, err = await processes.script(EXAMPLES / "stdio_client.py", folder=data_dir)
    assert code == 0, err
    assert "20 tools" in out
    code, out, err = await processes.script(
        EXAMPLES / "booking_client.py", "--yes", folder=data_dir
    )
    assert code == 0, err
    assert all(word in out for word in ("Held ", "Booked ", "Cancelled "))
    async with processes.http_server(data_dir) as (url, _):
        code, out, err = await processes.script(
            EXAMPLES / "http_client.py", f"{url}/mcp", folder=data_dir
        )
        assert code == 0, err
        assert "LHR" in out or "LGW" in out or "itineraries" in out
        code, out, err = await processes.script(EXAMPLES / "rest_client.py", url, folder=data_dir)
        assert code == 0, err
        assert "read back: A weekend in Porto" in out
        assert "invalid_request" in out


async def test_the_sandbox_serves_the_providers_own_protocols(data_dir: Path) -> None:
    async with processes.sandbox_server(data_dir) as url, open_client(url) as http:
        assert (await http.get("/")).json()["data"] == "sandbox"
        found = await http.get("/open-meteo/geocoding/v1/search", params={"name": "Lisbon"})
        assert found.json()["results"][0]["country_code"] == "PT"
        refused = await http.get("/duffel/air/airlines")
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["code"] == "missing_version_header"


async def test_the_sandbox_speaks_the_airbnb_servers_protocol_on_stdio(data_dir: Path) -> None:
    transport = StdioTransport(
        sys.executable,
        ["-m", "tripsage_mcp", "sandbox", "--airbnb"],
        env=processes.environment(data_dir),
        keep_alive=False,
    )
    async with Client(transport, timeout=60) as client:
        assert {tool.name for tool in await client.list_tools()} == {
            "airbnb_search",
            "airbnb_listing_details",
        }


async def test_a_demo_whose_server_is_killed_says_so_and_the_next_one_works(
    data_dir: Path,
) -> None:
    code, out, err = await processes.run("demo", "--json", folder=data_dir, kill_child=True)
    assert code == 1
    assert out == ""
    assert "The demo failed" in err
    assert "Traceback" not in err
    code, out, err = await processes.run("demo", "--json", folder=data_dir)
    assert code == 0, err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_server_that_waits_for_its_client(
    data_dir: Path, number: signal.Signals
) -> None:
    async with processes.idle_server(data_dir) as child:
        child.send_signal(number)
        async with asyncio.timeout(20):
            assert await child.wait() == 128 + number
    # Its database was stopped in order: a new server finds nothing to recover or to adopt.
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(data_dir) in str(p.info)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
async def test_sigterm_ends_the_http_server_in_order(data_dir: Path) -> None:
    async with processes.http_server(data_dir) as (_, child):
        child.send_signal(signal.SIGTERM)
        assert await child.wait() in {0, -signal.SIGTERM}


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from tripsage_mcp.bootstrap import build_runtime, build_server;"
        "build_server(build_runtime());"
        "print([m for m in ('asyncpg', 'googlemaps', 'redis', 'airportsdata', 'mem0',"
        " 'tripsage_mcp.sandbox.world', 'tripsage_mcp.planning.solve') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
