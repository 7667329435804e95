"""What is fixed before anything is planned: flights with their margins, bags, beds, commitments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import (
    DINNER,
    INTERNATIONAL_EXIT_MINUTES,
    INTERNATIONAL_LEAD_MINUTES,
    LUNCH,
    Commitment,
    ItemKind,
    ItineraryItem,
    Leg,
    at_wall_minute,
    elapsed_minute,
)
from tripsage_mcp.domain.place import Place
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.itineraries.bags import bags_leg
from tripsage_mcp.services.itineraries.candidates import Found, indoor_of
from tripsage_mcp.services.itineraries.promises import Promise, Sleep
from tripsage_mcp.services.itineraries.request import Accepted, FlightTime
from tripsage_mcp.services.itineraries.travel import GRID_MINUTES, Ways

_DROP_BAGS_MINUTES, _COLLECT_BAGS_MINUTES = 20, 15
_CHECK_OUT_MINUTES, _CHECK_IN_MINUTES = 15, 20
_MAX_AIRPORT_KM = 300
_NIGHT_ENDS_MINUTE, _SLEEP_MINUTES = 5 * 60, 8 * 60


@dataclass(frozen=True, slots=True)
class Frame:
    """The fixed parts of a trip.

    Attributes:
        beds: Where each night is spent, by the date it begins on.
        stay: The first of them, or the middle of the destination.
        fixed: In time order, in the destination's zone.
        commitments: What of it was promised.
    """

    zone: ZoneInfo
    dates: tuple[date, ...]
    stay: Coordinates
    beds: Mapping[date, Coordinates]
    fixed: tuple[ItineraryItem, ...] = ()
    commitments: tuple[Commitment, ...] = ()

    def bed_before(self, day: date) -> Coordinates:
        """Return where the day begins."""
        return self.beds.get(day - timedelta(days=1), self.stay)

    def bed_after(self, day: date) -> Coordinates:
        """Return where the day ends."""
        return self.beds.get(day, self.bed_before(day))


def frame(
    accepted: Accepted,
    zone: ZoneInfo,
    middle: Coordinates,
    ways: Ways,
    spots: Sequence[Place | None] = (),
) -> Frame:
    """Lay out what is fixed.

    Args:
        accepted: What was asked for.
        zone: The destination's.
        middle: Stands in for the stay where none was given.
        ways: Knows the ways between airports and stays.
        spots: The place of each promise, where it was found.

    Raises:
        InvalidRequestError: an airport is elsewhere, or the flights leave no time between them,
            or for a commitment.
    """
    stay = accepted.stay or middle
    beds = {
        day: sleep.coordinates
        for sleep in accepted.sleeps
        for day in accepted.dates
        if sleep.since <= day < sleep.until
    }
    plain = Frame(zone, accepted.dates, stay, beds)
    places = spots or [None] * len(accepted.promises)
    promised = [
        _promised(promise, place, zone)
        for promise, place in zip(accepted.promises, places, strict=True)
    ]
    flights = _flights(accepted, plain, promised, ways)
    _fit(flights, promised)
    # Whoever lands at night sleeps before changing beds.
    ready = None if accepted.arrival is None else rested(flights[1].ends, zone)
    moves = [item for move in _moves(accepted, plain, promised, ways, ready) for item in move]
    local = [_in_zone(item, zone) for item in (*flights, *promised, *moves)]
    local.sort(key=lambda item: item.starts.astimezone(UTC))
    dates = set(accepted.dates)
    return replace(
        plain,
        fixed=tuple(i for i in local if i.starts.date() in dates),
        commitments=tuple(
            Commitment(item.name, item.starts, item.ends, item.kind, item.place_id)
            for item in promised
        ),
    )


def _flights(
    accepted: Accepted, given: Frame, promised: list[ItineraryItem], ways: Ways
) -> list[ItineraryItem]:
    """Return flights and calls for bags; what is booked in between is gone to with the bags."""
    fixed: list[ItineraryItem] = []
    ready = bags = None
    if accepted.arrival is not None:
        flight, bed = accepted.arrival, given.bed_after(accepted.arrival.at.date())
        leg = _airport_leg("arrival_airport", flight, bed, ways, outbound=False)
        out = flight.at.astimezone(UTC) + timedelta(minutes=INTERNATIONAL_EXIT_MINUTES)
        there = later_grid(out + timedelta(minutes=leg.minutes))
        busy = _at_once(promised, out, there + timedelta(minutes=_DROP_BAGS_MINUTES))
        if busy is not None:
            _reach(busy, flight.coordinates, promised, ways)
            leg = bags_leg(busy.coordinates or bed, bed, ways)
            there = later_grid(busy.ends.astimezone(UTC) + timedelta(minutes=leg.minutes))
        ready = there + timedelta(minutes=_DROP_BAGS_MINUTES)
        fixed.append(_flight_item("arrival", flight, flight.at, out, None))
        fixed.append(_bags("Drop bags at the stay", there, ready, bed, leg))
    if accepted.departure is not None:
        flight, bed = accepted.departure, given.bed_before(accepted.departure.at.date())
        leg = _airport_leg("departure_airport", flight, bed, ways, outbound=True)
        there = flight.at.astimezone(UTC) - timedelta(minutes=INTERNATIONAL_LEAD_MINUTES)
        leave = earlier_grid(there - timedelta(minutes=leg.minutes))
        busy = _at_once(promised, leave - timedelta(minutes=_COLLECT_BAGS_MINUTES), there)
        if busy is not None:
            out = _reach(busy, bed, promised, ways)
            leg = bags_leg(busy.coordinates or bed, flight.coordinates, ways)
            leave = earlier_grid(busy.starts.astimezone(UTC) - timedelta(minutes=out.minutes))
        bags = leave - timedelta(minutes=_COLLECT_BAGS_MINUTES)
        fixed.append(_bags("Collect bags from the stay", bags, leave, bed, None))
        fixed.append(_flight_item("departure", flight, there, flight.at, leg))
    if ready is not None and bags is not None and bags < ready:
        raise InvalidRequestError(
            "departure_time", "leaves no time to reach the destination and be back for the flight"
        )
    return fixed


def _at_once(
    promised: Sequence[ItineraryItem], first: datetime, last: datetime
) -> ItineraryItem | None:
    """Return what is booked for a time at which bags should be brought or fetched."""
    return next(
        (
            item
            for item in promised
            if item.starts.astimezone(UTC) < last and item.ends.astimezone(UTC) > first
        ),
        None,
    )


def _reach(
    item: ItineraryItem, start: Coordinates, promised: list[ItineraryItem], ways: Ways
) -> Leg:
    """Note and return the way with bags to something booked."""
    leg = bags_leg(start, item.coordinates or start, ways)
    if item.coordinates is not None:
        promised[promised.index(item)] = replace(item, leg=leg if leg.minutes else None)
    return leg


def _promised(promise: Promise, place: Place | None, zone: ZoneInfo) -> ItineraryItem:
    asked = promise.asked
    where = promise.coordinates
    if where is None and place is not None:
        where = place.coordinates
    return ItineraryItem(
        kind=_kind(promise, place),
        name=" ".join(asked.name.split()),
        starts=at_wall_minute(asked.date, promise.start, zone),
        ends=at_wall_minute(asked.date, promise.start + promise.minutes, zone),
        place_id=None if place is None else place.place_id,
        coordinates=where,
        locked=True,
        cost=promise.cost,
        indoor=None if place is None else indoor_of(place),
        booking="booked",
        why="booked",
    )


def _kind(promise: Promise, place: Place | None) -> ItemKind:
    """Tell whether a commitment is a meal: a table booked at a time for it."""
    words = promise.asked.name.casefold()
    eats = (place is not None and Found(place).is_meal) or "lunch" in words or "dinner" in words
    end = promise.start + promise.minutes
    if eats and LUNCH[0] - 60 <= promise.start and end <= LUNCH[1] + 60:
        return "lunch"
    if eats and DINNER[0] - 60 <= promise.start and end <= DINNER[1] + 60:
        return "dinner"
    return "commitment"


def _fit(flights: Sequence[ItineraryItem], promised: Sequence[ItineraryItem]) -> None:
    """Refuse commitments at a time when the traveller is in the air, or not there."""
    landed = next((i.ends for i in flights if i.kind == "arrival"), None)
    left = next((i.starts for i in flights if i.kind == "departure"), None)
    for item in promised:
        starts, ends = item.starts.astimezone(UTC), item.ends.astimezone(UTC)
        early = landed is not None and starts < landed.astimezone(UTC)
        if early or (left is not None and ends > left.astimezone(UTC)):
            what = "before the traveller is out of the airport" if early else "after the departure"
            raise InvalidRequestError("commitments", f"one of them is {what}")


def rested(ready: datetime, zone: ZoneInfo) -> datetime:
    """Return when sightseeing may begin: who reaches the stay at night sleeps first."""
    local = ready.astimezone(zone)
    at_night = elapsed_minute(local.date(), local, zone) < _NIGHT_ENDS_MINUTE
    return ready.astimezone(UTC) + timedelta(minutes=_SLEEP_MINUTES if at_night else 0)


def _moves(
    accepted: Accepted,
    given: Frame,
    promised: Sequence[ItineraryItem],
    ways: Ways,
    ready: datetime | None,
) -> list[tuple[ItineraryItem, ItineraryItem]]:
    """Change beds on the days that asks for it, first thing if nothing is in the way."""
    found: list[tuple[ItineraryItem, ItineraryItem]] = []
    for old, new in pairwise(accepted.sleeps):
        day = new.since
        leg = bags_leg(old.coordinates, new.coordinates, ways)
        minutes = leg.minutes
        whole = timedelta(minutes=_CHECK_OUT_MINUTES + _CHECK_IN_MINUTES + minutes)
        at = at_wall_minute(day, accepted.day_start, given.zone).astimezone(UTC)
        at = at if ready is None else later_grid(max(at, ready))
        for item in sorted(promised, key=lambda i: i.starts.astimezone(UTC)):
            starts, ends = item.starts.astimezone(UTC), item.ends.astimezone(UTC)
            if ends > at and starts < at + whole + timedelta(minutes=60):
                # It is reached from the old bed, and left for it again.
                back = ways.leg(item.coordinates or old.coordinates, old.coordinates)
                at = later_grid(ends + timedelta(minutes=30 if back is None else back.minutes))
        out = at + timedelta(minutes=_CHECK_OUT_MINUTES)
        there = later_grid(out + timedelta(minutes=minutes))
        settled = timedelta(minutes=_CHECK_IN_MINUTES)
        found.append(
            (
                _bed("check_out", old, at, out, None),
                _bed("check_in", new, there, there + settled, leg),
            )
        )
    return found


def _bed(
    kind: ItemKind, sleep: Sleep, starts: datetime, ends: datetime, leg: Leg | None
) -> ItineraryItem:
    called = sleep.name or ("the old stay" if kind == "check_out" else "the new stay")
    name = (
        f"Check out of {called}" if kind == "check_out" else f"Check in, or leave bags, at {called}"
    )
    return ItineraryItem(kind, name, starts, ends, coordinates=sleep.coordinates, leg=leg)


def _in_zone(item: ItineraryItem, zone: ZoneInfo) -> ItineraryItem:
    return replace(item, starts=item.starts.astimezone(zone), ends=item.ends.astimezone(zone))


def _airport_leg(
    argument: str, flight: FlightTime, stay: Coordinates, ways: Ways, *, outbound: bool
) -> Leg:
    km = great_circle_km(flight.coordinates, stay)
    if km > _MAX_AIRPORT_KM:
        raise InvalidRequestError(
            argument, f"must be within {_MAX_AIRPORT_KM} km of the destination", example='"LIS"'
        )
    ends = (stay, flight.coordinates) if outbound else (flight.coordinates, stay)
    return bags_leg(*ends, ways)


def _flight_item(
    kind: ItemKind, flight: FlightTime, starts: datetime, ends: datetime, leg: Leg | None
) -> ItineraryItem:
    arriving = kind == "arrival"
    return ItineraryItem(
        kind=kind,
        name=f"{'Land at' if arriving else 'Fly from'} {flight.airport}",
        starts=starts,
        ends=ends,
        coordinates=flight.coordinates,
        airport=flight.airport,
        leg=leg,
    )


def _bags(
    name: str, starts: datetime, ends: datetime, stay: Coordinates, leg: Leg | None
) -> ItineraryItem:
    return ItineraryItem("stay", name, starts, ends, coordinates=stay, leg=leg)


def later_grid(moment: datetime) -> datetime:
    """Round a moment up to the grid."""
    step = 60 * GRID_MINUTES
    return datetime.fromtimestamp(-(-moment.timestamp() // step) * step, UTC)


def earlier_grid(moment: datetime) -> datetime:
    """Round a moment down to the grid."""
    step = 60 * GRID_MINUTES
    return datetime.fromtimestamp(moment.timestamp() // step * step, UTC)
