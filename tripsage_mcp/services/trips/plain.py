"""What is in a trip, as plain values with the names under which it is shown."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.trip import Trip
from tripsage_mcp.domain.trip_item import TripDestination, TripItem, TripTraveller
from tripsage_mcp.domain.trip_lists import PackingEntry, TravelDocument

type Plain = dict[str, object]


def trip_fields(trip: Trip) -> Plain:
    """Return what a trip says of itself in few words, without what was chosen for it."""
    return _without_nothing(
        {
            "title": trip.title,
            "destination": trip.destination,
            "start_date": trip.start_date.isoformat(),
            "end_date": trip.end_date.isoformat(),
            "travellers": list(trip.travellers),
            "status": trip.status,
            "budget": None if trip.budget is None else str(trip.budget),
            "home_currency": trip.home_currency,
            "display_order": trip.display_order or None,
            "notes": trip.notes,
        }
    )


def item_fields(item: TripItem, *, full: bool = True) -> Plain:
    """Return an item; in short without its notes and what its source knows of it."""
    fields: Plain = {
        "item_id": str(item.item_id),
        "kind": item.kind,
        "title": item.title,
        "status": item.status,
        "day": None if item.day is None else item.day.isoformat(),
        "position": item.position,
        "starts": _local(item.starts, item.zone),
        "ends": _local(item.ends, item.end_zone or item.zone),
        "zone": item.zone,
        "end_zone": item.end_zone,
        "price": None if item.price is None else str(item.price),
        "booking_reference": item.booking_reference,
        "place_id": item.place_id,
    }
    if full:
        fields |= {
            **_at(item.coordinates),
            "notes": item.notes,
            "payload": dict(item.payload) or None,
            "version": item.version,
        }
    return _without_nothing(fields)


def packing_fields(entry: PackingEntry) -> Plain:
    """Return a thing to pack."""
    return _without_nothing(
        {
            "entry_id": str(entry.entry_id),
            "name": entry.name,
            "quantity": entry.quantity,
            "packed": entry.packed,
            "traveller": entry.traveller,
        }
    )


def document_fields(document: TravelDocument) -> Plain:
    """Return a document to carry."""
    return _without_nothing(
        {
            "document_id": str(document.document_id),
            "kind": document.kind,
            "holder": document.holder,
            "expires": None if document.expires is None else document.expires.isoformat(),
            "note": document.note,
        }
    )


def stop_fields(stop: TripDestination) -> Plain:
    """Return one of a trip's places."""
    return _without_nothing(
        {
            "name": stop.name,
            "arrives": None if stop.arrives is None else stop.arrives.isoformat(),
            "leaves": None if stop.leaves is None else stop.leaves.isoformat(),
            "zone": stop.zone,
            **_at(stop.coordinates),
        }
    )


def traveller_fields(traveller: TripTraveller) -> Plain:
    """Return somebody who travels."""
    return _without_nothing(
        {
            "name": traveller.name,
            "kind": traveller.kind,
            "needs": list(traveller.needs) or None,
        }
    )


def _at(coordinates: Coordinates | None) -> Plain:
    if coordinates is None:
        return {}
    return {"latitude": coordinates.latitude, "longitude": coordinates.longitude}


def _local(moment: datetime | None, zone: str | None) -> str | None:
    if moment is None:
        return None
    local = moment if zone is None else moment.astimezone(ZoneInfo(zone))
    return local.isoformat(timespec="minutes")


def _without_nothing(fields: Plain) -> Plain:
    return {name: value for name, value in fields.items() if value is not None}
