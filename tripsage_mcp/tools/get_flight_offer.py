"""The `get_flight_offer` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.flight_offer import OfferAnswer


async def get_flight_offer(
    offer_id: Annotated[str, Field(description="From search_flights")],
    *,
    seats: Annotated[bool, Field(description="Add the seat maps")] = False,
    svc: Services = Depends(services),
) -> OfferAnswer:
    """Show one flight offer in full, as sold now: every segment, bags, layovers, refund and change.

    Also extras that can be added (bags, meals, cancelling), seat maps, how long it can be held,
    and the passenger_ids and details that book_flight needs. offer_id comes from search_flights.
    """
    return OfferAnswer.of(await svc.flight_offers.get(offer_id, seats=seats))


TOOL = tool(
    get_flight_offer, title="Get a flight offer", read_only=True, idempotent=True, open_world=True
)
