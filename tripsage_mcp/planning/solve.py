"""The search: greedy construction, then seeded ruin and recreate with simulated annealing.

Deterministic for a problem, a seed and a number of rounds; the order of the candidates does not
matter, nor whether the kernel runs compiled. It can be stopped at any moment and then returns the
best plan so far, which is never worse than the greedy one.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tripsage_mcp.planning import engine
from tripsage_mcp.planning.decode import decode
from tripsage_mcp.planning.encode import encode, memory
from tripsage_mcp.planning.explain import unplaced
from tripsage_mcp.planning.kernel import data
from tripsage_mcp.planning.kernel.sweep import widen
from tripsage_mcp.planning.problem import Candidate, Plan, PlanningDay, Problem
from tripsage_mcp.planning.roles import roles
from tripsage_mcp.planning.start import fill
from tripsage_mcp.planning.units import POINT

_HEAT = (1.0, 0.01)
"""Temperature at the beginning and the end, in what an average stop of the greedy plan gives."""
_HEAT_COUNTED = (0.05, 0.001)
"""The same where the number of stops is limited: plans then differ by which there are, and where,
and not by how many."""
_CYCLE, _MOST_CYCLES = 25_000, 8
"""Rounds after which heating up again finds more than cooling down slower, and how often."""
_GREEDY_POWER = 3
"""Index of the exponent 2 in `encode.EXPONENTS`."""
_PILOT = 0.03
"""Share of the rounds, all at the beginning's temperature, in which their number is found out."""
_STEPS = 240
"""How many temperatures there are; the clock is looked at between them at the latest."""
_CHUNK_S = 0.02
"""Seconds the kernel may run between two looks at the clock."""
_PRUDENT = 0.96
"""Share of the time left that is planned with: later rounds may take longer."""
_WORTHWHILE = 200
"""Candidates times days times rounds below which bringing lists into arrays takes longer."""


def no_limit() -> float:
    """Take all the time the rounds need."""
    return 0.0


def ignore(share: float, score: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to end.

    Attributes:
        iterations: Rounds of improvement; None for as many as `seconds` allow.
        seconds: Time of this thread's processor, set-up included; None for no limit.
        spent: Asked every few hundredths of a second for the share of some other limit used up;
            the search ends at 1.0, which is also how to cancel it. It decides nothing else.
        progress: Told as often the share of the search done and the best score so far.
    """

    iterations: int | None = 2_000
    seconds: float | None = None
    spent: Callable[[], float] = no_limit
    progress: Callable[[float, float], None] = ignore


@dataclass(frozen=True, slots=True)
class Earlier:
    """A plan to start from.

    Attributes:
        keep: Keys of its stops that stay to the minute; `lunch@0` for one made anywhere.
    """

    plan: Plan
    keep: frozenset[str] = frozenset()


def greedy(problem: Problem) -> Plan:
    """Return the constructed plan the search starts from."""
    return solve(problem, iterations=0)


def solve(
    problem: Problem,
    *,
    seed: int = 0,
    iterations: int | None = 2_000,
    spent: Callable[[], float] = no_limit,
    limits: Limits | None = None,
    start: Earlier | None = None,
) -> Plan:
    """Return the best plan found.

    Args:
        problem: What to plan.
        seed: Same seed and rounds, same plan.
        iterations: Rounds of improvement.
        spent: See `Limits`.
        limits: All limits at once, instead of the two above.
        start: An earlier plan: what still fits stays where it was unless moving it gains much.
    """
    given = Limits(iterations, spent=spent) if limits is None else limits
    begun = time.thread_time()
    compiled = engine.ready()
    if compiled is None or (
        given.iterations is not None and given.iterations * _size(problem) < _WORTHWHILE
    ):
        compiled = engine.PLAIN
    return Search(problem, seed, compiled, start).run(given, begun)


def warm() -> bool:
    """Compile the kernel, or read what was compiled before; return False without numba.

    Takes seconds: it is for a background thread at start-up. Until it is done, and for ever
    without numba, the same search runs interpreted.
    """
    return engine.load(_exercise) is not None


def _exercise(compiled: engine.Engine) -> None:
    days = (PlanningDay(0, 100, max_sights=2),)
    one = Candidate("a", 0, 10, (((0, 100),),), (1.0,))
    Search(Problem(days, (one,), ((0,),), ((0,),)), 0, compiled).run(Limits(1))


def _cooled(step: int, total: int) -> float:
    """Return how far a step has cooled down, 0 to 1."""
    cycles = max(1, min(_MOST_CYCLES, total // _CYCLE))
    return 1.0 if step >= _STEPS else step * cycles / _STEPS % 1.0


def _size(problem: Problem) -> int:
    return len(problem.candidates) * len(problem.days)


class Search:
    """One search; `solve` chooses the engine, tests compare them."""

    def __init__(
        self,
        problem: Problem,
        seed: int,
        chosen: engine.Engine,
        start: Earlier | None = None,
    ) -> None:
        earlier = None if start is None else start.plan
        keep = frozenset[str]() if start is None else start.keep
        self.problem, self.engine = problem, chosen
        self.nodes = roles(problem, earlier, keep)
        (numbers, fractions), self.ways = encode(problem, self.nodes)
        model = widen(numbers), fractions
        self.lists = memory(model, seed)
        fill(self.lists, self.nodes, earlier)
        self.memory = chosen.take(self.lists)
        self.done = 0

    def run(self, limits: Limits, begun: float | None = None) -> Plan:
        """Return the best plan found within limits; `begun` is the thread's time at the start."""
        begun = time.thread_time() if begun is None else begun
        m, s, f = self.memory.m, self.memory.s, self.memory.f
        if self.nodes and self.problem.days:
            self.engine.begin(m, s, f, _GREEDY_POWER)
            if limits.iterations != 0:
                self._anneal(limits, begun)
        plan = decode(s, self.lists, self.nodes, self.ways, self.done)
        return replace(plan, unplaced=unplaced(self.problem, plan))

    def _anneal(self, limits: Limits, begun: float) -> None:
        clock = _Clock(limits, begun)
        first, last = _HEAT_COUNTED if self.memory.m[data.COUNTERS] else _HEAT
        hot = self._average() * first
        planned = limits.iterations
        total = self._pilot(clock, hot) if planned is None else planned
        while (planned is None or self.done < planned) and not clock.is_over():
            step = min(_STEPS, self._step(total))
            until = math.ceil((_PILOT + (1.0 - _PILOT) * (step + 1) / _STEPS) * total)
            # Time that is left over after the last step is spent at its temperature.
            count = until - self.done if step < _STEPS else clock.portion
            heat = hot * (last / first) ** _cooled(step, total)
            self._rounds(clock, heat, max(1, min(count, clock.portion)))
            best = int(self.memory.s[data.BEST]) / POINT
            limits.progress(min(1.0, self.done / total), best)

    def _pilot(self, clock: "_Clock", heat: float) -> int:
        """Find out how fast rounds are, and return how many there is time for."""
        while not clock.is_over():
            self._rounds(clock, heat, clock.portion)
            if clock.running > _PILOT / 3:
                break
        return max(1, clock.affordable(self.done), math.ceil(self.done / _PILOT))

    def _rounds(self, clock: "_Clock", heat: float, count: int) -> None:
        self.engine.rounds(self.memory.m, self.memory.s, self.memory.f, count, heat)
        self.done += count
        clock.tell(count)

    def _step(self, total: int) -> int:
        """Return which temperature is due: a matter of rounds alone, not of the clock."""
        past = self.done / total - _PILOT
        return max(0, int(past / (1.0 - _PILOT) * _STEPS))

    def _average(self) -> float:
        """Return what an average stop gives, without the bonuses that are beyond bargaining."""
        s, width = self.memory.s, self.memory.m[data.WIDTH]
        found: list[float] = []
        for day in range(len(self.problem.days)):
            base = s[data.BEST_STOP] + day * width + 1
            for q in range(base, base + s[s[data.BEST_COUNT] + day]):
                candidate = self.nodes[s[q]].candidate
                if candidate is not None and candidate.pinned is None:
                    found.append(candidate.scores[day])
        return POINT * (sum(found) / len(found) if found else 1.0)


class _Clock:
    """Looks at the time and the limits, and learns how many rounds fit between two looks."""

    def __init__(self, limits: Limits, begun: float) -> None:
        self._limits, self._begun = limits, begun
        self._first = time.thread_time()
        self._told = 0
        self.portion = 1

    @property
    def share(self) -> float:
        """Return the share of the time that is used up."""
        if self._limits.seconds is None:
            return 1.0
        return (time.thread_time() - self._begun) / self._limits.seconds

    @property
    def running(self) -> float:
        """Return the share of the time that rounds have taken."""
        return (time.thread_time() - self._first) / (self._limits.seconds or 1.0)

    def is_over(self) -> bool:
        """Tell whether a limit other than the rounds is reached."""
        late = self._limits.seconds is not None and self.share >= 1.0
        return late or self._limits.spent() >= 1.0

    def tell(self, count: int) -> None:
        """Learn from rounds just made."""
        self._told += count
        pace = (time.thread_time() - self._first) / self._told
        self.portion = max(1, min(2 * self.portion, int(_CHUNK_S / max(pace, 1e-7))))

    def affordable(self, done: int) -> int:
        """Return how many rounds there is time for in all."""
        if self._limits.seconds is None or not self._told:
            return done
        now = time.thread_time()
        pace = max(1e-7, (now - self._first) / self._told)
        return done + int(_PRUDENT * (self._begun + self._limits.seconds - now) / pace)
