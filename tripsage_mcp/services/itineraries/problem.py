"""From the facts of a trip to what the solver is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import ItineraryItem
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.planning.problem import (
    UNREACHABLE,
    Candidate,
    Matrix,
    MealSlot,
    Plan,
    Problem,
)
from tripsage_mcp.services.itineraries.candidates import Found, Selection, candidates, meal_slots
from tripsage_mcp.services.itineraries.costs import Costs
from tripsage_mcp.services.itineraries.frame import Frame
from tripsage_mcp.services.itineraries.layout import (
    PINNED,
    Habits,
    Layout,
    Spots,
    clipped,
    layout,
)
from tripsage_mcp.services.itineraries.travel import Pair, Ways

_NO_MEAL = (0, 0)


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything a plan depends on besides the places to choose from.

    Attributes:
        costs: None where there is no budget.
        now: Nothing is planned before it.
        exact: Ways that take no longer than this, whatever is known of them.
        doubles: Sets of place ids of which one is enough.
    """

    given: Frame
    habits: Habits
    chosen: Selection
    ways: Ways
    now: datetime
    weather: Mapping[date, WeatherDay] = field(default_factory=dict[date, WeatherDay])
    costs: Costs | None = None
    budget: Money | None = None
    exact: Mapping[Pair, int] = field(default_factory=dict[Pair, int])
    doubles: Sequence[frozenset[str]] = ()

    def problem(self, found: Mapping[str, Found]) -> Problem:
        """Return the task of planning with these places."""
        spots = Spots()
        spots.at(self.given.stay)
        laid = layout(self.given, self.habits, spots, self.ways, self.now)
        locations = {key: spots.at(each.place.coordinates) for key, each in found.items()}
        free = candidates(
            list(found.values()),
            self.chosen,
            self.given.zone,
            self.weather,
            locations,
            self._cost,
        )
        travel, walking, modes = self.ways.matrices(spots.points)
        exact = {**_between(laid, spots.points), **self.exact}
        if exact:
            travel = _shortened(travel, spots.points, exact)
            modes = tuple(
                replace(
                    m,
                    minutes=tuple(
                        _shortened(x, spots.points, exact, UNREACHABLE) for x in m.minutes
                    ),
                )
                for m in modes
            )
        meals = tuple(
            replace(
                slot,
                windows=tuple(
                    _NO_MEAL if slot.name in eaten else window
                    for window, eaten in zip(slot.windows, laid.eaten, strict=True)
                ),
            )
            for slot in meal_slots(self.given.dates, self.given.zone)
        )
        return Problem(
            days=laid.days,
            candidates=(*laid.pinned, *(self._within(c, laid) for c in free)),
            travel=travel,
            walking=walking,
            meals=meals,
            modes=modes,
            budget=self._left(_count(meals, laid)),
            exclusive=tuple(keys for keys in self.doubles if keys <= found.keys()),
        )

    def _within(self, candidate: Candidate, laid: Layout) -> Candidate:
        # Only what is booked outside the usual hours makes a day longer than they are.
        return clipped(candidate, laid) if laid.pinned else candidate

    def _cost(self, found: Found) -> int:
        """Return what a place costs; of a meal, how much more than is set aside for each."""
        if self.costs is None:
            return 0
        aside = self.costs.anywhere().reserved if found.is_meal else 0
        return max(0, self.costs.of(found).reserved - aside)

    def _left(self, meals: int) -> int | None:
        """Return what the budget leaves after what is booked, and what everybody has to eat."""
        if self.costs is None or self.budget is None:
            return None
        booked = [i.cost for i in self.given.fixed if i.cost is not None]
        spent = sum(self.costs.spent(cost) for cost in booked)
        eaten = meals * self.costs.anywhere().reserved
        return max(0, self.costs.minor(self.budget) - spent - eaten)

    def _is_met(self, flight: ItineraryItem) -> bool:
        """Tell whether something booked comes right after a landing, or before a take-off."""
        fixed = self.given.fixed
        other = fixed.index(flight) + (1 if flight.kind == "arrival" else -1)
        return 0 <= other < len(fixed) and fixed[other].locked

    def day_points(self, plan: Plan, found: Mapping[str, Found]) -> list[tuple[Coordinates, ...]]:
        """Return, for each day with stops, the points between which ways are needed."""
        groups: list[tuple[Coordinates, ...]] = []
        for day, stops in zip(self.given.dates, plan.days, strict=True):
            fixed = [
                item.coordinates
                for item in self.given.fixed
                if item.starts.date() == day and (item.airport is None or self._is_met(item))
            ]
            spots = [
                found[stop.key].place.coordinates
                for stop in stops
                if not stop.anywhere and not stop.key.startswith(PINNED)
            ]
            known = [at for at in (*fixed, *spots) if at is not None]
            if known:
                groups.append((self.given.bed_before(day), *known, self.given.bed_after(day)))
        return groups


def _between(laid: Layout, points: Sequence[Coordinates]) -> dict[Pair, int]:
    """Return the time between things that are fixed: who fixed both finds a way.

    Else the solver could not keep both, and would plan something at the time of one of them.
    """
    found: dict[Pair, int] = {}
    fixed = [(c, c.pinned) for c in laid.pinned if c.pinned is not None]
    fixed.sort(key=lambda pair: (pair[1].day, pair[1].start))
    for (one, first), (other, second) in pairwise(fixed):
        if first.day == second.day:
            way = (points[one.location], points[other.location])
            gap = max(0, second.start - first.start - one.minutes)
            found[way] = min(gap, found.get(way, gap))
    return found


def _shortened(
    matrix: Matrix,
    points: Sequence[Coordinates],
    exact: Mapping[Pair, int],
    never: int | None = None,
) -> Matrix:
    """Return a matrix without what takes longer than it does; `never` stays what it is."""
    return tuple(
        tuple(
            minutes if minutes == never else min(minutes, exact.get((start, end), minutes))
            for end, minutes in zip(points, row, strict=True)
        )
        for start, row in zip(points, matrix, strict=True)
    )


def _count(meals: Sequence[MealSlot], laid: Layout) -> int:
    """Return how many meals there is time for."""
    return sum(
        max(opens, day.start) + slot.minutes <= min(closes, day.end)
        for slot in meals
        for (opens, closes), day in zip(slot.windows, laid.days, strict=True)
    )


def on_its_day(problem: Problem, plan: Plan) -> Problem:
    """Let every stop of a plan be only on the day it is on."""
    day_of = {stop.key: day for day, stops in enumerate(plan.days) for stop in stops}
    return replace(
        problem,
        candidates=tuple(
            c
            if c.pinned is not None or c.key not in day_of
            else replace(
                c, windows=tuple(w if d == day_of[c.key] else () for d, w in enumerate(c.windows))
            )
            for c in problem.candidates
        ),
    )
