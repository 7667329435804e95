"""How long an upstream service asks us to wait, in the forms its headers take."""

import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

# Beyond this a number of seconds is a moment since 1970, as some rate limiters write it.
_EPOCH_FROM_S = 1_000_000_000


def retry_after_seconds(
    headers: Mapping[str, str],
    now: datetime,
    *,
    names: tuple[str, ...] = ("retry-after", "ratelimit-reset"),
) -> float | None:
    """Return the wait that the first readable of these headers asks for.

    Written as seconds, as seconds since 1970 or as an HTTP date; never negative, NaN or infinite.
    """
    for name in names:
        value = headers.get(name)
        seconds = None if value is None else _seconds(value.strip(), now)
        if seconds is not None:
            return max(0.0, seconds)
    return None


def _seconds(value: str, now: datetime) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        try:
            return (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    if not math.isfinite(seconds):
        return None
    return seconds - now.timestamp() if seconds >= _EPOCH_FROM_S else seconds
