"""The `list_trips` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.trips import TripsAnswer


async def list_trips(
    *,
    upcoming: Annotated[bool, Field(description="Only trips that have not ended yet")] = False,
    cursor: Annotated[Opt[str], Field(description="next_cursor of the page before")] = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> TripsAnswer:
    """List the traveller's saved trips, the last created first.

    Use it when the traveller speaks of a trip planned earlier; get_trip reads one of them whole.
    """
    return TripsAnswer.of(await svc.trips.list(who, upcoming=upcoming, cursor=cursor, limit=limit))


TOOL = tool(list_trips, title="List trips", read_only=True, idempotent=True, open_world=False)
