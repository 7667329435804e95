"""When a watch is checked next, and how a day becomes the moment at which it ends."""

from datetime import date, datetime, time, timedelta
from hashlib import sha256

from tripsage_mcp.domain.local_time import at_zone
from tripsage_mcp.domain.watch import PriceWatch

_NEAR = timedelta(days=3)
_NEAR_TIMES_AS_OFTEN = 6
_FIRST_PAUSE = timedelta(minutes=5)
_JITTER_PERCENT = 10
_MOST_DOUBLINGS = 16


def next_check(
    watch: PriceWatch, now: datetime, interval: timedelta, *, not_before: timedelta = timedelta()
) -> datetime:
    """Return when to look again.

    Six times as often in the last three days; after failures at first soon, then ever later up to
    the interval. Spread by up to a tenth, always the same for the same watch and check, so that
    watches made together do not stay together. Never after the end, which the next check notices.

    Args:
        watch: As it is after the check that was made at `now`.
        now: The time.
        interval: The usual time between checks.
        not_before: How long the provider asked to be left alone.
    """
    near = watch.ends_at - now <= _NEAR
    pause = interval / _NEAR_TIMES_AS_OFTEN if near else interval
    if watch.failures:
        doublings = min(watch.failures - 1, _MOST_DOUBLINGS)
        pause = max(min(pause, _FIRST_PAUSE * 2**doublings), not_before)
    return min(now + pause * (1 + _jitter(watch)), watch.ends_at)


def end_of(day: date, time_zone: str) -> datetime:
    """Return the end of a day in an IANA zone."""
    return at_zone(datetime.combine(day + timedelta(days=1), time.min), time_zone)


def _jitter(watch: PriceWatch) -> float:
    digest = sha256(watch.watch_id.bytes + watch.checks.to_bytes(8)).digest()
    return int.from_bytes(digest[:2]) / 0xFFFF * _JITTER_PERCENT / 100
