"""Open-Meteo's geocoding twin."""

from typing import Any

import pytest

from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.sandbox.open_meteo import build_geocoding
from tripsage_mcp.sandbox.towns import load_towns, named
from tripsage_mcp.sandbox.world import load_cities

pytestmark = pytest.mark.anyio


async def get(path: str = "/v1/search", status: int = 200, **query: Any) -> Any:
    async with open_client("http://geocoding.test", app=build_geocoding()) as client:
        reply = await client.get(path, params=query)
    assert reply.status_code == status, reply.text
    return reply.json()


@pytest.mark.parametrize("city", load_cities(), ids=lambda c: c.slug)
async def test_every_authored_city_is_the_first_of_its_name(city: Any) -> None:
    first = (await get(name=city.city))["results"][0]
    assert (first["name"], first["country_code"]) == (city.city, city.country_code)
    assert first["timezone"] == city.time_zone
    assert first["population"] == city.population


@pytest.mark.parametrize(
    ("name", "found", "country"),
    [
        ("Oslo, Norway", "Oslo", "NO"),
        ("Portland, Maine", "Portland", "US"),
        ("Birmingham", "Birmingham", "GB"),
        ("Birmingham, GB", "Birmingham", "GB"),
        ("lisboa", "Lisbon", "PT"),
        ("NYC", "New York", "US"),
        ("Munich", "Munich", "DE"),
        ("Hanoi", "Hanoi", "VN"),
    ],
)
async def test_towns_with_an_airport_resolve(name: str, found: str, country: str) -> None:
    first = (await get(name=name))["results"][0]
    assert (first["name"], first["country_code"]) == (found, country)


async def test_of_namesakes_the_largest_comes_first_and_all_have_their_people_counted() -> None:
    namesakes = {t.name.casefold() for t in load_towns() if len(named(t.name)) > 1}
    assert "birmingham" in namesakes
    for name in namesakes:
        rows = (await get(name=name))["results"]
        people = [row["population"] for row in rows if row["name"].casefold() == name]
        assert len(people) > 1
        assert people == sorted(people, reverse=True)


async def test_a_beginning_finds_longer_names_after_exact_ones() -> None:
    names = [row["name"] for row in (await get(name="San", count=20))["results"]]
    assert names[0] == "San Francisco"
    assert all(name.startswith(("San", "Šan")) for name in names)
    assert len((await get(name="San", count=3))["results"]) == 3


async def test_results_are_absent_where_there_are_none() -> None:
    for name in ("Qwertzuiop", "L", "Paris, Narnia"):
        assert "results" not in await get(name=name)
    assert "results" not in await get(name="Paris", countryCode="US")


async def test_empty_fields_are_left_out() -> None:
    (first, *_) = (await get(name="Oslo"))["results"]
    assert "population" not in first
    assert all(first.values())


async def test_the_rules() -> None:
    broken: list[dict[str, Any]] = [
        {},
        {"name": "Rome", "count": 0},
        {"name": "Rome", "count": 101},
    ]
    for query in broken:
        assert (await get(status=400, **query))["error"] is True
    assert (await get(status=400, name="Rome", count="x"))["error"] is True
    assert (await get(status=400, name="Rome", format="protobuf"))["error"] is True


async def test_an_id_comes_back_as_the_place_itself() -> None:
    (first, *_) = (await get(name="Rome"))["results"]
    assert await get("/v1/get", id=first["id"]) == first
    assert (await get("/v1/get", 404, id=1))["error"] is True
    assert (await get("/v1/get", 400, id="x"))["error"] is True
