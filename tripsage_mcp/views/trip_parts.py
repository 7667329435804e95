"""How what is in a trip looks in an answer."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from tripsage_mcp.domain.money import ExchangeRate, Money
from tripsage_mcp.domain.trip_budget import CategoryFigures
from tripsage_mcp.domain.trip_item import ItineraryVersion, TripDestination, TripItem, TripTraveller
from tripsage_mcp.domain.trip_lists import PackingEntry, TravelDocument
from tripsage_mcp.domain.trip_sharing import Invitation, TripActivity, TripMember
from tripsage_mcp.services.trips import plain as trip_plain
from tripsage_mcp.services.trips.budgets import BudgetSums
from tripsage_mcp.views.base import Opt, Part, utc_text


class ItemView(Part):
    """One item; times are local, with their offset."""

    item_id: str
    kind: str
    title: str
    status: str
    day: Opt[str] = None
    position: int
    starts: Opt[str] = None
    ends: Opt[str] = None
    zone: Opt[str] = None
    end_zone: Opt[str] = None
    price: Opt[str] = None
    booking_reference: Opt[str] = None
    place_id: Opt[str] = None
    latitude: Opt[float] = None
    longitude: Opt[float] = None
    notes: Opt[str] = None
    payload: Opt[dict[str, Any]] = None
    version: Annotated[Opt[int], Field(description="Of the trip when it was last changed")] = None

    @classmethod
    def of(cls, item: TripItem, *, full: bool) -> "ItemView":
        """Project an item."""
        return cls.model_validate(trip_plain.item_fields(item, full=full))


class PackingView(Part):
    """One thing to pack."""

    entry_id: str
    name: str
    quantity: int
    packed: bool
    traveller: Opt[str] = None

    @classmethod
    def of(cls, entry: PackingEntry) -> "PackingView":
        """Project an entry."""
        return cls.model_validate(trip_plain.packing_fields(entry))


class DocumentView(Part):
    """One document to carry."""

    document_id: str
    kind: str
    holder: str
    expires: Opt[str] = None
    note: Opt[str] = None

    @classmethod
    def of(cls, document: TravelDocument) -> "DocumentView":
        """Project a document."""
        return cls.model_validate(trip_plain.document_fields(document))


class StopView(Part):
    """One of the trip's places."""

    name: str
    arrives: Opt[str] = None
    leaves: Opt[str] = None
    zone: Opt[str] = None
    latitude: Opt[float] = None
    longitude: Opt[float] = None

    @classmethod
    def of(cls, stop: TripDestination) -> "StopView":
        """Project a stop."""
        return cls.model_validate(trip_plain.stop_fields(stop))


class CompanionView(Part):
    """A traveller of whom more than the name is known."""

    name: str
    kind: str
    needs: Opt[list[str]] = None

    @classmethod
    def of(cls, traveller: TripTraveller) -> "CompanionView":
        """Project a traveller."""
        return cls.model_validate(trip_plain.traveller_fields(traveller))


class FiguresView(Part):
    """One category in one currency, as it was given."""

    category: str
    planned: Opt[str] = None
    expected: Annotated[Opt[str], Field(description="Ideas and plans")] = None
    committed: Annotated[Opt[str], Field(description="Held or booked")] = None
    spent: Opt[str] = None
    left: Opt[str] = None

    @classmethod
    def of(cls, figures: CategoryFigures) -> "FiguresView":
        """Project figures; what is nothing is left out."""
        return cls(
            category=figures.category,
            planned=_sum(figures.planned),
            expected=_some(figures.expected),
            committed=_some(figures.committed),
            spent=_some(figures.spent),
            left=_sum(figures.left),
        )


class BudgetView(Part):
    """What the trip costs: totals in one currency, and categories as they were given."""

    currency: Opt[str] = None
    planned: Opt[str] = None
    expected: Opt[str] = None
    committed: Opt[str] = None
    spent: Opt[str] = None
    left: Annotated[Opt[str], Field(description="Planned less committed and spent")] = None
    categories: list[FiguresView]
    rates: Opt[list[str]] = None
    unconverted: Annotated[
        Opt[list[str]], Field(description="Currencies that no total includes")
    ] = None

    @classmethod
    def of(cls, sums: BudgetSums) -> "BudgetView":
        """Project sums."""
        return cls(
            currency=sums.currency,
            planned=_sum(sums.planned),
            expected=_sum(sums.expected),
            committed=_sum(sums.committed),
            spent=_sum(sums.spent),
            left=_sum(sums.left),
            categories=[FiguresView.of(each) for each in sums.figures],
            rates=[_rate(each) for each in sums.rates] or None,
            unconverted=list(sums.unconverted) or None,
        )


class VersionView(Part):
    """One version of the itinerary."""

    number: int
    origin: str
    created_at: str
    reason: Opt[str] = None
    made_by: Opt[str] = None

    @classmethod
    def of(cls, version: ItineraryVersion) -> "VersionView":
        """Project a version."""
        return cls(
            number=version.number,
            origin=version.origin,
            created_at=utc_text(version.created_at),
            reason=version.reason,
            made_by=version.made_by,
        )


class ActivityView(Part):
    """One thing somebody did to the trip."""

    at: str
    who: str
    action: str
    version: int
    details: Opt[dict[str, Any]] = None

    @classmethod
    def of(cls, entry: TripActivity) -> "ActivityView":
        """Project an entry of the log."""
        return cls(
            at=utc_text(entry.created_at),
            who=entry.who,
            action=entry.action,
            version=entry.version,
            details=dict(entry.data) or None,
        )


class MemberView(Part):
    """Somebody who takes part."""

    member_id: str
    name: str
    role: str
    joined_at: str
    owns: Annotated[Opt[bool], Field(description="Whose trip it is")] = None
    me: Opt[bool] = None

    @classmethod
    def of(cls, member: TripMember) -> "MemberView":
        """Project a member."""
        return cls(
            member_id=str(member.member_id),
            name=member.display_name,
            role=member.role,
            joined_at=utc_text(member.joined_at),
            owns=member.owns or None,
            me=member.me or None,
        )


class InvitationView(Part):
    """An invitation that is still open; its link is never shown again."""

    invitation_id: str
    role: str
    email: Opt[str] = None
    expires_at: str
    uses_left: int
    invited_by: str

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        """Project an invitation."""
        return cls(
            invitation_id=str(invitation.invitation_id),
            role=invitation.role,
            email=invitation.email,
            expires_at=utc_text(invitation.expires_at),
            uses_left=invitation.most_uses - invitation.uses,
            invited_by=invitation.invited_by,
        )


def known_companions(travellers: Iterable[TripTraveller]) -> list[CompanionView] | None:
    """Project those travellers of whom more than the name is known."""
    return [CompanionView.of(one) for one in travellers if one.kind != "adult" or one.needs] or None


def _sum(money: Money | None) -> str | None:
    return None if money is None else str(money)


def _some(money: Money) -> str | None:
    return str(money) if money.amount else None


def _rate(rate: ExchangeRate) -> str:
    return f"1 {rate.base} = {rate.rate.normalize():f} {rate.quote} ({rate.source}, {rate.as_of})"
