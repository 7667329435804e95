"""The `manage_flight_order` tool."""

from typing import Annotated, Literal

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.asking import CallAsker, asker
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.bookings import BookingAnswer


async def manage_flight_order(
    *,
    action: Literal["list", "get", "pay", "cancel"],
    booking_id: Annotated[
        Opt[str], Field(description="From book_flight or list; not for list")
    ] = None,
    cursor: Annotated[Opt[str], Field(description="next_cursor of a list")] = None,
    svc: Services = Depends(services),
    who: Account = Depends(account),
    asking: CallAsker = Depends(asker),
) -> BookingAnswer:
    """List flight bookings, read one back from the airline, pay a held one, or cancel one.

    Pay and cancel ask the traveller first, showing the price or the refund. If confirm_url comes
    back, the traveller says yes there; then call again unchanged. After unconfirmed, only get.
    """
    result = await svc.bookings.manage(who, action, booking_id, asking, cursor)
    return asking.answered(BookingAnswer.of(result))


TOOL = tool(
    manage_flight_order,
    title="Manage flight bookings",
    read_only=False,
    destructive=True,
    idempotent=False,
    open_world=True,
)
