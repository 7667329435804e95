"""The two ways to run the kernel, time limits, and what goes on beside it."""

import asyncio
import importlib.util
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.planning.problems import problems
from tests.planning.verify import faults
from tripsage_mcp.planning import engine
from tripsage_mcp.planning.problem import Candidate, Plan, PlanningDay, Problem, Stop
from tripsage_mcp.planning.solve import Earlier, Limits, Search, greedy, solve, warm

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
compiled_only = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="numba is not installed"
)


def busy(places: int = 40, days: int = 3) -> Problem:
    """Return more places than fit, on a circle."""
    size = places + 1
    travel = tuple(
        tuple(0 if i == j else 5 + min(abs(i - j), size - abs(i - j)) for j in range(size))
        for i in range(size)
    )
    candidates = tuple(
        Candidate(
            f"p{n:02}",
            n,
            30 + 10 * (n % 5),
            (((480 + 30 * (n % 7), 900 + 20 * (n % 9)),),) * days,
            (10.0 + 7 * n % 31,) * days,
        )
        for n in range(1, size)
    )
    given = (PlanningDay(480, 1200, max_sights=9),) * days
    return Problem(given, candidates, travel, travel)


@pytest.fixture(scope="module")
def compiled() -> engine.Engine:
    assert warm()
    found = engine.ready()
    assert found is not None
    return found


@compiled_only
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_compiled_kernel_finds_the_very_same_plan(compiled: engine.Engine) -> None:
    @QUICK
    @given(problem=problems(), seed=st.integers(0, 5))
    def same(problem: Problem, seed: int) -> None:
        limits = Limits(12)
        plain = Search(problem, seed, engine.PLAIN).run(limits)
        assert Search(problem, seed, compiled).run(limits) == plain

    same()


@compiled_only
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_compiled_plans_after_many_rounds_keep_every_rule(compiled: engine.Engine) -> None:
    @QUICK
    @given(problem=problems(), seed=st.integers(0, 5))
    def correct(problem: Problem, seed: int) -> None:
        assert faults(problem, Search(problem, seed, compiled).run(Limits(400))) == []

    correct()


def test_the_best_plan_so_far_only_ever_gets_better() -> None:
    scores: list[float] = []
    solve(busy(), limits=Limits(120, progress=lambda _, score: scores.append(score)))
    assert len(scores) > 3
    assert scores == sorted(scores)
    assert scores[-1] >= greedy(busy()).score


def test_progress_comes_to_its_end() -> None:
    shares: list[float] = []
    solve(busy(), limits=Limits(100, progress=lambda share, _: shares.append(share)))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_budget_of_time_is_kept_and_used() -> None:
    before = time.thread_time()
    plan = solve(busy(), limits=Limits(None, 0.3))
    spent = time.thread_time() - before
    assert plan.iterations > 10
    # Of this thread's own processor time, so a busy machine does not matter.
    assert spent > 0.25


class Stopper:
    """Ends a search after it was asked so often."""

    def __init__(self, asked: int) -> None:
        self.left = asked

    def __call__(self) -> float:
        self.left -= 1
        return 0.0 if self.left > 0 else 1.0


def test_other_tasks_run_while_a_thread_searches() -> None:
    async def scene() -> tuple[int, Plan]:
        ticks = 0
        work = asyncio.create_task(asyncio.to_thread(solve, busy(), limits=Limits(None, 0.5)))
        while not work.done():
            await asyncio.sleep(0)
            ticks += 1
        return ticks, await work

    ticks, plan = asyncio.run(scene())
    assert plan.iterations > 0
    assert ticks > 20


def test_a_search_in_a_thread_can_be_cancelled() -> None:
    plan = solve(busy(), limits=Limits(None, 1000.0, spent=Stopper(3)))
    assert faults(busy(), plan) == []


@settings(QUICK, max_examples=60)
@given(problem=problems(), seed=st.integers(0, 3), data=st.data())
def test_what_is_kept_stays_to_the_minute(problem: Problem, seed: int, data: st.DataObject) -> None:
    plan = solve(problem, seed=seed, iterations=10)
    keys = sorted({_name(s, d) for d, day in enumerate(plan.days) for s in day})
    keep = frozenset(data.draw(st.lists(st.sampled_from(keys), max_size=4)) if keys else ())
    revised = solve(problem, seed=seed + 1, iterations=10, start=Earlier(plan, keep))
    assert _kept(revised, keep) == _kept(plan, keep)
    assert faults(problem, revised) == []


def _name(stop: Stop, day: int) -> str:
    return f"{stop.key}@{day}" if stop.anywhere else stop.key


def _kept(plan: Plan, keep: frozenset[str]) -> set[tuple[int, str, int, int]]:
    return {
        (day, stop.key, stop.start, stop.end)
        for day, stops in enumerate(plan.days)
        for stop in stops
        if _name(stop, day) in keep
    }


def test_a_plan_that_nothing_speaks_against_is_left_alone() -> None:
    plan = solve(busy(), iterations=150)
    again = solve(busy(), seed=9, iterations=5, start=Earlier(plan))
    before = {s.key: day for day, stops in enumerate(plan.days) for s in stops}
    after = {s.key: day for day, stops in enumerate(again.days) for s in stops}
    assert sum(after.get(key) == day for key, day in before.items()) >= 0.9 * len(before)
