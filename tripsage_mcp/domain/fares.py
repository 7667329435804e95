"""Offers that fly the same segments, side by side: one itinerary, several fares."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, assert_never

from tripsage_mcp.domain.flight import Offer, Slice

type FlightSort = Literal["best", "price", "duration", "departure"]

BEST_WEIGHTS = (60, 30, 10)
"""Percent that price, duration and connections count in the `best` order."""

_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class FlightItinerary:
    """The same segments under one or more offers.

    Attributes:
        fares: Cheapest first, no two the same to a passenger.
    """

    fares: tuple[Offer, ...]

    @property
    def slices(self) -> tuple[Slice, ...]:
        """What is flown; all fares share it."""
        return self.fares[0].slices

    @property
    def minutes(self) -> int:
        """Travel time, all slices together, layovers included."""
        seconds = sum(part.duration.total_seconds() for part in self.slices)
        return round(seconds / _SECONDS_PER_MINUTE)

    @property
    def connections(self) -> int:
        """Changes of flight, all slices together."""
        return sum(part.connections for part in self.slices)


def group(offers: Iterable[Offer]) -> tuple[FlightItinerary, ...]:
    """Put offers that fly the same segments together, in order of first appearance."""
    together: dict[tuple[object, ...], list[Offer]] = {}
    for offer in offers:
        together.setdefault(_flown(offer), []).append(offer)
    return tuple(FlightItinerary(_fares(same)) for same in together.values())


def ordered(itineraries: Iterable[FlightItinerary], by: FlightSort) -> tuple[FlightItinerary, ...]:
    """Sort itineraries; ties fall to price, then duration, then departure, then the flights.

    `best` weighs price against the cheapest, duration against the shortest, and the number of
    connections (`BEST_WEIGHTS`). Prices in several currencies cannot be compared: the currency
    most itineraries are priced in goes first.
    """
    known = tuple(itineraries)
    currencies = _currency_ranks(known)
    cheapest = {
        currency: min(i.fares[0].total.amount for i in known if _currency(i) == currency)
        for currency in currencies
    }
    shortest = min((i.minutes for i in known), default=1)

    def score(itinerary: FlightItinerary) -> Decimal:
        price, duration, connections = BEST_WEIGHTS
        floor = cheapest[_currency(itinerary)]
        return (
            price * itinerary.fares[0].total.amount / max(floor, Decimal(1))
            + Decimal(duration * itinerary.minutes) / max(shortest, 1)
            + connections * itinerary.connections
        )

    def key(itinerary: FlightItinerary) -> tuple[object, ...]:
        rank = currencies[_currency(itinerary)]
        price = (rank, itinerary.fares[0].total.amount)
        departure = itinerary.slices[0].departs_at
        rest = (*price, itinerary.minutes, departure, str(_flown(itinerary.fares[0])))
        match by:
            case "best":
                return (rank, score(itinerary), *rest)
            case "price":
                return rest
            case "duration":
                return (itinerary.minutes, *rest)
            case "departure":
                return (departure, *rest)
            case _:
                assert_never(by)

    return tuple(sorted(known, key=key))


def _fares(offers: list[Offer]) -> tuple[Offer, ...]:
    ranks = Counter(offer.total.currency for offer in offers)
    cheapest_first = sorted(
        offers,
        key=lambda o: (-ranks[o.total.currency], o.total.currency, o.total.amount, -_epoch(o)),
    )
    distinct: dict[tuple[object, ...], Offer] = {}
    for offer in cheapest_first:
        distinct.setdefault(_seen(offer), offer)
    return tuple(distinct.values())


def _epoch(offer: Offer) -> float:
    return offer.expires_at.timestamp()


def _flown(offer: Offer) -> tuple[tuple[tuple[str, str, str, datetime], ...], ...]:
    return tuple(
        tuple((s.flight, s.origin.code, s.destination.code, s.departs_at) for s in part.segments)
        for part in offer.slices
    )


def _seen(offer: Offer) -> tuple[object, ...]:
    return (
        offer.total,
        offer.conditions,
        offer.owner,
        tuple((part.fare_brand, part.conditions) for part in offer.slices),
        tuple((segment.cabin, segment.baggage) for segment in offer.segments),
    )


def _currency(itinerary: FlightItinerary) -> str:
    return itinerary.fares[0].total.currency


def _currency_ranks(itineraries: tuple[FlightItinerary, ...]) -> dict[str, int]:
    counts = Counter(_currency(itinerary) for itinerary in itineraries)
    return {code: n for n, code in enumerate(sorted(counts, key=lambda c: (-counts[c], c)))}
