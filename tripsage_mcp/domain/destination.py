"""Facts about a destination: holidays, advice of governments, and how its clocks differ."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.provenance import Provenance

_MINUTES = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday.

    Attributes:
        name: English where the source has it, else as `local_name`.
        local_name: In the country's own language; None where it is the English name.
    """

    day: date
    name: str
    local_name: str | None = None


@dataclass(frozen=True, slots=True)
class HolidaysFound:
    """Public holidays within a range of days, in date order; none is an answer.

    Attributes:
        subdivision: Code of the region whose own holidays are among them, e.g. `BY`.
        regional: Whether the country has holidays that only some of its regions keep.
        source: Which calendar, and its version; it was computed, not fetched.
    """

    holidays: tuple[Holiday, ...]
    source: str
    subdivision: str | None = None
    regional: bool = False


@dataclass(frozen=True, slots=True)
class Advisory:
    """What a government tells its own citizens about a country, in its own words.

    Attributes:
        issuer: Who says it, e.g. `US Department of State`.
        title: As published.
        statements: Its level or its warnings, as published. Empty where it says that there are
            none; None where what we read of it does not tell, and the page at `url` has to.
        published: The day of its last change; None where not said.
        url: Where to read the whole of it.
        change: What changed last, as published and cut to fit.
    """

    issuer: str
    title: str
    statements: tuple[str, ...] | None
    published: date | None
    url: str
    change: str | None = None


@dataclass(frozen=True, slots=True)
class AdvisoryFound:
    """An issuer's advice on one country.

    Attributes:
        advisories: Empty where none was found; several where the issuer divides the country.
        url: Where the issuer lists all of its advice.
    """

    issuer: str
    advisories: tuple[Advisory, ...]
    url: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A day by whose noon the difference between two zones has become another."""

    day: date
    minutes: int


@dataclass(frozen=True, slots=True)
class TimeDifference:
    """How far the clocks at a place are ahead of those at home.

    Attributes:
        minutes: On the first day; negative where home is ahead.
        changes: What it becomes during the stay, in date order.
    """

    zone: str
    home_zone: str
    minutes: int
    changes: tuple[ClockChange, ...] = ()


def time_difference(zone: str, home_zone: str, first: date, last: date) -> TimeDifference:
    """Compare two zones at noon of each day at the place, from `first` to `last`.

    Args:
        zone: IANA name, of the place.
        home_zone: IANA name.
        first: Local date at the place.
        last: Local date at the place, included.

    Raises:
        KeyError: a zone is unknown.
        ValueError: a zone is no zone's name.
    """
    here, home = ZoneInfo(zone), ZoneInfo(home_zone)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    ahead = [_minutes_ahead(datetime.combine(day, time(12), here), home) for day in days]
    changes = [
        ClockChange(day, minutes)
        for day, before, minutes in zip(days[1:], ahead, ahead[1:], strict=False)
        if minutes != before
    ]
    return TimeDifference(zone, home_zone, ahead[0], tuple(changes))


def clock_changes(zone: str, first: date, last: date) -> tuple[ClockChange, ...]:
    """Return when the clocks of a place are put forward or back, as minutes ahead of UTC.

    Raises:
        KeyError: the zone is unknown.
        ValueError: it is no zone's name.
    """
    return time_difference(zone, "UTC", first, last).changes


def _minutes_ahead(local: datetime, home: ZoneInfo) -> int:
    there, at_home = local.utcoffset(), local.astimezone(home).utcoffset()
    assert there is not None
    assert at_home is not None
    return round((there - at_home) / _MINUTES)
