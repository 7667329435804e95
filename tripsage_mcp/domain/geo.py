"""Points on Earth."""

import math
from dataclasses import dataclass

EARTH_RADIUS_KM = 6371.0088
_POLE = 90
_DATE_LINE = 180


@dataclass(frozen=True, slots=True)
class Coordinates:
    """WGS 84 degrees."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        """Refuse values outside the globe, and NaN."""
        if not -_POLE <= self.latitude <= _POLE:
            raise ValueError("latitude must be between -90 and 90 degrees")
        if not -_DATE_LINE <= self.longitude <= _DATE_LINE:
            raise ValueError("longitude must be between -180 and 180 degrees")


def great_circle_km(a: Coordinates, b: Coordinates) -> float:
    """Return the shortest distance over the sphere in kilometres (haversine)."""
    phi_a, phi_b = math.radians(a.latitude), math.radians(b.latitude)
    half_lat = (phi_b - phi_a) / 2
    half_lon = math.radians(b.longitude - a.longitude) / 2
    h = math.sin(half_lat) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, h)))
