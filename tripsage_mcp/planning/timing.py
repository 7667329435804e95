"""Times, slack and costs of one day's stops in a given order."""

from dataclasses import dataclass
from functools import cached_property

from tripsage_mcp.planning.problem import UNREACHABLE, Candidate, Plan, Problem, Stop, Window
from tripsage_mcp.planning.ways import ways

_BEYOND = 10 * UNREACHABLE


@dataclass(frozen=True, slots=True)
class Timing:
    """What an order of stops comes to.

    Attributes:
        feasible: Whether every stop is reached in time, and the day's end.
        travel: Minutes on the way.
        walked: How many of them on foot.
        spent: Money, fares included.
        slack: Per stop, minutes it may begin later; empty when not feasible.
    """

    feasible: bool
    travel: int
    walked: int
    spent: int
    slack: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Leg:
    minutes: tuple[int, ...]
    """Per bucket."""
    walked: int
    fare: int


@dataclass(frozen=True, slots=True)
class _Stay:
    leg: _Leg
    minutes: int
    starts: tuple[Window, ...]
    cost: int


class Timer:
    """Times the days of one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.by_key = {c.key: c for c in problem.candidates}

    def planned(self, plan: Plan, day: int) -> Timing:
        """Return what a day of a plan comes to, with the modes it chose."""
        modes = [stop.mode for stop in plan.days[day]]
        modes.append(plan.modes_back[day] if plan.modes_back else None)
        return self._time(day, plan.days[day], modes)

    def supposed(self, day: int, stops: tuple[Stop, ...]) -> Timing:
        """Return what other stops would come to; each keeps its length, not its start."""
        return self._time(day, stops, None)

    @cached_property
    def _usual(self) -> list[int]:
        return ways(self.problem).modes[0]

    def _time(self, day: int, stops: tuple[Stop, ...], modes: list[int | None] | None) -> Timing:
        problem = self.problem
        given = problem.days[day]
        stays, home = self._stays(day, stops, modes)
        moment, feasible, travel = given.start, True, 0
        begins: list[int] = []
        for stay in stays:
            arrival = _arrive(problem, stay.leg, moment)
            travel += arrival - moment
            begin = min(
                (max(arrival, first) for first, last in stay.starts if arrival <= last),
                default=_BEYOND,
            )
            feasible = feasible and begin < _BEYOND
            begins.append(begin)
            moment = (begin if begin < _BEYOND else arrival) + stay.minutes
        arrival = _arrive(problem, home, moment)
        feasible = feasible and (arrival <= given.end or not stops)
        legs = [*(stay.leg for stay in stays), home] if stops else []
        return Timing(
            feasible,
            travel + arrival - moment if stops else 0,
            sum(leg.walked for leg in legs),
            sum(stay.cost for stay in stays) + sum(leg.fare for leg in legs),
            _slack(problem, stays, home, begins, given.end) if feasible else (),
        )

    def _stays(
        self, day: int, stops: tuple[Stop, ...], modes: list[int | None] | None
    ) -> tuple[list[_Stay], _Leg]:
        """Return the stops with the legs to them, and the leg to the end of the day."""
        problem = self.problem
        at = problem.days[day].start_location
        found: list[_Stay] = []
        for number, stop in enumerate(stops):
            minutes = stop.end - stop.start
            if stop.anywhere:
                still = _Leg((0,) * len(problem.buckets), 0, 0)
                cost = sum(meal.cost for meal in problem.meals if meal.name == stop.meal)
                found.append(_Stay(still, minutes, _pause(problem, day, stop), cost))
                continue
            candidate = self.by_key[stop.key]
            leg = self._leg(at, candidate.location, modes, number)
            at = candidate.location
            pinned = candidate.pinned
            starts = _starts(problem, day, candidate, stop)
            if pinned is not None:
                minutes += pinned.lead + pinned.exit
                at = at if pinned.end_location is None else pinned.end_location
            found.append(_Stay(leg, minutes, starts, candidate.cost))
        return found, self._leg(at, problem.days[day].end_location, modes, len(stops))

    def _leg(self, i: int, j: int, modes: list[int | None] | None, number: int) -> _Leg:
        problem = self.problem
        if modes is not None:
            mode = modes[number]
        else:
            usual = self._usual[i * len(problem.travel) + j]
            mode = None if usual < 0 else usual
        if mode is None:
            return _Leg((problem.travel[i][j],) * len(problem.buckets), problem.walking[i][j], 0)
        taken = problem.modes[mode]
        fare = 0 if taken.fare is None else taken.fare[i][j]
        return _Leg(tuple(m[i][j] for m in taken.minutes), taken.walking[i][j], fare)


def _slack(
    problem: Problem, stays: list[_Stay], home: _Leg, begins: list[int], end: int
) -> tuple[int, ...]:
    found: list[int] = []
    leave = _depart(problem, home, end)
    for stay, begin in zip(reversed(stays), reversed(begins), strict=True):
        latest = leave - stay.minutes
        start = max(
            (min(last, latest) for first, last in stay.starts if first <= latest), default=begin
        )
        found.append(max(0, start - begin))
        leave = _depart(problem, stay.leg, start)
    return tuple(reversed(found))


def _starts(problem: Problem, day: int, candidate: Candidate, stop: Stop) -> tuple[Window, ...]:
    pinned = candidate.pinned
    if pinned is not None:
        begin = pinned.start - pinned.lead
        return ((begin, begin),)
    windows = candidate.windows[day]
    minutes = stop.end - stop.start
    if stop.meal is not None:
        first, last = next(m for m in problem.meals if m.name == stop.meal).windows[day]
        windows = tuple((max(o, first), min(c, last)) for o, c in windows)
    return tuple((o, c - minutes) for o, c in windows if c - minutes >= o)


def _pause(problem: Problem, day: int, stop: Stop) -> tuple[Window, ...]:
    rest = problem.days[day].rest
    if stop.meal is None:
        window = (stop.start, stop.end) if rest is None else rest.window
    else:
        window = next(m for m in problem.meals if m.name == stop.meal).windows[day]
    return ((window[0], window[1] - (stop.end - stop.start)),)


def _arrive(problem: Problem, leg: _Leg, moment: int) -> int:
    ends = (*problem.buckets[1:], _BEYOND)
    return min(
        (
            max(moment, begins) + minutes
            for begins, ends_at, minutes in zip(problem.buckets, ends, leg.minutes, strict=True)
            if moment < ends_at
        ),
        default=_BEYOND,
    )


def _depart(problem: Problem, leg: _Leg, moment: int) -> int:
    ends = (*problem.buckets[1:], _BEYOND)
    return max(
        (
            min(moment - minutes, ends_at - 1)
            for begins, ends_at, minutes in zip(problem.buckets, ends, leg.minutes, strict=True)
            if min(moment - minutes, ends_at - 1) >= begins
        ),
        default=-1,
    )
