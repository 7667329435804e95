"""How flights look in an answer: short, and only what a traveller decides by."""

from datetime import datetime
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.fares import BEST_WEIGHTS, FlightItinerary
from tripsage_mcp.domain.flight import Condition, Layover, Offer, Segment, Slice, Stop
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.services.flights import FlightPage
from tripsage_mcp.views.base import Answer, Opt, Part, Source

_MINUTES_PER_HOUR = 60
_TEXT_ITINERARIES = 3
_BEST = "best: {} % price, {} % duration, {} % connections".format(*BEST_WEIGHTS)
_EMPTY = "No offers. Try other dates, a nearby airport, or more connections."

Rule = Annotated[str, Field(description="no | free | fee <amount> | yes, fee unknown | unknown")]
LocalTime = Annotated[str, Field(description="Airport-local, with its UTC offset")]
Pieces = Annotated[Opt[int], Field(description="Pieces per passenger; absent: unknown")]


class LayoverView(Part):
    """A wait between two segments; a flag that is absent is false."""

    airport: str
    minutes: int
    overnight: Opt[bool] = None
    short: Annotated[Opt[bool], Field(description="Tight connection")] = None
    change_to: Annotated[Opt[str], Field(description="The next flight leaves from here")] = None

    @classmethod
    def of(cls, layover: Layover) -> "LayoverView":
        """Project one layover."""
        return cls(
            airport=layover.airport.code,
            minutes=layover.minutes,
            overnight=layover.overnight or None,
            short=layover.short or None,
            change_to=None if layover.onward is None else layover.onward.code,
        )


class StopView(Part):
    """A technical stop: same aircraft, same number."""

    airport: str
    arrives: Opt[LocalTime] = None
    departs: Opt[LocalTime] = None

    @classmethod
    def of(cls, stop: Stop) -> "StopView":
        """Project one stop."""
        return cls(
            airport=stop.airport.code,
            arrives=_maybe(stop.arrives_at),
            departs=_maybe(stop.departs_at),
        )


class SegmentView(Part):
    """One take-off and landing."""

    flight: str
    origin: str
    destination: str
    departs: LocalTime
    arrives: LocalTime
    minutes: int
    carrier: str
    operated_by: Opt[str] = None
    aircraft: Opt[str] = None
    origin_terminal: Opt[str] = None
    destination_terminal: Opt[str] = None
    cabin: Opt[str] = None
    carry_on: Pieces = None
    checked: Pieces = None
    stops: Opt[list[StopView]] = None

    @classmethod
    def of(cls, segment: Segment) -> "SegmentView":
        """Project one segment with its baggage."""
        operator = segment.operating_carrier
        return cls(
            flight=segment.flight,
            origin=segment.origin.code,
            destination=segment.destination.code,
            departs=_clock(segment.departs_at),
            arrives=_clock(segment.arrives_at),
            minutes=round(segment.duration.total_seconds() / _MINUTES_PER_HOUR),
            carrier=segment.carrier.name,
            operated_by=None if operator == segment.carrier else operator.name,
            aircraft=segment.aircraft,
            origin_terminal=segment.origin_terminal,
            destination_terminal=segment.destination_terminal,
            cabin=segment.cabin,
            carry_on=segment.baggage.carry_on,
            checked=segment.baggage.checked,
            stops=[StopView.of(stop) for stop in segment.stops] or None,
        )


class SliceView(Part):
    """One direction, origin to destination."""

    origin: Annotated[Opt[str], Field(description="Airport, where not the one asked for")] = None
    destination: Annotated[Opt[str], Field(description="As origin")] = None
    departs: LocalTime
    arrives: LocalTime
    days_later: Annotated[Opt[int], Field(description="Arrival date minus departure date")] = None
    minutes: int
    flights: list[str]
    operated_by: Annotated[Opt[list[str]], Field(description="Where another airline flies")] = None
    layovers: Opt[list[LayoverView]] = None
    technical_stops: Opt[int] = None
    segments: Opt[list[SegmentView]] = None
    brand: Opt[str] = None
    change: Opt[Rule] = None

    @classmethod
    def of(
        cls, part: Slice, *, asked: SliceRequest | None = None, full: bool, rules: bool = False
    ) -> "SliceView":
        """Project one slice, with each segment when `full`, with its own fare when `rules`.

        What was `asked` for in the same words is not repeated.
        """
        origin, destination = part.segments[0].origin.code, part.segments[-1].destination.code
        operators = {
            s.operating_carrier.name for s in part.segments if s.operating_carrier != s.carrier
        }
        return cls(
            origin=None if asked and asked.origin == origin else origin,
            destination=None if asked and asked.destination == destination else destination,
            departs=_clock(part.departs_at),
            arrives=_clock(part.arrives_at),
            days_later=part.arrives_days_later or None,
            minutes=round(part.duration.total_seconds() / _MINUTES_PER_HOUR),
            flights=[segment.flight for segment in part.segments],
            operated_by=sorted(operators) or None,
            layovers=[LayoverView.of(layover) for layover in part.layovers] or None,
            technical_stops=sum(len(segment.stops) for segment in part.segments) or None,
            segments=[SegmentView.of(segment) for segment in part.segments] if full else None,
            brand=part.fare_brand if rules else None,
            change=rule(part.conditions.change, None) if rules else None,
        )


class FareView(Part):
    """One offer: what it costs for all passengers together and what it allows."""

    offer_id: str
    price: str
    currency: Opt[str] = None
    brand: Opt[str] = None
    cabin: Annotated[Opt[str], Field(description="Where it differs from the page's")] = None
    carry_on: Annotated[Opt[int], Field(description="Where the page gives none")] = None
    checked: Pieces = None
    refund: Rule
    change: Rule

    @classmethod
    def of(cls, offer: Offer, page: FlightPage) -> "FareView":
        """Project one offer, without what is said once for the page."""
        same_currency = offer.total.currency == page.currency
        return cls(
            offer_id=offer.offer_id,
            price=amount(offer.total),
            currency=None if same_currency else offer.total.currency,
            brand=brand_words(offer),
            cabin=None if offer.cabins == page.cabins else cabin_words(offer),
            carry_on=offer.baggage.carry_on if page.carry_on is None else None,
            checked=offer.baggage.checked,
            refund=rule(offer.conditions.refund, page.currency),
            change=rule(offer.conditions.change, page.currency),
        )


class ItineraryView(Part):
    """The same flights under one or more fares, cheapest first."""

    slices: list[SliceView]
    fares: list[FareView]
    more_fares: Annotated[Opt[int], Field(description="Dearer ones, with detail=full")] = None

    @classmethod
    def of(cls, itinerary: FlightItinerary, page: FlightPage) -> "ItineraryView":
        """Project one itinerary of a page."""
        shown = itinerary.fares[: page.fares_shown]
        return cls(
            slices=[
                SliceView.of(part, asked=asked, full=page.full)
                for part, asked in zip(itinerary.slices, page.request.slices, strict=False)
            ],
            fares=[FareView.of(offer, page) for offer in shown],
            more_fares=len(itinerary.fares) - len(shown) or None,
        )


class FlightsAnswer(Answer):
    """One page of itineraries. Prices are for all passengers together, taxes included."""

    source: Source
    origin: str
    destination: str
    departure_date: str
    return_date: Opt[str] = None
    resolved: Annotated[
        Opt[dict[str, str]], Field(description="What a name given instead of a code was taken for")
    ] = None
    passengers: str
    currency: Annotated[Opt[str], Field(description="Of every price")] = None
    cabin: Annotated[Opt[str], Field(description="Of every fare that names no other")] = None
    carry_on: Annotated[Opt[int], Field(description="Pieces per passenger, every fare")] = None
    sort: str
    total: Annotated[int, Field(description="Itineraries on all pages")]
    first: Annotated[int, Field(description="Number of the first one here")]
    airlines: dict[str, str]
    itineraries: list[ItineraryView]
    next_cursor: Opt[str] = None
    note: Opt[str] = None

    @classmethod
    def of(cls, page: FlightPage) -> "FlightsAnswer":
        """Project one page."""
        outbound, *back = page.request.slices
        segments = [s for i in page.itineraries for part in i.slices for s in part.segments]
        return cls(
            source=Source.of(page.provenance),
            origin=outbound.origin,
            destination=outbound.destination,
            departure_date=outbound.departure_date.isoformat(),
            return_date=back[0].departure_date.isoformat() if back else None,
            resolved={name: str(place) for name, place in page.resolved.items()} or None,
            passengers=_asked_for(page.request),
            currency=page.currency,
            cabin=None if page.cabins is None else cabin_words(page),
            carry_on=page.carry_on,
            sort=_BEST if page.sort == "best" else page.sort,
            total=page.total,
            first=page.first,
            airlines={s.carrier.code: s.carrier.name for s in segments if s.carrier.code},
            itineraries=[ItineraryView.of(itinerary, page) for itinerary in page.itineraries],
            next_cursor=page.next_cursor,
            note=_note(page),
        )

    @override
    def text(self) -> str:
        """Return the first few itineraries, one a line."""
        dates = " to ".join(filter(None, [self.departure_date, self.return_date]))
        lines = [
            f"{self.origin} to {self.destination}, {dates}, {self.passengers}:",
            f"{self.total} itineraries ({self.source.data} data).",
            *(self._line(itinerary) for itinerary in self.itineraries[:_TEXT_ITINERARIES]),
        ]
        if self.note:
            lines.append(self.note)
        return "\n".join(lines)

    def _line(self, itinerary: ItineraryView) -> str:
        fare = itinerary.fares[0]
        return f"From {fare.price} {fare.currency or self.currency}: " + "; ".join(
            slice_line(part) for part in itinerary.slices
        )


def amount(money: Money) -> str:
    """Write an amount to its currency's minor unit, without the currency."""
    return str(money.rounded().amount)


def brand_words(offer: Offer) -> str | None:
    """Write the fare brands of an offer, in slice order."""
    return " + ".join(offer.fare_brands) or None


def cabin_words(offer: Offer | FlightPage) -> str:
    """Write the cabins of an offer, or the usual ones of a page, in the order they are flown."""
    return " + ".join(offer.cabins or ()) or "unknown"


def slice_line(part: SliceView) -> str:
    """Write one direction in a line for people."""
    via = ", ".join(layover.airport for layover in part.layovers or [])
    later = "" if part.days_later is None else f" ({part.days_later:+d} d)"
    words = [
        *part.flights,
        part.origin,
        f"{hour_of(part.departs)} -",
        part.destination,
        f"{hour_of(part.arrives)}{later},",
        f"{spell(part.minutes)},",
        f"via {via}" if via else "nonstop",
    ]
    return " ".join(word for word in words if word)


def spell(minutes: int) -> str:
    """Write a duration as `6 h 05 min`."""
    return f"{minutes // _MINUTES_PER_HOUR} h {minutes % _MINUTES_PER_HOUR:02d} min"


def rule(condition: Condition | None, currency: str | None) -> str:
    """Write what is allowed, and the fee; in another currency than `currency` with its code."""
    if condition is None:
        return "unknown"
    if not condition.allowed:
        return "no"
    if condition.penalty is None:
        return "yes, fee unknown"
    if condition.penalty.amount == 0:
        return "free"
    if condition.penalty.currency == currency:
        return f"fee {condition.penalty.rounded().amount}"
    return f"fee {condition.penalty}"


def _clock(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else _clock(moment)


def hour_of(local: str) -> str:
    """Return the clock time of a `LocalTime`."""
    return local[11:16]


def _asked_for(request: OfferRequest) -> str:
    adults = f"{request.adults} adult{'s' if request.adults > 1 else ''}"
    ages = ", ".join(map(str, sorted(request.children_ages)))
    return f"{adults}, children aged {ages}" if ages else adults


def _note(page: FlightPage) -> str | None:
    notes = [
        _EMPTY if page.total == 0 else "",
        f"{page.unreadable} offers could not be read and are left out." if page.unreadable else "",
    ]
    return " ".join(filter(None, notes)) or None
