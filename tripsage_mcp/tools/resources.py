"""Everything a client can read and subscribe to by its address."""

from typing import Any

from fastmcp import FastMCP

from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.services.events import EventService
from tripsage_mcp.tools import trip_resources, watch_resources
from tripsage_mcp.tools.boundary import account
from tripsage_mcp.tools.subscriptions import Subscriptions


def uris_of(event: AccountEvent) -> tuple[str, ...]:
    """Return the resources that changed with an event."""
    about = trip_resources if event.kind.startswith("trip.") else watch_resources
    return about.uris_of(event)


def offer_resources(server: FastMCP[Any], events: EventService) -> None:
    """Add the resources to a server, and tell subscribed clients when one of them changes."""
    Subscriptions(events, account, uris_of).serve(server)
    watch_resources.add_watches(server)
    trip_resources.add_trips(server)
