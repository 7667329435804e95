"""Itineraries with their fares, as a flight search shows them."""

from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.fares import FlightItinerary
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.services.flights.pages import FlightPage
from tripsage_mcp.views.base import Opt, Part
from tripsage_mcp.views.flight_parts import (
    Pieces,
    Rule,
    SliceView,
    amount,
    brand_words,
    cabin_words,
    rule,
)


class FareView(Part):
    """One offer: what it costs for all passengers together and what it allows."""

    offer_id: str
    price: str
    each: Annotated[Opt[str], Field(description="Per passenger, where it is exact")] = None
    about: Annotated[Opt[str], Field(description="Price in the display currency")] = None
    currency: Opt[str] = None
    sold_by: Annotated[Opt[str], Field(description="Where no flight here is this airline's")] = None
    brand: Opt[str] = None
    cabin: Annotated[Opt[str], Field(description="Where it differs from the page's")] = None
    carry_on: Annotated[Opt[int], Field(description="Where the page gives none")] = None
    checked: Pieces = None
    seat_choice: Annotated[Opt[bool], Field(description="As carry_on; absent: unknown")] = None
    refund: Rule
    change: Rule

    @classmethod
    def of(cls, offer: Offer, page: FlightPage) -> "FareView":
        """Project one offer, without what is said once for the page."""
        same_currency = offer.total.currency == page.currency
        each = offer.price_each if len(offer.passengers) > 1 else None
        about = None if page.display is None else page.display.about(offer.total)
        return cls(
            offer_id=offer.offer_id,
            price=amount(offer.total),
            each=None if each is None else amount(each),
            about=None if about is None else amount(about),
            currency=None if same_currency else offer.total.currency,
            sold_by=_seller(offer),
            brand=brand_words(offer),
            cabin=None if offer.cabins == page.cabins else cabin_words(offer),
            carry_on=offer.baggage.carry_on if page.carry_on is None else None,
            checked=offer.baggage.checked,
            seat_choice=offer.seat_selection if page.seat_selection is None else None,
            refund=rule(offer.conditions.refund, page.currency),
            change=rule(offer.conditions.change, page.currency),
        )


class ItineraryView(Part):
    """The same flights under one or more fares, cheapest first."""

    slices: list[SliceView]
    emissions_kg: Annotated[Opt[int], Field(description="CO2, all, cheapest fare")] = None
    fares: list[FareView]
    more_fares: Annotated[
        Opt[int], Field(description="Dearer ones: detail=full with a small limit shows them")
    ] = None

    @classmethod
    def of(cls, itinerary: FlightItinerary, page: FlightPage) -> "ItineraryView":
        """Project one itinerary of a page."""
        shown = itinerary.fares[: page.fares_shown]
        emissions = itinerary.fares[0].emissions_kg
        return cls(
            slices=[
                SliceView.of(part, asked=asked, full=page.full)
                for part, asked in zip(itinerary.slices, page.request.slices, strict=False)
            ],
            emissions_kg=None if emissions is None else round(emissions),
            fares=[FareView.of(offer, page) for offer in shown],
            more_fares=len(itinerary.fares) - len(shown) or None,
        )

    def cut(self, most: int) -> "ItineraryView":
        """Return it with at most so many fares."""
        dropped = len(self.fares) - most
        if dropped <= 0:
            return self
        more = (self.more_fares or 0) + dropped
        return self.model_copy(update={"fares": self.fares[:most], "more_fares": more})

    @property
    def shortened(self) -> bool:
        """Whether its segments are left out."""
        return any(part.segments is None for part in self.slices)

    def shorten(self) -> "ItineraryView":
        """Return it without its segments: flights, times and layovers stay."""
        slices = [part.model_copy(update={"segments": None}) for part in self.slices]
        return self.model_copy(update={"slices": slices})


def fitting(itineraries: list[ItineraryView], characters: int) -> list[ItineraryView]:
    """Make a page fit into so many characters of JSON, as far as that leaves out no itinerary.

    First the dearest fares of each go, the same number for all and at least one stays; then the
    segments of the last itineraries.
    """
    frames = sum(_size(itinerary.cut(0)) for itinerary in itineraries)
    sizes = [[_size(fare) for fare in itinerary.fares] for itinerary in itineraries]
    most = max(map(len, sizes), default=1)
    while most > 1 and frames + sum(sum(each[:most]) for each in sizes) > characters:
        most -= 1
    shown = [itinerary.cut(most) for itinerary in itineraries]
    excess = sum(map(_size, shown)) - characters
    for n in reversed(range(len(shown))):
        if excess <= 0:
            break
        shorter = shown[n].shorten()
        excess -= _size(shown[n]) - _size(shorter)
        shown[n] = shorter
    return shown


def _seller(offer: Offer) -> str | None:
    own = any(segment.carrier == offer.owner for segment in offer.segments)
    return None if own else offer.owner.name


def _size(part: Part) -> int:
    return len(part.model_dump_json(exclude_none=True)) + 1
