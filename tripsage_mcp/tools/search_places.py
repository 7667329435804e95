"""The `search_places` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.places import PlaceQuery
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import Latitude, Longitude
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.places import PlacesAnswer

Rating = Annotated[float, Field(ge=0, le=5)]


async def search_places(
    query: Annotated[str, Field(description='What to look for, e.g. "art museums"')],
    *,
    near: Annotated[Opt[str], Field(description="Town or region to search around")] = None,
    latitude: Opt[Latitude] = None,
    longitude: Opt[Longitude] = None,
    radius_m: Annotated[
        int, Field(ge=1, le=50_000, description="Prefers places within; others may follow")
    ] = 5_000,
    kind: Annotated[
        Opt[str], Field(description="One type, e.g. museum, park, restaurant, tourist_attraction")
    ] = None,
    open_now: bool = False,
    min_rating: Opt[Rating] = None,
    limit: Annotated[int, Field(ge=1, le=20)] = 10,
    svc: Services = Depends(services),
) -> PlacesAnswer:
    """Find sights, restaurants and other places with rating, opening hours and position.

    Use near (a name) or latitude and longitude, not both. Its place_id works in get_travel_times.
    """
    query_ = PlaceQuery(
        query, near, latitude, longitude, radius_m, kind, open_now, min_rating, limit
    )
    return PlacesAnswer.of(await svc.places.search(query_))


TOOL = tool(search_places, title="Search places", read_only=True, idempotent=True, open_world=True)
