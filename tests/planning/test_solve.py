from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.planning.problems import problems
from tests.planning.verify import faults
from tripsage_mcp.planning.problem import Candidate, Commitment, MealSlot, PlanningDay, Problem
from tripsage_mcp.planning.solve import greedy, solve

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def flat(size: int, minutes: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(0 if i == j else minutes for j in range(size)) for i in range(size))


def one_day(
    *candidates: Candidate, end: int = 1290, max_sights: int = 5, max_walk: int = 150
) -> Problem:
    size = 1 + max((c.location for c in candidates), default=0)
    return Problem(
        days=(PlanningDay(540, end, max_sights=max_sights, max_walk=max_walk),),
        candidates=candidates,
        travel=flat(size, 15),
        walking=flat(size, 15),
    )


def sight(
    key: str,
    location: int,
    *windows: tuple[int, int],
    score: float = 10,
    must_see: bool = False,
    pinned: Commitment | None = None,
) -> Candidate:
    hours = windows or ((540, 1290),)
    return Candidate(key, location, 60, (hours,), (score,), must_see=must_see, pinned=pinned)


@QUICK
@given(problem=problems(), seed=st.integers(0, 3))
def test_every_plan_keeps_every_rule(problem: Problem, seed: int) -> None:
    assert faults(problem, solve(problem, seed=seed, iterations=15)) == []


@QUICK
@given(problem=problems(), seed=st.integers(0, 3))
def test_the_search_is_never_worse_than_its_greedy_start(problem: Problem, seed: int) -> None:
    assert solve(problem, seed=seed, iterations=15).score >= greedy(problem).score


@QUICK
@given(problem=problems(), seed=st.integers(0, 3), order=st.integers(0, 99))
def test_the_order_of_the_candidates_does_not_matter(
    problem: Problem, seed: int, order: int
) -> None:
    candidates = list(problem.candidates)
    Random(order).shuffle(candidates)  # noqa: S311
    shuffled = replace(problem, candidates=tuple(candidates))
    assert solve(shuffled, seed=seed, iterations=10) == solve(problem, seed=seed, iterations=10)


def test_more_rounds_find_a_better_plan_where_greedy_is_trapped() -> None:
    # Greedy takes the dense middle visit, which blocks the two that together are worth more.
    middle = Candidate("middle", 1, 60, (((690, 750),),), (130.0,))
    early = Candidate("early", 2, 120, (((600, 720),),), (110.0,))
    late = Candidate("late", 3, 120, (((725, 870),),), (110.0,))
    problem = one_day(middle, early, late)
    assert {s.key for s in greedy(problem).days[0]} == {"middle"}
    assert {s.key for s in solve(problem, iterations=50).days[0]} == {"early", "late"}


def test_a_visit_is_held_back_until_the_doors_open() -> None:
    (stop,) = solve(one_day(sight("a", 1, (660, 800)))).days[0]
    assert (stop.start, stop.end) == (660, 720)


def test_a_visit_that_would_run_into_a_midday_closure_waits_for_the_afternoon() -> None:
    (stop,) = solve(one_day(sight("a", 1, (500, 600), (900, 1000)))).days[0]
    assert (stop.start, stop.end) == (900, 960)


def test_must_sees_come_before_anything_else() -> None:
    plan = solve(one_day(sight("dull", 1, must_see=True), sight("fun", 2, score=90), end=650))
    assert [s.key for s in plan.days[0]] == ["dull"]


def test_a_booked_visit_is_never_given_up() -> None:
    booked = sight("booked", 1, (700, 760), score=1, pinned=Commitment(0, 700))
    others = [sight(f"o{n}", n + 2, (690, 770), score=99) for n in range(5)]
    plan = solve(one_day(booked, *others), iterations=200)
    assert [(s.key, s.start) for s in plan.days[0]] == [("booked", 700)]


def test_one_lunch_and_one_dinner_are_placed_and_no_restaurant_twice() -> None:
    meals = (MealSlot("lunch", 60, ((720, 870),)), MealSlot("dinner", 90, ((1110, 1290),)))
    rooms = [
        Candidate(f"r{n}", n + 1, 60, (((720, 1300),),), (20.0,), kind="meal") for n in range(3)
    ]
    problem = replace(one_day(*rooms, end=1320), meals=meals)
    stops = solve(problem, iterations=50).days[0]
    assert [s.meal for s in stops] == ["lunch", "dinner"]
    assert len({s.key for s in stops}) == 2
    assert [s.end - s.start for s in stops] == [60, 90]


def test_the_pace_caps_the_sights_but_not_the_meals() -> None:
    meals = (MealSlot("lunch", 60, ((720, 870),)),)
    room = Candidate("r", 5, 60, (((720, 870),),), (5.0,), kind="meal")
    sights = [sight(f"s{n}", n + 1) for n in range(4)]
    problem = replace(one_day(*sights, room, max_sights=2), meals=meals)
    plan = solve(problem, iterations=50)
    assert sorted(s.meal or "sight" for s in plan.days[0]) == ["lunch", "sight", "sight"]
    assert [reason for _, reason in plan.unplaced] == ["pace", "pace"]


def test_the_walking_cap_is_kept() -> None:
    sights = [sight(f"s{n}", n + 1) for n in range(4)]
    stops = solve(one_day(*sights, max_walk=45), iterations=50).days[0]
    assert len(stops) == 2


@pytest.mark.parametrize(
    ("candidate", "end", "reason"),
    [
        (Candidate("x", 1, 60, ((),), (9.0,)), 1290, "closed"),
        (Candidate("x", 1, 60, (((600, 650),),), (9.0,)), 1290, "closed"),
        (Candidate("x", 1, 20, (((540, 1290),),), (9.0,)), 585, "too_far"),
        (Candidate("x", 1, 60, (((540, 1290),),), (9.0,)), 600, "no_time"),
    ],
)
def test_what_has_no_room_says_why(candidate: Candidate, end: int, reason: str) -> None:
    assert solve(one_day(candidate, end=end)).unplaced == (("x", reason),)


def test_a_sight_is_planned_on_the_day_it_is_worth_more() -> None:
    garden = Candidate("garden", 1, 60, (((540, 1290),),) * 2, (5.0, 20.0))
    days = (PlanningDay(540, 1290), PlanningDay(540, 1290))
    problem = Problem(days, (garden,), flat(2, 15), flat(2, 15))
    assert [len(day) for day in solve(problem, iterations=20).days] == [0, 1]


def days(count: int, *candidates: Candidate) -> Problem:
    size = 1 + len(candidates)
    return Problem(
        days=(PlanningDay(start=540, end=1290),) * count,
        candidates=tuple(
            replace(c, windows=c.windows * count, scores=c.scores * count) for c in candidates
        ),
        travel=flat(size, 15),
        walking=flat(size, 0),
    )


def test_few_sights_are_spread_over_the_days() -> None:
    problem = days(3, *(sight(f"s{n}", n + 1, score=100) for n in range(6)))
    plan = solve(problem, iterations=100)
    assert [len(day) for day in plan.days] == [2, 2, 2]


def test_the_morning_is_not_waited_away_when_something_is_open() -> None:
    late = sight("late", 1, (900, 1290), score=100)
    early = sight("early", 2, (540, 1290), score=100)
    (first, second) = solve(one_day(late, early), iterations=50).days[0]
    assert (first.key, second.key) == ("early", "late")


def test_a_day_does_not_hold_museums_alone_when_there_is_something_else() -> None:
    museums = [replace(sight(f"m{n}", n + 1, score=100), group="museums") for n in range(5)]
    views = [sight(f"v{n}", n + 6, score=90) for n in range(2)]
    plan = solve(one_day(*museums, *views, max_sights=4), iterations=200)
    assert sum(stop.key.startswith("v") for stop in plan.days[0]) == 2


def test_a_dull_sight_is_not_worth_a_long_way() -> None:
    near = [sight(f"n{n}", n + 1, score=100) for n in range(3)]
    dull = sight("dull", 4, score=20)
    way = tuple(
        tuple(0 if i == j else 120 if 4 in (i, j) else 10 for j in range(5)) for i in range(5)
    )
    plan = solve(replace(one_day(*near, dull), travel=way), iterations=100)
    assert {stop.key for stop in plan.days[0]} == {"n0", "n1", "n2"}
    assert plan.unplaced == (("dull", "too_far"),)


def test_the_clock_does_not_change_a_plan_that_is_finished_in_time() -> None:
    problem = days(2, *(sight(f"s{n}", n + 1, score=50 + n) for n in range(12)))
    slow = solve(problem, iterations=60, spent=lambda: 0.9)
    assert slow == solve(problem, iterations=60)


def test_the_search_can_be_stopped_and_still_answers() -> None:
    problem = one_day(*(sight(f"s{n}", n + 1) for n in range(6)))
    asked: list[int] = []

    def spent() -> float:
        asked.append(1)
        return 1.0 if len(asked) > 5 else 0.0

    plan = solve(problem, iterations=10_000, spent=spent)
    assert 0 < plan.iterations < 100
    assert plan.days[0]


def test_a_day_that_ends_before_it_starts_stays_empty() -> None:
    assert solve(one_day(sight("a", 1), end=500)).days == ((),)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="square"):
        Problem((), (), ((0, 1),), ((0, 1),))
    with pytest.raises(ValueError, match="unique"):
        one_day(sight("a", 1), sight("a", 2))
    with pytest.raises(ValueError, match="per day"):
        replace(one_day(sight("a", 1)), days=(PlanningDay(540, 1290),) * 2)
