"""The composition root: which provider answers, in which mode, and what that costs at start."""

import tempfile
from datetime import time, timedelta
from pathlib import Path

import httpx
import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from tests.processes import structured
from tripsage_mcp.bootstrap import ServerConfig, build_app, build_runtime, build_server
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest, TimeWindow
from tripsage_mcp.errors import ConfigurationError, StorageError
from tripsage_mcp.infrastructure.clock import utc_now
from tripsage_mcp.infrastructure.database import DatabaseConfig
from tripsage_mcp.infrastructure.mcp_client import InMemory
from tripsage_mcp.providers.cached import CachedHomes

pytestmark = pytest.mark.anyio
# The sandbox writes down what it sells; removed when the tests end.
_FOLDER = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
DEAD = DatabaseConfig.model_validate(
    {"database_url": "postgresql://nobody@127.0.0.1:1/nothing", "data_dir": _FOLDER.name}
)
KEYS = {
    "TRIPSAGE_DUFFEL_ACCESS_TOKEN": "duffel_test_x",
    "TRIPSAGE_GOOGLE_API_KEY": "AIza" + "x" * 35,
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KEYS, "TRIPSAGE_MODE", "TRIPSAGE_AIRBNB_SERVER", "TRIPSAGE_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def data_of(config: ServerConfig | None = None) -> dict[str, str | None]:
    runtime = build_runtime(config, database=DEAD)
    return {row.capability: row.data for row in runtime.services.status.providers()}


def test_a_fresh_install_answers_from_the_sandbox_alone() -> None:
    assert set(data_of().values()) == {"sandbox"}


def test_in_demo_mode_a_key_makes_its_provider_live_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIPSAGE_DUFFEL_ACCESS_TOKEN", KEYS["TRIPSAGE_DUFFEL_ACCESS_TOKEN"])
    found = data_of()
    assert (found.pop("flights"), found.pop("hotels")) == ("live", "live")
    assert set(found.values()) == {"sandbox"}


def test_in_live_mode_nothing_is_sandbox_and_what_lacks_a_key_is_not_configured() -> None:
    found = data_of(ServerConfig(mode="live"))
    assert found == {
        "flights": None,
        "stays": None,
        "hotels": None,
        "places": None,
        "geocoding": "live",
        "weather": "live",
        "rates": "live",
        "advice (us)": "live",
        "advice (uk)": "live",
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "variable"),
    [
        (
            "search_flights",
            {"origin": "LHR", "destination": "LIS", "departure_date": "2027-05-10"},
            "TRIPSAGE_DUFFEL_ACCESS_TOKEN",
        ),
        (
            "search_places",
            {"query": "museum", "latitude": 38.7, "longitude": -9.1},
            "TRIPSAGE_GOOGLE_API_KEY",
        ),
        ("get_stay", {"stay_id": "airbnb:12345"}, "TRIPSAGE_AIRBNB_SERVER"),
    ],
)
async def test_a_live_request_without_its_key_says_which_variable_to_set(
    tool: str, arguments: dict[str, object], variable: str
) -> None:
    server = build_server(build_runtime(ServerConfig(mode="live"), database=DEAD))
    async with Client(server) as client:
        result = await client.call_tool(tool, arguments, raise_on_error=False)
    answer = structured(result)
    assert result.is_error
    assert answer["code"] == "provider_not_configured"
    assert variable in answer["message"]
    assert not answer["retryable"]


def test_a_malformed_setting_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPSAGE_MODE", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        build_runtime(database=DEAD)
    assert "TRIPSAGE_MODE" in caught.value.message
    assert "hunter2" not in caught.value.message


async def test_without_storage_the_rest_still_works_and_the_status_says_so() -> None:
    server = build_server(build_runtime(database=DEAD))
    async with Client(server) as client:
        with pytest.raises(ToolError, match="storage_unavailable"):
            await client.call_tool("get_trips", {})
        weather = structured(
            await client.call_tool(
                "search_places", {"query": "museums", "near": "Lisbon", "limit": 2}
            )
        )
        status = structured(await client.call_tool("get_status", {}))
    assert weather["places"]
    stores = {row["name"]: row["state"] for row in status["storage"]}
    assert stores == {"database": "failing", "cache": "ready"}


async def test_whoever_waits_for_the_database_hears_that_it_is_dead() -> None:
    runtime = build_runtime(database=DEAD)
    with pytest.raises((StorageError, ConfigurationError)):
        async with runtime.opened(wait=True):
            pytest.fail("it opened")


async def test_a_fatal_error_is_reported_once() -> None:
    told: list[str] = []
    runtime = build_runtime(database=DEAD, on_fatal=lambda error: told.append(error.code))
    async with runtime.opened(wait=True):
        assert len(told) == 1


async def test_whoever_opened_the_runtime_closes_it(data_dir: Path) -> None:
    runtime = build_runtime(database=DatabaseConfig(data_dir=data_dir))
    async with runtime.opened(wait=True) as services:
        assert (await services.status.status()).ready
    assert not (await runtime.services.status.status()).ready


def test_the_airbnb_of_the_sandbox_lives_in_this_process() -> None:
    # Nothing is spawned for a person who has no Node.
    runtime = build_runtime(database=DEAD)
    homes = runtime.providers.ports.stays["airbnb"].stays
    assert isinstance(homes, CachedHomes)
    calls: object = vars(homes.provider)["_calls"]
    client: object = vars(calls)["_client"]
    assert isinstance(vars(client)["_server"], InMemory)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_what_the_sandbox_must_remember_outlives_the_process_in_the_data_folder(
    tmp_path: Path,
) -> None:
    database = DEAD.model_copy(update={"data_dir": tmp_path / "data"})
    morning = TimeWindow(time(6), time(18))
    day = utc_now().date() + timedelta(days=40)
    # A window of departure fits no id: only the ledger knows the search.
    request = OfferRequest((SliceRequest("LHR", "JFK", day, departure_window=morning),))
    runtime = build_runtime(ServerConfig(sandbox_seed=3), database=database)
    assert names_in(tmp_path) == []
    found = await runtime.providers.ports.flights.search(request)
    assert "sandbox-3.sqlite3" in names_in(tmp_path / "data")
    again = build_runtime(ServerConfig(sandbox_seed=3), database=database)
    offer = await again.providers.ports.flights.get(found.offers[0].offer_id)
    assert offer.slices == found.offers[0].slices


@pytest.mark.parametrize(("setting", "permission"), [("", "test"), ("on", "on"), ("off", "off")])
def test_real_money_is_spent_only_where_a_setting_says_so(
    monkeypatch: pytest.MonkeyPatch, setting: str, permission: str
) -> None:
    monkeypatch.setenv("TRIPSAGE_BOOKING", setting)
    assert build_runtime(database=DEAD).services.bookings.permission == permission


async def test_the_confirmation_page_is_where_the_operator_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIPSAGE_PUBLIC_URL", "https://trips.example.org")
    runtime = build_runtime(database=DEAD)
    assert await runtime.page.url() == "https://trips.example.org"
    transport = httpx.ASGITransport(build_app(runtime))
    async with httpx.AsyncClient(transport=transport, base_url=await runtime.page.url()) as http:
        assert (await http.get("/confirm/x")).status_code == 404
        assert (await http.get("https://other.example.org/confirm/x")).status_code == 421
    monkeypatch.setenv("TRIPSAGE_PUBLIC_URL", "trips.example.org/hunter2")
    with pytest.raises(ConfigurationError, match="TRIPSAGE_PUBLIC_URL") as caught:
        build_runtime(database=DEAD)
    assert "hunter2" not in caught.value.message
