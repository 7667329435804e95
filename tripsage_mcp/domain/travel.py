"""Ways: where they end, and how long they take when nobody can be asked."""

import math

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import PlaceRef, TravelEnd, TravelMode

ESTIMATE_LIMIT_KM = 100.0
"""Town speeds say nothing about longer ways, and a sea may lie between."""

# How much longer streets are than a line.
_DETOUR = 1.3
# Minutes before moving (waiting, parking), and km/h along the streets.
_PACE: dict[TravelMode, tuple[float, float]] = {
    "walk": (0, 4.5),
    "transit": (12, 26),
    "drive": (5, 39),
    "bicycle": (0, 18.2),
}


def position(end: TravelEnd) -> Coordinates:
    """Return where one end of a way is."""
    return end.coordinates if isinstance(end, PlaceRef) else end


def estimated_minutes(a: Coordinates, b: Coordinates, mode: TravelMode) -> int | None:
    """Return whole minutes, rounded up; None when the points are too far apart to guess."""
    km = great_circle_km(a, b)
    if km > ESTIMATE_LIMIT_KM:
        return None
    if km == 0:
        return 0
    overhead, km_per_hour = _PACE[mode]
    return math.ceil(overhead + km * _DETOUR / km_per_hour * 60)


def estimated_metres(a: Coordinates, b: Coordinates) -> int | None:
    """Return the way's length by the same reckoning; None when too far apart to guess."""
    km = great_circle_km(a, b)
    return None if km > ESTIMATE_LIMIT_KM else round(km * _DETOUR * 1000)
