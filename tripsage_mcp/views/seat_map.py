"""How seat maps look: rows with the seats one may choose, what they cost, where the doors are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.ancillary import CabinElement, CabinMap, CabinRow, SeatMap, seat_place
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.views.base import Opt, Part

_MOST_IN_A_SEGMENT = 4_000
_MOST_IN_ALL = 8_000
_MOST_LANDMARKS = 12
_MOST_NOTES = 6
_MOST_SEATS_NAMED = 12
_LONGEST_NOTE = 80
_LONGEST_WORD = 20
_BLOCKED = "restricted_seat_general"
_UNREMARKABLE = frozenset({"seat", "empty", _BLOCKED})
_HOW = "To order: book_flight, seats=[{passenger_id, segment, seat}], e.g. segment 1, seat 12A."
_NONE = "The airline shares no seat map for any of these flights; that is no fault."


class CabinSeatsView(Part):
    """One cabin of one flight."""

    cabin: str
    deck: Annotated[Opt[str], Field(description="Where it is not the main one")] = None
    layout: Annotated[Opt[str], Field(description="Left to right; a space is an aisle")] = None
    seats: int
    available: int
    blocked: Annotated[Opt[int], Field(description="Kept back by the airline")] = None
    price: Annotated[Opt[str], Field(description="Of each available seat")] = None
    rows: Annotated[
        list[str],
        Field(description="row: available seats, price where it differs; the rest is taken"),
    ]
    rows_left_out: Annotated[Opt[str], Field(description="Available, not listed: too many")] = None
    landmarks: Opt[list[str]] = None
    notes: Annotated[Opt[list[str]], Field(description="In the airline's words, by seat")] = None


class SegmentSeatsView(Part):
    """The seats of one flight."""

    segment: Annotated[int, Field(description="From 1, in flight order")]
    flight: str
    origin: str
    destination: str
    cabins: list[CabinSeatsView]


class SeatsView(Part):
    """The seats of every flight of an offer."""

    currency: Annotated[Opt[str], Field(description="Of prices that name none")] = None
    segments: list[SegmentSeatsView]
    no_map: Annotated[
        Opt[list[int]], Field(description="Segments whose airline shares no seat map")
    ] = None
    note: str

    @classmethod
    def of(cls, offer: Offer, maps: Sequence[SeatMap]) -> "SeatsView":
        """Project the maps of an offer, as much of them as an assistant can read."""
        by_segment = {each.segment_id: each for each in maps}
        found = [
            (number, segment, by_segment[segment.segment_id])
            for number, segment in enumerate(offer.segments, 1)
            if segment.segment_id in by_segment
        ]
        reading = _Reading.of(offer, maps)
        most = min(_MOST_IN_A_SEGMENT, _MOST_IN_ALL // max(1, len(found)))
        with_map = {number for number, _, _ in found}
        without = [n for n in range(1, len(offer.segments) + 1) if n not in with_map]
        return cls(
            currency=reading.currency,
            segments=[
                SegmentSeatsView(
                    segment=number,
                    flight=segment.flight,
                    origin=segment.origin.code,
                    destination=segment.destination.code,
                    cabins=[_cabin(cabin, reading.on(each), most) for cabin in each.cabins],
                )
                for number, segment, each in found
            ],
            no_map=without or None,
            note=_HOW if found else _NONE,
        )

    def lines(self) -> Iterator[str]:
        """Write one line a flight, for people."""
        for each in self.segments:
            seats = sum(cabin.seats for cabin in each.cabins)
            available = sum(cabin.available for cabin in each.cabins)
            yield f"Seats on {each.flight}: {available} of {seats} available."
        if self.no_map:
            numbers = ", ".join(map(str, self.no_map))
            yield f"No seat map for flight {numbers} of {len(self.segments) + len(self.no_map)}."


@dataclass(frozen=True, slots=True)
class _Reading:
    """What it takes to word the terms of a seat.

    Attributes:
        passengers: Their numbers, as the offer lists them.
        currency: The one of every price; None when they differ.
        everyone: The passengers who may take a seat on the flight at hand.
    """

    passengers: Mapping[str, int]
    currency: str | None
    everyone: frozenset[str] = frozenset()

    @classmethod
    def of(cls, offer: Offer, maps: Iterable[SeatMap]) -> "_Reading":
        currencies = {
            choice.price.currency
            for each in maps
            for seat in _seats_of(each)
            for choice in seat.choices
        }
        return cls(
            passengers={who.passenger_id: n for n, who in enumerate(offer.passengers, 1)},
            currency=currencies.pop() if len(currencies) == 1 else None,
        )

    def on(self, each: SeatMap) -> "_Reading":
        everyone = frozenset(c.passenger_id for seat in _seats_of(each) for c in seat.choices)
        return _Reading(self.passengers, self.currency, everyone)

    def terms(self, seat: CabinElement) -> str:
        """Word what an available seat costs, and for whom where not for everyone."""
        by_price: dict[str, list[str]] = {}
        for choice in seat.choices:
            price = str(choice.price.rounded().amount) if self.currency else str(choice.price)
            by_price.setdefault(price, []).append(choice.passenger_id)
        if len(by_price) == 1 and self.everyone <= {c.passenger_id for c in seat.choices}:
            return next(iter(by_price))
        return ", ".join(f"{price} {self._only(who)}" for price, who in by_price.items())

    def _only(self, who: Iterable[str]) -> str:
        numbers = sorted(self.passengers[each] for each in who if each in self.passengers)
        return f"(passenger {' '.join(map(str, numbers)) or 'unknown'} only)"


def _cabin(cabin: CabinMap, reading: _Reading, most: int) -> CabinSeatsView:
    elements = [element for row in cabin.rows for element in row.elements]
    available = [element for element in elements if element.choices]
    terms = {reading.terms(seat) for seat in available}
    price = next(iter(terms)) if len(terms) == 1 else None
    shown, left_out = _within(_lines(cabin.rows, reading, priced=price is None), most)
    return CabinSeatsView(
        cabin=plain(cabin.cabin, _LONGEST_WORD),
        deck="upper" if cabin.deck else None,
        layout=_layout(cabin.rows) if available else None,
        seats=sum(element.is_seat for element in elements),
        available=len(available),
        blocked=sum(e.kind == _BLOCKED and not e.choices for e in elements) or None,
        price=price,
        rows=[f"{label}: {seats}" for label, seats in shown],
        rows_left_out=", ".join(label for label, _ in left_out) or None,
        landmarks=list(_landmarks(cabin))[:_MOST_LANDMARKS] or None if available else None,
        notes=list(_notes(available))[:_MOST_NOTES] or None,
    )


type _Line = tuple[str, str]


def _lines(rows: Iterable[CabinRow], reading: _Reading, *, priced: bool) -> Iterator[_Line]:
    """Yield the label and the seats of each run of rows that offer the same.

    A number that is left out, as 13 often is, ends a run: it would seem to be a row.
    """
    runs: list[tuple[list[int], str]] = []
    for row in rows:
        number = _number(row)
        offered = _offered(row, reading, priced=priced)
        if number is None or not offered:
            continue
        if runs and runs[-1][1] == offered and runs[-1][0][-1] + 1 == number:
            runs[-1][0].append(number)
        else:
            runs.append(([number], offered))
    yield from ((_span(numbers), offered) for numbers, offered in runs)


def _offered(row: CabinRow, reading: _Reading, *, priced: bool) -> str:
    together: dict[str, list[str]] = {}
    for seat in row.elements:
        if seat.choices:
            terms = reading.terms(seat) if priced else ""
            together.setdefault(terms, []).append(_letter(seat))
    return "; ".join(" ".join(filter(None, [*seats, terms])) for terms, seats in together.items())


def _within(lines: Iterable[_Line], most: int) -> tuple[list[_Line], list[_Line]]:
    """Part lines into those that fit, and the rest, of which the first one breaks the limit."""
    shown: list[_Line] = []
    left_out: list[_Line] = []
    used = 0
    for line in lines:
        used += sum(map(len, line))
        (left_out if left_out or used > most else shown).append(line)
    return shown, left_out


def _layout(rows: Iterable[CabinRow]) -> str:
    """Write the letters of the widest row, an aisle as a space."""
    widest = max(rows, key=lambda row: sum(element.is_seat for element in row.elements))
    sections = ("".join(_letter(e) for e in part if e.is_seat) for part in widest.sections)
    return " ".join(filter(None, sections))


def _landmarks(cabin: CabinMap) -> Iterator[str]:
    numbers = [_number(row) for row in cabin.rows]
    if cabin.wing_rows is not None:
        first, last = cabin.wing_rows
        over = [number for number in numbers[first : last + 1] if number]
        if over:
            yield f"over the wing: {_span(over)}"
    for at, row in enumerate(cabin.rows):
        kinds = dict.fromkeys(e.kind for e in row.elements if e.kind not in _UNREMARKABLE)
        where = _place(numbers, at) if kinds else None
        if where is not None:
            yield f"{' and '.join(_word(kind) for kind in kinds)} {where}"


def _place(numbers: Sequence[int | None], at: int) -> str | None:
    """Say where a row is that may have no number of its own."""
    if numbers[at]:
        return f"in row {numbers[at]}"
    behind = next((number for number in numbers[at + 1 :] if number), None)
    if behind:
        return f"before row {behind}"
    ahead = next((number for number in reversed(numbers[:at]) if number), None)
    return f"behind row {ahead}" if ahead else None


def _word(kind: str) -> str:
    return plain(kind.removesuffix("_row").replace("_", " "), _LONGEST_WORD)


def _notes(available: Sequence[CabinElement]) -> Iterator[str]:
    """Yield what the airline says about seats, each text once with the seats it is about."""
    names = Counter(seat.name for seat in available)
    said: dict[str, list[str]] = {}
    for seat in available:
        # What most seats are called tells nothing.
        named = [seat.name] if seat.name and names[seat.name] * 2 <= len(available) else []
        for text in dict.fromkeys([*named, *seat.disclosures]):
            said.setdefault(plain(text, _LONGEST_NOTE), []).append(plain(seat.designator or "?", 5))
    for text, seats in said.items():
        if text:
            more = len(seats) - _MOST_SEATS_NAMED
            listed = " ".join(seats[:_MOST_SEATS_NAMED]) + (f" and {more} more" if more > 0 else "")
            yield f"{text}: {'every seat' if len(seats) == len(available) else listed}"


def _seats_of(each: SeatMap) -> Iterator[CabinElement]:
    for cabin in each.cabins:
        for row in cabin.rows:
            yield from row.elements


def _number(row: CabinRow) -> int | None:
    """Return the number its seats have; None without a seat that is numbered as usual."""
    places = (seat_place(element.designator or "") for element in row.elements)
    return next((place[0] for place in places if place), None)


def _letter(seat: CabinElement) -> str:
    place = seat_place(seat.designator or "")
    return place[1] if place else "?"


def _span(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
