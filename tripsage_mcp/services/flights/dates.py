"""When a flight search flies: dates within what airlines sell, and windows of clock times."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.airports import IATAPlace
from tripsage_mcp.domain.flight_request import TimeWindow
from tripsage_mcp.errors import InvalidRequestError

DAYS_AHEAD = 330
_ONE_MONTH = timedelta(days=30)
_ONE_WEEK = timedelta(days=7)
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d) ?- ?([01]\d|2[0-3]):([0-5]\d)")


def today_at(now: datetime, origin: IATAPlace) -> date:
    """Return the date it is at the place the first flight leaves from."""
    return now.astimezone(ZoneInfo(origin.time_zone)).date()


def last_on_sale(today: date) -> date:
    """Return the last day airlines sell flights for."""
    return today + timedelta(days=DAYS_AHEAD)


def check_departure(
    argument: str, departure: date, today: date, *, instead: date | None = None
) -> None:
    """Refuse a day that is over, or not on sale yet.

    Args:
        argument: The date's name.
        departure: The date.
        today: At the origin.
        instead: A day that would do, where not every one on sale does.

    Raises:
        InvalidRequestError: naming `argument`.
    """
    last = last_on_sale(today)
    example = f'"{instead or today + _ONE_MONTH}"'
    if departure < today:
        raise InvalidRequestError(
            argument, f"must be {today} (today at the origin) or later", example=example
        )
    if departure > last:
        raise InvalidRequestError(argument, _not_on_sale(last), example=example)


def check_later(argument: str, day: date, *, after: date, of: str, today: date) -> None:
    """Refuse a slice that departs before the one it follows, or is not on sale yet.

    Args:
        argument: The later date's name.
        day: The later date.
        after: The date it must not precede.
        of: What the caller calls `after`.
        today: At the first origin.

    Raises:
        InvalidRequestError: naming `argument`.
    """
    last = last_on_sale(today)
    example = f'"{min(after + _ONE_WEEK, last)}"'
    if day < after:
        raise InvalidRequestError(argument, f"must be on or after {of}", example=example)
    if day > last:
        raise InvalidRequestError(argument, _not_on_sale(last), example=example)


def window(argument: str, given: str | None) -> TimeWindow | None:
    """Read clock times like `06:00-12:30`.

    Raises:
        InvalidRequestError: it is written otherwise, or ends before it begins.
    """
    if given is None:
        return None
    example = '"06:00-12:00"'
    found = _WINDOW.fullmatch(given.strip())
    if found is None:
        raise InvalidRequestError(argument, "must be local times, HH:MM-HH:MM", example=example)
    first, last = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if last < first:
        raise InvalidRequestError(
            argument, "must end after it begins, on the same day", example=example
        )
    return TimeWindow(first, last)


def _not_on_sale(last: date) -> str:
    return f"must be {last} or earlier: airlines sell at most {DAYS_AHEAD} days ahead"
