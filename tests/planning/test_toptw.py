"""The solver on the literature's form of the problem, and the reading and checking of it."""

from pathlib import Path

import pytest

from tests.benchmarks.toptw import FOLDER, Instance, checked_score, pairs, problem, read
from tripsage_mcp.planning.problem import Plan, Stop
from tripsage_mcp.planning.solve import solve

# Three customers on a line, ten apart; the far one is open too early to come back for the others.
TEXT = """4 10 3 1
0 200
 0 0.00 0.00 0.00 0.00 0 0 0 100
 1 10.00 0.00 5.00 10.00 1 1 1 0 50
 2 20.00 0.00 5.00 20.00 1 1 1 0 60
 3 30.55 0.00 5.00 90.00 1 1 1 0 31
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Instance:
    path = tmp_path / "r1.txt"
    path.write_text(TEXT, encoding="utf-8")
    return read(path)


def plan_of(*routes: tuple[int, ...]) -> Plan:
    return Plan(tuple(tuple(Stop(f"{n:04d}", 0, 0) for n in route) for route in routes), 0.0)


def test_distances_are_cut_to_one_decimal(tiny: Instance) -> None:
    assert tiny.distance(0, 3) == 305


def test_the_best_routes_are_found_and_pass_the_check(tiny: Instance) -> None:
    one = solve(problem(tiny, 1), iterations=20)
    two = solve(problem(tiny, 2), iterations=20)
    # The far one comes first or never; on the way back only the second is still open.
    assert checked_score(tiny, one) == 110
    assert checked_score(tiny, two) == 120


@pytest.mark.parametrize(
    ("routes", "what"),
    [
        (((1, 3),), "too late at 3"),
        (((1,), (1,)), "twice"),
    ],
)
def test_the_check_finds_a_broken_rule(
    tiny: Instance, routes: tuple[tuple[int, ...], ...], what: str
) -> None:
    with pytest.raises(ValueError, match=what):
        checked_score(tiny, plan_of(*routes))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the instances are not beside this checkout")
def test_a_proven_optimum_is_reached_in_few_rounds() -> None:
    path, routes, best = pairs(FOLDER)[0]
    given = read(path)
    plan = solve(problem(given, routes), iterations=60)
    assert checked_score(given, plan) == best
