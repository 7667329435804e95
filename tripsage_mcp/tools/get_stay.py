"""The `get_stay` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.stays.requests import MOST_GUESTS
from tripsage_mcp.services.stays.service import ListingQuery
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.params import IsoDate, in_range
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.stay_details import StayAnswer


async def get_stay(
    stay_id: Annotated[str, Field(description="From search_stays")],
    *,
    rate_id: Annotated[Opt[str], Field(description="Of a hotel: quote this rate afresh")] = None,
    check_in: Annotated[Opt[IsoDate], Field(description="Together with check_out")] = None,
    check_out: Opt[IsoDate] = None,
    adults: Annotated[int, in_range(1, MOST_GUESTS)] = 2,
    svc: Services = Depends(services),
) -> StayAnswer:
    """Read one stay: amenities, rules, position; of a hotel every rate with its conditions.

    With a rate_id: what that rate costs now, due now and there, and its cancellation; books
    nothing. A home tells no price here: that comes from search_stays, or from its url, which is all
    that dates and adults shape.
    """
    query = ListingQuery(stay_id, rate_id, check_in, check_out, adults)
    return StayAnswer.of(await svc.stays.get(query))


TOOL = tool(get_stay, title="Look at a stay", read_only=True, idempotent=True, open_world=True)
