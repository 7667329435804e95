"""How long a call of each tool may take."""

from collections.abc import Mapping

from tripsage_mcp.services.time_budgets import ANSWER_S, DATES_S, FLIGHTS_S, PLAN_S, STAYS_S

# By tool; None waits as long as it takes.
BUDGETS: Mapping[str, float | None] = {
    "search_flights": FLIGHTS_S,
    "get_flight_offer": FLIGHTS_S,
    "watch_price": FLIGHTS_S,
    "find_cheapest_dates": DATES_S,
    "book_flight": None,
    "manage_flight_order": None,
    "search_stays": STAYS_S,
    "get_stay": STAYS_S,
    "build_itinerary": PLAN_S,
    "revise_itinerary": PLAN_S,
    "get_trips": PLAN_S,
    "share_trip": None,
}


def budget_of(tool: str) -> float | None:
    """Return the seconds a call of a tool may take, or None where it may take any time."""
    return BUDGETS.get(tool, ANSWER_S)
