"""How the answer to a flight search looks: short, and only what a traveller decides by."""

from datetime import date
from typing import Annotated, NamedTuple, override

from pydantic import Field

from tripsage_mcp.domain.fares import BEST_WEIGHTS
from tripsage_mcp.domain.flight import Unanswered
from tripsage_mcp.domain.flight_filter import Filtered
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.services.flights.pages import Display, FlightPage
from tripsage_mcp.services.flights.slices import SliceAsked
from tripsage_mcp.views.base import Answer, Opt, Part, Source
from tripsage_mcp.views.flight_asked import alternatives, party, resolved
from tripsage_mcp.views.flight_fares import ItineraryView, fitting
from tripsage_mcp.views.flight_notes import note
from tripsage_mcp.views.flight_parts import join_cabins, slice_line

_BEST = "best: {} % price, {} % duration, {} % connections".format(*BEST_WEIGHTS)
# Characters of JSON for the itineraries of one answer, some 3.6 to a token.
_CONCISE = 9_300
_FULL = 20_000


class SliceParam(Part):
    """One direction of a trip with several."""

    origin: str
    destination: str
    departure_date: date
    departure_time: Opt[str] = None
    arrival_time: Opt[str] = None

    def asked(self) -> SliceAsked:
        """Read it."""
        return SliceAsked(**self.model_dump())


class PartialView(Part):
    """Why the answer is not whole: not every airline asked has answered."""

    code: str
    batches_missing: Annotated[Opt[int], Field(description="Groups of airlines")] = None

    @classmethod
    def of(cls, unanswered: Unanswered | None) -> "PartialView | None":
        """Project it; None where everybody has answered."""
        if unanswered is None:
            return None
        return cls(code=unanswered.code, batches_missing=unanswered.batches)


class LeftOutView(Part):
    """Fares that the wishes left out, on all pages; one may break several."""

    fares: int
    of: Annotated[int, Field(description="Fares found")]
    by: dict[str, int]
    unknown: Annotated[Opt[dict[str, int]], Field(description="Of those: does not say")] = None

    @classmethod
    def among(cls, filtered: Filtered) -> "LeftOutView | None":
        """Project it; None where nothing was left out."""
        if not filtered.left_out:
            return None
        return cls(
            fares=filtered.fares_found - filtered.fares_kept,
            of=filtered.fares_found,
            by={each.wish: each.fares for each in filtered.left_out},
            unknown={each.wish: each.unknown for each in filtered.left_out if each.unknown} or None,
        )


class DisplayView(Part):
    """The currency of every `about`; what is charged is the price."""

    currency: str
    rates: Annotated[Opt[dict[str, str]], Field(description="By currency of the price")] = None
    as_of: Opt[str] = None
    source: Opt[str] = None

    @classmethod
    def of(cls, display: Display | None) -> "DisplayView | None":
        """Project it with the rates used; the oldest says how old they are."""
        if display is None:
            return None
        rates = display.rates.values()
        return cls(
            currency=display.currency,
            rates={rate.base: str(rate.rate) for rate in rates} or None,
            as_of=min((rate.as_of.isoformat() for rate in rates), default=None),
            source=", ".join(sorted({rate.source for rate in rates})) or None,
        )


class FlightsAnswer(Answer):
    """One page of itineraries. Prices are for all passengers together, taxes included."""

    source: Source
    origin: Opt[str] = None
    destination: Opt[str] = None
    departure_date: Opt[str] = None
    return_date: Opt[str] = None
    route: Annotated[Opt[list[str]], Field(description="In place of the four above")] = None
    resolved: Annotated[
        Opt[dict[str, str]], Field(description="What a name given instead of a code was taken for")
    ] = None
    alternatives: Annotated[
        Opt[dict[str, list[str]]], Field(description="What else the name may mean")
    ] = None
    passengers: str
    currency: Annotated[Opt[str], Field(description="Of every price")] = None
    display: Opt[DisplayView] = None
    cabin: Annotated[Opt[str], Field(description="Of every fare that names no other")] = None
    carry_on: Annotated[Opt[int], Field(description="Pieces per passenger, every fare")] = None
    seat_choice: Annotated[Opt[bool], Field(description="Included in every fare")] = None
    sort: str
    total: Annotated[int, Field(description="Itineraries on all pages")]
    first: Annotated[int, Field(description="Number of the first one here")]
    left_out: Opt[LeftOutView] = None
    partial: Opt[PartialView] = None
    airlines: dict[str, str]
    itineraries: list[ItineraryView]
    next_cursor: Opt[str] = None
    note: Opt[str] = None

    @classmethod
    def of(cls, page: FlightPage) -> "FlightsAnswer":
        """Project one page; where it grows too long, the dearest fares of each are left out."""
        where = _where(page.request)
        segments = [s for i in page.itineraries for part in i.slices for s in part.segments]
        itineraries = fitting(
            [ItineraryView.of(itinerary, page) for itinerary in page.itineraries],
            _FULL if page.full else _CONCISE,
        )
        return cls(
            source=Source.of(page.provenance),
            origin=where.origin,
            destination=where.destination,
            departure_date=where.departure_date,
            return_date=where.return_date,
            route=where.route,
            resolved=resolved(page.resolved),
            alternatives=alternatives(page.resolved),
            passengers=party(page.request),
            currency=page.currency,
            display=DisplayView.of(page.display),
            cabin=None if page.cabins is None else join_cabins(page.cabins),
            carry_on=page.carry_on,
            seat_choice=page.seat_selection,
            sort=_BEST if page.sort == "best" else page.sort,
            total=page.total,
            first=page.first,
            left_out=LeftOutView.among(page.filtered),
            partial=PartialView.of(page.unanswered),
            airlines={s.carrier.code: s.carrier.name for s in segments if s.carrier.code},
            itineraries=itineraries,
            next_cursor=page.next_cursor,
            note=note(page, shortened=page.full and any(i.shortened for i in itineraries)),
        )

    @override
    def text(self) -> str:
        """Return the first few itineraries, one a line."""
        dates = " to ".join(filter(None, [self.departure_date, self.return_date]))
        where = "; ".join(self.route or [f"{self.origin} to {self.destination}, {dates}"])
        lines = [
            f"{where}, {self.passengers}:",
            f"{self.total} itineraries ({self.source.data} data).",
            *(self._line(itinerary) for itinerary in self.itineraries[: 1 if self.route else 3]),
        ]
        if self.note:
            lines.append(self.note)
        return "\n".join(lines)

    def _line(self, itinerary: ItineraryView) -> str:
        fare = itinerary.fares[0]
        about = (
            f" (about {fare.about} {self.display.currency})" if self.display and fare.about else ""
        )
        return f"From {fare.price} {fare.currency or self.currency}{about}: " + "; ".join(
            slice_line(part) for part in itinerary.slices
        )


class _Where(NamedTuple):
    origin: str | None = None
    destination: str | None = None
    departure_date: str | None = None
    return_date: str | None = None
    route: list[str] | None = None


def _where(request: OfferRequest) -> _Where:
    """Say where and when: by name for there, or there and back, else as a route."""
    outbound, *rest = request.slices
    ends = (outbound.origin, outbound.destination)
    leaving = outbound.departure_date.isoformat()
    match rest:
        case []:
            return _Where(*ends, leaving)
        case [back] if (back.destination, back.origin) == ends:
            return _Where(*ends, leaving, back.departure_date.isoformat())
        case _:
            route = [f"{s.origin} to {s.destination}, {s.departure_date}" for s in request.slices]
            return _Where(route=route)
