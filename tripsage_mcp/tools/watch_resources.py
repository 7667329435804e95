"""Watched prices as resources, which a client can read and subscribe to."""

from typing import Any

from fastmcp import FastMCP
from fastmcp.dependencies import Depends
from fastmcp.resources import Resource, ResourceTemplate

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.views.watches import LIST_URI, WatchesAnswer, uri_of

_JSON = "application/json"


def uris_of(event: AccountEvent) -> tuple[str, ...]:
    """Return the resources that changed with an event of a watch."""
    return (uri_of(str(event.subject)), LIST_URI)


async def watches(svc: Services = Depends(services), who: Account = Depends(account)) -> str:
    """Every watched price of the traveller, the active ones first."""
    return _json(WatchesAnswer.of(await svc.watches.list(who)))


async def watch(
    watch_id: str, svc: Services = Depends(services), who: Account = Depends(account)
) -> str:
    """One watched price with its history; subscribe to it to be told of news."""
    return _json(WatchesAnswer.of(await svc.watches.get(who, watch_id)))


def add_watches(server: FastMCP[Any]) -> None:
    """Add the resources to a server."""
    server.add_resource(
        Resource.from_function(
            watches, LIST_URI, name="watches", title="Watched prices", mime_type=_JSON
        )
    )
    server.add_template(
        ResourceTemplate.from_function(
            watch, uri_of("{watch_id}"), name="watch", title="A watched price", mime_type=_JSON
        )
    )


def _json(answer: WatchesAnswer) -> str:
    return answer.model_dump_json(exclude_none=True)
