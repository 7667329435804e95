"""Places on a flat picture: a local Mercator map, in which angles and short distances are right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tripsage_mcp.domain.geo import EARTH_RADIUS_KM, Coordinates

_RADIUS_M = EARTH_RADIUS_KM * 1000
_POLAR = 85.0
_HALF, _WHOLE = 180.0, 360.0
# A frame around places that are all in one spot.
_LEAST_M = 600.0

type Pixel = tuple[float, float]
"""To the right and down from the upper left corner."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A map of so many pixels.

    Attributes:
        middle_longitude: What longitudes are counted from, so that the date line is no edge.
        metres: What one pixel is in the middle of the map.
    """

    middle_longitude: float
    left: float
    top: float
    pixels_per_radian: float
    metres: float

    def pixel(self, at: Coordinates) -> Pixel:
        """Return where a place is; outside the picture where it is outside the frame."""
        x, y = _plane(at, self.middle_longitude)
        return (x - self.left) * self.pixels_per_radian, (self.top - y) * self.pixels_per_radian


def fit(places: Sequence[Coordinates], width: float, height: float, margin: float) -> Projection:
    """Return the largest map on which all of the places are, at least one, within the margins."""
    middle = places[0].longitude
    flat = [_plane(at, middle) for at in places]
    (low_x, low_y), (high_x, high_y) = (
        (min(x for x, _ in flat), min(y for _, y in flat)),
        (max(x for x, _ in flat), max(y for _, y in flat)),
    )
    shrink = 1 / math.cosh((low_y + high_y) / 2)
    least = _LEAST_M / (_RADIUS_M * shrink)
    scale = min(
        (width - 2 * margin) / max(high_x - low_x, least),
        (height - 2 * margin) / max(high_y - low_y, least),
    )
    return Projection(
        middle,
        (low_x + high_x) / 2 - width / 2 / scale,
        (low_y + high_y) / 2 + height / 2 / scale,
        scale,
        _RADIUS_M * shrink / scale,
    )


def round_length(most_m: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20, ... metres that is not longer."""
    power = 10.0 ** math.floor(math.log10(most_m))
    return next(step * power for step in (5, 2, 1) if step * power <= most_m * (1 + 1e-9))


def _plane(at: Coordinates, middle: float) -> tuple[float, float]:
    turned = (at.longitude - middle + _HALF) % _WHOLE - _HALF
    latitude = max(-_POLAR, min(_POLAR, at.latitude))
    return math.radians(turned), math.asinh(math.tan(math.radians(latitude)))
