"""The day-by-day plan, and what an independent check finds in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import MinuteWindow, TravelMode
from tripsage_mcp.domain.provenance import Provenance

type Pace = Literal["relaxed", "balanced", "packed"]
type ItemKind = Literal["visit", "lunch", "dinner", "arrival", "departure", "stay"]
"""`arrival` lasts from landing to leaving the airport, `departure` from being at the airport to
take-off, `stay` is a call at the traveller's base, for the bags."""
type Severity = Literal["blocker", "warning", "unchecked"]
"""`unchecked`: nobody could tell, and the finding says why. It is never the same as fine."""
type Verdict = Literal["works", "works_with_warnings", "not_fully_checked", "broken"]

SIGHTS_PER_DAY: dict[Pace, int] = {"relaxed": 3, "balanced": 5, "packed": 7}
WALK_MINUTES_PER_DAY: dict[Pace, int] = {"relaxed": 90, "balanced": 150, "packed": 240}

LUNCH: MinuteWindow = (12 * 60, 14 * 60 + 30)
DINNER: MinuteWindow = (18 * 60 + 30, 21 * 60 + 30)

INTERNATIONAL_LEAD_MINUTES = 120
DOMESTIC_LEAD_MINUTES = 90
INTERNATIONAL_EXIT_MINUTES = 60
DOMESTIC_EXIT_MINUTES = 45


@dataclass(frozen=True, slots=True)
class Leg:
    """Travel from one item to the next.

    Attributes:
        minutes: Whole minutes, rounded up.
        estimated: Computed from distance, not routed.
    """

    mode: TravelMode
    minutes: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class ItineraryItem:
    """One thing to do, in local time.

    Attributes:
        starts: Aware, in the itinerary's zone.
        ends: Aware; may be on the next calendar day.
        place_id: None for flights and the stay, and for what a person wrote by name alone.
        airport: IATA code, for flights.
        leg: How to get here from the item before it, or from the stay in the morning.
        domestic: Shortens the margins of a flight; unknown counts as international.
        hours_unverified: The source does not know the opening hours; they were assumed.
    """

    kind: ItemKind
    name: str
    starts: datetime
    ends: datetime
    place_id: str | None = None
    coordinates: Coordinates | None = None
    airport: str | None = None
    leg: Leg | None = None
    domestic: bool = False
    hours_unverified: bool = False


@dataclass(frozen=True, slots=True)
class ItineraryDay:
    """One calendar day at the destination.

    Attributes:
        items: In time order; empty when the traveller is not there yet, or no longer.
        back: How to get from the last item to the stay; None on the day of departure.
        weather: A few words for people.
    """

    date: date
    items: tuple[ItineraryItem, ...] = ()
    back: Leg | None = None
    weather: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that found no room, and why."""

    name: str
    place_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Itinerary:
    """A whole plan. Plain data: every field survives JSON and back.

    Attributes:
        destination: The resolved name, not what was typed.
        time_zone: IANA name; every item's times are in it.
        stay: Where each day begins and ends; None when it is not known.
        stay_assumed: The stay is only the middle of the destination.
        must_see: Names of the places the traveller must see, as the places call themselves.
        left_out: Best first.
    """

    destination: str
    time_zone: str
    days: tuple[ItineraryDay, ...]
    pace: Pace = "balanced"
    stay: Coordinates | None = None
    stay_assumed: bool = False
    must_see: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    provenance: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check has to say.

    Attributes:
        code: Stable, snake case, e.g. `closed`.
        items: Names of the items concerned, in time order.
        message: What is wrong, with the numbers.
        suggestion: What would put it right.
    """

    code: str
    severity: Severity
    message: str
    day: date | None = None
    items: tuple[str, ...] = ()
    suggestion: str | None = None


def verdict(findings: Sequence[Finding]) -> Verdict:
    """Sum the findings up: the worst one decides."""
    severities = {finding.severity for finding in findings}
    if "blocker" in severities:
        return "broken"
    if "unchecked" in severities:
        return "not_fully_checked"
    return "works_with_warnings" if "warning" in severities else "works"


def at_wall_minute(day: date, minute: int, zone: tzinfo) -> datetime:
    """Return when the clocks of `zone` show `minute` after midnight of `day`.

    A time the clocks skip becomes the moment they jump to; of one they show twice, the first.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    # Through UTC and back, so that a skipped wall time comes out as one that exists.
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def at_elapsed_minute(day: date, minute: int, zone: tzinfo) -> datetime:
    """Return the moment `minute` real minutes after local midnight of `day`."""
    midnight = at_wall_minute(day, 0, zone).astimezone(UTC)
    return (midnight + timedelta(minutes=minute)).astimezone(zone)


def elapsed_minute(day: date, moment: datetime, zone: tzinfo) -> int:
    """Return the whole real minutes from local midnight of `day` to `moment`, rounded down.

    This differs from the wall clock on the days the clocks change.
    """
    midnight = at_wall_minute(day, 0, zone).astimezone(UTC)
    return int((moment.astimezone(UTC) - midnight).total_seconds() // 60)
