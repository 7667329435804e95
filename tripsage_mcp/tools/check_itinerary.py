"""The `check_itinerary` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.itineraries import CheckedAnswer, ItineraryView


async def check_itinerary(
    itinerary: Annotated[
        ItineraryView,
        Field(description="As build_itinerary returned it, edited or written by hand"),
    ],
    svc: Services = Depends(services),
) -> CheckedAnswer:
    """Check any day-by-day plan: opening hours, travel times, flight margins, overlaps, meals.

    Hours and travel times are fetched anew. Items without a place_id (from search_places or
    build_itinerary) are looked up by name near the destination; what cannot be known is reported
    as unchecked, never as fine.
    """
    return CheckedAnswer.of(await svc.itineraries.check(itinerary.draft()))


TOOL = tool(
    check_itinerary, title="Check an itinerary", read_only=True, idempotent=True, open_world=True
)
