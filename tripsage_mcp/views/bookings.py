"""How bookings look, and what is taken in to make one."""

from datetime import date
from typing import Annotated, Literal, override

from pydantic import BaseModel, ConfigDict, Field

from tripsage_mcp.domain.booking import LAPSED, BookedSlice
from tripsage_mcp.domain.order import Order, OrderedAncillary
from tripsage_mcp.services.bookings.ordering import Seen
from tripsage_mcp.services.bookings.passengers import DocumentGiven, LoyaltyGiven, PassengerGiven
from tripsage_mcp.services.bookings.requests import AncillaryGiven, BookRequest, SeatGiven
from tripsage_mcp.services.bookings.results import BookingResult
from tripsage_mcp.services.bookings.words import whereto
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text
from tripsage_mcp.views.flight_parts import Rule, amount, rule

_NOTES = {
    "ordering": "Still being ordered: call manage_flight_order with action=get in a minute.",
    "held": "Held, not paid: pay with manage_flight_order before pay_by, or the seats are lost.",
    "unconfirmed": (
        "No answer says whether it was done. Do not book, pay or cancel again: call"
        " manage_flight_order with action=get in a few minutes; it may take hours."
    ),
    "declined": "The traveller said no; nothing was done.",
    "awaiting_confirmation": (
        "Nothing is done yet. Give the traveller confirm_url, where all of it is shown; once they"
        " have said yes there, make this very call again."
    ),
}
_AGAIN = "This was done before; nothing was done now."
_LAPSED = "The hold lapsed: it was not paid in time."
_PASSED = "Its pay_by has passed: read it with action=get."


class DocumentParam(BaseModel):
    """A passport or the like."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(description="E.g. passport")]
    number: str
    country: Annotated[str, Field(description="That issued it, e.g. PT")]
    expires_on: Opt[date] = None


class LoyaltyParam(BaseModel):
    """A frequent flyer number."""

    model_config = ConfigDict(extra="forbid")

    airline: Annotated[str, Field(description="E.g. TP")]
    number: str


class PassengerParam(BaseModel):
    """One person, as in the passport."""

    model_config = ConfigDict(extra="forbid")

    passenger_id: str
    title: Literal["mr", "ms", "mrs", "miss", "dr"]
    given_name: str
    family_name: str
    gender: Literal["m", "f"]
    born_on: Annotated[date, Field(description="YYYY-MM-DD")]
    email: str
    phone: Annotated[str, Field(description="E.g. +351912345678")]
    infant_passenger_id: Annotated[Opt[str], Field(description="On this adult's lap")] = None
    documents: list[DocumentParam] = []
    loyalty: list[LoyaltyParam] = []

    def given(self) -> PassengerGiven:
        """Return it for the service."""
        return PassengerGiven(
            passenger_id=self.passenger_id,
            title=self.title,
            given_name=self.given_name,
            family_name=self.family_name,
            gender=self.gender,
            born_on=self.born_on,
            email=self.email,
            phone=self.phone,
            infant_passenger_id=self.infant_passenger_id,
            documents=[
                DocumentGiven(paper.kind, paper.number, paper.country, paper.expires_on)
                for paper in self.documents
            ],
            loyalty=[LoyaltyGiven(each.airline, each.number) for each in self.loyalty],
        )


class AncillaryParam(BaseModel):
    """Something to buy beside the flight."""

    model_config = ConfigDict(extra="forbid")

    ancillary_id: str
    quantity: int = 1


class SeatParam(BaseModel):
    """A seat for one passenger on one segment."""

    model_config = ConfigDict(extra="forbid")

    passenger_id: str
    segment: Annotated[int, Field(description="Counted from 1")]
    seat: Annotated[str, Field(description="E.g. 12A")]


def book_request(
    offer_id: str,
    total: str,
    passengers: list[PassengerParam],
    ancillaries: list[AncillaryParam],
    seats: list[SeatParam],
    *,
    hold: bool,
) -> BookRequest:
    """Return a request for the service."""
    return BookRequest(
        offer_id=offer_id,
        total=total,
        passengers=[each.given() for each in passengers],
        hold=hold,
        ancillaries=[AncillaryGiven(each.ancillary_id, each.quantity) for each in ancillaries],
        seats=[SeatGiven(each.passenger_id, each.segment, each.seat) for each in seats],
    )


class BookingView(Part):
    """One booking; what only the airline knows is there when it was just read."""

    booking_id: str
    status: str
    airline: str
    flights: Annotated[list[str], Field(description="A slice each; times are airport-local")]
    total: str
    currency: str
    booking_reference: Annotated[Opt[str], Field(description="For check-in")] = None
    data: str
    ordered_at: str
    pay_by: Opt[str] = None
    price_guaranteed_until: Opt[str] = None
    passengers: Opt[list[str]] = None
    extras: Opt[list[str]] = None
    tickets: Opt[list[str]] = None
    refund: Opt[Rule] = None
    change: Opt[Rule] = None
    schedule_changed: Annotated[
        Opt[bool], Field(description="The airline changed the flights; ask it")
    ] = None
    failure: Opt[str] = None

    @classmethod
    def of(cls, seen: Seen) -> "BookingView":
        """Project one booking, with its order where that was read."""
        booking = seen.booking
        known = cls(
            booking_id=str(booking.booking_id),
            status=booking.status,
            airline=booking.itinerary.airline,
            flights=[_slice(part) for part in booking.itinerary.slices],
            total=amount(booking.total),
            currency=booking.total.currency,
            booking_reference=booking.booking_reference,
            data=booking.data,
            ordered_at=utc_text(booking.created_at),
            pay_by=None if booking.pay_by is None else utc_text(booking.pay_by),
            failure=booking.failure,
        )
        if seen.order is None:
            return known
        return known.model_copy(update=_of_order(seen.order))

    def line(self) -> str:
        """Say it in a line for people."""
        reference = f" {self.booking_reference}" if self.booking_reference else ""
        return (
            f"{self.status.capitalize()}{reference}: {self.airline}, {'; '.join(self.flights)},"
            f" {self.total} {self.currency} ({self.data} data)"
        )


class BookingAnswer(Answer):
    """What came of a booking call, or the bookings there are."""

    status: Annotated[
        Opt[str],
        Field(
            description="booked | held | cancelled | declined | awaiting_confirmation | ordering |"
            " unconfirmed | failed"
        ),
    ] = None
    bookings: list[BookingView]
    refund: Opt[str] = None
    refund_to: Opt[str] = None
    next_cursor: Annotated[Opt[str], Field(description="For older bookings")] = None
    confirm_url: Annotated[Opt[str], Field(description="For the traveller alone")] = None
    confirm_by: Opt[str] = None
    note: Opt[str] = None
    source: Source

    @classmethod
    def of(cls, result: BookingResult) -> "BookingAnswer":
        """Project the service's answer."""
        asked, terms = result.asked, result.cancelled
        refund = None if terms is None or terms.refund is None else str(terms.refund)
        return cls(
            status=result.outcome,
            bookings=[BookingView.of(seen) for seen in result.seen],
            refund=refund,
            refund_to=None if terms is None else whereto(terms.refund_to),
            next_cursor=result.next_cursor,
            confirm_url=None if asked is None else asked.url,
            confirm_by=None if asked is None else utc_text(asked.consent.expires_at),
            note=_note(result),
            source=Source.of(result.provenance),
        )

    @override
    def text(self) -> str:
        """Say what came of it, a booking a line."""
        lines = [booking.line() for booking in self.bookings]
        if self.refund_to is not None:
            lines.append(f"Refund: {self.refund or 'unknown'}, to {self.refund_to}.")
        if self.confirm_url is not None:
            lines.append(f"To confirm until {self.confirm_by}: {self.confirm_url}")
        if self.note is not None:
            lines.append(self.note)
        return "\n".join(lines) or "There are no bookings."


def _slice(part: BookedSlice) -> str:
    return f"{part.origin}-{part.destination} {part.departs} {' '.join(part.flights)}"


def _of_order(order: Order) -> dict[str, object]:
    currency = order.total.currency
    until = order.price_guaranteed_until
    return {
        "price_guaranteed_until": utc_text(until) if order.awaiting_payment and until else None,
        "passengers": [f"{one.given_name} {one.family_name}" for one in order.passengers],
        "extras": [_extra(each) for each in order.ancillaries] or None,
        "tickets": [paper.number for paper in order.documents] or None,
        "refund": rule(order.conditions.refund, currency),
        "change": rule(order.conditions.change, currency),
        "schedule_changed": order.schedule_changed or None,
    }


def _extra(bought: OrderedAncillary) -> str:
    seat = "" if bought.seat is None else f" {bought.seat}"
    return f"{bought.quantity} x {bought.kind.replace('_', ' ')}{seat}, {bought.price}"


def _is_over(seen: Seen, result: BookingResult) -> bool:
    """Whether a hold, as we last knew it, should have been paid by now."""
    booking, now = seen.booking, result.provenance.fetched_at
    return booking.status == "held" and booking.pay_by is not None and booking.pay_by <= now


def _note(result: BookingResult) -> str | None:
    notes = [
        _AGAIN if result.again else "",
        "" if result.outcome is None else _NOTES.get(result.outcome, ""),
        _LAPSED if any(seen.booking.failure == LAPSED for seen in result.seen) else "",
        _PASSED if any(_is_over(seen, result) for seen in result.seen) else "",
    ]
    return " ".join(filter(None, notes)) or None
