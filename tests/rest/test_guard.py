import httpx
import pytest

from tests.rest.served import client, quiet_mcp, refused, services
from tripsage_mcp.rest.app import build_rest

pytestmark = pytest.mark.anyio


async def asked(
    host: str,
    *,
    allowed: tuple[str, ...] = ("localhost", "*.example.com"),
    path: str = "/api/v1/status",
) -> httpx.Response:
    transport = httpx.ASGITransport(build_rest(services(), quiet_mcp(), allowed_hosts=allowed))
    async with httpx.AsyncClient(transport=transport, base_url="http://wire") as http:
        return await http.get(path, headers={"host": host})


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LocalHost:1", "trips.example.com:443"]
)
async def test_a_host_of_ours_is_answered(host: str) -> None:
    assert (await asked(host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "example.com.evil", "[", "evil@localhost.evil"],
)
async def test_another_host_is_misdirected(host: str) -> None:
    response = await asked(host)
    assert response.status_code == 421
    assert refused(response)["code"] == "invalid_request"
    assert "evil" not in response.text


@pytest.mark.parametrize("host", ["[::1]", "[::1]:8000"])
async def test_an_address_of_version_6_fits_with_and_without_brackets(host: str) -> None:
    for written in ("[::1]", "::1"):
        assert (await asked(host, allowed=(written,))).status_code == 200


async def test_a_star_lets_every_host_in() -> None:
    assert (await asked("anything.at.all", allowed=("*",))).status_code == 200


async def test_health_is_told_to_a_probe_that_calls_by_address() -> None:
    for path in ("/healthz", "/readyz"):
        assert (await asked("10.0.0.7:8000", path=path)).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://[", "file://"],
)
async def test_a_page_of_another_site_may_read_nothing_new_into_being(origin: str) -> None:
    async with client() as http:
        changed = await http.post("/api/v1/trips", json={}, headers={"origin": origin})
        read = await http.get("/api/v1/trips", headers={"origin": origin})
    assert changed.status_code == 403
    assert refused(changed)["code"] == "permission_denied"
    # A browser does not let that page see it: no header of ours allows it to.
    assert read.status_code == 200
    assert not [name for name in read.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "https://127.0.0.1"])
async def test_our_own_pages_may_change_things(origin: str) -> None:
    async with client() as http:
        response = await http.post(
            "/api/v1/memories/forget", json={"everything": True}, headers={"origin": origin}
        )
    assert response.status_code == 200
