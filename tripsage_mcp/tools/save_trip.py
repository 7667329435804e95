"""The `save_trip` tool."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips.requests import SaveRequest
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.params import IsoDate
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.trip_params import DocumentParam, ItemParam, PackingParam
from tripsage_mcp.views.trips import SavedAnswer


async def save_trip(
    *,
    trip_id: Annotated[Opt[str], Field(description="Without: a new trip")] = None,
    expected_version: Annotated[Opt[int], Field(description="Refuse if changed since")] = None,
    action: Literal["save", "delete", "restore"] = "save",
    title: Opt[str] = None,
    destination: Annotated[Opt[str], Field(description="New: required, as dates are")] = None,
    start_date: Opt[IsoDate] = None,
    end_date: Opt[IsoDate] = None,
    travellers: Annotated[Opt[list[str]], Field(description='["self", "Ines"]')] = None,
    status: Opt[Literal["draft", "planned", "booked", "done"]] = None,
    budget: Annotated[Opt[str], Field(description='"1500 EUR"')] = None,
    budget_lines: Annotated[Opt[list[str]], Field(description='["food 400 EUR"]')] = None,
    items: list[ItemParam] = [],  # noqa: B006 - a list in the schema, never changed
    packing: list[PackingParam] = [],  # noqa: B006 - as above
    documents: list[DocumentParam] = [],  # noqa: B006 - as above
    remove: Annotated[list[str], Field(description="Ids in it")] = [],  # noqa: B006 - as above
    itinerary: Annotated[
        Opt[dict[str, Any]], Field(description="As build_itinerary gave it")
    ] = None,
    itinerary_version: Annotated[Opt[int], Field(description="Back to this one")] = None,
    flights: Annotated[Opt[list[dict[str, Any]]], Field(description="Offers, as shown")] = None,
    stays: Opt[list[dict[str, Any]]] = None,
    notes: Opt[str] = None,
    reason: Opt[str] = None,
    idempotency_key: Opt[str] = None,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> SavedAnswer:
    """Save a trip for later sessions, or change one, in one step.

    What is left out stays; "", [] or {} clears; items, packing and documents are added, or changed
    by id. A conflict shows what is stored now: merge, save again. A deleted trip can be restored.
    """
    terms = SaveRequest(trip_id, expected_version, idempotency_key)
    request = replace(
        terms,
        title=title,
        destination=destination,
        start_date=start_date,
        end_date=end_date,
        travellers=travellers,
        status=status,
        budget=budget,
        budget_lines=budget_lines,
        itinerary=itinerary,
        itinerary_version=itinerary_version,
        reason=reason,
        flights=flights,
        stays=stays,
        notes=notes,
        items=[each.change() for each in items],
        packing=[each.change() for each in packing],
        documents=[each.change() for each in documents],
        remove=remove,
    )
    if action != "save":
        if request != replace(terms, items=[], packing=[], documents=[], remove=[]):
            raise InvalidRequestError(
                "action",
                "delete and restore change nothing else: give only trip_id, and expected_version"
                " or idempotency_key",
                example='"save"',
            )
        given = await svc.trips.move(
            who, trip_id or "", action, expected_version=expected_version, key=idempotency_key
        )
        return SavedAnswer.of(given)
    return SavedAnswer.of(await svc.trips.save(who, request))


TOOL = tool(
    save_trip,
    title="Save a trip",
    read_only=False,
    destructive=True,
    idempotent=False,
    open_world=False,
)
