"""How a search over many dates looks: the cheapest few, then every date in a small grid."""

from collections import Counter
from datetime import date
from typing import Annotated, override

from pydantic import Field

from tripsage_mcp.domain.date_grid import DateCell, DateGrid, PricedDates, connections
from tripsage_mcp.domain.flight import Slice
from tripsage_mcp.services.flights.cheapest_dates import CheapestDates
from tripsage_mcp.views.base import Answer, Opt, Part, Source, utc_text
from tripsage_mcp.views.flight_asked import SEATED_INFANT, alternatives, party, resolved
from tripsage_mcp.views.flight_parts import amount, stop_words, technical_stops

# Not `%a`: that speaks the language of the machine.
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DETAILED = 5
_DETAILED_IN_TEXT = 3
_LEGEND = (
    "price for all passengers, +n: n connections; empty: nothing sold; failed: not known;"
    " not_asked: not known either"
)
_BY_NIGHTS = "a column for each of nights; "
_NO_PAIR = "-"
_BY_RETURN = f"a column for each of returns; {_NO_PAIR}: a return before the departure; "
_MIXED = "Prices in {} are not compared with those in {}."
_STOPPED = "Asking ended early ({}): {} of {} dates were not asked; ask for those again later."
_FAILED = "Failed: {}; their prices are not known."
_PARTIAL = "Not every offer is known for {} of the dates: there may be cheaper ones."


class CheapestView(Part):
    """One of the cheapest pairs of dates, with its cheapest offer."""

    departure: str
    return_date: Opt[str] = None
    nights: Opt[int] = None
    price: str
    currency: Annotated[Opt[str], Field(description="Where not that of the answer")] = None
    flights: Annotated[list[str], Field(description="A slice each: flights, airports, local times")]
    airline: str
    connections: Annotated[int, Field(description="The most on one slice")]
    technical_stops: Opt[int] = None
    offer_id: str
    expires_at: str

    @classmethod
    def of(cls, one: PricedDates, currency: str | None) -> "CheapestView":
        """Project one cell and its offer."""
        offer, back = one.offer, one.cell.back
        same = offer.total.currency == currency
        return cls(
            departure=one.cell.departure.isoformat(),
            return_date=None if back is None else back.isoformat(),
            nights=one.cell.nights,
            price=amount(offer.total),
            currency=None if same else offer.total.currency,
            flights=[_flown(part) for part in offer.slices],
            airline=offer.owner.name,
            connections=connections(offer),
            technical_stops=technical_stops(offer.slices),
            offer_id=offer.offer_id,
            expires_at=utc_text(offer.expires_at),
        )


class CheapestDatesAnswer(Answer):
    """The cheapest dates. Prices are for all passengers together, taxes included."""

    source: Source
    origin: str
    destination: str
    resolved: Annotated[
        Opt[dict[str, str]], Field(description="What a name given instead of a code was taken for")
    ] = None
    alternatives: Annotated[
        Opt[dict[str, list[str]]], Field(description="What else the name may mean")
    ] = None
    passengers: str
    cabin: Opt[str] = None
    currency: Annotated[Opt[str], Field(description="Of prices that name no other")] = None
    searches_planned: int
    searches_made: int
    cheapest: Annotated[list[CheapestView], Field(description="Cheapest first")]
    nights: Annotated[
        Opt[list[int]], Field(description="Days from departure to return, by column")
    ] = None
    returns: Annotated[
        Opt[list[str]], Field(description="Dates of return, by column, in place of nights")
    ] = None
    grid: Annotated[dict[str, list[str]], Field(description="By departure date and weekday")]
    legend: str
    note: Opt[str] = None

    @classmethod
    def of(cls, found: CheapestDates) -> "CheapestDatesAnswer":
        """Project a grid."""
        grid, asked = found.grid, found.asked
        ranked = grid.ranked
        currency = next(iter(grid.currencies), None)
        return cls(
            source=Source.of(found.provenance),
            origin=asked.origin.code,
            destination=asked.destination.code,
            resolved=resolved(asked.resolved),
            alternatives=alternatives(asked.resolved),
            passengers=party(asked.request(grid.cells[0])),
            cabin=asked.cabin,
            currency=currency,
            searches_planned=len(grid.cells),
            searches_made=grid.searches_made,
            cheapest=[CheapestView.of(one, currency) for one in ranked[:_DETAILED]],
            nights=None if asked.returns else list(grid.nights) or None,
            returns=[_day(day) for day in asked.returns] or None,
            grid=_rows(grid, asked.returns, currency),
            legend=_legend(found),
            note=_note(found),
        )

    @override
    def text(self) -> str:
        """Return the cheapest dates and the shape of the rest."""
        cells = [cell for row in self.grid.values() for cell in row if cell != _NO_PAIR]
        holes = Counter(cell for cell in cells if not cell[0].isdigit())
        shape = [f"{len(cells) - holes.total()} priced"]
        shape += [f"{n} {word.replace('_', ' ')}" for word, n in sorted(holes.items())]
        lines = [
            f"{self.origin} to {self.destination}, {self.passengers} ({self.source.data} data):",
            *(self._line(each) for each in self.cheapest[:_DETAILED_IN_TEXT]),
            f"{self.searches_made} of {self.searches_planned} searches made: {', '.join(shape)}.",
        ]
        return "\n".join([*lines, *filter(None, [self.note])])

    def _line(self, each: CheapestView) -> str:
        dates = each.departure + (f" to {each.return_date}" if each.return_date else "")
        changes = {0: "", 1: "1 connection"}.get(
            each.connections, f"{each.connections} connections"
        )
        stops = stop_words(each.technical_stops)
        way = ", ".join(filter(None, [changes, stops])) or "nonstop"
        return f"{each.price} {each.currency or self.currency}: {dates}, {each.airline}, {way}"


def _flown(part: Slice) -> str:
    numbers = " ".join(segment.flight for segment in part.segments)
    later = f" {part.arrives_days_later:+d} d" if part.arrives_days_later else ""
    origin, destination = part.segments[0].origin.code, part.segments[-1].destination.code
    times = f"{origin} {part.departs_at:%H:%M} - {destination} {part.arrives_at:%H:%M}"
    return f"{numbers} {times}{later}"


def _rows(grid: DateGrid, returns: tuple[date, ...], currency: str | None) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for cell in grid.cells:
        # Returns are in order, so that those before the departure are the first columns.
        before = [_NO_PAIR for back in returns if back < cell.departure]
        row = rows.setdefault(_day(cell.departure), before)
        row.append(_words(grid, cell, currency))
    return rows


def _day(day: date) -> str:
    return f"{day} {_WEEKDAYS[day.weekday()]}"


def _legend(found: CheapestDates) -> str:
    if found.asked.returns:
        return _BY_RETURN + _LEGEND
    return (_BY_NIGHTS if found.grid.nights else "") + _LEGEND


def _words(grid: DateGrid, cell: DateCell, currency: str | None) -> str:
    offer = grid.shown(cell)
    if offer is None:
        return cell.state
    price = amount(offer.total) if offer.total.currency == currency else str(offer.total)
    changes = connections(offer)
    return f"{price} +{changes}" if changes else price


def _note(found: CheapestDates) -> str | None:
    cells = found.grid.cells
    usual, *others = found.grid.currencies or ("",)
    failed = Counter(cell.failure for cell in cells if cell.failure is not None)
    partial = sum(cell.partial for cell in cells)
    not_asked = sum(cell.state == "not_asked" for cell in cells)
    notes = [
        _MIXED.format(", ".join(others), usual) if others else "",
        _STOPPED.format(found.stopped, not_asked, len(cells)) if found.stopped else "",
        _FAILED.format(", ".join(f"{n} x {code}" for code, n in failed.items())) if failed else "",
        _PARTIAL.format(partial) if partial else "",
        SEATED_INFANT if found.asked.infants_in_seat else "",
        "" if found.grid.ranked else "Nothing is sold on any date that was asked.",
    ]
    return " ".join(filter(None, notes)) or None
