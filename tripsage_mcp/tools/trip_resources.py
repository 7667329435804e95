"""Trips as resources, which a client can read and subscribe to."""

from dataclasses import replace
from typing import Any

from fastmcp import FastMCP
from fastmcp.dependencies import Depends
from fastmcp.resources import Resource, ResourceTemplate

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips.reading import ReadRequest
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.views.trips import LIST_URI, TripsAnswer, uri_of

_JSON = "application/json"


def uris_of(event: AccountEvent) -> tuple[str, ...]:
    """Return the resources that changed with an event of a trip."""
    return (uri_of(str(event.subject)), LIST_URI)


async def trips(svc: Services = Depends(services), who: Account = Depends(account)) -> str:
    """The traveller's trips that have not ended, also those shared with them."""
    return _json(TripsAnswer.of(await svc.trips.list(who, upcoming=True, limit=50)))


async def trip(
    trip_id: str, svc: Services = Depends(services), who: Account = Depends(account)
) -> str:
    """One trip with everything in it; subscribe to it to be told when anybody changes it."""
    read = await svc.trips.read(who, ReadRequest(trip_id, detail="full"))
    # A resource has no pages.
    whole = replace(read, items=read.whole.items, next_cursor=None)
    return _json(TripsAnswer.of_one(whole, however_long=True))


def add_trips(server: FastMCP[Any]) -> None:
    """Add the resources to a server."""
    server.add_resource(
        Resource.from_function(trips, LIST_URI, name="trips", title="Trips", mime_type=_JSON)
    )
    server.add_template(
        ResourceTemplate.from_function(
            trip, uri_of("{trip_id}"), name="trip", title="A trip", mime_type=_JSON
        )
    )


def _json(answer: TripsAnswer) -> str:
    return answer.model_dump_json(exclude_none=True)
