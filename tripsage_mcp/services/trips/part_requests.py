"""What a caller may ask to write of what is in a trip: stops, travellers, items and lists."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Need
from tripsage_mcp.domain.trip import SELF
from tripsage_mcp.domain.trip_item import TravellerKind, TripItemKind, TripItemStatus
from tripsage_mcp.domain.trip_lists import DocumentKind, holds_a_number
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import identifier, json_object, line, money, text

MOST_AT_ONCE = 100
MOST_STOPS = 30
MOST_POSITION = 1000
MOST_OF_ONE_THING = 1000
# Below what the database keeps: it counts the spaces that it writes.
LARGEST_PAYLOAD_BYTES = 16 * 1024
LARGEST_PAYLOADS_BYTES = 256 * 1024
KINDS: tuple[TripItemKind, ...] = get_args(TripItemKind.__value__)
ITEM_STATUSES: tuple[TripItemStatus, ...] = get_args(TripItemStatus.__value__)
DOCUMENT_KINDS: tuple[DocumentKind, ...] = get_args(DocumentKind.__value__)
TRAVELLER_KINDS: tuple[TravellerKind, ...] = get_args(TravellerKind.__value__)
NEEDS: tuple[Need, ...] = get_args(Need.__value__)
_OF = "get_trips"
_YEARS = range(1970, 2101)
# What the database refuses whatever the rest looks like.
_DIGITS = re.compile(r"\d{5}")


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item to add, or with an id changes to one; empty texts clear.

    Attributes:
        day: ISO date; by default that of `starts`. Another day moves the times along.
        position: Its place among the items of its day, from 0; by default by time, else last.
        starts: ISO date and time, in `zone` where it has no offset; like `ends` in `end_zone`.
        price: Like `12.50 EUR`.
        payload: Whatever else is known of it, e.g. the offer as it was shown.
    """

    item_id: str | None = None
    kind: TripItemKind | None = None
    title: str | None = None
    status: TripItemStatus | None = None
    day: str | None = None
    position: int | None = None
    starts: str | None = None
    ends: str | None = None
    zone: str | None = None
    end_zone: str | None = None
    place_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    price: str | None = None
    booking_reference: str | None = None
    notes: str | None = None
    payload: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class PackingChange:
    """A thing to pack, or with an id changes to one."""

    entry_id: str | None = None
    name: str | None = None
    quantity: int | None = None
    packed: bool | None = None
    traveller: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """A document to carry, or with an id changes to one; `expires` is an ISO date."""

    document_id: str | None = None
    kind: str | None = None
    holder: str | None = None
    expires: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class StopChange:
    """One of the trip's places; `arrives` and `leaves` are ISO dates."""

    name: str
    arrives: str | None = None
    leaves: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class TravellerChange:
    """What is known of one traveller, beside the name."""

    name: str
    kind: TravellerKind | None = None
    needs: Sequence[Need] | None = None


@dataclass(frozen=True, slots=True)
class PartChange:
    """Fields to set of one thing: of the one with this id, or of a new one."""

    part_id: UUID | None
    fields: Mapping[str, object]
    where: str


@dataclass(frozen=True, slots=True)
class PartChanges:
    """Everything that is to change in what is in a trip; false when that is nothing.

    Attributes:
        stops: None to leave them; fields of `TripDestination`.
    """

    stops: tuple[Mapping[str, object], ...] | None = None
    companions: tuple[tuple[str, Mapping[str, object]], ...] = ()
    items: tuple[PartChange, ...] = ()
    packing: tuple[PartChange, ...] = ()
    documents: tuple[PartChange, ...] = ()
    remove: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to change."""
        return self.stops is not None or any(
            (self.companions, self.items, self.packing, self.documents, self.remove)
        )


def checked_parts(
    *,
    stops: Sequence[StopChange] | None,
    companions: Sequence[TravellerChange],
    items: Sequence[ItemChange],
    packing: Sequence[PackingChange],
    documents: Sequence[DocumentChange],
    remove: Sequence[str],
) -> PartChanges:
    """Check what can be checked without the stored trip.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    given: tuple[tuple[str, Sequence[object]], ...] = (
        ("items", items),
        ("packing", packing),
        ("documents", documents),
        ("remove", remove),
        ("companions", companions),
    )
    for argument, some in given:
        if len(some) > MOST_AT_ONCE:
            raise InvalidRequestError(argument, f"must be at most {MOST_AT_ONCE} at once")
    return PartChanges(
        None if stops is None else _stops(stops),
        tuple(_companion(each, f"companions.{n}") for n, each in enumerate(companions)),
        _items(items),
        _once(tuple(_packing(each, f"packing.{n}") for n, each in enumerate(packing))),
        _once(tuple(_document(each, f"documents.{n}") for n, each in enumerate(documents))),
        tuple(dict.fromkeys(identifier(each, "remove", of=_OF) for each in remove)),
    )


def _items(given: Sequence[ItemChange]) -> tuple[PartChange, ...]:
    size = sum(len(str(each.payload)) for each in given if each.payload)
    if size > LARGEST_PAYLOADS_BYTES:
        raise InvalidRequestError(
            "items", f"payloads must be at most {LARGEST_PAYLOADS_BYTES // 1024} kB together"
        )
    return _once(tuple(_item(each, f"items.{n}") for n, each in enumerate(given)))


def _item(given: ItemChange, where: str) -> PartChange:
    fields = _when(given, where)
    _choice(fields, where, "kind", given.kind, KINDS)
    _choice(fields, where, "status", given.status, ITEM_STATUSES)
    if given.title is not None:
        fields["title"] = line(given.title, f"{where}.title", longest=200, example='"Colosseum"')
    for name, words, longest in (
        ("place_id", given.place_id, 300),
        ("booking_reference", given.booking_reference, 60),
        ("notes", given.notes, 2000),
    ):
        if words is not None:
            fields[name] = _cleared(words, f"{where}.{name}", longest)
    if given.price is not None:
        fields["price"] = money(given.price, f"{where}.price") if given.price.strip() else None
    at = _coordinates(given.latitude, given.longitude, where)
    if at is not None:
        fields["coordinates"] = at
    if given.payload is not None:
        fields["payload"] = json_object(
            given.payload, f"{where}.payload", most_bytes=LARGEST_PAYLOAD_BYTES
        )
    return _change(given.item_id, "item_id", fields, where, needs=("kind", "title"))


def _when(given: ItemChange, where: str) -> dict[str, object]:
    """Return day, place within it, times and their zones, where they are given."""
    fields: dict[str, object] = {}
    if given.position is not None:
        if not 0 <= given.position <= MOST_POSITION:
            raise InvalidRequestError(
                f"{where}.position", f"must be 0 to {MOST_POSITION}", example="0"
            )
        fields["position"] = given.position
    if given.day is not None:
        fields["day"] = _day(given.day, f"{where}.day")
    for name, moment in (("starts", given.starts), ("ends", given.ends)):
        if moment is not None:
            fields[name] = _moment(moment, f"{where}.{name}")
    for name, zone in (("zone", given.zone), ("end_zone", given.end_zone)):
        if zone is not None:
            fields[name] = checked_zone(zone, f"{where}.{name}")
    return fields


def _packing(given: PackingChange, where: str) -> PartChange:
    fields: dict[str, object] = {}
    if given.name is not None:
        fields["name"] = line(given.name, f"{where}.name", longest=120, example='"Rain jacket"')
    if given.quantity is not None:
        if not 1 <= given.quantity <= MOST_OF_ONE_THING:
            raise InvalidRequestError(
                f"{where}.quantity", f"must be 1 to {MOST_OF_ONE_THING}", example="2"
            )
        fields["quantity"] = given.quantity
    if given.packed is not None:
        fields["packed"] = given.packed
    if given.traveller is not None:
        fields["traveller"] = _cleared(given.traveller, f"{where}.traveller", 80)
    return _change(given.entry_id, "entry_id", fields, where, needs=("name",))


def _document(given: DocumentChange, where: str) -> PartChange:
    fields: dict[str, object] = {}
    _choice(fields, where, "kind", given.kind, DOCUMENT_KINDS)
    if given.holder is not None:
        fields["holder"] = _no_number(
            line(given.holder, f"{where}.holder", longest=80, example='"self"'), f"{where}.holder"
        )
    if given.expires is not None:
        fields["expires"] = _day(given.expires, f"{where}.expires")
    if given.note is not None:
        note = _cleared(given.note, f"{where}.note", 300)
        fields["note"] = None if note is None else _no_number(note, f"{where}.note")
    return _change(given.document_id, "document_id", fields, where, needs=("kind", "holder"))


def _stops(given: Sequence[StopChange]) -> tuple[Mapping[str, object], ...]:
    if len(given) > MOST_STOPS:
        raise InvalidRequestError("stops", f"must be at most {MOST_STOPS}")
    stops: list[Mapping[str, object]] = []
    for n, each in enumerate(given):
        where = f"stops.{n}"
        arrives = _day(each.arrives or "", f"{where}.arrives")
        leaves = _day(each.leaves or "", f"{where}.leaves")
        if arrives and leaves and leaves < arrives:
            raise InvalidRequestError(f"{where}.leaves", "must not be before arrives")
        stops.append(
            {
                "name": line(each.name, f"{where}.name", longest=200, example='"Rome"'),
                "arrives": arrives,
                "leaves": leaves,
                "coordinates": _coordinates(each.latitude, each.longitude, where),
                "zone": checked_zone(each.zone or "", f"{where}.zone"),
            }
        )
    return tuple(stops)


def _companion(given: TravellerChange, where: str) -> tuple[str, Mapping[str, object]]:
    fields: dict[str, object] = {}
    _choice(fields, where, "kind", given.kind, TRAVELLER_KINDS)
    if given.needs is not None:
        if not set(given.needs) <= set(NEEDS):
            raise InvalidRequestError(
                f"{where}.needs", f"must be among {', '.join(NEEDS)}", example='["stroller"]'
            )
        fields["needs"] = tuple(dict.fromkeys(given.needs))
    name = line(given.name, f"{where}.name", longest=80, example='"Ines"')
    return (SELF if name.casefold() == SELF else name), fields


def _change(
    given_id: str | None,
    argument: str,
    fields: Mapping[str, object],
    where: str,
    needs: Sequence[str],
) -> PartChange:
    if given_id is not None:
        if not fields:
            raise InvalidRequestError(where, f"needs something to change beside {argument}")
        return PartChange(identifier(given_id, f"{where}.{argument}", of=_OF), fields, where)
    for name in needs:
        if name not in fields:
            raise InvalidRequestError(
                f"{where}.{name}", f"is required without {argument}, which names what to change"
            )
    return PartChange(None, fields, where)


def _once(changes: tuple[PartChange, ...]) -> tuple[PartChange, ...]:
    seen: set[UUID] = set()
    for each in changes:
        if each.part_id in seen:
            raise InvalidRequestError(each.where, "must not change the same thing twice")
        if each.part_id is not None:
            seen.add(each.part_id)
    return changes


def _choice(
    fields: dict[str, object], where: str, name: str, value: str | None, allowed: Sequence[str]
) -> None:
    if value is None:
        return
    if value not in allowed:
        raise InvalidRequestError(f"{where}.{name}", f"must be one of {', '.join(allowed)}")
    fields[name] = value


def _cleared(value: str, argument: str, longest: int) -> str | None:
    return text(value, argument, longest=longest) if value.strip() else None


def _day(value: str, argument: str) -> date | None:
    if not value.strip():
        return None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise InvalidRequestError(argument, "must be a date", example='"2027-05-10"')
    return day


def _moment(value: str, argument: str) -> datetime | None:
    if not value.strip():
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS or "T" not in value.upper().replace(" ", "T"):
        raise InvalidRequestError(argument, "must be a date and time", example='"2027-05-10T09:30"')
    return moment


def checked_zone(value: str, argument: str) -> str | None:
    """Return the name of a time zone; None of an empty one.

    Raises:
        InvalidRequestError: there is no such zone.
    """
    name = value.strip()
    if not name:
        return None
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise InvalidRequestError(
            argument, "must be the name of a time zone", example='"Europe/Rome"'
        ) from None
    return name


def _coordinates(latitude: float | None, longitude: float | None, where: str) -> Coordinates | None:
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        raise InvalidRequestError(f"{where}.latitude", "needs longitude beside it, and that this")
    try:
        return Coordinates(latitude, longitude)
    except ValueError:
        raise InvalidRequestError(f"{where}.latitude", "must be a point on Earth") from None


def _no_number(words: str, argument: str) -> str:
    if holds_a_number(words) or _DIGITS.search(words):
        raise InvalidRequestError(argument, "must not hold a document's number: it is not kept")
    return words
