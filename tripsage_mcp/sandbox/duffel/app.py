"""The ASGI application: Duffel's paths, and what stands behind each.

Answers the part of the Duffel API v2 that searching, booking and cancelling need. Nothing is ever
booked with anybody: money and seats are invented.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox.duffel import reference
from tripsage_mcp.sandbox.duffel.answers import Answers, Drift
from tripsage_mcp.sandbox.duffel.batches import Batches
from tripsage_mcp.sandbox.duffel.cashier import Cashier
from tripsage_mcp.sandbox.duffel.desk import Desk
from tripsage_mcp.sandbox.duffel.errors import not_found
from tripsage_mcp.sandbox.duffel.faults import Faults
from tripsage_mcp.sandbox.duffel.gate import Endpoint, Gate, Handler, Quota, page
from tripsage_mcp.sandbox.duffel.ledger import Ledger
from tripsage_mcp.sandbox.duffel.ordering import Ordering
from tripsage_mcp.sandbox.duffel.searching import Searching
from tripsage_mcp.sandbox.duffel.stays import Stays

SANDBOX_TOKEN = "duffel_test_sandbox"  # noqa: S105 - opens an invented world only


async def _nowhere(_request: Request) -> NoReturn:
    raise not_found()


@dataclass(frozen=True, slots=True)
class Trouble:
    """How the twin misbehaves, beside the routes of Duffel's test mode; not at all by default.

    Attributes:
        silent: IATA codes of airlines that never answer a batch request.
        drift: How the price of an offer changes while it is on sale.
        faults: Which requests fail, and how; see `Faults`.
        stays: Whether the account may use Stays.
    """

    silent: Collection[str] = ()
    drift: Drift | None = None
    faults: Mapping[int | str, str] = MappingProxyType({})
    stays: bool = True


def build_app(
    seed: int = 0,
    now: Clock = utc_now,
    token: str = SANDBOX_TOKEN,
    *,
    ledger: Ledger | None = None,
    requests_per_minute: int = 300,
    trouble: Trouble = Trouble(),
) -> Starlette:
    """Return the twin as an ASGI application.

    Args:
        seed: Which invented world; the same seed and clock give the same flights and prices.
        now: Decides what is past, what an advance purchase costs, and when an offer expires.
        token: The one access token it accepts.
        ledger: Remembers orders; by default in memory, for as long as the application lives.
        requests_per_minute: More are answered with 429.
        trouble: How it misbehaves.
    """
    ledger = ledger or Ledger()
    answers = Answers(seed, ledger, trouble.drift)
    search = Searching(answers, Batches(answers, ledger, now, trouble.silent), now)
    orders = Ordering(Desk(answers, ledger, now), Cashier(ledger, now), now)
    stays = Stays(seed, now, enabled=trouble.stays)
    gate = Gate(now, token, Quota(requests_per_minute))

    def route(path: str, handle: Handler, method: str) -> list[Route]:
        endpoint = gate.guard(handle)
        return [Route(p, endpoint, methods=[method]) for p in (path, f"{path}/")]

    routes = [
        *route("/air/offer_requests", search.create, "POST"),
        *route("/air/offer_requests/{id}", search.request, "GET"),
        *route("/air/batch_offer_requests", search.create_batch, "POST"),
        *route("/air/batch_offer_requests/{id}", search.batch, "GET"),
        *route("/air/offers", search.offers, "GET"),
        *route("/air/offers/{id}", search.offer, "GET"),
        *route("/air/offers/{id}/actions/price", orders.price, "POST"),
        *route("/air/seat_maps", orders.seat_maps, "GET"),
        *route("/air/orders", orders.create, "POST"),
        *route("/air/orders", orders.orders, "GET"),
        *route("/air/orders/{id}", orders.order, "GET"),
        *route("/air/orders/{id}", orders.update, "PATCH"),
        *route("/air/payments", orders.pay, "POST"),
        *route("/air/payments", orders.payments, "GET"),
        *route("/air/payments/{id}", orders.payment, "GET"),
        *route("/air/order_cancellations", orders.quote, "POST"),
        *route("/air/order_cancellations", orders.cancellations, "GET"),
        *route("/air/order_cancellations/{id}", orders.cancellation, "GET"),
        *route("/air/order_cancellations/{id}/actions/confirm", orders.confirm, "POST"),
        *route("/stays/search", stays.search, "POST"),
        *route("/stays/search_results/{id}/actions/fetch_all_rates", stays.rates, "POST"),
        *route("/stays/quotes", stays.quote, "POST"),
        *route("/stays/quotes/{id}", stays.read_quote, "GET"),
        *route("/stays/accommodation/{id}", stays.accommodation, "GET"),
        *route("/places/suggestions", search.suggestions, "GET"),
    ]
    for name, catalogue in reference.CATALOGUES.items():
        routes += route(f"/air/{name}", _listing(catalogue), "GET")
        routes += route(f"/air/{name}/{{id}}", _lookup(catalogue), "GET")
    nowhere = gate.guard(_nowhere)
    return Starlette(
        routes=routes,
        middleware=[Middleware(Faults, now=now, plan=trouble.faults)],
        exception_handlers={404: _as_handler(nowhere), 405: _as_handler(nowhere)},
    )


def _as_handler(endpoint: Endpoint) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, _exc: Exception) -> Response:
        return await endpoint(request)

    return handle


def _listing(catalogue: reference.Catalogue) -> Handler:
    async def handle(request: Request) -> tuple[int, object]:
        rows = list(catalogue().values())
        for name in ("iata_code", "iata_country_code"):
            wanted = request.query_params.get(name)
            rows = [row for row in rows if wanted is None or row.get(name) == wanted]
        return 200, page(request, rows)

    return handle


def _lookup(catalogue: reference.Catalogue) -> Handler:
    async def handle(request: Request) -> tuple[int, object]:
        row = catalogue().get(request.path_params["id"])
        if row is None:
            raise not_found()
        return 200, {"data": row}

    return handle
