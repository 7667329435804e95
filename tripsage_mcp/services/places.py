"""Finding places, and the time it takes to go from one to another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import Place, PlaceSearch, TravelMode, TravelTimes
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.domain.travel import estimated_metres, estimated_minutes
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, ProviderError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider
from tripsage_mcp.services.where import Where, asked, coordinates, locate

MOST_PLACES = 20
MOST_POINTS = 25
LARGEST_RADIUS_M = 50_000
_LONGEST_QUERY = 200
_HIGHEST_RATING = 5
_AT_MOST_AT_ONCE = 4

# fmt: off
KINDS = frozenset({
    "airport", "amusement_park", "aquarium", "art_gallery", "bakery", "bar", "beach",
    "botanical_garden", "buddhist_temple", "cafe", "castle", "church", "historical_landmark",
    "hindu_temple", "hotel", "lodging", "market", "monument", "mosque", "museum",
    "national_park", "night_club", "observation_deck", "opera_house", "park",
    "performing_arts_theater", "restaurant", "shopping_mall", "stadium", "synagogue",
    "tourist_attraction", "train_station", "transit_station", "zoo",
})
# fmt: on
"""What a search can be narrowed to: the part of Google's table A that matters on a trip."""

_MODES: frozenset[TravelMode] = frozenset({"walk", "transit", "drive", "bicycle"})
_POINT = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*")
_PLACE_ID = re.compile(r"[A-Za-z0-9_-]{1,300}")
_POINT_EXAMPLE = '["38.7139,-9.1335", "38.6916,-9.2160"]'


@dataclass(frozen=True, slots=True)
class PlaceQuery:
    """A search as the caller wrote it.

    Attributes:
        near: A town to search around; not with `latitude` and `longitude`.
        radius_m: Metres, 1 to 50 000; places further away may still follow those within.
        kind: One of `KINDS`.
        limit: 1 to 20.
    """

    query: str
    near: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_m: float = 5_000
    kind: str | None = None
    open_now: bool = False
    min_rating: float | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class PlacesNear:
    """Places by relevance, and the middle of the search where there was one."""

    places: tuple[Place, ...]
    provenance: Provenance
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One end of a way; `name` where it was given as a place id."""

    coordinates: Coordinates
    name: str | None = None


@dataclass(frozen=True, slots=True)
class TravelQuery:
    """Ways to be timed.

    Attributes:
        points: Each `latitude,longitude` or a place id; the origins.
        destinations: Likewise; None means from every point to every point.
        allow_estimate: Fill what the provider cannot answer from the distance, and say so.
    """

    points: Sequence[str]
    destinations: Sequence[str] | None = None
    mode: TravelMode = "walk"
    allow_estimate: bool = False


@dataclass(frozen=True, slots=True)
class TravelFound:
    """A travel matrix with its ends.

    Attributes:
        estimated: The (origin, destination) indexes that were computed from the distance.
    """

    origins: tuple[Point, ...]
    destinations: tuple[Point, ...]
    times: TravelTimes
    estimated: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceService:
    """Searches places and times the ways between them.

    `data` labels what is computed here rather than answered by a provider.
    """

    places: PlaceProvider
    geocoding: GeocodingProvider
    now: Clock = utc_now
    data: DataKind = "live"

    async def search(self, query: PlaceQuery) -> PlacesNear:
        """Return up to `limit` places, most relevant first; none is not an error.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: nothing has the name given as `near`.
            ProviderError: a provider failed.
        """
        search = _checked(query)
        place = asked(query.near, query.latitude, query.longitude, argument="near")
        where = None
        if place is not None:
            where = await locate(self.geocoding, place)
            search = replace(search, center=where.coordinates, radius_m=float(query.radius_m))
        found = await self.places.search(search)
        return PlacesNear(found.places, found.provenance, where)

    async def travel_times(self, query: TravelQuery) -> TravelFound:
        """Return the matrix from each point to each destination.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: a place id names nothing.
            ProviderError: a provider failed, and no estimate was allowed.
        """
        from_points = _points(query.points, "points")
        to_points = (
            from_points
            if query.destinations is None
            else _points(query.destinations, "destinations")
        )
        if query.destinations is None and len(from_points) == 1:
            raise InvalidRequestError(
                "points", "must be two or more without destinations", example=_POINT_EXAMPLE
            )
        if query.mode not in _MODES:
            raise InvalidRequestError(
                "mode", f"must be one of {', '.join(sorted(_MODES))}", example='"walk"'
            )
        called = {point: f"destinations[{n}]" for n, point in enumerate(to_points)}
        if query.destinations is None:
            called = {}
        called |= {point: f"points[{n}]" for n, point in enumerate(from_points)}
        known = await self._known(called)
        origins = tuple(known[point] for point in from_points)
        destinations = tuple(known[point] for point in to_points)
        times = await self._routed(origins, destinations, query)
        if not query.allow_estimate:
            return TravelFound(origins, destinations, times)
        return _filled(origins, destinations, times)

    async def _known(self, called: "dict[str | Coordinates, str]") -> "dict[object, Point]":
        """Look up each place id once; coordinates are known already.

        Args:
            called: What the caller calls each point.
        """

        async def one(point: str | Coordinates) -> Point:
            if isinstance(point, Coordinates):
                return Point(point)
            try:
                place = (await self.places.get(point)).place
            except NotFoundError as exc:
                raise NotFoundError(
                    f"{called[point]}: there is no place with this id", hint=exc.hint
                ) from exc
            return Point(place.coordinates, place.name)

        found = await in_parallel(
            [lambda point=point: one(point) for point in called], at_most=_AT_MOST_AT_ONCE
        )
        return dict(zip(called, found, strict=True))

    async def _routed(
        self, origins: tuple[Point, ...], destinations: tuple[Point, ...], query: TravelQuery
    ) -> TravelTimes:
        """Ask the provider; when it fails and an estimate will do, return an empty matrix."""
        try:
            return await self.places.travel_times(
                tuple(point.coordinates for point in origins),
                tuple(point.coordinates for point in destinations),
                query.mode,
            )
        except ProviderError:
            if not query.allow_estimate:
                raise
            empty = ((None,) * len(destinations),) * len(origins)
            provenance = Provenance("estimate", self.data, self.now())
            return TravelTimes(query.mode, empty, empty, provenance)


def _checked(query: PlaceQuery) -> PlaceSearch:
    text = " ".join(query.query.split())
    if not 1 <= len(text) <= _LONGEST_QUERY:
        raise InvalidRequestError(
            "query", f"must be 1 to {_LONGEST_QUERY} characters", example='"art museums"'
        )
    if not 1 <= query.radius_m <= LARGEST_RADIUS_M:
        raise InvalidRequestError(
            "radius_m", f"must be 1 to {LARGEST_RADIUS_M} metres", example="5000"
        )
    if query.kind is not None and query.kind not in KINDS:
        raise InvalidRequestError(
            "kind", f"must be one of {', '.join(sorted(KINDS))}", example='"museum"'
        )
    if query.min_rating is not None and not 0 <= query.min_rating <= _HIGHEST_RATING:
        raise InvalidRequestError("min_rating", "must be 0 to 5", example="4.5")
    if not 1 <= query.limit <= MOST_PLACES:
        raise InvalidRequestError("limit", f"must be 1 to {MOST_PLACES}", example="10")
    return PlaceSearch(
        query=text,
        included_type=query.kind,
        open_now=query.open_now,
        min_rating=query.min_rating,
        limit=query.limit,
    )


def _points(texts: Sequence[str], argument: str) -> tuple[str | Coordinates, ...]:
    if not 1 <= len(texts) <= MOST_POINTS:
        raise InvalidRequestError(
            argument, f"must be 1 to {MOST_POINTS} points", example=_POINT_EXAMPLE
        )
    return tuple(_point(text, argument) for text in texts)


def _point(text: str, argument: str) -> str | Coordinates:
    found = _POINT.fullmatch(text)
    if found is not None:
        return coordinates(float(found[1]), float(found[2]), argument=argument)
    if _PLACE_ID.fullmatch(text.strip()):
        return text.strip()
    raise InvalidRequestError(
        argument,
        'must each be "latitude,longitude" or a place_id of search_places',
        example=_POINT_EXAMPLE,
    )


def _filled(
    origins: tuple[Point, ...], destinations: tuple[Point, ...], times: TravelTimes
) -> TravelFound:
    """Put an estimate wherever there is no routed time and the distance allows one."""
    minutes = [list(row) for row in times.minutes]
    metres = [list(row) for row in times.distance_m]
    estimated: list[tuple[int, int]] = []
    for i, origin in enumerate(origins):
        for j, destination in enumerate(destinations):
            if minutes[i][j] is not None:
                continue
            guess = estimated_minutes(origin.coordinates, destination.coordinates, times.mode)
            if guess is None:
                continue
            minutes[i][j] = guess
            metres[i][j] = estimated_metres(origin.coordinates, destination.coordinates, times.mode)
            estimated.append((i, j))
    filled = replace(
        times,
        minutes=tuple(tuple(row) for row in minutes),
        distance_m=tuple(tuple(row) for row in metres),
        estimated=len(estimated) == len(origins) * len(destinations),
    )
    return TravelFound(origins, destinations, filled, tuple(estimated))
