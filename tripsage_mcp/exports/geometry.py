"""Lines on a globe whose map has two edges."""

from collections.abc import Sequence
from itertools import pairwise

from tripsage_mcp.domain.geo import Coordinates

_HALF, _WHOLE = 180.0, 360.0
_DECIMALS = 6

type Position = tuple[float, float]
"""Longitude and latitude, in this order, as GeoJSON has it."""


def position(at: Coordinates) -> Position:
    """Return a point to a tenth of a metre."""
    return round(at.longitude, _DECIMALS), round(at.latitude, _DECIMALS)


def lines(points: Sequence[Coordinates]) -> list[list[Position]]:
    """Return the line through points, cut where it crosses the date line (RFC 7946, 3.1.9).

    The shorter way round is meant. Each part has at least two positions; no points, no parts.
    """
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return []
    parts: list[list[Position]] = [[position(points[0])]]
    for a, b in pairwise(map(position, points)):
        if abs(b[0] - a[0]) > _HALF:
            edge = _HALF if a[0] > b[0] else -_HALF
            unwrapped = b[0] + (_WHOLE if edge > 0 else -_WHOLE)
            share = 0.5 if unwrapped == a[0] else (edge - a[0]) / (unwrapped - a[0])
            latitude = round(a[1] + share * (b[1] - a[1]), _DECIMALS)
            parts[-1].append((edge, latitude))
            parts.append([(-edge, latitude)])
        parts[-1].append(b)
    return parts
