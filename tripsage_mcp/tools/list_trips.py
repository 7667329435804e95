"""The `list_trips` tool."""

from typing import Annotated, override

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.trip import TripSummary
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips import TripsListed
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import Answer, Opt, Part, Source, tool


class TripRow(Part):
    """One trip in short."""

    trip_id: str
    title: str
    destination: str
    start_date: str
    end_date: str
    status: str
    version: int

    @classmethod
    def of(cls, trip: TripSummary) -> "TripRow":
        """Project a trip."""
        return cls(
            trip_id=str(trip.trip_id),
            title=trip.title,
            destination=trip.destination,
            start_date=trip.start_date.isoformat(),
            end_date=trip.end_date.isoformat(),
            status=trip.status,
            version=trip.version,
        )


class TripsAnswer(Answer):
    """A page of trips, the last created first; without `next_cursor` it is the last page."""

    trips: list[TripRow]
    next_cursor: Opt[str] = None
    source: Source

    @classmethod
    def of(cls, listed: TripsListed) -> "TripsAnswer":
        """Project a page."""
        return cls(
            trips=[TripRow.of(trip) for trip in listed.trips],
            next_cursor=listed.next_cursor,
            source=Source.of(listed.provenance),
        )

    @override
    def text(self) -> str:
        """Say one trip a line."""
        lines = [
            f"- {trip.title}: {trip.destination}, {trip.start_date} to {trip.end_date}, "
            f"{trip.status} (trip_id {trip.trip_id})"
            for trip in self.trips
        ]
        more = ["There are more."] if self.next_cursor else []
        return "\n".join([*lines, *more]) or "No saved trips."


async def list_trips(
    *,
    upcoming: Annotated[bool, Field(description="Only trips that have not ended yet")] = False,
    cursor: Annotated[Opt[str], Field(description="next_cursor of the page before")] = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> TripsAnswer:
    """List the traveller's saved trips, the last created first.

    Use it when the traveller speaks of a trip planned earlier; get_trip reads one of them whole.
    """
    return TripsAnswer.of(await svc.trips.list(who, upcoming=upcoming, cursor=cursor, limit=limit))


TOOL = tool(list_trips, title="List trips", read_only=True, idempotent=True, open_world=False)
