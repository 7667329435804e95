"""Legs between points: routed where the provider was asked, else estimated and marked so."""

from collections.abc import Sequence

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.domain.place import TravelMode, TravelTimes
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.travel import estimated_minutes
from tripsage_mcp.errors import ProviderError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.planning.problem import UNREACHABLE, Matrix
from tripsage_mcp.providers.ports import PlaceProvider

WALK_BELOW_KM = 2.0
GRID_MINUTES = 5
"""Plans are made on this grid, so that people read 09:30 and not 09:32."""
_CONCURRENT = 4

_MODES: tuple[TravelMode, ...] = ("walk", "transit")

type Pair = tuple[Coordinates, Coordinates]


def on_grid(minutes: int) -> int:
    """Round up to the grid."""
    return -(-minutes // GRID_MINUTES) * GRID_MINUTES


class Ways:
    """The legs known so far.

    Asking for every pair of candidates would cost a user thousands of billed matrix elements per
    plan, so the search works on estimates and only the pairs of one day's stops are ever routed.
    """

    def __init__(self, places: PlaceProvider) -> None:
        self._places = places
        self._routed: dict[Pair, Leg] = {}
        self.provenance: list[Provenance] = []
        self.failed = False

    def leg(self, start: Coordinates, end: Coordinates) -> Leg | None:
        """Return the way from one point to another; None when they are too far apart to guess."""
        if start == end:
            return Leg("walk", 0)
        known = self._routed.get((start, end))
        if known is not None:
            return known
        mode = _mode(start, end)
        minutes = estimated_minutes(start, end, mode)
        return None if minutes is None else Leg(mode, minutes, estimated=True)

    def known(self, start: Coordinates, end: Coordinates) -> bool:
        """Tell whether a pair has been routed."""
        return (start, end) in self._routed

    def matrices(self, points: Sequence[Coordinates]) -> tuple[Matrix, Matrix]:
        """Return travel and walking minutes between all points, on the grid."""
        legs = [[self.leg(a, b) for b in points] for a in points]
        travel = tuple(
            tuple(UNREACHABLE if leg is None else on_grid(leg.minutes) for leg in row)
            for row in legs
        )
        walking = tuple(
            tuple(leg.minutes if leg is not None and leg.mode == "walk" else 0 for leg in row)
            for row in legs
        )
        return travel, walking

    async def route(self, groups: Sequence[Sequence[Coordinates]]) -> None:
        """Ask for all pairs within each group; what fails stays an estimate."""
        asked: list[tuple[tuple[Coordinates, ...], TravelMode]] = []
        for group in groups:
            points = tuple(dict.fromkeys(group))
            used = {_mode(a, b) for a in points for b in points if a != b}
            for mode in _MODES:
                if mode in used:
                    asked.append((points, mode))  # noqa: PERF401 - typed, unlike a list's sum
        await in_parallel(
            [lambda points=points, mode=mode: self._ask(points, mode) for points, mode in asked],
            at_most=_CONCURRENT,
        )

    async def _ask(self, points: tuple[Coordinates, ...], mode: TravelMode) -> None:
        try:
            times = await self._places.travel_times(points, points, mode)
        except ProviderError:
            self.failed = True
            return
        self.failed |= bool(times.gaps)
        self._keep(points, times)
        self.provenance.append(times.provenance)

    def _keep(self, points: tuple[Coordinates, ...], times: TravelTimes) -> None:
        for i, start in enumerate(points):
            for j, end in enumerate(points):
                minutes = times.minutes[i][j]
                if start != end and minutes is not None and _mode(start, end) == times.mode:
                    self._routed[start, end] = Leg(times.mode, minutes, times.estimated)


def _mode(start: Coordinates, end: Coordinates) -> TravelMode:
    return "walk" if great_circle_km(start, end) < WALK_BELOW_KM else "transit"
