"""The `build_itinerary` tool."""

from datetime import datetime
from typing import Annotated, Literal

from fastmcp import Context
from fastmcp.dependencies import CurrentContext, Depends
from pydantic import Field

from tripsage_mcp.services.itinerary_request import BuildRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, Latitude, Longitude
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.itineraries import BuiltAnswer

_LocalTime = Annotated[
    datetime, Field(description="YYYY-MM-DDTHH:MM at the airport; an offset is not needed")
]


async def build_itinerary(
    destination: Annotated[str, Field(description='Town or region, or "latitude,longitude"')],
    start_date: IsoDate,
    end_date: IsoDate,
    *,
    arrival_airport: Annotated[Opt[str], Field(description="IATA code where you land")] = None,
    arrival_time: Opt[_LocalTime] = None,
    departure_airport: Annotated[Opt[str], Field(description="IATA code you leave from")] = None,
    departure_time: Opt[_LocalTime] = None,
    stay_latitude: Opt[Latitude] = None,
    stay_longitude: Opt[Longitude] = None,
    interests: Annotated[Opt[list[str]], Field(description="At most 8")] = None,
    must_see: Annotated[Opt[list[str]], Field(description="Names of places, at most 10")] = None,
    pace: Annotated[
        Literal["relaxed", "balanced", "packed"], Field(description="3, 5 or 7 sights a day")
    ] = "balanced",
    day_start: Annotated[str, Field(description="HH:MM")] = "09:00",
    day_end: Annotated[str, Field(description="HH:MM")] = "21:30",
    svc: Services = Depends(services),
    ctx: Context = CurrentContext(),
) -> BuiltAnswer:
    """Plan 1 to 14 days around opening hours, travel times, meals, weather and your flights.

    Take the flight times from search_flights and the stay's position from search_stays. The plan
    is checked independently; read `verdict` and `findings`. After changing it, use check_itinerary.
    """
    request = BuildRequest(
        destination=destination,
        start_date=start_date,
        end_date=end_date,
        arrival_airport=arrival_airport,
        arrival_time=arrival_time,
        departure_airport=departure_airport,
        departure_time=departure_time,
        stay_latitude=stay_latitude,
        stay_longitude=stay_longitude,
        interests=tuple(interests or ()),
        must_see=tuple(must_see or ()),
        pace=pace,
        day_start=day_start,
        day_end=day_end,
    )
    return BuiltAnswer.of(await svc.itineraries.build(request, ctx.report_progress))


TOOL = tool(
    build_itinerary, title="Build an itinerary", read_only=True, idempotent=True, open_world=True
)
