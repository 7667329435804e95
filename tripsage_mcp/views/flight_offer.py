"""How one flight offer looks in full."""

from datetime import date
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.flight import Condition, Offer, Passenger
from tripsage_mcp.domain.flight_request import ADULT_FROM, INFANT_BELOW
from tripsage_mcp.domain.money import Money
from tripsage_mcp.services.flights.offers import OfferInFull
from tripsage_mcp.views.ancillaries import ExtraView, extras, seats_for_sale
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text
from tripsage_mcp.views.flight_parts import (
    Pieces,
    Rule,
    SliceView,
    amount,
    brand_words,
    cabin_words,
    rule,
    slice_line,
)
from tripsage_mcp.views.seat_map import SeatsView

_SUPPLIED = (
    "title (mr, ms, mrs, miss, dr), given_name and family_name as in the passport, gender (m, f),"
    " born_on, email, phone (E.164)"
)
_LEFT_OUT = "{} more extras are not listed."
_SEATS_FAILED = "The seat maps failed ({}); everything else is complete."

Terms = Annotated[
    str, Field(description="Before departure: no | free | fee <amount> of <total> | unknown")
]


class OfferPassengerView(Part):
    """Somebody the offer is for, to be named when ordering."""

    number: int
    passenger_id: str
    type: str
    age: Opt[int] = None
    born: Annotated[str, Field(description="What born_on has to agree with")]
    lap: Annotated[Opt[str], Field(description="Only of an infant without a seat")] = None

    @classmethod
    def of(cls, number: int, passenger: Passenger, last_flight: date) -> "OfferPassengerView":
        """Project one passenger."""
        infant = passenger.type == "infant_without_seat"
        return cls(
            number=number,
            passenger_id=passenger.passenger_id,
            type=passenger.type,
            age=passenger.age,
            born=f"{_age(passenger)} on {last_flight}",
            lap="one adult's; that adult's infant_passenger_id names it" if infant else None,
        )


class OfferAnswer(Answer):
    """One offer in full. Prices are for all passengers together where nothing else is said."""

    source: Source
    offer_id: str
    total: str
    currency: str
    per_passenger: Annotated[Opt[str], Field(description="Where all pay the same")] = None
    base: Opt[str] = None
    tax: Opt[str] = None
    sold_by: str
    brand: Opt[str] = None
    cabin: str
    refund: Terms
    change: Terms
    carry_on: Pieces = None
    checked: Pieces = None
    seat_choice: Annotated[Opt[bool], Field(description="Included; absent: unknown")] = None
    hold: Annotated[Opt[str], Field(description="Whether it can be ordered now, paid later")] = None
    emissions_kg: Annotated[Opt[int], Field(description="CO2, all passengers")] = None
    slices: list[SliceView]
    passengers: list[OfferPassengerView]
    passengers_supply: Annotated[str, Field(description="For each, in book_flight")]
    documents_required: bool
    documents_accepted: Opt[list[str]] = None
    loyalty_programmes: Annotated[
        Opt[list[str]], Field(description="Airlines whose programme numbers are accepted")
    ] = None
    extras: Annotated[
        Opt[list[ExtraView]], Field(description="What can be added; absent: unknown")
    ] = None
    seats_for_sale: Annotated[Opt[str], Field(description="Where no map is shown")] = None
    seats: Opt[SeatsView] = None
    note: Opt[str] = None

    @classmethod
    def of(cls, found: OfferInFull) -> "OfferAnswer":
        """Project one offer with every segment."""
        offer, seats = found.offer, found.seats
        currency = offer.total.currency
        added, left_out = extras(offer)
        failure = None if seats is None else seats.failure
        notes = [
            _LEFT_OUT.format(left_out) if left_out else "",
            _SEATS_FAILED.format(failure) if failure else "",
        ]
        return cls(
            source=Source.of(offer.provenance),
            offer_id=offer.offer_id,
            total=amount(offer.total),
            currency=currency,
            per_passenger=_each(offer),
            base=None if offer.base is None else str(offer.base),
            tax=None if offer.tax is None else str(offer.tax),
            sold_by=offer.owner.name,
            brand=brand_words(offer),
            cabin=cabin_words(offer),
            refund=_terms(offer.conditions.refund, offer.total, refund=True),
            change=_terms(offer.conditions.change, offer.total),
            carry_on=offer.baggage.carry_on,
            checked=offer.baggage.checked,
            seat_choice=offer.seat_selection,
            hold=_hold(offer),
            emissions_kg=None if offer.emissions_kg is None else round(offer.emissions_kg),
            slices=_slices(offer),
            passengers=_passengers(offer),
            passengers_supply=_SUPPLIED + _documents(offer),
            documents_required=offer.documents_required,
            documents_accepted=list(offer.documents_accepted) or None,
            loyalty_programmes=list(offer.loyalty_programmes) or None,
            extras=None if offer.ancillaries is None else added,
            seats_for_sale=None if seats and seats.maps else seats_for_sale(offer),
            seats=None if seats is None or seats.failure else SeatsView.of(offer, seats.maps),
            note=" ".join(filter(None, notes)) or None,
        )

    @override
    def text(self) -> str:
        """Return price, flights, rules and what can be added."""
        who = ", ".join(_described(passenger) for passenger in self.passengers)
        bags = f"carry-on {_count(self.carry_on)}, checked {_count(self.checked)}"
        lines = [
            f"{self.total} {self.currency} from {self.sold_by}: {who}.",
            f"{self.source.data.capitalize()} data, valid until {self.source.expires_at}.",
            *(slice_line(part) for part in self.slices),
            f"Bags per passenger: {bags}. Refund: {self.refund}. Change: {self.change}.",
        ]
        if self.extras:
            lines.append(f"Can be added: {', '.join(_offered(self.extras))}.")
        lines += self.seats.lines() if self.seats else []
        lines += [self.note] if self.note else []
        return "\n".join(lines)


def _slices(offer: Offer) -> list[SliceView]:
    """Project each slice with numbered segments and, where it has its own, its brand and rules."""
    shown: list[SliceView] = []
    number = 0
    for part in offer.slices:
        view = SliceView.of(part, full=True)
        segments = [
            segment.model_copy(update={"number": number + n})
            for n, segment in enumerate(view.segments or (), 1)
        ]
        number += len(segments)
        own = {
            "segments": segments,
            "brand": part.fare_brand if len(offer.fare_brands) > 1 else None,
            "refund": _own_rule(part.conditions.refund, offer.conditions.refund),
            "change": _own_rule(part.conditions.change, offer.conditions.change),
        }
        shown.append(view.model_copy(update=own))
    return shown


def _own_rule(own: Condition | None, whole: Condition | None) -> Rule | None:
    """Write the rule of a slice where it is not that of the whole offer."""
    return None if own is None or own == whole else rule(own, None)


def _terms(condition: Condition | None, total: Money, *, refund: bool = False) -> str:
    words = rule(condition, None)
    if condition is None or condition.penalty is None or condition.penalty.amount == 0:
        return words
    if condition.penalty.currency != total.currency:
        return words
    lost = refund and condition.penalty >= total
    return f"{words} of {total}" + (": nothing comes back" if lost else "")


def _each(offer: Offer) -> str | None:
    each = offer.price_each
    return None if each is None or len(offer.passengers) == 1 else amount(each)


def _passengers(offer: Offer) -> list[OfferPassengerView]:
    last_flight = offer.segments[-1].departs_at.date()
    return [
        OfferPassengerView.of(number, passenger, last_flight)
        for number, passenger in enumerate(offer.passengers, 1)
    ]


def _age(passenger: Passenger) -> str:
    match passenger.type:
        case "infant_without_seat":
            return f"under {INFANT_BELOW}"
        case "child" if passenger.age is not None:
            return f"aged {passenger.age}"
        case "child":
            return f"under {ADULT_FROM}"
        case "adult":
            return f"{ADULT_FROM} or older"


def _described(passenger: OfferPassengerView) -> str:
    kind = passenger.type.replace("_", " ")
    return kind if passenger.age is None else f"{kind} aged {passenger.age}"


def _documents(offer: Offer) -> str:
    if not offer.documents_required:
        return ""
    kinds = ", ".join(kind.replace("_", " ") for kind in offer.documents_accepted) or "passport"
    return f", and in documents one of: {kinds} (kind, number, country, expires_on)"


def _offered(added: list[ExtraView]) -> list[str]:
    return list(
        dict.fromkeys(f"{each.what or each.kind.replace('_', ' ')} {each.price}" for each in added)
    )


def _hold(offer: Offer) -> str | None:
    if offer.payment is None:
        return None
    if offer.payment.instant:
        return "no: pay when ordering"
    limits = [
        f"{words} {utc_text(moment)}"
        for words, moment in (
            ("pay by", offer.payment.pay_by),
            ("price guaranteed until", offer.payment.price_guaranteed_until),
        )
        if moment is not None
    ]
    return "yes" + (": " + ", ".join(limits) if limits else "")


def _count(pieces: int | None) -> str:
    return "unknown" if pieces is None else str(pieces)
