"""The Geocoding (v3) and Time Zone web services.

https://developers.google.com/maps/documentation/geocoding/requests-geocoding and
https://developers.google.com/maps/documentation/timezone/requests-timezone. Refusals are
`REQUEST_DENIED` with HTTP 200, an incomplete request HTTP 400.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox import google_search, towns
from tripsage_mcp.sandbox.google_http import well_formed_key
from tripsage_mcp.sandbox.google_places import Known, known_places, place_id
from tripsage_mcp.sandbox.google_travel import zone_at
from tripsage_mcp.sandbox.world import Neighbourhood

_NO_KEY = (
    "You must use an API key to authenticate each request to Google Maps Platform APIs. For"
    " additional information, please refer to http://g.co/dev/maps-no-account"
)
_MISSING = "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter."
# Half the height of a viewport in degrees.
_TOWN_VIEW, _QUARTER_VIEW, _PLACE_VIEW = 0.12, 0.012, 0.00135
_NEAR_TOWN_KM = 60.0
_NEAR_QUARTER_KM = 3.0
_MOST = 8


@dataclass(frozen=True, slots=True)
class Match:
    """Something with an address: a town, a quarter of one, or a place in one."""

    town: towns.Town
    quarter: Neighbourhood | None = None
    known: Known | None = None
    partial: bool = False

    @property
    def coordinates(self) -> Coordinates:
        """Return where it is."""
        if self.known is not None:
            return self.known.place.coordinates
        return self.quarter.coordinates if self.quarter else self.town.coordinates

    @property
    def types(self) -> list[str]:
        """Return what it is, in their words."""
        if self.known is not None:
            return [*self.known.place.types, "point_of_interest", "establishment"]
        return ["neighborhood" if self.quarter else "locality", "political"]

    def wire(self) -> dict[str, Any]:
        """Return one element of `results`."""
        types, view = self.types, _TOWN_VIEW
        name, identifier = self.town.name, town_id(self.town)
        if self.quarter is not None:
            view, name = _QUARTER_VIEW, self.quarter.name
            identifier = place_id("quarter", str(self.town.id), name)
        if self.known is not None:
            view, name, identifier = 0.0, self.known.place.name, self.known.id
        at = self.coordinates
        result: dict[str, Any] = {
            "address_components": self._components(name, types),
            "formatted_address": self._address(name),
            "geometry": {
                "location": _point(at.latitude, at.longitude),
                "location_type": "GEOMETRIC_CENTER" if self.known else "APPROXIMATE",
                "viewport": _box(at, view or _PLACE_VIEW),
            },
            "place_id": identifier,
            "types": types,
        }
        if view:
            result["geometry"]["bounds"] = _box(at, view)
        if self.partial:
            result["partial_match"] = True
        return result

    def _components(self, name: str, types: list[str]) -> list[dict[str, Any]]:
        town = self.town
        rows = [(name, name, types)]
        if self.quarter is not None or self.known is not None:
            rows.append((town.name, town.name, ["locality", "political"]))
        if town.region:
            rows.append((town.region, town.region, ["administrative_area_level_1", "political"]))
        rows.append((town.country, town.country_code, ["country", "political"]))
        return [
            {"long_name": long, "short_name": short, "types": types} for long, short, types in rows
        ]

    def _address(self, name: str) -> str:
        town = self.town
        if self.known is not None:
            return f"{self.known.place.address}, {town.country}"
        parts = [name]
        if self.quarter is not None:
            parts.append(town.name)
        # City states would be named twice.
        if town.country != town.name:
            parts.append(town.country)
        return ", ".join(parts)


def town_id(town: towns.Town) -> str:
    """Return the place id of a town."""
    return place_id("town", str(town.id))


def _town_of(known: Known) -> towns.Town:
    return next(town for town in towns.load_towns() if town.city is known.city)


def _point(latitude: float, longitude: float) -> dict[str, float]:
    return {"lat": round(latitude, 7), "lng": round(longitude, 7)}


def _box(at: Coordinates, half: float) -> dict[str, dict[str, float]]:
    return {
        "northeast": _point(min(90, at.latitude + half), min(180, at.longitude + half)),
        "southwest": _point(max(-90, at.latitude - half), max(-180, at.longitude - half)),
    }


def resolve(address: str) -> list[Match]:
    """Return what an address may mean, best first: towns, then quarters, then places."""
    found = [Match(town) for town in towns.find(address)]
    if found:
        return found[:_MOST]
    first, _, rest = address.partition(",")
    quarters = [
        Match(town, quarter)
        for town in towns.load_towns()
        if town.city is not None and (not rest.strip() or town in towns.find(rest))
        for quarter in town.city.neighbourhoods
        if towns.plain(quarter.name) == towns.plain(first)
    ]
    if quarters:
        return quarters
    # The order is wrong or a word too many: what the search makes of it.
    meaning = google_search.understand(address)
    ranked = google_search.rank(meaning, None, known_places().values()) if meaning.said else []
    return [Match(_town_of(known), known=known, partial=True) for known in ranked[:1]]


def by_place_id(identifier: str) -> Match | None:
    """Return what has this id."""
    known = known_places().get(identifier)
    if known is not None:
        return Match(_town_of(known), known=known)
    return next((Match(t) for t in towns.load_towns() if town_id(t) == identifier), None)


def around(at: Coordinates) -> list[Match]:
    """Return the quarter and the town a point is in."""
    town, away = towns.nearest(at)
    if away > _NEAR_TOWN_KM:
        return []
    quarters = [] if town.city is None else list(town.city.neighbourhoods)
    quarters.sort(key=lambda q: great_circle_km(at, q.coordinates))
    near = [q for q in quarters[:1] if great_circle_km(at, q.coordinates) <= _NEAR_QUARTER_KM]
    return [*(Match(town, quarter) for quarter in near), Match(town)]


async def geocode(request: Request) -> JSONResponse:
    """Answer `GET /maps/api/geocode/json`."""
    refusal = denied(request, "error_message", {"results": []})
    if refusal is not None:
        return refusal
    matches = _asked(request.query_params)
    if isinstance(matches, str):
        body: dict[str, Any] = {"error_message": matches, "results": []}
        return JSONResponse(body | {"status": "INVALID_REQUEST"}, status_code=400)
    status = "OK" if matches else "ZERO_RESULTS"
    return JSONResponse({"results": [match.wire() for match in matches], "status": status})


def _asked(query: Mapping[str, str]) -> list[Match] | str:
    """Return the matches, or what is wrong with the request."""
    if query.get("place_id"):
        match = by_place_id(query["place_id"])
        return [match] if match else "Invalid request. Invalid 'place_id' parameter."
    if query.get("latlng"):
        at = parse_point(query["latlng"])
        if at is None:
            return "Invalid request. Invalid 'latlng' parameter."
        kinds = set(filter(None, query.get("result_type", "").split("|")))
        return [match for match in around(at) if not kinds or kinds & set(match.types)]
    filters = _filters(query.get("components", ""))
    address = query.get("address", "").strip() or filters.get("locality", "")
    if not address:
        return _MISSING
    matches = resolve(address)
    if filters.get("country"):
        code = towns.country_code(towns.plain(filters["country"]))
        matches = [m for m in matches if m.town.country_code == code]
    region = query.get("region", "").upper().replace("UK", "GB")
    return sorted(matches, key=lambda m: m.town.country_code != region)


def _filters(components: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in components.split("|") if part)
    return {name: value for name, _, value in pairs}


def denied(request: Request, field: str, empty: dict[str, Any]) -> JSONResponse | None:
    """Return the refusal of a call without a key, or with one that cannot be a key."""
    key = request.query_params.get("key")
    if key and well_formed_key(key):
        return None
    message = "The provided API key is invalid. " if key else _NO_KEY
    return JSONResponse({field: message, **empty, "status": "REQUEST_DENIED"})


def parse_point(text: str) -> Coordinates | None:
    """Read `latitude,longitude`; None when it is no point."""
    latitude, _, longitude = text.partition(",")
    try:
        return Coordinates(float(latitude), float(longitude))
    except ValueError:
        return None


async def timezone(request: Request) -> JSONResponse:
    """Answer `GET /maps/api/timezone/json`."""
    refusal = denied(request, "errorMessage", {})
    if refusal is not None:
        return refusal
    at = parse_point(request.query_params.get("location", ""))
    try:
        seconds = float(request.query_params.get("timestamp", ""))
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        moment = None
    if at is None or moment is None:
        which = "location" if at is None else "timestamp"
        message = f"Invalid request. Invalid '{which}' parameter."
        return JSONResponse({"errorMessage": message, "status": "INVALID_REQUEST"}, status_code=400)
    zone = zone_at(at.latitude, at.longitude)
    if zone.startswith("Etc/"):
        return JSONResponse({"status": "ZERO_RESULTS"})
    local = moment.astimezone(ZoneInfo(zone))
    # By the clock and not by what the database calls saving: Ireland's winter is the exception.
    seasons = [local.replace(month=month, day=1).utcoffset() for month in (1, 7)]
    raw = min(math.trunc((offset or timedelta()).total_seconds()) for offset in seasons)
    offset = math.trunc((local.utcoffset() or timedelta()).total_seconds())
    return JSONResponse(
        {
            "dstOffset": offset - raw,
            "rawOffset": raw,
            "status": "OK",
            "timeZoneId": zone,
            "timeZoneName": local.tzname() or zone,
        }
    )
