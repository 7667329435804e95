"""How long the invented world takes from one point to another."""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import tzfpy

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox.schedule.chance import between

_WALK_KMH = 4.8
_BICYCLE_KMH = 15.0
# How much longer the way is than the straight line.
_DETOUR = {"WALK": 1.25, "BICYCLE": 1.3, "DRIVE": 1.35, "TWO_WHEELER": 1.35, "TRANSIT": 1.35}
# As far as there is any way at all, along a straight line.
_REACH_KM = {"WALK": 300, "BICYCLE": 300, "DRIVE": 3000, "TWO_WHEELER": 3000, "TRANSIT": 1500}
# Speeds by the part of the way: so many kilometres at so many kilometres an hour, and the rest.
_DRIVE_KMH = ((5.0, 22.0), (15.0, 36.0), (40.0, 62.0), (math.inf, 95.0))
_TRANSIT_KMH = ((10.0, 18.0), (30.0, 36.0), (math.inf, 85.0))
_PARKING_S = 90.0
# To the stop, the wait, and from the stop.
_ACCESS_S = 9 * 60.0
_NIGHT_WAIT_S = 12 * 60.0
_NIGHT_ENDS = 5
_TWO_WHEELER_GAIN = 0.88
# Congestion by the hour, from midnight: a factor on the time of a drive.
_CONGESTION = (
    0.92, 0.9, 0.9, 0.9, 0.92, 0.95, 1.05, 1.25, 1.4, 1.3, 1.15, 1.12,
    1.15, 1.15, 1.12, 1.15, 1.25, 1.4, 1.4, 1.25, 1.1, 1.02, 1.0, 0.95,
)  # fmt: skip
_WEEKEND = 5
_SAME_SPOT_KM = 0.004


@dataclass(frozen=True, slots=True)
class Way:
    """One way: metres, seconds at this hour, and seconds on an empty road."""

    distance_m: int
    duration_s: int
    static_s: int


def find_way(
    a: Coordinates, b: Coordinates, mode: str, departure: datetime, *, traffic: bool = False
) -> Way | None:
    """Return the way from `a` to `b`, or None where none exists.

    Args:
        a: From here.
        b: To here.
        mode: Google's travel mode.
        departure: With a zone; decides on traffic and on night buses.
        traffic: Whether a drive's duration knows the traffic.
    """
    straight = great_circle_km(a, b)
    if straight > _REACH_KM[mode]:
        return None
    if straight < _SAME_SPOT_KM:
        return Way(0, 0, 0)
    # The same pair always differs a little from the rule, and the way back from the way there.
    pair = sorted([_spot(a), _spot(b)])
    varied = between(0.93, 1.09, "way", mode, *pair) * between(0.98, 1.02, _spot(a), _spot(b))
    km = straight * _DETOUR[mode] * varied
    match mode:
        case "WALK":
            static = seconds = km / _WALK_KMH * 3600
        case "BICYCLE":
            static = seconds = km / _BICYCLE_KMH * 3600 + 30
        case "TRANSIT":
            ride = _ACCESS_S + _in_parts(km, _TRANSIT_KMH)
            if local_time(a, departure).hour < _NIGHT_ENDS:
                ride += _NIGHT_WAIT_S
            # They too answer with the walk where it is the quickest.
            walk = find_way(a, b, "WALK", departure)
            if walk is not None and walk.duration_s <= ride:
                return walk
            static = seconds = ride
        case _:
            static = _PARKING_S + _in_parts(km, _DRIVE_KMH)
            static *= _TWO_WHEELER_GAIN if mode == "TWO_WHEELER" else 1
            seconds = static * (_congestion(local_time(a, departure)) if traffic else 1)
    return Way(round(km * 1000), round(seconds), round(static))


def _spot(at: Coordinates) -> str:
    return f"{at.latitude:.4f},{at.longitude:.4f}"


def _in_parts(km: float, parts: tuple[tuple[float, float], ...]) -> float:
    seconds = 0.0
    for length, kmh in parts:
        part = min(km, length)
        seconds += part / kmh * 3600
        km -= part
    return seconds


def _congestion(local: datetime) -> float:
    factor = _CONGESTION[local.hour]
    return 1 + (factor - 1) * 0.4 if local.weekday() >= _WEEKEND else factor


@lru_cache(maxsize=4096)
def zone_at(latitude: float, longitude: float) -> str:
    """Return the IANA zone of a point; on the high sea a fixed offset."""
    return tzfpy.get_tz(longitude, latitude) or "UTC"


def local_time(at: Coordinates, moment: datetime) -> datetime:
    """Return what the clocks show there."""
    # To a tenth of a degree: near a border an hour's traffic more or less does not matter.
    return moment.astimezone(ZoneInfo(zone_at(round(at.latitude, 1), round(at.longitude, 1))))


def polyline(points: list[Coordinates]) -> str:
    """Encode a line of points.

    https://developers.google.com/maps/documentation/utilities/polylinealgorithm
    """
    encoded: list[str] = []
    before = (0, 0)
    for point in points:
        scaled = round(point.latitude * 1e5), round(point.longitude * 1e5)
        for value, last in zip(scaled, before, strict=True):
            delta = value - last
            rest = ~(delta << 1) if delta < 0 else delta << 1
            while rest >= 0x20:  # noqa: PLR2004
                encoded.append(chr((0x20 | (rest & 0x1F)) + 63))
                rest >>= 5
            encoded.append(chr(rest + 63))
        before = scaled
    return "".join(encoded)
