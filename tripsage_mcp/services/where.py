"""Where a request is about: a name, which is resolved, or coordinates, taken as they are."""

from dataclasses import dataclass

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import Locality
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.providers.ports import GeocodingProvider

_SHORTEST_NAME = 2
_LONGEST_NAME = 200
_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Where:
    """A point, and how it was found.

    Attributes:
        locality: What a name was taken to mean; None where coordinates were given.
        alternatives: Up to three other localities of that name.
        provenance: Of the resolution; None where coordinates were given.
    """

    coordinates: Coordinates
    locality: Locality | None = None
    alternatives: tuple[Locality, ...] = ()
    provenance: Provenance | None = None


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
    """Resolve a name to its best match; coordinates need no network.

    Raises:
        NotFoundError: nothing has this name.
        ProviderError: the geocoder failed.
    """
    if place.coordinates is not None:
        return Where(place.coordinates)
    assert place.name is not None
    found = await geocoding.localities(place.name, limit=_ALTERNATIVES + 1)
    if not found.localities:
        raise NotFoundError(
            f"{place.argument}: no town or region of this name was found",
            hint="Try the English name, add the country, or give latitude and longitude.",
        )
    best, *others = found.localities
    return Where(best.coordinates, best, tuple(others[:_ALTERNATIVES]), provenance=found.provenance)
