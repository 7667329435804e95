"""Watching a price: what is watched, what was seen, and when that is news."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.errors import ProviderProtocolError

type WatchEnd = Literal["departed", "until", "stopped", "failing"]
type NewsKind = Literal["target_reached", "new_low", "appeared"]
type Trend = Literal["falling", "rising", "steady", "unknown"]

USUAL_DROP_PERCENT = 3
MOST_FAILURES = 10
"""Failed checks in a row after which a watch ends, unless asking later may help."""

_HUNDRED = Decimal(100)
_STEADY_WITHIN = Decimal("0.02")
_TREND_POINTS = 9
_FEWEST_FOR_TREND = 3


@dataclass(frozen=True, slots=True)
class WatchedFlight:
    """One flight number on one day, local to where it departs."""

    flight: str
    origin: str
    destination: str
    departure_date: date


type WatchedFlights = tuple[tuple[WatchedFlight, ...], ...]
"""The flights of an itinerary, slice by slice."""


@dataclass(frozen=True, slots=True)
class Alert:
    """When a price is news; either is enough.

    Attributes:
        target: A new low at or below it. While prices are in another currency, which nothing can
            be at or below, the usual drop is news in its place.
        drop_percent: A new low by at least so much below the last price that was told.
    """

    target: Money | None = None
    drop_percent: int | None = None

    def __post_init__(self) -> None:
        """Refuse an alert that never sounds."""
        if self.target is None and self.drop_percent is None:
            raise ValueError("an alert needs a target or a drop")

    def drop_in(self, currency: str) -> int | None:
        """Return the drop that is news among prices in a currency."""
        deaf = self.target is not None and self.target.currency != currency
        return USUAL_DROP_PERCENT if deaf and self.drop_percent is None else self.drop_percent


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What one check saw.

    Attributes:
        price: The cheapest fare for all passengers together; None when nothing was sold, or when
            the check failed.
        offers: How many offers there were to choose from.
        data: None when the check failed.
        failure: The error code of a check that failed.
    """

    seen_at: datetime
    price: Money | None = None
    offers: int = 0
    data: DataKind | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PriceWatch:
    """A search that is repeated until it ends.

    All prices are in one currency and of one kind of data: when either changes, they begin anew.

    Attributes:
        flights: Only offers that fly exactly these count; None for the cheapest of all.
        ends_at: When it ends by itself, for the reason `ends_for`.
        ended: Why it has ended; None while it is active.
        first: The first price seen.
        best: The lowest price seen, at `best_at`.
        last: What the last successful check saw; None when nothing was sold then.
        told: The lowest price the traveller has been told.
        data: Of these prices.
        checks: How often it was checked, failures included.
        failures: How many of the last checks failed in a row.
    """

    watch_id: UUID
    request: OfferRequest
    alert: Alert
    created_at: datetime
    ends_at: datetime
    ends_for: WatchEnd = "departed"
    flights: WatchedFlights | None = None
    ended: WatchEnd | None = None
    ended_at: datetime | None = None
    first: Money | None = None
    best: Money | None = None
    best_at: datetime | None = None
    last: Money | None = None
    told: Money | None = None
    data: DataKind | None = None
    checked_at: datetime | None = None
    checks: int = 0
    failures: int = 0

    @property
    def active(self) -> bool:
        """Whether it goes on."""
        return self.ended is None

    @property
    def route(self) -> str:
        """What is watched, e.g. `LIS-LHR 2027-05-10, LHR-LIS 2027-05-17`."""
        return ", ".join(
            f"{part.origin}-{part.destination} {part.departure_date}"
            for part in self.request.slices
        )


@dataclass(frozen=True, slots=True)
class News:
    """A price worth telling; `before` is the lowest one told until now, None for the first."""

    kind: NewsKind
    price: Money
    before: Money | None


def flights_of(offer: Offer) -> WatchedFlights:
    """Return what an offer flies."""
    return tuple(
        tuple(
            WatchedFlight(
                each.flight, each.origin.code, each.destination.code, each.departs_at.date()
            )
            for each in part.segments
        )
        for part in offer.slices
    )


def seen_in(found: OffersFound, watch: PriceWatch, now: datetime) -> PricePoint:
    """Return the cheapest of the offers that count, in the watch's currency where there is one.

    An answer that lacks suppliers, or holds offers that could not be read, and nothing else is a
    failure, not an empty answer.
    """
    alive = [
        offer
        for offer in found.offers
        if offer.expires_at > now and watch.flights in {None, flights_of(offer)}
    ]
    if not alive and found.unanswered is not None:
        return PricePoint(now, failure=found.unanswered.code)
    if not alive and found.unreadable:
        return PricePoint(now, failure=ProviderProtocolError.code)
    counts = Counter(offer.total.currency for offer in alive)
    usual = None if watch.first is None else watch.first.currency
    currency = usual if usual in counts else min(counts, key=lambda c: (-counts[c], c), default="")
    prices = [offer.total for offer in alive if offer.total.currency == currency]
    return PricePoint(now, min(prices, default=None), len(alive), found.provenance.data)


def observe(watch: PriceWatch, point: PricePoint) -> tuple[PriceWatch, News | None]:
    """Take in one more point; the first one of a new watch is never news, for it is shown."""
    checked = replace(watch, checked_at=point.seen_at, checks=watch.checks + 1)
    if point.failure is not None:
        return replace(checked, failures=watch.failures + 1), None
    checked = replace(checked, failures=0, last=point.price)
    if point.price is None:
        return checked, None
    news = _news(watch, point.price, point.data)
    return _taken_in(checked, point.price, point, told=news is not None), news


def trend(points: Sequence[PricePoint]) -> Trend:
    """Say where the price is going: the last one against the median of up to eight before it."""
    priced = [(point.price, point.data) for point in points if point.price is not None]
    if not priced:
        return "unknown"
    last, data = priced[-1]
    earlier = [
        price.amount
        for price, kind in priced[-_TREND_POINTS:-1]
        if price.currency == last.currency and kind == data
    ]
    if len(earlier) < _FEWEST_FOR_TREND - 1:
        return "unknown"
    usual = Decimal(median(earlier))
    if abs(last.amount - usual) <= usual * _STEADY_WITHIN:
        return "steady"
    return "falling" if last.amount < usual else "rising"


def _news(watch: PriceWatch, price: Money, data: DataKind | None) -> News | None:
    if watch.checks == 0:
        return None
    alert, told = watch.alert, watch.told
    comparable = _comparable(watch, price, data)
    before = told if comparable else None
    target = alert.target
    lower = before is None or price < before
    if target is not None and target.currency == price.currency and lower and price <= target:
        return News("target_reached", price, before)
    drop = alert.drop_in(price.currency)
    if drop is None:
        return None
    if told is None:
        return News("appeared", price, None)
    if before is not None and price <= before * ((_HUNDRED - drop) / _HUNDRED):
        return News("new_low", price, before)
    return None


def _taken_in(watch: PriceWatch, price: Money, point: PricePoint, *, told: bool) -> PriceWatch:
    seen_at = point.seen_at
    if watch.first is None or watch.best is None or not _comparable(watch, price, point.data):
        return replace(watch, first=price, best=price, best_at=seen_at, told=price, data=point.data)
    if price < watch.best:
        watch = replace(watch, best=price, best_at=seen_at)
    return replace(watch, told=price) if told else watch


def _comparable(watch: PriceWatch, price: Money, data: DataKind | None) -> bool:
    """Whether a price may be measured by those before it: never invented ones by real ones."""
    first = watch.first
    return first is not None and first.currency == price.currency and watch.data == data
