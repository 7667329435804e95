"""Local times and days as they are written, made into moments and dates."""

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo


def at_zone(clock: datetime, zone: str, *, fold: int = 0) -> datetime:
    """Attach the offset in force in `zone` at a naive local time.

    The clock time is kept even where the zone's rules say it does not exist (a spring-forward
    gap): it is what the ticket says. `fold` picks the second of two equal clock times.

    Raises:
        ValueError: the zone is unknown.
    """
    offset = clock.replace(tzinfo=_zone(zone), fold=fold).utcoffset()
    assert offset is not None
    # A fixed offset: two times that share a ZoneInfo would be subtracted clock from clock.
    return clock.replace(tzinfo=timezone(offset))


def at_zones(
    departs: tuple[datetime, str], arrives: tuple[datetime, str], duration: timedelta | None
) -> tuple[datetime, datetime]:
    """Make a departure and an arrival aware, each given as clock time and zone.

    Where clocks go back, a clock time happens twice: the pair whose difference comes closest to
    `duration` is meant, or without one the first that does not arrive before it departs.

    Raises:
        ValueError: a zone is unknown.
    """
    pairs = [
        (at_zone(*departs, fold=departure_fold), at_zone(*arrives, fold=arrival_fold))
        for departure_fold in (0, 1)
        for arrival_fold in (0, 1)
    ]
    if duration is None:
        return next((pair for pair in pairs if pair[1] >= pair[0]), pairs[0])
    return min(pairs, key=lambda pair: abs(pair[1] - pair[0] - duration))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as exc:
        raise ValueError("unknown time zone") from exc


def iso_day(value: object) -> date | None:
    """Return the day that JSON holds as YYYY-MM-DD, or None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
