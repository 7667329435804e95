"""How the seats of an aircraft are arranged: rows, aisles, exits, galleys and the rest.

Plausible rather than exact: real airlines arrange one type in many ways.
"""

from dataclasses import dataclass, replace
from typing import Literal

from tripsage_mcp.sandbox.schedule.airlines import Aircraft, Airline, Cabin, sold_cabins
from tripsage_mcp.sandbox.schedule.chance import share, whole

type Kind = Literal[
    "seat",
    "restricted_seat_general",
    "bassinet",
    "empty",
    "exit_row",
    "lavatory",
    "galley",
    "closet",
    "stairs",
]
type Zone = Literal["standard", "preferred", "legroom"]
type Sections = tuple[str, ...]

_PREFERRED_ROWS = 4
_UNLUCKY = 13
_BLOCKED_SHARE = 0.02
_WING_ROWS = 6
_NORTH_AMERICA = frozenset(("US", "CA", "MX"))

# (letters of each section in economy, rows of a one-class layout)
_ECONOMY: dict[str, tuple[Sections, int]] = {
    "AT7": (("AC", "DF"), 18), "DH4": (("AC", "DF"), 19), "CR9": (("AC", "DF"), 22),
    "E75": (("AC", "DF"), 20), "E90": (("AC", "DF"), 25), "295": (("AC", "DF"), 33),
    "223": (("AC", "DEF"), 28), "319": (("ABC", "DEF"), 24), "320": (("ABC", "DEF"), 30),
    "32N": (("ABC", "DEF"), 31), "321": (("ABC", "DEF"), 36), "32Q": (("ABC", "DEF"), 38),
    "738": (("ABC", "DEF"), 31), "739": (("ABC", "DEF"), 34), "7M8": (("ABC", "DEF"), 32),
    "332": (("AC", "DEFG", "HK"), 36), "333": (("AC", "DEFG", "HK"), 40),
    "339": (("AC", "DEFG", "HK"), 38), "359": (("ABC", "DEF", "HJK"), 42),
    "351": (("ABC", "DEF", "HJK"), 48), "388": (("ABC", "DEFG", "HJK"), 52),
    "772": (("ABC", "DEF", "HJK"), 40), "773": (("ABC", "DEF", "HJK"), 46),
    "77W": (("ABC", "DEFG", "HJK"), 45), "788": (("ABC", "DEF", "HJK"), 34),
    "789": (("ABC", "DEF", "HJK"), 40), "781": (("ABC", "DEF", "HJK"), 46),
}  # fmt: skip
_WIDE_FRONT: dict[Cabin, tuple[Sections, int]] = {
    "first": (("A", "EF", "K"), 2),
    "business": (("A", "DG", "K"), 9),
    "premium_economy": (("AC", "DEF", "HK"), 4),
}
_NARROW_FRONT_ROWS = 4
_UPPER_DECK: Sections = ("AC", "DEFG", "HK")
_UPPER_ROWS = 9


@dataclass(frozen=True, slots=True)
class Spot:
    """One position in a row.

    Attributes:
        designator: Row and letter; None for what is no seat.
        adults_only: Beside an exit.
    """

    kind: Kind
    designator: str | None = None
    zone: Zone = "standard"
    adults_only: bool = False


type Row = tuple[tuple[Spot, ...], ...]


@dataclass(frozen=True, slots=True)
class Deck:
    """The rows of one cabin on one deck, front to back.

    Attributes:
        level: 0 is the main deck, 1 the upper one.
        wings: Indices into `rows` of the first and the last row over the wing.
    """

    level: int
    aisles: int
    rows: tuple[Row, ...]
    wings: tuple[int, int] | None = None


def layout(airline: Airline, aircraft: Aircraft, km: float, cabin: Cabin) -> tuple[Deck, ...]:
    """Return the decks of one cabin as an airline flies it on a stage of `km` kilometres."""
    plans = {c: _plan(airline, aircraft, km, c) for c in reversed(sold_cabins(airline, km))}
    numbers = _numbers(airline, 1, sum(count for _, count in plans.values()))
    for other, (sections, count) in plans.items():
        own, numbers = numbers[:count], numbers[count:]
        if other == cabin:
            deck = _deck(airline, aircraft, cabin, sections, own)
            upper = aircraft.code == "388" and cabin == "economy"
            return (deck, _upper(airline)) if upper else (deck,)
    raise ValueError("the airline has no such cabin on this stage")


def _plan(airline: Airline, aircraft: Aircraft, km: float, cabin: Cabin) -> tuple[Sections, int]:
    """Return the letters of each section and how many rows a cabin has."""
    sections, rows = _ECONOMY[aircraft.code]
    front: list[Cabin] = [c for c in sold_cabins(airline, km) if c != "economy"]
    if cabin == "economy":
        taken = sum(_plan(airline, aircraft, km, c)[1] for c in front)
        return sections, rows - taken
    if aircraft.wide:
        return _WIDE_FRONT[cabin]
    if _blocks_middle(airline, cabin):
        return sections, _NARROW_FRONT_ROWS
    return ("AC", "DF"), _NARROW_FRONT_ROWS


def _blocks_middle(airline: Airline, cabin: Cabin) -> bool:
    """Return whether the front of a narrow cabin is ordinary seats with the middle kept free."""
    return cabin == "business" and airline.country not in _NORTH_AMERICA


def _deck(
    airline: Airline, aircraft: Aircraft, cabin: Cabin, sections: Sections, numbers: list[int]
) -> Deck:
    count = len(numbers)
    exits = {count // 2} if cabin == "economy" else set[int]()
    if cabin == "economy" and not aircraft.wide and count > len(sections) * 13:
        exits |= {count // 2 + 1}
    rows = _leading(aircraft, cabin, sections)
    wing = 0
    for n, number in enumerate(numbers):
        if n in exits:
            wing = wing or len(rows)
            rows.append(tuple((Spot("exit_row"),) if _outer(sections, s) else () for s in sections))
        rows.append(_seats(airline, cabin, sections, (number, n), beside_exit=n in exits))
    rows += _trailing(aircraft, cabin, sections)
    over = (max(0, wing - _WING_ROWS // 2), wing + _WING_ROWS // 2) if wing else None
    return Deck(0, len(sections) - 1, tuple(rows), over if len(rows) > _WING_ROWS else None)


def _numbers(airline: Airline, first: int, count: int) -> list[int]:
    """Return the row numbers; half of the airlines have no row 13."""
    superstitious = whole("thirteen", airline.iata) % 2 == 0
    numbers = range(first, first + count + 1)
    kept = [n for n in numbers if not (superstitious and n == _UNLUCKY)]
    return kept[:count]


def _outer(sections: Sections, section: str) -> bool:
    return section in (sections[0], sections[-1])


def _leading(aircraft: Aircraft, cabin: Cabin, sections: Sections) -> list[Row]:
    if cabin == "economy" and aircraft.wide:
        cradles = [_middle(len(s), "bassinet") for s in sections]
        return [tuple(cradles)]
    if cabin == "economy":
        return []
    return [((Spot("lavatory"),), *(() for _ in sections[2:]), (Spot("galley"),))]


def _middle(width: int, kind: Kind) -> tuple[Spot, ...]:
    spots = [Spot("empty") for _ in range(max(1, width))]
    spots[len(spots) // 2] = Spot(kind)
    return tuple(spots)


def _trailing(aircraft: Aircraft, cabin: Cabin, sections: Sections) -> list[Row]:
    if cabin != "economy":
        return [tuple((Spot("closet"),) if s == sections[0] else () for s in sections)]
    lavatories: Row = tuple((Spot("lavatory"),) if _outer(sections, s) else () for s in sections)
    galley: Row = tuple((Spot("galley"),) for _ in sections)
    return [lavatories, galley] if aircraft.wide else [lavatories]


def _seats(
    airline: Airline, cabin: Cabin, sections: Sections, at: tuple[int, int], *, beside_exit: bool
) -> Row:
    number, n = at
    zone: Zone = "standard"
    if beside_exit or n == 0:
        zone = "legroom"
    elif cabin == "economy" and n <= _PREFERRED_ROWS:
        zone = "preferred"
    return tuple(
        tuple(
            _seat(
                airline, cabin, section, f"{number}{letter}", Spot("seat", None, zone, beside_exit)
            )
            for letter in section
        )
        for section in sections
    )


def _seat(airline: Airline, cabin: Cabin, section: str, designator: str, like: Spot) -> Spot:
    middle = len(section) == 3 and designator[-1] == section[1]  # noqa: PLR2004 - a pair has none
    kept_free = middle and _blocks_middle(airline, cabin)
    blocked = share("blocked", airline.iata, designator) < _BLOCKED_SHARE
    kind: Kind = "restricted_seat_general" if kept_free or blocked else "seat"
    return replace(like, kind=kind, designator=designator)


def _upper(airline: Airline) -> Deck:
    """Return the economy rows behind the stairs of a double-decker."""
    stairs: Row = ((Spot("stairs"),), (), (Spot("stairs"),))
    rows = [
        _seats(airline, "economy", _UPPER_DECK, (number, n), beside_exit=False)
        for n, number in enumerate(_numbers(airline, 61, _UPPER_ROWS))
    ]
    return Deck(1, 2, (stairs, *rows))
