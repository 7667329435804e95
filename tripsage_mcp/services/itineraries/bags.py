"""How to get about with bags: between airports, beds, and what is booked around a flight."""

import math
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.domain.place import Place, TravelMode
from tripsage_mcp.services.itineraries.request import Accepted
from tripsage_mcp.services.itineraries.travel import Pair, Ways

_CARRIED_MINUTES = 20
_ROAD_DETOUR, _ROAD_KM_PER_HOUR = 1.3, 60
_BY_CAR: TravelMode = "drive"


def bags_leg(start: Coordinates, end: Coordinates, ways: Ways) -> Leg:
    """Return how to get somewhere with bags: who goes on foot or by bicycle takes a car if far."""
    known = ways.leg(start, end)
    if known is not None and not _is_far(known):
        return known
    km = great_circle_km(start, end)
    minutes = math.ceil(km * _ROAD_DETOUR / _ROAD_KM_PER_HOUR * 60)
    return ways.leg(start, end, _BY_CAR) or Leg(_BY_CAR, minutes, estimated=True)


def _is_far(leg: Leg) -> bool:
    return leg.mode in {"walk", "bicycle"} and leg.minutes > _CARRIED_MINUTES


async def route_bags(accepted: Accepted, stay: Coordinates, ways: Ways) -> None:
    """Ask for the ways between airports and beds."""
    await _route([*_airport_ways(accepted, stay), *_moves(accepted)], ways)


async def route_booked(
    accepted: Accepted, stay: Coordinates, spots: Sequence[Place | None], ways: Ways
) -> None:
    """Ask for the ways to what is booked about the time of a flight: bags may have to come along.

    Args:
        accepted: What was asked for.
        stay: Where the traveller sleeps first.
        spots: The place of each promise, where it was found.
        ways: Asks.
    """
    flights = [f for f in (accepted.arrival, accepted.departure) if f is not None]
    pairs: list[Pair] = []
    for promise, place in zip(accepted.promises, spots, strict=False):
        spot = promise.coordinates or (None if place is None else place.coordinates)
        for flight, (airport, bed) in zip(flights, _airport_ways(accepted, stay), strict=True):
            near = abs(promise.asked.date - flight.at.date()) <= timedelta(days=1)
            if spot is not None and near:
                pairs += [(airport, spot), (spot, bed)]
    await _route(pairs, ways)


async def _route(pairs: Sequence[Pair], ways: Ways) -> None:
    await ways.route(pairs)
    by_car: list[tuple[Pair, TravelMode]] = [
        (pair, _BY_CAR) for pair in pairs if (leg := ways.leg(*pair)) is None or _is_far(leg)
    ]
    await ways.route_as_said(by_car)


def _airport_ways(accepted: Accepted, stay: Coordinates) -> list[Pair]:
    """Return the airport and the bed of each flight."""
    sleeps = accepted.sleeps
    ends = (stay, sleeps[-1].coordinates if sleeps else stay)
    return [
        (flight.coordinates, at)
        for flight, at in zip((accepted.arrival, accepted.departure), ends, strict=True)
        if flight is not None
    ]


def _moves(accepted: Accepted) -> list[Pair]:
    return [(a.coordinates, b.coordinates) for a, b in pairwise(accepted.sleeps)]
