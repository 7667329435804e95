"""Reads an itinerary with fresh eyes: knows the rules and the facts, nothing of the solver.

It works on moments, not on minutes of a day, so that clocks that change, visits past midnight and
flights by night need no special case. What the facts do not cover becomes `unchecked`, never fine.
"""

from collections.abc import Callable, Iterator

from tripsage_mcp.domain.itinerary import Finding, Itinerary
from tripsage_mcp.planning.check_facts import Facts
from tripsage_mcp.planning.check_flights import bags, beds, flights
from tripsage_mcp.planning.check_money import budget
from tripsage_mcp.planning.check_places import access, bookings, open_places, visit_lengths, weather
from tripsage_mcp.planning.check_request import commitments, contradictions
from tripsage_mcp.planning.check_times import calendar, hours_of_day, nights, order, zones
from tripsage_mcp.planning.check_ways import far_meals, guessed_ways, walking, ways
from tripsage_mcp.planning.habits import duplicates, meals, naps, pace, rest, wishes
from tripsage_mcp.planning.reading import Reading, read_itinerary

type _Check = Callable[[Reading], Iterator[Finding]]

_CHECKS: tuple[_Check, ...] = (
    contradictions,
    calendar,
    zones,
    order,
    flights,
    commitments,
    open_places,
    ways,
    guessed_ways,
    bags,
    beds,
    budget,
    access,
    weather,
    bookings,
    visit_lengths,
    hours_of_day,
    nights,
    duplicates,
    meals,
    far_meals,
    wishes,
    pace,
    walking,
    rest,
    naps,
)


def check(itinerary: Itinerary, facts: Facts) -> tuple[Finding, ...]:
    """Return everything wrong with an itinerary, each check in the order of its days.

    Args:
        itinerary: Any plan, ours or a person's.
        facts: What is known about its places and the ways between them.
    """
    reading = read_itinerary(itinerary, facts)
    return tuple(finding for each in _CHECKS for finding in each(reading))
