"""Every tool the server exposes. Adding a tool = one module + one line here."""

from fastmcp.tools import Tool

from tripsage_mcp.tools import (
    book_flight,
    build_itinerary,
    find_cheapest_dates,
    forget,
    get_destination,
    get_flight_offer,
    get_status,
    get_stay,
    get_travel_times,
    get_trips,
    manage_flight_order,
    recall,
    remember,
    revise_itinerary,
    save_trip,
    search_flights,
    search_places,
    search_stays,
    share_trip,
    watch_price,
)

TOOLS: tuple[Tool, ...] = (
    search_flights.TOOL,
    get_flight_offer.TOOL,
    find_cheapest_dates.TOOL,
    book_flight.TOOL,
    manage_flight_order.TOOL,
    watch_price.TOOL,
    search_stays.TOOL,
    get_stay.TOOL,
    search_places.TOOL,
    get_travel_times.TOOL,
    get_destination.TOOL,
    build_itinerary.TOOL,
    revise_itinerary.TOOL,
    save_trip.TOOL,
    get_trips.TOOL,
    share_trip.TOOL,
    remember.TOOL,
    recall.TOOL,
    forget.TOOL,
    get_status.TOOL,
)
