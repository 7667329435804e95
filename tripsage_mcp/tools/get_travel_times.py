"""The `get_travel_times` tool."""

from typing import Annotated, Literal

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.places.travel_requests import TravelQuery
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.travel_times import TravelTimesAnswer

PointText = Annotated[str, Field(description='"latitude,longitude" or a place_id')]
PointTexts = Annotated[list[PointText], Field(min_length=1, max_length=25)]


async def get_travel_times(
    points: PointTexts,
    *,
    destinations: Annotated[
        Opt[PointTexts], Field(description="Without: between all points")
    ] = None,
    mode: Literal["walk", "transit", "drive", "bicycle"] = "walk",
    departs_at: Annotated[
        Opt[str], Field(description="Local date and time, for timetables and traffic")
    ] = None,
    allow_estimate: Annotated[
        bool, Field(description="Fill gaps from distance, marked as estimated")
    ] = False,
    svc: Services = Depends(services),
) -> TravelTimesAnswer:
    """Get travel minutes and metres between points, as a matrix.

    Points are "latitude,longitude" or a place_id from search_places. Use it to order visits or to
    check that a plan is possible.
    """
    query = TravelQuery(points, destinations, mode, allow_estimate, departs_at)
    return TravelTimesAnswer.of(await svc.places.travel_times(query))


TOOL = tool(
    get_travel_times, title="Get travel times", read_only=True, idempotent=True, open_world=True
)
