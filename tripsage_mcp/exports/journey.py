"""What an export shows: one journey, whatever it was put together from.

All text in it is plain: names are one line without control characters, notes may have several.
Each format escapes it in its own way; none trusts it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.domain.money import Money

type StopKind = Literal[
    "visit",
    "lunch",
    "dinner",
    "meal",
    "activity",
    "commitment",
    "rest",
    "arrival",
    "departure",
    "flight",
    "transport",
    "base",
    "check_in",
    "check_out",
    "lodging",
    "note",
]
"""`base` is a call where the traveller sleeps; `lodging` is the whole time there, over nights."""
type StopStatus = Literal["tentative", "confirmed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing to do, or to be in.

    Attributes:
        stop_id: The same in every version of the journey, unique in it.
        zone: IANA name; of `starts`, and of `ends` without an `end_zone`.
        end_zone: Where it ends in another zone, like a flight.
        day: The local day it is planned for; None when that is open.
        last_day: The local day of leaving, for a lodging.
        number: Its number on the map of its day; None when it is not on it.
        starts: Aware; None when no time is set.
        route: Where from and where to, for flights and other ways.
        end_coordinates: Where it ends, for flights.
        leg: How to get here.
        reference: What the booking is called where it was made.
        why: Why it is in, in one phrase.
    """

    stop_id: str
    kind: StopKind
    name: str
    zone: str
    day: date | None = None
    last_day: date | None = None
    number: int | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    end_zone: str | None = None
    coordinates: Coordinates | None = None
    end_coordinates: Coordinates | None = None
    place_id: str | None = None
    airport: str | None = None
    route: str | None = None
    leg: Leg | None = None
    cost: Money | None = None
    booking: Literal["needed", "booked"] | None = None
    reference: str | None = None
    why: str | None = None
    notes: str | None = None
    status: StopStatus = "confirmed"
    hours_unverified: bool = False

    @property
    def local_start(self) -> datetime | None:
        """When it begins, on the clocks there."""
        return None if self.starts is None else self.starts.astimezone(ZoneInfo(self.zone))

    @property
    def local_end(self) -> datetime | None:
        """When it ends, on the clocks where it ends."""
        if self.ends is None:
            return None
        return self.ends.astimezone(ZoneInfo(self.end_zone or self.zone))


@dataclass(frozen=True, slots=True)
class RainPlan:
    """Where to go instead of a stop when it rains."""

    instead_of: str
    name: str


@dataclass(frozen=True, slots=True)
class JourneyDay:
    """One calendar day.

    Attributes:
        stops: In time order; those without a time last.
        back: How to get from the last stop to where the traveller sleeps.
        night: Where the night after it is spent.
    """

    date: date
    stops: tuple[Stop, ...] = ()
    back: Leg | None = None
    weather: str | None = None
    rain: tuple[RainPlan, ...] = ()
    night: str | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """A whole journey.

    Attributes:
        journey_id: Of the trip or the itinerary; the same in every version of it.
        version: Counts its versions up.
        updated_at: When this version was made, UTC; all files of one version say the same.
        zone: IANA name; of the days.
        home: Where each day begins and ends; None when nobody knows, or it was only supposed.
        lodgings: Where the nights are spent, in time order.
        loose: What has no day.
        cancelled: What earlier versions held and this one does not, or what was called off.
        sandbox: Whether some of it was invented, for trying out.
        credits: Whose data it is, to be shown with it.
        gaps: What could not be read or found out, in sentences for people.
    """

    journey_id: str
    title: str
    destination: str
    zone: str
    version: int
    updated_at: datetime
    days: tuple[JourneyDay, ...] = ()
    lodgings: tuple[Stop, ...] = ()
    loose: tuple[Stop, ...] = ()
    cancelled: tuple[Stop, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    travellers: tuple[str, ...] = ()
    budget: Money | None = None
    notes: str | None = None
    home: Coordinates | None = None
    sandbox: bool = False
    credits: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Every stop that still holds, day by day; then the lodgings, then what has no day."""
        daily = (stop for day in self.days for stop in day.stops)
        return (*daily, *self.lodgings, *self.loose)


@dataclass(frozen=True, slots=True)
class Exported:
    """A file.

    Attributes:
        name: What to call it: ASCII letters, digits, dots and dashes only.
        title: What a person would call it, with the same extension; any script.
        media_type: With its charset, for text.
        notes: What whoever gets the file should know, in sentences.
    """

    name: str
    title: str
    media_type: str
    content: bytes
    notes: tuple[str, ...] = ()
