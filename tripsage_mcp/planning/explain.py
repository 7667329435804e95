"""Why each stop is in the plan, why the rest is not, and what would change that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tripsage_mcp.planning.problem import Candidate, Plan, Problem, Reason, Stop
from tripsage_mcp.planning.timing import Timer, Timing


@dataclass(frozen=True, slots=True)
class Placed:
    """Why a stop is in.

    Attributes:
        score: What it gives on its day.
        detour: Minutes of travel the day would save without it.
        slack: Minutes it may begin later without anything else failing; none on a day that what is
            fixed makes impossible.
        instead: Key of the best candidate that could take its place, or None.
    """

    key: str
    day: int
    score: float
    detour: int
    slack: int
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a sight is not in.

    Attributes:
        blockers: Keys of what excludes it or stands in its order, where that is the reason.
        drop: The stop with the least score, and its day, for which it would fit; None when no
            single one is enough.
    """

    key: str
    reason: Reason
    blockers: tuple[str, ...] = ()
    drop: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Placed stops in the plan's order, and sights left out, best first."""

    placed: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]


def explain(problem: Problem, plan: Plan) -> Explanation:
    """Explain a plan."""
    reader = _Reader(problem, plan)
    placed = tuple(reader.placed(day, at) for day, at in reader.positions())
    left = tuple(reader.left_out(c) for c in reader.missing())
    return Explanation(placed, left)


def unplaced(problem: Problem, plan: Plan) -> tuple[tuple[str, Reason], ...]:
    """Return what a plan leaves out with the reason, must-sees and high scores first.

    Quick: it does not try to insert anything, so it never says that walking or an order is the
    reason; `explain` does.
    """
    reader = _Reader(problem, plan)
    return tuple((c.key, reader.reason(c)) for c in reader.missing())


class _Reader:
    """A plan with what its limits still allow."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.timer = Timer(problem)
        self.by_key = self.timer.by_key
        self.day_of = {
            stop.key: day
            for day, stops in enumerate(plan.days)
            for stop in stops
            if not stop.anywhere
        }
        self.timings: list[Timing] = [
            self.timer.planned(plan, day) for day in range(len(plan.days))
        ]
        self.candidates = sorted(
            (c for c in problem.candidates if c.key not in self.day_of and c.pinned is None),
            key=lambda c: (-max(c.scores, default=0.0), c.key),
        )

    def positions(self) -> Iterator[tuple[int, int]]:
        """Return the day and position of every stop."""
        for day, stops in enumerate(self.plan.days):
            for at in range(len(stops)):
                yield day, at

    def placed(self, day: int, at: int) -> Placed:
        """Explain one stop."""
        stops = self.plan.days[day]
        stop, timing = stops[at], self.timings[day]
        rest = self.timer.supposed(day, (*stops[:at], *stops[at + 1 :]))
        return Placed(
            stop.key,
            day,
            0.0 if stop.anywhere else self.by_key[stop.key].scores[day],
            0 if stop.anywhere else timing.travel - rest.travel,
            timing.slack[at] if timing.feasible else 0,
            self._instead(day, at),
        )

    def missing(self) -> list[Candidate]:
        """Return what is not in the plan, meals aside: commitments, must-sees, high scores."""
        found = [
            c
            for c in self.problem.candidates
            if (c.kind != "meal" or c.pinned is not None) and c.key not in self.day_of
        ]
        found.sort(
            key=lambda c: (c.pinned is None, not c.must_see, -max(c.scores, default=0.0), c.key)
        )
        return found

    def left_out(self, candidate: Candidate) -> LeftOut:
        """Explain one sight, and find the cheapest stop that would make room for it."""
        reason = self._narrowed(candidate, self.reason(candidate))
        drop: tuple[str, int] | None = None
        if reason not in {"closed", "too_far"} and candidate.pinned is None:
            drop = self._drop(candidate)
        return LeftOut(candidate.key, reason, self._blockers(candidate, reason), drop)

    def reason(self, candidate: Candidate) -> Reason:
        """Return the limit that keeps a candidate out."""
        if candidate.pinned is not None:
            return "no_time"
        days = range(len(self.plan.days))
        least = candidate.min_minutes or candidate.minutes
        open_days = [d for d in days if any(c - o >= least for o, c in candidate.windows[d])]
        if not open_days:
            return "closed"
        alone = [d for d in open_days if self._alone_fits(d, candidate)]
        if not alone:
            return "too_far" if self._mostly_travel(open_days, candidate) else "no_time"
        return self._limit(candidate, alone)

    def _limit(self, candidate: Candidate, days: list[int]) -> Reason:
        if self._excluding(candidate):
            return "excluded"
        if self._breaks_budget(candidate):
            return "budget"
        if candidate.kind == "sight" and all(self._is_full(day) for day in days):
            return "pace"
        if all(self._breaks_group(candidate, day) for day in days):
            return "group"
        # It may have room, but the way there costs more than it gives.
        return "too_far" if self._mostly_travel(days, candidate) else "no_time"

    def _narrowed(self, candidate: Candidate, reason: Reason) -> Reason:
        """Return a better reason where the day has the time, but not the rest of what it takes."""
        if candidate.pinned is not None or reason not in {"too_far", "no_time"}:
            return reason
        days = range(len(self.plan.days))
        roomy = [day for day in days if self._fits(day, self.plan.days[day], candidate)]
        if not roomy:
            return reason
        if self._pairs(candidate):
            return "order"
        return "walking" if all(self._breaks_walk(day, candidate) for day in roomy) else reason

    def _excluding(self, candidate: Candidate) -> tuple[str, ...]:
        others = {
            key
            for keys in self.problem.exclusive
            if candidate.key in keys
            for key in keys
            if key in self.day_of
        }
        return tuple(sorted(others))

    def _pairs(self, candidate: Candidate) -> tuple[str, ...]:
        pairs = [pair for pair in self.problem.before if candidate.key in pair]
        return tuple(sorted({k for p in pairs for k in p if k in self.day_of}))

    def _blockers(self, candidate: Candidate, reason: Reason) -> tuple[str, ...]:
        if reason == "excluded":
            return self._excluding(candidate)
        return self._pairs(candidate) if reason == "order" else ()

    def _is_full(self, day: int) -> bool:
        sights = sum(
            not stop.anywhere
            and stop.meal is None
            and self.by_key[stop.key].kind == "sight"
            and self.by_key[stop.key].pinned is None
            for stop in self.plan.days[day]
        )
        return sights >= self.problem.days[day].max_sights

    def _breaks_budget(self, candidate: Candidate) -> bool:
        if self.problem.budget is None or not candidate.cost:
            return False
        spent = sum(timing.spent for timing in self.timings)
        return spent + candidate.cost > self.problem.budget

    def _breaks_group(self, candidate: Candidate, day: int) -> bool:
        caps = [cap for cap in self.problem.group_caps if cap.group == candidate.group]
        here = [d for key, d in self.day_of.items() if self.by_key[key].group == candidate.group]
        return any(
            (cap.per_trip is not None and len(here) >= cap.per_trip)
            or (cap.per_day is not None and here.count(day) >= cap.per_day)
            for cap in caps
        )

    def _breaks_walk(self, day: int, candidate: Candidate) -> bool:
        given = self.problem.days[day]
        walked = sum(timing.walked for timing in self.timings)
        for stops in _insertions(candidate, self.plan.days[day]):
            timing = self.timer.supposed(day, stops)
            more = timing.walked - self.timings[day].walked
            most = self.problem.max_walk
            if (
                timing.feasible
                and timing.walked <= given.max_walk
                and (most is None or walked + more <= most)
            ):
                return False
        return True

    def _fits(self, day: int, stops: tuple[Stop, ...], candidate: Candidate) -> bool:
        return any(
            self.timer.supposed(day, longer).feasible for longer in _insertions(candidate, stops)
        )

    def _alone_fits(self, day: int, candidate: Candidate) -> bool:
        alone = self.timer.supposed(day, (_stop(candidate),))
        return alone.feasible and alone.walked <= self.problem.days[day].max_walk

    def _instead(self, day: int, at: int) -> str | None:
        stops = self.plan.days[day]
        stop = stops[at]
        if stop.anywhere or self.by_key[stop.key].pinned is not None:
            return None
        kind = self.by_key[stop.key].kind
        for candidate in self.candidates:
            if candidate.kind != kind or self._excluding(candidate):
                continue
            other = replace(stop, key=candidate.key, start=0, end=_least(candidate))
            if kind == "meal":
                other = replace(other, end=stop.end - stop.start)
            changed = (*stops[:at], other, *stops[at + 1 :])
            if self._keeps_limits(day, changed, candidate, stop):
                return candidate.key
        return None

    def _drop(self, candidate: Candidate) -> tuple[str, int] | None:
        found: list[tuple[float, str, int]] = []
        for day, at in self.positions():
            stops = self.plan.days[day]
            stop = stops[at]
            if stop.anywhere or stop.meal is not None or self._is_kept(stop):
                continue
            rest = (*stops[:at], *stops[at + 1 :])
            if any(
                self._keeps_limits(day, longer, candidate, stop)
                for longer in _insertions(candidate, rest)
            ):
                found.append((self.by_key[stop.key].scores[day], stop.key, day))
        return min(found)[1:] if found else None

    def _is_kept(self, stop: Stop) -> bool:
        candidate = self.by_key[stop.key]
        return candidate.pinned is not None or candidate.must_see

    def _keeps_limits(
        self, day: int, stops: tuple[Stop, ...], candidate: Candidate, gone: Stop
    ) -> bool:
        """Tell whether a day is right with a candidate in and one of its stops gone."""
        given = self.problem.days[day]
        left = self.by_key[gone.key]
        if set(self._excluding(candidate)) - {gone.key} or self._pairs(candidate):
            return False
        if candidate.group != left.group and self._breaks_group(candidate, day):
            return False
        if candidate.kind == "sight" and left.kind != "sight" and self._is_full(day):
            return False
        timing = self.timer.supposed(day, stops)
        return (
            timing.feasible
            and timing.walked <= given.max_walk
            and (given.max_spend is None or timing.spent <= given.max_spend)
            and self._in_all(timing, day)
        )

    def _in_all(self, timing: Timing, day: int) -> bool:
        others = [t for d, t in enumerate(self.timings) if d != day]
        spent = timing.spent + sum(t.spent for t in others)
        walked = timing.walked + sum(t.walked for t in others)
        budget, walk = self.problem.budget, self.problem.max_walk
        return (budget is None or spent <= budget) and (walk is None or walked <= walk)

    def _mostly_travel(self, days: list[int], candidate: Candidate) -> bool:
        """Tell whether the way there and back takes longer than the visit."""
        alone = (_stop(candidate),)
        return all(self.timer.supposed(day, alone).travel > candidate.minutes for day in days)


def _least(candidate: Candidate) -> int:
    return candidate.min_minutes or candidate.minutes


def _stop(candidate: Candidate) -> Stop:
    return Stop(candidate.key, 0, _least(candidate))


def _insertions(candidate: Candidate, stops: tuple[Stop, ...]) -> Iterator[tuple[Stop, ...]]:
    for at in range(len(stops) + 1):
        yield (*stops[:at], _stop(candidate), *stops[at:])
