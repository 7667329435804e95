"""Legs between points: routed where the provider was asked, else estimated and marked so."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.domain.place import TravelMode, TravelTimes
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.travel import estimated_metres, estimated_minutes
from tripsage_mcp.errors import ProviderError
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.planning.problem import UNREACHABLE, Matrix, Mode
from tripsage_mcp.providers.ports import PlaceProvider

GRID_MINUTES = 5
"""Plans are made on this grid, so that people read 09:30 and not 09:32."""
USUAL_MODES: tuple[TravelMode, ...] = ("walk", "transit")
_ON_FOOT: TravelMode = "walk"
_CONCURRENT = 4
_RIDE_FROM_KM, _WALK_TO_KM = 1.5, 3.0
"""Nobody waits for a bus to go less far, nor walks farther; in between it is a matter of time."""
_SPARED_RIDE_FROM_KM, _SPARED_WALK_TO_KM = 0.4, 1.0
"""The same for those who should walk little."""
_WALK_PRICE = 1.25
"""What a minute on foot weighs against one on wheels, as in `problem.Weights`."""

type Pair = tuple[Coordinates, Coordinates]
type _Matrices = tuple[Matrix, Matrix, tuple[Mode, ...]]
type _Asked = tuple[tuple[Coordinates, ...], int]


def on_grid(minutes: int) -> int:
    """Round up to the grid."""
    return -(-minutes // GRID_MINUTES) * GRID_MINUTES


class Ways:
    """The legs known so far.

    Asking for every pair of candidates would cost a user thousands of billed matrix elements per
    plan, so the search works on estimates and only the pairs of one day's stops are ever routed.
    """

    def __init__(
        self,
        places: PlaceProvider,
        modes: Sequence[TravelMode] = USUAL_MODES,
        *,
        little_walking: bool = False,
    ) -> None:
        self._places = places
        self.modes: tuple[TravelMode, ...] = tuple(modes) or USUAL_MODES
        limits = (_RIDE_FROM_KM, _WALK_TO_KM)
        self._ride_from, self._walk_to = (
            (_SPARED_RIDE_FROM_KM, _SPARED_WALK_TO_KM) if little_walking else limits
        )
        self._routed: dict[tuple[Coordinates, Coordinates, TravelMode], Leg] = {}
        self._asked: set[tuple[Coordinates, Coordinates, TravelMode]] = set()
        self._last: tuple[_Asked, _Matrices] | None = None
        self.provenance: list[Provenance] = []
        self.failed = False

    def leg(
        self, start: Coordinates, end: Coordinates, mode: TravelMode | None = None
    ) -> Leg | None:
        """Return the way from one point to another, the best one unless a mode is named.

        None when they are too far apart to guess.
        """
        if start == end:
            return Leg("walk", 0)
        modes = self._sensible(start, end) if mode is None else (mode,)
        legs = [leg for each in modes if (leg := self._leg(start, end, each)) is not None]
        return min(legs, key=_weight, default=None)

    def _leg(self, start: Coordinates, end: Coordinates, mode: TravelMode) -> Leg | None:
        known = self._routed.get((start, end, mode))
        if known is not None:
            return known
        minutes = estimated_minutes(start, end, mode)
        if minutes is None:
            return None
        return Leg(mode, minutes, estimated=True, meters=estimated_metres(start, end))

    def matrices(self, points: Sequence[Coordinates]) -> _Matrices:
        """Return the best way's travel and walking minutes between all points, and all modes.

        Everything is on the grid but what is walked.
        """
        key = (tuple(points), len(self._routed))
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        best = [[self.leg(a, b) for b in points] for a in points]
        modes = tuple(
            Mode(name, (_minutes(legs),), _walking(legs))
            for name in self.modes
            if len(self.modes) > 1
            for legs in [[[self._offered(a, b, name) for b in points] for a in points]]
        )
        self._last = key, (_minutes(best), _walking(best), modes)
        return self._last[1]

    def mode_name(self, number: int | None) -> TravelMode | None:
        """Return the name of a mode of `matrices` by its index."""
        return None if number is None else self.modes[number]

    def _offered(self, start: Coordinates, end: Coordinates, mode: TravelMode) -> Leg | None:
        if start == end:
            return Leg("walk", 0)
        return self._leg(start, end, mode) if mode in self._sensible(start, end) else None

    async def route(self, groups: Iterable[Sequence[Coordinates]]) -> None:
        """Ask for all pairs within each group, once; what fails stays an estimate."""
        asked: list[tuple[tuple[Coordinates, ...], TravelMode]] = []
        for group in groups:
            points = tuple(dict.fromkeys(group))
            pairs = [*combinations(points, 2), *combinations(reversed(points), 2)]
            # Short ways are walked whatever else there is.
            for mode in dict.fromkeys((*self.modes, _ON_FOOT)):
                wanted = {(a, b, mode) for a, b in pairs if mode in self._sensible(a, b)}
                if not wanted <= self._asked:
                    self._asked |= {(a, b, mode) for a, b in pairs}
                    asked.append((points, mode))
        await self._ask_all(asked)

    async def route_as_said(self, said: Iterable[tuple[Pair, TravelMode]]) -> None:
        """Ask for ways by the mode that somebody takes, whatever would be sensible."""
        wanted: list[tuple[tuple[Coordinates, ...], TravelMode]] = [
            ((start, end), mode)
            for (start, end), mode in dict.fromkeys(said)
            if start != end and (start, end, mode) not in self._routed
        ]
        await self._ask_all(wanted)

    async def _ask_all(self, asked: Iterable[tuple[tuple[Coordinates, ...], TravelMode]]) -> None:
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
                if start != end and minutes is not None:
                    self._routed[start, end, times.mode] = Leg(
                        times.mode, minutes, times.estimated, times.distance_m[i][j]
                    )

    def _sensible(self, start: Coordinates, end: Coordinates) -> tuple[TravelMode, ...]:
        """Return the modes worth considering for a way, at least one."""
        km = great_circle_km(start, end)
        found: tuple[TravelMode, ...] = tuple(
            mode
            for mode in self.modes
            if (km <= self._walk_to if mode == "walk" else km >= self._ride_from)
        )
        return found or (self.modes if km > self._walk_to else (_ON_FOOT,))


def _weight(leg: Leg) -> float:
    return leg.minutes * (_WALK_PRICE if leg.mode == "walk" else 1.0)


def _minutes(legs: Sequence[Sequence[Leg | None]]) -> Matrix:
    return tuple(
        tuple(UNREACHABLE if leg is None else on_grid(leg.minutes) for leg in row) for row in legs
    )


def _walking(legs: Sequence[Sequence[Leg | None]]) -> Matrix:
    return tuple(
        tuple(leg.minutes if leg is not None and leg.mode == "walk" else 0 for leg in row)
        for row in legs
    )
