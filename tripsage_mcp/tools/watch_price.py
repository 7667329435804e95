"""The `watch_price` tool."""

from typing import Annotated, Literal

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.flights.requests import CABINS, MAX_CONNECTIONS, MAX_PASSENGERS
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.watches.requests import MOST_DROP_PERCENT, WatchRequest
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.params import IsoDate, in_range, one_of
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.watches import WatchesAnswer


async def watch_price(
    action: Literal["create", "list", "get", "stop"],
    *,
    watch_id: Annotated[Opt[str], Field(description="For get and stop")] = None,
    offer_id: Annotated[
        Opt[str], Field(description="Create: watch these very flights, in place of a route")
    ] = None,
    origin: Annotated[
        Opt[str], Field(description="As in search_flights, like the next ones")
    ] = None,
    destination: Opt[str] = None,
    departure_date: Opt[IsoDate] = None,
    return_date: Opt[IsoDate] = None,
    adults: Annotated[Opt[int], in_range(1, MAX_PASSENGERS, "")] = None,
    children_ages: Opt[list[int]] = None,
    cabin: Annotated[Opt[str], one_of(CABINS, "")] = None,
    max_connections: Annotated[Opt[int], in_range(0, MAX_CONNECTIONS, "")] = None,
    target: Annotated[
        Opt[str], Field(description='Tell of new lows at or below it, e.g. "200 EUR", for all')
    ] = None,
    drop_percent: Annotated[
        Opt[int], in_range(1, MOST_DROP_PERCENT, "Tell of new lows by so much; 3 without a target")
    ] = None,
    until: Annotated[Opt[IsoDate], Field(description="Last day; else the departure")] = None,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> WatchesAnswer:
    """Watch the price of flights in the background: every few hours, until the departure.

    create looks once now and answers with the price and a watch_id; get adds the history. News
    comes to clients subscribed to its resource; else ask with get. At most 20 active watches.
    """
    request = WatchRequest(
        origin=origin,
        destination=destination,
        departure_date=departure_date,
        return_date=return_date,
        adults=adults,
        children_ages=tuple(children_ages or ()),
        cabin=cabin,
        max_connections=max_connections,
        offer_id=offer_id,
        target=target,
        drop_percent=drop_percent,
        until=until,
    )
    return WatchesAnswer.of(await svc.watches.manage(who, action, watch_id, request))


TOOL = tool(
    watch_price,
    title="Watch a price",
    read_only=False,
    idempotent=True,
    open_world=True,
)
