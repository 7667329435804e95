"""Google's opening hours in the shape of ours.

Google counts days from Sunday, gives one period without an end to what never closes, and an empty
list to what is never open; see the OpeningHours message of
https://developers.google.com/maps/documentation/places/web-service/reference/rest/v1/places
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from pydantic import BaseModel, Field

from tripsage_mcp.domain.place import MINUTES_PER_DAY, MinuteWindow, OpeningHours, OpeningPeriod

_WEEK = 7 * MINUTES_PER_DAY
_LAST_DAY = 6

type DatedWindows = tuple[tuple[date, tuple[MinuteWindow, ...]], ...]


class RawDate(BaseModel):
    """google.type.Date."""

    year: int = Field(ge=1, le=9999)
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)

    def to_domain(self) -> date | None:
        """Return None for a day no calendar has."""
        try:
            return date(self.year, self.month, self.day)
        except ValueError:
            return None


class RawPoint(BaseModel):
    """One end of a period; `date` only in currentOpeningHours."""

    day: int = Field(0, ge=0, le=6)
    hour: int = Field(0, ge=0, le=23)
    minute: int = Field(0, ge=0, le=59)
    date: RawDate | None = None

    def minute_of_week(self) -> int:
        """Count from Monday's midnight."""
        return (self.day - 1) % 7 * MINUTES_PER_DAY + self.hour * 60 + self.minute


class RawPeriod(BaseModel):
    """One opening."""

    open: RawPoint | None = None
    close: RawPoint | None = None


class RawHours(BaseModel):
    """regularOpeningHours or currentOpeningHours; `periods` None is not the same as empty."""

    periods: list[RawPeriod] | None = None


def weekly(periods: Sequence[RawPeriod]) -> OpeningHours | None:
    """Convert regular hours; None when they make no sense, for unknown is not open."""
    if not periods:
        return OpeningHours()
    if len(periods) == 1 and periods[0].open is not None and periods[0].close is None:
        return OpeningHours(always_open=True)
    found: set[OpeningPeriod] = set()
    for period in periods:
        if period.open is None or period.close is None:
            return None
        start = period.open.minute_of_week()
        length = (period.close.minute_of_week() - start) % _WEEK
        if length == 0:
            return None
        found.update(
            OpeningPeriod(day % 7, opens, closes) for day, opens, closes in _pieces(start, length)
        )
    if found >= {OpeningPeriod(day, 0, MINUTES_PER_DAY) for day in range(7)}:
        return OpeningHours(always_open=True)
    return OpeningHours(tuple(sorted(found, key=lambda p: (p.day, p.opens, p.closes))))


def exceptions(
    current: Sequence[RawPeriod], usual: OpeningHours, today: date
) -> DatedWindows | None:
    """Return the dates from `today` to six days later whose hours differ from the usual ones.

    None when the current hours make no sense, so that nothing is known of any date. The first and
    the last night are reported cut off, so days are compared by the minutes they are open, from
    midnight until the night that follows is over, and not by their periods.
    """
    spans: list[tuple[int, int]] = []
    for period in current:
        start = None if period.open is None else _minutes_since(today, period.open)
        if start is None:
            return None
        end = _WEEK if period.close is None else _minutes_since(today, period.close)
        if end is None or end <= start:
            return None
        if start < 0 or end > _WEEK:
            # Around midnight their week may be another than ours.
            return None
        # They end at 23:59 of the last day; the missing minute is no earlier closing.
        end = _WEEK if end == _WEEK - 1 else end
        spans.append((start, end))
    pieces = [piece for start, end in spans for piece in _pieces(start, end - start)]
    usually = list(_usual_spans(usual, today))
    differing: list[tuple[date, tuple[MinuteWindow, ...]]] = []
    for index in range(7):
        day = today + timedelta(days=index)
        windows = tuple(sorted({(o, c) for on, o, c in pieces if on == index}))
        if index == _LAST_DAY:
            windows = _into_the_night(windows, usual.on(day))
        if windows == usual.on(day):
            continue
        midnight = index * MINUTES_PER_DAY
        length = max(MINUTES_PER_DAY, *(c for _, c in (*windows, *usual.on(day))))
        until = min(midnight + length, _WEEK - 1)
        if _open_minutes(spans, midnight, until) != _open_minutes(usually, midnight, until):
            differing.append((day, windows))
    return tuple(differing)


def _into_the_night(
    windows: tuple[MinuteWindow, ...], usual: tuple[MinuteWindow, ...]
) -> tuple[MinuteWindow, ...]:
    """Let what was cut off at midnight end when it usually does."""
    ends = max((closes for _, closes in usual), default=MINUTES_PER_DAY)
    late = max(ends, MINUTES_PER_DAY)
    return tuple((o, late if closes == MINUTES_PER_DAY else closes) for o, closes in windows)


def _minutes_since(today: date, point: RawPoint) -> int | None:
    """Count from the midnight of `today`; None when the point has no such date."""
    if point.date is None:
        return None
    day = point.date.to_domain()
    if day is None:
        return None
    return (day - today).days * MINUTES_PER_DAY + point.hour * 60 + point.minute


def _pieces(start: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Cut what lasts longer than a day at each midnight; a night that goes on is left whole."""
    day, opens = divmod(start, MINUTES_PER_DAY)
    if length <= MINUTES_PER_DAY:
        yield day, opens, opens + length
        return
    yield day, opens, MINUTES_PER_DAY
    left = length - (MINUTES_PER_DAY - opens)
    while left > 0:
        day += 1
        yield day, 0, min(left, MINUTES_PER_DAY)
        left -= MINUTES_PER_DAY


def _usual_spans(usual: OpeningHours, today: date) -> Iterator[tuple[int, int]]:
    """Return a usual week from the midnight of `today`, and the night before it."""
    for index in range(-1, 7):
        for opens, closes in usual.on(today + timedelta(days=index)):
            yield index * MINUTES_PER_DAY + opens, index * MINUTES_PER_DAY + closes


def _open_minutes(
    spans: Iterable[tuple[int, int]], first: int, until: int
) -> list[tuple[int, int]]:
    """Merge what overlaps or touches between two minutes."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(first, start), min(until, end)) for start, end in spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
