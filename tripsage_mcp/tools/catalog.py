"""Every tool the server exposes. Adding a tool = one module + one line here."""

from fastmcp.tools import Tool

from tripsage_mcp.tools import (
    book_flight,
    build_itinerary,
    check_itinerary,
    find_cheapest_dates,
    forget,
    get_destination,
    get_flight_offer,
    get_status,
    get_stay,
    get_travel_times,
    get_trip,
    list_trips,
    manage_flight_order,
    recall,
    remember,
    save_trip,
    search_flights,
    search_places,
    search_stays,
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
    check_itinerary.TOOL,
    save_trip.TOOL,
    get_trip.TOOL,
    list_trips.TOOL,
    remember.TOOL,
    recall.TOOL,
    forget.TOOL,
    get_status.TOOL,
)
