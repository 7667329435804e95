"""A journey as a calendar (iCalendar, RFC 5545)."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tripsage_mcp.exports.components import Property, with_properties
from tripsage_mcp.exports.journey import Journey, Stop, StopKind
from tripsage_mcp.exports.time_zones import timezone_component
from tripsage_mcp.exports.words import (
    INVENTED,
    fact_words,
    leg_words,
    name_words,
    nights_words,
)

if TYPE_CHECKING:
    from icalendar import Event

_PRODUCT = "-//TripSage//TripSage//EN"
_CATEGORIES: dict[StopKind, str] = {
    "lunch": "Meal",
    "dinner": "Meal",
    "meal": "Meal",
    "arrival": "Travel",
    "departure": "Travel",
    "flight": "Travel",
    "transport": "Travel",
    "base": "Stay",
    "check_in": "Stay",
    "check_out": "Stay",
    "lodging": "Stay",
    "note": "Note",
    "rest": "Rest",
}
# To get to the airport, and to check in online.
_BEFORE_FLIGHT = (timedelta(hours=24), timedelta(hours=3))
_TO_GET_READY = timedelta(minutes=15)


def write_calendar(journey: Journey) -> bytes:
    """Return the calendar: a moment has its own zone, an event the same UID in every version."""
    from icalendar import Calendar, vText  # noqa: PLC0415 - only this export needs it

    # The library takes these two for no text, and would not escape it.
    title = vText(journey.title)
    made = with_properties(
        Calendar(),
        ("prodid", _PRODUCT),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("name", title),
        ("x-wr-calname", title),
        ("x-wr-timezone", journey.zone),
        ("description", INVENTED if journey.sandbox else None),
    )
    kept = [stop for stop in journey.stops if stop.day is not None or stop.starts is not None]
    held = [*kept, *(stop for stop in journey.cancelled if stop.starts or stop.day)]
    for zone, years in _years(held).items():
        made.add_component(timezone_component(zone, min(years), max(years)))
    for stop in held:
        made.add_component(_event(journey, stop))
    return made.to_ical()


def uid(journey: Journey, stop: Stop) -> str:
    """Return the id of a stop's event."""
    return f"{journey.journey_id}-{stop.stop_id}@tripsage"


def _years(stops: list[Stop]) -> dict[str, set[int]]:
    """Return the zones that events name, and the years each is needed for."""
    needed: dict[str, set[int]] = {}
    for stop in stops:
        for moment, zone in _ends_of(stop):
            if not _is_utc(moment, zone):
                needed.setdefault(zone, set()).add(moment.astimezone(ZoneInfo(zone)).year)
    return needed


def _ends_of(stop: Stop) -> list[tuple[datetime, str]]:
    if stop.starts is None or stop.kind == "lodging":
        return []
    ends = [] if stop.ends is None else [(stop.ends, stop.end_zone or stop.zone)]
    return [(stop.starts, stop.zone), *ends]


def _event(journey: Journey, stop: Stop) -> "Event":
    from icalendar import Alarm, Event  # noqa: PLC0415

    at = stop.coordinates
    changed = journey.updated_at.astimezone(UTC)
    made = with_properties(
        Event(),
        ("uid", uid(journey, stop)),
        ("dtstamp", changed),
        ("last-modified", changed),
        ("sequence", journey.version),
        ("summary", name_words(stop)),
        *_times(stop),
        ("status", stop.status.upper()),
        ("transp", "TRANSPARENT" if stop.kind in {"lodging", "note"} else "OPAQUE"),
        ("categories", [_CATEGORIES.get(stop.kind, "Sight")]),
        ("location", stop.route or (stop.name if at or stop.place_id else None)),
        ("geo", None if at is None else (round(at.latitude, 6), round(at.longitude, 6))),
        ("description", _description(journey, stop) or None),
    )
    for before, what in _alarms(stop):
        alarm = with_properties(
            Alarm(), ("action", "DISPLAY"), ("description", what), ("trigger", -before)
        )
        made.add_component(alarm)
    return made


def _times(stop: Stop) -> list[Property]:
    starts, ends = stop.local_start, stop.local_end
    if starts is None or stop.kind == "lodging":
        first = stop.day or (None if starts is None else starts.date())
        assert first is not None
        # The end is the day after the last. Of a stay that is the day of leaving.
        after = max(stop.last_day or first, first + timedelta(days=1))
        return [("dtstart", first), ("dtend", after)]
    begin = ("dtstart", _moment(starts, stop.zone))
    if ends is None or stop.ends == stop.starts:
        return [begin]
    return [begin, ("dtend", _moment(ends, stop.end_zone or stop.zone))]


def _moment(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(UTC) if _is_utc(moment, zone) else moment.astimezone(ZoneInfo(zone))


def _is_utc(moment: datetime, zone: str) -> bool:
    """Tell whether a moment is better told in UTC.

    Of a wall time that comes twice, a calendar can only name the first.
    """
    local = moment.astimezone(ZoneInfo(zone))
    return zone in {"UTC", "Etc/UTC"} or local.fold == 1


def _description(journey: Journey, stop: Stop) -> str:
    lines = [
        stop.why or "",
        "" if stop.leg is None else f"Getting there: {leg_words(stop.leg)}",
        nights_words(stop) if stop.kind == "lodging" else "",
        *(fact for fact in fact_words(stop) if fact != stop.route),
        stop.notes or "",
        INVENTED if journey.sandbox else "",
    ]
    return "\n".join(filter(None, lines))


def _alarms(stop: Stop) -> list[tuple[timedelta, str]]:
    if stop.starts is None or stop.status == "cancelled":
        return []
    way = timedelta(minutes=0 if stop.leg is None else stop.leg.minutes)
    match stop.kind:
        case "flight":
            day, hours = _BEFORE_FLIGHT
            return [(day, f"Check in: {stop.name}"), (hours, f"Leave for the airport: {stop.name}")]
        case "departure" | "commitment" | "transport":
            return [(way + _TO_GET_READY, f"Time to go: {stop.name}")]
        case _:
            return []
