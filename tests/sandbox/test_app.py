"""The whole world below one address."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.sandbox.app import BASE_PATHS, build_app

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = {"X-Goog-Api-Key": "AIzaSandboxSandbox", "X-Goog-FieldMask": "places.displayName"}


async def get(path: str) -> tuple[int, Any]:
    async with open_client("http://sandbox.invalid", app=build_app(0, lambda: NOW)) as client:
        reply = await client.get(path)
    return reply.status_code, reply.json()


async def test_it_says_what_it_is() -> None:
    status, body = await get("/")
    assert status == 200
    assert body["data"] == "sandbox"
    assert body["base_paths"] == dict(BASE_PATHS)


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("duffel", "/air/airlines", 400),
        ("google", "/v1/places/x", 403),
        ("google", "/maps/api/geocode/json", 200),
        ("open_meteo_forecast", "/v1/forecast", 400),
        ("open_meteo_archive", "/v1/archive", 400),
        ("open_meteo_geocoding", "/v1/search?name=Rome", 200),
        ("open_weather", "/data/3.0/onecall", 401),
        ("frankfurter", "/v2/rate/EUR/USD", 200),
        ("us_advisories", "/api/TravelAdvisories", 200),
        ("uk_advice", "/api/content/foreign-travel-advice/italy", 200),
    ],
)
async def test_each_twin_answers_below_its_base_path(name: str, path: str, status: int) -> None:
    assert (await get(BASE_PATHS[name] + path))[0] == status


async def test_what_is_nowhere_is_not_found() -> None:
    for base in BASE_PATHS.values():
        async with open_client("http://sandbox.invalid", app=build_app()) as client:
            nowhere = await client.get("/elsewhere/v1")
            below = await client.get(f"{base}/nothing/here")
        assert nowhere.status_code == 404
        assert below.status_code in {400, 404}


def test_one_world_serves_one_event_loop_after_another() -> None:
    app = build_app(0, lambda: NOW)

    async def search() -> Any:
        async with open_client("http://sandbox.invalid/google", app=app) as client:
            reply = await client.post(
                "/v1/places:searchText", json={"textQuery": "Colosseum"}, headers=KEY
            )
            return reply.json()

    assert asyncio.run(search()) == asyncio.run(search()) != {}
