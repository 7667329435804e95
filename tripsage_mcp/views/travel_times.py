"""How the ways between places look in an answer."""

from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.place import TravelGap, TravelTimes
from tripsage_mcp.services.places.service import Point, TravelFound
from tripsage_mcp.views.base import Answer, Opt, Part, Source
from tripsage_mcp.views.places import point_text

NO_WAY = -1
"""Written where there is no way: null would put a union into the schema."""
NOT_ANSWERED = -2

_MOST_LINES = 12


class WayFailure(Part):
    """Why ways were not answered."""

    code: str
    ways: Annotated[int, Field(description="How many")]
    retryable: bool
    retry_after_s: Opt[float] = None

    @classmethod
    def of(cls, gap: TravelGap) -> "WayFailure":
        """Project a gap; the matrix says where it is."""
        return cls(
            code=gap.code,
            ways=len(gap.cells),
            retryable=gap.retryable,
            retry_after_s=gap.retry_after_s,
        )


class TravelTimesAnswer(Answer):
    """A travel matrix: row i, column j is the way from origin i to destination j."""

    mode: str
    origins: list[str]
    destinations: Annotated[
        Opt[list[str]], Field(description="Absent when they are the origins")
    ] = None
    departs_at: Annotated[
        Opt[str], Field(description="When the times are for, by timetable or traffic")
    ] = None
    minutes: Annotated[
        list[list[int]],
        Field(description="Whole minutes, rounded up; -1 no way, -2 not answered: see failures"),
    ]
    distance_m: Annotated[list[list[int]], Field(description="Metres; -1 where not known")]
    failures: Annotated[
        Opt[list[WayFailure]], Field(description="Why some ways were not answered")
    ] = None
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
            departs_at=None
            if times.departs is None
            else times.departs.isoformat(timespec="minutes"),
            minutes=_minutes(times),
            distance_m=[[NO_WAY if m is None else m for m in row] for row in times.distance_m],
            failures=[WayFailure.of(gap) for gap in times.gaps] or None,
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
        marks += ", some not answered" if self.failures else ""
        credit = self.source.attribution or self.source.source
        head = f"Travel times, {self.mode} ({self.source.data} data, {credit}{marks})"
        more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
        return "\n".join([head, *lines[:_MOST_LINES], *more])


def _minutes(times: TravelTimes) -> list[list[int]]:
    shown = [[NO_WAY if cell is None else cell for cell in row] for row in times.minutes]
    for gap in times.gaps:
        for i, j in gap.cells:
            shown[i][j] = NOT_ANSWERED
    return shown


def _name(point: Point) -> str:
    return point.name or point_text(point.coordinates)


def _words(minutes: int) -> str:
    return {NO_WAY: "no way", NOT_ANSWERED: "not answered"}.get(minutes, f"{minutes} min")
