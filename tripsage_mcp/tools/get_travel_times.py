"""The `get_travel_times` tool."""

from typing import Annotated, Literal, override

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.places import Point, TravelFound, TravelQuery
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.results import Answer, Opt, Source, tool

NO_WAY = -1
"""Written where there is no way: null would put a union into the schema."""

_MOST_LINES = 12

PointText = Annotated[str, Field(description='"latitude,longitude" or a place_id')]
PointTexts = Annotated[list[PointText], Field(min_length=1, max_length=25)]


class TravelTimesAnswer(Answer):
    """A travel matrix: row i, column j is the way from origin i to destination j."""

    mode: str
    origins: list[str]
    destinations: Annotated[
        Opt[list[str]], Field(description="Absent when they are the origins")
    ] = None
    minutes: Annotated[
        list[list[int]], Field(description="Whole minutes, rounded up; -1 where there is no way")
    ]
    distance_m: Annotated[list[list[int]], Field(description="Metres; -1 where not known")]
    estimated: Annotated[
        Opt[bool], Field(description="True: every time is computed from distance, none routed")
    ] = None
    estimated_pairs: Annotated[
        Opt[list[list[int]]], Field(description="[row, column] of the times that are estimates")
    ] = None
    source: Source

    @classmethod
    def of(cls, found: TravelFound) -> "TravelTimesAnswer":
        """Project a matrix."""
        times = found.times
        same = found.origins == found.destinations
        some = bool(found.estimated) and not times.estimated
        return cls(
            mode=times.mode,
            origins=[_name(point) for point in found.origins],
            destinations=None if same else [_name(point) for point in found.destinations],
            minutes=_plain(times.minutes),
            distance_m=_plain(times.distance_m),
            estimated=times.estimated or None,
            estimated_pairs=[list(pair) for pair in found.estimated] if some else None,
            source=Source.of(times.provenance),
        )

    @override
    def text(self) -> str:
        """Say the first ways, one a line."""
        ends = self.destinations or self.origins
        lines = [
            f"- {origin} to {end}: {_words(self.minutes[i][j])}"
            for i, origin in enumerate(self.origins)
            for j, end in enumerate(ends)
            if self.destinations is not None or i != j
        ]
        marks = ", some estimated" if self.estimated_pairs else ""
        marks = ", estimated from distance" if self.estimated else marks
        credit = self.source.attribution or self.source.source
        head = f"Travel times, {self.mode} ({self.source.data} data, {credit}{marks})"
        more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
        return "\n".join([head, *lines[:_MOST_LINES], *more])


async def get_travel_times(
    points: PointTexts,
    *,
    destinations: Annotated[
        Opt[PointTexts], Field(description="Without: between all points")
    ] = None,
    mode: Literal["walk", "transit", "drive", "bicycle"] = "walk",
    allow_estimate: Annotated[
        bool, Field(description="Fill gaps from distance, marked as estimated")
    ] = False,
    svc: Services = Depends(services),
) -> TravelTimesAnswer:
    """Get travel minutes and metres between points, as a matrix.

    Points are "latitude,longitude" or a place_id from search_places. Use it to order visits or to
    check that a plan is possible.
    """
    query = TravelQuery(points, destinations, mode, allow_estimate)
    return TravelTimesAnswer.of(await svc.places.travel_times(query))


TOOL = tool(
    get_travel_times, title="Get travel times", read_only=True, idempotent=True, open_world=True
)


def _name(point: Point) -> str:
    at = point.coordinates
    return point.name or f"{at.latitude:.5f},{at.longitude:.5f}"


def _plain(matrix: tuple[tuple[int | None, ...], ...]) -> list[list[int]]:
    return [[NO_WAY if cell is None else cell for cell in row] for row in matrix]


def _words(minutes: int) -> str:
    return "no way" if minutes == NO_WAY else f"{minutes} min"
