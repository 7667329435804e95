"""A journey as GPX 1.1: a waypoint for each stop, a route for each day. Times are UTC.

https://www.topografix.com/GPX/1/1/
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.exports.geojson import ways
from tripsage_mcp.exports.journey import Journey, JourneyDay, Stop
from tripsage_mcp.exports.words import (
    INVENTED,
    day_words,
    fact_words,
    kind_words,
    name_words,
    time_words,
)

_SPACE = "http://www.topografix.com/GPX/1/1"
# What XML 1.0 cannot hold in any way.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_gpx(journey: Journey) -> bytes:
    """Return the file; what has no known place is not in it."""
    root = ET.Element("gpx", {"xmlns": _SPACE, "version": "1.1", "creator": "TripSage"})
    metadata = ET.SubElement(root, "metadata")
    _text(metadata, "name", journey.title)
    about = [journey.destination, *([INVENTED] if journey.sandbox else []), *journey.credits]
    _text(metadata, "desc", ". ".join(about))
    _text(metadata, "time", _utc(journey.updated_at))
    for stop, at, at_time in _points(journey):
        _waypoint(root, "wpt", stop, (at, at_time), journey.zone)
    for number, day in enumerate(journey.days, 1):
        _route(root, number, day, journey.home)
    ET.indent(root, " ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "utf-8") + b"\n"


def _points(journey: Journey) -> Iterator[tuple[Stop, Coordinates, datetime | None]]:
    """Yield every known place with the time of being there; a flight is at both its ends."""
    for stop in journey.stops:
        if stop.coordinates is not None:
            yield stop, stop.coordinates, stop.starts
        if stop.end_coordinates is not None:
            yield stop, stop.end_coordinates, stop.ends


def _route(root: ET.Element, number: int, day: JourneyDay, home: Coordinates | None) -> None:
    path = ways(day, home)
    if len(path) < 2:  # noqa: PLR2004 - a way has two ends
        return
    names = {
        (stop.coordinates.latitude, stop.coordinates.longitude): stop.name
        for stop in day.stops
        if stop.coordinates is not None
    }
    route = ET.SubElement(root, "rte")
    _text(route, "name", day_words(day.date))
    _text(route, "number", str(number))
    for at in path:
        point = ET.SubElement(route, "rtept", _where(at))
        name = names.get((at.latitude, at.longitude))
        if name is not None:
            _text(point, "name", name)


def _waypoint(
    root: ET.Element, tag: str, stop: Stop, where: tuple[Coordinates, datetime | None], zone: str
) -> None:
    at, moment = where
    # The order of these is the schema's.
    point = ET.SubElement(root, tag, _where(at))
    if moment is not None:
        _text(point, "time", _utc(moment))
    _text(point, "name", name_words(stop))
    when = "" if stop.day is None else day_words(stop.day)
    words = [
        " ".join(filter(None, [when, time_words(stop, zone)])),
        stop.why or "",
        *fact_words(stop),
        stop.notes or "",
    ]
    _text(point, "desc", "\n".join(filter(None, words)))
    _text(point, "type", kind_words(stop.kind) or "Sight")


def _where(at: Coordinates) -> dict[str, str]:
    return {"lat": f"{at.latitude:.6f}", "lon": f"{_longitude(at.longitude):.6f}"}


def _longitude(degrees: float) -> float:
    """Return a longitude below 180, which GPX leaves out."""
    return -180.0 if round(degrees, 6) == 180 else degrees  # noqa: PLR2004 - the date line


def _text(parent: ET.Element, tag: str, text: str) -> None:
    if text:
        ET.SubElement(parent, tag).text = _NOT_XML.sub("", text)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
