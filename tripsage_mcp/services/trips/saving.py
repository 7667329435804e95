"""Storing what a checked request asks for, inside a change of a trip."""

from dataclasses import replace
from uuid import UUID

from tripsage_mcp.domain.trip import JSONObject, TripChange
from tripsage_mcp.domain.trip_item import ItineraryOrigin
from tripsage_mcp.domain.trip_sharing import TripAction
from tripsage_mcp.errors import NotFoundError
from tripsage_mcp.infrastructure.identifiers import NewId
from tripsage_mcp.repositories.ports import UnitOfWork
from tripsage_mcp.services.trips.parts import PartsToWrite, parts_to_write
from tripsage_mcp.services.trips.requests import Checked, check_span
from tripsage_mcp.services.trips.writes import Done


def touched(asked: Checked) -> tuple[frozenset[str], frozenset[UUID]]:
    """Return the names of the trip's fields and the ids in it that a request would write."""
    parts = asked.parts
    fields = set(asked.fields)
    others = {
        "itinerary": asked.itinerary,
        "budget_lines": asked.budget_lines,
        "stops": parts.stops,
        "companions": parts.companions or None,
    }
    fields |= {name for name, given in others.items() if given is not None}
    changes = (*parts.items, *parts.packing, *parts.documents)
    ids = {each.part_id for each in changes if each.part_id is not None} | set(parts.remove)
    return frozenset(fields), frozenset(ids)


async def store(
    unit: UnitOfWork,
    change: TripChange,
    asked: Checked,
    new_id: NewId,
    origin: ItineraryOrigin = "saved",
) -> Done:
    """Write everything a request asks for.

    Raises:
        InvalidRequestError: it does not fit what is stored.
        NotFoundError: there is no such version of the itinerary.
    """
    log: dict[TripAction, JSONObject] = {}
    answer: dict[str, object] = {}
    reason: JSONObject = {} if asked.reason is None else {"reason": asked.reason}
    if asked.fields:
        trip = replace(change.trip, **asked.fields)  # pyright: ignore[reportArgumentType] - each was checked
        check_span(trip.start_date, trip.end_date)
        await unit.trips.amend(change, trip)
        log["changed"] = {"fields": sorted(asked.fields), **reason}
    if asked.itinerary is not None:
        number = await _itinerary(unit, change, asked, origin)
        log["itinerary_changed"] = {**({} if number is None else {"number": number}), **reason}
        if number is not None:
            answer["itinerary_version"] = number
    if asked.budget_lines is not None:
        await unit.trip_parts.set_budget(change, asked.budget_lines)
        log["budget_changed"] = {"categories": len(asked.budget_lines)}
    if asked.parts:
        whole = await unit.trips.whole(change.trip_id)
        assert whole is not None
        parts = parts_to_write(whole, asked.parts, change.at, new_id)
        await _write(unit, change, parts)
        _tell(parts, log, answer)
    return Done(log, answer)


async def _itinerary(
    unit: UnitOfWork, change: TripChange, asked: Checked, origin: ItineraryOrigin
) -> int | None:
    """Make the next version; return its number, or None when there is no itinerary any more."""
    itinerary = asked.itinerary
    if isinstance(itinerary, int):
        earlier = await unit.trip_parts.itinerary(change.trip_id, itinerary)
        if earlier is None:
            raise NotFoundError(
                "The trip's itinerary has no such version",
                hint='get_trips with include=["versions"] gives those there are.',
            )
        reason = asked.reason or f"Version {itinerary} again"
        return await unit.trip_parts.add_itinerary(change, earlier, "restored", reason)
    if itinerary:
        return await unit.trip_parts.add_itinerary(change, itinerary, origin, asked.reason)
    trip = await unit.trips.get(change.trip_id)
    assert trip is not None
    await unit.trips.amend(change, replace(trip, itinerary=None))
    return None


async def _write(unit: UnitOfWork, change: TripChange, parts: PartsToWrite) -> None:
    into = unit.trip_parts
    if parts.stops is not None:
        await into.set_destinations(change, parts.stops)
    if parts.travellers is not None:
        await into.set_travellers(change, parts.travellers)
    if parts.remove_items:
        await into.delete_items(change, parts.remove_items)
    if parts.remove_packing:
        await into.delete_packing(change, parts.remove_packing)
    if parts.remove_documents:
        await into.delete_documents(change, parts.remove_documents)
    if parts.items:
        await into.save_items(change, parts.items)
    if parts.packing:
        await into.save_packing(change, parts.packing)
    if parts.documents:
        await into.save_documents(change, parts.documents)


def _tell(
    parts: PartsToWrite, log: dict[TripAction, JSONObject], answer: dict[str, object]
) -> None:
    """Add what was written to the log and to the answer."""
    asked = parts.items[: parts.asked_items]
    lists = len(parts.remove_packing) + len(parts.remove_documents)
    if parts.stops is not None or parts.travellers is not None:
        names = ("stops", parts.stops), ("travellers", parts.travellers)
        fields = [name for name, given in names if given is not None]
        log.setdefault("changed", {"fields": fields})
    if asked or parts.remove_items:
        log["items_changed"] = {
            "saved": len(asked),
            "removed": len(parts.remove_items),
            "titles": [each.title[:60] for each in asked[:5]],
        }
    if parts.packing or parts.documents or lists:
        log["lists_changed"] = {
            "packing": len(parts.packing),
            "documents": len(parts.documents),
            "removed": lists,
        }
    ids = {
        "items": [str(each.item_id) for each in asked],
        "packing": [str(each.entry_id) for each in parts.packing],
        "documents": [str(each.document_id) for each in parts.documents],
    }
    answer.update({name: given for name, given in ids.items() if given})
    removed = len(parts.remove_items) + lists
    if removed:
        answer["removed"] = removed
