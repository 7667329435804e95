"""What a stay should be near to, and how far it is on foot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import PlaceSearch
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.stay import Stay
from tripsage_mcp.domain.travel import estimated_minutes
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, ProviderError
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider
from tripsage_mcp.services.places.where import Asked

NEAREST_ROUTED = 100
"""Every way costs; the farther ones are estimated."""
_LOOKED_AROUND_M = 30_000
_FARTHEST_KM = 60
# Nobody walks faster, whatever the streets are like.
_FASTEST_KM_PER_MINUTE = 0.12


@dataclass(frozen=True, slots=True)
class Near:
    """A place that was looked for.

    Attributes:
        provenance: None where it was given as coordinates.
    """

    name: str
    coordinates: Coordinates
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class Walks:
    """Minutes on foot to a place, by `stay_id`; absent where there is no way or no position.

    Attributes:
        estimated: The ids whose minutes are reckoned from the distance.
        source: Who routed the others; None where nobody did.
    """

    minutes: Mapping[str, int] = field(default_factory=dict[str, int])
    estimated: frozenset[str] = frozenset()
    source: str | None = None


async def find_near(
    places: PlaceProvider, geocoding: GeocodingProvider, wanted: Asked, around: Coordinates | None
) -> Near:
    """Look a place up, in or around a town.

    Raises:
        NotFoundError: there is no such place there.
        ProviderError: neither places nor names could be looked up.
    """
    if wanted.coordinates is not None:
        at = wanted.coordinates
        return Near(f"{at.latitude:.5f},{at.longitude:.5f}", at)
    assert wanted.name is not None
    failed: ProviderError | None = None
    try:
        search = PlaceSearch(wanted.name, around, _LOOKED_AROUND_M, limit=1)
        found = await places.search(search)
        for place in found.places:
            if _is_around(place.coordinates, around):
                return Near(place.name, place.coordinates, found.provenance)
    except ProviderError as error:
        failed = error
    named = await _named(geocoding, wanted.name, around)
    if named is not None:
        return named
    if failed is not None:
        raise failed
    raise NotFoundError(
        "near: no such place was found around the location",
        hint="Name it otherwise, or give latitude,longitude as search_places has it.",
    )


async def _named(
    geocoding: GeocodingProvider, name: str, around: Coordinates | None
) -> Near | None:
    """Look for a town or quarter of that name."""
    try:
        found = await geocoding.localities(name, limit=8)
    except (ProviderError, InvalidRequestError):
        return None
    for locality in found.localities:
        if _is_around(locality.coordinates, around):
            return Near(locality.name, locality.coordinates, found.provenance)
    return None


def _is_around(at: Coordinates, around: Coordinates | None) -> bool:
    return around is None or great_circle_km(at, around) <= _FARTHEST_KM


def estimates(stays: Iterable[Stay], near: Near) -> Walks:
    """Reckon every walk from the distance."""
    minutes = {
        stay.stay_id: estimate
        for stay in stays
        if stay.coordinates is not None
        and (estimate := estimated_minutes(stay.coordinates, near.coordinates, "walk")) is not None
    }
    return Walks(minutes, frozenset(minutes))


async def walks(
    places: PlaceProvider, stays: Sequence[Stay], near: Near, most: int | None
) -> Walks:
    """Route the walks that matter; what nobody could route is estimated, and marked so.

    Args:
        places: Routes.
        stays: From where.
        near: To where.
        most: Minutes beyond which a walk does not matter; None where all do.
    """
    rough = estimates(stays, near)
    located = {
        stay.stay_id: (stay.coordinates, great_circle_km(stay.coordinates, near.coordinates))
        for stay in stays
        if stay.coordinates is not None
    }
    reach_km = None if most is None else most * _FASTEST_KM_PER_MINUTE
    within = [i for i, (_, km) in located.items() if reach_km is None or km <= reach_km]
    ids = sorted(within, key=lambda stay_id: located[stay_id][1])[:NEAREST_ROUTED]
    if not ids:
        return rough
    origins = tuple(located[stay_id][0] for stay_id in ids)
    try:
        times = await places.travel_times(origins, (near.coordinates,), "walk")
    except (ProviderError, NotFoundError):
        return rough
    unanswered = {row for gap in times.gaps for row, _ in gap.cells}
    minutes, estimated = dict(rough.minutes), set(rough.estimated)
    for row, stay_id in enumerate(ids):
        if row in unanswered:
            continue
        estimated.discard(stay_id)
        routed = times.minutes[row][0]
        if routed is None:
            minutes.pop(stay_id, None)
        else:
            minutes[stay_id] = routed
    return Walks(minutes, frozenset(estimated), times.provenance.source)
