"""How saved trips look in an answer."""

from typing import Annotated, Any, override

from pydantic import Field
from pydantic_core import to_json

from tripsage_mcp.domain.trip import TripSummary
from tripsage_mcp.services.exports.service import Delivered
from tripsage_mcp.services.trips.results import (
    ActivityListed,
    TripRead,
    TripSaved,
    TripsListed,
    VersionsListed,
)
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text
from tripsage_mcp.views.exports import ExportView
from tripsage_mcp.views.trip_parts import (
    ActivityView,
    BudgetView,
    DocumentView,
    ItemView,
    MemberView,
    PackingView,
    StopView,
    VersionView,
    known_companions,
)
from tripsage_mcp.views.trip_parts import CompanionView as Companion

LIST_URI = "tripsage://trips"
# Characters of JSON of what is in a trip, some 18,000 tokens; more is read as a resource.
_LONGEST = 65_000
_LONGEST_NOTES = 300


def uri_of(trip_id: str) -> str:
    """Return the address of a trip as a resource."""
    return f"{LIST_URI}/{trip_id}"


class SavedAnswer(Answer):
    """Where the trip was stored."""

    trip_id: str
    version: int
    created: bool
    deleted: Opt[bool] = None
    item_ids: Annotated[Opt[list[str]], Field(description="In the order given")] = None
    packing_ids: Opt[list[str]] = None
    document_ids: Opt[list[str]] = None
    removed: Opt[int] = None
    itinerary_version: Opt[int] = None
    saved_at: str
    source: Source

    @classmethod
    def of(cls, saved: TripSaved) -> "SavedAnswer":
        """Project a save."""
        return cls(
            trip_id=str(saved.trip_id),
            version=saved.version,
            created=saved.created,
            deleted=None if saved.move is None else saved.move == "delete",
            item_ids=list(saved.items) or None,
            packing_ids=list(saved.packing) or None,
            document_ids=list(saved.documents) or None,
            removed=saved.removed or None,
            itinerary_version=saved.itinerary_version,
            saved_at=utc_text(saved.saved_at),
            source=Source.of(saved.provenance),
        )

    @property
    @override
    def etag(self) -> str:
        """The version, for who changes what this made."""
        return f'"{self.version}"'

    @override
    def text(self) -> str:
        """Say under which id and version."""
        match self.deleted:
            case True:
                done = "Deleted the trip; its owner can restore it"
            case False:
                done = "Restored the trip"
            case None:
                done = "Saved a new trip" if self.created else "Saved the changes"
        plan = "" if self.itinerary_version is None else f", itinerary {self.itinerary_version}"
        return f"{done}: {self.trip_id}, version {self.version}{plan}."


class CountsView(Part):
    """How much there is in a trip."""

    items: int
    packing: int
    documents: int
    flights: int
    stays: int
    members: int
    itinerary_version: Annotated[Opt[int], Field(description="Of the last itinerary")] = None


class TripView(Part):
    """One trip. Its flights, stays and itinerary are as they were when they were saved."""

    trip_id: str
    version: int
    title: str
    destination: str
    start_date: str
    end_date: str
    travellers: list[str]
    status: str
    budget: Opt[str] = None
    home_currency: Opt[str] = None
    notes: Opt[str] = None
    role: Annotated[str, Field(description="What you may: viewer | editor | owner")]
    shared: Annotated[Opt[bool], Field(description="It is somebody else's trip")] = None
    deleted_at: Opt[str] = None
    counts: CountsView
    stops: Opt[list[StopView]] = None
    companions: Opt[list[Companion]] = None
    items: Opt[list[ItemView]] = None
    sums: Opt[BudgetView] = None
    packing: Opt[list[PackingView]] = None
    documents: Opt[list[DocumentView]] = None
    members: Opt[list[MemberView]] = None
    versions: Annotated[Opt[list[VersionView]], Field(description="Of the itinerary")] = None
    activity: Opt[list[ActivityView]] = None
    itinerary: Opt[dict[str, Any]] = None
    flights: Opt[list[dict[str, Any]]] = None
    stays: Opt[list[dict[str, Any]]] = None
    left_out: Annotated[
        Opt[list[str]], Field(description="Too long for an answer; in the trip's resource")
    ] = None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, read: TripRead, *, room: int | None = None) -> "TripView":
        """Project a trip with what was asked for, as far as there is room: characters, or any."""
        itself = _of_itself(read)
        taken = _size(itself)
        left_out: list[str] = []
        shown: dict[str, object] = {}
        for name, part in (_parts(read) | _plan(read)).items():
            size = _size(part)
            if room is not None and taken + size > room:
                left_out.append(name)
            else:
                taken += size
                shown[name] = part
        return cls.model_validate(itself | shown | {"left_out": left_out or None})


def _size(part: object) -> int:
    """Return how many characters of JSON something is in an answer."""
    return len(to_json(part, exclude_none=True).decode())


def _of_itself(read: TripRead) -> dict[str, object]:
    trip, whole = read.trip, read.whole
    notes = trip.notes
    if notes is not None and not read.full and len(notes) > _LONGEST_NOTES:
        notes = f"{notes[:_LONGEST_NOTES]}…"
    return {
        "trip_id": str(trip.trip_id),
        "version": trip.version,
        "title": trip.title,
        "destination": trip.destination,
        "start_date": trip.start_date.isoformat(),
        "end_date": trip.end_date.isoformat(),
        "travellers": list(trip.travellers),
        "status": trip.status,
        "budget": None if trip.budget is None else str(trip.budget),
        "home_currency": trip.home_currency,
        "notes": notes,
        "role": trip.role,
        "shared": None if trip.mine else True,
        "deleted_at": None if trip.deleted_at is None else utc_text(trip.deleted_at),
        "counts": CountsView(
            items=len(whole.items),
            packing=len(whole.packing),
            documents=len(whole.documents),
            flights=len(trip.flights),
            stays=len(trip.stays),
            members=len(whole.members),
            itinerary_version=_last_version(read),
        ),
        "stops": [StopView.of(each) for each in whole.destinations] or None,
        "companions": known_companions(whole.travellers),
        "created_at": utc_text(trip.created_at),
        "updated_at": utc_text(trip.updated_at),
    }


def _parts(read: TripRead) -> dict[str, object]:
    whole, asked = read.whole, read.include
    parts: dict[str, object] = {}
    if "items" in asked:
        parts["items"] = [ItemView.of(each, full=read.full) for each in read.items]
    if "packing" in asked:
        parts["packing"] = [PackingView.of(each) for each in whole.packing]
    if "documents" in asked:
        parts["documents"] = [DocumentView.of(each) for each in whole.documents]
    if "members" in asked:
        parts["members"] = [MemberView.of(each) for each in whole.members]
    if "versions" in asked:
        parts["versions"] = [VersionView.of(each) for each in whole.itineraries]
    if read.sums is not None:
        parts["sums"] = BudgetView.of(read.sums)
    if read.activity is not None:
        parts["activity"] = [ActivityView.of(each) for each in read.activity]
    return parts


def _plan(read: TripRead) -> dict[str, object]:
    trip = read.trip
    plan: dict[str, object] = {}
    if read.itinerary is not None:
        plan["itinerary"] = dict(read.itinerary)
    if read.everything:
        plan["flights"] = [dict(flight) for flight in trip.flights] or None
        plan["stays"] = [dict(stay) for stay in trip.stays] or None
    return plan


def _last_version(read: TripRead) -> int | None:
    versions = read.whole.itineraries
    return versions[0].number if versions and read.trip.itinerary is not None else None


class TripRow(Part):
    """One trip in short."""

    trip_id: str
    title: str
    destination: str
    start_date: str
    end_date: str
    status: str
    version: int
    role: Annotated[Opt[str], Field(description="In somebody else's trip")] = None
    deleted_at: Opt[str] = None

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
            role=None if trip.mine else trip.role,
            deleted_at=None if trip.deleted_at is None else utc_text(trip.deleted_at),
        )


class TripsAnswer(Answer):
    """A page of trips, or one trip; without `next_cursor` it is the last page.

    Of one trip, `next_cursor` goes on with its items.
    """

    trips: Opt[list[TripRow]] = None
    trip: Opt[TripView] = None
    exported: Opt[ExportView] = None
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

    @classmethod
    def of_one(
        cls, read: TripRead, exported: Delivered | None = None, *, however_long: bool = False
    ) -> "TripsAnswer":
        """Project one trip, as much as fits in an answer or `however_long` it is."""
        trip = TripView.of(read, room=None if however_long else _LONGEST)
        file = None
        if exported is not None:
            room = _LONGEST - len(trip.model_dump_json(exclude_none=True))
            file = ExportView.of(exported, room=room)
        return cls(
            trip=trip,
            exported=file,
            next_cursor=read.next_cursor,
            source=Source.of(read.provenance),
        )

    @property
    @override
    def etag(self) -> str | None:
        """The version of the one trip."""
        return None if self.trip is None else f'"{self.trip.version}"'

    @override
    def text(self) -> str:
        """Say where, when and who, and what there is to read; or one trip a line."""
        more = ["There are more."] if self.next_cursor else []
        if self.trip is not None:
            said = [] if self.exported is None else [self.exported.words()]
            absent = self.trip.left_out or []
            where = [
                f"Too long: {', '.join(absent)}; include less, or read {uri_of(self.trip.trip_id)}."
            ]
            return "\n".join([_sentence(self.trip), *said, *(where if absent else ()), *more])
        lines = [
            f"- {trip.title}: {trip.destination}, {trip.start_date} to {trip.end_date}, "
            f"{trip.status} (trip_id {trip.trip_id})"
            for trip in self.trips or ()
        ]
        return "\n".join([*lines, *more]) or "No saved trips."


class VersionsAnswer(Answer):
    """A page of the versions of a trip's itinerary, the newest first."""

    trip_id: str
    versions: list[VersionView]
    next_cursor: Opt[str] = None
    source: Source

    @classmethod
    def of(cls, listed: VersionsListed) -> "VersionsAnswer":
        """Project a page."""
        return cls(
            trip_id=str(listed.trip_id),
            versions=[VersionView.of(each) for each in listed.versions],
            next_cursor=listed.next_cursor,
            source=Source.of(listed.provenance),
        )

    @override
    def text(self) -> str:
        """Say how many there are."""
        return _count(len(self.versions), "version")


class ActivityAnswer(Answer):
    """A page of a trip's log, the newest first."""

    trip_id: str
    activity: list[ActivityView]
    next_cursor: Opt[str] = None
    source: Source

    @classmethod
    def of(cls, listed: ActivityListed) -> "ActivityAnswer":
        """Project a page."""
        return cls(
            trip_id=str(listed.trip_id),
            activity=[ActivityView.of(each) for each in listed.entries],
            next_cursor=listed.next_cursor,
            source=Source.of(listed.provenance),
        )

    @override
    def text(self) -> str:
        """Say how many there are."""
        return f"{len(self.activity)} entries of the log."


def _sentence(trip: TripView) -> str:
    counts = trip.counts
    parts = [
        _count(counts.items, "item"),
        _count(counts.flights, "flight"),
        _count(counts.stays, "stay"),
        "an itinerary" if counts.itinerary_version else "no itinerary yet",
    ]
    budget = f", budget {trip.budget}" if trip.budget else ""
    shared = f" Shared with you as {trip.role}." if trip.shared else ""
    gone = f" Deleted {trip.deleted_at}." if trip.deleted_at else ""
    return (
        f"{trip.title}: {trip.destination}, {trip.start_date} to {trip.end_date}, for "
        f"{', '.join(trip.travellers)}{budget}. {trip.status.capitalize()}, with "
        f"{', '.join(parts)}. Version {trip.version}, saved {trip.updated_at}; prices and "
        f"hours are of that day.{shared}{gone}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
