"""Google's own messages as the judge of the twin: every answer must be one that they can read.

They take seconds to import, so nothing else does.
"""

import importlib
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from tests.sandbox.google_client import KEY, LISBON, NOW, google, headers
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import NearbySearch, PlaceRef, PlaceSearch
from tripsage_mcp.infrastructure.http import HTTPClient
from tripsage_mcp.providers.places.google import DETAIL_FIELDS, nearby_body, search_body
from tripsage_mcp.providers.places.google_routes import FIELD_MASK, Block, Trip
from tripsage_mcp.sandbox.world import City, load_cities

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# REST has them and its discovery document knows them; the messages of gRPC do without.
REST_ONLY = {"nextPageToken", "searchUri", "pageSize", "pageToken"}
MATRIX, ROUTES = "/distanceMatrix/v2:computeRouteMatrix", "/directions/v2:computeRoutes"
CHRISTMAS = datetime(2026, 12, 24, 9, tzinfo=UTC)
JULY = datetime(2027, 7, 3, 22, tzinfo=UTC)


@cache
def messages(package: str) -> Any:
    return pytest.importorskip(f"google.maps.{package}", reason="Google's protos are missing")


def read(message: Any, answer: dict[str, Any]) -> Any:
    """Parse strictly: an unknown field, a wrong type or an enum value they lack is an error."""
    told = {name: value for name, value in answer.items() if name not in REST_ONLY}
    return message.from_json(json.dumps(told), ignore_unknown_fields=False)


async def post(client: HTTPClient, path: str, **body: Any) -> Any:
    reply = await client.post(path, json=body, headers=headers("*"))
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize("now", [NOW, CHRISTMAS, JULY], ids=["november", "christmas", "july"])
@pytest.mark.parametrize("city", load_cities(), ids=lambda c: c.slug)
async def test_every_place_of_every_city_in_every_season_is_one_of_their_places(
    city: City, now: datetime
) -> None:
    places = messages("places_v1")
    center = {"latitude": city.center.latitude, "longitude": city.center.longitude}
    area = {"circle": {"center": center, "radius": 50_000}}
    found: dict[str, Any] = {}
    async with google(now) as client:
        for query in ("sights", "restaurants", "museums"):
            answer = await post(client, "/v1/places:searchText", textQuery=query, locationBias=area)
            parsed = read(places.SearchTextResponse, answer)
            assert [p.id for p in parsed.places] == [p["id"] for p in answer["places"]]
            found |= {p["id"]: p for p in answer["places"]}
        nearby = await post(
            client, "/v1/places:searchNearby", includedTypes=["museum"], locationRestriction=area
        )
        assert len(read(places.SearchNearbyResponse, nearby).places) == len(nearby["places"])
        some = next(iter(found))
        reply = await client.get(f"/v1/places/{some}", headers=headers("*"))
        assert read(places.Place, reply.json()).id == some


async def test_what_they_read_is_what_was_meant() -> None:
    places = messages("places_v1")
    async with google(CHRISTMAS) as client:
        answer = await post(client, "/v1/places:searchText", textQuery="restaurants in London")
    by_id = {place["id"]: place for place in answer["places"]}
    for place in read(places.SearchTextResponse, answer).places:
        raw = by_id[place.id]
        assert place.display_name.text == raw["displayName"]["text"]
        assert place.business_status.name == raw["businessStatus"]
        assert place.price_level.name == raw["priceLevel"]
        assert place.location.latitude == raw["location"]["latitude"]
        start = place.price_range.start_price
        assert (start.currency_code, start.units) == (
            "GBP",
            int(raw["priceRange"]["startPrice"]["units"]),
        )
        options = raw["accessibilityOptions"]
        told = place.accessibility_options
        assert told.wheelchair_accessible_entrance == options.get(
            "wheelchairAccessibleEntrance", False
        )
        assert len(place.current_opening_hours.periods) == len(
            raw["currentOpeningHours"]["periods"]
        )


async def test_nothing_found_is_their_empty_answer() -> None:
    places = messages("places_v1")
    async with google() as client:
        answer = await post(client, "/v1/places:searchText", textQuery="qxzvw jkqqx")
    assert not read(places.SearchTextResponse, answer).places


def ends() -> list[dict[str, Any]]:
    points = [LISBON, {"latitude": 38.6916, "longitude": -9.216}, LISBON]
    points.append({"latitude": 40.7128, "longitude": -74.006})
    located = [{"waypoint": {"location": {"latLng": point}}} for point in points]
    return [*located, {"waypoint": {"address": "Belém Tower"}}, {"waypoint": {"address": "qxzvw"}}]


@pytest.mark.parametrize("mode", ["WALK", "TRANSIT", "DRIVE", "BICYCLE"])
async def test_every_element_of_a_matrix_is_one_of_theirs(mode: str) -> None:
    routing = messages("routing_v2")
    async with google() as client:
        answer = await post(client, MATRIX, origins=ends(), destinations=ends(), travelMode=mode)
    elements = [read(routing.RouteMatrixElement, element) for element in answer]
    at = {(e.origin_index, e.destination_index): e for e in elements}
    assert len(at) == len(ends()) ** 2
    exists = routing.RouteMatrixElementCondition.ROUTE_EXISTS
    assert at[0, 1].condition == exists
    assert at[0, 1].duration.total_seconds() > 0
    # The same point: their zero, which JSON leaves out.
    assert (at[0, 2].condition, at[0, 2].distance_meters) == (exists, 0)
    assert at[0, 3].condition == routing.RouteMatrixElementCondition.ROUTE_NOT_FOUND
    assert at[0, 5].status.code == 5


async def test_a_route_is_one_of_theirs_and_none_is_their_empty_answer() -> None:
    routing = messages("routing_v2")
    here, there, _, overseas, *_ = (end["waypoint"] for end in ends())
    async with google() as client:
        answer = await post(
            client,
            ROUTES,
            origin=here,
            destination=there,
            intermediates=[there, here],
            travelMode="WALK",
            optimizeWaypointOrder=True,
        )
        nowhere = await post(client, ROUTES, origin=here, destination=overseas, travelMode="WALK")
    [route] = read(routing.ComputeRoutesResponse, answer).routes
    assert len(route.legs) == 3
    assert list(route.optimized_intermediate_waypoint_index)
    assert not read(routing.ComputeRoutesResponse, nowhere).routes


@pytest.mark.parametrize(
    ("path", "key", "body", "code"),
    [
        ("/v1/places:searchText", KEY, {}, 3),
        ("/v1/places:searchText", "", {"textQuery": "x"}, 7),
        ("/v1/places:searchText", "wrong", {"textQuery": "x"}, 3),
        (ROUTES, KEY, {}, 3),
        (MATRIX, KEY, {}, 3),
    ],
)
async def test_a_refusal_is_one_of_their_errors(
    path: str, key: str, body: dict[str, Any], code: int
) -> None:
    """Google's envelope is a google.rpc.Status, its code that of HTTP, its status a name."""
    importlib.import_module("google.rpc.error_details_pb2")
    json_format = importlib.import_module("google.protobuf.json_format")
    status = importlib.import_module("google.rpc.status_pb2").Status
    names = importlib.import_module("google.rpc.code_pb2").Code
    async with google() as client:
        reply = await client.post(path, json=body, headers=headers("*") | {"X-Goog-Api-Key": key})
    answer = reply.json()
    error = (answer[0] if path == MATRIX else answer)["error"]
    assert (reply.status_code, names.Value(error["status"])) == (error["code"], code)
    told = {name: value for name, value in error.items() if name != "status"}
    parsed = json_format.ParseDict(told, status(), ignore_unknown_fields=False)
    assert parsed.message


def test_what_the_adapter_asks_is_what_they_take() -> None:
    places, routing = messages("places_v1"), messages("routing_v2")
    at = Coordinates(38.7, -9.1)
    search = PlaceSearch(
        "x", at, 100.0, "museum", open_now=True, min_rating=4.0, nearest_first=True, page="p"
    )
    text = read(places.SearchTextRequest, search_body(search))
    assert (text.included_type, text.min_rating) == ("museum", 4.0)
    assert text.rank_preference == places.SearchTextRequest.RankPreference.DISTANCE
    nearby = read(places.SearchNearbyRequest, nearby_body(NearbySearch("museum", at, 100.0)))
    assert list(nearby.included_types) == ["museum"]
    trip = Trip((PlaceRef("ChIJ", at),), (at,), "drive", NOW)
    ways = read(routing.ComputeRouteMatrixRequest, trip.body(Block(range(1), range(1))))
    assert ways.origins[0].waypoint.place_id == "ChIJ"
    assert ways.routing_preference == routing.RoutingPreference.TRAFFIC_AWARE


def test_every_field_the_adapter_asks_for_is_one_they_have() -> None:
    places, routing = messages("places_v1"), messages("routing_v2")
    known = {json_name(name) for name in places.Place.meta.fields}
    assert set(DETAIL_FIELDS) <= known
    elements = {json_name(name) for name in routing.RouteMatrixElement.meta.fields}
    assert set(FIELD_MASK.split(",")) <= elements


def json_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
