"""What the paths of trips take in."""

from datetime import date
from typing import Any, Literal

from tripsage_mcp.domain.trip import TripStatus
from tripsage_mcp.rest.requests import Body
from tripsage_mcp.services.trips.reading import Detail, ReadRequest
from tripsage_mcp.services.trips.requests import SaveRequest
from tripsage_mcp.services.trips.results import Topic
from tripsage_mcp.services.trips.share_requests import ShareAction, ShareRequest
from tripsage_mcp.views.trip_params import (
    CompanionParam,
    DocumentParam,
    FullItemParam,
    PackingParam,
    StopParam,
)

_LISTS = ("items", "packing", "documents", "companions", "stops")


class OneTrip(Body):
    """One trip."""

    trip_id: str


class TripsWanted(Body):
    """A page of trips."""

    upcoming: bool = False
    deleted: bool = False
    cursor: str | None = None
    limit: int = 10


class TripWanted(Body):
    """One trip; a query holds the topics in one field, comma-separated."""

    trip_id: str
    include: str | None = None
    detail: Detail = "concise"
    itinerary_version: int | None = None
    cursor: str | None = None
    limit: int = 50

    def asked(self) -> ReadRequest:
        """Return what the service asks for."""
        topics = [topic.strip() for topic in (self.include or "").split(",") if topic.strip()]
        fields = self.model_dump(exclude={"include"})
        # The service names the topics there are.
        include: Any = tuple(topics)
        return ReadRequest(**fields, include=include)


class PartsWanted(OneTrip):
    """What is in a trip."""

    def asked(self, topic: Topic) -> ReadRequest:
        """Return what the service asks for."""
        return ReadRequest(**self.model_dump(), include=(topic,), detail="full")


class ItemsWanted(PartsWanted):
    """A page of the items of a trip."""

    cursor: str | None = None
    limit: int = 50


class PageWanted(Body):
    """A page of what happened to a trip."""

    trip_id: str
    cursor: str | None = None
    limit: int = 20


class OneVersion(Body):
    """One version of a trip's itinerary."""

    trip_id: str
    number: int


class Write(Body):
    """On what terms something is written; the headers If-Match and Idempotency-Key say the same."""

    expected_version: int | None = None
    idempotency_key: str | None = None


class NewTrip(Body):
    """A trip to make."""

    idempotency_key: str | None = None
    title: str | None = None
    destination: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    travellers: list[str] | None = None
    companions: tuple[CompanionParam, ...] = ()
    status: TripStatus | None = None
    budget: str | None = None
    budget_lines: list[str] | None = None
    home_currency: str | None = None
    display_order: int | None = None
    itinerary: dict[str, Any] | None = None
    flights: list[dict[str, Any]] | None = None
    stays: list[dict[str, Any]] | None = None
    notes: str | None = None
    stops: list[StopParam] | None = None
    items: tuple[FullItemParam, ...] = ()
    packing: tuple[PackingParam, ...] = ()
    documents: tuple[DocumentParam, ...] = ()
    reason: str | None = None

    def asked(self) -> SaveRequest:
        """Return what the service asks for."""
        plain = {
            name: getattr(self, name) for name in type(self).model_fields if name not in _LISTS
        }
        return SaveRequest(
            **plain,
            stops=None if self.stops is None else [each.change() for each in self.stops],
            companions=[each.change() for each in self.companions],
            items=[each.change() for each in self.items],
            packing=[each.change() for each in self.packing],
            documents=[each.change() for each in self.documents],
        )


class TripChanges(NewTrip):
    """What to change of a trip."""

    trip_id: str
    expected_version: int | None = None
    itinerary_version: int | None = None
    remove: tuple[str, ...] = ()


class TripMoved(Write):
    """A trip to delete or to bring back."""

    trip_id: str


class ItemsToSave(Write):
    """Items to add, to change and to remove, all at once."""

    trip_id: str
    items: tuple[FullItemParam, ...] = ()
    remove: tuple[str, ...] = ()
    reason: str | None = None

    def asked(self) -> SaveRequest:
        """Return what the service asks for."""
        plain = self.model_dump(exclude={"items"})
        return SaveRequest(**plain, items=[each.change() for each in self.items])


class PackingToSave(Write):
    """Things to pack, likewise."""

    trip_id: str
    packing: tuple[PackingParam, ...] = ()
    remove: tuple[str, ...] = ()

    def asked(self) -> SaveRequest:
        """Return what the service asks for."""
        plain = self.model_dump(exclude={"packing"})
        return SaveRequest(**plain, packing=[each.change() for each in self.packing])


class DocumentsToSave(Write):
    """Documents to carry, likewise."""

    trip_id: str
    documents: tuple[DocumentParam, ...] = ()
    remove: tuple[str, ...] = ()

    def asked(self) -> SaveRequest:
        """Return what the service asks for."""
        plain = self.model_dump(exclude={"documents"})
        return SaveRequest(**plain, documents=[each.change() for each in self.documents])


class VersionToRestore(Write):
    """A version of the itinerary to go back to."""

    trip_id: str
    number: int
    reason: str | None = None

    def asked(self) -> SaveRequest:
        """Return what the service asks for."""
        return SaveRequest(**self.model_dump(exclude={"number"}), itinerary_version=self.number)


class Sharing(Body):
    """Something about who takes part in a trip."""

    def asked(self, action: ShareAction) -> ShareRequest:
        """Return what the service asks for."""
        return ShareRequest(action, **self.model_dump())


class OfTrip(Sharing):
    """Who takes part in a trip, or one's own part in it."""

    trip_id: str


class NewInvitation(Sharing):
    """Somebody to invite."""

    trip_id: str
    role: Literal["viewer", "editor"] | None = None
    email: str | None = None
    name: str | None = None
    days: int | None = None
    uses: int | None = None
    idempotency_key: str | None = None


class OneInvitation(Sharing):
    """An invitation to revoke."""

    trip_id: str
    invitation_id: str


class InvitationToAccept(Sharing):
    """An invitation to accept; `name` is what the other members see."""

    token: str
    name: str


class OneMember(Sharing):
    """Somebody who takes part."""

    trip_id: str
    member_id: str
    idempotency_key: str | None = None


class MemberChanged(OneMember):
    """The role somebody is to have."""

    role: Literal["viewer", "editor"]


class OwnName(Sharing):
    """What the other members see of the caller."""

    trip_id: str
    name: str
    idempotency_key: str | None = None
