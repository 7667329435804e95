"""Opening hours in OSM syntax, day by day, and as Google tells them.

https://developers.google.com/maps/documentation/places/web-service/reference/rest/v1/places
(OpeningHours). Days there count from Sunday = 0; what never closes has one period without a close.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

DAY = 24 * 60
WEEK = 7
_OFF = " off"
_MIDDAY = 12 * 60
# As Google writes them: no break before AM, thin spaces around the dash.
_NARROW, _THIN = "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}"
_DASH = f"{_THIN}\N{EN DASH}{_THIN}"
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

type Window = tuple[int, int]
"""Minutes after midnight; a close after midnight exceeds 1440."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One of the rules that `;` separates; the last that applies to a day decides it."""

    hours: OpeningHours
    off: bool

    def on(self, day: date) -> tuple[Window, ...] | None:
        """Return what begins on `day`, or None when the rule says nothing about it."""
        midnight = datetime.combine(day, time())
        windows: list[Window] = []
        start = midnight - timedelta(days=1)
        for opens, closes, state, _ in self.hours.intervals(start, midnight + timedelta(days=2)):
            if state != State.OPEN:
                continue
            first = round((opens - midnight).total_seconds() / 60)
            last = round((closes - midnight).total_seconds() / 60)
            if 0 <= first < DAY:
                windows.append((first, last))
            elif first < 0 and last >= DAY:
                windows.append((0, DAY))
        if not windows:
            return None
        return () if self.off else tuple(windows)


@lru_cache(maxsize=4096)
def _rules(text: str) -> tuple[_Rule, ...]:
    parts = [part.strip() for part in text.split(";")]
    return tuple(
        _Rule(OpeningHours(part.removesuffix(_OFF)), part.endswith(_OFF)) for part in parts
    )


@lru_cache(maxsize=65536)
def windows_on(text: str, day: date) -> tuple[Window, ...]:
    """Return the openings that begin on `day`, sorted.

    Rule by rule rather than all at once: in OSM a Saturday's own rule ends the Friday night that
    still goes on, which is not what the people who wrote these hours mean.

    Args:
        text: OSM `opening_hours`, without fallback rules.
        day: Local to the place.

    Raises:
        opening_hours.ParserError: `text` is not of that syntax.
    """
    for rule in reversed(_rules(text)):
        found = rule.on(day)
        if found is not None:
            return found
    return ()


@lru_cache(maxsize=16384)
def usual_week(text: str, today: date) -> tuple[tuple[Window, ...], ...]:
    """Return the season's week, Monday first: what most of three weeks agree on."""
    week: list[tuple[Window, ...]] = []
    for weekday in range(WEEK):
        day = today + timedelta(days=(weekday - today.weekday()) % WEEK)
        # Today's own week first: of equals it wins.
        near = [windows_on(text, day + timedelta(days=WEEK * n)) for n in (0, -1, 1)]
        week.append(Counter(near).most_common(1)[0][0])
    return tuple(week)


def is_open(text: str, moment: datetime) -> bool:
    """Tell whether it is open at a local, naive moment."""
    minute = moment.hour * 60 + moment.minute
    yesterday = windows_on(text, moment.date() - timedelta(days=1))
    return any(o <= minute < c for o, c in windows_on(text, moment.date())) or any(
        minute < c - DAY for _, c in yesterday
    )


def regular(text: str, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return `regularOpeningHours`."""
    today = now.astimezone(zone).date()
    week = usual_week(text, today)
    periods: list[dict[str, Any]]
    if all(windows == ((0, DAY),) for windows in week):
        periods = [{"open": {"day": 0, "hour": 0, "minute": 0}}]
    else:
        sundays_first = sorted(range(WEEK), key=_google_day)
        periods = [
            {"open": _point(weekday, opens), "close": _point(weekday, closes)}
            for weekday in sundays_first
            for opens, closes in week[weekday]
        ]
    return _hours(text, zone, now, periods, week)


def current(text: str, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return `currentOpeningHours`: today and the six days after, with dates."""
    today = now.astimezone(zone).date()
    usual = usual_week(text, today)
    days = [today + timedelta(days=n) for n in range(WEEK)]
    actual = {day.weekday(): windows_on(text, day) for day in days}
    hours = _hours(
        text, zone, now, _dated(text, today), tuple(actual[weekday] for weekday in range(WEEK))
    )
    special = [day for day in days if actual[day.weekday()] != usual[day.weekday()]]
    if special:
        hours["specialDays"] = [{"date": _date(day)} for day in special]
    return hours


def _dated(text: str, today: date) -> list[dict[str, Any]]:
    """Cut what the seven days hold at their edges; only the edges are truncated."""
    end = WEEK * DAY
    spans: list[Window] = []
    for n in range(-1, WEEK):
        for opens, closes in windows_on(text, today + timedelta(days=n)):
            start, stop = n * DAY + opens, n * DAY + closes
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(stop, spans[-1][1]))
            else:
                spans.append((start, stop))
    periods: list[dict[str, Any]] = []
    for start, stop in spans:
        if stop <= 0:
            continue
        opened = _dated_point(today, max(start, 0), truncated=start < 0)
        closed = _dated_point(today, min(stop, end - 1), truncated=stop > end - 1)
        periods.append({"open": opened, "close": closed})
    return periods


def _hours(
    text: str,
    zone: ZoneInfo,
    now: datetime,
    periods: list[dict[str, Any]],
    week: Sequence[tuple[Window, ...]],
) -> dict[str, Any]:
    local = now.astimezone(zone)
    opened = is_open(text, local.replace(tzinfo=None))
    hours: dict[str, Any] = {
        "openNow": opened,
        "periods": periods,
        "weekdayDescriptions": [
            f"{name}: {_described(windows)}" for name, windows in zip(_NAMES, week, strict=True)
        ],
    }
    change = _next_change(text, local, opened=opened)
    if change is not None:
        at = change.replace(tzinfo=zone).astimezone(UTC)
        hours["nextCloseTime" if opened else "nextOpenTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return hours


def _next_change(text: str, local: datetime, *, opened: bool) -> datetime | None:
    """Return the next local closing of what is open, else opening, within seven days."""
    moment = local.replace(tzinfo=None)
    edges: list[datetime] = []
    for n in range(-1, WEEK + 1):
        day = moment.date() + timedelta(days=n)
        midnight = datetime.combine(day, time())
        for opens, closes in windows_on(text, day):
            edges.append(midnight + timedelta(minutes=closes if opened else opens))
    limit = moment + timedelta(days=WEEK)
    for edge in sorted(edges):
        if moment < edge <= limit and is_open(text, edge) != opened:
            return edge
    return None


def _google_day(weekday: int) -> int:
    return (weekday + 1) % WEEK


def _point(weekday: int, minute: int) -> dict[str, Any]:
    days, rest = divmod(minute, DAY)
    day = _google_day(weekday + days)
    return {"day": day, "hour": rest // 60, "minute": rest % 60}


def _dated_point(today: date, minute: int, *, truncated: bool) -> dict[str, Any]:
    day = today + timedelta(days=minute // DAY)
    point = _point(day.weekday(), minute % DAY) | {"date": _date(day)}
    return point | {"truncated": True} if truncated else point


def _date(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def _described(windows: tuple[Window, ...]) -> str:
    if not windows:
        return "Closed"
    if windows == ((0, DAY),):
        return "Open 24 hours"
    return ", ".join(_range(opens, closes) for opens, closes in windows)


def _range(opens: int, closes: int) -> str:
    same_half = opens // _MIDDAY == closes // _MIDDAY
    return _clock(opens, half=not same_half) + _DASH + _clock(closes, half=True)


def _clock(minute: int, *, half: bool) -> str:
    hour, rest = minute // 60 % 24, minute % 60
    text = f"{hour % 12 or 12}:{rest:02}"
    return f"{text}{_NARROW}{'AM' if hour < _MIDDAY // 60 else 'PM'}" if half else text
