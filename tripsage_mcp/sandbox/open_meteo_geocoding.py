"""Open-Meteo's geocoding twin: `/v1/search` and `/v1/get` over every town the sandbox knows.

https://open-meteo.com/en/docs/geocoding-api. Empty fields are left out, `results` too.
"""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.schedule.chance import whole
from tripsage_mcp.sandbox.towns import Town

_SHORTEST = 2
# Shorter names match only exactly.
_SHORTEST_PREFIX = 3
_MOST = 100
_CAPITAL, _SEAT, _PLACE = "PPLC", "PPLA", "PPL"
_CAPITALS = {
    "AMS", "ATH", "BKK", "BER", "CPH", "DUB", "LIS", "LON", "MAD", "PAR", "PRG", "ROM", "SIN",
    "TYO", "VIE",
}  # fmt: skip


def refused(reason: str, status: int = 400) -> JSONResponse:
    """Answer an error the way all of their services do."""
    return JSONResponse({"error": True, "reason": reason}, status_code=status)


def _wire(town: Town) -> dict[str, Any]:
    city = town.city
    code = _SEAT if city or town.size > 2 else _PLACE  # noqa: PLR2004
    if city is not None and city.iata_city_code in _CAPITALS:
        code = _CAPITAL
    fields: dict[str, Any] = {
        "id": town.id,
        "name": town.name,
        "latitude": round(town.coordinates.latitude, 5),
        "longitude": round(town.coordinates.longitude, 5),
        "elevation": town.elevation_m,
        "feature_code": code,
        "country_code": town.country_code,
        "admin1_id": whole("region", town.region) % 9_000_000 if town.region else 0,
        "timezone": town.time_zone,
        "population": town.population,
        "country_id": whole("country", town.country_code) % 9_000_000,
        "country": town.country,
        "admin1": town.region,
    }
    return {name: value for name, value in fields.items() if value}


async def search(request: Request) -> JSONResponse:
    """Answer `GET /v1/search`."""
    started = time.perf_counter()
    query = request.query_params
    name = query.get("name")
    if name is None:
        return refused("Parameter 'name' is required.")
    try:
        count = int(query.get("count") or 10)
    except ValueError:
        count = 0
    if not 1 <= count <= _MOST:
        return refused(f"Parameter 'count' must be between 1 and {_MOST}.")
    if query.get("format", "json") != "json":
        return refused("The sandbox knows only format=json.")
    found = _find(name.strip(), query.get("countryCode", ""))
    answer: dict[str, Any] = {"results": [_wire(town) for town in found[:count]]} if found else {}
    answer["generationtime_ms"] = round((time.perf_counter() - started) * 1000, 4)
    return JSONResponse(answer)


def _find(text: str, country: str) -> tuple[Town, ...]:
    name, *qualifiers = (part.strip() for part in text.split(","))
    if len(name) < _SHORTEST:
        return ()
    found = towns.beginning(name) if len(name) >= _SHORTEST_PREFIX else towns.named(name)
    for qualifier in qualifiers:
        found = towns.qualified(found, qualifier)
    if country:
        found = tuple(town for town in found if town.country_code == country.upper())
    return found


async def get(request: Request) -> JSONResponse:
    """Answer `GET /v1/get`."""
    try:
        wanted = int(request.query_params.get("id", ""))
    except ValueError:
        return refused("Parameter 'id' is required.")
    for town in towns.load_towns():
        if town.id == wanted:
            return JSONResponse(_wire(town))
    return refused("Location ID not found.", 404)
