"""Sunrise and sunset, computed: no source is asked, and any date will do.

The equations of the NOAA solar calculator (after Meeus, Astronomical Algorithms), good to about a
minute below the polar circles: https://gml.noaa.gov/grad/solcalc/calcdetails.html
"""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates

type DaylightKind = Literal["rises and sets", "midnight sun", "polar night"]

# The sun's centre is this far from the zenith when its upper edge touches the horizon: half its
# width and the bending of light in the air.
_ZENITH = math.cos(math.radians(90.833))
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_CENTURY = timedelta(days=36525)
_DEGREE_OF_TURNING = timedelta(minutes=4)
_NOON = timedelta(hours=12)
# The sun moves on while it goes from noon to the horizon; each step corrects a tenth of the last.
_STEPS = 4


@dataclass(frozen=True, slots=True)
class Daylight:
    """The sun on one local date.

    Attributes:
        sunrise: Aware, in the zone asked for; None where the sun does not rise that day.
        sunset: Likewise; the one after `sunrise`, which may fall just past midnight.
        length: From rise to set; a whole day of midnight sun, none of polar night.
    """

    day: date
    kind: DaylightKind
    sunrise: datetime | None
    sunset: datetime | None
    length: timedelta


def daylight(at: Coordinates, day: date, zone: tzinfo) -> Daylight:
    """Return when the sun rises and sets on a date, as the local clock counts it."""
    noon = _noon(at, day, zone)
    rise, dark_before = _crossing(at, noon, -1)
    fall, dark_after = _crossing(at, noon, 1)
    if rise is None or fall is None:
        # At either end of the polar night only one of the two is missing.
        dark = dark_before or dark_after
        kind: DaylightKind = "polar night" if dark else "midnight sun"
        return Daylight(day, kind, None, None, timedelta(0 if dark else 1))
    return Daylight(day, "rises and sets", _minute(rise, zone), _minute(fall, zone), fall - rise)


def _noon(at: Coordinates, day: date, zone: tzinfo) -> datetime:
    """Return when the sun is highest, in UTC, nearest to the clock's noon of the date."""
    clock = datetime.combine(day, time(12), zone).astimezone(UTC)
    noon = datetime.combine(day, time(12), UTC) - at.longitude * _DEGREE_OF_TURNING
    # Where the clock is far from the sun, the date in UTC may be another one.
    noon += timedelta(days=round((clock - noon) / timedelta(days=1)))
    return noon - _equation_of_time(noon)


def _crossing(at: Coordinates, noon: datetime, side: int) -> tuple[datetime | None, bool]:
    """Return when the sun crosses the horizon before (-1) or after (1) noon.

    The second value tells, where it does not cross, whether it stays below.
    """
    latitude = math.radians(at.latitude)
    moment = noon
    for _ in range(_STEPS):
        declination = _declination(moment)
        across = math.cos(latitude) * math.cos(declination)
        above = _ZENITH - math.sin(latitude) * math.sin(declination)
        # At a pole `across` is all but nothing, and only its sign beside `above` counts.
        if abs(above) >= abs(across):
            return None, above > 0
        angle = math.degrees(math.acos(above / across))
        drift = _equation_of_time(noon) - _equation_of_time(moment)
        moment = noon + drift + side * angle * _DEGREE_OF_TURNING
    return moment, False


def _minute(moment: datetime, zone: tzinfo) -> datetime:
    """Round to the minute: the air bends light by more than that from day to day."""
    rounded = (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)
    return rounded.astimezone(zone)


def _centuries(moment: datetime) -> float:
    return (moment - _J2000) / _CENTURY


def _orbit(t: float) -> tuple[float, float, float]:
    """Return the sun's mean longitude and anomaly in radians, and the orbit's eccentricity."""
    longitude = math.radians((280.46646 + t * (36000.76983 + t * 0.0003032)) % 360)
    anomaly = math.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    return longitude, anomaly, 0.016708634 - t * (0.000042037 + 0.0000001267 * t)


def _obliquity(t: float) -> float:
    mean = 23.439291 - t * (0.013004167 + t * (0.000000164 - t * 0.000000504))
    return math.radians(mean + 0.00256 * math.cos(math.radians(125.04 - 1934.136 * t)))


def _declination(moment: datetime) -> float:
    """Return how far north of the equator the sun stands, in radians."""
    t = _centuries(moment)
    longitude, anomaly, _ = _orbit(t)
    centre = (
        math.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + math.sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + math.sin(3 * anomaly) * 0.000289
    )
    node = math.radians(125.04 - 1934.136 * t)
    apparent = longitude + math.radians(centre - 0.00569 - 0.00478 * math.sin(node))
    return math.asin(math.sin(_obliquity(t)) * math.sin(apparent))


def _equation_of_time(moment: datetime) -> timedelta:
    """Return by how much the sun runs ahead of a clock that keeps its mean time."""
    t = _centuries(moment)
    longitude, anomaly, eccentricity = _orbit(t)
    y = math.tan(_obliquity(t) / 2) ** 2
    radians = (
        y * math.sin(2 * longitude)
        - 2 * eccentricity * math.sin(anomaly)
        + 4 * eccentricity * y * math.sin(anomaly) * math.cos(2 * longitude)
        - y * y / 2 * math.sin(4 * longitude)
        - 1.25 * eccentricity * eccentricity * math.sin(2 * anomaly)
    )
    return math.degrees(radians) * _DEGREE_OF_TURNING
