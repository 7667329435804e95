"""The `search_flights` tool."""

from typing import Annotated

from fastmcp.dependencies import Depends
from pydantic import Field
from pydantic.fields import FieldInfo

from tripsage_mcp.domain.fares import BEST_WEIGHTS
from tripsage_mcp.domain.flight import OfferRequest
from tripsage_mcp.services.flight_requests import (
    CABINS,
    DETAILS,
    MAX_CONNECTIONS,
    MAX_LIMIT,
    MAX_PASSENGERS,
    SORTS,
    FlightSearch,
)
from tripsage_mcp.services.flights import FlightPage
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.tools.boundary import services
from tripsage_mcp.tools.flight_views import ItineraryView, cabin_words, slice_line
from tripsage_mcp.tools.params import IsoDate
from tripsage_mcp.tools.results import Answer, Opt, Source, tool

_TEXT_ITINERARIES = 3
_BEST = "best: {} % price, {} % duration, {} % connections".format(*BEST_WEIGHTS)
_EMPTY = "No offers. Try other dates, a nearby airport, or more connections."


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


def _words(allowed: tuple[str, ...], description: str) -> FieldInfo:
    """Describe a choice; the service checks it, so that the error carries an example."""
    field: FieldInfo = Field(description=description, json_schema_extra={"enum": list(allowed)})
    return field


def _range(low: int, high: int, description: str) -> FieldInfo:
    """Describe a range; checked by the service as well."""
    field: FieldInfo = Field(
        description=description, json_schema_extra={"minimum": low, "maximum": high}
    )
    return field


async def search_flights(
    origin: Annotated[str, Field(description="IATA airport or city code, or a city's name")],
    destination: Annotated[str, Field(description="As origin")],
    departure_date: IsoDate,
    *,
    return_date: Annotated[Opt[IsoDate], Field(description="Leave out for one way")] = None,
    adults: Annotated[int, _range(1, MAX_PASSENGERS, "18 or older")] = 1,
    children_ages: Annotated[
        Opt[list[int]], Field(description="Age of each child on the last day, 0 to 17")
    ] = None,
    cabin: Annotated[Opt[str], _words(CABINS, "Leave out for any")] = None,
    max_connections: Annotated[int, _range(0, MAX_CONNECTIONS, "Each way")] = 1,
    sort: Annotated[str, _words(SORTS, "best weighs price, duration, connections")] = "best",
    limit: Annotated[int, _range(1, MAX_LIMIT, "Itineraries a page")] = 10,
    cursor: Annotated[
        Opt[str], Field(description="next_cursor, with the same other arguments")
    ] = None,
    detail: Annotated[str, _words(DETAILS, "full: every segment and fare")] = "concise",
    svc: Services = Depends(services),
) -> FlightsAnswer:
    """Find bookable flights, one way or return, with today's prices for all passengers together.

    Each itinerary lists its fares: bags, refund, change. Offers and next_cursor die at
    source.expires_at, within minutes. Pass an offer_id to get_flight_offer for the full rules.
    """
    search = FlightSearch(
        origin=origin,
        destination=destination,
        departure_date=departure_date,
        return_date=return_date,
        adults=adults,
        children_ages=tuple(children_ages or ()),
        cabin=cabin,
        max_connections=max_connections,
        sort=sort,
        limit=limit,
        cursor=cursor,
        detail=detail,
    )
    return FlightsAnswer.of(await svc.flights.search(search))


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


TOOL = tool(
    search_flights, title="Search flights", read_only=True, idempotent=True, open_world=True
)
