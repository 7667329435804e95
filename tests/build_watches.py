"""Builders of watches: a valid one in one call, with only the interesting fields named."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from tests.build_flights import NOW
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.domain.watch import Alert, PricePoint, PriceWatch, WatchedFlights

ROUTE = OfferRequest((SliceRequest("LIS", "LHR", date(2027, 5, 10)),))
DEPARTED = datetime(2027, 5, 11, tzinfo=UTC)


def euros(amount: float | str) -> Money:
    return Money(Decimal(str(amount)), "EUR")


def watch(
    *,
    target: Money | None = None,
    drop_percent: int | None = None,
    flights: WatchedFlights | None = None,
    request: OfferRequest = ROUTE,
    ends_at: datetime = DEPARTED,
) -> PriceWatch:
    if target is None and drop_percent is None:
        drop_percent = 3
    return PriceWatch(
        watch_id=uuid4(),
        request=request,
        alert=Alert(target, drop_percent),
        created_at=NOW,
        ends_at=ends_at,
        flights=flights,
    )


def point(
    price: float | Money | None = None,
    *,
    hours: float = 0,
    failure: str | None = None,
    data: DataKind = "live",
) -> PricePoint:
    money = euros(price) if isinstance(price, int | float) else price
    at = NOW + timedelta(hours=hours)
    return PricePoint(at, money, int(money is not None), None if failure else data, failure)
