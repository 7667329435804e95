"""What is in a trip after a change: nothing is stored here."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.trip_item import TripDestination, TripItem, TripTraveller
from tripsage_mcp.domain.trip_lists import PackingEntry, TravelDocument
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure.identifiers import NewId
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.trips.part_requests import PartChange, PartChanges

MOST_ITEMS = 500
MOST_ENTRIES = 200
MOST_DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class PartsToWrite:
    """What to store and to erase.

    Attributes:
        items: The ones that were asked for, in that order; then those they pushed along.
        asked_items: How many of `items` were asked for.
        stops: None to leave them.
        travellers: Every one, or None to leave them.
    """

    items: tuple[TripItem, ...] = ()
    asked_items: int = 0
    packing: tuple[PackingEntry, ...] = ()
    documents: tuple[TravelDocument, ...] = ()
    stops: tuple[TripDestination, ...] | None = None
    travellers: tuple[TripTraveller, ...] | None = None
    remove_items: tuple[UUID, ...] = ()
    remove_packing: tuple[UUID, ...] = ()
    remove_documents: tuple[UUID, ...] = ()


def parts_to_write(
    whole: WholeTrip, changes: PartChanges, now: datetime, new_id: NewId
) -> PartsToWrite:
    """Return what changes make of what is in a trip.

    Raises:
        InvalidRequestError: an id names nothing in this trip, there would be too much in it, or
            the times of an item make no sense.
    """
    gone = set(changes.remove)
    _check_removed(whole, gone)
    items = tuple(each for each in whole.items if each.item_id not in gone)
    packing = tuple(each for each in whole.packing if each.entry_id not in gone)
    documents = tuple(each for each in whole.documents if each.document_id not in gone)
    asked, pushed = _items(items, changes.items, _zone_of(whole, changes), now, new_id)
    return PartsToWrite(
        items=(*asked, *pushed),
        asked_items=len(asked),
        packing=_packing(packing, changes.packing, new_id),
        documents=_documents(documents, changes.documents, new_id),
        stops=None
        if changes.stops is None
        else tuple(TripDestination(new_id(), **stop) for stop in changes.stops),  # pyright: ignore[reportArgumentType] - each was checked
        travellers=_travellers(whole.travellers, changes.companions),
        remove_items=tuple(each.item_id for each in whole.items if each.item_id in gone),
        remove_packing=tuple(each.entry_id for each in whole.packing if each.entry_id in gone),
        remove_documents=tuple(
            each.document_id for each in whole.documents if each.document_id in gone
        ),
    )


def _items(
    there: Sequence[TripItem],
    changes: Sequence[PartChange],
    zone: str | None,
    now: datetime,
    new_id: NewId,
) -> tuple[tuple[TripItem, ...], tuple[TripItem, ...]]:
    """Return what was asked for, and what that pushed along within its day."""
    order = {each.item_id: each for each in there}
    known = _known(order, changes, "items", "item_id", MOST_ITEMS)
    asked: list[UUID] = []
    for change in changes:
        old = None if change.part_id is None else known[change.part_id]
        new = _item(old, change, zone, now, new_id)
        asked.append(new.item_id)
        if old is None or old.day != new.day or "position" in change.fields:
            _put(order, new, change.fields.get("position"))
        else:
            order[new.item_id] = new
    wanted = set(asked)
    pushed = tuple(
        order[each.item_id]
        for each in there
        if each.item_id not in wanted and order[each.item_id] != each
    )
    return tuple(order[item_id] for item_id in asked), pushed


def _item(
    old: TripItem | None, change: PartChange, zone: str | None, now: datetime, new_id: NewId
) -> TripItem:
    fields = dict(change.fields)
    fields.pop("position", None)
    if fields.get("payload", 0) is None:
        fields["payload"] = {}
    starts, ends = fields.pop("starts", ...), fields.pop("ends", ...)
    base = old or TripItem(new_id(), "note", "", created_at=now, updated_at=now)
    # Put together before the times, which have to fit each other.
    made = replace(base, starts=None, ends=None, **fields)  # pyright: ignore[reportArgumentType] - each was checked
    begins, until = base.starts, base.ends
    if "day" in fields and starts is ... and begins is not None:
        begins, until = _moved(base, made.day, change)
    if starts is not ...:
        begins = _aware(starts, made.zone or zone, change, "starts")
    if ends is not ...:
        until = _aware(ends, made.end_zone or made.zone or zone, change, "ends")
    if begins is None and starts is not ...:
        # Without a beginning there is no end either.
        until = None
    if until is not None and (begins is None or until < begins):
        raise InvalidRequestError(f"{change.where}.ends", "needs a starts that is not after it")
    made_zone = made.zone or (zone if starts is not ... and begins is not None else None)
    day = made.day
    if begins is not None and (starts is not ... or "zone" in fields):
        day = _local_day(begins, made_zone)
        if fields.get("day", day) != day:
            raise InvalidRequestError(
                f"{change.where}.day", "must be the day of starts, or left out", example=f'"{day}"'
            )
    return replace(made, starts=begins, ends=until, zone=made_zone, day=day)


def _moved(
    item: TripItem, day: date | None, change: PartChange
) -> tuple[datetime | None, datetime | None]:
    """Return an item's times at the same hours of another day; without a day there are none."""
    if day is None or item.starts is None:
        return None, None
    by = day - _local_day(item.starts, item.zone)

    def moved(moment: datetime, zone: str) -> datetime | None:
        clock = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return _aware(clock + by, zone, change, "day")

    zone = item.zone or "UTC"
    ends = None if item.ends is None else moved(item.ends, item.end_zone or zone)
    return moved(item.starts, zone), ends


def _aware(value: object, zone: str | None, change: PartChange, name: str) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    if value.utcoffset() is not None:
        return value if zone is None else value.astimezone(ZoneInfo(zone))
    if zone is None:
        raise InvalidRequestError(
            f"{change.where}.{name}",
            "needs an offset, or a zone beside it",
            example='"2027-05-10T09:30+02:00"',
        )
    there = value.replace(tzinfo=ZoneInfo(zone))
    if there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != value:
        raise InvalidRequestError(
            f"{change.where}.{name}",
            "is in the hour that the clocks skip there that night; if it is meant, give an offset",
        )
    return there


def _local_day(moment: datetime, zone: str | None) -> date:
    return (moment if zone is None else moment.astimezone(ZoneInfo(zone))).date()


def _put(order: dict[UUID, TripItem], item: TripItem, position: object) -> None:
    """Put an item among those of its day: where it was asked for, else by time, else last."""
    day = sorted(
        (each for each in order.values() if each.day == item.day and each.item_id != item.item_id),
        key=lambda each: (each.position, each.created_at, each.item_id),
    )
    if isinstance(position, int):
        at = min(position, len(day))
    else:
        later = (n for n, each in enumerate(day) if _after(each, item))
        at = next(later, len(day))
    for n, each in enumerate((*day[:at], item, *day[at:])):
        order[each.item_id] = each if each.position == n else replace(each, position=n)


def _after(one: TripItem, other: TripItem) -> bool:
    return one.starts is not None and other.starts is not None and one.starts > other.starts


def _packing(
    there: Sequence[PackingEntry], changes: Sequence[PartChange], new_id: NewId
) -> tuple[PackingEntry, ...]:
    known = {each.entry_id: each for each in there}
    _known(known, changes, "packing", "entry_id", MOST_ENTRIES)
    last = max((each.position for each in there), default=-1)
    made: list[PackingEntry] = []
    for change in changes:
        if change.part_id is None:
            last += 1
            base = PackingEntry(new_id(), "", last)
        else:
            base = known[change.part_id]
        made.append(replace(base, **change.fields))  # pyright: ignore[reportArgumentType] - each was checked
    return tuple(made)


def _documents(
    there: Sequence[TravelDocument], changes: Sequence[PartChange], new_id: NewId
) -> tuple[TravelDocument, ...]:
    known = {each.document_id: each for each in there}
    _known(known, changes, "documents", "document_id", MOST_DOCUMENTS)
    return tuple(
        replace(
            TravelDocument(new_id(), "other", "")
            if change.part_id is None
            else known[change.part_id],
            **change.fields,  # pyright: ignore[reportArgumentType] - each was checked
        )
        for change in changes
    )


def _travellers(
    there: Sequence[TripTraveller], changes: Iterable[tuple[str, Mapping[str, object]]]
) -> tuple[TripTraveller, ...] | None:
    known = {each.name.casefold(): each for each in there}
    changed = False
    for n, (name, fields) in enumerate(changes):
        traveller = known.get(name.casefold())
        if traveller is None:
            raise InvalidRequestError(f"companions.{n}.name", "must be one of the travellers")
        known[name.casefold()] = replace(traveller, **fields)  # pyright: ignore[reportArgumentType] - each was checked
        changed = True
    return tuple(known.values()) if changed else None


def _known[T](
    there: Mapping[UUID, T],
    changes: Sequence[PartChange],
    argument: str,
    id_name: str,
    most: int,
) -> dict[UUID, T]:
    """Return what there is, having checked that every id names some of it and there is room."""
    for change in changes:
        if change.part_id is not None and change.part_id not in there:
            raise InvalidRequestError(f"{change.where}.{id_name}", "names nothing in this trip")
    new = sum(change.part_id is None for change in changes)
    if new and len(there) + new > most:
        raise InvalidRequestError(argument, f"a trip holds at most {most}")
    return dict(there)


def _check_removed(whole: WholeTrip, gone: AbstractSet[UUID]) -> None:
    there = {each.item_id for each in whole.items}
    there |= {each.entry_id for each in whole.packing}
    there |= {each.document_id for each in whole.documents}
    if not gone <= there:
        raise InvalidRequestError(
            "remove", "must be ids of items, packing and documents that are in this trip"
        )


def _zone_of(whole: WholeTrip, changes: PartChanges) -> str | None:
    """Return the time zone of the whole trip, where there is one for all of its stops."""
    stops = changes.stops
    zones: set[object] = (
        {each.zone for each in whole.destinations}
        if stops is None
        else {stop["zone"] for stop in stops}
    )
    only = zones.pop() if len(zones) == 1 else None
    return only if isinstance(only, str) else None
