"""From weekly hours to the moments at which a place opens and closes."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from tripsage_mcp.domain.place import OpeningHours

type Interval = tuple[datetime, datetime]
"""From an opening to the closing after it; the closing itself is not part of it."""


def open_intervals(
    hours: OpeningHours, first: date, last: date, zone: tzinfo
) -> tuple[Interval, ...]:
    """Return when a place is open from the first moment of `first` to the last of `last`.

    Intervals are aware, in `zone`, sorted and apart from each other: what overlaps or touches is
    one. A night that began the day before counts from midnight, and one that goes on ends with
    `last`. An opening or closing time counts when the clock first shows it or a later one: a time
    that the clock skips is the moment of the jump, and of one that it shows twice the first.
    """
    begin = _first_shows(datetime.combine(first, time()), zone)
    end = _first_shows(datetime.combine(last, time()) + timedelta(days=1), zone)
    # No opening lasts more than a day, so the day before is all that can reach into the first.
    days = (first + timedelta(days=n) for n in range(-1, (last - first).days + 1))
    spans = sorted(
        (max(begin, _at(day, opens, zone)), min(end, _at(day, closes, zone)))
        for day in days
        for opens, closes in hours.on(day)
    )
    joined: list[Interval] = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], closes)
        elif opens < closes:
            joined.append((opens, closes))
    return tuple((opens.astimezone(zone), closes.astimezone(zone)) for opens, closes in joined)


def open_on(hours: OpeningHours, day: date, zone: tzinfo) -> tuple[Interval, ...]:
    """Return when a place is open on `day`, and how long into the night that goes on.

    As `open_intervals`, but a night that began on `day` ends when it ends. What is still open when
    the next day is over does not end at all, and is cut off at midnight.
    """
    midnight = _first_shows(datetime.combine(day, time()) + timedelta(days=1), zone)
    whole = open_intervals(hours, day, day + timedelta(days=1), zone)
    goes_on = _first_shows(datetime.combine(day, time()) + timedelta(days=2), zone)
    return tuple(
        (opens, midnight.astimezone(zone) if closes.astimezone(UTC) == goes_on else closes)
        for opens, closes in whole
        if opens.astimezone(UTC) < midnight
    )


def is_dated(hours: OpeningHours, day: date) -> bool:
    """Tell whether the hours of `day` are known for that very date, holidays included."""
    return hours.known_until is not None and day <= hours.known_until


def _at(day: date, minute: int, zone: tzinfo) -> datetime:
    return _first_shows(datetime.combine(day, time()) + timedelta(minutes=minute), zone)


def _first_shows(clock: datetime, zone: tzinfo) -> datetime:
    """Return, in UTC, when the clocks of `zone` first show a naive time or a later one."""
    before = clock.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == clock:
        return before
    # Skipped: the clocks jump somewhere between what the old offset and the new one make of it.
    early = clock.replace(tzinfo=zone, fold=1).astimezone(UTC)
    late = before
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < clock:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
