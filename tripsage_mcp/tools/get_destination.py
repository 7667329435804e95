"""The `get_destination` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.destinations.request import TOPICS, DestinationAsked
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, Latitude, Longitude
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.destinations import DestinationAnswer

_Topic = Annotated[str, Field(json_schema_extra={"enum": list(TOPICS)})]


async def get_destination(
    *,
    place: Annotated[Opt[str], Field(description='Town or region, e.g. "Lisbon"')] = None,
    latitude: Opt[Latitude] = None,
    longitude: Opt[Longitude] = None,
    start_date: Annotated[Opt[IsoDate], Field(description="Default today")] = None,
    end_date: Annotated[Opt[IsoDate], Field(description="Default 4 days later")] = None,
    home: Annotated[Opt[str], Field(description="Traveller's town or IANA zone")] = None,
    include: Annotated[Opt[list[_Topic]], Field(description="Default all")] = None,
    hourly: Annotated[bool, Field(description="First 2 days by the hour")] = False,
    svc: Services = Depends(services),
) -> DestinationAnswer:
    """Get facts about a place for up to 31 days of a stay, within a year.

    Weather (16 days are a forecast; later days climatology, the average of ten years), public
    holidays, currency and rate, US and UK travel advice as published, plugs, emergency numbers,
    time difference to home, sunrise and sunset. A topic that failed is named beside the others.
    """
    request = DestinationAsked(
        place, latitude, longitude, start_date, end_date, home, tuple(include or ()), hourly
    )
    return DestinationAnswer.of(await svc.destinations.describe(request))


TOOL = tool(
    get_destination, title="Get destination", read_only=True, idempotent=True, open_world=True
)
