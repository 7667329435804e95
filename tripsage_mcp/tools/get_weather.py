"""The `get_weather` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.weather import WeatherAsked
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, Latitude, Longitude
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.weather import WeatherAnswer


async def get_weather(
    start_date: IsoDate,
    end_date: IsoDate,
    *,
    place: Annotated[Opt[str], Field(description='Town or region, e.g. "Lisbon"')] = None,
    latitude: Opt[Latitude] = None,
    longitude: Opt[Longitude] = None,
    svc: Services = Depends(services),
) -> WeatherAnswer:
    """Get daily weather for up to 31 days, within a year, by place name or coordinates.

    The next 16 days are a forecast; later days are climatology, the average of ten past years.
    """
    request = WeatherAsked(start_date, end_date, place, latitude, longitude)
    return WeatherAnswer.of(await svc.weather.daily(request))


TOOL = tool(get_weather, title="Get weather", read_only=True, idempotent=True, open_world=True)
