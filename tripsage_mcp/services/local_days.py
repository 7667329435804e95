"""Days at a place that somebody asks about: not past there, not too many, not too far ahead."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tripsage_mcp.errors import InvalidRequestError

MOST_DAYS = 31
FURTHEST_DAYS = 366
# Somewhere on Earth it is still this much earlier than in UTC.
_LATEST_ZONE = timedelta(hours=12)
_EXAMPLE_IN_DAYS = 14


def check_days(first: date, last: date, now: datetime) -> None:
    """Check a range, both ends included, before it is known where.

    Raises:
        InvalidRequestError: past everywhere, reversed, too long or too far ahead.
    """
    now = now.astimezone(UTC)
    if first < (now - _LATEST_ZONE).date():
        raise _past(now)
    if last < first:
        raise InvalidRequestError(
            "end_date", "must not be before start_date", example=f'"{first.isoformat()}"'
        )
    if (last - first).days >= MOST_DAYS:
        raise InvalidRequestError(
            "end_date",
            f"must be within {MOST_DAYS} days of start_date, both included",
            example=f'"{first.isoformat()}"',
        )
    if last > now.date() + timedelta(days=FURTHEST_DAYS):
        raise InvalidRequestError("end_date", "must be at most a year ahead", example=_example(now))


def check_not_past(first: date, time_zone: str, now: datetime) -> None:
    """Check the first day once the time zone of the place is known.

    Raises:
        InvalidRequestError: it is over there.
    """
    if first < today_at(time_zone, now):
        raise _past(now)


def today_at(time_zone: str, now: datetime) -> date:
    """Return the date at a place; in a zone nobody knows, the earliest it is anywhere."""
    try:
        return now.astimezone(ZoneInfo(time_zone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        return (now.astimezone(UTC) - _LATEST_ZONE).date()


def _past(now: datetime) -> InvalidRequestError:
    return InvalidRequestError("start_date", "must not be in the past", example=_example(now))


def _example(now: datetime) -> str:
    soon = now.astimezone(UTC).date() + timedelta(days=_EXAMPLE_IN_DAYS)
    return f'"{soon.isoformat()}"'
