"""The `find_cheapest_dates` tool."""

from typing import Annotated

from fastmcp import Context
from fastmcp.dependencies import CurrentContext, Depends
from pydantic import Field

from tripsage_mcp.services.flights.date_grid_requests import (
    MAX_NIGHTS,
    MAX_SEARCHES,
    USUAL_SEARCHES,
    DateGridQuery,
)
from tripsage_mcp.services.flights.requests import CABINS, MAX_CONNECTIONS, MAX_PASSENGERS
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, in_range, one_of
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.cheapest_dates import CheapestDatesAnswer


async def find_cheapest_dates(
    origin: Annotated[str, Field(description="As in search_flights", examples=["LIS"])],
    destination: Annotated[str, Field(description="As origin", examples=["NYC"])],
    departure_from: IsoDate,
    departure_to: IsoDate,
    *,
    nights_min: Annotated[
        Opt[int], in_range(0, MAX_NIGHTS, "Days until the return; leave out for one way")
    ] = None,
    nights_max: Annotated[Opt[int], in_range(0, MAX_NIGHTS, "By default nights_min")] = None,
    return_from: Annotated[Opt[IsoDate], Field(description="In place of nights")] = None,
    return_to: Annotated[Opt[IsoDate], Field(description="By default return_from")] = None,
    adults: Annotated[int, in_range(1, MAX_PASSENGERS, "18 or older")] = 1,
    children_ages: Annotated[Opt[list[int]], Field(description="As in search_flights")] = None,
    infants_in_seat: Annotated[int, Field(description="As in search_flights")] = 0,
    cabin: Annotated[Opt[str], one_of(CABINS, "Leave out for any")] = None,
    max_connections: Annotated[int, in_range(0, MAX_CONNECTIONS, "Each way")] = 1,
    max_searches: Annotated[int, in_range(1, MAX_SEARCHES, "Pairs of dates")] = USUAL_SEARCHES,
    svc: Services = Depends(services),
    ctx: Context = CurrentContext(),
) -> CheapestDatesAnswer:
    """Compare prices over a month of departures, or a few departures by a few stays or returns.

    Each pair of dates costs one search, at most max_searches; it may take two minutes. Dates that
    failed or were not asked are marked. Pass an offer_id to get_flight_offer, or the dates to
    search_flights.
    """
    query = DateGridQuery(
        origin=origin,
        destination=destination,
        departure_from=departure_from,
        departure_to=departure_to,
        nights_min=nights_min,
        nights_max=nights_max,
        return_from=return_from,
        return_to=return_to,
        adults=adults,
        children_ages=tuple(children_ages or ()),
        infants_in_seat=infants_in_seat,
        cabin=cabin,
        max_connections=max_connections,
        max_searches=max_searches,
    )
    return CheapestDatesAnswer.of(await svc.cheapest_dates.find(query, ctx.report_progress))


TOOL = tool(
    find_cheapest_dates,
    title="Find the cheapest dates",
    read_only=True,
    idempotent=True,
    open_world=True,
)
