"""Why a sight is not in the plan."""

from tripsage_mcp.planning.problem import Candidate, Plan, Problem, Reason


def unplaced(problem: Problem, plan: Plan) -> tuple[tuple[str, Reason], ...]:
    """Return the sights a plan leaves out with the reason, must-sees and high scores first."""
    placed = {stop.key for day in plan.days for stop in day}
    missing = [c for c in problem.candidates if c.kind == "sight" and c.key not in placed]
    missing.sort(key=lambda c: (not c.must_see, -max(c.scores, default=0.0), c.key))
    return tuple((c.key, _reason(problem, plan, c)) for c in missing)


def _reason(problem: Problem, plan: Plan, candidate: Candidate) -> Reason:
    fits_hours = [
        day
        for day, windows in enumerate(candidate.windows)
        if any(close - open_ >= candidate.minutes for open_, close in windows)
    ]
    if not fits_hours:
        return "closed"
    reachable = [day for day in fits_hours if _alone_fits(problem, day, candidate)]
    if not reachable:
        return "too_far" if _mostly_travel(problem, fits_hours, candidate) else "no_time"
    if all(
        sum(stop.meal is None for stop in plan.days[day]) >= problem.days[day].max_sights
        for day in reachable
    ):
        return "pace"
    return "too_far" if _mostly_travel(problem, reachable, candidate) else "no_time"


def _alone_fits(problem: Problem, day: int, candidate: Candidate) -> bool:
    """Tell whether an otherwise empty day has room for the candidate."""
    given = problem.days[day]
    there = problem.travel[given.start_location][candidate.location]
    back = problem.travel[candidate.location][given.end_location]
    walked = (
        problem.walking[given.start_location][candidate.location]
        + problem.walking[candidate.location][given.end_location]
    )
    return walked <= given.max_walk and any(
        max(given.start + there, open_) + candidate.minutes <= min(close, given.end - back)
        for open_, close in candidate.windows[day]
    )


def _mostly_travel(problem: Problem, days: list[int], candidate: Candidate) -> bool:
    """Tell whether the way there and back takes longer than the visit."""
    return all(
        problem.travel[problem.days[day].start_location][candidate.location]
        + problem.travel[candidate.location][problem.days[day].end_location]
        > candidate.minutes
        for day in days
    )
