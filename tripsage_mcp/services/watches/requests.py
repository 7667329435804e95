"""What is to be watched, checked before anybody is asked."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.flight_request import (
    ADULT_FROM,
    INFANT_BELOW,
    CabinClass,
    OfferRequest,
    SliceRequest,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.watch import (
    USUAL_DROP_PERCENT,
    Alert,
    WatchedFlights,
    WatchEnd,
    flights_of,
)
from tripsage_mcp.domain.watch_times import end_of
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure import airports
from tripsage_mcp.services.arguments import between, money
from tripsage_mcp.services.flights.requests import CABINS, FlightSearch, check

MOST_DROP_PERCENT = 90
_ROUTE = (
    ("origin", '"LIS"'),
    ("destination", '"NYC"'),
    ("departure_date", '"2027-05-10"'),
)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What to watch, as the caller wrote it; see `watch_price` for the meaning of each field.

    Attributes:
        offer_id: Watches the flights of this offer; everything about the route stays out then.
        target: Like `200 EUR`, for all passengers together.
        until: The last day of watching; by default the departure ends it.
    """

    origin: str | None = None
    destination: str | None = None
    departure_date: date | None = None
    return_date: date | None = None
    adults: int | None = None
    children_ages: tuple[int, ...] = ()
    cabin: str | None = None
    max_connections: int | None = None
    offer_id: str | None = None
    target: str | None = None
    drop_percent: int | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What to watch, and until when; `flights` is None for the cheapest of all."""

    request: OfferRequest
    alert: Alert
    ends_at: datetime
    ends_for: WatchEnd
    flights: WatchedFlights | None = None

    @property
    def fingerprint(self) -> bytes:
        """A digest of everything that makes two watches the same."""
        parts = (self.request, self.flights, self.alert, self.ends_at.timestamp())
        return sha256(repr(parts).encode()).digest()


def check_alert(request: WatchRequest) -> Alert:
    """Read when a price is news; by default a new low by a few percent.

    Raises:
        InvalidRequestError: the target or the drop is not valid.
    """
    if request.drop_percent is not None:
        between("drop_percent", request.drop_percent, 1, MOST_DROP_PERCENT, example="5")
    target = None if request.target is None else _target(request.target)
    if target is None and request.drop_percent is None:
        return Alert(drop_percent=USUAL_DROP_PERCENT)
    return Alert(target, request.drop_percent)


def check_route(request: WatchRequest, now: datetime) -> OfferRequest:
    """Read a route with its dates and passengers.

    Raises:
        InvalidRequestError: naming the argument, the rule and a valid example.
    """
    for argument, example in _ROUTE:
        if getattr(request, argument) is None:
            raise InvalidRequestError(
                argument, "is required, unless offer_id names an itinerary", example=example
            )
    search = FlightSearch(
        origin=request.origin,
        destination=request.destination,
        departure_date=request.departure_date,
        return_date=request.return_date,
        adults=1 if request.adults is None else request.adults,
        children_ages=tuple(request.children_ages),
        cabin=request.cabin,
        max_connections=1 if request.max_connections is None else request.max_connections,
    )
    return check(search, now).request


def check_offer_alone(request: WatchRequest) -> None:
    """Refuse a route beside an offer, which says everything about it.

    Raises:
        InvalidRequestError: naming what has to go.
    """
    for argument in (
        "origin", "destination", "departure_date", "return_date", "adults", "children_ages",
        "cabin", "max_connections",
    ):  # fmt: skip
        if getattr(request, argument) not in {None, ()}:
            raise InvalidRequestError(argument, "must be left out where offer_id says it")


def request_of(offer: Offer) -> tuple[OfferRequest, WatchedFlights]:
    """Return the search that finds an offer's flights again, for the same passengers.

    Raises:
        InvalidRequestError: the offer does not say how old a child is, which decides its price.
    """
    ages: list[int] = []
    adults = seated = 0
    for passenger in offer.passengers:
        age = passenger.age
        if passenger.type == "infant_without_seat":
            ages.append(INFANT_BELOW - 1 if age is None else min(age, INFANT_BELOW - 1))
        elif age is not None and age < INFANT_BELOW:
            seated += 1
        elif age is not None and age < ADULT_FROM:
            ages.append(age)
        elif passenger.type == "child" and age is None:
            raise InvalidRequestError(
                "offer_id", "must be of an offer that says each child's age; watch the route"
            )
        else:
            adults += 1
    request = OfferRequest(
        slices=tuple(
            SliceRequest(part.origin.code, part.destination.code, part.departs_at.date())
            for part in offer.slices
        ),
        adults=adults,
        children_ages=tuple(ages),
        infants_in_seat=seated,
        cabin=_cabin(offer),
        max_connections=max(part.connections for part in offer.slices),
    )
    return request, flights_of(offer)


def check_end(
    request: OfferRequest, departs_at: datetime | None, until: date | None, now: datetime
) -> tuple[datetime, WatchEnd]:
    """Return when watching ends by itself, and why.

    Args:
        request: What is searched.
        departs_at: When the first flight leaves; None where only its day is known.
        until: The last day of watching, at the origin.
        now: The time.

    Raises:
        InvalidRequestError: `until` is over, or not before the departure.
    """
    first = request.slices[0]
    zone = airports.look_up(first.origin)[0].time_zone
    if until is not None:
        today = now.astimezone(ZoneInfo(zone)).date()
        last = first.departure_date - _ONE_DAY
        if not today <= until <= last:
            raise InvalidRequestError(
                "until",
                "must be from today up to the day before the departure; leave it out to watch"
                " until the departure",
                example=f'"{last}"' if today <= last else None,
            )
        return end_of(until, zone), "until"
    return departs_at or end_of(first.departure_date, zone), "departed"


def _cabin(offer: Offer) -> CabinClass | None:
    """Return the one cabin of an offer; None for several or one we have no name for."""
    for cabin in CABINS:
        if offer.cabins == (cabin,):
            return cabin
    return None


def _target(given: str) -> Money:
    target = money(given, "target")
    if target.amount == 0:
        raise InvalidRequestError("target", "must be more than nothing", example='"200 EUR"')
    return target.rounded()
