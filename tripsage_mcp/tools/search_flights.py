"""The `search_flights` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.flight_requests import (
    CABINS,
    DETAILS,
    MAX_CONNECTIONS,
    MAX_LIMIT,
    MAX_PASSENGERS,
    SORTS,
    FlightSearch,
)
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, in_range, one_of
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.flights import FlightsAnswer


async def search_flights(
    origin: Annotated[
        str, Field(description="IATA airport or city code, or a city's name", examples=["LIS"])
    ],
    destination: Annotated[str, Field(description="As origin", examples=["NYC"])],
    departure_date: IsoDate,
    *,
    return_date: Annotated[Opt[IsoDate], Field(description="Leave out for one way")] = None,
    adults: Annotated[int, in_range(1, MAX_PASSENGERS, "18 or older")] = 1,
    children_ages: Annotated[
        Opt[list[int]], Field(description="Age of each child on the last day, 0 to 17")
    ] = None,
    cabin: Annotated[Opt[str], one_of(CABINS, "Leave out for any")] = None,
    max_connections: Annotated[int, in_range(0, MAX_CONNECTIONS, "Each way")] = 1,
    sort: Annotated[str, one_of(SORTS, "best weighs price, duration, connections")] = "best",
    limit: Annotated[int, in_range(1, MAX_LIMIT, "Itineraries a page")] = 10,
    cursor: Annotated[
        Opt[str], Field(description="next_cursor, with the same other arguments")
    ] = None,
    detail: Annotated[str, one_of(DETAILS, "full: every segment and fare")] = "concise",
    svc: Services = Depends(services),
) -> FlightsAnswer:
    """Find bookable flights, one way or return, with today's prices for all passengers together.

    Each itinerary lists its fares: bags, refund, change. Offers and next_cursor die at
    source.expires_at, within minutes. Pass an offer_id to get_flight_offer for the full rules.
    """
    search = FlightSearch(
        origin=origin,
        destination=destination,
        departure_date=departure_date,
        return_date=return_date,
        adults=adults,
        children_ages=tuple(children_ages or ()),
        cabin=cabin,
        max_connections=max_connections,
        sort=sort,
        limit=limit,
        cursor=cursor,
        detail=detail,
    )
    return FlightsAnswer.of(await svc.flights.search(search))


TOOL = tool(
    search_flights, title="Search flights", read_only=True, idempotent=True, open_world=True
)
