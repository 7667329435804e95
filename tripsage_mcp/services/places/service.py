"""Finding places, and the time it takes to go from one to another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.opening_hours import Interval, is_dated, open_on
from tripsage_mcp.domain.place import (
    Place,
    PlaceDetails,
    PlaceRef,
    PlaceSearch,
    PlacesFound,
    TravelEnd,
    TravelGap,
    TravelTimes,
)
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.domain.travel import estimated_metres, estimated_minutes
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderError,
    ProviderRejectedError,
    TripSageError,
)
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import GeocodingProvider, PlaceProvider
from tripsage_mcp.services.places import cursor as place_cursor
from tripsage_mcp.services.places import requests as place_requests
from tripsage_mcp.services.places import travel_requests
from tripsage_mcp.services.places.requests import DetailsQuery, PlaceQuery
from tripsage_mcp.services.places.travel_requests import TravelQuery
from tripsage_mcp.services.places.where import Where, locate

_AT_MOST_AT_ONCE = 8
# A name in one word cannot be told from an id.
_POINT_HINT = "Names do not work here: take a fresh place_id from search_places, or coordinates."


@dataclass(frozen=True, slots=True)
class OpenOn:
    """When a place is open on one date.

    Attributes:
        intervals: In the place's own zone, with the night that follows; None when nobody knows.
        dated: Known for that very date, holidays included, rather than as usual on that weekday.
    """

    intervals: tuple[Interval, ...] | None
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A place that was asked for and could not be described, and the error's code."""

    place_id: str
    code: str


@dataclass(frozen=True, slots=True)
class PlacesNear:
    """Places in the order asked for, and the middle of the search where there was one.

    Attributes:
        detailed: They were asked for one by one, so everything known of them is here.
        open_on: The date asked about.
        opens: By place, when it is open on that date; empty without one.
        next_cursor: None on the last page.
    """

    places: tuple[Place, ...]
    provenance: Provenance
    where: Where | None = None
    detailed: bool = False
    open_on: date | None = None
    opens: tuple[OpenOn, ...] = ()
    missing: tuple[Missing, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One end of a way; `name` and `place_id` where it was given by its id."""

    coordinates: Coordinates
    name: str | None = None
    place_id: str | None = None

    def end(self) -> TravelEnd:
        """Return what the provider finds the way to best: of a place it knows the entrance."""
        if self.place_id is None:
            return self.coordinates
        return PlaceRef(self.place_id, self.coordinates)


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

    async def find(self, query: PlaceQuery, place_ids: Sequence[str] | None = None) -> PlacesNear:
        """Describe the places of `place_ids`, else search.

        Raises:
            InvalidRequestError: an argument breaks a rule, or belongs to the other of the two.
            NotFoundError: see `search` and `details`.
            ProviderError: a provider failed.
        """
        if place_ids is None:
            return await self.search(query)
        for name in ("query", "near", "latitude", "longitude", "kind", "cursor"):
            if getattr(query, name) is not None:
                raise InvalidRequestError("place_ids", f"must not be given together with {name}")
        return await self.details(DetailsQuery(place_ids, query.open_on))

    async def search(self, query: PlaceQuery) -> PlacesNear:
        """Return up to `limit` places; none is not an error.

        Raises:
            InvalidRequestError: an argument breaks a rule, or `near` may mean several towns.
            NotFoundError: nothing has the name given as `near`.
            ProviderError: a provider failed.
        """
        wanted = place_requests.wanted(query, self.now())
        page = place_cursor.read(query)
        where = None if wanted.where is None else await locate(self.geocoding, wanted.where)
        center = None if where is None else where.coordinates
        if wanted.text is not None:
            found = await self._searched(wanted.search(wanted.text, center, page))
        else:
            assert center is not None
            found = await self.places.nearby(wanted.nearby(center))
        return PlacesNear(
            found.places,
            found.provenance,
            where,
            open_on=query.open_on,
            opens=_opens(found.places, query.open_on),
            next_cursor=place_cursor.write(query, found.next_page),
        )

    async def _searched(self, search: PlaceSearch) -> PlacesFound:
        try:
            return await self.places.search(search)
        except ProviderRejectedError as refusal:
            # With a hint it is about the key; without, their cursor has run out.
            if search.page is None or refusal.hint is not None:
                raise
            raise place_cursor.gone() from refusal

    async def details(self, query: DetailsQuery) -> PlacesNear:
        """Return all that is known of a few places, in the order asked for.

        One that cannot be described is listed as missing beside the others.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: not one of the ids names a place.
            ProviderError: not one could be described, and it was not the ids.
        """
        ids = place_requests.place_ids(query.place_ids)
        place_requests.check_date(query.open_on, self.now())

        async def one(place_id: str) -> PlaceDetails | TripSageError:
            try:
                return await self.places.get(place_id)
            except (NotFoundError, ProviderError) as failure:
                return failure

        answers = await in_parallel(
            [lambda place_id=place_id: one(place_id) for place_id in ids], at_most=_AT_MOST_AT_ONCE
        )
        found = [answer for answer in answers if isinstance(answer, PlaceDetails)]
        failed = {
            place_id: answer
            for place_id, answer in zip(ids, answers, strict=True)
            if isinstance(answer, TripSageError)
        }
        if not found:
            # An outage says nothing about the ids.
            raise max(failed.values(), key=lambda failure: isinstance(failure, ProviderError))
        places = tuple(details.place for details in found)
        return PlacesNear(
            places,
            min((details.provenance for details in found), key=lambda known: known.fetched_at),
            detailed=True,
            open_on=query.open_on,
            opens=_opens(places, query.open_on),
            missing=tuple(Missing(place_id, failure.code) for place_id, failure in failed.items()),
        )

    async def travel_times(self, query: TravelQuery) -> TravelFound:
        """Return the matrix from each point to each destination.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: a place id names nothing.
            ProviderError: nothing was answered, and no estimate was allowed.
        """
        wanted = travel_requests.wanted(query, self.now())
        known = await self._known(wanted.called)
        origins = tuple(known[point] for point in wanted.origins)
        destinations = tuple(known[point] for point in wanted.destinations)
        departs = travel_requests.departure_at(wanted.departs, origins[0].coordinates, self.now())
        times = await self._routed(origins, destinations, query, departs)
        if times.departs is not None:
            zone = ZoneInfo(countries.zone_at(origins[0].coordinates))
            times = replace(times, departs=times.departs.astimezone(zone))
        if not query.allow_estimate:
            return TravelFound(origins, destinations, times)
        return _filled(origins, destinations, times, self._reckoned())

    async def _known(
        self, called: Mapping[str | Coordinates, str]
    ) -> Mapping[str | Coordinates, Point]:
        """Look up each place id once; coordinates are known already.

        Args:
            called: What the caller calls each point.
        """

        async def one(point: str | Coordinates) -> Point:
            if isinstance(point, Coordinates):
                return Point(point)
            try:
                place = (await self.places.get(point, brief=True)).place
            except NotFoundError as exc:
                raise NotFoundError(
                    f"{called[point]}: there is no place with this id", hint=_POINT_HINT
                ) from exc
            return Point(place.coordinates, place.name, point)

        found = await in_parallel(
            [lambda point=point: one(point) for point in called], at_most=_AT_MOST_AT_ONCE
        )
        return dict(zip(called, found, strict=True))

    async def _routed(
        self,
        origins: tuple[Point, ...],
        destinations: tuple[Point, ...],
        query: TravelQuery,
        departs: datetime | None,
    ) -> TravelTimes:
        """Ask the provider; when it fails and an estimate will do, return nothing but a gap."""
        try:
            return await self.places.travel_times(
                tuple(point.end() for point in origins),
                tuple(point.end() for point in destinations),
                query.mode,
                departs=departs,
            )
        except ProviderError as failure:
            if not query.allow_estimate:
                raise
            empty = ((None,) * len(destinations),) * len(origins)
            cells = tuple((i, j) for i in range(len(origins)) for j in range(len(destinations)))
            gap = TravelGap(cells, failure.code, failure.retryable, failure.retry_after_s)
            return TravelTimes(query.mode, empty, empty, self._reckoned(), gaps=(gap,))

    def _reckoned(self) -> Provenance:
        return Provenance("estimate", self.data, self.now())


def _opens(places: Sequence[Place], day: date | None) -> tuple[OpenOn, ...]:
    return () if day is None else tuple(_open_on(place, day) for place in places)


def _open_on(place: Place, day: date) -> OpenOn:
    match place.status:
        case "closed_permanently":
            return OpenOn((), dated=True)
        case "future" if place.opens_on is not None and day < place.opens_on:
            return OpenOn((), dated=True)
        case "future" | "closed_temporarily":
            # By then it may have opened, or opened again.
            return OpenOn(None)
        case "operational":
            hours = place.opening_hours
            if hours is None:
                return OpenOn(None)
            return OpenOn(open_on(hours, day, _zone(place)), is_dated(hours, day))


def _zone(place: Place) -> ZoneInfo:
    try:
        return ZoneInfo(place.time_zone or "")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(countries.zone_at(place.coordinates))


def _filled(
    origins: tuple[Point, ...],
    destinations: tuple[Point, ...],
    times: TravelTimes,
    reckoned: Provenance,
) -> TravelFound:
    """Put an estimate where there is no routed time and the distance allows one.

    That there is no way on foot or by road stands; by transit it may only mean that nobody gave the
    provider a timetable.
    """
    gaps = {cell for gap in times.gaps for cell in gap.cells}
    minutes = [list(row) for row in times.minutes]
    metres = [list(row) for row in times.distance_m]
    estimated: list[tuple[int, int]] = []
    for i, origin in enumerate(origins):
        for j, destination in enumerate(destinations):
            if minutes[i][j] is not None or not ((i, j) in gaps or times.mode == "transit"):
                continue
            ends = origin.coordinates, destination.coordinates
            guess = estimated_minutes(*ends, times.mode)
            if guess is not None:
                minutes[i][j], metres[i][j] = guess, estimated_metres(*ends)
                estimated.append((i, j))
    filled = replace(
        times,
        minutes=tuple(tuple(row) for row in minutes),
        distance_m=tuple(tuple(row) for row in metres),
        gaps=tuple(_without(times.gaps, frozenset(estimated))),
    )
    if len(estimated) == len(origins) * len(destinations):
        # Nothing of it is the provider's, and no timetable or traffic was looked at.
        filled = replace(filled, provenance=reckoned, estimated=True, departs=None)
    return TravelFound(origins, destinations, filled, tuple(estimated))


def _without(gaps: Iterable[TravelGap], cells: frozenset[tuple[int, int]]) -> Iterator[TravelGap]:
    for gap in gaps:
        left = tuple(cell for cell in gap.cells if cell not in cells)
        if left:
            yield replace(gap, cells=left)
