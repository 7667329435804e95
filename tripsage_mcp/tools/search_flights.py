"""The `search_flights` tool."""

from typing import Annotated

from fastmcp import Context
from fastmcp.dependencies import CurrentContext, Depends
from pydantic import Field

from tripsage_mcp.services.flights.requests import (
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
from tripsage_mcp.tools.progress import search_progress
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.flights import FlightsAnswer, SliceParam


async def search_flights(
    *,
    origin: Annotated[
        Opt[str],
        Field(description="IATA airport or city code, or a city's name", examples=["LIS"]),
    ] = None,
    destination: Annotated[Opt[str], Field(description="As origin", examples=["NYC"])] = None,
    departure_date: Opt[IsoDate] = None,
    return_date: Annotated[Opt[IsoDate], Field(description="Leave out for one way")] = None,
    departure_time: Annotated[
        Opt[str], Field(description="Local HH:MM-HH:MM, as all times")
    ] = None,
    arrival_time: Opt[str] = None,
    return_departure_time: Opt[str] = None,
    return_arrival_time: Opt[str] = None,
    slices: Annotated[
        Opt[list[SliceParam]],
        Field(description="Multi-city: up to 6 in date order, in place of all above"),
    ] = None,
    adults: Annotated[int, in_range(1, MAX_PASSENGERS, "18 or older")] = 1,
    children_ages: Annotated[
        Opt[list[int]], Field(description="On the last day, 0 to 17; below 2 on a lap")
    ] = None,
    infants_in_seat: Annotated[int, Field(description="Below 2, not in children_ages")] = 0,
    cabin: Annotated[Opt[str], one_of(CABINS, "Leave out for any")] = None,
    max_connections: Annotated[int, in_range(0, MAX_CONNECTIONS, "Each way")] = 1,
    airlines_only: Annotated[
        Opt[list[str]],
        Field(description="Codes or names; each that sells or flies a part must be listed"),
    ] = None,
    airlines_exclude: Annotated[Opt[list[str]], Field(description="None of those may be")] = None,
    checked_bag: Annotated[bool, Field(description="Only fares with one each")] = False,
    refundable: Annotated[bool, Field(description="Only such fares, fee or not")] = False,
    changeable: Annotated[bool, Field(description="As refundable")] = False,
    currency: Annotated[
        Opt[str], Field(description="ISO 4217, to show beside what is charged")
    ] = None,
    sort: Annotated[str, one_of(SORTS, "best weighs price, duration, connections")] = "best",
    limit: Annotated[
        int, in_range(1, MAX_LIMIT, "Itineraries a page; fewer with many slices")
    ] = 10,
    cursor: Annotated[
        Opt[str], Field(description="next_cursor, with the same other arguments")
    ] = None,
    detail: Annotated[str, one_of(DETAILS, "full: every segment, more fares")] = "concise",
    svc: Services = Depends(services),
    ctx: Context = CurrentContext(),
) -> FlightsAnswer:
    """Find bookable flights with today's prices for all passengers together.

    Give origin, destination and departure_date, or slices. Each itinerary lists its fares: bags,
    refund, change. Offers and next_cursor die at source.expires_at, within minutes. Pass an
    offer_id to get_flight_offer for the full rules.
    """
    search = FlightSearch(
        origin=origin,
        destination=destination,
        departure_date=departure_date,
        return_date=return_date,
        departure_time=departure_time,
        arrival_time=arrival_time,
        return_departure_time=return_departure_time,
        return_arrival_time=return_arrival_time,
        slices=tuple(part.asked() for part in slices or ()),
        adults=adults,
        children_ages=tuple(children_ages or ()),
        infants_in_seat=infants_in_seat,
        cabin=cabin,
        max_connections=max_connections,
        airlines_only=tuple(airlines_only or ()),
        airlines_exclude=tuple(airlines_exclude or ()),
        checked_bag=checked_bag,
        refundable=refundable,
        changeable=changeable,
        currency=currency,
        sort=sort,
        limit=limit,
        cursor=cursor,
        detail=detail,
    )
    return FlightsAnswer.of(await svc.flights.search(search, search_progress(ctx)))


TOOL = tool(
    search_flights, title="Search flights", read_only=True, idempotent=True, open_world=True
)
