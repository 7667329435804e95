from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from tests.planning.problems import problems
from tests.planning.test_solve import flat, one_day, sight
from tests.planning.verify import faults
from tripsage_mcp.planning.explain import LeftOut, Placed, explain
from tripsage_mcp.planning.problem import (
    Candidate,
    Commitment,
    GroupCap,
    Mode,
    Plan,
    PlanningDay,
    Problem,
)
from tripsage_mcp.planning.solve import solve
from tripsage_mcp.planning.timing import Timer

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def explained(problem: Problem) -> tuple[dict[str, Placed], dict[str, LeftOut]]:
    found = explain(problem, solve(problem, iterations=50))
    return {p.key: p for p in found.placed}, {o.key: o for o in found.left_out}


def test_a_stop_has_its_score_its_detour_and_its_slack() -> None:
    placed, _ = explained(one_day(sight("a", 1, (600, 700)), end=720))
    # Fifteen minutes there and back; open until 700, so it may begin up to 40 minutes later.
    assert placed["a"] == Placed("a", 0, 10, 30, 40)


def test_the_best_alternative_is_what_would_fit_instead() -> None:
    good, second, far = sight("good", 1, score=50), sight("second", 2, score=30), sight("far", 3)
    placed, _ = explained(one_day(good, second, far, max_sights=1))
    assert placed["good"].instead == "second"


def test_a_full_day_names_the_cheapest_stop_to_drop() -> None:
    sights = [sight(f"s{n}", n + 1, score=20 + n) for n in range(3)]
    placed, left = explained(one_day(*sights, max_sights=2))
    assert set(placed) == {"s1", "s2"}
    assert left["s0"] == LeftOut("s0", "pace", drop=("s1", 0))


def test_what_excludes_a_sight_is_named() -> None:
    problem = replace(
        one_day(sight("castle", 1, score=50), sight("tour", 2, score=20)),
        exclusive=(frozenset({"castle", "tour"}),),
    )
    _, left = explained(problem)
    assert (left["tour"].reason, left["tour"].blockers) == ("excluded", ("castle",))


def test_a_budget_that_is_spent_says_so() -> None:
    dear, cheap = replace(sight("dear", 1, score=50), cost=80), replace(sight("b", 2), cost=30)
    _, left = explained(replace(one_day(dear, cheap), budget=100))
    assert left["b"].reason == "budget"
    assert left["b"].drop == ("dear", 0)


def test_a_group_that_is_full_says_so() -> None:
    museums = [replace(sight(f"m{n}", n + 1, score=20 + n), group="museums") for n in range(2)]
    problem = replace(one_day(*museums), group_caps=(GroupCap("museums", per_trip=1),))
    _, left = explained(problem)
    assert left["m0"].reason == "group"


def test_walking_that_is_used_up_says_so() -> None:
    sights = [sight(f"s{n}", n + 1, score=20 + n) for n in range(3)]
    _, left = explained(one_day(*sights, max_walk=45))
    assert left["s0"].reason == "walking"


def test_an_order_that_leaves_no_place_says_so() -> None:
    problem = replace(
        one_day(sight("late", 1, (540, 640), score=50), sight("first", 2, (650, 800))),
        before=(("first", "late"),),
    )
    _, left = explained(problem)
    assert (left["first"].reason, left["first"].blockers) == ("order", ("late",))


def test_commitments_that_overlap_leave_one_out() -> None:
    a = replace(sight("a", 1), kind="commitment", pinned=Commitment(0, 700))
    b = replace(sight("b", 2), kind="commitment", pinned=Commitment(0, 720))
    placed, left = explained(one_day(a, b))
    assert set(placed) == {"a"}
    assert left["b"] == LeftOut("b", "no_time")


def test_a_commitment_has_its_lead_its_exit_and_its_other_end() -> None:
    train = Candidate(
        "train", 1, 120, ((),), (1.0,), kind="commitment", pinned=Commitment(0, 700, 30, 15, 2)
    )
    sight_there = Candidate("there", 3, 60, (((540, 1290),),), (10.0,))
    far = 300
    travel = tuple(
        tuple(0 if i == j else 10 if {i, j} in ({0, 1}, {2, 3}) else far for j in range(4))
        for i in range(4)
    )
    problem = Problem((PlanningDay(600, 1290, 0, 2),), (train, sight_there), travel, flat(4, 0))
    plan = solve(problem, iterations=20)
    assert [(s.key, s.start, s.end) for s in plan.days[0]] == [
        ("train", 700, 820),
        ("there", 845, 905),
    ]


def test_each_leg_takes_the_mode_that_costs_least_and_walks_little_when_it_must() -> None:
    walk, ride = flat(3, 40), flat(3, 15)
    metro = Mode("metro", (ride,), flat(3, 5))
    problem = replace(
        one_day(sight("a", 1), sight("b", 2)), travel=walk, walking=walk, modes=(metro,)
    )
    plan = solve(problem, iterations=50)
    assert [s.mode for s in plan.days[0]] == [0, 0]
    assert plan.modes_back == (0,)


def test_a_short_visit_takes_the_time_that_is_left() -> None:
    candidate = Candidate("a", 1, 120, (((540, 1290),),), (50.0,), min_minutes=60)
    (stop,) = solve(one_day(candidate, end=660), iterations=30).days[0]
    assert (stop.start, stop.end) == (555, 645)


@QUICK
@given(problem=problems())
def test_every_plan_can_be_explained(problem: Problem) -> None:
    plan = solve(problem, iterations=15)
    found = explain(problem, plan)
    assert len(found.placed) == sum(map(len, plan.days))
    assert all(p.slack >= 0 for p in found.placed)
    assert {o.key for o in found.left_out} == {key for key, _ in plan.unplaced}


@QUICK
@given(problem=problems())
def test_slack_is_what_a_stop_can_be_late_and_no_more(problem: Problem) -> None:
    plan = solve(problem, iterations=15)
    timer = Timer(problem)
    for day, stops in enumerate(plan.days):
        timing = timer.planned(plan, day)
        assert timing.feasible
        for at, slack in enumerate(timing.slack[:1]):
            moved = replace(stops[at], start=stops[at].start + slack, end=stops[at].end + slack)
            late = Plan((*plan.days[:day], (moved,), *plan.days[day + 1 :]), 0.0)
            assert f"{moved.key}: closed" not in faults(problem, late)
