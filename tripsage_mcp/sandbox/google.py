"""Google's twin: Places (New) v1, Routes v2, Geocoding v3, Time Zone and Elevation.

One application, over the authored cities, for the three hosts, whose paths do not collide:
places.googleapis.com, routes.googleapis.com and maps.googleapis.com. Any key of the right shape is
accepted.
"""

import json
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import cast
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox import (
    google_elevation,
    google_geocoding,
    google_routes,
    google_search,
    hours,
)
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
from tripsage_mcp.sandbox.google_places import PLACE_FIELDS, Known, document, known_places
from tripsage_mcp.sandbox.google_search import Area
from tripsage_mcp.sandbox.google_types import TABLE_A

SERVICE = "places.googleapis.com"
_TEXT_FIELDS = tree("nextPageToken searchUri routingSummaries(*) contextualContents(*)") | {
    "places": PLACE_FIELDS
}
_NEARBY_FIELDS = tree("routingSummaries(*)") | {"places": PLACE_FIELDS}
_TEXT_REQUEST = tree(
    """
    textQuery languageCode regionCode rankPreference includedType openNow minRating maxResultCount
    pageSize pageToken priceLevels strictTypeFiltering locationBias locationRestriction evOptions
    routingParameters searchAlongRouteParameters includePureServiceAreaBusinesses
    includeFutureOpeningBusinesses
    """
)
_NEARBY_REQUEST = tree(
    """
    languageCode regionCode includedTypes excludedTypes includedPrimaryTypes excludedPrimaryTypes
    maxResultCount locationRestriction rankPreference routingParameters
    includeFutureOpeningBusinesses
    """
)
_PAGE = 20
# Text search ends after three full pages.
_MOST = 60
_MOST_TYPES = 50
_WIDEST_M = 50_000
_TURN = 360
_PLACE_ID = re.compile(r"ChIJ[A-Za-z0-9_-]{23}")
_PRICES = ("INEXPENSIVE", "MODERATE", "EXPENSIVE", "VERY_EXPENSIVE")
_PAGING = {"pageToken", "pageSize", "maxResultCount"}


@dataclass(frozen=True, slots=True)
class _Rectangle:
    low: Coordinates
    high: Coordinates

    def holds(self, at: Coordinates) -> bool:
        inside = self.low.latitude <= at.latitude <= self.high.latitude
        west, east = self.low.longitude, self.high.longitude
        if west <= east:
            return inside and west <= at.longitude <= east
        return inside and (at.longitude >= west or at.longitude <= east)

    def area(self) -> Area:
        west, east = self.low.longitude, self.high.longitude
        width = (east - west) % _TURN
        middle = Coordinates(
            (self.low.latitude + self.high.latitude) / 2,
            # One that crosses the date line ends below where it begins.
            (west + width / 2 + _TURN / 2) % _TURN - _TURN / 2,
        )
        return Area(middle, max(great_circle_km(middle, self.high), 0.1))


async def search_text(request: Request, now: Clock) -> JSONResponse:
    """Answer `POST /v1/places:searchText`."""
    call = await read_call(request, SERVICE, _TEXT_FIELDS)
    body = call.body
    check_names(body, _TEXT_REQUEST)
    query = body.get("textQuery")
    if not isinstance(query, str) or not query.strip():
        raise invalid("Empty text_query. Must provide text_query.", "text_query")
    size = _count(body, "pageSize", 0) or _count(body, "maxResultCount", 0) or _PAGE
    if "locationBias" in body and "locationRestriction" in body:
        raise invalid("Only one of location_bias and location_restriction can be set.")
    bias, within = _where(body)
    by = choice(body, "rankPreference", ("RELEVANCE", "DISTANCE"), "RELEVANCE")
    moment = now()
    candidates = _filtered(body, _inside(within), moment)
    found = google_search.rank(google_search.understand(query), bias, candidates)[:_MOST]
    if by == "DISTANCE" and bias is not None:
        middle = bias.middle
        found.sort(key=lambda k: great_circle_km(middle, k.place.coordinates))
    start = _page_start(body)
    page = found[start : start + size]
    answer: Body = {}
    if page:
        answer["places"] = [document(known, moment) for known in page]
        answer["searchUri"] = "https://www.google.com/maps/search/" + query.replace(" ", "+")
    if start + size < len(found):
        answer["nextPageToken"] = _token(body, start + size)
    return call.answer(answer)


async def search_nearby(request: Request, now: Clock) -> JSONResponse:
    """Answer `POST /v1/places:searchNearby`."""
    call = await read_call(request, SERVICE, _NEARBY_FIELDS)
    body = call.body
    check_names(body, _NEARBY_REQUEST)
    restriction = message(body, "locationRestriction", "location_restriction") or {}
    circle = message(restriction, "circle", "location_restriction.circle")
    if circle is None:
        raise invalid("location_restriction.circle must be set.", "location_restriction")
    area = _circle(circle, "location_restriction.circle")
    most = _count(body, "maxResultCount", 1) or _PAGE
    by = choice(body, "rankPreference", ("POPULARITY", "DISTANCE"), "POPULARITY")
    wanted, unwanted = _types(body, "includedTypes"), _types(body, "excludedTypes")
    primary, not_primary = (
        _types(body, "includedPrimaryTypes"),
        _types(body, "excludedPrimaryTypes"),
    )

    def fits(known: Known) -> bool:
        types, first = set(known.place.types), known.place.types[0]
        return (
            great_circle_km(area.middle, known.place.coordinates) <= area.scale_km
            and (not (wanted or primary) or bool(wanted & types) or first in primary)
            and not unwanted & types
            and first not in not_primary
        )

    found = [known for known in known_places().values() if fits(known)]
    if by == "DISTANCE":
        found.sort(key=lambda k: great_circle_km(area.middle, k.place.coordinates))
    else:
        found.sort(key=google_search.popularity, reverse=True)
    moment = now()
    places = [document(known, moment) for known in found[:most]]
    return call.answer({"places": places} if places else {})


async def get_place(request: Request, now: Clock) -> JSONResponse:
    """Answer `GET /v1/places/{id}`."""
    call = await read_call(request, SERVICE, PLACE_FIELDS)
    identifier: str = request.path_params["id"]
    known = known_places().get(identifier)
    if known is not None:
        return call.answer(document(known, now()))
    if _PLACE_ID.fullmatch(identifier):
        raise Refusal(
            404,
            "The Place ID is no longer valid. Please refresh cached Place IDs as per"
            " https://developers.google.com/maps/documentation/places/web-service/place-id#save-id",
        )
    raise invalid(f"Not a valid Place ID: {identifier}", "name")


def _count(body: Body, name: str, least: int) -> int:
    count = number(body, name, name, least, _PAGE)
    if count is not None and count != int(count):
        raise invalid(f"Invalid value at '{name}' (TYPE_INT32)", name)
    return int(count or 0)


def _where(body: Body) -> tuple[Area | None, _Rectangle | None]:
    """Read where results are preferred, and where alone they may be."""
    bias = message(body, "locationBias", "location_bias")
    if bias is not None:
        circle = message(bias, "circle", "location_bias.circle")
        rectangle = message(bias, "rectangle", "location_bias.rectangle")
        if (circle is None) == (rectangle is None):
            raise invalid("location_bias must have a circle or a rectangle.", "location_bias")
        if circle is not None:
            return _circle(circle, "location_bias.circle"), None
        return _rectangle(rectangle or {}, "location_bias.rectangle").area(), None
    restriction = message(body, "locationRestriction", "location_restriction")
    if restriction is None:
        return None, None
    rectangle = message(restriction, "rectangle", "location_restriction.rectangle")
    if rectangle is None:
        raise invalid("location_restriction must have a rectangle.", "location_restriction")
    inside = _rectangle(rectangle, "location_restriction.rectangle")
    return inside.area(), inside


def _circle(circle: Body, field: str) -> Area:
    center = message(circle, "center", f"{field}.center")
    if center is None:
        raise invalid(f"{field}.center must be set.", f"{field}.center")
    radius = number(circle, "radius", f"{field}.radius", 0, _WIDEST_M) or 0.0
    return Area(_point(center, f"{field}.center"), radius / 1000)


def _rectangle(rectangle: Body, field: str) -> _Rectangle:
    low = message(rectangle, "low", f"{field}.low")
    high = message(rectangle, "high", f"{field}.high")
    if low is None or high is None:
        raise invalid(f"{field} must have low and high.", field)
    found = _Rectangle(_point(low, f"{field}.low"), _point(high, f"{field}.high"))
    if found.low.latitude > found.high.latitude:
        raise invalid(f"{field}.low.latitude must not exceed {field}.high.latitude.", field)
    return found


def _point(point: Body, field: str) -> Coordinates:
    latitude = number(point, "latitude", f"{field}.latitude", -90, 90)
    longitude = number(point, "longitude", f"{field}.longitude", -180, 180)
    return Coordinates(latitude or 0.0, longitude or 0.0)


def _inside(within: _Rectangle | None) -> Iterable[Known]:
    places = known_places().values()
    if within is None:
        return places
    return [known for known in places if within.holds(known.place.coordinates)]


def _filtered(body: Body, places: Iterable[Known], now: datetime) -> list[Known]:
    """Apply the filters of a text search."""
    rating = number(body, "minRating", "min_rating", 0, 5)
    # Rounded up to the next half, as documented.
    least = math.ceil((rating or 0) * 2) / 2
    prices = _prices(body)
    included = body.get("includedType")
    if included is not None and included not in TABLE_A:
        raise invalid(f"Unsupported types: {included}.", "included_type")
    found = [
        known
        for known in places
        if known.place.rating >= least
        and (not prices or known.place.price_level in prices)
        and (body.get("openNow") is not True or _open_now(known, now))
    ]
    if included is None:
        return found
    typed = [known for known in found if included in known.place.types]
    return typed if typed or body.get("strictTypeFiltering") is True else found


def _open_now(known: Known, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(known.city.time_zone))
    return hours.is_open(known.place.opening_hours, local.replace(tzinfo=None))


def _strings(body: Body, name: str) -> list[str]:
    values: object = body.get(name) or []
    if not isinstance(values, list):
        raise invalid(f"Invalid value at '{name}'.", name)
    return [str(value) for value in cast("list[object]", values)]


def _prices(body: Body) -> set[str]:
    known = {f"PRICE_LEVEL_{name}": name.lower() for name in _PRICES}
    levels = _strings(body, "priceLevels")
    if not known.keys() >= set(levels):
        raise invalid("Invalid price_levels.", "price_levels")
    return {known[level] for level in levels}


def _types(body: Body, name: str) -> set[str]:
    types = _strings(body, name)
    if len(types) > _MOST_TYPES:
        raise invalid(f"Too many types in {name}: at most {_MOST_TYPES}.", name)
    unknown = [kind for kind in types if kind not in TABLE_A]
    if unknown:
        raise invalid(f"Unsupported types: {', '.join(unknown)}.", name)
    return set(types)


def _digest(body: Body) -> str:
    asked = {name: value for name, value in body.items() if name not in _PAGING}
    text = json.dumps(asked, sort_keys=True).encode()
    return blake2b(text, digest_size=12).hexdigest()


def _token(body: Body, start: int) -> str:
    return urlsafe_b64encode(json.dumps([start, _digest(body)]).encode()).decode().rstrip("=")


def _page_start(body: Body) -> int:
    """Read where a page begins.

    Raises:
        Refusal: the token is not ours, or belongs to another search.
    """
    token = body.get("pageToken") or ""
    if not token:
        return 0
    try:
        text = str(token)
        start, digest = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        start = int(start)
    except (ValueError, TypeError) as exc:
        raise invalid("Invalid page_token.", "page_token") from exc
    if digest != _digest(body):
        raise invalid(
            "Request parameters for paging requests must match the initial SearchText request."
        )
    return start


type _Answer = Callable[[Request, Clock], Awaitable[JSONResponse]]


def build_app(now: Clock = utc_now) -> Starlette:
    """Return the twin as an ASGI application.

    Args:
        now: Decides what is open, what the current season is, and which departures are past.
    """

    def route(path: str, answer: _Answer, method: str = "POST") -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                return await answer(request, now)
            except Refusal as refusal:
                if answer is google_routes.compute_matrix:
                    return google_routes.wrapped(refusal)
                return JSONResponse(refusal.body, status_code=refusal.code)

        return Route(path, endpoint, methods=[method])

    return Starlette(
        routes=[
            route("/v1/places:searchText", search_text),
            route("/v1/places:searchNearby", search_nearby),
            route("/v1/places/{id}", get_place, "GET"),
            route("/distanceMatrix/v2:computeRouteMatrix", google_routes.compute_matrix),
            route("/directions/v2:computeRoutes", google_routes.compute_routes),
            Route("/maps/api/geocode/json", google_geocoding.geocode),
            Route("/maps/api/timezone/json", google_geocoding.timezone),
            Route("/maps/api/elevation/json", google_elevation.elevation),
        ]
    )
