"""The `search_stays` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.stays.requests import (
    AMENITIES,
    LONGEST_WALK,
    MOST_GUESTS,
    MOST_PETS,
    MOST_ROOMS,
    MOST_STAYS,
    PROPERTY_TYPES,
    SORTS,
    StayQuery,
)
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, each_one_of, in_range, one_of
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.stays import StaysAnswer


async def search_stays(
    location: Annotated[str, Field(description='"Lisbon, Portugal" or "38.71,-9.14"')],
    check_in: IsoDate,
    check_out: IsoDate,
    *,
    adults: Annotated[int, in_range(1, MOST_GUESTS, "18 or older")] = 2,
    children_ages: Annotated[Opt[list[int]], Field(description="0 to 17")] = None,
    pets: Annotated[int, in_range(0, MOST_PETS, "Service animals are none")] = 0,
    rooms: Annotated[int, in_range(1, MOST_ROOMS, "Of a home: bedrooms")] = 1,
    budget: Annotated[
        Opt[str], Field(description='"900 EUR" in all, "90-120 EUR a night"; any currency')
    ] = None,
    property_type: Annotated[Opt[str], one_of(PROPERTY_TYPES)] = None,
    min_rating: Annotated[Opt[float], in_range(0, 5)] = None,
    amenities: Annotated[Opt[list[str]], each_one_of(AMENITIES, "Told for hotels only")] = None,
    free_cancellation: bool = False,
    near: Annotated[Opt[str], Field(description='A sight or address, "Prado Museum"')] = None,
    max_walk_minutes: Annotated[Opt[int], in_range(1, LONGEST_WALK, "To near")] = None,
    sort: Annotated[str, one_of(SORTS)] = "relevance",
    sources: Annotated[Opt[list[str]], Field(description="airbnb: homes, duffel: hotels")] = None,
    limit: Annotated[int, in_range(1, MOST_STAYS, "Stays a page")] = 10,
    cursor: Annotated[
        Opt[str], Field(description="next_cursor, with the same other arguments")
    ] = None,
    svc: Services = Depends(services),
) -> StaysAnswer:
    """Find homes (Airbnb) and hotels (Duffel) for a period, priced for all guests and nights.

    Says which place the location was taken for, which source failed, and what each wish left out:
    a stay whose source does not tell is left out and counted. Pass a stay_id to get_stay for
    amenities, rules and rates. TripSage books no stays: hand out the link.
    """
    query = StayQuery(
        location=location,
        check_in=check_in,
        check_out=check_out,
        adults=adults,
        children_ages=tuple(children_ages or ()),
        pets=pets,
        rooms=rooms,
        budget=budget,
        property_type=property_type,
        min_rating=min_rating,
        amenities=tuple(amenities or ()),
        free_cancellation=free_cancellation,
        near=near,
        max_walk_minutes=max_walk_minutes,
        sort=sort,
        sources=tuple(sources or ()),
        limit=limit,
        cursor=cursor,
    )
    return StaysAnswer.of(await svc.stays.search(query))


TOOL = tool(search_stays, title="Search stays", read_only=True, idempotent=True, open_world=True)
