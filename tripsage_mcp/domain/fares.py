"""Offers that fly the same segments, side by side: one itinerary, several fares."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, assert_never

from tripsage_mcp.domain.flight import Offer, Slice
from tripsage_mcp.domain.money import ExchangeRate

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


@dataclass(frozen=True, slots=True)
class Prices:
    """Makes the prices of one answer comparable.

    Prices in several currencies can be compared only after conversion. Those without a rate come
    after the others, the currency of most offers first.

    Attributes:
        rates: To one currency, by the currency they are from.
        ranks: Of each currency; prices are compared within one rank.
    """

    rates: Mapping[str, ExchangeRate] = field(default_factory=dict[str, ExchangeRate])
    ranks: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, offers: Iterable[Offer], rates: Iterable[ExchangeRate] = ()) -> "Prices":
        """Rank the currencies of `offers`; all rates are to the same currency."""
        known = {rate.base: rate for rate in rates} | {rate.quote: None for rate in rates}
        counts = Counter(offer.total.currency for offer in offers)
        others = sorted(counts.keys() - known.keys(), key=lambda code: (-counts[code], code))
        ranks = dict.fromkeys(known, 0) | {code: n for n, code in enumerate(others, 1)}
        return cls({code: rate for code, rate in known.items() if rate is not None}, ranks)

    def key(self, offer: Offer) -> tuple[int, Decimal]:
        """Return what the price of an offer is compared by; exact, nothing is rounded."""
        total = offer.total
        rate = self.rates.get(total.currency)
        amount = total.amount if rate is None else total.amount * rate.rate
        return (self.ranks.get(total.currency, len(self.ranks)), amount)


def group(offers: Iterable[Offer], prices: Prices | None = None) -> tuple[FlightItinerary, ...]:
    """Put offers that fly the same segments together, in order of first appearance.

    Of offers that are the same to a passenger the one that lives longest stands for all.
    """
    every = tuple(offers)
    comparable = prices or Prices.of(every)
    together: dict[tuple[object, ...], list[Offer]] = {}
    for offer in every:
        together.setdefault(_flown(offer), []).append(offer)
    return tuple(FlightItinerary(_fares(same, comparable)) for same in together.values())


def ordered(
    itineraries: Iterable[FlightItinerary], by: FlightSort, prices: Prices | None = None
) -> tuple[FlightItinerary, ...]:
    """Sort itineraries; ties fall to price, then duration, then departure, then the flights.

    `best` weighs price against the cheapest, duration against the shortest, and the number of
    connections (`BEST_WEIGHTS`).
    """
    known = tuple(itineraries)
    comparable = prices or Prices.of(i.fares[0] for i in known)
    cheapest: dict[int, Decimal] = {}
    for itinerary in known:
        rank, amount = comparable.key(itinerary.fares[0])
        cheapest[rank] = min(amount, cheapest.get(rank, amount))
    shortest = min((i.minutes for i in known), default=1)

    def score(itinerary: FlightItinerary) -> Decimal:
        price, duration, connections = BEST_WEIGHTS
        rank, amount = comparable.key(itinerary.fares[0])
        return (
            price * amount / max(cheapest[rank], Decimal(1))
            + Decimal(duration * itinerary.minutes) / max(shortest, 1)
            + connections * itinerary.connections
        )

    def key(itinerary: FlightItinerary) -> tuple[object, ...]:
        price = comparable.key(itinerary.fares[0])
        departure = itinerary.slices[0].departs_at
        rest = (price, itinerary.minutes, departure, _flown(itinerary.fares[0]))
        match by:
            case "best":
                return (price[0], score(itinerary), *rest)
            case "price":
                return rest
            case "duration":
                return (itinerary.minutes, *rest)
            case "departure":
                return (departure, *rest)
            case _:
                assert_never(by)

    return tuple(sorted(known, key=key))


def _fares(offers: list[Offer], prices: Prices) -> tuple[Offer, ...]:
    # The id comes last, so that the order never depends on the provider's.
    cheapest_first = sorted(
        offers, key=lambda o: (prices.key(o), -o.expires_at.timestamp(), o.offer_id)
    )
    distinct: dict[tuple[object, ...], Offer] = {}
    for offer in cheapest_first:
        distinct.setdefault(_seen(offer), offer)
    return tuple(distinct.values())


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
        tuple((part.fare_brand, part.conditions, part.seat_selection) for part in offer.slices),
        tuple((s.cabin, s.baggage, s.operating_carrier) for s in offer.segments),
    )
