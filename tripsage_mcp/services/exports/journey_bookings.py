"""Flights and stays that a trip keeps as they were shown by a search, read as far as they go.

What cannot be read is left out and counted: nothing is made up for it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import cast

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.local_time import at_zone, iso_day
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.exports.journey import Stop
from tripsage_mcp.services.exports.journey_stops import name_of
from tripsage_mcp.services.itineraries.arguments import AirportFacts, AirportLookup

_CODE = re.compile(r"[A-Z]{3}")
_AT = re.compile(r"(-?\d{1,2}(?:\.\d+)?),\s*(-?\d{1,3}(?:\.\d+)?)")
_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class _Flight:
    """One direction, as far as it could be read."""

    origin: AirportFacts
    destination: AirportFacts
    departs: datetime
    arrives: datetime
    name: str


def chosen_flights(flight: JSONObject, airports: AirportLookup) -> tuple[Stop, ...]:
    """Return the directions of an offer, as search_flights or get_flight_offer show it.

    Empty where the airports or the times cannot be told.
    """
    return tuple(_flight_stop(each) for each in _directions(flight, airports))


def chosen_stay(stay: JSONObject, zone: str) -> Stop | None:
    """Return a stay, as search_stays or get_stay show it; None without a name."""
    name = stay.get("name")
    if not isinstance(name, str) or not name.strip():
        return None
    first, last = iso_day(stay.get("check_in")), iso_day(stay.get("check_out"))
    if first is None or last is None or last <= first:
        first = last = None
    return Stop(
        stop_id=_id("stay", str(stay.get("stay_id") or name), str(first)),
        kind="lodging",
        name=name_of(name),
        zone=zone,
        day=first,
        last_day=last,
        coordinates=_coordinates(stay.get("at")),
        cost=_money(stay.get("total"), stay.get("currency")),
        # Chosen; whether it is booked nobody said.
        status="tentative",
    )


def _directions(flight: JSONObject, airports: AirportLookup) -> Iterator[_Flight]:
    slices = flight.get("slices")
    parts = cast("list[object]", slices) if isinstance(slices, list) else [flight]
    ends = (flight.get("origin"), flight.get("destination"))
    for number, part in enumerate(parts):
        if not isinstance(part, Mapping):
            continue
        told = cast("JSONObject", part)
        # A return offer names its ends once, and its slices only say when.
        usual = ends if number % 2 == 0 else ends[::-1]
        origin = _airport(told.get("origin") or usual[0], airports)
        destination = _airport(told.get("destination") or usual[1], airports)
        departs, arrives = _clock(told.get("departs")), _clock(told.get("arrives"))
        if origin and destination and departs and arrives:
            begin = _aware(departs, origin.time_zone)
            end = _aware(arrives, destination.time_zone)
            if end > begin:
                yield _Flight(origin, destination, begin, end, _flight_name(told))


def _flight_stop(flight: _Flight) -> Stop:
    origin, destination = flight.origin, flight.destination
    return Stop(
        stop_id=_id("flight", origin.code, destination.code, flight.departs.isoformat()),
        kind="flight",
        name=flight.name,
        zone=origin.time_zone,
        day=flight.departs.date(),
        starts=flight.departs,
        ends=flight.arrives,
        end_zone=None if destination.time_zone == origin.time_zone else destination.time_zone,
        coordinates=origin.coordinates,
        end_coordinates=destination.coordinates,
        airport=origin.code,
        route=route_words(origin, destination),
        status="tentative",
    )


def route_words(origin: AirportFacts, destination: AirportFacts) -> str:
    """Write `Lisbon Portela Airport (LIS) to ...`."""
    return " to ".join(f"{name_of(each.name)} ({each.code})" for each in (origin, destination))


def _flight_name(told: JSONObject) -> str:
    flights = told.get("flights")
    names = cast("list[object]", flights) if isinstance(flights, list) else []
    return name_of(", ".join(name for name in names if isinstance(name, str)) or "Flight")


def _airport(value: object, airports: AirportLookup) -> AirportFacts | None:
    if isinstance(value, Mapping):
        value = cast("JSONObject", value).get("code")
    if not isinstance(value, str):
        return None
    code = value.strip().upper()
    return airports(code) if _CODE.fullmatch(code) else None


def _clock(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _aware(clock: datetime, zone: str) -> datetime:
    return at_zone(clock, zone) if clock.tzinfo is None else clock


def _coordinates(value: object) -> Coordinates | None:
    found = _AT.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return None if found is None else Coordinates(float(found[1]), float(found[2]))
    except ValueError:
        return None


def _money(amount: object, currency: object) -> Money | None:
    if not isinstance(amount, str) or not isinstance(currency, str):
        return None
    try:
        return Money(Decimal(amount), currency)
    except (InvalidOperation, ValueError):
        return None


def _id(*parts: str) -> str:
    return sha256("|".join(parts).encode()).hexdigest()[:_ID_LENGTH]
