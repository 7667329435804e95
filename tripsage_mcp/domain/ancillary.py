"""What can be bought with an offer beside the flight: bags, seats, meals, the right to cancel.

Duffel calls these services; here that word is taken.
"""

import re
from dataclasses import dataclass
from typing import Literal

from tripsage_mcp.domain.money import Money

type AncillaryKind = Literal["baggage", "seat", "meal", "cancel_for_any_reason", "other"]


_DESIGNATOR = re.compile(r"0*(\d{1,3})([A-Z])")


@dataclass(frozen=True, slots=True)
class BagSize:
    """What one piece may weigh and measure; None is unknown.

    Attributes:
        kind: Provider vocabulary, `carry_on` or `checked`.
    """

    kind: str
    weight_kg: int | None = None
    height_cm: int | None = None
    length_cm: int | None = None
    depth_cm: int | None = None


@dataclass(frozen=True, slots=True)
class Ancillary:
    """One thing that can be added to an offer.

    Attributes:
        ancillary_id: What an order names.
        price: Of one piece.
        maximum_quantity: How many pieces may be ordered.
        passenger_ids: For whom; all of them together.
        segment_ids: On which segments; all of them together.
        bag: Only of baggage.
        seat: Designator, e.g. `12A`; only of seats.
        name: What the airline calls it.
        refund: What cancelling for any reason gives back; only of that kind.
        terms_url: The insurer's conditions, where there are any.
    """

    ancillary_id: str
    kind: AncillaryKind
    price: Money
    maximum_quantity: int
    passenger_ids: tuple[str, ...]
    segment_ids: tuple[str, ...]
    bag: BagSize | None = None
    seat: str | None = None
    name: str | None = None
    refund: Money | None = None
    terms_url: str | None = None


@dataclass(frozen=True, slots=True)
class SeatChoice:
    """What one passenger pays for one seat; zero is free."""

    passenger_id: str
    ancillary_id: str
    price: Money


@dataclass(frozen=True, slots=True)
class CabinElement:
    """One position in a row: a seat or what is there instead.

    Attributes:
        kind: Provider vocabulary: `seat`, `restricted_seat_general`, `bassinet`, `empty`,
            `exit_row`, `lavatory`, `galley`, `closet`, `stairs`, or a word newer than this.
        designator: E.g. `12A`; None for what is no seat.
        choices: Who may take the seat at which price; none means it is taken or blocked.
        name: What the airline calls the seat.
        disclosures: Restrictions in the airline's words: untrusted text.
    """

    kind: str
    designator: str | None = None
    choices: tuple[SeatChoice, ...] = ()
    name: str | None = None
    disclosures: tuple[str, ...] = ()

    @property
    def is_seat(self) -> bool:
        """Whether somebody could sit there."""
        return self.designator is not None


@dataclass(frozen=True, slots=True)
class CabinRow:
    """One row, left to right; an aisle lies between two sections."""

    sections: tuple[tuple[CabinElement, ...], ...]

    @property
    def elements(self) -> tuple[CabinElement, ...]:
        """Every position of the row."""
        return tuple(element for section in self.sections for element in section)


@dataclass(frozen=True, slots=True)
class CabinMap:
    """One cabin on one deck, front row first.

    Attributes:
        deck: 0 is the main deck, 1 the upper one.
        wing_rows: Indices into `rows` of the first and the last row over the wing.
    """

    cabin: str
    deck: int
    aisles: int
    rows: tuple[CabinRow, ...]
    wing_rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SeatMap:
    """The seats of one segment of one offer."""

    segment_id: str
    slice_id: str | None
    cabins: tuple[CabinMap, ...]


def seat_place(designator: str) -> tuple[int, str] | None:
    """Return row and letter of a seat like `12A`; None where it is written otherwise.

    Case, spaces and leading zeros do not matter.
    """
    found = _DESIGNATOR.fullmatch("".join(designator.split()).upper())
    return None if found is None else (int(found[1]), found[2])
