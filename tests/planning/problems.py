"""Random planning problems, and a slow, independent reading of the rules."""

from hypothesis import strategies as st

from tripsage_mcp.planning.problem import Candidate, MealSlot, Plan, PlanningDay, Problem, Stop


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    count = draw(st.integers(1, 4))
    places = draw(st.integers(0, 12))
    minute = st.integers(0, 300).map(lambda five: 5 * five)
    size = places + 2
    travel = draw(
        st.lists(
            st.lists(st.integers(0, 70), min_size=size, max_size=size), min_size=size, max_size=size
        )
    )
    window = st.tuples(minute, minute).map(lambda pair: (min(pair), max(pair)))
    hours = st.lists(window, max_size=3).map(lambda found: tuple(sorted(found)))
    candidates = tuple(
        Candidate(
            key=f"p{n}",
            location=n + 2,
            minutes=draw(st.sampled_from((30, 60, 120))),
            windows=tuple(draw(hours) for _ in range(count)),
            scores=tuple(draw(st.floats(1, 100)) for _ in range(count)),
            kind=draw(st.sampled_from(("sight", "sight", "meal"))),
            must_see=draw(st.booleans()),
            pinned=draw(st.sampled_from((False, False, True))),
        )
        for n in range(places)
    )
    days = tuple(
        PlanningDay(
            start=draw(st.integers(0, 900)),
            end=draw(st.integers(600, 1600)),
            start_location=draw(st.integers(0, 1)),
            end_location=draw(st.integers(0, 1)),
            max_sights=draw(st.integers(0, 5)),
            max_walk=draw(st.integers(0, 200)),
        )
        for _ in range(count)
    )
    matrix = tuple(tuple(0 if i == j else m for j, m in enumerate(r)) for i, r in enumerate(travel))
    walking = tuple(tuple(m if m <= 30 else 0 for m in row) for row in matrix)
    meals = (
        MealSlot("lunch", 60, ((720, 870),) * count),
        MealSlot("dinner", 90, ((1110, 1290),) * count),
    )
    return Problem(days, candidates, matrix, walking, meals)


def faults(problem: Problem, plan: Plan) -> list[str]:
    """Return every broken rule; an empty list is a correct plan."""
    found: list[str] = []
    keys = [stop.key for day in plan.days for stop in day]
    if len(keys) != len(set(keys)):
        found.append("a place twice")
    for number, stops in enumerate(plan.days):
        if stops:
            found += _time_faults(problem, number, stops)
            found += _cap_faults(problem.days[number], stops)
        for stop in stops:
            found += _place_faults(problem, number, stop)
    return found


def _time_faults(problem: Problem, number: int, stops: tuple[Stop, ...]) -> list[str]:
    found: list[str] = []
    day, spot = problem.days[number], {c.key: c.location for c in problem.candidates}
    at, now, walked = day.start_location, day.start, 0
    for stop in stops:
        if stop.start < now + problem.travel[at][spot[stop.key]]:
            found.append(f"{stop.key}: not there yet")
        walked += problem.walking[at][spot[stop.key]]
        at, now = spot[stop.key], stop.end
    if now + problem.travel[at][day.end_location] > day.end:
        found.append("back too late")
    if walked + problem.walking[at][day.end_location] > day.max_walk:
        found.append("too much walking")
    return found


def _cap_faults(day: PlanningDay, stops: tuple[Stop, ...]) -> list[str]:
    found: list[str] = []
    if sum(stop.meal is None for stop in stops) > day.max_sights:
        found.append("too many sights")
    meals = [stop.meal for stop in stops if stop.meal]
    if len(meals) != len(set(meals)):
        found.append("a meal twice")
    return found


def _place_faults(problem: Problem, number: int, stop: Stop) -> list[str]:
    found: list[str] = []
    candidate = next(c for c in problem.candidates if c.key == stop.key)
    if not any(o <= stop.start and stop.end <= c for o, c in candidate.windows[number]):
        found.append(f"{stop.key}: closed")
    minutes = candidate.minutes
    if stop.meal is not None:
        slot = next(m for m in problem.meals if m.name == stop.meal)
        opens, closes = slot.windows[number]
        minutes = slot.minutes
        if not opens <= stop.start <= stop.end <= closes:
            found.append(f"{stop.key}: not a time for {stop.meal}")
    if stop.end - stop.start != minutes:
        found.append(f"{stop.key}: wrong length")
    return found
