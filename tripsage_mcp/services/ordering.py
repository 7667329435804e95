"""What happens once there is a yes: order, pay or cancel once, and find out what came of it.

Each step runs in a task of its own, which a caller that gives up does not stop: whatever the
provider did is written down. Nothing is sent twice; where no answer says what happened, the order
is read back, and until it is found the booking is `unconfirmed`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.booking import (
    LAPSED,
    UNSETTLED,
    Booking,
    BookingStatus,
    status_of,
)
from tripsage_mcp.domain.order import Cancellation, Order, OrderRequest
from tripsage_mcp.errors import (
    ConflictError,
    OutcomeUnknownError,
    PaymentRefusedError,
    ProviderError,
    ProviderProtocolError,
    ProviderUnavailableError,
    StorageError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.providers.ports import FlightOrders
from tripsage_mcp.repositories.ports import Storage

log = logging.getLogger("tripsage")

# How long to wait before each look for an order whose answer was lost.
LOOKS_S = (1.0, 2.0, 4.0, 8.0)
# A provider takes up to two minutes; an order that is older and has no answer was abandoned.
_ORDERING_FOR = timedelta(minutes=3)
_CLOSE_WITHIN_S = 8.0
_LIVING: tuple[BookingStatus, ...] = ("ordering", "booked", "held", "cancelled", "unconfirmed")

type Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A booking and its order as the provider has it; None where it was not read or not found."""

    booking: Booking
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A booking that was to be cancelled; `cancellation` is None while that is not known."""

    seen: Seen
    cancellation: Cancellation | None


@dataclass(frozen=True, slots=True)
class Ordering:
    """Acts on the traveller's yes, and keeps our record true to the provider's."""

    storage: Storage
    orders: FlightOrders
    now: Clock
    sleep: Sleep = asyncio.sleep
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

    async def order(self, account: Account, booking: Booking, request: OrderRequest) -> Seen:
        """Order what was agreed to, for a booking that is stored as `ordering`.

        Raises:
            TripSageError: as `FlightOrders.create` says; the booking has failed.
        """
        return await self._through(self._order(account, booking, request))

    async def pay(self, account: Account, booking: Booking, order: Order) -> Seen:
        """Pay a held order what it costs now.

        Raises:
            TripSageError: as `FlightOrders.pay` says; nothing was paid.
        """
        return await self._through(self._pay(account, booking, order))

    async def cancel(self, account: Account, booking: Booking, cancellation_id: str) -> Cancelled:
        """Cancel on the terms of a quote.

        Raises:
            TripSageError: as `FlightOrders.confirm_cancellation` says; nothing was cancelled.
        """
        return await self._through(self._cancel(account, booking, cancellation_id))

    async def look(self, account: Account, booking: Booking) -> Seen:
        """Read the order of a booking, and write down what it says.

        Raises:
            NotFoundError: the provider has forgotten the order.
            ProviderError: the provider failed.
            StorageError: the database is out of reach.
        """
        if booking.status == "failed":
            return Seen(booking)
        if booking.order_id is None:
            order = await self.orders.find(booking.offer_id)
        else:
            order = await self.orders.get(booking.order_id)
        if order is not None:
            return await self._written(account, booking, order)
        if booking.status == "ordering" and self.now() - booking.created_at < _ORDERING_FOR:
            return Seen(booking)
        return Seen(await self._settled(account, booking, "unconfirmed", was=UNSETTLED))

    async def aclose(self) -> None:
        """Give what is under way a moment to come to its end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_WITHIN_S)

    async def _through[R](self, acting: Coroutine[Any, Any, R]) -> R:
        task = asyncio.create_task(acting)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # Looked at, so that asyncio does not log a failure that nobody waits for any more.
        if not task.cancelled():
            task.exception()

    async def _order(self, account: Account, booking: Booking, request: OrderRequest) -> Seen:
        try:
            order: Order | None = await self.orders.create(request)
        except TripSageError as error:
            if not _may_have_acted(error):
                await self._settled(
                    account, booking, "failed", was=("ordering",), failure=error.code
                )
                raise
            log.warning("order_unconfirmed booking=%s code=%s", booking.booking_id, error.code)
            order = await self._found(booking)
        if order is None:
            return Seen(await self._recorded(account, booking, "unconfirmed"))
        try:
            return await self._written(account, booking, order)
        except StorageError:
            # It is bought all the same; the record is put right when it is next read.
            log.log(logging.ERROR, "order_not_recorded booking=%s", booking.booking_id)
            return Seen(_with_order(booking, order), order)

    async def _found(self, booking: Booking) -> Order | None:
        for wait_s in LOOKS_S:
            await self.sleep(wait_s)
            with suppress(ProviderError):
                order = await self.orders.find(booking.offer_id)
                if order is not None:
                    return order
        return None

    async def _pay(self, account: Account, booking: Booking, order: Order) -> Seen:
        try:
            payment = await self.orders.pay(order.order_id, order.total)
        except TripSageError as error:
            if not _may_have_acted(error):
                raise
            log.warning("payment_unconfirmed booking=%s code=%s", booking.booking_id, error.code)
            return await self._reread(account, booking, lambda now: now.paid_at is not None)
        if payment.status in {"failed", "cancelled"}:
            raise PaymentRefusedError("The payment was refused; nothing was paid.")
        return await self._reread(account, booking, lambda now: not now.awaiting_payment)

    async def _cancel(self, account: Account, booking: Booking, cancellation_id: str) -> Cancelled:
        confirmed: Cancellation | None = None
        try:
            confirmed = await self.orders.confirm_cancellation(cancellation_id)
        except TripSageError as error:
            if not _may_have_acted(error):
                raise
            log.warning("cancel_unconfirmed booking=%s code=%s", booking.booking_id, error.code)
        seen = await self._reread(account, booking, lambda now: now.cancelled_at is not None)
        if confirmed is not None and seen.booking.status != "cancelled":
            # The provider said so; that its order does not show it yet changes nothing.
            cancelled = await self._settled(account, booking, "cancelled", was=_LIVING)
            return Cancelled(Seen(cancelled, seen.order), confirmed)
        return Cancelled(seen, confirmed)

    async def _reread(
        self, account: Account, booking: Booking, came_true: Callable[[Order], bool]
    ) -> Seen:
        """Read an order back until it shows what was asked for; else it is unconfirmed."""
        assert booking.order_id is not None
        for wait_s in (0.0, *LOOKS_S):
            await self.sleep(wait_s)
            with suppress(ProviderError):
                order = await self.orders.get(booking.order_id)
                if came_true(order):
                    return await self._written(account, booking, order)
        return Seen(await self._recorded(account, booking, "unconfirmed"))

    async def _written(self, account: Account, booking: Booking, order: Order) -> Seen:
        """Bring our record in line with an order."""
        found = _with_order(booking, order)
        if found != booking:
            found = replace(found, updated_at=self.now())
            async with self.storage.begin(account) as unit:
                await unit.bookings.settle(found, was=_LIVING)
        return Seen(found, order)

    async def _recorded(self, account: Account, booking: Booking, status: BookingStatus) -> Booking:
        """Like `_settled`, but a database out of reach does not change what is answered."""
        try:
            return await self._settled(account, booking, status, was=_LIVING)
        except StorageError:
            log.log(logging.ERROR, "outcome_not_recorded booking=%s", booking.booking_id)
            return replace(booking, status=status)

    async def _settled(
        self,
        account: Account,
        booking: Booking,
        status: BookingStatus,
        *,
        was: Collection[BookingStatus],
        failure: str | None = None,
    ) -> Booking:
        """Give a booking a status, unless somebody has settled it meanwhile; return what it is."""
        changed = replace(booking, status=status, failure=failure, updated_at=self.now())
        async with self.storage.begin(account) as unit:
            if await unit.bookings.settle(changed, was=was):
                return changed
            return await unit.bookings.get(booking.booking_id) or booking


def _may_have_acted(error: TripSageError) -> bool:
    """Whether what was asked for may have been done although the call failed."""
    match error:
        case OutcomeUnknownError() | ProviderProtocolError():
            return True
        case ProviderUnavailableError():
            return error.may_have_acted
        case _:
            return False


def _with_order(booking: Booking, order: Order) -> Booking:
    status = status_of(order)
    lapsed = status == "cancelled" and order.cancelled_at is None
    return replace(
        booking,
        status=status,
        total=order.total,
        order_id=order.order_id,
        booking_reference=order.booking_reference,
        failure=LAPSED if lapsed else None,
    )


def no_longer(status: BookingStatus, action: str) -> ConflictError:
    """Return the error for a booking in a state that does not allow something."""
    return ConflictError(
        f"The booking is {status}, so that nobody can {action} it",
        hint="Call manage_flight_order with action=get to see where it stands.",
    )
