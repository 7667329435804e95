"""The `save_trip` tool."""

from typing import Annotated, Any, Literal

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips import SaveRequest
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.params import IsoDate
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.trips import SavedAnswer


async def save_trip(
    *,
    trip_id: Annotated[
        Opt[str], Field(description="Change this trip, only in what is given; without: a new one")
    ] = None,
    expected_version: Annotated[
        Opt[int], Field(description="Refuse if the trip has changed since this version")
    ] = None,
    title: Opt[str] = None,
    destination: Annotated[Opt[str], Field(description="Required for a new trip")] = None,
    start_date: Opt[IsoDate] = None,
    end_date: Opt[IsoDate] = None,
    travellers: Annotated[
        Opt[list[str]], Field(description='"self" and names, e.g. ["self", "Ines"]')
    ] = None,
    status: Opt[Literal["draft", "planned", "booked", "done"]] = None,
    budget: Annotated[Opt[str], Field(description='E.g. "1500 EUR"')] = None,
    itinerary: Annotated[
        Opt[dict[str, Any]], Field(description="The answer of build_itinerary, unchanged")
    ] = None,
    flights: Annotated[
        Opt[list[dict[str, Any]]], Field(description="Chosen offers, as search_flights shows them")
    ] = None,
    stays: Annotated[
        Opt[list[dict[str, Any]]], Field(description="Chosen listings, as search_stays shows them")
    ] = None,
    notes: Opt[str] = None,
    idempotency_key: Annotated[
        Opt[str], Field(description="Makes sending the very same save again harmless")
    ] = None,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> SavedAnswer:
    """Save a trip for later sessions, or change one that is saved.

    Use it once the traveller has settled on something worth keeping. On a change, fields left out
    stay, and empty ones ("", [], {}) are cleared. trip_id and version come from save_trip,
    list_trips or get_trip.
    """
    request = SaveRequest(
        trip_id=trip_id,
        expected_version=expected_version,
        idempotency_key=idempotency_key,
        title=title,
        destination=destination,
        start_date=start_date,
        end_date=end_date,
        travellers=travellers,
        status=status,
        budget=budget,
        itinerary=itinerary,
        flights=flights,
        stays=stays,
        notes=notes,
    )
    return SavedAnswer.of(await svc.trips.save(who, request))


TOOL = tool(
    save_trip,
    title="Save a trip",
    read_only=False,
    destructive=True,
    idempotent=False,
    open_world=False,
)
