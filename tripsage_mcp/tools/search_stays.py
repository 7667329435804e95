"""The `search_stays` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.stays import (
    HIGHEST_PRICE,
    MOST_CHILDREN,
    MOST_GUESTS,
    MOST_INFANTS,
    MOST_PETS,
    MOST_STAYS,
    PROPERTY_TYPES,
    SORTS,
    StayQuery,
)
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, in_range, one_of
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.stays import StaysAnswer

_PRICE = "The source's own price filter, whole units"


async def search_stays(
    location: Annotated[str, Field(description='Town or region, e.g. "Lisbon, Portugal"')],
    check_in: IsoDate,
    check_out: IsoDate,
    *,
    adults: Annotated[int, in_range(1, MOST_GUESTS, "13 or older")] = 2,
    children: Annotated[int, in_range(0, MOST_CHILDREN, "2 to 12")] = 0,
    infants: Annotated[int, in_range(0, MOST_INFANTS, "Under 2")] = 0,
    pets: Annotated[int, in_range(0, MOST_PETS, "Service animals are none")] = 0,
    min_price: Annotated[Opt[int], in_range(0, HIGHEST_PRICE, _PRICE)] = None,
    max_price: Annotated[Opt[int], in_range(1, HIGHEST_PRICE, _PRICE)] = None,
    property_type: Annotated[Opt[str], one_of(PROPERTY_TYPES, "Leave out for any")] = None,
    sort: Annotated[str, one_of(SORTS, "Within each page of the source's")] = "relevance",
    limit: Annotated[int, in_range(1, MOST_STAYS, "Stays a page")] = 10,
    cursor: Annotated[
        Opt[str], Field(description="next_cursor, with the same other arguments")
    ] = None,
    svc: Services = Depends(services),
) -> StaysAnswer:
    """Find homes and rooms on Airbnb for a period, with prices for all guests and all nights.

    Says which place the location was taken for. Pass a listing_id to get_stay for amenities and
    house rules, an at to get_travel_times. TripSage does not book stays: hand out the link.
    """
    query = StayQuery(
        location=location,
        check_in=check_in,
        check_out=check_out,
        adults=adults,
        children=children,
        infants=infants,
        pets=pets,
        min_price=min_price,
        max_price=max_price,
        property_type=property_type,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return StaysAnswer.of(await svc.stays.search(query))


TOOL = tool(search_stays, title="Search stays", read_only=True, idempotent=True, open_world=True)
