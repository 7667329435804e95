"""Flights from Duffel, API version v2 (https://duffel.com/docs/api): settings and wiring."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from pydantic import Field, ValidationInfo, field_validator

from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import (
    ASGIApp,
    HTTPClient,
    JSONClient,
    Reply,
    Sleep,
    open_client,
)
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.duffel.api import DuffelAccess, DuffelAPI
from tripsage_mcp.providers.duffel.wire import NAME
from tripsage_mcp.providers.flights import duffel_errors
from tripsage_mcp.providers.flights.duffel_batches import BatchSearch
from tripsage_mcp.providers.flights.duffel_bodies import PaymentType
from tripsage_mcp.providers.flights.duffel_offers import DuffelOffers
from tripsage_mcp.providers.flights.duffel_orders import DuffelOrders

_MILLISECONDS = 1000
# Airlines take up to two minutes to make an order; Duffel asks to wait a little longer than that.
_ORDER_TIMEOUT_S = 130.0
# Once is enough: a search that failed at Duffel took up to `supplier_timeout_ms` to do so.
_ATTEMPTS = 2

type _Explain = Callable[[Reply, Clock], TripSageError | None]


class DuffelConfig(DuffelAccess):
    """Settings of the Duffel provider.

    Attributes:
        supplier_timeout_ms: How long Duffel waits for airlines, 2 000 to 60 000.
        timeout_s: How long we wait for Duffel; longer than it waits itself.
        order_timeout_s: How long we wait for an order, a payment or a cancellation, at least 130.
        payment_type: What orders are paid with: the Duffel balance, or IATA's ARC/BSP cash.
    """

    supplier_timeout_ms: int = Field(default=20_000, ge=2_000, le=60_000)
    timeout_s: Seconds = Field(default=30.0, validate_default=True)
    order_timeout_s: Seconds = Field(default=_ORDER_TIMEOUT_S, ge=_ORDER_TIMEOUT_S)
    payment_type: PaymentType = "balance"

    @field_validator("timeout_s")
    @classmethod
    def _outlasts_the_supplier_timeout(cls, value: float, info: ValidationInfo) -> float:
        supplier_ms = info.data.get("supplier_timeout_ms")
        if supplier_ms is not None and value * _MILLISECONDS <= supplier_ms:
            raise ValueError("must be longer than TRIPSAGE_DUFFEL_SUPPLIER_TIMEOUT_MS")
        return value


@dataclass(frozen=True, slots=True)
class Duffel:
    """Duffel's two ports, over two clients that share one health and one queue."""

    offers: DuffelOffers
    orders: DuffelOrders

    @property
    def health(self) -> Health:
        """How Duffel did lately."""
        return self.offers.api.http.health

    async def aclose(self) -> None:
        """Close the clients."""
        try:
            await self.offers.api.http.client.aclose()
        finally:
            await self.orders.acting.http.client.aclose()


def build(
    config: DuffelConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    client: HTTPClient | None = None,
    sleep: Sleep = asyncio.sleep,
    limit: OutboundLimit | None = None,
) -> Duffel:
    """Wire the provider from its settings; the caller awaits `aclose`.

    Args:
        config: Its settings; without a token every call raises `ProviderNotConfiguredError`.
        data: What live answers are labelled; Duffel's own test mode is `sandbox` in any case.
        now: The clock.
        app: Answer from this application in-process instead of the network.
        client: Use this client for everything instead of opening two.
        sleep: Waits between attempts.
        limit: The queue that every request waits in.
    """

    def explained(explain: _Explain) -> Callable[[Reply], TripSageError | None]:
        return lambda reply: explain(reply, now)

    def opened(timeout_s: float) -> HTTPClient:
        return client or open_client(config.base_url, timeout_s=timeout_s, app=app)

    def api(http: JSONClient) -> DuffelAPI:
        return DuffelAPI(http, config.access_token, data, now)

    searching = JSONClient(
        NAME,
        opened(config.timeout_s),
        explain=explained(duffel_errors.explain),
        attempts=_ATTEMPTS,
        now=now,
        sleep=sleep,
        limit=limit,
    )
    in_batches = replace(searching, explain=explained(duffel_errors.explain_batches))
    reading = replace(searching, explain=explained(duffel_errors.explain_order), attempts=1)
    asking = replace(reading, client=opened(config.order_timeout_s))
    acting = replace(asking, explain=explained(duffel_errors.explain_act))
    return Duffel(
        offers=DuffelOffers(
            api=api(searching),
            batches=BatchSearch(
                api(in_batches), config.supplier_timeout_ms, config.timeout_s, sleep
            ),
            supplier_timeout_ms=config.supplier_timeout_ms,
        ),
        orders=DuffelOrders(
            reading=api(reading),
            asking=api(asking),
            acting=api(acting),
            payment_type=config.payment_type,
        ),
    )
