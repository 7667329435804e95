"""The travel matrix of Routes v2, asked for in pieces the API accepts and put together again.

https://developers.google.com/maps/documentation/routes/compute_route_matrix
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import TravelMode
from tripsage_mcp.errors import ProviderProtocolError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.infrastructure.http import JSONClient
from tripsage_mcp.providers.places.google_errors import PROVIDER, element_failure

FIELD_MASK = "originIndex,destinationIndex,status,condition,distanceMeters,duration"

_AT_MOST_AT_ONCE = 4
_MODES: dict[TravelMode, str] = {
    "walk": "WALK",
    "transit": "TRANSIT",
    "drive": "DRIVE",
    "bicycle": "BICYCLE",
}
_MOST_ELEMENTS = 625
_MOST_TRANSIT_ELEMENTS = 100
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_WEDNESDAY = 2
_DEGREES_PER_HOUR = 15

type Cell = tuple[int | None, int | None]
"""Minutes and metres; both None where no way exists."""


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of the matrix: some origins to some destinations, by index."""

    origins: range
    destinations: range


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


def whole_minutes(duration: str) -> int:
    """Read a duration such as `160s` as minutes, rounded up.

    Raises:
        ProviderProtocolError: it is no such duration.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ProviderProtocolError(PROVIDER, "unexpected body at 'duration'")
    return math.ceil(float(found[1]) / 60)


async def matrix(
    http: JSONClient,
    headers: dict[str, str],
    points: tuple[Sequence[Coordinates], Sequence[Coordinates]],
    mode: TravelMode,
    now: Clock,
) -> dict[tuple[int, int], Cell]:
    """Return every element by its origin's and destination's index.

    Raises:
        ProviderProtocolError: an element is missing, or one was not asked for.
        ProviderError: any piece failed; there is no partial matrix.
    """
    origins, destinations = points
    most = _MOST_TRANSIT_ELEMENTS if mode == "transit" else _MOST_ELEMENTS

    async def ask(block: Block) -> dict[tuple[int, int], Cell]:
        body: dict[str, Any] = {
            "origins": [_waypoint(origins[i]) for i in block.origins],
            "destinations": [_waypoint(destinations[j]) for j in block.destinations],
            "travelMode": _MODES[mode],
        }
        if mode == "transit":
            body["departureTime"] = ordinary_departure(now(), origins[0].longitude)
        elements = await http.request(
            "POST",
            "/distanceMatrix/v2:computeRouteMatrix",
            _ELEMENTS,
            json=body,
            headers=headers | {"X-Goog-FieldMask": FIELD_MASK},
            idempotent=True,
        )
        return _placed(block, elements)

    asked = [
        lambda block=block: ask(block) for block in blocks(len(origins), len(destinations), most)
    ]
    merged: dict[tuple[int, int], Cell] = {}
    for piece in await in_parallel(asked, at_most=_AT_MOST_AT_ONCE):
        merged |= piece
    return merged


def ordinary_departure(now: datetime, longitude: float) -> str:
    """Return ten in the morning, by the sun, of the Wednesday to come.

    Timetables depend on the hour: asked at night for now, most of a town has no way to go.
    """
    day = now.astimezone(UTC).date() + timedelta(days=1)
    day += timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
    local = datetime.combine(day, time(10), UTC) - timedelta(
        hours=round(longitude / _DEGREES_PER_HOUR)
    )
    if local <= now:
        local += timedelta(days=7)
    return local.isoformat().replace("+00:00", "Z")


def _waypoint(at: Coordinates) -> dict[str, Any]:
    point = {"latitude": at.latitude, "longitude": at.longitude}
    return {"waypoint": {"location": {"latLng": point}}}


def _placed(block: Block, elements: "list[_RawElement]") -> dict[tuple[int, int], Cell]:
    """Put elements, which come in any order, where they belong."""
    placed: dict[tuple[int, int], Cell] = {}
    for element in elements:
        if not (
            0 <= element.originIndex < len(block.origins)
            and 0 <= element.destinationIndex < len(block.destinations)
        ):
            raise ProviderProtocolError(PROVIDER, "a travel time that was not asked for")
        at = block.origins[element.originIndex], block.destinations[element.destinationIndex]
        if at in placed:
            raise ProviderProtocolError(PROVIDER, "the same travel time twice")
        placed[at] = element.cell()
    if len(placed) != len(block.origins) * len(block.destinations):
        raise ProviderProtocolError(PROVIDER, "not every travel time was answered")
    return placed


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
        failure = element_failure(self.status.code)
        if failure is not None:
            raise failure
        if self.status.code != 0 or self.condition != "ROUTE_EXISTS":
            return None, None
        if self.duration is None:
            raise ProviderProtocolError(PROVIDER, "a route without its duration")
        return whole_minutes(self.duration), self.distanceMeters


_ELEMENTS = TypeAdapter(list[_RawElement])
