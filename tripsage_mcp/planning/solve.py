"""The search: greedy construction, then seeded ruin and recreate with simulated annealing.

Deterministic for a problem, a seed and a number of iterations; the order of the candidates does
not matter. It can be stopped at any moment and then returns the best plan so far, which is never
worse than the greedy one.
"""

import math
from collections.abc import Callable
from random import Random

from tripsage_mcp.planning.explain import unplaced
from tripsage_mcp.planning.problem import Plan, Problem
from tripsage_mcp.planning.routes import INFINITE, Laid, Route, Routes

_HOT, _COLD = 0.015, 0.0005
"""Temperature at the beginning and the end, as a share of the best score without bonuses."""
_POWERS = (2.0, 2.0, 2.0, 1.0, 0.5, 1.5, 3.0)
_NOISE = 0.6
_NEIGHBOURS, _SEGMENTS = 0.45, 0.35
"""How often each way to take stops out is used; the rest of the time they go at random."""
_MAX_STRING = 4
_FEW_DAYS = 5


def no_limit() -> float:
    """Take all the time the rounds need."""
    return 0.0


def greedy(problem: Problem) -> Plan:
    """Return the constructed plan the search starts from."""
    search = _Search(problem, Random(0))  # noqa: S311
    return search.routes_of.plan(search.routes)


def solve(
    problem: Problem,
    *,
    seed: int = 0,
    iterations: int = 2_000,
    spent: Callable[[], float] = no_limit,
) -> Plan:
    """Return the best plan found.

    Args:
        problem: What to plan.
        seed: Same seed, same plan.
        iterations: Rounds of improvement.
        spent: Asked before every round for the share of the time limit used up; the search ends
            at 1.0, which is also how to cancel it. It decides nothing else: the clock must not
            change a plan that is finished in time.
    """
    # Not cryptography: the point is that the same seed gives the same plan.
    search = _Search(problem, Random(seed))  # noqa: S311
    done = 0
    while search.has_choices and done < iterations and spent() < 1.0:
        search.step(done / iterations)
        done += 1
    plan = search.routes_of.plan(search.best, done)
    return Plan(plan.days, plan.score, unplaced(problem, plan), done)


class _Search:
    """Current and best routes, and the moves between them."""

    def __init__(self, problem: Problem, random: Random) -> None:
        self.routes_of = Routes(problem)
        self.random = random
        self.days = range(len(problem.days))
        self.powered: dict[float, list[list[float]]] = {}
        self.routes: list[Route] = [() for _ in self.days]
        self.free = set(range(len(self.routes_of.nodes)))
        self.recreate(self.routes, self.free, power=2.0, noise=0.0)
        self.value = self.routes_of.value(self.routes)
        self.best, self.best_value = list(self.routes), self.value
        scores = [max(node.candidate.scores, default=0.0) for node in self.routes_of.nodes]
        self.scale = max(1.0, sum(sorted(scores, reverse=True)[: 6 * len(self.days)]))

    @property
    def has_choices(self) -> bool:
        return bool(self.routes_of.nodes) and bool(self.days)

    def step(self, progress: float) -> None:
        """Take some stops out, put others in, and keep the result if it is good enough."""
        routes, free = list(self.routes), set(self.free)
        self.ruin(routes, free)
        self.recreate(
            routes,
            free,
            power=self.random.choice(_POWERS),
            noise=_NOISE * self.random.random(),
        )
        value = self.routes_of.value(routes)
        temperature = self.scale * _HOT * (_COLD / _HOT) ** progress
        gain = value - self.value
        if gain >= 0 or self.random.random() < math.exp(gain / temperature):
            self.routes, self.free, self.value = routes, free, value
        if value > self.best_value + 1e-9:
            self.best, self.best_value = list(routes), value

    def ruin(self, routes: list[Route], free: set[int]) -> None:
        """Take out neighbouring strings, a segment of most days, or stops at random."""
        kind = self.random.random()
        if kind < _NEIGHBOURS:
            self._ruin_neighbours(routes, free)
        elif kind < _NEIGHBOURS + _SEGMENTS:
            length = self.random.randint(1, _MAX_STRING)
            skip = 0.25 if len(routes) < _FEW_DAYS else 0.6
            for day in self.days:
                if routes[day] and self.random.random() >= skip:
                    self._cut(routes, free, day, None, length)
        else:
            share = (0.05 + 0.4 * self.random.random()) * min(1.0, 4 / max(1, len(routes)))
            for day in self.days:
                gone = {k for k in routes[day] if self.random.random() < share}
                self._remove(routes, free, day, gone)

    def _ruin_neighbours(self, routes: list[Route], free: set[int]) -> None:
        day_of = {k: day for day, route in enumerate(routes) for k in route}
        days_left = self.random.randint(1, min(len(routes), 4))
        longest = self.random.randint(1, _MAX_STRING)
        cut: set[int] = set()
        center = self.random.randrange(len(self.routes_of.nodes))
        for k in self.routes_of.neighbours[center]:
            day = day_of.get(k)
            if day is None or day in cut:
                continue
            self._cut(routes, free, day, k, self.random.randint(1, longest))
            cut.add(day)
            if len(cut) >= days_left:
                return

    def _cut(
        self, routes: list[Route], free: set[int], day: int, through: int | None, length: int
    ) -> None:
        """Take out `length` consecutive stops, around `through` where given."""
        route = routes[day]
        length = min(length, len(route))
        low, high = 0, len(route) - length
        if through is not None:
            at = route.index(through)
            low, high = max(0, at - length + 1), min(at, high)
        first = self.random.randint(low, high)
        self._remove(routes, free, day, set(route[first : first + length]))

    def _remove(self, routes: list[Route], free: set[int], day: int, gone: set[int]) -> None:
        gone = {k for k in gone if not self.routes_of.pinned[k]}
        shorter = tuple(k for k in routes[day] if k not in gone)
        # Real travel times break the triangle inequality: the direct way may be the longer one.
        if not gone or not self.routes_of.feasible(day, shorter):
            return
        routes[day] = shorter
        for k in gone:
            free.update(self.routes_of.siblings[k])

    def recreate(self, routes: list[Route], free: set[int], *, power: float, noise: float) -> None:
        """Insert what gives most score for the time it adds, until nothing fits."""
        laid = [self.routes_of.lay(day, routes[day]) for day in self.days]
        worth = self._worth(power)
        offers: dict[int, tuple[float, int]] = {}
        for k in sorted(free):
            self._offer(offers, k, laid, worth)
        while offers:
            chosen = self._pick(offers, noise)
            _, day = offers[chosen]
            at, route = laid[day].positions[chosen], routes[day]
            routes[day] = (*route[:at], chosen, *route[at:])
            laid[day] = self.routes_of.lay(day, routes[day])
            for sibling in self.routes_of.siblings[chosen]:
                free.discard(sibling)
                offers.pop(sibling, None)
            for k, (ratio, old) in list(offers.items()):
                if old == day:
                    self._offer(offers, k, laid, worth)
                else:
                    new = self._ratio(k, day, laid, worth)
                    if new > ratio:
                        offers[k] = (new, day)

    def _offer(
        self,
        offers: dict[int, tuple[float, int]],
        k: int,
        laid: list[Laid],
        worth: list[list[float]],
    ) -> None:
        """Note the best day for a node, or that there is none."""
        best, best_day = 0.0, -1
        for day in self.days:
            ratio = self._ratio(k, day, laid, worth)
            if ratio > best:
                best, best_day = ratio, day
        if best_day < 0:
            offers.pop(k, None)
        else:
            offers[k] = (best, best_day)

    def _ratio(self, k: int, day: int, laid: list[Laid], worth: list[list[float]]) -> float:
        """Return what a node gives for the time it adds to a day; 0.0 when it does not fit."""
        cost, node = laid[day].costs[k], self.routes_of.nodes[k]
        if cost == INFINITE:
            return 0.0
        more = laid[day].welcome / node.values[day] if node.is_sight else 0.0
        return worth[day][k] * (1.0 + more) / max(1.0, cost)

    def _pick(self, offers: dict[int, tuple[float, int]], noise: float) -> int:
        if not noise:
            return max(offers, key=lambda k: (offers[k][0], -k))
        random = self.random.random
        return max(offers, key=lambda k: offers[k][0] * (1.0 + noise * (random() - 0.5)))

    def _worth(self, power: float) -> list[list[float]]:
        known = self.powered.get(power)
        if known is None:
            nodes = self.routes_of.nodes
            known = [[node.values[day] ** power for node in nodes] for day in self.days]
            self.powered[power] = known
        return known
