"""The travel matrix of Routes v2, asked for in pieces the API accepts and put together again.

https://developers.google.com/maps/documentation/routes/compute_route_matrix
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import PlaceRef, TravelEnd, TravelGap, TravelMode
from tripsage_mcp.domain.travel import position
from tripsage_mcp.errors import ProviderError, ProviderProtocolError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.infrastructure.http import JSONClient
from tripsage_mcp.providers.places.google_errors import PROVIDER, element_failure

FIELD_MASK = "originIndex,destinationIndex,status,condition,distanceMeters,duration"
MOST_IDS = 50
"""Ends given by place id in one request, origins and destinations together."""

_AT_MOST_AT_ONCE = 4
_MODES: dict[TravelMode, str] = {
    "walk": "WALK",
    "transit": "TRANSIT",
    "drive": "DRIVE",
    "bicycle": "BICYCLE",
}
_MOST_ELEMENTS = 625
_MOST_TRANSIT_ELEMENTS = 100
# They know timetables for a hundred days; the clocks may change in between.
_TIMETABLES_END = timedelta(days=99)
_WEEK = timedelta(days=7)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_WEDNESDAY = 2
_DEGREES_PER_HOUR = 15

type Cell = tuple[int | None, int | None]
"""Minutes and metres; both None where no way exists."""
type At = tuple[int, int]
"""An element's origin and destination, by index."""

_NO_WAY: Cell = (None, None)


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of the matrix: some origins to some destinations, by index."""

    origins: range
    destinations: range

    def cells(self) -> Iterator[At]:
        """Return every element in it."""
        return ((i, j) for i in self.origins for j in self.destinations)


@dataclass(frozen=True, slots=True)
class Trip:
    """A matrix to be filled.

    Attributes:
        departs: None where the hour does not matter, or was not told.
    """

    origins: tuple[TravelEnd, ...]
    destinations: tuple[TravelEnd, ...]
    mode: TravelMode
    departs: datetime | None

    @classmethod
    def of(
        cls,
        origins: tuple[TravelEnd, ...],
        destinations: tuple[TravelEnd, ...],
        mode: TravelMode,
        departs: datetime | None,
        now: datetime,
    ) -> "Trip":
        """Decide when it begins, of what was asked for and the API can answer."""
        match mode:
            case "walk" | "bicycle":
                departs = None
            case "transit" if departs is not None:
                departs = within_timetables(departs, now)
            case "transit" if origins:
                departs = ordinary_departure(now, position(origins[0]).longitude)
            case _:
                pass
        return cls(origins, destinations, mode, departs)

    def blocks(self) -> Iterator[Block]:
        """Cut it into what the API accepts; every element is in exactly one block."""
        most = _MOST_TRANSIT_ELEMENTS if self.mode == "transit" else _MOST_ELEMENTS
        for block in blocks(len(self.origins), len(self.destinations), most):
            yield from self._with_few_ids(block)

    def _with_few_ids(self, block: Block) -> Iterator[Block]:
        rows = sum(isinstance(self.origins[i], PlaceRef) for i in block.origins)
        columns = sum(isinstance(self.destinations[j], PlaceRef) for j in block.destinations)
        if rows + columns <= MOST_IDS:
            yield block
            return
        # The side with more ids has more than one end, so both halves have some.
        if rows >= columns:
            halves = (Block(half, block.destinations) for half in _halves(block.origins))
        else:
            halves = (Block(block.origins, half) for half in _halves(block.destinations))
        for half in halves:
            yield from self._with_few_ids(half)

    def body(self, block: Block) -> dict[str, Any]:
        """Write a block as ComputeRouteMatrixRequest."""
        body: dict[str, Any] = {
            "origins": [_waypoint(self.origins[i]) for i in block.origins],
            "destinations": [_waypoint(self.destinations[j]) for j in block.destinations],
            "travelMode": _MODES[self.mode],
        }
        if self.departs is not None:
            moment = self.departs.astimezone(UTC).replace(microsecond=0)
            body["departureTime"] = moment.isoformat().replace("+00:00", "Z")
            if self.mode == "drive":
                body["routingPreference"] = "TRAFFIC_AWARE"
        return body


@dataclass(slots=True)
class Matrix:
    """What was answered so far, and what failed."""

    answered: dict[At, Cell] = field(default_factory=dict[At, Cell])
    failed: dict[At, ProviderError] = field(default_factory=dict[At, ProviderError])

    def cell(self, i: int, j: int) -> Cell:
        """Return one element; no way where nothing was answered, which `gaps` tells apart."""
        return self.answered.get((i, j), _NO_WAY)

    def gaps(self) -> tuple[TravelGap, ...]:
        """Return the elements that failed, those of one cause together."""
        causes: dict[tuple[str, bool, float | None], list[At]] = {}
        for at, error in self.failed.items():
            causes.setdefault((error.code, error.retryable, error.retry_after_s), []).append(at)
        return tuple(TravelGap(tuple(sorted(cells)), *cause) for cause, cells in causes.items())


def blocks(origins: int, destinations: int, most: int) -> Iterator[Block]:
    """Cut a matrix into blocks of at most `most` elements; every element is in exactly one."""
    wide = min(destinations, most)
    if wide == 0:
        return
    high = most // wide
    for top in range(0, origins, high):
        rows = range(top, min(top + high, origins))
        for left in range(0, destinations, wide):
            yield Block(rows, range(left, min(left + wide, destinations)))


def _halves(indexes: range) -> tuple[range, range]:
    middle = len(indexes) // 2
    return indexes[:middle], indexes[middle:]


def whole_minutes(duration: str) -> int:
    """Read a duration such as `160s` as minutes, rounded up.

    Raises:
        ProviderProtocolError: it is no such duration.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ProviderProtocolError(PROVIDER, "unexpected body at 'duration'")
    return math.ceil(float(found[1]) / 60)


async def matrix(http: JSONClient, headers: dict[str, str], trip: Trip) -> Matrix:
    """Ask for every element; a piece or an element that failed leaves the others standing.

    Raises:
        ProviderError: not one element was answered; the first failure.
        NotFoundError: a place id is unknown.
    """
    merged = Matrix()

    async def ask(block: Block) -> None:
        try:
            elements = await http.request(
                "POST",
                "/distanceMatrix/v2:computeRouteMatrix",
                _ELEMENTS,
                json=trip.body(block),
                headers=headers | {"X-Goog-FieldMask": FIELD_MASK},
                idempotent=True,
            )
            _place(merged, block, elements)
        except ProviderError as failure:
            merged.failed |= dict.fromkeys(block.cells(), failure)

    calls = [lambda block=block: ask(block) for block in trip.blocks()]
    await in_parallel(calls, at_most=_AT_MOST_AT_ONCE)
    if merged.failed and not merged.answered:
        raise next(iter(merged.failed.values()))
    return merged


def ordinary_departure(now: datetime, longitude: float) -> datetime:
    """Return ten in the morning, by the sun, of the Wednesday to come.

    Timetables depend on the hour: asked at night for now, most of a town has no way to go.
    """
    day = now.astimezone(UTC).date() + timedelta(days=1)
    day += timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
    local = datetime.combine(day, time(10), UTC) - timedelta(
        hours=round(longitude / _DEGREES_PER_HOUR)
    )
    return local if local > now else local + _WEEK


def within_timetables(departs: datetime, now: datetime) -> datetime:
    """Return the same weekday and time of the last week that timetables are known for.

    Whole weeks earlier by the clock of its zone, so that a change of clocks in between does not
    shift it.
    """
    beyond = departs - (now + _TIMETABLES_END)
    return departs if beyond <= timedelta(0) else departs - math.ceil(beyond / _WEEK) * _WEEK


def _waypoint(end: TravelEnd) -> dict[str, Any]:
    if isinstance(end, PlaceRef):
        return {"waypoint": {"placeId": end.place_id}}
    return {"waypoint": {"location": {"latLng": _point(end)}}}


def _point(at: Coordinates) -> dict[str, float]:
    return {"latitude": at.latitude, "longitude": at.longitude}


def _place(merged: Matrix, block: Block, elements: "list[_RawElement]") -> None:
    """Put elements, which come in any order, where they belong.

    Raises:
        ProviderProtocolError: one is missing, or was not asked for; none of the block is kept.
    """
    placed: dict[At, Cell] = {}
    failed: dict[At, ProviderError] = {}
    for element in elements:
        if not (
            0 <= element.originIndex < len(block.origins)
            and 0 <= element.destinationIndex < len(block.destinations)
        ):
            raise ProviderProtocolError(PROVIDER, "a travel time that was not asked for")
        at = block.origins[element.originIndex], block.destinations[element.destinationIndex]
        if at in placed or at in failed:
            raise ProviderProtocolError(PROVIDER, "the same travel time twice")
        failure = element_failure(element.status.code)
        if failure is None:
            placed[at] = element.cell()
        else:
            failed[at] = failure
    if len(placed) + len(failed) != len(block.origins) * len(block.destinations):
        raise ProviderProtocolError(PROVIDER, "not every travel time was answered")
    merged.answered |= placed
    merged.failed |= failed


class _RawStatus(BaseModel):
    code: int = 0


class _RawElement(BaseModel):
    originIndex: int  # noqa: N815 - their spelling, as below
    destinationIndex: int  # noqa: N815
    status: _RawStatus = _RawStatus()
    condition: str | None = None
    # Zero is left out of their JSON.
    distanceMeters: int = 0  # noqa: N815
    duration: str | None = None

    def cell(self) -> Cell:
        if self.status.code != 0 or self.condition != "ROUTE_EXISTS":
            return _NO_WAY
        if self.duration is None:
            raise ProviderProtocolError(PROVIDER, "a route without its duration")
        return whole_minutes(self.duration), self.distanceMeters


_ELEMENTS = TypeAdapter(list[_RawElement])
