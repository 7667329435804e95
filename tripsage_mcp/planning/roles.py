"""Candidates in their roles: what the kernel calls nodes.

A restaurant is one node for lunch and one for dinner, a sight one for the ideal visit and one for
the shortest; a meal or a rest wherever the traveller is has one node per day.
"""

from dataclasses import dataclass

from tripsage_mcp.planning.problem import (
    SHORT_SHARE,
    Candidate,
    MealName,
    MealSlot,
    Plan,
    Problem,
    Stop,
    Window,
)

SIGHT, REST, COMMITMENT = -1, -2, -3
"""Slots that are no meals."""
FIXED_BONUS = 20_000.0
_ANYWHERE = -1


@dataclass(frozen=True, slots=True)
class Role:
    """One node.

    Attributes:
        key: Of its stop.
        candidate: None for a stop made wherever the traveller is.
        slot: Index of its meal, or one of the constants above.
        minutes: Of the stay, lead and exit included.
        lead, exit: Minutes of a commitment before it begins and after it ends.
        starts: Per day, sorted first and last start of the stay.
        points: Per day, score with bonuses.
        fixed: Never taken out.
        meal: The slot's name.
        cost: Money it takes.
    """

    key: str
    candidate: Candidate | None
    slot: int
    minutes: int
    starts: tuple[tuple[Window, ...], ...]
    points: tuple[float, ...]
    lead: int = 0
    exit: int = 0
    fixed: bool = False
    meal: MealName | None = None
    cost: int = 0

    @property
    def location(self) -> int:
        """Return where one arrives, -1 for anywhere."""
        return _ANYWHERE if self.candidate is None else self.candidate.location

    @property
    def end_location(self) -> int:
        """Return where one leaves from, -1 for anywhere."""
        c = self.candidate
        if c is None or c.pinned is None or c.pinned.end_location is None:
            return self.location
        return c.pinned.end_location


def roles(problem: Problem, start: Plan | None, keep: frozenset[str]) -> list[Role]:
    """Return every role of every candidate, ordered by key: input order must not matter.

    Args:
        problem: What to plan.
        start: An earlier plan; staying on its day is worth something.
        keep: Keys of its stops that stay to the minute.
    """
    placed: dict[str, tuple[int, Stop]] = {}
    for day, stops in enumerate(start.days if start is not None else ()):
        placed.update({_key(stop, day): (day, stop) for stop in stops})
    locked = {key: at for key, at in placed.items() if at[1].key in keep or key in keep}
    found: list[Role] = []
    for candidate in sorted(problem.candidates, key=lambda c: c.key):
        if candidate.pinned is not None:
            found.append(_commitment(problem, candidate))
        elif candidate.key in locked:
            found.append(_locked(problem, candidate, *locked[candidate.key]))
        else:
            at = placed.get(candidate.key)
            found += _free(problem, candidate, None if at is None else at[0])
    return [*found, *_anywhere(problem, locked)]


def slot_name(problem: Problem, role: Role) -> str:
    """Return the key of what a role has at most one of a day, among meals and rests."""
    return "rest" if role.slot == REST else problem.meals[role.slot].name


def _key(stop: Stop, day: int) -> str:
    return f"{stop.key}@{day}" if stop.anywhere else stop.key


def _only(
    problem: Problem, day: int, windows: tuple[Window, ...]
) -> tuple[tuple[Window, ...], ...]:
    return tuple(windows if d == day else () for d in range(len(problem.days)))


def _commitment(problem: Problem, candidate: Candidate) -> Role:
    pinned = candidate.pinned
    assert pinned is not None
    begin = pinned.start - pinned.lead
    return Role(
        key=candidate.key,
        candidate=candidate,
        slot=COMMITMENT,
        minutes=pinned.lead + candidate.minutes + pinned.exit,
        starts=_only(problem, pinned.day, ((begin, begin),)),
        points=tuple(score + FIXED_BONUS for score in candidate.scores),
        lead=pinned.lead,
        exit=pinned.exit,
        fixed=True,
        cost=candidate.cost,
    )


def _locked(problem: Problem, candidate: Candidate, day: int, stop: Stop) -> Role:
    slot = next((n for n, meal in enumerate(problem.meals) if meal.name == stop.meal), SIGHT)
    return Role(
        key=candidate.key,
        candidate=candidate,
        slot=slot,
        minutes=stop.end - stop.start,
        starts=_only(problem, day, ((stop.start, stop.start),)),
        points=tuple(score + FIXED_BONUS for score in candidate.scores),
        fixed=True,
        meal=stop.meal,
        cost=candidate.cost,
    )


def _free(problem: Problem, candidate: Candidate, day: int | None) -> list[Role]:
    bonus = problem.weights.must_see if candidate.must_see else 0.0
    stays = tuple(problem.weights.moved if d == day else 0.0 for d in range(len(problem.days)))
    points = tuple(s + bonus + stay for s, stay in zip(candidate.scores, stays, strict=True))
    if candidate.kind == "meal":
        return [
            Role(
                candidate.key,
                candidate,
                slot,
                meal.minutes,
                _starts(_both(candidate, meal), meal.minutes),
                tuple(p + meal.bonus for p in points),
                meal=meal.name,
                cost=candidate.cost,
            )
            for slot, meal in enumerate(problem.meals)
        ]
    slot = SIGHT if candidate.kind == "sight" else COMMITMENT
    whole = Role(
        candidate.key,
        candidate,
        slot,
        candidate.minutes,
        _starts(candidate.windows, candidate.minutes),
        points,
        cost=candidate.cost,
    )
    shortest = candidate.min_minutes
    if shortest is None or shortest >= candidate.minutes:
        return [whole]
    short = Role(
        candidate.key,
        candidate,
        slot,
        shortest,
        _starts(candidate.windows, shortest),
        tuple(p - s * (1.0 - SHORT_SHARE) for p, s in zip(points, candidate.scores, strict=True)),
        cost=candidate.cost,
    )
    return [whole, short]


def _anywhere(problem: Problem, locked: dict[str, tuple[int, Stop]]) -> list[Role]:
    found: list[Role] = []
    count = len(problem.days)
    for slot, meal in enumerate(problem.meals):
        if meal.anywhere is None:
            continue
        points = (meal.bonus + meal.anywhere,) * count
        for day, window in enumerate(meal.windows):
            found.append(
                _pause(problem, meal.name, slot, day, (meal.minutes, window), points, locked)
            )
    for day, given in enumerate(problem.days):
        rest = given.rest
        if rest is not None:
            points = (rest.bonus,) * count
            found.append(
                _pause(problem, "rest", REST, day, (rest.minutes, rest.window), points, locked)
            )
    return found


def _pause(
    problem: Problem,
    key: str,
    slot: int,
    day: int,
    span: tuple[int, Window],
    points: tuple[float, ...],
    locked: dict[str, tuple[int, Stop]],
) -> Role:
    at = locked.get(f"{key}@{day}")
    minutes, window = span if at is None else (at[1].end - at[1].start, (at[1].start, at[1].end))
    starts = _starts(_only(problem, day, (window,)), minutes)
    fixed = at is not None
    if fixed:
        points = tuple(p + FIXED_BONUS for p in points)
    meal = problem.meals[slot] if slot >= 0 else None
    return Role(
        key,
        None,
        slot,
        minutes,
        starts,
        points,
        fixed=fixed,
        meal=None if meal is None else meal.name,
        cost=0 if meal is None else meal.cost,
    )


def _both(candidate: Candidate, meal: MealSlot) -> tuple[tuple[Window, ...], ...]:
    """Return when a restaurant is open at a time for the meal."""
    return tuple(
        tuple((max(opens, first), min(closes, last)) for opens, closes in of_day)
        for of_day, (first, last) in zip(candidate.windows, meal.windows, strict=True)
    )


def _starts(
    windows: tuple[tuple[Window, ...], ...], minutes: int
) -> tuple[tuple[Window, ...], ...]:
    return tuple(
        tuple(sorted((o, c - minutes) for o, c in of_day if c - minutes >= o)) for of_day in windows
    )
