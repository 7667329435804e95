"""Ways: where they end, and how long they take when nobody can be asked."""

import math

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import PlaceRef, TravelEnd, TravelMode

ESTIMATE_LIMIT_KM = 100.0
"""Town speeds say nothing about longer ways, and a sea may lie between."""

# Minutes before moving (waiting, parking), km/h, and how much longer streets are than a line.
_PACE: dict[TravelMode, tuple[float, float, float]] = {
    "walk": (0, 4.5, 1.3),
    "transit": (12, 20, 1.0),
    "drive": (5, 30, 1.0),
    "bicycle": (0, 14, 1.0),
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
    overhead, km_per_hour, detour = _PACE[mode]
    return math.ceil(overhead + km * detour / km_per_hour * 60)


def estimated_metres(a: Coordinates, b: Coordinates, mode: TravelMode) -> int | None:
    """Return the way's length by the same reckoning; None when too far apart to guess."""
    km = great_circle_km(a, b)
    return None if km > ESTIMATE_LIMIT_KM else round(km * _PACE[mode][2] * 1000)
