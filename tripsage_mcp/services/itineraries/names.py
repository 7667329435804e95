"""Finding the places of an itinerary that somebody wrote down by name alone."""

import re
from collections.abc import Mapping
from dataclasses import replace

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import Finding, is_anywhere
from tripsage_mcp.domain.place import Place, PlaceSearch
from tripsage_mcp.errors import NotFoundError, ProviderError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.planning.reading import PLACE_KINDS
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider
from tripsage_mcp.services.itineraries.arguments import as_coordinates, point
from tripsage_mcp.services.itineraries.candidates import (
    bare_name,
    same_name,
    settled,
    surely_alike,
    tells_apart,
)
from tripsage_mcp.services.itineraries.drafts import Draft, DraftItem
from tripsage_mcp.services.itineraries.facts import Named
from tripsage_mcp.services.places.where import Asked, asked, locate

_MOST_NAMES = 40
_MOST_MISSING = 10
_CONCURRENT = 8
_NEAR_M, _REACH_KM = 30_000, 60
_SEARCHED = 3
_ID = re.compile(r"[\w-]{6,300}")
_UNKNOWN_TOWN = "the destination could not be found"
_NO_SUCH_PLACE = "no place of this name was found near the destination"


async def with_place_ids(
    draft: Draft, places: PlaceProvider, geocoding: GeocodingProvider
) -> tuple[Draft, Named]:
    """Give an id to each item that names a place near the destination beyond doubt.

    Raises:
        InvalidRequestError: the destination cannot be a name.
    """
    found = Named()
    names = list(dict.fromkeys(i.name for day in draft.days for i in day.items if _is_name(i)))
    missing = _missing(draft)
    if not names and not missing and draft.time_zone is not None:
        return draft, found
    center = await _center(draft, geocoding, found)
    if center is None:
        found.why_not = dict.fromkeys(names, _UNKNOWN_TOWN)
        return draft, found
    ids: dict[str, str] = {}
    found.why_not |= dict.fromkeys(names[_MOST_NAMES:], "the itinerary has too many names")

    async def look(name: str) -> None:
        place = await _place(name, center, places, found)
        if place is not None:
            ids[name] = place.place_id
            found.places[place.place_id] = settled(place)

    async def look_for_hours(name: str) -> None:
        place = await _place(name, center, places, Named(failed=found.failed))
        if place is not None and same_name(name, place.name):
            found.places[place.place_id] = settled(place)

    await in_parallel(
        [
            *(lambda name=name: look(name) for name in names[:_MOST_NAMES]),
            *(lambda name=name: look_for_hours(name) for name in missing),
        ],
        at_most=_CONCURRENT,
    )
    found.findings += [_taken(n, found.places[ids[n]]) for n in names if n in ids]
    found.findings = [f for f in found.findings if not same_name(*f.items)]
    days = tuple(
        replace(
            day,
            items=tuple(
                replace(i, place_id=ids.get(i.name)) if _is_name(i) else i for i in day.items
            ),
        )
        for day in draft.days
    )
    return replace(draft, days=days), found


def _missing(draft: Draft) -> list[str]:
    """Return the must-sees that are not in the plan: they may be closed all the time."""
    planned = {i.name.casefold() for day in draft.days for i in day.items}
    wanted = dict.fromkeys(draft.must_see)
    return [name for name in wanted if name.casefold() not in planned][:_MOST_MISSING]


def _is_name(item: DraftItem) -> bool:
    somewhere = not is_anywhere(item.kind, item.name, item.place_id)
    return item.kind in PLACE_KINDS and not item.place_id and somewhere


async def _center(draft: Draft, geocoding: GeocodingProvider, found: Named) -> Coordinates | None:
    """Return the middle of the destination, or else the stay."""
    stay = point("stay_latitude", "stay_longitude", draft.stay_latitude, draft.stay_longitude)
    where = as_coordinates(draft.destination, "itinerary.destination")
    wanted = asked(draft.destination, None, None, argument="itinerary.destination")
    if where is not None:
        wanted = Asked(None, where, "itinerary.destination")
    if wanted is None:
        return stay
    try:
        there = await locate(geocoding, wanted)
    except NotFoundError:
        return stay
    except ProviderError:
        found.failed.append("geocoding")
        return stay
    if there.locality is not None:
        found.zone = there.locality.time_zone
    if there.provenance is not None:
        found.provenance.append(there.provenance)
    return there.coordinates


async def _place(
    name: str, center: Coordinates, places: PlaceProvider, found: Named
) -> Place | None:
    words = bare_name(name)[:200]
    if not tells_apart(words):
        found.why_not[name] = "its name does not say which place it is"
        return None
    try:
        answer = await places.search(PlaceSearch(words, center, _NEAR_M, limit=_SEARCHED))
    except ProviderError:
        found.why_not[name] = "the places service did not answer"
        if "some places" not in found.failed:
            found.failed.append("some places")
        return None
    found.provenance.append(answer.provenance)
    fit = [
        place
        for place in answer.places
        if surely_alike(words, place.name)
        and great_circle_km(center, place.coordinates) <= _REACH_KM
    ]
    if not fit:
        found.why_not[name] = _NO_SUCH_PLACE
        return None
    return next((place for place in fit if same_name(words, place.name)), fit[0])


def _taken(name: str, place: Place) -> Finding:
    return Finding(
        "place_assumed",
        "warning",
        f"{name} was taken to mean {place.name}.",
        items=(bare_name(name), place.name),
        suggestion="Give the place_id, as search_places shows it, if another one is meant.",
    )


async def called(
    name: str, known: Mapping[str, Place], places: PlaceProvider, middle: Coordinates | None
) -> Place | None:
    """Return the place that an id or a name means beyond doubt, near the middle of the plan.

    Raises:
        ProviderError: the places service failed.
    """
    if name in known:
        return known[name]
    if _ID.fullmatch(name):
        try:
            return settled((await places.get(name)).place)
        except NotFoundError:
            pass
    words = " ".join(name.split())[:200]
    if not words or middle is None:
        return None
    answer = await places.search(PlaceSearch(words, middle, _NEAR_M, limit=_SEARCHED))
    fit = [
        place
        for place in answer.places
        if surely_alike(words, place.name)
        and great_circle_km(middle, place.coordinates) <= _REACH_KM
    ]
    exact = next((place for place in fit if same_name(words, place.name)), None)
    chosen = exact or (fit[0] if fit else None)
    return None if chosen is None else settled(chosen)
