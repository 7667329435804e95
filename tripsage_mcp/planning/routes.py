"""One day's route: its times, and what inserting each other place would cost.

A route is a tuple of nodes; a node is a candidate in one role (a restaurant is one node for lunch
and one for dinner). With waiting allowed, feasibility only ever gets worse as one arrives later,
so an insertion is feasible exactly if the next stop is still reached by its latest arrival.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from tripsage_mcp.planning.problem import Candidate, Plan, PlanningDay, Problem, Stop, Window

INFINITE = float("inf")
MUST_SEE_BONUS = 2_000.0
PINNED_BONUS = 20_000.0
TRAVEL_WEIGHT = 0.4
"""Score a minute of travel costs: an hour each way is worth it only for something special."""
WAIT_WEIGHT, FREE_WAIT_MINUTES = 0.25, 30
"""Score a minute of waiting costs, beyond what a coffee takes."""
SPREAD_BONUSES = (80.0, 40.0, 15.0)
"""Score of the first sights of a day: no day stays empty while another one is crammed."""
SAME_GROUP, SAME_GROUP_PRICE = 2, 20.0
"""How many of a kind a day holds gladly, and what each one more costs."""
_SIGHT = -1
_MEMO_LIMIT = 20_000

type Route = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A candidate in one role; `slot` is an index into the problem's meals, -1 for a sight."""

    candidate: Candidate
    slot: int
    minutes: int
    starts: tuple[tuple[Window, ...], ...]
    values: tuple[float, ...]

    @property
    def is_sight(self) -> bool:
        """Whether it is no meal."""
        return self.slot == _SIGHT


@dataclass(frozen=True, slots=True)
class Laid:
    """A route with its consequences.

    Attributes:
        value: Score of its stops less the price of its travel.
        costs: Per node, the least time an insertion adds; infinite where none is feasible.
        positions: Per node, where that insertion goes.
        welcome: What one sight more would gain for being one more on this day.
    """

    value: float
    costs: list[float]
    positions: list[int]
    welcome: float = 0.0


class Routes:
    """Evaluates routes of one problem, remembering what it has seen."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.nodes = _nodes(problem)
        by_key: dict[str, list[int]] = {}
        for number, node in enumerate(self.nodes):
            by_key.setdefault(node.candidate.key, []).append(number)
        self.siblings = [by_key[node.candidate.key] for node in self.nodes]
        self.pinned = [node.candidate.pinned for node in self.nodes]
        self._memo: dict[tuple[int, Route], Laid] = {}

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """Per node, all nodes by travel time from it, itself first."""
        travel = self.problem.travel
        return [
            sorted(
                range(len(self.nodes)),
                key=lambda k: (
                    k != number,
                    travel[node.candidate.location][self.nodes[k].candidate.location],
                    k,
                ),
            )
            for number, node in enumerate(self.nodes)
        ]

    def lay(self, day: int, route: Route) -> Laid:
        """Return the consequences of a feasible route."""
        known = self._memo.get((day, route))
        if known is not None:
            return known
        if len(self._memo) > _MEMO_LIMIT:
            self._memo.clear()
        laid = self._lay(day, route)
        self._memo[day, route] = laid
        return laid

    def times(self, day: int, route: Route) -> list[tuple[int, int]]:
        """Return the earliest (start, end) of each stop of a feasible route."""
        travel, at, now = self.problem.travel, self._day(day).start_location, self._day(day).start
        times: list[tuple[int, int]] = []
        for k in route:
            node = self.nodes[k]
            start = _earliest(node.starts[day], now + travel[at][node.candidate.location])
            now, at = start + node.minutes, node.candidate.location
            times.append((start, now))
        return times

    def feasible(self, day: int, route: Route) -> bool:
        """Tell whether a route that lost stops still keeps every window and the walking cap."""
        given, travel = self._day(day), self.problem.travel
        at, now, walked = given.start_location, given.start, 0
        for k in route:
            node = self.nodes[k]
            spot = node.candidate.location
            arrival = now + travel[at][spot]
            if all(arrival > close for _, close in node.starts[day]):
                return False
            walked += self.problem.walking[at][spot]
            now, at = _earliest(node.starts[day], arrival) + node.minutes, spot
        walked += self.problem.walking[at][given.end_location]
        return not route or (
            walked <= given.max_walk and now + travel[at][given.end_location] <= given.end
        )

    def plan(self, routes: list[Route], iterations: int = 0) -> Plan:
        """Write routes down as stops."""
        days: list[tuple[Stop, ...]] = []
        for day, route in enumerate(routes):
            stops: list[Stop] = []
            for k, (start, end) in zip(route, self.times(day, route), strict=True):
                node = self.nodes[k]
                meal = None if node.slot == _SIGHT else self.problem.meals[node.slot].name
                stops.append(Stop(node.candidate.key, start, end, meal))
            days.append(tuple(stops))
        return Plan(tuple(days), self.value(routes), iterations=iterations)

    def value(self, routes: list[Route]) -> float:
        """Return what the search maximises."""
        return sum(self.lay(day, route).value for day, route in enumerate(routes))

    def _day(self, day: int) -> PlanningDay:
        return self.problem.days[day]

    def _lay(self, day: int, route: Route) -> Laid:
        given, travel = self._day(day), self.problem.travel
        spots = [
            given.start_location,
            *(self.nodes[k].candidate.location for k in route),
            given.end_location,
        ]
        spent = sum(travel[i][j] for i, j in pairwise(spots))
        walked = sum(self.problem.walking[i][j] for i, j in pairwise(spots))
        gained = sum(self.nodes[k].values[day] for k in route)
        sights = sum(self.nodes[k].is_sight for k in route)
        welcome = SPREAD_BONUSES[sights] if sights < len(SPREAD_BONUSES) else 0.0
        costs, positions = [INFINITE] * len(self.nodes), [0] * len(self.nodes)
        if given.start <= given.end:
            leaves = [given.start, *(end for _, end in self.times(day, route))]
            latest = self._latest_arrivals(day, route)
            insertable = [
                # Further than this and staying away is worth more.
                (k, (node.values[day] + (welcome if node.is_sight else 0.0)) / TRAVEL_WEIGHT)
                for k in self._insertable(day, route)
                for node in (self.nodes[k],)
            ]
            budget = given.max_walk - walked
            for q, (i, j) in enumerate(pairwise(spots)):
                gap = (q, i, j, leaves[q], latest[q])
                self._try_gap(day, gap, budget, insertable, costs, positions)
        value = gained - TRAVEL_WEIGHT * spent + self._comfort(day, route)
        return Laid(value, costs, positions, welcome)

    def _comfort(self, day: int, route: Route) -> float:
        """Return what makes a day with the same stops pleasant or not: no gaps, and variety."""
        travel, now, at = self.problem.travel, self._day(day).start, self._day(day).start_location
        value = 0.0
        for k, (start, end) in zip(route, self.times(day, route), strict=True):
            spot = self.nodes[k].candidate.location
            value -= WAIT_WEIGHT * max(0, start - now - travel[at][spot] - FREE_WAIT_MINUTES)
            now, at = end, spot
        sights = [self.nodes[k].candidate for k in route if self.nodes[k].is_sight]
        groups = Counter(c.group for c in sights if c.group is not None)
        value -= SAME_GROUP_PRICE * sum(max(0, n - SAME_GROUP) for n in groups.values())
        return value + sum(SPREAD_BONUSES[: len(sights)])

    def _latest_arrivals(self, day: int, route: Route) -> list[int]:
        """Return the latest feasible arrival at each stop, and at the end of the day."""
        given, travel = self._day(day), self.problem.travel
        moment, following = given.end, given.end_location
        latest = [moment]
        for k in reversed(route):
            node = self.nodes[k]
            moment -= node.minutes + travel[node.candidate.location][following]
            moment = max(min(close, moment) for open_, close in node.starts[day] if open_ <= moment)
            following = node.candidate.location
            latest.append(moment)
        latest.reverse()
        return latest

    def _insertable(self, day: int, route: Route) -> list[int]:
        """Return the nodes the day's caps still allow."""
        slots = [self.nodes[k].slot for k in route]
        full = {slot for slot in slots if slot != _SIGHT}
        if slots.count(_SIGHT) >= self._day(day).max_sights:
            full.add(_SIGHT)
        here = {sibling for k in route for sibling in self.siblings[k]}
        return [
            k
            for k, node in enumerate(self.nodes)
            if node.starts[day] and node.slot not in full and k not in here
        ]

    def _try_gap(
        self,
        day: int,
        gap: tuple[int, int, int, int, int],
        walk_budget: int,
        insertable: list[tuple[int, float]],
        costs: list[float],
        positions: list[int],
    ) -> None:
        """Lower `costs` where going from i to j by way of a node is feasible and cheaper."""
        q, i, j, leave, latest = gap
        nodes, travel, walking = self.nodes, self.problem.travel, self.problem.walking
        from_i, direct = travel[i], leave + travel[i][j]
        for k, furthest in insertable:
            node = nodes[k]
            spot = node.candidate.location
            if from_i[spot] + travel[spot][j] - travel[i][j] >= furthest:
                continue
            arrival = leave + from_i[spot]
            for open_, close in node.starts[day]:
                if arrival > close:
                    continue
                start = max(arrival, open_)
                on = start + node.minutes + travel[spot][j]
                added = on - direct
                if (
                    on <= latest
                    and added < costs[k]
                    and walking[i][spot] + walking[spot][j] - walking[i][j] <= walk_budget
                ):
                    costs[k] = added
                    positions[k] = q
                break


def _earliest(starts: tuple[Window, ...], arrival: int) -> int:
    return next(max(arrival, open_) for open_, close in starts if arrival <= close)


def _nodes(problem: Problem) -> list[Node]:
    """Return every role of every candidate, ordered by key: input order must not matter."""
    nodes: list[Node] = []
    for candidate in sorted(problem.candidates, key=lambda c: c.key):
        if candidate.kind == "sight":
            nodes.append(_node(candidate, _SIGHT, candidate.minutes, candidate.windows, 0.0))
            continue
        for slot, meal in enumerate(problem.meals):
            windows = tuple(
                tuple((max(open_, first), min(close, last)) for open_, close in of_day)
                for of_day, (first, last) in zip(candidate.windows, meal.windows, strict=True)
            )
            nodes.append(_node(candidate, slot, meal.minutes, windows, meal.bonus))
    return nodes


def _node(
    candidate: Candidate,
    slot: int,
    minutes: int,
    windows: tuple[tuple[Window, ...], ...],
    bonus: float,
) -> Node:
    if candidate.must_see:
        bonus += MUST_SEE_BONUS
    if candidate.pinned:
        bonus += PINNED_BONUS
    starts = tuple(
        tuple(sorted((o, c - minutes) for o, c in of_day if c - minutes >= o)) for of_day in windows
    )
    return Node(candidate, slot, minutes, starts, tuple(s + bonus for s in candidate.scores))
