"""The `get_trip` tool."""

from typing import Annotated, Any, override

from fastmcp.dependencies import Depends
from pydantic import Field

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.trip import Trip
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.trips import TripRead
from tripsage_mcp.tools.boundary import account, services
from tripsage_mcp.tools.results import Answer, Opt, Source, tool, utc_text


class TripAnswer(Answer):
    """One trip, whole. Its flights, stays and itinerary are as they were when they were saved."""

    trip_id: str
    version: int
    title: str
    destination: str
    start_date: str
    end_date: str
    travellers: list[str]
    status: str
    budget: Opt[str] = None
    itinerary: Opt[dict[str, Any]] = None
    flights: Opt[list[dict[str, Any]]] = None
    stays: Opt[list[dict[str, Any]]] = None
    notes: Opt[str] = None
    created_at: str
    updated_at: str
    source: Source

    @classmethod
    def of(cls, read: TripRead) -> "TripAnswer":
        """Project a trip."""
        trip = read.trip
        return cls(
            trip_id=str(trip.trip_id),
            version=trip.version,
            title=trip.title,
            destination=trip.destination,
            start_date=trip.start_date.isoformat(),
            end_date=trip.end_date.isoformat(),
            travellers=list(trip.travellers),
            status=trip.status,
            budget=None if trip.budget is None else str(trip.budget),
            itinerary=_plain(trip),
            flights=[dict(flight) for flight in trip.flights] or None,
            stays=[dict(stay) for stay in trip.stays] or None,
            notes=trip.notes,
            created_at=utc_text(trip.created_at),
            updated_at=utc_text(trip.updated_at),
            source=Source.of(read.provenance),
        )

    @override
    def text(self) -> str:
        """Say where, when and who, and what there is to read."""
        parts = [
            _count(len(self.flights or []), "flight"),
            _count(len(self.stays or []), "stay"),
            "an itinerary" if self.itinerary else "no itinerary yet",
        ]
        budget = f", budget {self.budget}" if self.budget else ""
        return (
            f"{self.title}: {self.destination}, {self.start_date} to {self.end_date}, for "
            f"{', '.join(self.travellers)}{budget}. {self.status.capitalize()}, with "
            f"{', '.join(parts)}. Version {self.version}, saved {self.updated_at}; prices and "
            "hours are of that day."
        )


async def get_trip(
    trip_id: Annotated[str, Field(description="From save_trip or list_trips")],
    svc: Services = Depends(services),
    who: Account = Depends(account),
) -> TripAnswer:
    """Read a saved trip, whole: dates, travellers, itinerary, chosen flights and stays, notes.

    Use it to go on with a plan from an earlier session, and before changing a trip with
    save_trip. Prices and hours are as they were when saved: check them again before relying on
    them.
    """
    return TripAnswer.of(await svc.trips.get(who, trip_id))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(trip: Trip) -> dict[str, Any] | None:
    return None if trip.itinerary is None else dict(trip.itinerary)


TOOL = tool(get_trip, title="Read a trip", read_only=True, idempotent=True, open_world=False)
