"""A journey as GeoJSON (RFC 7946): a point for each stop, a line for each day and each flight."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.exports.geometry import lines, position
from tripsage_mcp.exports.journey import Journey, JourneyDay, Stop

type JSON = Mapping[str, object]


def write_geojson(journey: Journey) -> bytes:
    """Return the FeatureCollection; what has no known place is not in it."""
    return json.dumps(features(journey), ensure_ascii=False, indent=1).encode()


def features(journey: Journey) -> JSON:
    """Return the FeatureCollection as plain data."""
    found: list[JSON] = []
    for day in journey.days:
        found += [f for order, stop in enumerate(day.stops, 1) for f in _stop(stop, order)]
        found += _line(ways(day, journey.home), {"kind": "day", "day": day.date.isoformat()})
    found += [f for stop in (*journey.lodgings, *journey.loose) for f in _stop(stop, None)]
    return {
        "type": "FeatureCollection",
        # Members of our own are allowed there (RFC 7946, 6.1).
        "title": journey.title,
        "destination": journey.destination,
        "time_zone": journey.zone,
        "version": journey.version,
        "updated_at": _time(journey.updated_at),
        "data": "sandbox" if journey.sandbox else "live",
        "attribution": list(journey.credits),
        "features": found,
    }


def ways(day: JourneyDay, home: Coordinates | None) -> list[Coordinates]:
    """Return where a day goes, from where the traveller sleeps and back there if that is known."""
    points = [
        stop.coordinates
        for stop in day.stops
        if stop.coordinates is not None and stop.starts is not None and stop.kind != "flight"
    ]
    if not points or home is None:
        return points
    timed = [stop for stop in day.stops if stop.starts is not None]
    leaves = [] if timed[0].kind in {"arrival", "flight"} else [home]
    return [*leaves, *points, *([home] if day.back is not None else [])]


def _stop(stop: Stop, order: int | None) -> list[JSON]:
    properties = {
        "id": stop.stop_id,
        "kind": stop.kind,
        "name": stop.name,
        "order": order,
        "day": None if stop.day is None else stop.day.isoformat(),
        "last_day": None if stop.last_day is None else stop.last_day.isoformat(),
        "starts": _time(stop.local_start),
        "ends": _time(stop.local_end),
        "time_zone": stop.zone,
        "end_time_zone": stop.end_zone,
        "place_id": stop.place_id,
        "status": stop.status,
        "booking": stop.booking,
        "cost": None if stop.cost is None else str(stop.cost),
        "why": stop.why,
    }
    known = {key: value for key, value in properties.items() if value is not None}
    if stop.coordinates is None:
        return []
    if stop.end_coordinates is not None:
        return _line([stop.coordinates, stop.end_coordinates], known)
    point = {"type": "Point", "coordinates": list(position(stop.coordinates))}
    return [{"type": "Feature", "geometry": point, "properties": known}]


def _line(points: Sequence[Coordinates], properties: JSON) -> list[JSON]:
    parts = [[list(each) for each in part] for part in lines(points)]
    if not parts:
        return []
    geometry = (
        {"type": "LineString", "coordinates": parts[0]}
        if len(parts) == 1
        else {"type": "MultiLineString", "coordinates": parts}
    )
    return [{"type": "Feature", "geometry": geometry, "properties": dict(properties)}]


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(microsecond=0).isoformat()
