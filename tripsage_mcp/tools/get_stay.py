"""The `get_stay` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.stays import ListingQuery
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.stays import StayAnswer


async def get_stay(
    listing_id: Annotated[str, Field(description="From search_stays")],
    *,
    check_in: Annotated[Opt[IsoDate], Field(description="Together with check_out")] = None,
    check_out: Opt[IsoDate] = None,
    adults: Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 16})] = 2,
    svc: Services = Depends(services),
) -> StayAnswer:
    """Read one Airbnb listing: amenities, what it lacks, house rules, description, position.

    It tells no price and no availability: those come from search_stays, or from the url. The id
    is a listing_id of search_stays; dates and guests only shape the url.
    """
    query = ListingQuery(listing_id, check_in, check_out, adults)
    return StayAnswer.of(await svc.stays.get(query))


TOOL = tool(get_stay, title="Look at a stay", read_only=True, idempotent=True, open_world=True)
