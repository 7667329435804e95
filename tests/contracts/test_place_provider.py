"""The promises of PlaceProvider, checked against the fake, the adapter and the sandbox."""

import importlib
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.fakes_places import LISBON_CENTRE, FakePlaces, at_now, place
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import PlaceSearch, TravelMode
from tripsage_mcp.errors import NotFoundError
from tripsage_mcp.infrastructure.http import JSONClient, open_client
from tripsage_mcp.providers.places import google
from tripsage_mcp.providers.places.google_errors import explain
from tripsage_mcp.providers.ports import PlaceProvider

pytestmark = pytest.mark.anyio

BELEM = Coordinates(38.6916, -9.2160)
NEW_YORK = Coordinates(40.7128, -74.0060)
KEY = SecretStr("AIzaSandboxKey0000000000000000000000000")


def _row(name: str, place_id: str) -> dict[str, Any]:
    return {
        "id": place_id,
        "displayName": {"text": name},
        "location": {"latitude": 38.7, "longitude": -9.1},
        "types": ["museum"],
    }


def _matrix(body: dict[str, Any]) -> list[dict[str, Any]]:
    def far(w: dict[str, Any]) -> bool:
        return w["waypoint"]["location"]["latLng"]["longitude"] < -50

    return [
        {"originIndex": i, "destinationIndex": j, "status": {}}
        | (
            {"condition": "ROUTE_NOT_FOUND"}
            if far(origin) != far(destination)
            else {"condition": "ROUTE_EXISTS", "duration": f"{abs(i - j) * 90}s"}
            | ({"distanceMeters": 100} if i != j else {})
        )
        for i, origin in enumerate(body["origins"])
        for j, destination in enumerate(body["destinations"])
    ]


def _google(request: httpx.Request) -> httpx.Response:
    if request.method == "GET":
        if request.url.path == "/v1/places/ChIJ1":
            return httpx.Response(200, json=_row("City Museum", "ChIJ1"))
        error = {"code": 404, "status": "NOT_FOUND", "message": "gone"}
        return httpx.Response(404, json={"error": error})
    body = json.loads(request.content)
    if "textQuery" not in body:
        return httpx.Response(200, json=_matrix(body))
    if "museum" not in body["textQuery"]:
        return httpx.Response(200, json={})
    rows = [_row(f"Museum {n}", f"ChIJ{n}") for n in range(1, 8)]
    return httpx.Response(200, json={"places": rows[: body["pageSize"]]})


def _adapter() -> google.GooglePlaces:
    def client() -> JSONClient:
        opened = open_client("https://google.test", transport=httpx.MockTransport(_google))
        return JSONClient("google", opened, explain=explain, now=at_now)

    return google.GooglePlaces(client(), client(), api_key=KEY, data="live", now=at_now)


def _sandbox() -> google.GooglePlaces:
    """Return the adapter over the whole sandbox, once there is one."""
    try:
        world = importlib.import_module("tripsage_mcp.sandbox.app")
    except ModuleNotFoundError:
        pytest.skip("the sandbox application is not part of this checkout")
    base = "http://sandbox/google"
    config = google.GooglePlacesConfig(api_key=KEY, places_url=base, routes_url=base)
    app = world.build_app(seed=0, now=at_now)
    return google.build(config, data="sandbox", now=at_now, app=app)


@pytest.fixture(params=["fake", "google", "sandbox"])
async def provider(request: pytest.FixtureRequest) -> AsyncGenerator[PlaceProvider]:
    if request.param == "fake":
        yield FakePlaces([place(f"p{n}", f"Museum {n}") for n in range(7)])
        return
    built = _adapter() if request.param == "google" else _sandbox()
    yield built
    await built.aclose()


async def test_search_returns_at_most_the_limit_each_place_once(provider: PlaceProvider) -> None:
    found = await provider.search(PlaceSearch("museum", LISBON_CENTRE, 5000, limit=3))
    ids = [p.place_id for p in found.places]
    assert 1 <= len(ids) <= 3
    assert len(set(ids)) == len(ids)
    assert found.provenance.fetched_at.tzinfo is not None


async def test_nothing_found_is_no_error(provider: PlaceProvider) -> None:
    found = await provider.search(PlaceSearch("qxzvw jkqqx", LISBON_CENTRE, 1000))
    assert found.places == ()


async def test_a_place_found_can_be_fetched_by_its_id(provider: PlaceProvider) -> None:
    [first, *_] = (await provider.search(PlaceSearch("museum", LISBON_CENTRE, limit=1))).places
    assert (await provider.get(first.place_id)).place.place_id == first.place_id


async def test_an_unknown_id_is_not_found(provider: PlaceProvider) -> None:
    with pytest.raises(NotFoundError):
        await provider.get("ChIJ00000000000000000000000")


@pytest.mark.parametrize("mode", ["walk", "transit", "drive", "bicycle"])
async def test_the_matrix_has_a_cell_for_every_pair(
    provider: PlaceProvider, mode: TravelMode
) -> None:
    origins, destinations = (LISBON_CENTRE, BELEM), (LISBON_CENTRE, BELEM, Coordinates(38.7, -9.15))
    times = await provider.travel_times(origins, destinations, mode)
    assert times.mode == mode
    assert [len(row) for row in times.minutes] == [3, 3]
    assert [len(row) for row in times.distance_m] == [3, 3]
    assert times.minutes[0][0] == 0
    assert (times.minutes[0][1] or 0) > 0
    assert not times.estimated


async def test_where_no_way_exists_the_cell_is_none(provider: PlaceProvider) -> None:
    times = await provider.travel_times((LISBON_CENTRE,), (NEW_YORK,), "walk")
    assert times.minutes == ((None,),)


async def test_a_matrix_without_ends_is_empty(provider: PlaceProvider) -> None:
    assert (await provider.travel_times((), (), "walk")).minutes == ()
