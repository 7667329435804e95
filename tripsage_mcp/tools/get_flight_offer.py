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
    svc: Services = Depends(services),
) -> OfferAnswer:
    """Show one flight offer in full, as sold now: every segment, terminals, bags, layovers.

    Also refund and change rules with fees, what passengers must supply, and until when it is
    valid. Use before recommending an offer; offer_id comes from search_flights.
    """
    return OfferAnswer.of(await svc.flights.get_offer(offer_id))


TOOL = tool(
    get_flight_offer, title="Get a flight offer", read_only=True, idempotent=True, open_world=True
)
