"""Handlers of booking: seat maps, prices, orders, payments, cancellations."""

from collections.abc import Callable

import anyio.to_thread
from starlette.requests import Request

from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel.bookings import Booking
from tripsage_mcp.sandbox.duffel.cashier import Cashier
from tripsage_mcp.sandbox.duffel.desk import Desk
from tripsage_mcp.sandbox.duffel.errors import RefusedError, invalid, required
from tripsage_mcp.sandbox.duffel.gate import Handler, encoded, json_of, page
from tripsage_mcp.sandbox.duffel.order_wire import awaits_payment, order_json

_SORTS = ("payment_required_by", "created_at", "next_departure")
_NO_WISHES: object = {"data": dict[str, object]()}
_NAMES = ("given_name", "family_name")


class Ordering:
    """Each handler returns a status and a body."""

    def __init__(self, desk: Desk, cashier: Cashier, now: Clock) -> None:
        self._desk = desk
        self._now = now
        self.pay = _posting(cashier.pay, 201)
        self.quote = _posting(cashier.quote, 201)
        self.payment = _getting(cashier.payment)
        self.cancellation = _getting(cashier.cancellation)
        self.confirm = _getting(cashier.confirm)
        self.payments = _listing(cashier.payments)
        self.cancellations = _listing(cashier.cancellations)
        self.order = _getting(desk.get)

    async def seat_maps(self, request: Request) -> tuple[int, object]:
        """GET /air/seat_maps."""
        offer_id = request.query_params.get("offer_id")
        if not offer_id:
            raise RefusedError(422, required("offer_id", "/offer_id"))

        def work() -> bytes:
            return encoded({"data": self._desk.seat_maps(offer_id)})

        return 200, await anyio.to_thread.run_sync(work)

    async def price(self, request: Request) -> tuple[int, object]:
        """POST /air/offers/{id}/actions/price."""
        # The body may be left out.
        body = await json_of(request) if await request.body() else _NO_WISHES

        def work() -> object:
            return {"data": self._desk.price(request.path_params["id"], body)}

        return 200, await anyio.to_thread.run_sync(work)

    async def create(self, request: Request) -> tuple[int, object]:
        """POST /air/orders."""
        body = await json_of(request)
        status, order = await anyio.to_thread.run_sync(self._desk.create, body)
        return status, {"data": order}

    async def update(self, request: Request) -> tuple[int, object]:
        """PATCH /air/orders/{id}."""
        body = await json_of(request)

        def work() -> object:
            return {"data": self._desk.update(request.path_params["id"], body)}

        return 200, await anyio.to_thread.run_sync(work)

    async def orders(self, request: Request) -> tuple[int, object]:
        """GET /air/orders."""

        def work() -> object:
            now = self._now()
            found = self._desk.all(request.query_params.get("offer_id"))
            found = [b for b in found if _wanted(request, b, awaiting=awaits_payment(b, now))]
            return page(request, [order_json(b, now) for b in _sorted(request, found)])

        return 200, await anyio.to_thread.run_sync(work)


def _wanted(request: Request, booking: Booking, *, awaiting: bool) -> bool:
    query = request.query_params
    names = [str(p[key]).casefold() for p in booking.passengers for key in _NAMES]
    asked = [name.casefold() for name in query.getlist("passenger_name[]")]
    checks = {
        "booking_reference": booking.reference,
        "awaiting_payment": str(awaiting).lower(),
        "requires_action": str(booking.rescheduled).lower(),
    }
    return all(query.get(key, value) == value for key, value in checks.items()) and (
        not asked or any(one in name for one in asked for name in names)
    )


def _sorted(request: Request, found: list[Booking]) -> list[Booking]:
    """Return orders as asked for; the newest first unless told otherwise."""
    sort = request.query_params.get("sort", "-created_at")
    key, backwards = sort.removeprefix("-"), sort.startswith("-")
    if key not in _SORTS:
        rule = f"must be one of {', '.join(_SORTS)}, or one of these after '-'"
        raise RefusedError(422, invalid("sort", "/sort", rule))
    if key == "payment_required_by":
        # Orders that need no payment come last either way.
        due = [b for b in found if b.pay_by is not None]
        rest = [b for b in found if b.pay_by is None]
        return sorted(due, key=lambda b: b.pay_by or b.created_at, reverse=backwards) + rest
    by_departure = key == "next_departure"
    return sorted(
        found, key=lambda b: b.departs if by_departure else b.created_at, reverse=backwards
    )


def _posting(work: Callable[[object], object], status: int) -> Handler:
    async def handle(request: Request) -> tuple[int, object]:
        body = await json_of(request)
        return status, {"data": await anyio.to_thread.run_sync(work, body)}

    return handle


def _getting(work: Callable[[str], object]) -> Handler:
    """Return a handler of something named in the path; also of actions without a body."""

    async def handle(request: Request) -> tuple[int, object]:
        return 200, {"data": await anyio.to_thread.run_sync(work, request.path_params["id"])}

    return handle


def _listing(work: Callable[[str | None], list[dict[str, object]]]) -> Handler:
    async def handle(request: Request) -> tuple[int, object]:
        rows = await anyio.to_thread.run_sync(work, request.query_params.get("order_id"))
        return 200, page(request, rows)

    return handle
