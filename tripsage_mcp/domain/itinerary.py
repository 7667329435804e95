"""The day-by-day plan, and what an independent check finds in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import sha256
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import MinuteWindow, TravelMode
from tripsage_mcp.domain.provenance import Provenance

type Pace = Literal["relaxed", "balanced", "packed"]
type ItemKind = Literal[
    "visit",
    "lunch",
    "dinner",
    "arrival",
    "departure",
    "stay",
    "check_in",
    "check_out",
    "commitment",
    "rest",
]
"""`arrival` lasts from landing to leaving the airport, `departure` from being at the airport to
take-off, `stay` is a call at the traveller's base, for the bags; `check_in` and `check_out` are
calls at a place to sleep. A `commitment` is fixed in time: a booked tour, a show, a table. `rest`
is time to do nothing wherever the traveller is; at the base it is a `stay`."""
type Need = Literal["wheelchair", "stroller", "naps", "low_walking"]
"""What somebody in the party cannot do without."""
type Booking = Literal["needed", "booked"]
type Severity = Literal["blocker", "warning", "unchecked"]
"""`unchecked`: nobody could tell, and the finding says why. It is never the same as fine."""
type Verdict = Literal["works", "works_with_warnings", "not_fully_checked", "broken"]

SIGHTS_PER_DAY: dict[Pace, int] = {"relaxed": 3, "balanced": 5, "packed": 7}
WALK_MINUTES_PER_DAY: dict[Pace, int] = {"relaxed": 90, "balanced": 150, "packed": 240}
LOW_WALK_MINUTES_PER_DAY = 45
"""For a party that needs `low_walking`, at any pace."""

LUNCH: MinuteWindow = (12 * 60, 14 * 60 + 30)
DINNER: MinuteWindow = (18 * 60 + 30, 21 * 60 + 30)

NAP: MinuteWindow = (12 * 60, 16 * 60 + 30)
"""When a child's nap begins and ends, for a party that needs `naps`."""
NAP_MINUTES = 60

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
        meters: None where nobody said.
    """

    mode: TravelMode
    minutes: int
    estimated: bool = False
    meters: int | None = None


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
        item_id: Short, unique in the itinerary, kept over its revisions; see `with_ids`. Empty
            only in what has not been given ids yet.
        locked: No revision may move it by a minute.
        cost: For all travellers; None when not known.
        indoor: Whether rain does not matter; None when not known.
        booking: None when none is needed, or nobody knows.
        why: Why it is in, in one phrase.
        slack_minutes: How much later it may end before something after it breaks.
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
    item_id: str = ""
    locked: bool = False
    cost: Money | None = None
    indoor: bool | None = None
    booking: Booking | None = None
    why: str | None = None
    slack_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class RainAlternative:
    """Where to go instead of an outdoor sight on a wet day.

    Attributes:
        item_id: The sight it stands in for.
    """

    item_id: str
    name: str
    place_id: str


@dataclass(frozen=True, slots=True)
class ItineraryDay:
    """One calendar day at the destination.

    Attributes:
        items: In time order; empty when the traveller is not there yet, or no longer.
        back: How to get from the last item to the stay; None on the day of departure.
        weather: A few words for people.
        rain_alternatives: One for each outdoor sight that a wet day would spoil, where one is near.
    """

    date: date
    items: tuple[ItineraryItem, ...] = ()
    back: Leg | None = None
    weather: str | None = None
    rain_alternatives: tuple[RainAlternative, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that found no room, and why."""

    name: str
    place_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """What was promised before the plan was made: fixed in time, the plan goes around it.

    Attributes:
        name: As the item that keeps it is called.
        starts: Aware.
        ends: Aware.
        kind: Of that item; `visit`, `lunch` and `dinner` are kept by a `commitment` too.
        place_id: Tells it from a namesake, where it is known.
    """

    name: str
    starts: datetime
    ends: datetime
    kind: ItemKind = "commitment"
    place_id: str | None = None


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
        budget: For everything in `items` together, for all travellers.
        day_start: Wall-clock minute before which nobody leaves the stay.
        day_end: Wall-clock minute by which to be back; above 1440 on the next day.
        must_not: Names of places not to go to.
        interests: As they were asked for.
        commitments: What the items must keep to the minute.
        rest_minutes: How much rest every whole day should hold.
        travellers: How many pay what is in it.
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
    budget: Money | None = None
    needs: tuple[Need, ...] = ()
    day_start: int | None = None
    day_end: int | None = None
    must_not: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    rest_minutes: int = 0
    travellers: int = 1


type RepairAction = Literal["move", "drop", "add", "replace", "book"]


@dataclass(frozen=True, slots=True)
class Repair:
    """A change to the plan that would settle a finding, as far as the checker can tell.

    Attributes:
        name: Of the item to change, or of what to add.
        item_id: None for what is not in the plan yet.
        day: Where to; None to leave it open.
        starts: When; None to leave it open.
    """

    action: RepairAction
    name: str
    item_id: str | None = None
    day: date | None = None
    starts: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check has to say.

    Attributes:
        code: Stable, snake case, e.g. `closed`.
        items: Names of the items concerned, in time order.
        message: What is wrong, with the numbers.
        suggestion: What would put it right, in words.
        repair: The same as a change a planner can make, where one change does it.
    """

    code: str
    severity: Severity
    message: str
    day: date | None = None
    items: tuple[str, ...] = ()
    suggestion: str | None = None
    repair: Repair | None = None


def verdict(findings: Sequence[Finding]) -> Verdict:
    """Sum the findings up: the worst one decides."""
    severities = {finding.severity for finding in findings}
    if "blocker" in severities:
        return "broken"
    if "unchecked" in severities:
        return "not_fully_checked"
    return "works_with_warnings" if "warning" in severities else "works"


def walk_minutes(pace: Pace, needs: Sequence[Need]) -> int:
    """Return how long one day may be walked in all."""
    most = WALK_MINUTES_PER_DAY[pace]
    return min(most, LOW_WALK_MINUTES_PER_DAY) if "low_walking" in needs else most


def is_anywhere(kind: ItemKind, name: str, place_id: str | None) -> bool:
    """Tell whether an item takes place wherever the traveller happens to be.

    That is a rest, and a meal that names no restaurant: `Lunch`, or `Lunch near` something.
    """
    if place_id is not None or kind not in {"rest", "lunch", "dinner"}:
        return False
    words = name.casefold()
    return kind in {"rest", words} or words.startswith(f"{kind} near ")


type Beds = tuple[Coordinates | None, Coordinates | None]
"""Where a day begins and where it ends, as far as anybody knows."""


def beds(itinerary: Itinerary) -> tuple[Beds, ...]:
    """Return, for each day, where the nights before and after it are spent.

    That is the stay, until the traveller checks in somewhere else.
    """
    found: list[Beds] = []
    at = itinerary.stay
    for day in itinerary.days:
        before = at
        for item in day.items:
            if item.kind == "check_in" and item.coordinates is not None:
                at = item.coordinates
        found.append((before, at))
    return tuple(found)


_ID_LENGTH = 6


def with_ids(itinerary: Itinerary) -> Itinerary:
    """Give an id to every item that has none, or has that of an item before it.

    An id comes from what the item is, not from when: the same place planned anew has the same one.
    """
    taken: set[str] = set()
    kept = {item.item_id for day in itinerary.days for item in day.items if item.item_id}
    days: list[ItineraryDay] = []
    for day in itinerary.days:
        items: list[ItineraryItem] = []
        for item in day.items:
            named = item.item_id
            if not named or named in taken:
                named = _new_id(item, taken | kept)
            taken.add(named)
            items.append(item if named == item.item_id else replace(item, item_id=named))
        days.append(replace(day, items=tuple(items)))
    return replace(itinerary, days=tuple(days))


def _new_id(item: ItineraryItem, taken: set[str]) -> str:
    what = item.place_id or item.airport or item.name.casefold()
    count = 0
    while True:
        digest = sha256(f"{item.kind}|{what}|{count}".encode()).hexdigest()[:_ID_LENGTH]
        if digest not in taken:
            return digest
        count += 1


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
