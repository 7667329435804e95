"""A source of flights whose prices depend on the dates."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tests.build_flights import flown, found, offer, segment
from tests.fakes import FakeFlights
from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.errors import TripSageError
from tripsage_mcp.providers.ports import SearchProgress

type Dates = tuple[date, date | None]
type Sold = list[Offer] | TripSageError | OffersFound


def dates(request: OfferRequest) -> Dates:
    """Return departure and return of a request."""
    first, *back = request.slices
    return first.departure_date, back[0].departure_date if back else None


def usual(request: OfferRequest) -> Sold:
    """Sell each pair of dates at 100 plus the day of the month, with the return's added."""
    departure, back = dates(request)
    price = 100 + departure.day + (0 if back is None else back.day)
    return [priced(request, str(price))]


def priced(request: OfferRequest, price: str, *, currency: str = "EUR", changes: int = 0) -> Offer:
    """Return an offer on the dates of a request; each change of flight takes an hour."""
    day, back = dates(request)
    out = [segment("LIS-LHR", f"{day}T09:00"), segment("LHR-CDG", f"{day}T14:00", 80)]
    slices = [flown(*out[: 1 + changes])]
    if back is not None:
        slices.append(flown(segment("LHR-LIS", f"{back}T20:00")))
    number = day.toordinal() * 1000 + (0 if back is None else (back - day) // timedelta(days=1))
    return offer(number, *slices, price=price, currency=currency)


@dataclass
class DatedFlights(FakeFlights):
    """Sells by date, and measures how it is asked.

    Attributes:
        sold: What is sold for a request, or why it fails.
        silent: Dates that are never answered.
        when_silent: Called with how many searches are waiting for an answer that never comes.
        answered: The dates that were.
        most: How many searches ran at once, at most.
    """

    sold: Callable[[OfferRequest], Sold] = usual
    silent: Callable[[Dates], bool] = lambda _dates: False
    when_silent: Callable[[int], object] = lambda _waiting: None
    answered: list[Dates] = field(default_factory=list[Dates])
    running: int = 0
    waiting: int = 0
    most: int = 0

    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        assert progress is None
        self.requests.append(request)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            # Others get their turn, as they do while a real provider thinks.
            for _ in range(3):
                await asyncio.sleep(0)
            if self.silent(dates(request)):
                self.waiting += 1
                self.when_silent(self.waiting)
                await asyncio.Event().wait()
            sold = self.sold(request)
        finally:
            self.running -= 1
        if isinstance(sold, TripSageError):
            raise sold
        self.answered.append(dates(request))
        return sold if isinstance(sold, OffersFound) else replace(found(*sold), slices=())
