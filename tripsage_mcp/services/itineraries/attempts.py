"""Solving a changed itinerary: first with all the rest as it is, then with ever more free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from itertools import pairwise

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import NAP, Itinerary, elapsed_minute
from tripsage_mcp.domain.place import MinuteWindow
from tripsage_mcp.planning.problem import (
    Candidate,
    MealName,
    MealSlot,
    Plan,
    Problem,
    Rest,
    Stop,
    Weights,
)
from tripsage_mcp.services.itineraries.candidates import Found, elapsed
from tripsage_mcp.services.itineraries.changes import Piece, meal_of
from tripsage_mcp.services.itineraries.problem import Setting, on_its_day
from tripsage_mcp.services.itineraries.solving import Solver

_KEPT_SCORE = 120.0
"""What everything that was in the plan is worth at least: it was chosen once."""
_NOT_AT_ALL = (0, 0)
_MOVED_PRICE = 0.15
"""Of one thing moved, where one lost is worth 1."""
_ALL_DAY = (0, 2 * 24 * 60)
_CALM = Weights(moved=150.0, spread=(), same_group_price=0.0)
"""Nothing is gained by making another plan of it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A plan, and what of the pieces is not in it.

    Attributes:
        problem: What was solved, with every stop of the plan allowed to be where it is.
        free: Positions, among the pieces, of what was free to be moved.
        in_order: Whether what was on one day before had to stay in its order.
    """

    plan: Plan
    problem: Problem
    lost: tuple[Piece, ...]
    free: frozenset[int]
    in_order: bool


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is to be solved.

    Attributes:
        pieces: Those that are no fixed part of the frame.
        found: Every place there is to choose from, by place id, the pieces' own included.
        offered: By place id, the days on which something new may be taken, and the meal it is
            for, None for a sight.
        touched: Indexes of the days that changes are about.
        caps: How many sights each day may have.
        insisted: Whose minute was asked for, in the frame or among the pieces.
        hours: By index of a day, when the party is out on it by its own choice, in real minutes.
    """

    setting: Setting
    pieces: Sequence[Piece]
    found: Mapping[str, Found]
    offered: Mapping[str, tuple[frozenset[int], MealName | None]]
    touched: frozenset[int]
    caps: Sequence[int]
    solver: Solver
    effort: float
    insisted: Sequence[Piece] = ()
    hours: Mapping[int, MinuteWindow] = field(default_factory=dict[int, MinuteWindow])

    async def best(self) -> Attempt:
        """Return the plan that changes least among those that lose least."""
        loose = frozenset(
            n
            for n, piece in enumerate(self.pieces)
            if not piece.keep or self._in_the_way(piece) or self._is_outside(piece)
        )
        best = await self._settled(loose, in_order=True)
        everywhere = frozenset(range(len(self.caps)))
        for in_order in (True, False):
            for days in (frozenset(p.day for p in best.lost), self.touched, everywhere):
                if not _loss(best):
                    return best
                more = {n for n, p in enumerate(self.pieces) if p.day in days and _may_move(p)}
                if more <= loose and in_order:
                    continue
                loose |= more
                attempt = await self._settled(loose, in_order=in_order)
                best = attempt if self._price(attempt) < self._price(best) else best
        return best

    def _price(self, attempt: Attempt) -> float:
        """Weigh what is lost and, less, what was moved on days that changes are not about."""
        at = {
            (stop.key, day): stop.start
            for day, stops in enumerate(attempt.plan.days)
            for stop in stops
        }
        moved = sum(
            at.get((p.key, p.day)) != self._minutes(p, p.day)[0]
            for p in self.pieces
            if not p.new and p.day not in self.touched and p not in attempt.lost
        )
        return _loss(attempt) + _MOVED_PRICE * moved

    async def firm(self, chosen: Attempt) -> Attempt:
        """Solve again once the ways within each day are known, with every stop on its own day."""
        problem = self._problem(in_order=chosen.in_order)
        placed = {stop.key for stops in chosen.plan.days for stop in stops}
        known = replace(problem, candidates=tuple(c for c in problem.candidates if c.key in placed))
        before = tuple(pair for pair in known.before if placed.issuperset(pair))
        fixed = on_its_day(replace(known, before=before), chosen.plan)
        return await self._solved(fixed, chosen.plan, chosen.free, in_order=chosen.in_order)

    async def _settled(self, free: frozenset[int], *, in_order: bool) -> Attempt:
        """Solve, and set free what cannot stay where it is, until nothing more is lost by it."""
        while True:
            problem = self._problem(in_order=in_order)
            attempt = await self._solved(problem, self._earlier(free), free, in_order=in_order)
            lost = {
                n
                for n, piece in enumerate(self.pieces)
                if n not in free and piece in attempt.lost and not _is_firm(piece)
            }
            if not lost:
                return attempt
            free |= lost

    async def _solved(
        self, problem: Problem, earlier: Plan, free: frozenset[int], *, in_order: bool
    ) -> Attempt:
        keep = frozenset(p.kept_as for n, p in enumerate(self.pieces) if n not in free)
        plan = await self.solver.solve(problem, effort=self.effort, start=(earlier, keep))
        placed = {
            (f"{stop.key}@{day}" if stop.anywhere else stop.key)
            for day, stops in enumerate(plan.days)
            for stop in stops
        }
        lost = tuple(p for p in self.pieces if p.wanted and not self._is_in(p, placed))
        return Attempt(plan, _explicable(problem, plan), lost, free, in_order)

    def _is_outside(self, piece: Piece) -> bool:
        """Tell whether a piece begins too early or ends too late for its day."""
        if _is_firm(piece) or piece.day not in self.hours:
            return False
        first, last = self.hours[piece.day]
        starts, ends = self._minutes(piece, piece.day)
        return starts < first or ends > last

    def _in_the_way(self, piece: Piece) -> bool:
        """Tell whether something is at, or too near to, a time that was asked for."""
        if _is_firm(piece):
            return False
        mine = piece.item
        starts, ends = mine.starts.astimezone(UTC), mine.ends.astimezone(UTC)
        for other in self.insisted:
            if other is piece or other.day != piece.day:
                continue
            begin, end = (m.astimezone(UTC) for m in (other.item.starts, other.item.ends))
            first = starts < begin
            leg = None
            if mine.coordinates is not None and other.item.coordinates is not None:
                way = (mine.coordinates, other.item.coordinates)
                leg = self.setting.ways.leg(way[not first], way[first])
            gap = timedelta(minutes=0 if leg is None else leg.minutes)
            if (ends + gap > begin) if first else (end + gap > starts):
                return True
        return False

    @staticmethod
    def _is_in(piece: Piece, placed: set[str]) -> bool:
        if piece.role == "anywhere":
            return any(key.startswith(f"{piece.key}@") for key in placed)
        return piece.key in placed

    def _problem(self, *, in_order: bool) -> Problem:
        plain = self.setting.problem(self.found)
        by_key = {p.key: p for p in self.pieces if p.role == "place"}
        eats = {
            name: {day for p in self.pieces if p.item.kind == name for day in (p.days or {p.day})}
            | {d for days, meal in self.offered.values() if meal == name for d in days}
            for name in ("lunch", "dinner")
        }
        firm = {(p.day, p.item.kind) for p in self.pieces if _is_firm(p)}
        # No one wants a second lunch.
        meals = tuple(
            replace(
                slot,
                windows=tuple(
                    _NOT_AT_ALL
                    if day not in eats[slot.name]
                    else w
                    if (day, slot.name) in firm
                    else self._within(day, w)
                    for day, w in enumerate(slot.windows)
                ),
                anywhere=slot.anywhere if self._eats_anywhere(slot.name) else None,
            )
            for slot in plain.meals
        )
        candidates = tuple(
            c
            if c.pinned is not None
            else self._mine(c, by_key[c.key], meals)
            if c.key in by_key
            else self._offer(c)
            for c in plain.candidates
        )
        days = tuple(
            replace(day, max_sights=self.caps[n], rest=self._rest(n))
            for n, day in enumerate(plain.days)
        )
        return replace(
            plain,
            candidates=tuple(map(self._out, candidates)),
            meals=meals,
            days=days,
            weights=_CALM,
            before=self._order() if in_order else (),
        )

    def _out(self, candidate: Candidate) -> Candidate:
        """Keep what is free within the hours: only what is locked makes a day longer."""
        if any(_is_firm(p) and p.key == candidate.key for p in self.pieces):
            return candidate
        windows = tuple(
            tuple(self._within(day, window) for window in of_day)
            for day, of_day in enumerate(candidate.windows)
        )
        windows = tuple(tuple(w for w in of_day if w != _NOT_AT_ALL) for of_day in windows)
        return replace(candidate, windows=windows)

    def _within(self, day: int, window: MinuteWindow) -> MinuteWindow:
        first, last = self.hours.get(day, window)
        opens, closes = max(window[0], first), min(window[1], last)
        return (opens, closes) if closes > opens else _NOT_AT_ALL

    def _eats_anywhere(self, name: str) -> bool:
        return any(p.role == "anywhere" and p.item.kind == name for p in self.pieces)

    def _order(self) -> tuple[tuple[str, str], ...]:
        """Return what comes before what on each day, as it was."""
        old = [p for p in self.pieces if p.role == "place" and not p.new and p.days is None]
        old.sort(key=lambda piece: (piece.day, piece.item.starts.astimezone(UTC)))
        return tuple((a.key, b.key) for a, b in pairwise(old) if a.day == b.day)

    @staticmethod
    def _mine(candidate: Candidate, piece: Piece, meals: Sequence[MealSlot]) -> Candidate:
        """Let a piece be only where it may, for as long as it takes; a meal stays that meal."""
        item, may_be = piece.item, piece.days
        windows = candidate.windows
        slot = next((slot for slot in meals if slot.name == item.kind), None)
        if slot is not None:
            may_be = may_be or frozenset({piece.day})
            windows = tuple(
                tuple((max(o, first), min(c, last)) for o, c in of_day if min(c, last) > o)
                for of_day, (first, last) in zip(windows, slot.windows, strict=True)
            )
        windows = tuple(w if may_be is None or n in may_be else () for n, w in enumerate(windows))
        minutes = int((item.ends.astimezone(UTC) - item.starts.astimezone(UTC)).total_seconds())
        return replace(
            candidate,
            windows=windows,
            minutes=minutes // 60,
            min_minutes=None,
            kind="sight" if slot is None else "meal",
            scores=tuple(max(score, _KEPT_SCORE) for score in candidate.scores),
            must_see=candidate.must_see or piece.new,
            group=None,
        )

    def _offer(self, candidate: Candidate) -> Candidate:
        days, meal = self.offered.get(candidate.key, (frozenset[int](), None))
        return replace(
            candidate,
            windows=tuple(w if n in days else () for n, w in enumerate(candidate.windows)),
            kind="sight" if meal is None else "meal",
        )

    def _rest(self, day: int) -> Rest | None:
        resting = [p for p in self.pieces if p.day == day and p.item.kind == "rest"]
        if not resting or resting[0].role != "anywhere":
            return None
        starts, ends = self._minutes(resting[0], day)
        window = _ALL_DAY
        if "naps" in self.setting.habits.needs:
            # A child that naps does not sleep in the morning instead, nor in the evening.
            given = self.setting.given
            opens, closes = elapsed(NAP, given.dates[day], given.zone)
            window = (min(opens, starts), max(closes, ends))
        return Rest(ends - starts, window)

    def _minutes(self, piece: Piece, day: int) -> tuple[int, int]:
        given = self.setting.given
        date_ = given.dates[day]
        return (
            elapsed_minute(date_, piece.item.starts, given.zone),
            elapsed_minute(date_, piece.item.ends, given.zone),
        )

    def _earlier(self, free: frozenset[int]) -> Plan:
        """Return the plan as it was, as far as it may stay so."""
        days: list[tuple[Stop, ...]] = []
        for number in range(len(self.setting.given.dates)):
            stops: list[Stop] = []
            for n, piece in enumerate(self.pieces):
                elsewhere = piece.days is not None and number not in piece.days
                if piece.day != number or (n in free and elsewhere):
                    continue
                start, end = self._minutes(piece, number)
                meal = meal_of(piece.item)
                stops.append(Stop(piece.key, start, end, meal, anywhere=piece.role == "anywhere"))
            days.append(tuple(sorted(stops, key=lambda stop: (stop.start, stop.end, stop.key))))
        return Plan(tuple(days), 0.0)


def _explicable(problem: Problem, plan: Plan) -> Problem:
    """Return a problem in which even what stays where it is closed may be there.

    That it is closed is the checker's business; without a window there is no telling its slack.
    """
    at = {
        stop.key: (day, (stop.start, stop.end))
        for day, stops in enumerate(plan.days)
        for stop in stops
    }

    def opened(candidate: Candidate) -> Candidate:
        if candidate.pinned is not None or candidate.key not in at:
            return candidate
        day, (start, end) = at[candidate.key]
        if any(opens <= start and end <= closes for opens, closes in candidate.windows[day]):
            return candidate
        windows = tuple(
            ((start, end),) if n == day else of_day for n, of_day in enumerate(candidate.windows)
        )
        return replace(candidate, windows=windows)

    eaten = {
        (stop.meal, day): (stop.start, stop.end)
        for day, stops in enumerate(plan.days)
        for stop in stops
    }
    meals = tuple(
        replace(
            slot,
            windows=tuple(
                _around(window, eaten.get((slot.name, day), window))
                for day, window in enumerate(slot.windows)
            ),
        )
        for slot in problem.meals
    )
    return replace(problem, candidates=tuple(map(opened, problem.candidates)), meals=meals)


def _around(window: MinuteWindow, span: MinuteWindow) -> MinuteWindow:
    return span if window == _NOT_AT_ALL else (min(window[0], span[0]), max(window[1], span[1]))


def exact_ways(before: Itinerary) -> dict[tuple[Coordinates, Coordinates], int]:
    """Return what an itinerary leaves for each way from one thing to the next.

    What stays as it is shall not be moved for the sake of round numbers; whether there is time
    enough is the checker's business.
    """
    found: dict[tuple[Coordinates, Coordinates], int] = {}
    for day in before.days:
        for one, other in pairwise(day.items):
            start, end = one.coordinates, other.coordinates
            if start is None or end is None or start == end:
                continue
            gap = other.starts.astimezone(UTC) - one.ends.astimezone(UTC)
            found[start, end] = max(0, int(gap.total_seconds() // 60))
    return found


def _is_firm(piece: Piece) -> bool:
    return piece.item.locked or piece.insisted


def _may_move(piece: Piece) -> bool:
    return not _is_firm(piece) and piece.days is None and not piece.new


def _loss(attempt: Attempt) -> float:
    """Weigh what is not in a plan; a meal is not worth turning other days upside down for."""
    return sum(
        10.0 if p.new or _is_firm(p) or p.why is not None else 1.0
        for p in attempt.lost
        if p.item.kind == "visit" or p.new or _is_firm(p)
    )
