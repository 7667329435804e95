"""A slow, independent reading of the rules of a planning problem."""

from collections import Counter

from tripsage_mcp.planning.problem import Candidate, Matrix, Plan, PlanningDay, Problem, Stop


def faults(problem: Problem, plan: Plan) -> list[str]:
    """Return every broken rule; an empty list is a correct plan."""
    found: list[str] = []
    keys = [stop.key for day in plan.days for stop in day if not stop.anywhere]
    if len(keys) != len(set(keys)):
        found.append("a place twice")
    walks: list[int] = []
    spent: list[int] = []
    for number, stops in enumerate(plan.days):
        if stops:
            way = _Way(problem, plan, number)
            found += way.faults
            walks.append(way.walked)
            spent.append(way.paid)
            found += _cap_faults(problem, number, stops)
        for stop in stops:
            found += _place_faults(problem, number, stop)
    if not any(c.pinned for c in problem.candidates):
        if problem.max_walk is not None and sum(walks) > problem.max_walk:
            found.append("too much walking in all")
        if problem.budget is not None and sum(spent) > problem.budget:
            found.append("too dear in all")
    return found + _trip_faults(problem, plan)


def candidate_of(problem: Problem, key: str) -> Candidate:
    return next(c for c in problem.candidates if c.key == key)


class _Way:
    """The legs of one day."""

    def __init__(self, problem: Problem, plan: Plan, number: int) -> None:
        self.faults: list[str] = []
        self.walked, self.paid = 0, 0
        self._problem = problem
        day = problem.days[number]
        at, now = day.start_location, day.start
        for stop in plan.days[number]:
            place = None if stop.anywhere else candidate_of(problem, stop.key)
            pinned = place.pinned if place else None
            lead, after = (pinned.lead, pinned.exit) if pinned else (0, 0)
            if place:
                now = self._leg(at, place.location, now, stop.mode)
                at = place.location
                self.paid += place.cost
            self.paid += sum(m.cost for m in problem.meals if stop.anywhere and m.name == stop.meal)
            if stop.start - lead < now:
                self.faults.append(f"{stop.key}: not there yet")
            now = stop.end + after
            if pinned and pinned.end_location is not None:
                at = pinned.end_location
        back = plan.modes_back[number] if plan.modes_back else None
        if self._leg(at, day.end_location, now, back) > day.end:
            self.faults.append("back too late")
        self._limits(day, plan.days[number])

    def _leg(self, i: int, j: int, now: int, mode: int | None) -> int:
        p = self._problem
        minutes: tuple[Matrix, ...] = (p.travel,) * len(p.buckets)
        if mode is None:
            self.walked += p.walking[i][j]
        else:
            taken = p.modes[mode]
            minutes = taken.minutes
            self.walked += taken.walking[i][j]
            self.paid += taken.fare[i][j] if taken.fare else 0
        ends = (*p.buckets[1:], 10**9)
        return min(
            max(now, begins) + matrix[i][j]
            for begins, ends_at, matrix in zip(p.buckets, ends, minutes, strict=True)
            if now < ends_at
        )

    def _limits(self, day: PlanningDay, stops: tuple[Stop, ...]) -> None:
        booked = any(
            not s.anywhere and candidate_of(self._problem, s.key).pinned is not None for s in stops
        )
        if not booked and self.walked > day.max_walk:
            self.faults.append("too much walking")
        if not booked and day.max_spend is not None and self.paid > day.max_spend:
            self.faults.append("too dear a day")


def _cap_faults(problem: Problem, number: int, stops: tuple[Stop, ...]) -> list[str]:
    found: list[str] = []
    free = [candidate_of(problem, s.key) for s in stops if not s.anywhere]
    free = [c for c in free if c.pinned is None]
    if sum(c.kind == "sight" for c in free) > problem.days[number].max_sights:
        found.append("too many sights")
    meals = [stop.meal for stop in stops if stop.meal]
    if len(meals) != len(set(meals)):
        found.append("a meal twice")
    if sum(s.key == "rest" and s.anywhere for s in stops) > 1:
        found.append("two rests")
    groups = Counter(c.group for c in free)
    found += [
        f"too many {cap.group} a day"
        for cap in problem.group_caps
        if cap.per_day is not None and groups[cap.group] > cap.per_day
    ]
    return found


def _trip_faults(problem: Problem, plan: Plan) -> list[str]:
    found: list[str] = []
    order = [stop.key for day in plan.days for stop in day if not stop.anywhere]
    booked = {c.key for c in problem.candidates if c.pinned}
    groups = Counter(candidate_of(problem, key).group for key in order if key not in booked)
    found += [
        f"too many {cap.group} in all"
        for cap in problem.group_caps
        if cap.per_trip is not None and groups[cap.group] > cap.per_trip
    ]
    found += [
        "two that exclude each other"
        for keys in problem.exclusive
        if len(keys.intersection(order)) > 1 and not keys <= booked
    ]
    found += [
        f"{second} before {first}"
        for first, second in problem.before
        if {first, second} <= set(order) - booked and order.index(first) > order.index(second)
    ]
    return found


def _place_faults(problem: Problem, number: int, stop: Stop) -> list[str]:
    length = stop.end - stop.start
    if stop.anywhere:
        return _pause_faults(problem, number, stop)
    found: list[str] = []
    candidate = candidate_of(problem, stop.key)
    if candidate.pinned is not None:
        right = (candidate.pinned.day, candidate.pinned.start, candidate.minutes)
        return [] if (number, stop.start, length) == right else [f"{stop.key}: moved"]
    if not any(o <= stop.start and stop.end <= c for o, c in candidate.windows[number]):
        found.append(f"{stop.key}: closed")
    least, most = candidate.min_minutes or candidate.minutes, candidate.minutes
    if stop.meal is not None:
        slot = next(m for m in problem.meals if m.name == stop.meal)
        opens, closes = slot.windows[number]
        least = most = slot.minutes
        if not opens <= stop.start <= stop.end <= closes:
            found.append(f"{stop.key}: not a time for {stop.meal}")
    if not least <= length <= most:
        found.append(f"{stop.key}: wrong length")
    return found


def _pause_faults(problem: Problem, number: int, stop: Stop) -> list[str]:
    rest = problem.days[number].rest
    if stop.key == "rest":
        minutes, window = (0, (0, 0)) if rest is None else (rest.minutes, rest.window)
    else:
        slot = next(m for m in problem.meals if m.name == stop.meal)
        minutes, window = slot.minutes, slot.windows[number]
    right = window[0] <= stop.start <= stop.end <= window[1] and stop.end - stop.start == minutes
    return [] if right else [f"{stop.key}: wrong time"]
