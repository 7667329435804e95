"""Routes v2: the matrix's rules and shape, and times that make sense."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.google_client import NOW, SCHEMAS, google, headers
from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox.google_places import known_places
from tripsage_mcp.sandbox.google_routes import ELEMENT_FIELDS, ROUTE_FIELDS
from tripsage_mcp.sandbox.google_travel import find_way, polyline

pytestmark = pytest.mark.anyio

MATRIX, ROUTES = "/distanceMatrix/v2:computeRouteMatrix", "/directions/v2:computeRoutes"
MASK = "originIndex,destinationIndex,status,condition,distanceMeters,duration"
CHIADO, BELEM, PORTO = (38.7106, -9.142), (38.6975, -9.205), (41.1496, -8.6109)
NEW_YORK = (40.7128, -74.006)


def at(point: tuple[float, float]) -> dict[str, Any]:
    return {"location": {"latLng": {"latitude": point[0], "longitude": point[1]}}}


def many(count: int) -> list[dict[str, Any]]:
    return [{"waypoint": at((38.7 + i / 1000, -9.14))} for i in range(count)]


def matrix(*points: tuple[float, float], **more: Any) -> dict[str, Any]:
    rows = [{"waypoint": at(point)} for point in points]
    return {"origins": rows, "destinations": rows, "travelMode": "WALK"} | more


async def ask(body: dict[str, Any], mask: str = MASK, path: str = MATRIX) -> Any:
    async with google() as client:
        reply = await client.post(path, json=body, headers=headers(mask))
        assert reply.status_code == 200, reply.text
        return reply.json()


async def refused(body: dict[str, Any], path: str = MATRIX) -> Any:
    async with google() as client:
        mask = MASK if path == MATRIX else "routes.duration"
        reply = await client.post(path, json=body, headers=headers(mask))
    assert 400 <= reply.status_code < 500, reply.text
    return reply.json()


async def test_every_pair_is_answered_once_in_no_promised_order() -> None:
    elements = await ask(matrix(CHIADO, BELEM, PORTO))
    order = [(e["originIndex"], e["destinationIndex"]) for e in elements]
    assert sorted(order) == [(i, j) for i in range(3) for j in range(3)]
    assert order != sorted(order)


async def test_the_way_to_the_same_point_has_no_distance() -> None:
    elements = await ask(matrix(CHIADO, BELEM))
    same = [e for e in elements if e["originIndex"] == e["destinationIndex"]]
    assert all("distanceMeters" not in e and e["duration"] == "0s" for e in same)
    assert all(e["condition"] == "ROUTE_EXISTS" and e["status"] == {} for e in same)


async def test_where_no_way_exists_the_element_says_so() -> None:
    for mode in ("WALK", "BICYCLE", "DRIVE", "TRANSIT"):
        elements = await ask(matrix(CHIADO, NEW_YORK, travelMode=mode))
        apart = [e for e in elements if e["originIndex"] != e["destinationIndex"]]
        assert {e["condition"] for e in apart} == {"ROUTE_NOT_FOUND"}
        assert all("duration" not in e for e in apart)


async def test_elements_are_limited_to_625_and_to_100_for_transit() -> None:
    full = {"origins": many(25), "destinations": many(25), "travelMode": "DRIVE"}
    assert len(await ask(full)) == 625
    body = await refused({**full, "destinations": many(26)})
    assert body[0]["error"]["status"] == "INVALID_ARGUMENT"
    transit = {"origins": many(10), "destinations": many(10), "travelMode": "TRANSIT"}
    assert len(await ask(transit)) == 100
    await refused({**transit, "destinations": many(11)})
    optimal = {"travelMode": "DRIVE", "routingPreference": "TRAFFIC_AWARE_OPTIMAL"}
    await refused(transit | optimal | {"destinations": many(11)})


BROKEN_MATRICES: list[dict[str, Any]] = [
    {"origins": []},
    {"destinations": [{}]},
    {"origins": [{"waypoint": {}}]},
    {"origins": [{"waypoint": at((95, 0))}]},
    {"travelMode": "FLY"},
    {"unknown": 1},
    {"routingPreference": "TRAFFIC_AWARE"},
    {"departureTime": "2026-11-22T11:00:00Z"},
    {"departureTime": "tomorrow"},
    {"departureTime": "2026-11-25T11:00:00"},
    {"arrivalTime": "2026-11-25T11:00:00Z"},
    {"origins": [{"waypoint": {"address": f"{i} Rua"}} for i in range(51)]},
]


@pytest.mark.parametrize("more", BROKEN_MATRICES)
async def test_a_matrix_that_breaks_a_rule_is_an_error_in_an_array(more: dict[str, Any]) -> None:
    body = await refused(matrix(CHIADO, BELEM) | more)
    assert isinstance(body, list)
    assert body[0]["error"]["code"] == 400


async def test_a_past_departure_is_allowed_for_transit_only() -> None:
    past = {"departureTime": "2026-11-22T11:00:00Z"}
    assert await ask(matrix(CHIADO, BELEM, travelMode="TRANSIT", **past))
    both = past | {"arrivalTime": "2026-11-25T11:00:00Z"}
    await refused(matrix(CHIADO, BELEM, travelMode="TRANSIT", **both))


async def test_timetables_are_known_for_a_week_back_and_a_hundred_days_ahead() -> None:
    for moment, known in (
        ("2026-11-16T12:00:00Z", True),
        ("2026-11-14T12:00:00Z", False),
        ("2027-03-02T11:00:00Z", True),
        ("2027-03-03T12:00:00Z", False),
    ):
        body = matrix(CHIADO, BELEM, travelMode="TRANSIT", departureTime=moment)
        assert await (ask if known else refused)(body)


async def test_waypoints_may_be_place_ids_and_addresses() -> None:
    tower = next(k for k in known_places().values() if k.place.name == "Belém Tower")
    body = {
        "origins": [{"waypoint": {"placeId": tower.id}}],
        "destinations": [
            {"waypoint": {"address": "Chiado, Lisbon"}},
            {"waypoint": {"address": "Nowhere at all"}},
        ],
        "travelMode": "DRIVE",
    }
    found, lost = sorted(await ask(body), key=lambda e: e["destinationIndex"])
    assert 5000 < found["distanceMeters"] < 12000
    assert lost["status"]["code"] == 5
    unknown = {"origins": [{"waypoint": {"placeId": "ChIJ" + "A" * 23}}]}
    assert (await refused(body | unknown))[0]["error"]["status"] == "NOT_FOUND"


async def test_a_route_has_legs_that_add_up() -> None:
    body = {
        "origin": at(CHIADO),
        "destination": at(PORTO),
        "intermediates": [at(BELEM)],
        "travelMode": "DRIVE",
    }
    answer = await ask(
        body, "routes.distanceMeters,routes.duration,routes.legs,routes.polyline", ROUTES
    )
    (route,) = answer["routes"]
    assert len(route["legs"]) == 2
    assert route["distanceMeters"] == sum(leg["distanceMeters"] for leg in route["legs"])
    assert int(route["duration"][:-1]) == sum(int(leg["duration"][:-1]) for leg in route["legs"])


async def test_optimized_waypoints_are_visited_nearest_first() -> None:
    stops = [(38.9, -9.14), (38.75, -9.14), (38.8, -9.14)]
    body = {
        "origin": at(CHIADO),
        "destination": at(PORTO),
        "intermediates": [at(stop) for stop in stops],
        "optimizeWaypointOrder": True,
    }
    answer = await ask(body, "routes.optimizedIntermediateWaypointIndex", ROUTES)
    assert answer["routes"][0]["optimizedIntermediateWaypointIndex"] == [1, 2, 0]


async def test_no_route_is_an_empty_object() -> None:
    body = {"origin": at(CHIADO), "destination": at(NEW_YORK), "travelMode": "WALK"}
    assert await ask(body, "routes.duration", ROUTES) == {}
    body["destination"] = {"address": "Nowhere at all"}
    assert await ask(body, "routes.duration", ROUTES) == {}


@pytest.mark.parametrize(
    "more",
    [
        {"origin": None},
        {"intermediates": "x"},
        {"intermediates": [at(BELEM)], "travelMode": "TRANSIT"},
        {"intermediates": [at(BELEM)] * 26},
    ],
)
async def test_a_route_that_breaks_a_rule_is_an_invalid_argument(more: dict[str, Any]) -> None:
    body = await refused({"origin": at(CHIADO), "destination": at(BELEM)} | more, ROUTES)
    assert body["error"]["status"] == "INVALID_ARGUMENT"


async def test_the_masks_know_only_fields_of_the_api() -> None:
    path = SCHEMAS / "routes_v2_fields.txt"
    if not path.is_file():
        pytest.skip("Google's field list is not in this checkout")
    lines = path.read_text(encoding="utf-8").splitlines()
    names = {line.strip().split(":")[0] for line in lines}

    def known(tree: Any) -> set[str]:
        return set(tree) | {n for below in tree.values() if below for n in known(below)}

    # Fields of google.type.LatLng, google.rpc.Status and of the answer's newest revision.
    extra = {"stepsOverview"}
    assert known(ELEMENT_FIELDS) | known(ROUTE_FIELDS) <= names | extra


points = st.builds(Coordinates, st.floats(38.6, 38.9), st.floats(-9.3, -9.0))


@settings(deadline=None)
@given(points, points, st.sampled_from(["WALK", "TRANSIT", "DRIVE", "BICYCLE", "TWO_WHEELER"]))
def test_a_way_is_never_shorter_than_the_line_and_nearly_as_long_back(
    a: Coordinates, b: Coordinates, mode: str
) -> None:
    there, back = find_way(a, b, mode, NOW), find_way(b, a, mode, NOW)
    assert there is not None
    assert back is not None
    assert there.distance_m + 5 >= great_circle_km(a, b) * 1000
    assert abs(there.duration_s - back.duration_s) <= 0.1 * there.duration_s + 2
    assert find_way(a, b, mode, NOW) == there


@settings(deadline=None)
@given(points, points)
def test_transit_is_never_slower_than_walking(a: Coordinates, b: Coordinates) -> None:
    walk, transit = find_way(a, b, "WALK", NOW), find_way(a, b, "TRANSIT", NOW)
    assert walk is not None
    assert transit is not None
    assert transit.duration_s <= walk.duration_s


def test_the_rush_hour_slows_drives_that_know_the_traffic() -> None:
    a, b = Coordinates(*CHIADO), Coordinates(*BELEM)
    rush, night = datetime(2026, 11, 25, 18, tzinfo=UTC), datetime(2026, 11, 25, 3, tzinfo=UTC)
    jam, empty = (find_way(a, b, "DRIVE", when, traffic=True) for when in (rush, night))
    assert jam is not None
    assert empty is not None
    assert jam.duration_s > 1.3 * empty.duration_s
    assert jam.static_s == empty.static_s


def test_a_polyline_is_encoded_as_in_googles_own_example() -> None:
    line = [Coordinates(38.5, -120.2), Coordinates(40.7, -120.95), Coordinates(43.252, -126.453)]
    assert polyline(line) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


def test_at_night_the_bus_takes_longer() -> None:
    a, b = Coordinates(*CHIADO), Coordinates(*BELEM)
    day, night = datetime(2026, 11, 25, 15, tzinfo=UTC), datetime(2026, 11, 25, 3, tzinfo=UTC)
    by_day, by_night = (find_way(a, b, "TRANSIT", when) for when in (day, night))
    assert by_day is not None
    assert by_night is not None
    assert by_night.duration_s > by_day.duration_s
