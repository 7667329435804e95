"""A time zone as a calendar file spells it out: its changes of the clock over some years.

Written here, for a change of the clock is told in the time that was valid before it (RFC 5545,
3.6.5), which generators of these components like to get wrong in spring.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tripsage_mcp.exports.components import AnyComponent, with_properties

if TYPE_CHECKING:
    from icalendar import Timezone

_STEP = timedelta(days=1)
_FINEST = timedelta(seconds=1)


def changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield each moment, in UTC, at which the offset, its name or its kind changes.

    Args:
        zone: Whose.
        first: Aware; changes after this moment.
        last: Aware; changes up to this moment.
    """
    before = first.astimezone(UTC)
    while before < last:
        after = min(before + _STEP, last.astimezone(UTC))
        # No zone changes twice within a day.
        if _state(zone, before) != _state(zone, after):
            low, high = before, after
            while high - low > _FINEST:
                middle = low + (high - low) / 2
                if _state(zone, middle) == _state(zone, low):
                    low = middle
                else:
                    high = middle
            yield high.replace(microsecond=0)
        before = after


def timezone_component(name: str, first_year: int, last_year: int) -> "Timezone":
    """Return a VTIMEZONE that is right from the first to the end of the last year."""
    from icalendar import Timezone  # noqa: PLC0415 - only an export needs it

    zone = ZoneInfo(name)
    begin = datetime(first_year, 1, 1, tzinfo=UTC) - _STEP
    end = datetime(last_year + 1, 1, 1, tzinfo=UTC) + _STEP
    made = with_properties(Timezone(), ("tzid", name))
    made.add_component(_observance(zone, begin, begin))
    for moment in changes(zone, begin, end):
        made.add_component(_observance(zone, moment - _FINEST, moment))
    return made


def _observance(zone: ZoneInfo, before: datetime, moment: datetime) -> AnyComponent:
    """Return what holds in a zone from a moment on."""
    from icalendar import TimezoneDaylight, TimezoneStandard  # noqa: PLC0415

    local = moment.astimezone(zone)
    offset_before = before.astimezone(zone).utcoffset() or timedelta()
    return with_properties(
        TimezoneDaylight() if local.dst() else TimezoneStandard(),
        ("dtstart", (moment + offset_before).replace(tzinfo=None)),
        ("tzoffsetfrom", offset_before),
        ("tzoffsetto", local.utcoffset() or timedelta()),
        ("tzname", local.tzname() or zone.key),
    )


def _state(zone: ZoneInfo, moment: datetime) -> tuple[timedelta | None, str | None, bool]:
    local = moment.astimezone(zone)
    return local.utcoffset(), local.tzname(), bool(local.dst())
