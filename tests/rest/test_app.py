from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette

from tests import build
from tests.rest.served import client, quiet_mcp, refused, services
from tripsage_mcp.errors import StorageError
from tripsage_mcp.services.status import ProviderStatus, StatusService
from tripsage_mcp.tools import get_status

pytestmark = pytest.mark.anyio


async def test_a_process_that_runs_is_healthy() -> None:
    async with client() as http:
        response = await http.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_a_server_with_its_database_is_ready_and_tells_no_folder() -> None:
    async with client() as http:
        response = await http.get("/readyz")
        detailed = await http.get("/api/v1/status")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "storage": [{"name": "database", "state": "ready"}],
        "providers": [],
    }
    assert detailed.json()["storage"][0]["detail"] == "a database in /home/ines/tripsage"


async def test_a_server_without_its_database_is_healthy_but_not_ready() -> None:
    async def down() -> str:
        raise StorageError("the database is out of reach")

    status = StatusService(mode="demo", version="1", providers=tuple, storage={"database": down})
    async with client(status=status) as http:
        ready = await http.get("/readyz")
        healthy = await http.get("/healthz")
        told = await http.get("/api/v1/status")
    assert ready.status_code == 503
    assert ready.json() == {
        "status": "not_ready",
        "storage": [{"name": "database", "state": "failing"}],
        "providers": [],
    }
    assert (healthy.status_code, told.status_code) == (200, 200)


async def test_a_provider_that_fails_is_listed_and_makes_the_server_no_less_ready() -> None:
    async def database_up() -> str:
        return "up"

    down = ProviderStatus("stays", "airbnb", "open", "live", last_error="provider_unavailable")
    status = StatusService("demo", "1", lambda: (down,), {"database": database_up})
    async with client(status=status) as http:
        ready = await http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["providers"] == [
        {"capability": "stays", "provider": "airbnb", "state": "open"}
    ]


@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere", "/api/v1", "/api/v1/", "/api/v1/nowhere", "/api/v2/status", "/mcp/else"],
)
async def test_a_path_that_leads_nowhere_says_so_in_the_envelope(path: str) -> None:
    async with client() as http:
        response = await http.get(path, follow_redirects=True)
    assert response.status_code == 404
    assert refused(response)["code"] == "not_found"


async def test_a_wrong_method_is_told_all_the_right_ones() -> None:
    async with client() as http:
        response = await http.delete("/api/v1/trips")
        health = await http.post("/healthz")
    assert (response.status_code, health.status_code) == (405, 405)
    assert refused(response)["code"] == refused(health)["code"] == "method_not_allowed"
    allowed = {each.strip() for each in response.headers["allow"].split(",")}
    assert allowed == {"GET", "HEAD", "POST"}


async def test_head_is_answered_like_get() -> None:
    async with client() as http:
        response = await http.head("/api/v1/status")
    assert response.status_code == 200


async def test_the_mcp_application_serves_its_own_path() -> None:
    async with client() as http:
        got = await http.get("/mcp")
        posted = await http.post("/mcp")
    assert (got.text, posted.text) == ("mcp GET /mcp", "mcp POST /mcp")


async def test_the_mcp_applications_lifespan_is_the_whole_applications() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        seen.append("opened")
        yield
        seen.append("closed")

    async with client(Starlette(routes=quiet_mcp().routes, lifespan=lifespan)) as http:
        await http.get("/healthz")
        assert seen == ["opened"]
    assert seen == ["opened", "closed"]


async def test_the_real_mcp_application_answers_beside_rest_and_guards_itself() -> None:
    server = build.server([get_status.TOOL], status=services().status)
    mcp = server.http_app(path="/mcp", host_origin_protection=True, allowed_hosts=["127.0.0.1"])
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "a test", "version": "1"},
        },
    }
    headers = {"accept": "application/json, text/event-stream"}
    async with client(mcp) as http:
        answer = await http.post("/mcp", json=hello, headers=headers)
        elsewhere = await http.post("/mcp", json=hello, headers=headers | {"host": "evil.example"})
        rest = await http.get("/api/v1/status")
    assert answer.status_code == 200
    assert '"serverInfo":{"name":"TripSage"' in answer.text
    assert elsewhere.status_code == 421
    assert rest.status_code == 200
