"""What a traveller insists on, and which fares do not give it.

A fare that does not say whether it gives it does not satisfy the wish; those are counted apart.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import time
from typing import Literal

from tripsage_mcp.domain.fares import FlightItinerary
from tripsage_mcp.domain.flight import Carrier, Condition, Offer
from tripsage_mcp.domain.flight_request import SliceRequest, TimeWindow

type Wish = Literal[
    "times", "airlines_only", "airlines_exclude", "checked_bag", "refundable", "changeable"
]

_CODE_LENGTH = 2


@dataclass(frozen=True, slots=True)
class Airline:
    """An airline as somebody wrote it.

    Attributes:
        words: Its IATA code, or how its name begins, in plain letters.
    """

    words: str

    @classmethod
    def of(cls, text: str) -> "Airline":
        """Read a code or a name."""
        plain = _plain(text)
        return cls(plain.upper() if len(plain) == _CODE_LENGTH else plain)

    @property
    def is_code(self) -> bool:
        """Whether it is an IATA code."""
        return len(self.words) == _CODE_LENGTH

    def flies_as(self, carrier: Carrier) -> bool:
        """Whether `carrier` is meant; `Lufthansa` also means Lufthansa CityLine."""
        if self.is_code:
            return carrier.code == self.words
        return f"{_plain(carrier.name)} ".startswith(f"{self.words} ")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What every fare shown must give; the default wishes nothing.

    Attributes:
        airlines_only: Every airline that sells the offer, or whose number or aircraft a segment
            is flown under, is one of these; none for any.
        airlines_exclude: No such airline is one of these.
        checked_bag: At least one checked bag on every segment for each passenger with a seat.
        refundable: Money comes back before departure, less a fee where there is one.
        changeable: Likewise for a change.
    """

    airlines_only: tuple[Airline, ...] = ()
    airlines_exclude: tuple[Airline, ...] = ()
    checked_bag: bool = False
    refundable: bool = False
    changeable: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Fares that one wish left out; a fare may break several.

    Attributes:
        unknown: Those among `fares` that do not say.
    """

    wish: Wish
    fares: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Filtered:
    """What is left when the wishes are met.

    Attributes:
        fares_found: Before anything was left out.
        fares_kept: After.
        left_out: By wish, most fares first; only wishes that left something out.
        strangers: Airlines wished for or against by a name that fits none of any fare: the name
            may be misspelt. Codes are not counted.
    """

    itineraries: tuple[FlightItinerary, ...]
    fares_found: int
    fares_kept: int
    left_out: tuple[LeftOut, ...] = ()
    strangers: int = 0


type _Test = Callable[[Offer], bool | None]


def keep(
    itineraries: Iterable[FlightItinerary], wishes: Wishes, asked: tuple[SliceRequest, ...] = ()
) -> Filtered:
    """Drop the fares that break a wish or a time window, and itineraries left without a fare."""
    tests = _tests(wishes, asked)
    strangers = {a for a in wishes.airlines_only + wishes.airlines_exclude if not a.is_code}
    broken = Counter[Wish]()
    unknown = Counter[Wish]()
    kept: list[FlightItinerary] = []
    found = 0
    for itinerary in itineraries:
        fares: list[Offer] = []
        for fare in itinerary.fares:
            found += 1
            if strangers:
                strangers -= _met(strangers, _carriers(fare))
            verdicts: dict[Wish, bool | None] = {wish: test(fare) for wish, test in tests.items()}
            for wish, met in verdicts.items():
                broken[wish] += not met
                unknown[wish] += met is None
            if all(verdicts.values()):
                fares.append(fare)
        if fares:
            kept.append(FlightItinerary(tuple(fares)))
    return Filtered(
        itineraries=tuple(kept),
        fares_found=found,
        fares_kept=sum(len(itinerary.fares) for itinerary in kept),
        left_out=tuple(LeftOut(wish, n, unknown[wish]) for wish, n in broken.most_common() if n),
        strangers=len(strangers),
    )


def _tests(wishes: Wishes, asked: tuple[SliceRequest, ...]) -> dict[Wish, _Test]:
    """Return a test for each wish there is: met, not met, or None where the fare does not say."""
    tests: dict[Wish, _Test] = {}
    if any(part.departure_window or part.arrival_window for part in asked):
        # The provider was asked for the same; not every supplier keeps to it.
        tests["times"] = lambda offer: _on_time(offer, asked)
    if wishes.airlines_only:
        tests["airlines_only"] = lambda offer: all(
            _listed(carrier, wishes.airlines_only) for carrier in _carriers(offer)
        )
    if wishes.airlines_exclude:
        tests["airlines_exclude"] = lambda offer: (
            not any(_listed(carrier, wishes.airlines_exclude) for carrier in _carriers(offer))
        )
    if wishes.checked_bag:
        tests["checked_bag"] = _has_checked_bag
    if wishes.refundable:
        tests["refundable"] = lambda offer: _allowed(offer.conditions.refund)
    if wishes.changeable:
        tests["changeable"] = lambda offer: _allowed(offer.conditions.change)
    return tests


def _on_time(offer: Offer, asked: tuple[SliceRequest, ...]) -> bool:
    return all(
        _within(part.departs_at.time(), wanted.departure_window)
        and _within(part.arrives_at.time(), wanted.arrival_window)
        for part, wanted in zip(offer.slices, asked, strict=False)
    )


def _within(clock: time, window: TimeWindow | None) -> bool:
    minute = clock.replace(second=0, microsecond=0)
    return window is None or window.first <= minute <= window.last


def _carriers(offer: Offer) -> set[Carrier]:
    flown = {c for s in offer.segments for c in (s.carrier, s.operating_carrier)}
    return {offer.owner, *flown}


def _listed(carrier: Carrier, airlines: tuple[Airline, ...]) -> bool:
    return any(airline.flies_as(carrier) for airline in airlines)


def _met(airlines: Iterable[Airline], carriers: Iterable[Carrier]) -> set[Airline]:
    return {airline for airline in airlines if any(map(airline.flies_as, carriers))}


def _has_checked_bag(offer: Offer) -> bool | None:
    checked = offer.baggage.checked
    return None if checked is None else checked > 0


def _allowed(condition: Condition | None) -> bool | None:
    return None if condition is None else condition.allowed


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.split())
