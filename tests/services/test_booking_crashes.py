"""Orders, payments and cancellations in the middle of which something else happens."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Literal, override

import pytest

from tests.build_bookings import ACCOUNT, Desk, Saying, desk, eur, request
from tests.fakes_orders import FakeOrders
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.booking import Booking
from tripsage_mcp.domain.order import Order
from tripsage_mcp.errors import (
    ConflictError,
    NotFoundError,
    OfferUnavailableError,
    StorageError,
    TripSageError,
)
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.services.bookings.consents import Question, Said
from tripsage_mcp.services.bookings.ordering import LOOKS_S
from tripsage_mcp.services.bookings.results import BookingResult

pytestmark = pytest.mark.anyio

type Act = Literal["pay", "cancel"]
both = pytest.mark.parametrize("act", ["pay", "cancel"])

SENT: dict[Act, str] = {"pay": "pay", "cancel": "confirm_cancellation"}
DONE: dict[Act, str] = {"pay": "booked", "cancel": "cancelled"}


async def held(at: Desk) -> str:
    """Hold an offer and return the booking's id."""
    result = await at.bookings.book(ACCOUNT, request(hold=True), Saying())
    at.orders.calls.clear()
    at.orders.asked.clear()
    return str(result.seen[0].booking.booking_id)


async def kept(at: Desk) -> Booking:
    async with at.storage.begin(ACCOUNT) as unit:
        [booking] = await unit.bookings.page(after=None, limit=9)
    return booking


async def in_the_middle(
    at: Desk,
    call: Coroutine[Any, Any, BookingResult],
    meanwhile: Callable[[], Coroutine[Any, Any, None]],
) -> BookingResult:
    """Do something while the provider has a request and has not answered it yet."""
    at.orders.gate = asyncio.Event()
    async with asyncio.timeout(20):
        task = asyncio.create_task(call)
        await at.orders.asked.wait()
        await meanwhile()
        at.orders.gate.set()
        return await task


@both
async def test_what_is_under_way_is_not_asked_for_again(storage: Storage, act: Act) -> None:
    at, second = desk(storage), Saying()
    booking_id = await held(at)

    async def again() -> None:
        # The order shows nothing of it yet.
        assert (await at.bookings.get(ACCOUNT, booking_id)).outcome == "unconfirmed"
        for other in ("pay", "cancel"):
            with pytest.raises(ConflictError, match="unconfirmed"):
                await at.bookings.manage(ACCOUNT, other, booking_id, second)

    call = at.bookings.manage(ACCOUNT, act, booking_id, Saying())
    assert (await in_the_middle(at, call, again)).outcome == DONE[act]
    assert at.orders.calls.count(SENT[act]) == 1
    assert second.asked == []


@both
async def test_a_server_that_dies_in_the_middle_leaves_word_of_it(act: Act) -> None:
    at = desk()
    booking_id = await held(at)
    seen: list[Booking] = []

    async def look() -> None:
        seen.append(await kept(at))

    await in_the_middle(at, at.bookings.manage(ACCOUNT, act, booking_id, Saying()), look)
    [left] = seen
    assert (left.status, left.acting) == ("unconfirmed", act)
    # Another server takes over: from what was left it reads what had come of it.
    other = desk(FakeStorage(), clock=at.clock)
    other.orders.orders = at.orders.orders
    async with other.storage.begin(ACCOUNT) as unit:
        await unit.bookings.add(left)
    assert (await other.bookings.get(ACCOUNT, booking_id)).outcome == DONE[act]
    assert (await kept(other)).acting is None


@both
async def test_what_was_refused_leaves_the_hold_as_it_was(storage: Storage, act: Act) -> None:
    at = desk(storage)
    booking_id = await held(at)
    before = await kept(at)
    at.orders.refusals = [ConflictError("It is in no state in which that can be done.")]
    with pytest.raises(ConflictError) as caught:
        await at.bookings.manage(ACCOUNT, act, booking_id, Saying())
    assert caught.value.hint == "Nothing was done."
    assert await kept(at) == before
    assert (await at.bookings.manage(ACCOUNT, act, booking_id, Saying())).outcome == DONE[act]


@both
async def test_what_was_done_is_said_even_if_it_cannot_be_written_down(act: Act) -> None:
    class Failing(FakeStorage):
        down = False

        @override
        @asynccontextmanager
        async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
            if self.down:
                raise StorageError("The database is out of reach")
            async with super().begin(account) as unit:
                yield unit

    storage = Failing()
    at = desk(storage)
    booking_id = await held(at)

    async def fail() -> None:
        storage.down = True

    result = await in_the_middle(at, at.bookings.manage(ACCOUNT, act, booking_id, Saying()), fail)
    assert result.outcome == DONE[act]
    storage.down = False
    assert (await kept(at)).status == "unconfirmed"
    assert (await at.bookings.get(ACCOUNT, booking_id)).outcome == DONE[act]


class Forgetful(FakeOrders):
    """A provider that does not show its orders for a while."""

    error: TripSageError | None = None

    @override
    async def find(self, offer_id: str) -> Order | None:
        if self.error is not None:
            raise self.error
        return await super().find(offer_id)

    @override
    async def get(self, order_id: str) -> Order:
        if self.error is not None:
            raise self.error
        return await super().get(order_id)


def forgetful() -> tuple[Desk, Forgetful]:
    at = desk()
    orders = Forgetful(at.flights, at.clock)
    flights = replace(at.bookings.flights, orders=orders)
    ordering = replace(at.bookings.ordering, orders=orders)
    bookings = replace(at.bookings, flights=flights, ordering=ordering)
    return replace(at, orders=orders, bookings=bookings), orders


async def test_an_order_that_nobody_knows_yet_is_no_error() -> None:
    at, orders = forgetful()
    orders.lost_answers = 1
    orders.error = NotFoundError("no such order")
    result = await at.bookings.book(ACCOUNT, request(), Saying())
    assert result.outcome == "unconfirmed"
    assert len(at.waits) == len(LOOKS_S)
    orders.error = None
    assert (await at.bookings.book(ACCOUNT, request(), Saying())).outcome == "booked"


@both
async def test_an_order_that_cannot_be_read_back_is_unconfirmed(act: Act) -> None:
    at, orders = forgetful()
    booking_id = await held(at)

    async def forget() -> None:
        orders.error = NotFoundError("no such order")

    call = at.bookings.manage(ACCOUNT, act, booking_id, Saying())
    result = await in_the_middle(at, call, forget)
    # A cancellation that was confirmed is one; that a payment was taken is what the order says.
    assert result.outcome == ("unconfirmed" if act == "pay" else "cancelled")


async def test_a_booking_whose_order_is_unknown_says_whose_fault_it_is_not() -> None:
    at, orders = forgetful()
    booking_id = await held(at)
    orders.error = NotFoundError("no such order", hint="Pass ids exactly as they were returned.")
    with pytest.raises(NotFoundError, match="provider does not know") as caught:
        await at.bookings.get(ACCOUNT, booking_id)
    assert "Pass ids" not in (caught.value.hint or "")


async def test_an_order_that_somebody_else_found_stays_found(storage: Storage) -> None:
    at = desk(storage)
    # It shows only after this call has given up looking for it.
    at.orders.lost_answers, at.orders.visible_after = 1, len(LOOKS_S)

    async def sleep(seconds: float) -> None:
        if seconds == LOOKS_S[-1]:
            found = replace(await kept(at), status="booked", order_id="ord_" + "0" * 22)
            async with at.storage.begin(ACCOUNT) as unit:
                assert await unit.bookings.settle(found, was=("ordering",))

    ordering = replace(at.bookings.ordering, sleep=sleep)
    result = await replace(at.bookings, ordering=ordering).book(ACCOUNT, request(), Saying())
    assert result.outcome == "booked"
    assert (await kept(at)).order_id is not None


async def test_a_refusal_that_comes_late_is_known_to_be_one(storage: Storage) -> None:
    at = desk(storage)
    at.orders.refusals = [OfferUnavailableError("sold out; nothing was bought")]

    async def look() -> None:
        at.clock.wait(minutes=4)
        again = await at.bookings.book(ACCOUNT, request(), Saying())
        assert (again.outcome, again.again) == ("unconfirmed", True)

    with pytest.raises(OfferUnavailableError):
        await in_the_middle(at, at.bookings.book(ACCOUNT, request(), Saying()), look)
    assert (await kept(at)).status == "failed"


async def test_a_yes_that_another_call_has_used_tells_what_that_one_booked() -> None:
    at = desk()

    class Second:
        """Says yes once another call with the same question is through."""

        async def ask(self, question: Question) -> Said:
            await at.bookings.book(ACCOUNT, request(), Saying())
            return "yes"

    result = await at.bookings.book(ACCOUNT, request(), Second())
    assert (result.outcome, result.again) == ("booked", True)
    assert at.orders.calls == ["create"]


@pytest.mark.parametrize("act", ["book", "pay", "cancel"])
async def test_a_caller_that_leaves_between_yes_and_order_leaves_no_half_of_it(
    act: Literal["book", "pay", "cancel"],
) -> None:
    class Slow(FakeStorage):
        """Waits where an answered question is used up, once it has been."""

        using = asyncio.Event()
        go_on = asyncio.Event()

        @override
        @asynccontextmanager
        async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
            async with super().begin(account) as unit:
                yield unit
            [*_, last] = self.consents[account.account_id].consents.values() or [None]
            if last is not None and last.used_at is not None and last.action == act:
                self.using.set()
                await self.go_on.wait()

    storage = Slow()
    at = desk(storage)
    if act == "book":
        call = at.bookings.book(ACCOUNT, request(), Saying())
    else:
        call = at.bookings.manage(ACCOUNT, act, await held(at), Saying())
    async with asyncio.timeout(20):
        task = asyncio.create_task(call)
        await storage.using.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        storage.go_on.set()
        await at.bookings.aclose()
    assert (await kept(at)).status == ("cancelled" if act == "cancel" else "booked")


async def test_a_hold_whose_time_has_passed_is_not_asked_about() -> None:
    at, asker = desk(), Saying()
    booking_id = await held(at)
    at.clock.wait(days=3)
    # The provider has not taken note of it yet.
    with pytest.raises(ConflictError, match="time to pay"):
        await at.bookings.pay(ACCOUNT, booking_id, asker)
    assert asker.asked == []


async def test_a_hold_that_turned_out_dearer_is_kept_at_what_it_costs() -> None:
    at = desk()
    booking_id = await held(at)
    at.orders.change_price("ord_" + "0" * 22, eur("120"))
    await at.bookings.get(ACCOUNT, booking_id)
    assert (await kept(at)).total == eur("120")
