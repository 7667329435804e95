"""A journey put together for export, from a plan alone or from a whole trip."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import cast

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Itinerary, ItineraryDay, with_ids
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.domain.trip_item import TripItem
from tripsage_mcp.exports.journey import Journey, JourneyDay, Stop, StopKind
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.exports.journey_bookings import chosen_flights, chosen_stay
from tripsage_mcp.services.exports.journey_stops import (
    LONGEST_NAME,
    item_stop,
    name_of,
    notes_of,
    rain_plans,
    trip_stop,
)
from tripsage_mcp.services.itineraries.arguments import AirportLookup

_ID_LENGTH = 16
_LATER = datetime.max.replace(tzinfo=UTC)
# The traveller's own bed and what is on the way have no number on a map.
_NOT_NUMBERED: frozenset[StopKind] = frozenset(
    {"base", "check_in", "check_out", "lodging", "flight", "transport"}
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found out for an export.

    Attributes:
        itinerary: The trip's plan; None where there is none that can be read.
        earlier: Plans of earlier versions.
        places: Where they are, by place id.
        provenance: Of the places.
        gaps: What could not be found out, in sentences for people.
    """

    itinerary: Itinerary | None = None
    earlier: tuple[Itinerary, ...] = ()
    places: Mapping[str, Coordinates] = field(default_factory=dict[str, Coordinates])
    provenance: tuple[Provenance, ...] = ()
    gaps: tuple[str, ...] = ()


def plan_journey(itinerary: Itinerary, made_at: datetime) -> Journey:
    """Return the journey of a plan that belongs to no trip; its id is made of what it is about."""
    itinerary = with_ids(itinerary)
    first, last = itinerary.days[0].date, itinerary.days[-1].date
    about = f"{itinerary.destination}|{itinerary.time_zone}|{first}"
    return _numbered(
        Journey(
            journey_id=sha256(about.encode()).hexdigest()[:_ID_LENGTH],
            title=name_of(itinerary.destination),
            destination=name_of(itinerary.destination),
            zone=itinerary.time_zone,
            version=0,
            updated_at=made_at,
            days=tuple(_plan_day(day, itinerary.time_zone) for day in itinerary.days),
            first_day=first,
            last_day=last,
            budget=itinerary.budget,
            home=None if itinerary.stay_assumed else itinerary.stay,
            sandbox=any(each.data == "sandbox" for each in itinerary.provenance),
            credits=_credits(itinerary.provenance),
        )
    )


def trip_journey(whole: WholeTrip, gathered: Gathered, airports: AirportLookup) -> Journey:
    """Return the journey of a trip: its plan, and every item and booking beside it."""
    trip, plan = whole.trip, gathered.itinerary
    zone = _zone(whole, plan)
    days = {} if plan is None else {d.date: _plan_day(d, zone) for d in plan.days}
    stops = [_item(item, zone, gathered.places, airports) for item in whole.items]
    chosen, unread = _chosen(whole, zone, stops, airports)
    cancelled = [stop for stop in stops if stop.status == "cancelled"]
    living = [*(stop for stop in stops if stop.status != "cancelled"), *chosen]
    days, extra = _merged(days, living)
    days, called_off = _without(days, cancelled)
    for stop in extra:
        if stop.day is not None and stop.kind != "lodging":
            day = days.get(stop.day, JourneyDay(stop.day))
            days[stop.day] = replace(day, stops=(*day.stops, stop))
    lodgings = [stop for stop in extra if stop.kind == "lodging" and stop.day is not None]
    gaps = list(gathered.gaps)
    if unread:
        gaps.append(f"{unread} of the saved flights and stays could not be read; see the trip.")
    sources = (*(() if plan is None else plan.provenance), *gathered.provenance)
    return _numbered(
        Journey(
            journey_id=trip.trip_id.hex,
            title=name_of(trip.title),
            destination=name_of(trip.destination),
            zone=zone,
            version=trip.version,
            updated_at=trip.updated_at,
            days=tuple(_with_night(days[day], lodgings) for day in sorted(days)),
            lodgings=tuple(sorted(lodgings, key=lambda stop: stop.day or date.max)),
            loose=tuple(stop for stop in extra if stop.day is None),
            cancelled=(*called_off, *_dropped(gathered, zone)),
            first_day=trip.start_date,
            last_day=trip.end_date,
            travellers=tuple(name_of(name) for name in trip.travellers),
            budget=trip.budget,
            notes=notes_of(trip.notes),
            home=None if plan is None or plan.stay_assumed else plan.stay,
            sandbox=_invented(trip.itinerary) or any(p.data == "sandbox" for p in sources),
            credits=tuple(dict.fromkeys((*_told_credits(trip.itinerary), *_credits(sources)))),
            gaps=tuple(gaps),
        )
    )


def _plan_day(day: ItineraryDay, zone: str) -> JourneyDay:
    return JourneyDay(
        day.date,
        tuple(item_stop(item, zone) for item in day.items),
        day.back,
        None if day.weather is None else plain(day.weather, LONGEST_NAME) or None,
        rain_plans(day),
    )


def _zone(whole: WholeTrip, plan: Itinerary | None) -> str:
    """Return the zone of the trip's days."""
    if plan is not None:
        return plan.time_zone
    named = [stop.zone for stop in whole.destinations]
    named += [item.zone for item in whole.items if item.kind != "flight"]
    named += [item.end_zone or item.zone for item in whole.items]
    return next((zone for zone in named if zone is not None), "UTC")


def _item(
    item: TripItem, zone: str, places: Mapping[str, Coordinates], airports: AirportLookup
) -> Stop:
    stop = trip_stop(item, zone, places.get(item.place_id or ""))
    if item.kind != "flight":
        return stop
    found = chosen_flights(item.payload, airports)
    if len(found) != 1:
        return stop
    # What its source knows of it says where it begins and ends.
    known = found[0]
    return replace(
        stop,
        coordinates=known.coordinates,
        end_coordinates=known.end_coordinates,
        airport=known.airport,
        route=known.route,
    )


def _chosen(
    whole: WholeTrip, zone: str, stops: Sequence[Stop], airports: AirportLookup
) -> tuple[list[Stop], int]:
    """Return the flights and stays a trip keeps beside its items, and how many are unreadable."""
    departing = {stop.starts for stop in stops if stop.kind == "flight"}
    sleeping = {stop.name.casefold() for stop in stops if stop.kind == "lodging"}
    found: dict[str, Stop] = {}
    unread = 0
    for flight in whole.trip.flights:
        parts = chosen_flights(flight, airports)
        unread += not parts
        found |= {stop.stop_id: stop for stop in parts if stop.starts not in departing}
    for stay in whole.trip.stays:
        stop = chosen_stay(stay, zone)
        if stop is None:
            unread += 1
        elif stop.name.casefold() not in sleeping:
            found[stop.stop_id] = stop
    return list(found.values()), unread


def _merged(
    days: dict[date, JourneyDay], living: Sequence[Stop]
) -> tuple[dict[date, JourneyDay], list[Stop]]:
    """Tell each stop of the plan what an item of the trip knows of it; return the other items."""
    extra: list[Stop] = []
    days = dict(days)
    for item in living:
        day = None if item.day is None else days.get(item.day)
        twins = [] if day is None else [stop for stop in day.stops if _same(stop, item)]
        if day is None or not twins:
            extra.append(item)
            continue
        twin = next((stop for stop in twins if stop.starts == item.starts), twins[0])
        told = replace(
            twin if item.starts in {None, twin.starts} else _at_its_time(twin, item),
            cost=item.cost or twin.cost,
            booking=item.booking or twin.booking,
            reference=item.reference,
            notes=item.notes,
        )
        days[day.date] = replace(day, stops=tuple(told if s is twin else s for s in day.stops))
    return days, extra


def _at_its_time(planned: Stop, item: Stop) -> Stop:
    """Return a stop of the plan when the item says; the way there was for another time."""
    return replace(
        planned,
        starts=item.starts,
        ends=item.ends,
        zone=item.zone,
        end_zone=item.end_zone,
        leg=None,
    )


def _without(
    days: dict[date, JourneyDay], cancelled: Sequence[Stop]
) -> tuple[dict[date, JourneyDay], list[Stop]]:
    """Take what was called off out of the plan; return it as it was planned."""
    gone = list(cancelled)
    kept: dict[date, JourneyDay] = {}
    for day in days.values():
        off = [s for s in day.stops if any(_same(s, item) and s.day == item.day for item in gone)]
        gone += [replace(stop, status="cancelled") for stop in off]
        kept[day.date] = replace(day, stops=tuple(s for s in day.stops if s not in off))
    return kept, gone


def _same(planned: Stop, item: Stop) -> bool:
    """Tell whether an item of the trip is what a stop of the plan is about."""
    if item.kind in {"flight", "lodging", "note"}:
        return False
    if planned.place_id is not None and planned.place_id == item.place_id:
        return True
    return planned.name.casefold() == item.name.casefold() and planned.starts == item.starts


def _dropped(gathered: Gathered, zone: str) -> Iterable[Stop]:
    """Yield what earlier plans held and the present one does not."""
    plan = gathered.itinerary
    known = {item.item_id for day in (plan.days if plan else ()) for item in day.items}
    for earlier in gathered.earlier:
        for day in earlier.days:
            for item in day.items:
                if item.item_id not in known:
                    known.add(item.item_id)
                    yield replace(item_stop(item, earlier.time_zone or zone), status="cancelled")


def _numbered(journey: Journey) -> Journey:
    """Put each day in order of time, and number what its map shows."""
    days: list[JourneyDay] = []
    for day in journey.days:
        ordered = sorted(day.stops, key=lambda stop: stop.starts or _LATER)
        stops: list[Stop] = []
        counts: defaultdict[str, int] = defaultdict(int)
        for stop in ordered:
            if stop.coordinates is not None and stop.kind not in _NOT_NUMBERED:
                counts["shown"] += 1
                stops.append(replace(stop, number=counts["shown"]))
            else:
                stops.append(stop)
        days.append(replace(day, stops=tuple(stops)))
    return replace(journey, days=tuple(days))


def _with_night(day: JourneyDay, lodgings: Sequence[Stop]) -> JourneyDay:
    for stop in lodgings:
        last = stop.last_day or (stop.day or date.max) + timedelta(days=1)
        if stop.day is not None and stop.day <= day.date < last:
            return replace(day, night=stop.name)
    return day


def _credits(provenance: Iterable[Provenance]) -> tuple[str, ...]:
    said = (plain(each.attribution or "", LONGEST_NAME) for each in provenance)
    return tuple(dict.fromkeys(words for words in said if words))


def _sources(itinerary: JSONObject | None) -> list[JSONObject]:
    """Return the sources that a saved plan names."""
    told = None if itinerary is None else itinerary.get("sources")
    each = cast("list[object]", told) if isinstance(told, list) else []
    return [cast("JSONObject", one) for one in each if isinstance(one, Mapping)]


def _invented(itinerary: JSONObject | None) -> bool:
    return any(source.get("data") == "sandbox" for source in _sources(itinerary))


def _told_credits(itinerary: JSONObject | None) -> tuple[str, ...]:
    said = [source.get("attribution") for source in _sources(itinerary)]
    return tuple(plain(words, LONGEST_NAME) for words in said if isinstance(words, str) and words)
