"""The `build_itinerary` tool."""

from datetime import date, datetime
from typing import Annotated, Literal, cast

from fastmcp import Context
from fastmcp.dependencies import CurrentContext, Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.itinerary import Need
from tripsage_mcp.domain.place import TravelMode
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import tool
from tripsage_mcp.views.base import Opt
from tripsage_mcp.views.itineraries import BuiltAnswer
from tripsage_mcp.views.itinerary_params import CommitmentParam, StayParam

_LocalTime = Annotated[datetime, Field(description="Local; no offset needed")]


async def build_itinerary(
    destination: Annotated[
        Opt[str], Field(description='Town, region or "latitude,longitude"')
    ] = None,
    start_date: Opt[date] = None,
    end_date: Opt[date] = None,
    *,
    trip_id: Annotated[Opt[str], Field(description="Gives what is not given here")] = None,
    arrival_airport: Annotated[Opt[str], Field(description="IATA code")] = None,
    arrival_time: Opt[_LocalTime] = None,
    departure_airport: Annotated[Opt[str], Field(description="IATA code")] = None,
    departure_time: Opt[_LocalTime] = None,
    stay_latitude: Opt[float] = None,
    stay_longitude: Opt[float] = None,
    stays: Annotated[Opt[list[StayParam]], Field(description="If several")] = None,
    interests: Opt[list[str]] = None,
    must_see: Annotated[Opt[list[str]], Field(description="Names of places")] = None,
    must_not: Annotated[Opt[list[str]], Field(description="Or kinds")] = None,
    pace: Annotated[
        Opt[Literal["relaxed", "balanced", "packed"]],
        Field(description="3, 5 or 7 sights a day"),
    ] = None,
    day_start: Annotated[Opt[str], Field(description="HH:MM")] = None,
    day_end: Annotated[Opt[str], Field(description="HH:MM")] = None,
    budget: Annotated[Opt[str], Field(description='Of all, e.g. "300 EUR"')] = None,
    travellers: Opt[int] = None,
    needs: Annotated[
        Opt[list[str]], Field(description="wheelchair, stroller, naps, low_walking")
    ] = None,
    diet: Annotated[Opt[list[str]], Field(description="vegan, halal, gluten_free...")] = None,
    commitments: Annotated[Opt[list[CommitmentParam]], Field(description="Booked")] = None,
    modes: Annotated[Opt[list[str]], Field(description="walk, transit, drive, bicycle")] = None,
    rest_minutes: Annotated[int, Field(description="A day")] = 0,
    effort: Annotated[float, Field(description="Seconds, to 30")] = 1.0,
    use_memory: bool = True,
    save: Annotated[bool, Field(description="To the trip")] = False,
    detail: Literal["concise", "full"] = "concise",
    svc: Services = Depends(services),
    who: Account = Depends(account),
    ctx: Context = CurrentContext(),
) -> BuiltAnswer:
    """Plan 1 to 14 days around opening hours, travel times, meals, weather, bookings and flights.

    Takes a saved trip, or times from search_flights and a position from search_stays. Read
    `verdict` and `findings`, an independent check; change it with revise_itinerary.
    """
    request = BuildRequest(
        destination=destination,
        start_date=start_date,
        end_date=end_date,
        trip_id=trip_id,
        arrival_airport=arrival_airport,
        arrival_time=arrival_time,
        departure_airport=departure_airport,
        departure_time=departure_time,
        stay_latitude=stay_latitude,
        stay_longitude=stay_longitude,
        stays=tuple(stay.asked() for stay in stays or ()),
        interests=tuple(interests or ()),
        must_see=tuple(must_see or ()),
        must_not=tuple(must_not or ()),
        pace=pace,
        day_start=day_start,
        day_end=day_end,
        budget=budget,
        travellers=travellers,
        # The service checks the words, so that the error says which there are.
        needs=cast("tuple[Need, ...]", tuple(needs or ())),
        diet=tuple(diet or ()),
        commitments=tuple(each.asked() for each in commitments or ()),
        modes=cast("tuple[TravelMode, ...]", tuple(modes or ())),
        rest_minutes=rest_minutes,
        effort=effort,
        use_memory=use_memory,
        save=save,
        detail=detail,
    )
    return BuiltAnswer.of(await svc.itineraries.build(request, ctx.report_progress, who=who))


TOOL = tool(
    build_itinerary,
    title="Build an itinerary",
    read_only=False,
    destructive=False,
    idempotent=False,
    open_world=True,
)
