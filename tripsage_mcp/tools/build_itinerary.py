"""The `build_itinerary` tool."""

from datetime import datetime
from typing import Annotated, Literal, override

from fastmcp import Context
from fastmcp.dependencies import CurrentContext, Depends
from pydantic import Field

from tripsage_mcp.services.itineraries import Built
from tripsage_mcp.services.itinerary_request import BuildRequest
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.itinerary_views import (
    MAX_FINDINGS,
    FindingView,
    ItineraryView,
    LeftOutView,
    findings_views,
    findings_words,
    more,
)
from tripsage_mcp.tools.params import IsoDate, Latitude, Longitude
from tripsage_mcp.tools.results import Answer, Opt, Source, tool

_LEFT_OUT = 5

_LocalTime = Annotated[
    datetime, Field(description="YYYY-MM-DDTHH:MM at the airport; an offset is not needed")
]


class BuiltAnswer(Answer):
    """A plan, and what an independent check says about it."""

    itinerary: ItineraryView
    verdict: Annotated[
        str, Field(description="works, works_with_warnings, not_fully_checked or broken")
    ]
    findings: list[FindingView]
    findings_omitted: Opt[int] = None
    left_out: list[LeftOutView]
    left_out_omitted: Opt[int] = None
    alternatives: Annotated[
        Opt[list[str]], Field(description="Other places of that name, if the wrong one was taken")
    ] = None
    assumptions: Opt[list[str]] = None
    unavailable: Annotated[Opt[list[str]], Field(description="Sources that failed")] = None
    sources: list[Source]

    @classmethod
    def of(cls, built: Built) -> "BuiltAnswer":
        """Project a built plan."""
        left = built.itinerary.left_out
        return cls(
            itinerary=ItineraryView.of(built.itinerary),
            verdict=built.verdict,
            findings=findings_views(built.findings),
            findings_omitted=more(built.findings, MAX_FINDINGS),
            left_out=[LeftOutView.of(x) for x in left[:_LEFT_OUT]],
            left_out_omitted=more(left, _LEFT_OUT),
            alternatives=list(built.alternatives) or None,
            assumptions=list(built.assumptions) or None,
            unavailable=list(built.unavailable) or None,
            sources=[Source.of(p) for p in built.itinerary.provenance],
        )

    @override
    def text(self) -> str:
        """Tell the plan, a line a day."""
        kinds = "/".join(sorted({source.data for source in self.sources}))
        head = f"{self.itinerary.destination}, {len(self.itinerary.days)} days ({kinds} data)"
        days = [day.words() for day in self.itinerary.days]
        return "\n".join([head, *days, findings_words(self.verdict, self.findings)])


async def build_itinerary(
    destination: Annotated[str, Field(description='Town or region, or "latitude,longitude"')],
    start_date: IsoDate,
    end_date: IsoDate,
    *,
    arrival_airport: Annotated[Opt[str], Field(description="IATA code where you land")] = None,
    arrival_time: Opt[_LocalTime] = None,
    departure_airport: Annotated[Opt[str], Field(description="IATA code you leave from")] = None,
    departure_time: Opt[_LocalTime] = None,
    stay_latitude: Opt[Latitude] = None,
    stay_longitude: Opt[Longitude] = None,
    interests: Annotated[Opt[list[str]], Field(description="At most 8")] = None,
    must_see: Annotated[Opt[list[str]], Field(description="Names of places, at most 10")] = None,
    pace: Annotated[
        Literal["relaxed", "balanced", "packed"], Field(description="3, 5 or 7 sights a day")
    ] = "balanced",
    day_start: Annotated[str, Field(description="HH:MM")] = "09:00",
    day_end: Annotated[str, Field(description="HH:MM")] = "21:30",
    svc: Services = Depends(services),
    ctx: Context = CurrentContext(),
) -> BuiltAnswer:
    """Plan 1 to 14 days around opening hours, travel times, meals, weather and your flights.

    Take the flight times from search_flights and the stay's position from search_stays. The plan
    is checked independently; read `verdict` and `findings`. After changing it, use check_itinerary.
    """
    request = BuildRequest(
        destination=destination,
        start_date=start_date,
        end_date=end_date,
        arrival_airport=arrival_airport,
        arrival_time=arrival_time,
        departure_airport=departure_airport,
        departure_time=departure_time,
        stay_latitude=stay_latitude,
        stay_longitude=stay_longitude,
        interests=tuple(interests or ()),
        must_see=tuple(must_see or ()),
        pace=pace,
        day_start=day_start,
        day_end=day_end,
    )
    return BuiltAnswer.of(await svc.itineraries.build(request, ctx.report_progress))


TOOL = tool(
    build_itinerary, title="Build an itinerary", read_only=True, idempotent=True, open_world=True
)
