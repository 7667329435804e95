"""Routes v2: the matrix and single routes.

https://developers.google.com/maps/documentation/routes/reference/rest/v2/TopLevel
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox import google_geocoding
from tripsage_mcp.sandbox.google_http import (
    Body,
    Refusal,
    check_names,
    choice,
    invalid,
    message,
    number,
    read_call,
    tree,
)
from tripsage_mcp.sandbox.google_places import latlng
from tripsage_mcp.sandbox.google_travel import Way, find_way, polyline

SERVICE = "routes.googleapis.com"
_LATLNG = "latLng(latitude longitude) heading"
_LEG = f"""
    distanceMeters duration staticDuration polyline(encodedPolyline geoJsonLinestring)
    startLocation({_LATLNG}) endLocation({_LATLNG}) steps(*) travelAdvisory(*) localizedValues(*)
    stepsOverview(*)
"""
ROUTE_FIELDS = tree(
    f"""
    routes(routeLabels legs({_LEG}) distanceMeters duration staticDuration
      polyline(encodedPolyline geoJsonLinestring) description warnings
      viewport(low(latitude longitude) high(latitude longitude)) travelAdvisory(*)
      optimizedIntermediateWaypointIndex localizedValues(*) routeToken polylineDetails(*))
    fallbackInfo(*) geocodingResults(*)
    """
)
ELEMENT_FIELDS = tree(
    """
    originIndex destinationIndex status(code message details) condition distanceMeters duration
    staticDuration travelAdvisory(*) fallbackInfo(*) localizedValues(*)
    """
)
_SHARED = """
    travelMode routingPreference departureTime arrivalTime languageCode regionCode units
    extraComputations trafficModel transitPreferences
"""
_MATRIX_REQUEST = tree(f"origins destinations {_SHARED}")
_ROUTE_REQUEST = tree(
    f"""
    origin destination intermediates polylineQuality polylineEncoding computeAlternativeRoutes
    routeModifiers optimizeWaypointOrder requestedReferenceRoutes {_SHARED}
    """
)
_MODES = ("DRIVE", "BICYCLE", "WALK", "TWO_WHEELER", "TRANSIT", "TRAVEL_MODE_UNSPECIFIED")
_PREFERENCES = (
    "TRAFFIC_UNAWARE",
    "TRAFFIC_AWARE",
    "TRAFFIC_AWARE_OPTIMAL",
    "ROUTING_PREFERENCE_UNSPECIFIED",
)
_MOST_ELEMENTS = 625
_MOST_COSTLY_ELEMENTS = 100
_MOST_LOOKED_UP = 50
_MOST_INTERMEDIATES = 25
_NOT_FOUND = 5
_TIMETABLES_BACK, _TIMETABLES = timedelta(days=7), timedelta(days=100)


@dataclass(frozen=True, slots=True)
class _Travel:
    """How and when to go."""

    mode: str
    departure: datetime
    traffic: bool
    optimal: bool

    def way(self, a: Coordinates, b: Coordinates) -> Way | None:
        return find_way(a, b, self.mode, self.departure, traffic=self.traffic)


async def compute_matrix(request: Request, now: Clock) -> JSONResponse:
    """Answer `POST /distanceMatrix/v2:computeRouteMatrix`.

    Raises:
        Refusal: the caller wraps it in an array, as they do.
    """
    call = await read_call(request, SERVICE, ELEMENT_FIELDS)
    check_names(call.body, _MATRIX_REQUEST)
    origins = _waypoints(call.body, "origins")
    destinations = _waypoints(call.body, "destinations")
    travel = _travel(call.body, now())
    _check_size(travel, origins, destinations)
    starts = [_locate(w, f"origins[{i}].waypoint") for i, w in enumerate(origins)]
    ends = [_locate(w, f"destinations[{i}].waypoint") for i, w in enumerate(destinations)]
    elements = [
        _element(i, j, start, end, travel)
        for i, start in enumerate(starts)
        for j, end in enumerate(ends)
    ]
    # No order is promised, so none is kept.
    Random(len(elements)).shuffle(elements)  # noqa: S311
    return call.answer(elements)


def _waypoints(body: Body, name: str) -> list[Body]:
    rows = body.get(name)
    if not isinstance(rows, list) or not rows:
        raise invalid(f"{name.capitalize()} must be set.", name)
    found: list[Body] = []
    for index, row in enumerate(cast("list[object]", rows)):
        field = f"{name}[{index}]"
        waypoint = message(cast("Body", row), "waypoint", field) if isinstance(row, dict) else None
        if waypoint is None:
            raise invalid(f"{field}.waypoint must be set.", field)
        found.append(waypoint)
    return found


def _check_size(travel: _Travel, origins: list[Body], destinations: list[Body]) -> None:
    costly = travel.optimal or travel.mode == "TRANSIT"
    most = _MOST_COSTLY_ELEMENTS if costly else _MOST_ELEMENTS
    if len(origins) * len(destinations) > most:
        raise invalid(
            f"The number of elements, the product of origins and destinations, must not exceed"
            f" {most} for this request."
        )
    looked_up = sum("location" not in waypoint for waypoint in (*origins, *destinations))
    if looked_up > _MOST_LOOKED_UP:
        raise invalid(
            f"The number of waypoints given as address or place ID must not exceed"
            f" {_MOST_LOOKED_UP}."
        )


def _element(
    i: int, j: int, start: Coordinates | None, end: Coordinates | None, travel: _Travel
) -> Body:
    element: Body = {"originIndex": i, "destinationIndex": j, "status": {}}
    if start is None or end is None:
        missing = {"code": _NOT_FOUND, "message": "Geocoding was not successful."}
        return element | {"status": missing}
    way = travel.way(start, end)
    if way is None:
        return element | {"condition": "ROUTE_NOT_FOUND"}
    return element | {"condition": "ROUTE_EXISTS"} | _lengths(way)


def _lengths(way: Way) -> Body:
    lengths: Body = {}
    # Zero is left out of protobuf's JSON.
    if way.distance_m:
        lengths["distanceMeters"] = way.distance_m
    return lengths | {"duration": f"{way.duration_s}s", "staticDuration": f"{way.static_s}s"}


def _travel(body: Body, now: datetime) -> _Travel:
    """Read how and when.

    Raises:
        Refusal: a rule of theirs is broken.
    """
    mode = choice(body, "travelMode", _MODES, "DRIVE").replace("TRAVEL_MODE_UNSPECIFIED", "DRIVE")
    preference = choice(body, "routingPreference", _PREFERENCES, _PREFERENCES[-1])
    if preference != _PREFERENCES[-1] and mode not in {"DRIVE", "TWO_WHEELER"}:
        raise invalid("Routing preference cannot be set for this travel mode.", "routingPreference")
    departure = _timestamp(body, "departureTime")
    arrival = _timestamp(body, "arrivalTime")
    if departure and arrival:
        raise invalid("Only one of departure_time and arrival_time may be set.")
    if arrival and mode != "TRANSIT":
        raise invalid("Arrival time can only be set for the TRANSIT travel mode.", "arrivalTime")
    if departure and departure < now and mode != "TRANSIT":
        raise invalid("Timestamp must be set to a future time.", "departureTime")
    for moment in (departure, arrival):
        if moment and mode == "TRANSIT" and not -_TIMETABLES_BACK <= moment - now <= _TIMETABLES:
            raise invalid("Transit is available for up to 7 days back and 100 days ahead.")
    traffic = preference.startswith("TRAFFIC_AWARE")
    return _Travel(
        mode, departure or arrival or now, traffic, optimal=preference.endswith("OPTIMAL")
    )


def _timestamp(body: Body, name: str) -> datetime | None:
    text = body.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as exc:
        raise invalid(f"Invalid value at '{name}' (TYPE_TIMESTAMP)", name) from exc
    if moment.tzinfo is None:
        raise invalid(f"Invalid value at '{name}' (TYPE_TIMESTAMP)", name)
    return moment.astimezone(UTC)


def _locate(waypoint: Body, field: str) -> Coordinates | None:
    """Return where a waypoint is; None when its address means nothing.

    Raises:
        Refusal: it is malformed, or its place id is unknown.
    """
    location = message(waypoint, "location", f"{field}.location")
    if location is not None:
        point = message(location, "latLng", f"{field}.location.latLng") or {}
        latitude = number(point, "latitude", f"{field}.location.latLng.latitude", -90, 90)
        longitude = number(point, "longitude", f"{field}.location.latLng.longitude", -180, 180)
        # A zero may be left out.
        return Coordinates(latitude or 0.0, longitude or 0.0)
    identifier, address = waypoint.get("placeId"), waypoint.get("address")
    if isinstance(identifier, str):
        match = google_geocoding.by_place_id(identifier)
        if match is None:
            raise Refusal(404, "Requested entity was not found.")
        return match.coordinates
    if isinstance(address, str):
        matches = google_geocoding.resolve(address)
        return matches[0].coordinates if matches else None
    raise invalid(f"{field} must have a location, a place ID or an address.", field)


async def compute_routes(request: Request, now: Clock) -> JSONResponse:
    """Answer `POST /directions/v2:computeRoutes`; one route, its legs without steps."""
    call = await read_call(request, SERVICE, ROUTE_FIELDS)
    body = call.body
    check_names(body, _ROUTE_REQUEST)
    travel = _travel(body, now())
    between: object = body.get("intermediates") or []
    if not isinstance(between, list):
        raise invalid("Invalid value at 'intermediates'.", "intermediates")
    stops = [cast("Body", stop) for stop in cast("list[object]", between) if isinstance(stop, dict)]
    if stops and travel.mode == "TRANSIT":
        raise invalid("Intermediate waypoints are not supported for TRANSIT.", "intermediates")
    if len(stops) > _MOST_INTERMEDIATES:
        raise invalid("Too many intermediate waypoints.", "intermediates")
    points = [_end(body, "origin")]
    points += [_locate(stop, f"intermediates[{i}]") for i, stop in enumerate(stops)]
    points.append(_end(body, "destination"))
    known = [point for point in points if point is not None]
    if len(known) < len(points):
        return call.answer({})
    order = list(range(len(stops)))
    if body.get("optimizeWaypointOrder") is True:
        order = list(_nearest_next(known))
        known = [known[0], *(known[i + 1] for i in order), known[-1]]
    ways = [travel.way(a, b) for a, b in pairwise(known)]
    found = [way for way in ways if way is not None]
    if len(found) < len(ways):
        return call.answer({})
    route = _route(known, found)
    if body.get("optimizeWaypointOrder") is True and order:
        route["optimizedIntermediateWaypointIndex"] = order
    return call.answer({"routes": [route]})


def _end(body: Body, name: str) -> Coordinates | None:
    waypoint = message(body, name, name)
    if waypoint is None:
        raise invalid(f"{name.capitalize()} must be set.", name)
    return _locate(waypoint, name)


def _nearest_next(points: list[Coordinates]) -> Iterator[int]:
    """Return the order of the points between the ends: always the nearest one left."""
    left = dict(enumerate(points[1:-1]))
    here = points[0]
    while left:
        index = min(left, key=lambda i: (great_circle_km(here, left[i]), i))
        here = left.pop(index)
        yield index


def _route(points: list[Coordinates], ways: list[Way]) -> Body:
    total = Way(
        sum(way.distance_m for way in ways),
        sum(way.duration_s for way in ways),
        sum(way.static_s for way in ways),
    )
    legs = [
        _lengths(way)
        | {
            "polyline": {"encodedPolyline": polyline([a, b])},
            "startLocation": {"latLng": latlng(a)},
            "endLocation": {"latLng": latlng(b)},
        }
        for way, (a, b) in zip(ways, pairwise(points), strict=True)
    ]
    latitudes, longitudes = [p.latitude for p in points], [p.longitude for p in points]
    return _lengths(total) | {
        "routeLabels": ["DEFAULT_ROUTE"],
        "legs": legs,
        "polyline": {"encodedPolyline": polyline(points)},
        "viewport": {
            "low": latlng(Coordinates(min(latitudes), min(longitudes))),
            "high": latlng(Coordinates(max(latitudes), max(longitudes))),
        },
    }


def wrapped(refusal: Refusal) -> JSONResponse:
    """Answer a refused matrix: their stream of elements makes it an array."""
    return JSONResponse([refusal.body], status_code=refusal.code)
