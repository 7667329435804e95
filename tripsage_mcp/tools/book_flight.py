"""The `book_flight` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.asking import CallAsker, asker
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.bookings import (
    AncillaryParam,
    BookingAnswer,
    PassengerParam,
    SeatParam,
    book_request,
)


async def book_flight(
    *,
    offer_id: Annotated[str, Field(description="From search_flights")],
    total: Annotated[
        str, Field(description='What the traveller was told, with extras, e.g. "334.34 GBP"')
    ],
    passengers: Annotated[
        list[PassengerParam], Field(description="All of the offer's; ids from get_flight_offer")
    ],
    hold: Annotated[bool, Field(description="Reserve, pay later")] = False,
    ancillaries: list[AncillaryParam] = [],  # noqa: B006 - a list in the schema, never changed
    seats: list[SeatParam] = [],  # noqa: B006 - as above
    svc: Services = Depends(services),
    who: Account = Depends(account),
    asking: CallAsker = Depends(asker),
) -> BookingAnswer:
    """Buy or hold a flight offer. The traveller is asked for an explicit yes to all of it first.

    Show get_flight_offer before. If confirm_url comes back, the traveller says yes there; then
    call again unchanged. Never invent a passenger's details. An offer is ordered once: calling
    again tells what came of it.
    """
    request = book_request(offer_id, total, passengers, ancillaries, seats, hold=hold)
    return asking.answered(BookingAnswer.of(await svc.bookings.book(who, request, asking)))


TOOL = tool(
    book_flight,
    title="Book a flight",
    read_only=False,
    destructive=True,
    idempotent=False,
    open_world=True,
)
