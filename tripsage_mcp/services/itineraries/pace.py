"""How many sights each day may have while an itinerary is changed."""

from dataclasses import dataclass

from tripsage_mcp.domain.itinerary import SIGHTS_PER_DAY, Pace

_PACES: tuple[Pace, ...] = ("relaxed", "balanced", "packed")
_MORE = 2
"""A day gets at most so many sights more at once."""


@dataclass(slots=True)
class Caps:
    """The most sights of each day: as many as there are now, and what is added."""

    most: list[int]

    def add(self, day: int | None) -> None:
        """Make room for one more on a day, or on whichever."""
        for number in range(len(self.most)) if day is None else (day,):
            self.most[number] += 1

    def changed(self, pace: Pace, *, slower: bool) -> Pace:
        """Return the next pace; the same at either end."""
        at = _PACES.index(pace) + (-1 if slower else 1)
        return _PACES[min(max(at, 0), len(_PACES) - 1)]

    def room(self, day: int, pace: Pace, count: int) -> int:
        """Return how many more a day may hold at a faster pace, and make room for them."""
        more = max(0, min(_MORE, SIGHTS_PER_DAY[pace] - count))
        self.most[day] = max(self.most[day], count + more)
        return more

    def excess(self, day: int, pace: Pace, count: int) -> int:
        """Return how many a day must lose at a slower pace: at least one, but never the last."""
        keep = max(1, min(SIGHTS_PER_DAY[pace], count - 1))
        self.most[day] = min(self.most[day], keep)
        return max(0, count - keep)
