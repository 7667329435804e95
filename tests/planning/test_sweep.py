"""The cheapest places for all nodes at once, against those for one after the other."""

import importlib.util
import random

import pytest

from tests.benchmarks.toptw import Instance, Vertex, checked_score, problem
from tests.planning.test_solve_engine import busy
from tripsage_mcp.planning import engine
from tripsage_mcp.planning.kernel import data
from tripsage_mcp.planning.kernel.gaps import fit
from tripsage_mcp.planning.kernel.sweep import sweep
from tripsage_mcp.planning.solve import Limits, Search, warm


def scattered(seed: int, points: int) -> Instance:
    """Return points of which some are open all day and most for a while."""
    dice = random.Random(seed)  # noqa: S311
    depot = Vertex(0, 0, 0, 0, 0, 5000)
    found = [depot]
    for _ in range(points):
        opens, closes = (0, 4500) if dice.random() < 0.2 else (dice.randint(0, 3000), 0)
        found.append(
            Vertex(
                dice.randint(-40_000_000, 40_000_000),
                dice.randint(-40_000_000, 40_000_000),
                dice.randint(0, 250),
                dice.randint(1, 30),
                opens,
                closes or opens + dice.randint(100, 900),
            )
        )
    return Instance("made", tuple(found), 10)


@pytest.mark.parametrize("seed", range(8))
def test_all_nodes_at_once_fit_where_each_alone_does(seed: int) -> None:
    search = Search(problem(scattered(seed, 30), 1 + seed % 3), seed, engine.PLAIN)
    search.run(Limits(20))
    m, s = search.memory.m, search.memory.s
    for day in range(m[data.DAYS]):
        b = s[s[data.CURRENT] + day]
        for k in range(m[data.NODES]):
            fit(m, s, b, k)
        slots = range(b * m[data.NODES], (b + 1) * m[data.NODES])
        alone = [(s[s[data.ADDED] + i], s[s[data.AT] + i]) for i in slots]
        sweep(m, s, b)
        swept = [(s[s[data.ADDED] + i], s[s[data.AT] + i]) for i in slots]
        assert [one[0] for one in swept] == [one[0] for one in alone]
        for (added, at), (_, gap) in zip(swept, alone, strict=True):
            # Where it does not fit, no position is meant.
            assert added == data.INFINITE or at == gap
        assert any(added < data.INFINITE for added, _ in swept)


def test_a_problem_with_limits_is_searched_node_by_node() -> None:
    limited = Search(busy(), 0, engine.PLAIN)
    free = Search(problem(scattered(0, 30), 2), 0, engine.PLAIN)
    assert limited.memory.m[data.SIMPLE] <= 1
    assert free.memory.m[data.SIMPLE] > 1


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("routes", [1, 3])
def test_compiled_and_interpreted_sweeps_lead_to_the_same_plan(routes: int) -> None:
    assert warm()
    compiled = engine.ready()
    assert compiled is not None
    given = scattered(routes, 50)
    plain = Search(problem(given, routes), 3, engine.PLAIN).run(Limits(150))
    assert Search(problem(given, routes), 3, compiled).run(Limits(150)) == plain
    assert checked_score(given, plain) > 0
