"""How saved trips look in an answer."""

from typing import Any, override

from tripsage_mcp.domain.trip import Trip, TripSummary
from tripsage_mcp.services.trips import TripRead, TripSaved, TripsListed
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text


class SavedAnswer(Answer):
    """Where the trip was stored."""

    trip_id: str
    version: int
    created: bool
    saved_at: str
    source: Source

    @classmethod
    def of(cls, saved: TripSaved) -> "SavedAnswer":
        """Project a save."""
        return cls(
            trip_id=str(saved.trip_id),
            version=saved.version,
            created=saved.created,
            saved_at=utc_text(saved.saved_at),
            source=Source.of(saved.provenance),
        )

    @override
    def text(self) -> str:
        """Say under which id and version."""
        done = "Saved a new trip" if self.created else "Saved the changes"
        return f"{done}: {self.trip_id}, version {self.version}."


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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(trip: Trip) -> dict[str, Any] | None:
    return None if trip.itinerary is None else dict(trip.itinerary)
