"""The promises of PlaceProvider, checked against the fake, the adapter and the sandbox."""

import importlib
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.fakes_places import LISBON_CENTRE, NOW, FakePlaces, at_now, place
from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import NearbySearch, PlaceRef, PlaceSearch, TravelMode
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
        location = w["waypoint"].get("location")
        return location is not None and location["latLng"]["longitude"] < -50

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
            return httpx.Response(200, json=_row("Museum 1", "ChIJ1"))
        error = {"code": 404, "status": "NOT_FOUND", "message": "gone"}
        return httpx.Response(404, json={"error": error})
    body = json.loads(request.content)
    if "travelMode" in body:
        return httpx.Response(200, json=_matrix(body))
    rows = [_row(f"Museum {n}", f"ChIJ{n}") for n in range(1, 8)]
    if "textQuery" not in body:
        within = body["locationRestriction"]["circle"]["radius"] > 100
        found = rows[: body["maxResultCount"]] if within else []
        return httpx.Response(200, json={"places": found} if found else {})
    if "museum" not in body["textQuery"]:
        return httpx.Response(200, json={})
    start = int(body.get("pageToken", 0))
    end = start + body["pageSize"]
    more = {"nextPageToken": str(end)} if end < len(rows) else {}
    return httpx.Response(200, json={"places": rows[start:end]} | more)


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


async def test_the_pages_of_a_search_are_all_of_it_and_no_place_comes_twice(
    provider: PlaceProvider,
) -> None:
    search = PlaceSearch("museum", LISBON_CENTRE, 5000, limit=3)
    whole = await provider.search(replace(search, limit=20))
    ids: list[str] = []
    page = await provider.search(search)
    while True:
        ids += [p.place_id for p in page.places]
        if page.next_page is None:
            break
        assert len(page.places) == 3
        page = await provider.search(replace(search, page=page.next_page))
    assert len(ids) == len(set(ids))
    assert ids[: len(whole.places)] == [p.place_id for p in whole.places]


@pytest.mark.parametrize("nearest", [True, False])
async def test_everything_of_a_kind_nearby_is_of_that_kind_and_near(
    provider: PlaceProvider, *, nearest: bool
) -> None:
    search = NearbySearch("museum", LISBON_CENTRE, 6_000, limit=5, nearest_first=nearest)
    found = await provider.nearby(search)
    assert 1 <= len(found.places) <= 5
    assert found.next_page is None
    km = [great_circle_km(LISBON_CENTRE, p.coordinates) for p in found.places]
    assert all("museum" in p.types for p in found.places)
    assert max(km) <= 6
    if nearest:
        assert km == sorted(km)


async def test_nothing_of_a_kind_nearby_is_no_error(provider: PlaceProvider) -> None:
    nowhere = NearbySearch("museum", Coordinates(0.5, -30.0), 50)
    assert (await provider.nearby(nowhere)).places == ()


async def test_nothing_found_is_no_error(provider: PlaceProvider) -> None:
    found = await provider.search(PlaceSearch("qxzvw jkqqx", LISBON_CENTRE, 1000))
    assert found.places == ()


async def test_a_place_found_can_be_fetched_by_its_id(provider: PlaceProvider) -> None:
    [first, *_] = (await provider.search(PlaceSearch("museum", LISBON_CENTRE, limit=1))).places
    assert (await provider.get(first.place_id)).place.place_id == first.place_id


async def test_an_unknown_id_is_not_found(provider: PlaceProvider) -> None:
    with pytest.raises(NotFoundError):
        await provider.get("ChIJ00000000000000000000000")


async def test_a_brief_look_gives_name_and_position(provider: PlaceProvider) -> None:
    [first, *_] = (await provider.search(PlaceSearch("museum", LISBON_CENTRE, limit=1))).places
    brief = (await provider.get(first.place_id, brief=True)).place
    assert (brief.name, brief.coordinates) == (first.name, first.coordinates)


async def test_a_place_can_be_an_end_of_a_way_and_an_hour_can_be_named(
    provider: PlaceProvider,
) -> None:
    [first, *_] = (await provider.search(PlaceSearch("museum", LISBON_CENTRE, limit=1))).places
    end = PlaceRef(first.place_id, first.coordinates)
    departs = NOW + timedelta(days=3)
    for mode in ("transit", "drive"):
        times = await provider.travel_times((BELEM,), (end, BELEM), mode, departs=departs)
        [[there, back]] = times.minutes
        assert there is not None
        assert back is not None
        assert times.departs == departs
        assert times.gaps == ()


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
