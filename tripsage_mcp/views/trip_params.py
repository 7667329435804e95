"""What a caller hands in of what is in a trip; the services check it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tripsage_mcp.services.trips.part_requests import (
    DocumentChange,
    ItemChange,
    PackingChange,
    StopChange,
    TravellerChange,
)
from tripsage_mcp.views.base import Opt, Part


class ItemParam(Part):
    """An item of a trip, as a model hands it in."""

    item_id: Opt[str] = None
    kind: Opt[Literal["flight", "stay", "visit", "meal", "transport", "note", "activity"]] = None
    title: Opt[str] = None
    status: Opt[Literal["idea", "planned", "held", "booked", "cancelled", "done"]] = None
    day: Opt[str] = None
    position: Annotated[Opt[int], Field(description="In its day")] = None
    starts: Annotated[Opt[str], Field(description="YYYY-MM-DDTHH:MM")] = None
    ends: Opt[str] = None
    zone: Annotated[Opt[str], Field(description='"Europe/Rome"')] = None
    end_zone: Opt[str] = None
    place_id: Opt[str] = None
    price: Annotated[Opt[str], Field(description='"12 EUR"')] = None
    booking_reference: Opt[str] = None
    notes: Opt[str] = None

    def change(self) -> ItemChange:
        """Return what the service asks for."""
        return ItemChange(**self.model_dump())


class FullItemParam(ItemParam):
    """An item of a trip, with all that can be kept of it."""

    latitude: Opt[float] = None
    longitude: Opt[float] = None
    payload: Opt[dict[str, Any]] = None


class PackingParam(Part):
    """A thing to pack."""

    entry_id: Opt[str] = None
    name: Opt[str] = None
    quantity: Opt[int] = None
    packed: Opt[bool] = None
    traveller: Opt[str] = None

    def change(self) -> PackingChange:
        """Return what the service asks for."""
        return PackingChange(**self.model_dump())


class DocumentParam(Part):
    """A document to carry."""

    document_id: Opt[str] = None
    kind: Annotated[Opt[str], Field(description="passport, visa ...")] = None
    holder: Opt[str] = None
    expires: Opt[str] = None
    note: Annotated[Opt[str], Field(description="No number")] = None

    def change(self) -> DocumentChange:
        """Return what the service asks for, which names the kinds there are."""
        return DocumentChange(**self.model_dump())


class StopParam(Part):
    """One of a trip's places."""

    name: str
    arrives: Opt[str] = None
    leaves: Opt[str] = None
    latitude: Opt[float] = None
    longitude: Opt[float] = None
    zone: Opt[str] = None

    def change(self) -> StopChange:
        """Return what the service asks for."""
        return StopChange(**self.model_dump())


class CompanionParam(Part):
    """What is known of a traveller beside the name."""

    name: str
    kind: Opt[Literal["adult", "child", "infant"]] = None
    needs: Opt[list[Literal["wheelchair", "stroller", "naps", "low_walking"]]] = None

    def change(self) -> TravellerChange:
        """Return what the service asks for."""
        return TravellerChange(**self.model_dump())
