"""The Elevation web service.

https://developers.google.com/maps/documentation/elevation/requests-elevation
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.google_geocoding import denied, parse_point
from tripsage_mcp.sandbox.schedule.chance import between

_MOST = 512
_ENCODED = "enc:"
_RESOLUTION_M = 152.7


async def elevation(request: Request) -> JSONResponse:
    """Answer `GET /maps/api/elevation/json`."""
    refusal = denied(request, "error_message", {"results": []})
    if refusal is not None:
        return refusal
    points = _asked(request)
    if isinstance(points, str):
        body: dict[str, Any] = {"error_message": points, "results": []}
        return JSONResponse(body | {"status": "INVALID_REQUEST"}, status_code=400)
    return JSONResponse({"results": [_result(point) for point in points], "status": "OK"})


def _asked(request: Request) -> Sequence[Coordinates] | str:
    """Return the points, or what is wrong with the request."""
    query = request.query_params
    name = "locations" if "locations" in query else "path"
    try:
        points = list(_points(query.get(name, "")))
    except (ValueError, IndexError):
        return f"Invalid request. Invalid '{name}' parameter."
    if not 1 <= len(points) <= _MOST:
        return f"Invalid request. Invalid '{name}' parameter."
    if name == "locations":
        return points
    try:
        samples = int(query.get("samples", ""))
    except ValueError:
        samples = 0
    if len(points) < 2 or not 2 <= samples <= _MOST:  # noqa: PLR2004
        return "Invalid request. Invalid 'samples' parameter."
    return list(_along(points, samples))


def _points(text: str) -> Iterator[Coordinates]:
    if text.startswith(_ENCODED):
        yield from _decoded(text.removeprefix(_ENCODED))
        return
    for part in text.split("|"):
        point = parse_point(part)
        if point is None:
            raise ValueError
        yield point


def _decoded(line: str) -> Iterator[Coordinates]:
    """Decode a polyline: differences in units of 0.00001 degrees, five bits a character.

    https://developers.google.com/maps/documentation/utilities/polylinealgorithm
    """
    characters = [ord(character) - 63 for character in line]
    values: list[int] = []
    while characters:
        value = shift = 0
        while True:
            bits = characters.pop(0)
            value |= (bits & 0x1F) << shift
            shift += 5
            if bits < 0x20:  # noqa: PLR2004
                break
        values.append(~(value >> 1) if value & 1 else value >> 1)
    latitude = longitude = 0
    for delta_latitude, delta_longitude in zip(values[::2], values[1::2], strict=True):
        latitude, longitude = latitude + delta_latitude, longitude + delta_longitude
        yield Coordinates(latitude / 1e5, longitude / 1e5)


def _along(points: Sequence[Coordinates], samples: int) -> Iterator[Coordinates]:
    """Return points at equal distances along a line, both ends included."""
    lengths = [great_circle_km(a, b) for a, b in pairwise(points)]
    for n in range(samples):
        left = sum(lengths) * n / (samples - 1)
        for (a, b), length in zip(pairwise(points), lengths, strict=True):
            if left <= length or (a, b) == (points[-2], points[-1]):
                part = min(1.0, left / length) if length else 0.0
                yield Coordinates(
                    a.latitude + (b.latitude - a.latitude) * part,
                    a.longitude + (b.longitude - a.longitude) * part,
                )
                break
            left -= length


def _result(at: Coordinates) -> dict[str, Any]:
    town, _ = towns.nearest(at)
    hills = between(-12, 40, "elevation", f"{at.latitude:.3f},{at.longitude:.3f}")
    return {
        "elevation": round(max(0.0, town.elevation_m + hills), 6),
        "location": {"lat": round(at.latitude, 7), "lng": round(at.longitude, 7)},
        "resolution": _RESOLUTION_M,
    }
