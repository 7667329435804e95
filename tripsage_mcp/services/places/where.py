"""Where a request is about: a name, which is resolved, or coordinates, taken as they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import Locality
from tripsage_mcp.domain.plain_text import bare
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.providers.ports import GeocodingProvider

_SHORTEST_NAME = 2
_LONGEST_NAME = 200
_LOOKED_AT = 8
_CANDIDATES = 5
_ALTERNATIVES = 3
# Of two namesakes the one with this many times the people is meant.
_CLEARLY = 3
# A town and the province it gave its name to are one place to a traveller.
_ONE_PLACE_KM = 100


@dataclass(frozen=True, slots=True)
class Where:
    """A point, and how it was found.

    Attributes:
        locality: What a name was taken to mean; None where coordinates were given.
        alternatives: Up to three other localities of that name.
        provenance: Of the resolution; None where coordinates were given.
        approximate: `locality` is only the nearest town known.
    """

    coordinates: Coordinates
    locality: Locality | None = None
    alternatives: tuple[Locality, ...] = ()
    provenance: Provenance | None = None
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A place as the caller wrote it, already checked; resolve it with `locate`."""

    name: str | None
    coordinates: Coordinates | None
    argument: str


def asked(
    name: str | None, latitude: float | None, longitude: float | None, *, argument: str
) -> Asked | None:
    """Check what the caller wrote; None when it says nothing about where.

    Args:
        name: A town or region.
        latitude: Degrees; only with `longitude`, and not with `name`.
        longitude: Degrees; only with `latitude`.
        argument: What the caller calls `name`.

    Raises:
        InvalidRequestError: the three do not make one place.
    """
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise InvalidRequestError(
            missing, "must be given together with the other coordinate", example="38.71"
        )
    if name is not None and latitude is not None:
        raise InvalidRequestError(
            argument, "must not be given together with latitude and longitude", example='"Lisbon"'
        )
    if name is not None:
        name = " ".join(name.split())
        if not _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
            raise InvalidRequestError(
                argument, "must be 2 to 200 characters", example='"Lisbon, Portugal"'
            )
        return Asked(name, None, argument)
    if latitude is None or longitude is None:
        return None
    return Asked(None, coordinates(latitude, longitude), argument)


def coordinates(latitude: float, longitude: float, *, argument: str | None = None) -> Coordinates:
    """Make a point of what a caller wrote.

    Raises:
        InvalidRequestError: it is not on Earth; names `argument`, or else the coordinate at fault.
    """
    try:
        return Coordinates(latitude, longitude)
    except ValueError as exc:
        at_fault = "longitude" if "longitude" in str(exc) else "latitude"
        limit = 180 if at_fault == "longitude" else 90
        raise InvalidRequestError(
            argument or at_fault,
            f"{at_fault} must be between -{limit} and {limit} degrees",
            example='"38.7139,-9.1335"' if argument else "38.7139",
        ) from exc


async def locate(geocoding: GeocodingProvider, place: Asked) -> Where:
    """Resolve a name to what is clearly meant; coordinates need no network.

    Raises:
        InvalidRequestError: the name may mean several places, which are then named.
        NotFoundError: nothing has this name.
        ProviderError: the geocoder failed.
    """
    if place.coordinates is not None:
        return Where(place.coordinates)
    assert place.name is not None
    found = await geocoding.localities(place.name, limit=_LOOKED_AT)
    if not found.localities:
        raise NotFoundError(
            f"{place.argument}: no town or region of this name was found",
            hint="Try the English name, add the country, or give latitude and longitude.",
        )
    best, *others = _namesakes(place.name, found.localities)
    rivals = [other for other in others if _could_be_meant(other, best)]
    if rivals:
        candidates = "; ".join(described(each) for each in (best, *rivals)[:_CANDIDATES])
        raise InvalidRequestError(
            place.argument,
            f"may mean several places, add the region and country of one: {candidates}",
            example=f'"{best.full_name}"',
        )
    return Where(best.coordinates, best, tuple(others[:_ALTERNATIVES]), provenance=found.provenance)


async def whereabouts(geocoding: GeocodingProvider, where: Where) -> Where:
    """Add the town, country and time zone of a point that was given as coordinates.

    Raises:
        ProviderError: the geocoder failed.
    """
    if where.locality is not None:
        return where
    around = await geocoding.reverse(where.coordinates)
    return replace(
        where,
        locality=around.locality,
        provenance=around.provenance,
        approximate=around.approximate,
    )


def described(locality: Locality) -> str:
    """Name a locality and say how many people live there, where that is known."""
    people = "" if locality.population is None else f" ({locality.population:,} people)"
    return locality.full_name + people


def _namesakes(name: str, found: Sequence[Locality]) -> list[Locality]:
    """Return the places of this name, the largest first, else in the provider's order.

    A name in another language is that of the best match; what merely begins with it is left out.
    """
    called = {bare(name.partition(",")[0]), bare(found[0].name)}
    apart: list[Locality] = []
    for each in found:
        if bare(each.name) in called and not any(_one_place(each, other) for other in apart):
            apart.append(each)
    if apart[0].population is not None:
        apart.sort(key=lambda each: -(each.population or 0))
    return apart


def _one_place(a: Locality, b: Locality) -> bool:
    near = great_circle_km(a.coordinates, b.coordinates) <= _ONE_PLACE_KM
    return near and a.country_code == b.country_code


def _could_be_meant(other: Locality, best: Locality) -> bool:
    if other.population is None or best.population is None:
        # The provider's own order is all there is to go by.
        return False
    return other.population * _CLEARLY > best.population
