"""The `get_trip` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.trips import TripAnswer


async def get_trip(
    trip_id: Annotated[str, Field(description="From save_trip or list_trips")],
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> TripAnswer:
    """Read a saved trip, whole: dates, travellers, itinerary, chosen flights and stays, notes.

    Use it to go on with a plan from an earlier session, and before changing a trip with
    save_trip. Prices and hours are as they were when saved: check them again before relying on
    them.
    """
    return TripAnswer.of(await svc.trips.get(who, trip_id))


TOOL = tool(get_trip, title="Read a trip", read_only=True, idempotent=True, open_world=False)
