"""What happens once there is a yes: order, pay or cancel once, and find out what came of it.

What may not be done twice is written down before it is asked for, and each step runs in a task of
its own, which a caller that gives up does not stop. Nothing is sent twice; where no answer says
what happened, the order is read back, and until that tells the booking is `unconfirmed`.
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
    Act,
    Booking,
    BookingStatus,
    status_of,
)
from tripsage_mcp.domain.order import Cancellation, Order, OrderRequest
from tripsage_mcp.errors import (
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    PaymentRefusedError,
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
# A provider takes up to two minutes. Until then, what an order does not show may still come; an
# order that is older and has no answer was abandoned.
_UNDER_WAY_FOR = timedelta(minutes=3)
_CLOSE_WITHIN_S = 8.0
_LIVING: tuple[BookingStatus, ...] = ("ordering", "booked", "held", "cancelled", "unconfirmed")
_DONE: dict[Act, BookingStatus] = {"pay": "booked", "cancel": "cancelled"}

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
    """Acts on the traveller's yes, and keeps our record true to the provider's.

    Whoever calls `order`, `pay` or `cancel` does so `through` it, together with what uses up the
    yes: a caller that gives up in between would leave a record of what was never asked for.
    """

    storage: Storage
    orders: FlightOrders
    now: Clock
    sleep: Sleep = asyncio.sleep
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

    async def through[R](self, acting: Coroutine[Any, Any, R]) -> R:
        """Run something to its end, whether or not the caller waits for that."""
        task = asyncio.create_task(acting)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def order(self, account: Account, booking: Booking, request: OrderRequest) -> Seen:
        """Order what was agreed to, for a booking that is stored as `ordering`.

        Raises:
            TripSageError: as `FlightOrders.create` says; the booking has failed.
        """
        try:
            order: Order | None = await self.orders.create(request)
        except TripSageError as error:
            if not _may_have_acted(error):
                failed = replace(booking, status="failed", failure=error.code)
                await self._recorded(account, failed)
                error.hint = error.hint or "Nothing was ordered."
                raise
            log.warning("order_unconfirmed booking=%s code=%s", booking.booking_id, error.code)
            order = await self._found(booking)
        if order is None:
            unknown = replace(booking, status="unconfirmed")
            return Seen(await self._recorded(account, unknown))
        return await self._acted(account, booking, order)

    async def pay(self, account: Account, booking: Booking, order: Order) -> Seen:
        """Pay a held order what it costs now, for a booking that is stored as `begun`.

        Raises:
            TripSageError: as `FlightOrders.pay` says; nothing was paid.
        """
        try:
            payment = await self.orders.pay(order.order_id, order.total)
            if payment.status in {"failed", "cancelled"}:
                raise PaymentRefusedError("The payment was refused; nothing was paid.")
        except TripSageError as error:
            await self._check_undone(account, booking, order, error)
        return await self._reread(account, booking)

    async def cancel(
        self, account: Account, booking: Booking, order: Order, cancellation_id: str
    ) -> Cancelled:
        """Cancel on the terms of a quote, for a booking that is stored as `begun`.

        Raises:
            TripSageError: as `FlightOrders.confirm_cancellation` says; nothing was cancelled.
        """
        confirmed: Cancellation | None = None
        try:
            confirmed = await self.orders.confirm_cancellation(cancellation_id)
        except TripSageError as error:
            await self._check_undone(account, booking, order, error)
        seen = await self._reread(account, booking)
        if confirmed is not None and seen.booking.status != "cancelled":
            # The provider said so; that its order does not show it yet changes nothing.
            gone = replace(booking, status="cancelled", acting=None, pay_by=None)
            gone = await self._recorded(account, gone, was=_LIVING)
            return Cancelled(Seen(gone, seen.order), confirmed)
        return Cancelled(seen, confirmed)

    def begun(self, booking: Booking, act: Act) -> Booking:
        """Return a booking as it is stored before something is asked for that may be lost."""
        return replace(booking, status="unconfirmed", acting=act, updated_at=self.now())

    async def look(self, account: Account, booking: Booking) -> Seen:
        """Read the order of a booking, and write down what it says.

        Raises:
            NotFoundError: the provider has no such order, or has forgotten it.
            ProviderError: the provider failed.
            StorageError: the database is out of reach.
        """
        if booking.status == "failed":
            return Seen(booking)
        if booking.order_id is None:
            order = await self.orders.find(booking.offer_id)
        else:
            order = await self._known(booking.order_id)
        if self.now() - booking.updated_at < _UNDER_WAY_FOR and _undecided(booking, order):
            return Seen(booking, order)
        if order is None:
            changed = replace(booking, status="unconfirmed")
        else:
            changed = _with_order(booking, order)
        if changed != booking:
            # Whoever acts knows better what came of it than this look, which may be older.
            was = UNSETTLED if booking.status in UNSETTLED else (booking.status,)
            changed = await self._settled(account, changed, was=was)
        return Seen(changed, order)

    async def aclose(self) -> None:
        """Give what is under way a moment to come to its end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_WITHIN_S)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # Looked at, so that asyncio does not log a failure that nobody waits for any more.
        if not task.cancelled():
            task.exception()

    async def _known(self, order_id: str) -> Order:
        try:
            return await self.orders.get(order_id)
        except NotFoundError:
            raise NotFoundError(
                "The provider does not know the order of this booking",
                hint="It may be too old, or made with another access token or in demo mode.",
            ) from None

    async def _found(self, booking: Booking) -> Order | None:
        for wait_s in LOOKS_S:
            await self.sleep(wait_s)
            with suppress(TripSageError):
                order = await self.orders.find(booking.offer_id)
                if order is not None:
                    return order
        return None

    async def _check_undone(
        self, account: Account, booking: Booking, order: Order, error: TripSageError
    ) -> None:
        """Raise an error that says that nothing was done, once the record says so too."""
        if not _may_have_acted(error):
            await self._recorded(account, _with_order(booking, order))
            error.hint = error.hint or "Nothing was done."
            raise error
        log.warning(
            "%s_unconfirmed booking=%s code=%s", booking.acting, booking.booking_id, error.code
        )

    async def _reread(self, account: Account, booking: Booking) -> Seen:
        """Read an order back until it shows what was asked for; else it is unconfirmed."""
        assert booking.order_id is not None
        for wait_s in (0.0, *LOOKS_S):
            await self.sleep(wait_s)
            with suppress(TripSageError):
                order = await self.orders.get(booking.order_id)
                if not _undecided(booking, order):
                    return await self._acted(account, booking, order)
        return Seen(await self._recorded(account, booking))

    async def _acted(self, account: Account, booking: Booking, order: Order) -> Seen:
        done = _with_order(booking, order)
        return Seen(await self._recorded(account, done, was=_LIVING), order)

    async def _recorded(
        self, account: Account, changed: Booking, *, was: Collection[BookingStatus] = UNSETTLED
    ) -> Booking:
        """Store what became of a booking; a database out of reach does not change what is said.

        It happened all the same: the record is put right when it is next read.
        """
        try:
            return await self._settled(account, changed, was=was)
        except StorageError:
            log.log(logging.ERROR, "outcome_not_recorded booking=%s", changed.booking_id)
            return changed

    async def _settled(
        self, account: Account, changed: Booking, *, was: Collection[BookingStatus]
    ) -> Booking:
        """Store a change, unless somebody has settled it meanwhile; return what is stored."""
        changed = replace(changed, updated_at=self.now())
        async with self.storage.begin(account) as unit:
            if await unit.bookings.settle(changed, was=was):
                return changed
            return await unit.bookings.get(changed.booking_id) or changed


def _undecided(booking: Booking, order: Order | None) -> bool:
    """Whether an order does not show what was asked for; the provider may just take its time."""
    if order is None:
        return booking.status == "ordering"
    if booking.acting is None or order.cancelled_at is not None:
        return False
    return status_of(order) != _DONE[booking.acting]


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
        acting=None,
        pay_by=order.pay_by if order.awaiting_payment else None,
    )


def no_longer(status: BookingStatus, action: str) -> ConflictError:
    """Return the error for a booking in a state that does not allow something."""
    return ConflictError(
        f"The booking is {status}, so that nobody can {action} it",
        hint="Call manage_flight_order with action=get to see where it stands.",
    )
