"""What the flights and the stay leave of each day, and how a solved plan becomes an itinerary."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import (
    INTERNATIONAL_EXIT_MINUTES,
    INTERNATIONAL_LEAD_MINUTES,
    SIGHTS_PER_DAY,
    WALK_MINUTES_PER_DAY,
    ItineraryDay,
    ItineraryItem,
    LeftOut,
    Leg,
    Pace,
    at_elapsed_minute,
    at_wall_minute,
    elapsed_minute,
)
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.planning.problem import Plan, PlanningDay, Reason
from tripsage_mcp.services.itinerary_candidates import Found
from tripsage_mcp.services.itinerary_request import Accepted, FlightTime
from tripsage_mcp.services.itinerary_travel import GRID_MINUTES, Ways, on_grid

_DROP_BAGS_MINUTES, _COLLECT_BAGS_MINUTES = 20, 15
_GET_READY_MINUTES = 15
_NIGHT_ENDS_MINUTE, _SLEEP_MINUTES = 5 * 60, 8 * 60
_MAX_AIRPORT_KM = 300
_ROAD_DETOUR, _ROAD_KM_PER_HOUR = 1.3, 60


@dataclass(frozen=True, slots=True)
class Frame:
    """The fixed parts of a trip, reckoned in UTC: adding minutes to a local time adds to its clock.

    Attributes:
        fixed: Flights and bags, in time order.
        ready: When the traveller is free after landing.
        bags: When the traveller must be back for the bags.
    """

    zone: ZoneInfo
    stay: Coordinates
    fixed: tuple[ItineraryItem, ...]
    ready: datetime | None
    bags: datetime | None


def frame(accepted: Accepted, zone: ZoneInfo, stay: Coordinates, ways: Ways) -> Frame:
    """Lay the flights out with their margins.

    Raises:
        InvalidRequestError: an airport is elsewhere, or the flights leave no time between them.
    """
    fixed: list[ItineraryItem] = []
    ready = bags = None
    if accepted.arrival is not None:
        flight = accepted.arrival
        leg = _airport_leg("arrival_airport", flight, stay, ways, outbound=False)
        out = flight.at.astimezone(UTC) + timedelta(minutes=INTERNATIONAL_EXIT_MINUTES)
        there = _later_grid(out + timedelta(minutes=leg.minutes))
        ready = there + timedelta(minutes=_DROP_BAGS_MINUTES)
        fixed.append(_flight_item("arrival", flight, flight.at, out, None))
        fixed.append(_bags("Drop bags at the stay", there, ready, stay, leg))
    if accepted.departure is not None:
        flight = accepted.departure
        leg = _airport_leg("departure_airport", flight, stay, ways, outbound=True)
        there = flight.at.astimezone(UTC) - timedelta(minutes=INTERNATIONAL_LEAD_MINUTES)
        leave = _earlier_grid(there - timedelta(minutes=leg.minutes))
        bags = leave - timedelta(minutes=_COLLECT_BAGS_MINUTES)
        fixed.append(_bags("Collect bags from the stay", bags, leave, stay, None))
        fixed.append(_flight_item("departure", flight, there, flight.at, leg))
    if ready is not None and bags is not None and bags < ready:
        raise InvalidRequestError(
            "departure_time", "leaves no time to reach the destination and be back for the flight"
        )
    local = tuple(_in_zone(item, zone) for item in fixed)
    dates = set(accepted.dates)
    return Frame(zone, stay, tuple(i for i in local if i.starts.date() in dates), ready, bags)


def planning_days(
    accepted: Accepted, given: Frame, pace: Pace, now: datetime
) -> tuple[PlanningDay, ...]:
    """Return what is left of each date."""
    days: list[PlanningDay] = []
    for day in accepted.dates:
        start = _wall(day, accepted.day_start, given.zone)
        end = _wall(day, accepted.day_end, given.zone)
        # Today has already begun; a day before the landing or after the bags has nothing to give.
        soon = now.astimezone(UTC) + timedelta(minutes=_GET_READY_MINUTES)
        for free_from in (soon, _rested(given)):
            if free_from is not None:
                start = max(start, on_grid(elapsed_minute(day, free_from, given.zone) + 1))
        if given.bags is not None:
            end = min(end, elapsed_minute(day, given.bags, given.zone))
        days.append(
            PlanningDay(
                start=start,
                end=end,
                max_sights=SIGHTS_PER_DAY[pace],
                max_walk=WALK_MINUTES_PER_DAY[pace],
            )
        )
    return tuple(days)


def _rested(given: Frame) -> datetime | None:
    """Return when sightseeing may begin: who reaches the stay at night sleeps first."""
    if given.ready is None:
        return None
    local = given.ready.astimezone(given.zone)
    at_night = elapsed_minute(local.date(), local, given.zone) < _NIGHT_ENDS_MINUTE
    return given.ready + timedelta(minutes=_SLEEP_MINUTES if at_night else 0)


def days_of(
    plan: Plan,
    dates: Sequence[date],
    given: Frame,
    found: Mapping[str, Found],
    ways: Ways,
) -> tuple[ItineraryDay, ...]:
    """Write a plan and the fixed items down as days."""
    days: list[ItineraryDay] = []
    for day, stops in zip(dates, plan.days, strict=True):
        items = [item for item in given.fixed if item.starts.date() == day]
        for stop in stops:
            place = found[stop.key].place
            items.append(
                ItineraryItem(
                    kind=stop.meal or "visit",
                    name=place.name,
                    starts=at_elapsed_minute(day, stop.start, given.zone),
                    ends=at_elapsed_minute(day, stop.end, given.zone),
                    place_id=place.place_id,
                    coordinates=place.coordinates,
                    hours_unverified=place.opening_hours is None,
                )
            )
        items.sort(key=lambda item: item.starts.astimezone(UTC))
        days.append(_with_legs(day, items, given, ways))
    return tuple(days)


def with_weather(
    days: Sequence[ItineraryDay], weather: Mapping[date, WeatherDay]
) -> tuple[ItineraryDay, ...]:
    """Add each day's weather in words."""
    return tuple(
        ItineraryDay(d.date, d.items, d.back, _weather_words(weather.get(d.date))) for d in days
    )


def left_out(
    unplaced: Sequence[tuple[str, Reason]],
    found: Mapping[str, Found],
    dates: Sequence[date],
    pace: Pace,
) -> tuple[LeftOut, ...]:
    """Word the reasons."""
    closed = f"closed on {dates[0]:%A}" if len(dates) == 1 else "closed on these dates"
    words: dict[Reason, str] = {
        "closed": closed,
        "too_far": "too far for the time there is",
        "pace": f"the {pace} pace is full",
        "no_time": "no time left",
    }
    return tuple(LeftOut(found[key].place.name, key, words[reason]) for key, reason in unplaced)


def _with_legs(day: date, items: Sequence[ItineraryItem], given: Frame, ways: Ways) -> ItineraryDay:
    at, done = given.stay, list[ItineraryItem]()
    for item in items:
        leg = item.leg
        if leg is None and item.coordinates is not None and item.kind != "arrival":
            leg = ways.leg(at, item.coordinates)
        at = item.coordinates or at
        moved = leg is not None and leg.minutes > 0
        done.append(_replaced(item, leg if moved else None))
    back = None
    if done and done[-1].kind not in {"departure", "arrival"}:
        back = ways.leg(at, given.stay)
    return ItineraryDay(day, tuple(done), back if back is not None and back.minutes else None)


def _replaced(item: ItineraryItem, leg: Leg | None) -> ItineraryItem:
    return ItineraryItem(
        kind=item.kind,
        name=item.name,
        starts=item.starts,
        ends=item.ends,
        place_id=item.place_id,
        coordinates=item.coordinates,
        airport=item.airport,
        leg=leg,
        domestic=item.domestic,
        hours_unverified=item.hours_unverified,
    )


def _in_zone(item: ItineraryItem, zone: ZoneInfo) -> ItineraryItem:
    return ItineraryItem(
        kind=item.kind,
        name=item.name,
        starts=item.starts.astimezone(zone),
        ends=item.ends.astimezone(zone),
        coordinates=item.coordinates,
        airport=item.airport,
        leg=item.leg,
    )


def _airport_leg(
    argument: str, flight: FlightTime, stay: Coordinates, ways: Ways, *, outbound: bool
) -> Leg:
    km = great_circle_km(flight.coordinates, stay)
    if km > _MAX_AIRPORT_KM:
        raise InvalidRequestError(
            argument, f"must be within {_MAX_AIRPORT_KM} km of the destination", example='"LIS"'
        )
    ends = (stay, flight.coordinates) if outbound else (flight.coordinates, stay)
    known = ways.leg(*ends)
    if known is not None:
        return known
    minutes = math.ceil(km * _ROAD_DETOUR / _ROAD_KM_PER_HOUR * 60)
    return Leg("drive", minutes, estimated=True)


def _flight_item(
    kind: str, flight: FlightTime, starts: datetime, ends: datetime, leg: Leg | None
) -> ItineraryItem:
    arriving = kind == "arrival"
    return ItineraryItem(
        kind="arrival" if arriving else "departure",
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


def _wall(day: date, minute: int, zone: ZoneInfo) -> int:
    return elapsed_minute(day, at_wall_minute(day, minute, zone), zone)


def _later_grid(moment: datetime) -> datetime:
    step = 60 * GRID_MINUTES
    return datetime.fromtimestamp(-(-moment.timestamp() // step) * step, UTC)


def _earlier_grid(moment: datetime) -> datetime:
    step = 60 * GRID_MINUTES
    return datetime.fromtimestamp(moment.timestamp() // step * step, UTC)


def _weather_words(weather: WeatherDay | None) -> str | None:
    if weather is None:
        return None
    degrees = f"{weather.low_c:.0f} to {weather.high_c:.0f} °C"
    rain = weather.precipitation_probability
    if weather.kind == "climatology":
        wet = "" if rain is None else f", rain on {rain} % of days"
        return f"usually {degrees}{wet}"
    wet = "" if rain is None else f", rain {rain} %"
    return f"{weather.condition}, {degrees}{wet}"
