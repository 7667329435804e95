"""What a plan or a trip holds, as stops of a journey that is to be exported."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import ItemKind, ItineraryDay, ItineraryItem
from tripsage_mcp.domain.plain_text import cut, plain, visible
from tripsage_mcp.domain.trip_item import TripItem, TripItemKind, TripItemStatus
from tripsage_mcp.exports.journey import RainPlan, Stop, StopKind, StopStatus

LONGEST_NAME = 200
LONGEST_NOTES = 2_000

_OF_ITEM: Mapping[ItemKind, StopKind] = {
    "visit": "visit",
    "lunch": "lunch",
    "dinner": "dinner",
    "arrival": "arrival",
    "departure": "departure",
    "stay": "base",
    "check_in": "check_in",
    "check_out": "check_out",
    "commitment": "commitment",
    "rest": "rest",
}
_OF_TRIP: Mapping[TripItemKind, StopKind] = {
    "flight": "flight",
    "stay": "lodging",
    "visit": "visit",
    "meal": "meal",
    "transport": "transport",
    "note": "note",
    "activity": "activity",
}
_STATUS: Mapping[TripItemStatus, StopStatus] = {
    "idea": "tentative",
    "planned": "confirmed",
    "held": "tentative",
    "booked": "confirmed",
    "cancelled": "cancelled",
    "done": "confirmed",
}


def name_of(text: str) -> str:
    """Return a name as one plain line, never empty."""
    return plain(text, LONGEST_NAME) or "Unnamed"


def notes_of(text: str | None) -> str | None:
    """Return plain text of several lines; None where nothing is left."""
    lines = [" ".join(line.split()) for line in visible(text or "").splitlines()]
    return cut("\n".join(lines).strip(), LONGEST_NOTES) or None


def item_stop(item: ItineraryItem, zone: str) -> Stop:
    """Return an item of an itinerary, whose times are in `zone`."""
    return Stop(
        stop_id=item.item_id,
        kind=_OF_ITEM[item.kind],
        name=name_of(item.name),
        zone=zone,
        day=item.starts.astimezone(ZoneInfo(zone)).date(),
        starts=item.starts,
        ends=item.ends,
        coordinates=item.coordinates,
        place_id=item.place_id,
        airport=item.airport,
        leg=item.leg,
        cost=item.cost,
        booking=item.booking,
        why=None if item.why is None else plain(item.why, LONGEST_NAME) or None,
        hours_unverified=item.place_id is not None and item.hours_unverified,
    )


def rain_plans(day: ItineraryDay) -> tuple[RainPlan, ...]:
    """Return where a day goes when it rains."""
    names = {item.item_id: item.name for item in day.items}
    return tuple(
        RainPlan(name_of(names[each.item_id]), name_of(each.name))
        for each in day.rain_alternatives
        if each.item_id in names
    )


def trip_stop(item: TripItem, zone: str, where: Coordinates | None) -> Stop:
    """Return an item of a trip.

    Args:
        item: Whichever.
        zone: Where the trip goes; for an item that names none.
        where: Of its place; for an item that does not say it.
    """
    own = item.zone or zone
    starts = _local_date(item.starts, own)
    ends = _local_date(item.ends, item.end_zone or own)
    lodging = item.kind == "stay"
    return Stop(
        stop_id=item.item_id.hex,
        kind=_OF_TRIP[item.kind],
        name=name_of(item.title),
        zone=own,
        day=starts or item.day,
        last_day=ends if lodging else None,
        starts=item.starts,
        ends=item.ends,
        end_zone=None if item.end_zone == own else item.end_zone,
        coordinates=item.coordinates or where,
        place_id=item.place_id,
        cost=item.price,
        booking="booked" if item.status == "booked" else None,
        reference=None if item.booking_reference is None else plain(item.booking_reference, 60),
        notes=notes_of(item.notes),
        status=_STATUS[item.status],
    )


def _local_date(moment: datetime | None, zone: str) -> date | None:
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).date()
