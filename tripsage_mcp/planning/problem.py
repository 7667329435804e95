"""What the solver is asked, and what it answers: plain data, minutes and indexes.

Minutes count real time from local midnight of each day, so that a day on which the clocks change
needs no special care here. Locations are indexes into the travel matrices. Money is whole minor
units of one currency, for all travellers together.
"""

from dataclasses import dataclass, field
from typing import Literal

type Window = tuple[int, int]
type Matrix = tuple[tuple[int, ...], ...]
type MealName = Literal["lunch", "dinner"]
type Reason = Literal[
    "closed", "too_far", "pace", "no_time", "walking", "budget", "group", "excluded", "order"
]

UNREACHABLE = 1_000_000
"""A travel time no day can hold."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause a day should have, wherever the traveller is.

    Attributes:
        minutes: How long.
        window: It begins and ends inside.
        bonus: Score of having it.
    """

    minutes: int
    window: Window
    bonus: float = 160.0


@dataclass(frozen=True, slots=True)
class PlanningDay:
    """When and where one day may be spent.

    Attributes:
        start: First free minute, at `start_location`.
        end: Minute by which to be at `end_location`; before `start` when nothing can be planned.
        max_sights: How many sights the pace allows; meals and commitments do not count.
        max_walk: Walking minutes the pace allows.
        max_spend: Money the day may cost, fares included; None for no limit.
        rest: A pause to be fitted in.
    """

    start: int
    end: int
    start_location: int = 0
    end_location: int = 0
    max_sights: int = 5
    max_walk: int = 150
    max_spend: int | None = None
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """When something booked happens: it is in every plan, to the minute.

    Attributes:
        day: Index of the day.
        start: Minute it begins.
        lead: Minutes to be there before it begins: check-in, security, luggage.
        exit: Minutes it takes to be free again after it ends.
        end_location: Where it leaves the traveller, if not where it began: a train, a transfer.
    """

    day: int
    start: int
    lead: int = 0
    exit: int = 0
    end_location: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be visited, at most once in the whole trip.

    Attributes:
        key: Unique; decides ties, so that the order of candidates does not matter.
        minutes: Ideal length of a visit; a meal's comes from its slot.
        windows: One tuple per day: sorted (open, close) minutes. A visit fits inside one of them.
        scores: One per day, above zero: how much the traveller gains from going on that day.
        must_see: Comes before anything that is not.
        pinned: Booked: kept at its minute whatever else happens; windows, scores and caps of
            pace do not apply to it.
        group: What it is one of many of, e.g. museums; a day with several of a group is dull.
        min_minutes: Shortest visit worth making, which gives `SHORT_SHARE` of the score; None
            when it must be the ideal.
        cost: Money for all travellers.
    """

    key: str
    location: int
    minutes: int
    windows: tuple[tuple[Window, ...], ...]
    scores: tuple[float, ...]
    kind: Literal["sight", "meal", "commitment"] = "sight"
    must_see: bool = False
    pinned: Commitment | None = None
    group: str | None = None
    min_minutes: int | None = None
    cost: int = 0


@dataclass(frozen=True, slots=True)
class MealSlot:
    """A meal each day should have, at most once.

    Attributes:
        windows: One per day; the meal begins and ends inside it; an empty window for no meal.
        bonus: Score of having the meal at all, on top of the restaurant's own.
        anywhere: Score of eating wherever the traveller is then, instead of going to a candidate;
            None when only candidates count.
        cost: Money that eating anywhere takes, for all travellers.
    """

    name: MealName
    minutes: int
    windows: tuple[Window, ...]
    bonus: float = 160.0
    anywhere: float | None = None
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to get about, beside `Problem.travel`.

    Attributes:
        minutes: One matrix per bucket of `Problem.buckets`; `UNREACHABLE` where it does not go.
        walking: Minutes of it on foot.
        fare: Money for all travellers; None when it is free.
    """

    name: str
    minutes: tuple[Matrix, ...]
    walking: Matrix
    fare: Matrix | None = None


@dataclass(frozen=True, slots=True)
class GroupCap:
    """How many of a group there may be; None for no limit."""

    group: str
    per_day: int | None = None
    per_trip: int | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """What the search maximises besides the scores: prices in points of score.

    Attributes:
        travel: A minute on the way: an hour each way is worth it only for something special.
        wait: A minute of waiting beyond `free_wait`, which a coffee takes anyway.
        spread: The first sights of a day: no day stays empty while another one is crammed.
        same_group: How many of a group a day holds gladly.
        same_group_price: What each one more of the group costs.
        walk: A walked minute, when the mode of a leg is chosen (on top of its travel time).
        fare: A minor unit of fare, when the mode of a leg is chosen.
        must_see: Having a must-see.
        moved: A stop of an earlier plan on another day than before, or nowhere.
    """

    travel: float = 0.4
    wait: float = 0.25
    free_wait: int = 30
    spread: tuple[float, ...] = (80.0, 40.0, 15.0)
    same_group: int = 2
    same_group_price: float = 20.0
    walk: float = 0.1
    fare: float = 0.01
    must_see: float = 2_000.0
    moved: float = 40.0


SHORT_SHARE = 0.75
"""What the shortest visit gives of the score of the ideal one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One planning task.

    Attributes:
        travel: Minutes, shape (n, n), `travel[i][j]` from location i to j; may be asymmetric.
        walking: How many of those minutes are on foot, same shape.
        modes: Further ways to travel; each leg takes the one with the least generalised cost,
            or, on days that would else walk too much, the one that walks least.
        buckets: Minute from which each matrix of a mode holds, the first 0; `travel` holds all
            day. Leaving later never means arriving earlier: one may wait for the next bucket.
        budget: Money for the whole trip: costs and fares; None for no limit.
        max_walk: Walking minutes in all; None for no limit.
        exclusive: Sets of keys of which at most one is visited.
        before: Pairs of keys (a, b): where both are visited, a comes first: earlier on the same
            day, or on an earlier day.
        group_caps: Limits on the number of a group.
    """

    days: tuple[PlanningDay, ...]
    candidates: tuple[Candidate, ...]
    travel: Matrix
    walking: Matrix
    meals: tuple[MealSlot, ...] = ()
    modes: tuple[Mode, ...] = ()
    buckets: tuple[int, ...] = (0,)
    budget: int | None = None
    max_walk: int | None = None
    exclusive: tuple[frozenset[str], ...] = ()
    before: tuple[tuple[str, str], ...] = ()
    group_caps: tuple[GroupCap, ...] = ()
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit together."""
        size = len(self.travel)
        matrices = [self.travel, self.walking]
        for mode in self.modes:
            if len(mode.minutes) != len(self.buckets):
                raise ValueError("a mode needs one matrix of minutes per bucket")
            matrices += [*mode.minutes, mode.walking, *([mode.fare] if mode.fare else [])]
        if any(len(m) != size or any(len(row) != size for row in m) for m in matrices):
            raise ValueError("travel and walking must be square and of one size")
        if self.buckets[:1] != (0,) or list(self.buckets) != sorted(set(self.buckets)):
            raise ValueError("buckets must begin with 0 and ascend")
        if len({c.key for c in self.candidates}) != len(self.candidates):
            raise ValueError("candidate keys must be unique")
        self._check_days(size)

    def _check_days(self, size: int) -> None:
        count = len(self.days)
        for c in self.candidates:
            if len(c.windows) != count or len(c.scores) != count or not 0 <= c.location < size:
                raise ValueError("a candidate needs windows and a score per day, and a location")
            if c.pinned is not None and not 0 <= c.pinned.day < count:
                raise ValueError("a commitment needs one of the days")
        if any(len(meal.windows) != count for meal in self.meals):
            raise ValueError("a meal needs a window per day")


@dataclass(frozen=True, slots=True)
class Stop:
    """One placed visit: minutes of its day.

    Attributes:
        key: The candidate's; `lunch`, `dinner` or `rest` for a stop wherever the traveller is.
        start: Minute it begins; of a commitment the booked one, without its lead.
        end: Minute it ends, without a commitment's exit.
        meal: The slot it fills, None for a sight.
        mode: Index into `Problem.modes` of the leg to it; None for `Problem.travel`.
        anywhere: Whether it is no candidate but a meal or a rest on the way.
    """

    key: str
    start: int
    end: int
    meal: MealName | None = None
    mode: int | None = None
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The solver's answer.

    Attributes:
        days: One tuple of stops per day, in time order.
        score: What the search maximised; comparable only within one problem.
        unplaced: Sights without room with the reason, best first.
        iterations: How many rounds of improvement were made.
        modes_back: Per day, index into `Problem.modes` of the leg to its end; None for
            `Problem.travel`.
    """

    days: tuple[tuple[Stop, ...], ...]
    score: float
    unplaced: tuple[tuple[str, Reason], ...] = ()
    iterations: int = 0
    modes_back: tuple[int | None, ...] = ()
