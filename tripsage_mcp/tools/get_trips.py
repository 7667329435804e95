"""The `get_trips` tool."""

from typing import Annotated, Literal

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.exports.catalog import NAMES
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips.reading import ReadRequest
from tripsage_mcp.services.trips.results import TOPICS, Topic
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.params import each_one_of, one_of
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.trips import TripsAnswer


async def get_trips(
    *,
    trip_id: Annotated[Opt[str], Field(description="Without: a list")] = None,
    include: Annotated[list[Topic], each_one_of(TOPICS)] = [],  # noqa: B006 - never changed
    detail: Annotated[
        Literal["concise", "full"], Field(description="full: with the itinerary")
    ] = "concise",
    itinerary_version: Opt[int] = None,
    export: Annotated[Opt[str], one_of(NAMES, "As a file")] = None,
    which: Literal["all", "upcoming", "deleted"] = "all",
    cursor: Opt[str] = None,
    limit: Opt[int] = None,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> TripsAnswer:
    """List the traveller's trips, also those shared with them, or read one.

    Use it when they speak of a trip planned earlier, and before save_trip. Prices and hours are of
    the day they were saved.
    """
    if trip_id is None:
        for argument, given in (("export", export), ("itinerary_version", itinerary_version)):
            if given is not None:
                raise InvalidRequestError(argument, "needs a trip_id beside it")
        listed = await svc.trips.list(
            who,
            upcoming=which == "upcoming",
            deleted=which == "deleted",
            cursor=cursor,
            limit=10 if limit is None else limit,
        )
        return TripsAnswer.of(listed)
    page = 50 if limit is None else limit
    request = ReadRequest(trip_id, include, detail, itinerary_version, cursor, page)
    read = await svc.trips.read(who, request)
    file = None if export is None else await svc.exports.deliver(who, trip_id, export)
    return TripsAnswer.of_one(read, file)


TOOL = tool(get_trips, title="Trips", read_only=True, idempotent=True, open_world=False)
