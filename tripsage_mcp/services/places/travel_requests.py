"""What may be asked about ways, and the same checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import TravelMode
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.services.places.requests import PLACE_ID
from tripsage_mcp.services.places.where import coordinates

MOST_POINTS = 25
_FURTHEST = timedelta(days=366)
_MODES: frozenset[TravelMode] = frozenset({"walk", "transit", "drive", "bicycle"})
_POINT = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*")
_HAS_TIME = re.compile(r"[\d-]{8,10}[T ]\d", re.ASCII | re.IGNORECASE)
_POINT_EXAMPLE = '["38.7139,-9.1335", "38.6916,-9.2160"]'

type Ends = tuple[str | Coordinates, ...]
"""Points, or ids of places."""


@dataclass(frozen=True, slots=True)
class TravelQuery:
    """Ways to be timed.

    Attributes:
        points: Each `latitude,longitude` or a place id; the origins.
        destinations: Likewise; None means from every point to every point.
        allow_estimate: Fill what the provider cannot answer from the distance, and say so.
        departs_at: Date and time, local to the first point unless it carries an offset; for
            timetables and traffic.
    """

    points: Sequence[str]
    destinations: Sequence[str] | None = None
    mode: TravelMode = "walk"
    allow_estimate: bool = False
    departs_at: str | None = None


@dataclass(frozen=True, slots=True)
class WantedWays:
    """A request that keeps the rules.

    Attributes:
        called: What the caller calls each point, by point.
        departs: Without a zone where the caller gave none.
    """

    origins: Ends
    destinations: Ends
    called: dict[str | Coordinates, str]
    departs: datetime | None


def wanted(query: TravelQuery, now: datetime) -> WantedWays:
    """Check a request.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    origins = _points(query.points, "points")
    between = query.destinations is None
    if between and len(origins) == 1:
        raise InvalidRequestError(
            "points", "must be two or more without destinations", example=_POINT_EXAMPLE
        )
    destinations = (
        origins if query.destinations is None else _points(query.destinations, "destinations")
    )
    if query.mode not in _MODES:
        raise InvalidRequestError(
            "mode", f"must be one of {', '.join(sorted(_MODES))}", example='"walk"'
        )
    called = {} if between else {end: f"destinations[{n}]" for n, end in enumerate(destinations)}
    called |= {end: f"points[{n}]" for n, end in enumerate(origins)}
    return WantedWays(origins, destinations, called, _departure(query.departs_at, now))


def departure_at(departs: datetime | None, at: Coordinates, now: datetime) -> datetime | None:
    """Return a departure in the zone of `at`, which is also the zone it is in if it names none.

    Raises:
        InvalidRequestError: it is past, or more than a year ahead.
    """
    if departs is None:
        return None
    # Never with a mere offset: that would not follow the clocks of the place.
    zone = ZoneInfo(countries.zone_at(at))
    departs = departs.replace(tzinfo=zone) if departs.tzinfo is None else departs.astimezone(zone)
    if not now < departs <= now + _FURTHEST:
        raise InvalidRequestError(
            "departs_at",
            "must be in the future and within a year",
            example=_departs_example(now),
        )
    return departs


def _departure(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    text = text.strip()
    try:
        # Of a date alone they would make midnight.
        if _HAS_TIME.match(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidRequestError(
        "departs_at",
        "must be a date and time, with or without offset",
        example=_departs_example(now),
    )


def _departs_example(now: datetime) -> str:
    return f'"{(now + timedelta(days=14)).date().isoformat()}T09:00"'


def _points(texts: Sequence[str], argument: str) -> Ends:
    if not 1 <= len(texts) <= MOST_POINTS:
        raise InvalidRequestError(
            argument, f"must be 1 to {MOST_POINTS} points", example=_POINT_EXAMPLE
        )
    return tuple(_point(text, argument) for text in texts)


def _point(text: str, argument: str) -> str | Coordinates:
    found = _POINT.fullmatch(text)
    if found is not None:
        return coordinates(float(found[1]), float(found[2]), argument=argument)
    if PLACE_ID.fullmatch(text.strip()):
        return text.strip()
    raise InvalidRequestError(
        argument,
        'must each be "latitude,longitude" or a place_id of search_places',
        example=_POINT_EXAMPLE,
    )
