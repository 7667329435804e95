"""Builders of seat maps: rows written as one sees them, e.g. `AB. DEF`."""

from decimal import Decimal

from tripsage_mcp.domain.ancillary import (
    CabinElement,
    CabinMap,
    CabinRow,
    SeatChoice,
    SeatMap,
)
from tripsage_mcp.domain.money import Money

LETTERS = "ABCDEFGHJK"


def seat(
    designator: str,
    *prices: str,
    currency: str = "EUR",
    name: str | None = None,
    disclosures: tuple[str, ...] = (),
    kind: str = "seat",
) -> CabinElement:
    """Return a seat at a price for each of pas_1, pas_2 and so on; without prices it is taken."""
    choices = tuple(
        SeatChoice(f"pas_{n}", f"ase_{designator}_{n}", Money(Decimal(price), currency))
        for n, price in enumerate(prices, 1)
        if price
    )
    return CabinElement(kind, designator, choices, name, disclosures)


def row(number: int, layout: str, *prices: str) -> CabinRow:
    """Return a row of `AB. DEF`: a dot is a taken seat, a space an aisle, letters by position."""
    sections: list[tuple[CabinElement, ...]] = []
    at = 0
    for section in layout.split():
        seats: list[CabinElement] = []
        for mark in section:
            seats.append(seat(f"{number}{LETTERS[at]}", *(() if mark == "." else prices)))
            at += 1
        sections.append(tuple(seats))
    return CabinRow(tuple(sections))


def thing(kind: str) -> CabinRow:
    """Return a row with no seat in it."""
    return CabinRow(((CabinElement(kind),),))


def cabin(*rows: CabinRow, name: str = "economy", deck: int = 0) -> CabinMap:
    return CabinMap(name, deck, 1, rows)


def seat_map(*cabins: CabinMap, segment_id: str = "seg_1") -> SeatMap:
    return SeatMap(segment_id, None, cabins)
