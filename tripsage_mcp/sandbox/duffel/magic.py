"""The routes Duffel's test mode gives a meaning, for one-way searches.

https://duffel.com/docs/api/overview/test-your-integration
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tripsage_mcp.sandbox.duffel.request import OfferRequest
from tripsage_mcp.sandbox.schedule.timetable import Itinerary, with_technical_stop


@dataclass(frozen=True, slots=True)
class Magic:
    """How one route departs from the ordinary.

    Attributes:
        house: Duffel Airways flies it.
        price_change: Factor on the base fare when an offer is fetched alone.
        sold_out: The offer is there until somebody orders it.
        no_funds: The balance does not cover it.
        order_fails: The airline refuses to book, without side effects.
        order_status: What creating an order answers; other than 201 there is no order yet.
        order_after: How long until the order exists; None is never.
        rescheduled: The airline changes the flights once they are booked.
        credits: Cancelling gives airline credits back instead of money.
    """

    house: bool = True
    no_offers: bool = False
    times_out: bool = False
    hold: bool = False
    connecting: bool = False
    technical_stop: bool = False
    no_bags: bool = False
    no_services: bool = False
    withdrawn: bool = False
    price_change: Decimal = Decimal(1)
    sold_out: bool = False
    no_funds: bool = False
    order_fails: bool = False
    order_status: int = 201
    order_after: timedelta | None = timedelta()
    rescheduled: bool = False
    credits: bool = False

    def refit(self, found: list[Itinerary]) -> list[Itinerary]:
        """Keep or change the itineraries as the route demands."""
        if self.no_offers:
            return []
        if self.connecting:
            return [i for i in found if len(i.flights) > 1]
        if self.technical_stop:
            alone = (i.flights[0] for i in found if len(i.flights) == 1)
            return [Itinerary((with_technical_stop(flight),)) for flight in alone]
        return found


ORDINARY = Magic(house=False)
_ROUTES = {
    ("PVD", "RAI"): Magic(no_offers=True),
    ("JFK", "EWR"): Magic(hold=True),
    ("LHR", "DXB"): Magic(house=False, connecting=True),
    ("BTS", "MRU"): Magic(no_bags=True),
    ("STN", "LHR"): Magic(times_out=True),
    ("DXB", "AMS"): Magic(technical_stop=True),
    ("BTS", "ABV"): Magic(no_services=True),
    ("LGW", "LHR"): Magic(withdrawn=True),
    ("LHR", "STN"): Magic(price_change=Decimal("1.08"), sold_out=True),
    ("LHR", "LGW"): Magic(order_fails=True),
    ("LGW", "STN"): Magic(no_funds=True),
    ("LTN", "STN"): Magic(order_status=200, order_after=timedelta(seconds=30)),
    ("SEN", "STN"): Magic(order_status=202, order_after=timedelta(minutes=20)),
    ("LCY", "STN"): Magic(order_status=202, order_after=None),
    ("LHR", "LTN"): Magic(rescheduled=True),
    ("LTN", "SYD"): Magic(credits=True),
}


def magic_of(request: OfferRequest) -> Magic:
    """Return what the route of a request means; only a one-way search has a meaning."""
    part, *more = request.slices
    if more:
        return ORDINARY
    return _ROUTES.get((part.origin, part.destination), ORDINARY)
