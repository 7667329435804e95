"""The `search_places` tool."""

from datetime import date
from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.places.requests import PlaceQuery
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import Latitude, Longitude
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.places import PlacesAnswer

Rating = Annotated[float, Field(ge=0, le=5)]
PlaceIds = Annotated[
    list[str], Field(min_length=1, max_length=10, description="Details of these, no search")
]


async def search_places(
    query: Annotated[
        Opt[str], Field(description='E.g. "art museums"; without it all of kind around a point')
    ] = None,
    *,
    place_ids: Opt[PlaceIds] = None,
    near: Annotated[Opt[str], Field(description="Town or region to search around")] = None,
    latitude: Opt[Latitude] = None,
    longitude: Opt[Longitude] = None,
    radius_m: Annotated[
        int, Field(ge=1, le=50_000, description="With query a preference, else a limit")
    ] = 5_000,
    kind: Annotated[
        Opt[str], Field(description="One type, e.g. museum, park, restaurant, pharmacy")
    ] = None,
    open_now: bool = False,
    open_on: Annotated[Opt[date], Field(description="Also tell when each is open that day")] = None,
    min_rating: Opt[Rating] = None,
    nearest: Annotated[bool, Field(description="Order by distance")] = False,
    limit: Annotated[int, Field(ge=1, le=20)] = 10,
    cursor: Opt[str] = None,
    svc: Services = Depends(services),
) -> PlacesAnswer:
    """Find sights, restaurants and other places with rating, opening hours and position.

    Use near (a name) or latitude and longitude, not both. place_ids of earlier answers give
    address, website, phone, prices and accessibility; they also work in get_travel_times.
    """
    asked = PlaceQuery(
        query=query,
        near=near,
        latitude=latitude,
        longitude=longitude,
        radius_m=radius_m,
        kind=kind,
        open_now=open_now,
        min_rating=min_rating,
        limit=limit,
        nearest=nearest,
        open_on=open_on,
        cursor=cursor,
    )
    return PlacesAnswer.of(await svc.places.find(asked, place_ids))


TOOL = tool(search_places, title="Search places", read_only=True, idempotent=True, open_world=True)
