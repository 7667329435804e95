"""The `revise_itinerary` tool."""

from typing import Annotated, Literal

from fastmcp import Context
from fastmcp.dependencies import CurrentContext, Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.itineraries.service import ReviseRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.itineraries import RevisedAnswer
from tripsage_mcp.views.itinerary import ItineraryView
from tripsage_mcp.views.itinerary_params import ChangeParam


async def revise_itinerary(
    itinerary: Annotated[
        Opt[ItineraryView],
        Field(description="As build_itinerary returned it, or written by hand"),
    ] = None,
    trip_id: Annotated[Opt[str], Field(description="Instead, the trip's")] = None,
    *,
    changes: Annotated[
        Opt[list[ChangeParam]], Field(description="In this order; none: only check")
    ] = None,
    effort: Annotated[float, Field(description="Seconds, to 30")] = 1.0,
    save: Annotated[bool, Field(description="To the trip")] = False,
    detail: Literal["concise", "full"] = "concise",
    svc: Services = Depends(services),
    who: Account = Depends(account),
    ctx: Context = CurrentContext(),
) -> RevisedAnswer:
    """Change a day-by-day plan and keep the rest, or check any plan (no changes).

    Facts are fetched anew. Items without a place_id (from search_places or build_itinerary) are
    looked up by name; what nobody knows is unchecked, never fine. Locked items do not move.
    """
    request = ReviseRequest(
        draft=None if itinerary is None else itinerary.draft(),
        trip_id=trip_id,
        travellers=None if itinerary is None else itinerary.travellers or 1,
        changes=tuple(change.change() for change in changes or ()),
        effort=effort,
        save=save,
        detail=detail,
    )
    return RevisedAnswer.of(await svc.itineraries.revise(request, ctx.report_progress, who=who))


TOOL = tool(
    revise_itinerary,
    title="Revise or check an itinerary",
    read_only=False,
    destructive=False,
    idempotent=False,
    open_world=True,
)
