"""The promises of GeocodingProvider, checked against the fake, both adapters and the sandbox."""

import importlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes_places import FakeGeocoding, at_now
from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.infrastructure.http import ASGIApp
from tripsage_mcp.providers.geocoding import google, open_meteo
from tripsage_mcp.providers.ports import GeocodingProvider

pytestmark = pytest.mark.anyio

KEY = SecretStr("AIzaSandboxKey0000000000000000000000000")
SUBJECTS = ["fake", "google", "open-meteo", "sandbox-google", "sandbox-open-meteo"]


async def _open_meteo_search(request: Request) -> Response:
    town = {
        "name": "Lisbon",
        "latitude": 38.71667,
        "longitude": -9.13333,
        "feature_code": "PPLC",
        "country_code": "PT",
        "country": "Portugal",
        "timezone": "Europe/Lisbon",
    }
    known = request.query_params["name"] == "Lisbon"
    return JSONResponse({"results": [town]} if known else {"generationtime_ms": 0.1})


async def _geocode(request: Request) -> Response:
    query = request.query_params
    if query.get("address") != "Lisbon" and not query.get("latlng", "").startswith("38.7"):
        return JSONResponse({"results": [], "status": "ZERO_RESULTS"})
    country = {"long_name": "Portugal", "short_name": "PT", "types": ["country", "political"]}
    town = {"long_name": "Lisbon", "short_name": "Lisbon", "types": ["locality", "political"]}
    match: dict[str, Any] = {
        "place_id": "ChIJlisbon",
        "types": ["locality", "political"],
        "geometry": {"location": {"lat": 38.7167, "lng": -9.1333}},
        "address_components": [town, country],
    }
    return JSONResponse({"results": [match], "status": "OK"})


async def _zone(_request: Request) -> Response:
    return JSONResponse({"status": "OK", "timeZoneId": "Europe/Lisbon"})


def _upstream() -> tuple[ASGIApp, dict[str, str]]:
    app = Starlette(
        routes=[
            Route("/v1/search", _open_meteo_search),
            Route("/maps/api/geocode/json", _geocode),
            Route("/maps/api/timezone/json", _zone),
        ]
    )
    return app, {"google": "", "open-meteo": ""}


def _sandbox() -> tuple[ASGIApp, dict[str, str]]:
    try:
        world = importlib.import_module("tripsage_mcp.sandbox.app")
    except ModuleNotFoundError:
        pytest.skip("the sandbox application is not part of this checkout")
    paths = {"google": "/google", "open-meteo": "/open-meteo/geocoding"}
    return world.build_app(seed=0, now=at_now), paths


@pytest.fixture(params=SUBJECTS)
async def provider(request: pytest.FixtureRequest) -> AsyncGenerator[GeocodingProvider]:
    subject: str = request.param
    if subject == "fake":
        yield FakeGeocoding()
        return
    app, paths = _sandbox() if subject.startswith("sandbox-") else _upstream()
    if subject.endswith("google"):
        config = google.GoogleGeocodingConfig(
            api_key=KEY, maps_url=f"http://world{paths['google']}"
        )
        built = google.build(config, now=at_now, app=app)
    else:
        url = f"http://world{paths['open-meteo']}"
        built = open_meteo.build(
            open_meteo.OpenMeteoGeocodingConfig(geocoding_url=url), now=at_now, app=app
        )
    yield built
    await built.aclose()


async def test_a_well_known_town_is_the_first_match_complete(provider: GeocodingProvider) -> None:
    found = await provider.localities("Lisbon", limit=3)
    assert 1 <= len(found.localities) <= 3
    best = found.localities[0]
    assert (best.name, best.country, best.country_code) == ("Lisbon", "Portugal", "PT")
    assert best.time_zone == "Europe/Lisbon"
    [centre] = FakeGeocoding().known
    assert great_circle_km(best.coordinates, centre.coordinates) < 5


async def test_nothing_of_that_name_is_empty_and_no_error(provider: GeocodingProvider) -> None:
    assert (await provider.localities("qxzvwjkqqx")).localities == ()


async def test_a_point_in_a_town_is_in_it_with_its_country_and_zone(
    provider: GeocodingProvider,
) -> None:
    found = await provider.reverse(Coordinates(38.7139, -9.1394))
    assert found.locality is not None
    assert (found.locality.name, found.locality.country_code) == ("Lisbon", "PT")
    assert found.locality.time_zone == "Europe/Lisbon"
    assert found.provenance.fetched_at.tzinfo is not None


async def test_a_point_in_the_middle_of_an_ocean_is_in_nothing(
    provider: GeocodingProvider,
) -> None:
    assert (await provider.reverse(Coordinates(0.5, -30.0))).locality is None
