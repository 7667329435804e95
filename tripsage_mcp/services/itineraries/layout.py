"""What is left of each day for planning, around what is fixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from math import inf

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    NAP,
    NAP_MINUTES,
    SIGHTS_PER_DAY,
    ItineraryItem,
    Need,
    Pace,
    elapsed_minute,
    walk_minutes,
)
from tripsage_mcp.domain.place import MinuteWindow
from tripsage_mcp.planning.problem import Candidate, Commitment, PlanningDay, Rest
from tripsage_mcp.services.itineraries.candidates import elapsed
from tripsage_mcp.services.itineraries.frame import Frame, rested
from tripsage_mcp.services.itineraries.travel import Ways, on_grid

_GET_READY_MINUTES = 15
_EASY_SIGHTS = 2
_REST_WINDOW: MinuteWindow = (12 * 60, 18 * 60)
_BAGS_BEFORE = frozenset({"stay", "check_out"})
_BAGS_AFTER = frozenset({"stay", "check_in"})
_SAME_ERRAND = timedelta(minutes=30)
"""Calls at a stay that are farther apart have nothing to do with each other."""
PINNED = "fixed:"
"""Begins the key of what is fixed, followed by its number among what is."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the party spends its days.

    Attributes:
        day_start: Wall-clock minute, by day.
        day_end: Likewise.
        max_sights: By day, where it is not what the pace allows.
    """

    pace: Pace
    day_start: Sequence[int]
    day_end: Sequence[int]
    needs: Sequence[Need] = ()
    rest_minutes: int = 0
    easy_first_day: bool = False
    max_sights: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def rests(self) -> int:
        """Minutes of rest a whole day should have."""
        return max(self.rest_minutes, NAP_MINUTES if "naps" in self.needs else 0)


class Spots:
    """Numbers for points, in the order they are first asked for."""

    def __init__(self) -> None:
        self._numbers: dict[Coordinates, int] = {}

    def at(self, point: Coordinates) -> int:
        """Return the number of a point."""
        return self._numbers.setdefault(point, len(self._numbers))

    @property
    def points(self) -> tuple[Coordinates, ...]:
        """Every point, by number."""
        return tuple(self._numbers)


@dataclass(frozen=True, slots=True)
class Absence:
    """A time when the traveller is not at the destination, or busy with bags.

    Attributes:
        leaves: Since when; None for since ever.
        ready: Until when, a night's sleep included; None for ever.
        left_at: Where the traveller was last.
        back_at: Where the traveller is first.
        items: Indexes of what is done with it.
    """

    leaves: datetime | None
    ready: datetime | None
    left_at: Coordinates | None
    back_at: Coordinates | None
    items: frozenset[int]


def with_bags(items: Sequence[ItineraryItem], at: int) -> list[int]:
    """Return the index of a flight and of the calls at a stay that belong to it, in time order."""
    flight = items[at]
    step, kinds = (1, _BAGS_AFTER) if flight.kind == "arrival" else (-1, _BAGS_BEFORE)
    found = [at]
    while True:
        other = found[-1] + step
        if not 0 <= other < len(items) or items[other].kind not in kinds:
            break
        first, last = sorted((items[found[-1]], items[other]), key=lambda i: i.starts.timestamp())
        gap = last.starts.astimezone(UTC) - first.ends.astimezone(UTC)
        if len(found) > 1 and gap > _SAME_ERRAND:
            break
        found.append(other)
    return sorted(found)


def absences(fixed: Sequence[ItineraryItem], given: Frame) -> list[Absence]:
    """Return the times away, each flight with the calls at the stay that belong to it."""
    found: list[Absence] = []
    leaving: tuple[datetime, Coordinates | None, frozenset[int]] | None = None
    for number, item in enumerate(fixed):
        if item.kind == "arrival":
            done = with_bags(fixed, number)
            last = fixed[done[-1]]
            before = leaving or (None, None, frozenset[int]())
            ready = rested(last.ends, given.zone)
            both = before[2] | frozenset(done)
            found.append(Absence(before[0], ready, before[1], last.coordinates, both))
            leaving = None
        elif item.kind == "departure":
            done = with_bags(fixed, number)
            leaving = (fixed[done[0]].starts, fixed[done[0]].coordinates, frozenset(done))
    if leaving is not None:
        found.append(Absence(leaving[0], None, leaving[1], None, leaving[2]))
    return found


@dataclass(frozen=True, slots=True)
class Layout:
    """What the planner may work with.

    Attributes:
        pinned: What is fixed within the days, to be planned around.
        hours: By day, when the party is out by its own choice, in real minutes.
        eaten: By day, the meals that are fixed.
    """

    days: tuple[PlanningDay, ...]
    pinned: tuple[Candidate, ...]
    hours: tuple[MinuteWindow, ...]
    eaten: tuple[frozenset[str], ...]


def layout(given: Frame, habits: Habits, spots: Spots, ways: Ways, now: datetime) -> Layout:
    """Return what is left of each date, and what is fixed in it."""
    away = absences(given.fixed, given)
    bound = frozenset[int]().union(*(absence.items for absence in away))
    most_walk = walk_minutes(habits.pace, habits.needs)
    pinned: list[Candidate] = []
    days: list[PlanningDay] = []
    hours: list[MinuteWindow] = []
    for number, day in enumerate(given.dates):
        here = [
            (n, item)
            for n, item in enumerate(given.fixed)
            if item.starts.date() == day and n not in bound
        ]
        wanted = elapsed((habits.day_start[number], habits.day_end[number]), day, given.zone)
        hours.append(wanted)
        free = _Free(given, day, wanted)
        free.not_before(now + timedelta(minutes=_GET_READY_MINUTES))
        for absence in away:
            free.without(absence)
        kept = free.with_room_for(here, ways)
        days.append(
            PlanningDay(
                start=free.start,
                end=free.end,
                start_location=spots.at(free.start_at),
                end_location=spots.at(free.end_at),
                max_sights=_most_sights(habits, number),
                max_walk=max(0, most_walk - _walked(given, day, bound)),
                rest=_rest(habits, day, given),
            )
        )
        pinned += [_pinned(n, item, number, given, spots) for n, item in kept]
    eaten = tuple(
        frozenset(i.kind for i in given.fixed if i.starts.date() == day) for day in given.dates
    )
    return Layout(tuple(days), tuple(pinned), tuple(hours), eaten)


def _walked(given: Frame, day: date, bound: frozenset[int]) -> int:
    """Return the minutes on foot between a flight and the stay, which count like any others."""
    return sum(
        item.leg.minutes
        for n, item in enumerate(given.fixed)
        if n in bound and item.starts.date() == day and item.leg and item.leg.mode == "walk"
    )


def _most_sights(habits: Habits, number: int) -> int:
    most = habits.max_sights.get(number, SIGHTS_PER_DAY[habits.pace])
    return min(most, _EASY_SIGHTS) if habits.easy_first_day and number == 0 else most


def _rest(habits: Habits, day: date, given: Frame) -> Rest | None:
    if not habits.rests:
        return None
    window = NAP if "naps" in habits.needs else _REST_WINDOW
    return Rest(habits.rests, elapsed(window, day, given.zone))


class _Free:
    """The time of one day that may be planned, in real minutes after its midnight."""

    def __init__(self, given: Frame, day: date, wanted: MinuteWindow) -> None:
        self.given, self.day = given, day
        self.start, self.end = wanted
        self.start_at, self.end_at = given.bed_before(day), given.bed_after(day)
        # However early or late something booked is, it cannot be before this, nor after that.
        self._first: float = -inf
        self._last: float = inf

    def _minute(self, moment: datetime) -> int:
        return elapsed_minute(self.day, moment, self.given.zone)

    def _begin(self, minute: int) -> None:
        self.start = max(self.start, minute)
        self._first = max(self._first, minute)

    def not_before(self, moment: datetime) -> None:
        """Leave out what has passed already."""
        minute = on_grid(self._minute(moment) + 1)
        if minute > self.start:
            self._begin(minute)

    def without(self, absence: Absence) -> None:
        """Leave out a time away."""
        leaves = -inf if absence.leaves is None else self._minute(absence.leaves)
        ready = inf if absence.ready is None else self._after(absence.ready)
        if ready <= self.start or leaves >= self.end:
            return
        if ready < inf and (leaves <= self.start or ready < self.end):
            self._begin(int(ready))
            self.start_at = absence.back_at or self.start_at
        elif leaves > self.start:
            self.end = int(leaves)
            self._last = min(self._last, leaves)
            self.end_at = absence.left_at or self.end_at
        else:
            self.end = self.start - 1
            self._last = self.end

    def _after(self, moment: datetime) -> int:
        """Return the first minute of the grid that is not before a moment."""
        minute = self._minute(moment)
        return on_grid(minute if self._is_whole(moment) else minute + 1)

    @staticmethod
    def _is_whole(moment: datetime) -> bool:
        return moment.second == moment.microsecond == 0

    def with_room_for(
        self, fixed: Sequence[tuple[int, ItineraryItem]], ways: Ways
    ) -> list[tuple[int, ItineraryItem]]:
        """Begin earlier and end later for the sake of what is fixed, and return what fits.

        What is fixed for a time when the traveller cannot be there takes that time all the same.
        """
        if not fixed:
            return []
        self._stretch([item for _, item in fixed], ways)
        kept = list(fixed)
        while kept:
            item = kept[0][1]
            at, ends = _place_of(item, self.day, self.given), self._after(item.ends)
            if self._minute(item.starts) - _minutes(ways, self.start_at, at) >= self.start:
                break
            if ends > self.start:
                self._begin(ends)
                self.start_at = at
            del kept[0]
        while kept:
            item = kept[-1][1]
            at, starts = _place_of(item, self.day, self.given), self._minute(item.starts)
            if self._after(item.ends) + _minutes(ways, at, self.end_at) <= self.end:
                break
            if starts < self.end:
                self.end, self.end_at = starts, at
            del kept[-1]
        return kept

    def _stretch(self, items: Sequence[ItineraryItem], ways: Ways) -> None:
        first, last = items[0], max(items, key=lambda item: item.ends.astimezone(UTC))
        there = _minutes(ways, self.start_at, _place_of(first, self.day, self.given))
        back = _minutes(ways, _place_of(last, self.day, self.given), self.end_at)
        early = self._minute(first.starts) - there
        late = self._after(last.ends) + back
        if early < self.start:
            self.start = max(early, int(max(self._first, -(10**6))))
        if late > self.end:
            self.end = min(late, int(min(self._last, 10**6)))


def _place_of(item: ItineraryItem, day: date, given: Frame) -> Coordinates:
    """Return where something fixed is: at the bed of the moment where nobody knows the place.

    So no way to it is planned either.
    """
    if item.coordinates is not None:
        return item.coordinates
    moved = any(
        other.kind == "check_in"
        and other.starts.date() == day
        and other.starts.astimezone(UTC) <= item.starts.astimezone(UTC)
        for other in given.fixed
    )
    return given.bed_after(day) if moved else given.bed_before(day)


def _minutes(ways: Ways, start: Coordinates | None, end: Coordinates | None) -> int:
    leg = None if start is None or end is None else ways.leg(start, end)
    return 0 if leg is None else on_grid(leg.minutes)


def _pinned(number: int, item: ItineraryItem, day: int, given: Frame, spots: Spots) -> Candidate:
    date_ = given.dates[day]
    start = elapsed_minute(date_, item.starts, given.zone)
    end = elapsed_minute(date_, item.ends, given.zone)
    at = _place_of(item, date_, given)
    count = len(given.dates)
    return Candidate(
        key=f"{PINNED}{number}",
        location=spots.at(at),
        minutes=max(1, end - start),
        windows=((),) * count,
        scores=(1.0,) * count,
        kind="commitment",
        pinned=Commitment(day, start),
    )


def clipped(candidate: Candidate, laid: Layout) -> Candidate:
    """Keep what is not booked within the hours the party wants to be out."""
    windows = tuple(
        tuple(
            (max(opens, first), min(closes, last))
            for opens, closes in of_day
            if min(closes, last) > max(opens, first)
        )
        for of_day, (first, last) in zip(candidate.windows, laid.hours, strict=True)
    )
    return replace(candidate, windows=windows)
