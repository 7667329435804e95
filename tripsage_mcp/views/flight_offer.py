"""How one flight offer looks in full."""

from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.flight import Offer, Passenger
from tripsage_mcp.views.base import Answer, Opt, Source, utc_text
from tripsage_mcp.views.flights import (
    Pieces,
    Rule,
    SliceView,
    amount,
    brand_words,
    cabin_words,
    rule,
    slice_line,
)

_SUPPLIED = (
    "title, given and family name as in the passport, gender, date of birth, e-mail, phone number"
)


class OfferAnswer(Answer):
    """One offer in full. Prices are for all passengers together."""

    source: Source
    offer_id: str
    total: str
    currency: str
    base: Opt[str] = None
    tax: Opt[str] = None
    sold_by: str
    brand: Opt[str] = None
    cabin: str
    refund: Rule
    change: Rule
    carry_on: Pieces = None
    checked: Pieces = None
    slices: list[SliceView]
    passengers: list[str]
    passengers_supply: str
    documents_required: bool
    documents_accepted: Opt[list[str]] = None
    loyalty_programmes: Annotated[
        Opt[list[str]], Field(description="Airlines whose programme numbers are accepted")
    ] = None
    hold: Annotated[Opt[str], Field(description="Whether it can be ordered now, paid later")] = None
    emissions_kg: Annotated[Opt[int], Field(description="CO2, all passengers")] = None

    @classmethod
    def of(cls, offer: Offer) -> "OfferAnswer":
        """Project one offer with every segment."""
        currency = offer.total.currency
        return cls(
            source=Source.of(offer.provenance),
            offer_id=offer.offer_id,
            total=amount(offer.total),
            currency=currency,
            base=None if offer.base is None else str(offer.base),
            tax=None if offer.tax is None else str(offer.tax),
            sold_by=offer.owner.name,
            brand=brand_words(offer),
            cabin=cabin_words(offer),
            refund=rule(offer.conditions.refund, currency),
            change=rule(offer.conditions.change, currency),
            carry_on=offer.baggage.carry_on,
            checked=offer.baggage.checked,
            slices=[SliceView.of(part, full=True, rules=True) for part in offer.slices],
            passengers=[_described(passenger) for passenger in offer.passengers],
            passengers_supply=_SUPPLIED + _documents(offer),
            documents_required=offer.documents_required,
            documents_accepted=list(offer.documents_accepted) or None,
            loyalty_programmes=list(offer.loyalty_programmes) or None,
            hold=_hold(offer),
            emissions_kg=None if offer.emissions_kg is None else round(offer.emissions_kg),
        )

    @override
    def text(self) -> str:
        """Return price, flights and rules."""
        bags = f"carry-on {_count(self.carry_on)}, checked {_count(self.checked)}"
        return "\n".join(
            [
                f"{self.total} {self.currency} from {self.sold_by}: {', '.join(self.passengers)}.",
                f"{self.source.data.capitalize()} data, valid until {self.source.expires_at}.",
                *(slice_line(part) for part in self.slices),
                f"Bags per passenger: {bags}. Refund: {self.refund}. Change: {self.change}.",
            ]
        )


def _described(passenger: Passenger) -> str:
    kind = passenger.type.replace("_", " ")
    return kind if passenger.age is None else f"{kind} aged {passenger.age}"


def _documents(offer: Offer) -> str:
    if not offer.documents_required:
        return ""
    kinds = ", ".join(kind.replace("_", " ") for kind in offer.documents_accepted) or "passport"
    return f", and one of: {kinds} (number, issuing country, expiry)"


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
