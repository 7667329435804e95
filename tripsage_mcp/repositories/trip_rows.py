"""Rows of trips, and of what is in them, as domain objects.

What is in a trip is read as JSON, so that one statement brings everything. Amounts and JSON of
others come as text in it: JSON's own numbers would lose digits.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import Trip, TripSummary
from tripsage_mcp.domain.trip_budget import BudgetLine
from tripsage_mcp.domain.trip_item import (
    ItineraryVersion,
    TripDestination,
    TripItem,
    TripTraveller,
)
from tripsage_mcp.domain.trip_lists import PackingEntry, TravelDocument
from tripsage_mcp.domain.trip_sharing import TripMember
from tripsage_mcp.infrastructure.postgres.connection import Row

# A column of JSON may hold anything; the table's own rules say what.
type Json = Mapping[str, Any]


def trip(row: Row) -> Trip:
    """Read the columns of a trip, with `role` and `owns` of the account that reads it."""
    amount, itinerary = row["budget_amount"], row["itinerary"]
    return Trip(
        trip_id=row["trip_id"],
        version=row["version"],
        title=row["title"],
        destination=row["destination"],
        start_date=row["start_date"],
        end_date=row["end_date"],
        travellers=tuple(row["travellers"]),
        status=row["status"],
        budget=None if amount is None else Money(amount, row["budget_currency"]),
        itinerary=None if itinerary is None else json.loads(itinerary),
        flights=tuple(json.loads(row["flights"])),
        stays=tuple(json.loads(row["stays"])),
        notes=row["notes"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        home_currency=row["home_currency"],
        display_order=row["display_order"],
        deleted_at=row["deleted_at"],
        role=row["role"],
        mine=row["owns"],
    )


def summary(row: Row) -> TripSummary:
    """Read a row of a list of trips."""
    return TripSummary(
        trip_id=row["trip_id"],
        version=row["version"],
        title=row["title"],
        destination=row["destination"],
        start_date=row["start_date"],
        end_date=row["end_date"],
        status=row["status"],
        created_at=row["created_at"],
        display_order=row["display_order"],
        deleted_at=row["deleted_at"],
        role=row["role"],
        mine=row["owns"],
    )


def destination(found: Json) -> TripDestination:
    """Read a stop."""
    return TripDestination(
        destination_id=UUID(found["destination_id"]),
        name=found["name"],
        coordinates=_coordinates(found),
        arrives=_day(found["arrives"]),
        leaves=_day(found["leaves"]),
        zone=found["zone"],
    )


def traveller(found: Json) -> TripTraveller:
    """Read a traveller."""
    return TripTraveller(
        UUID(found["traveller_id"]), found["name"], found["kind"], tuple(found["needs"])
    )


def item(found: Json) -> TripItem:
    """Read an item; its times come out in its zones."""
    amount, zone = found["price_amount"], found["zone"]
    return TripItem(
        item_id=UUID(found["item_id"]),
        kind=found["kind"],
        title=found["title"],
        created_at=_moment(found["created_at"]),
        updated_at=_moment(found["updated_at"]),
        status=found["status"],
        version=found["version"],
        day=_day(found["day"]),
        position=found["position"],
        starts=_in_zone(found["starts"], zone),
        ends=_in_zone(found["ends"], found["end_zone"] or zone),
        zone=zone,
        end_zone=found["end_zone"],
        place_id=found["place_id"],
        coordinates=_coordinates(found),
        price=None if amount is None else Money(Decimal(amount), found["price_currency"]),
        booking_reference=found["booking_reference"],
        notes=found["notes"],
        payload=json.loads(found["payload"]),
    )


def budget_line(found: Json) -> BudgetLine:
    """Read what is set aside for a category."""
    planned = Money(Decimal(found["planned_amount"]), found["planned_currency"])
    return BudgetLine(found["category"], planned)


def packing_entry(found: Json) -> PackingEntry:
    """Read a thing to pack."""
    return PackingEntry(
        entry_id=UUID(found["entry_id"]),
        name=found["name"],
        position=found["position"],
        quantity=found["quantity"],
        packed=found["packed"],
        traveller=found["traveller"],
    )


def document(found: Json) -> TravelDocument:
    """Read a document to carry."""
    return TravelDocument(
        document_id=UUID(found["document_id"]),
        kind=found["kind"],
        holder=found["holder"],
        expires=_day(found["expires"]),
        note=found["note"],
    )


def member(found: Json) -> TripMember:
    """Read a member."""
    return TripMember(
        member_id=UUID(found["member_id"]),
        role=found["role"],
        display_name=found["display_name"],
        joined_at=_moment(found["joined_at"]),
        owns=found["owns"],
        me=found["me"],
    )


def itinerary_version(found: Json) -> ItineraryVersion:
    """Read what a version of an itinerary says of itself."""
    return ItineraryVersion(
        number=found["number"],
        trip_version=found["trip_version"],
        origin=found["origin"],
        created_at=_moment(found["created_at"]),
        reason=found["reason"],
        made_by=found["made_by"],
    )


def as_item(given: TripItem) -> dict[str, object]:
    """Write an item; what the change decides is left out."""
    return {
        "item_id": str(given.item_id),
        "kind": given.kind,
        "title": given.title,
        "created_at": given.created_at.isoformat(),
        "status": given.status,
        "day": _text(given.day),
        "position": given.position,
        "starts": _text(given.starts),
        "ends": _text(given.ends),
        "zone": given.zone,
        "end_zone": given.end_zone,
        "place_id": given.place_id,
        "price_amount": None if given.price is None else str(given.price.amount),
        "price_currency": None if given.price is None else given.price.currency,
        "booking_reference": given.booking_reference,
        "notes": given.notes,
        "payload": dict(given.payload),
        **_as_coordinates(given.coordinates),
    }


def as_destination(position: int, given: TripDestination) -> dict[str, object]:
    """Write a stop."""
    return {
        "destination_id": str(given.destination_id),
        "position": position,
        "name": given.name,
        "arrives": _text(given.arrives),
        "leaves": _text(given.leaves),
        "zone": given.zone,
        **_as_coordinates(given.coordinates),
    }


def as_traveller(position: int, given: TripTraveller) -> dict[str, object]:
    """Write a traveller."""
    return {
        "traveller_id": str(given.traveller_id),
        "position": position,
        "name": given.name,
        "kind": given.kind,
        "needs": [*given.needs],
    }


def as_budget_line(given: BudgetLine) -> dict[str, object]:
    """Write what is set aside for a category."""
    amount, currency = str(given.planned.amount), given.planned.currency
    return {
        "category": given.category,
        "planned_amount": amount,
        "planned_currency": currency,
    }


def as_packing_entry(given: PackingEntry) -> dict[str, object]:
    """Write a thing to pack."""
    return {
        "entry_id": str(given.entry_id),
        "position": given.position,
        "name": given.name,
        "quantity": given.quantity,
        "packed": given.packed,
        "traveller": given.traveller,
    }


def as_document(given: TravelDocument) -> dict[str, object]:
    """Write a document to carry."""
    return {
        "document_id": str(given.document_id),
        "kind": given.kind,
        "holder": given.holder,
        "expires": _text(given.expires),
        "note": given.note,
    }


def _as_coordinates(given: Coordinates | None) -> dict[str, object]:
    return {
        "latitude": None if given is None else given.latitude,
        "longitude": None if given is None else given.longitude,
    }


def _coordinates(found: Json) -> Coordinates | None:
    latitude = found["latitude"]
    return None if latitude is None else Coordinates(latitude, found["longitude"])


def _text(given: date | datetime | None) -> str | None:
    return None if given is None else given.isoformat()


def _day(found: str | None) -> date | None:
    return None if found is None else date.fromisoformat(found)


def _moment(found: str) -> datetime:
    return datetime.fromisoformat(found).astimezone(UTC)


def _in_zone(found: str | None, zone: str | None) -> datetime | None:
    if found is None:
        return None
    return datetime.fromisoformat(found).astimezone(UTC if zone is None else ZoneInfo(zone))
