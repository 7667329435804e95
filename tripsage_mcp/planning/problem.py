"""What the solver is asked, and what it answers: plain data, minutes and indexes.

Minutes count real time from local midnight of each day, so that a day on which the clocks change
needs no special care here. Locations are indexes into the travel matrix.
"""

from dataclasses import dataclass
from typing import Literal

type Window = tuple[int, int]
type Matrix = tuple[tuple[int, ...], ...]
type Reason = Literal["closed", "too_far", "pace", "no_time"]

UNREACHABLE = 1_000_000
"""A travel time no day can hold."""


@dataclass(frozen=True, slots=True)
class PlanningDay:
    """When and where one day may be spent.

    Attributes:
        start: First free minute, at `start_location`.
        end: Minute by which to be at `end_location`; before `start` when nothing can be planned.
        max_sights: How many sights the pace allows; meals do not count.
        max_walk: Walking minutes the pace allows.
    """

    start: int
    end: int
    start_location: int = 0
    end_location: int = 0
    max_sights: int = 5
    max_walk: int = 150


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be visited, at most once in the whole trip.

    Attributes:
        key: Unique; decides ties, so that the order of candidates does not matter.
        minutes: Length of a visit; a meal's comes from its slot.
        windows: One tuple per day: sorted (open, close) minutes. A visit fits inside one of them.
        scores: One per day, above zero: how much the traveller gains from going on that day.
        must_see: Comes before anything that is not.
        pinned: Booked: once placed it is never moved to another place in the search.
        group: What it is one of many of, e.g. museums; a day with several of a group is dull.
    """

    key: str
    location: int
    minutes: int
    windows: tuple[tuple[Window, ...], ...]
    scores: tuple[float, ...]
    kind: Literal["sight", "meal"] = "sight"
    must_see: bool = False
    pinned: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True)
class MealSlot:
    """A meal each day should have, at most once.

    Attributes:
        windows: One per day; the meal begins and ends inside it.
        bonus: Score of having the meal at all, on top of the restaurant's own.
    """

    name: Literal["lunch", "dinner"]
    minutes: int
    windows: tuple[Window, ...]
    bonus: float = 160.0


@dataclass(frozen=True, slots=True)
class Problem:
    """One planning task.

    Attributes:
        travel: Minutes, shape (n, n), `travel[i][j]` from location i to j; may be asymmetric.
        walking: How many of those minutes are on foot, same shape.
    """

    days: tuple[PlanningDay, ...]
    candidates: tuple[Candidate, ...]
    travel: Matrix
    walking: Matrix
    meals: tuple[MealSlot, ...] = ()

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit together."""
        size = len(self.travel)
        if any(len(row) != size for row in (*self.travel, *self.walking)) or (
            len(self.walking) != size
        ):
            raise ValueError("travel and walking must be square and of one size")
        if len({c.key for c in self.candidates}) != len(self.candidates):
            raise ValueError("candidate keys must be unique")
        count = len(self.days)
        for c in self.candidates:
            if len(c.windows) != count or len(c.scores) != count or not 0 <= c.location < size:
                raise ValueError("a candidate needs windows and a score per day, and a location")
        if any(len(meal.windows) != count for meal in self.meals):
            raise ValueError("a meal needs a window per day")


@dataclass(frozen=True, slots=True)
class Stop:
    """One placed visit: minutes of its day.

    Attributes:
        meal: The slot it fills, None for a sight.
    """

    key: str
    start: int
    end: int
    meal: Literal["lunch", "dinner"] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The solver's answer.

    Attributes:
        days: One tuple of stops per day, in time order.
        score: What the search maximised; comparable only within one problem.
        unplaced: Sights without room with the reason, best first.
        iterations: How many rounds of improvement were made.
    """

    days: tuple[tuple[Stop, ...], ...]
    score: float
    unplaced: tuple[tuple[str, Reason], ...] = ()
    iterations: int = 0
