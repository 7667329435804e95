"""Geocoding and Time Zone: names, coordinates, zones, and their own kind of refusal."""

from typing import Any

import pytest

from tests.sandbox.google_client import KEY, google
from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.google_geocoding import Match

pytestmark = pytest.mark.anyio

GEOCODE, TIMEZONE = "/maps/api/geocode/json", "/maps/api/timezone/json"
SUMMER = 1_784_800_000


async def ask(path: str = GEOCODE, **query: Any) -> Any:
    async with google() as client:
        reply = await client.get(path, params={"key": KEY, **query})
        assert reply.status_code == 200, reply.text
        return reply.json()


@pytest.mark.parametrize(
    ("address", "name", "country", "kind"),
    [
        ("Lisbon", "Lisbon", "PT", "locality"),
        ("lisboa, portugal", "Lisbon", "PT", "locality"),
        ("New York City", "New York", "US", "locality"),
        ("Oslo, Norway", "Oslo", "NO", "locality"),
        ("São Paulo", "Sao Paulo", "BR", "locality"),
        ("Birmingham, UK", "Birmingham", "GB", "locality"),
        ("Alfama, Lisbon", "Alfama", "PT", "neighborhood"),
        ("Belém, Lisbon", "Belém", "PT", "neighborhood"),
        ("Colosseum, Rome", "Colosseum", "IT", "point_of_interest"),
    ],
)
async def test_an_address_is_resolved(address: str, name: str, country: str, kind: str) -> None:
    answer = await ask(address=address)
    assert answer["status"] == "OK"
    first = answer["results"][0]
    assert kind in first["types"]
    assert first["address_components"][0]["long_name"] == name
    last = first["address_components"][-1]
    assert (last["short_name"], last["types"]) == (country, ["country", "political"])
    assert set(first["geometry"]["location"]) == {"lat", "lng"}


async def test_namesakes_are_all_told() -> None:
    regions = {
        component["long_name"]
        for result in (await ask(address="Portland"))["results"]
        for component in result["address_components"]
        if "administrative_area_level_1" in component["types"]
    }
    assert regions == {"Oregon", "Maine"}


async def test_components_filter_and_region_prefers() -> None:
    assert (await ask(address="Paris", components="country:US"))["status"] == "ZERO_RESULTS"
    assert (await ask(components="locality:Paris|country:FR"))["status"] == "OK"
    birmingham = await ask(address="Birmingham", region="uk")
    assert birmingham["results"][0]["formatted_address"].endswith("United Kingdom")


async def test_what_nobody_knows_has_zero_results() -> None:
    assert await ask(address="qwertzuiop") == {"results": [], "status": "ZERO_RESULTS"}
    assert (await ask(latlng="0.0,-30.0"))["status"] == "ZERO_RESULTS"


async def test_a_place_id_comes_back_from_where_it_came() -> None:
    for address in ("Lisbon", "Colosseum, Rome"):
        (first,) = (await ask(address=address))["results"]
        (again,) = (await ask(place_id=first["place_id"]))["results"]
        assert again["place_id"] == first["place_id"]
        assert again["geometry"] == first["geometry"]


async def test_coordinates_find_the_quarter_and_the_town() -> None:
    results = (await ask(latlng="38.712,-9.130"))["results"]
    assert [r["address_components"][0]["long_name"] for r in results] == ["Alfama", "Lisbon"]


@pytest.mark.parametrize(
    "query", [{}, {"latlng": "x,y"}, {"latlng": "95,0"}, {"place_id": "unknown"}, {"address": " "}]
)
async def test_an_incomplete_request_is_invalid(query: dict[str, str]) -> None:
    async with google() as client:
        reply = await client.get(GEOCODE, params={"key": KEY, **query})
    assert (reply.status_code, reply.json()["status"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("key", [None, "nonsense"])
async def test_without_a_key_the_request_is_denied_with_http_200(key: str | None) -> None:
    async with google() as client:
        query = {"address": "Lisbon", "location": "1,1", "timestamp": "1"}
        params = query if key is None else query | {"key": key}
        geocode = await client.get(GEOCODE, params=params)
        zone = await client.get(TIMEZONE, params=params)
    assert geocode.status_code == zone.status_code == 200
    assert geocode.json()["status"] == zone.json()["status"] == "REQUEST_DENIED"
    assert geocode.json()["error_message"]
    assert zone.json()["errorMessage"]


@pytest.mark.parametrize(
    ("location", "zone", "raw", "dst"),
    [
        ("48.85,2.35", "Europe/Paris", 3600, 3600),
        ("53.35,-6.26", "Europe/Dublin", 0, 3600),
        ("35.68,139.69", "Asia/Tokyo", 32400, 0),
        ("-33.87,151.21", "Australia/Sydney", 36000, 0),
    ],
)
async def test_the_zone_of_a_point_in_the_northern_summer(
    location: str, zone: str, raw: int, dst: int
) -> None:
    answer = await ask(TIMEZONE, location=location, timestamp=SUMMER)
    assert (answer["timeZoneId"], answer["rawOffset"], answer["dstOffset"]) == (zone, raw, dst)


async def test_the_ocean_has_no_zone_and_a_bad_point_is_invalid() -> None:
    answer = await ask(TIMEZONE, location="30,-30", timestamp=SUMMER)
    assert answer == {"status": "ZERO_RESULTS"}
    async with google() as client:
        for query in ({"location": "x", "timestamp": "1"}, {"location": "1,1", "timestamp": "x"}):
            reply = await client.get(TIMEZONE, params={"key": KEY, **query})
            assert reply.json()["status"] == "INVALID_REQUEST"


def test_every_town_is_found_by_its_own_name_and_country() -> None:
    for town in towns.load_towns():
        assert town in towns.find(f"{town.name}, {town.country}"), town.name


def test_town_ids_are_unique() -> None:
    ids = [town.id for town in towns.load_towns()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("Portland, OR", "Oregon"),
        ("San Francisco, CA", "California"),
        ("Toronto, ON", "Ontario"),
        ("Vancouver, Canada", "British Columbia"),
    ],
)
def test_states_are_understood_by_their_abbreviations(name: str, region: str) -> None:
    assert {town.region for town in towns.find(name)} == {region}


def test_a_city_state_is_not_named_twice() -> None:
    (town,) = towns.find("Singapore, Singapore,")
    assert Match(town).wire()["formatted_address"] == "Singapore"
