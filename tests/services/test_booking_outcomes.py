"""What happens to an order when prices change, answers get lost, callers leave or servers die."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import override
from uuid import uuid4

import pytest

from tests.build_bookings import (
    ACCOUNT,
    OFFER_ID,
    Desk,
    Saying,
    desk,
    eur,
    offer,
    person,
    request,
    sell,
)
from tests.build_flights import EXPIRY, NOW
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.booking import Booking, Itinerary
from tripsage_mcp.domain.consent import Consent
from tripsage_mcp.domain.order import OrderRequest
from tripsage_mcp.errors import (
    OfferExpiredError,
    PriceChangedError,
    ProviderProtocolError,
    ProviderUnavailableError,
    StorageError,
    TripSageError,
)
from tripsage_mcp.repositories.ports import Storage, UnitOfWork
from tripsage_mcp.services.bookings.ordering import LOOKS_S
from tripsage_mcp.services.bookings.passengers import checked, fitted

pytestmark = pytest.mark.anyio


async def booked(at: Desk, account: Account = ACCOUNT) -> tuple[Booking, ...]:
    async with at.storage.begin(account) as unit:
        return await unit.bookings.page(after=None, limit=10)


async def consents(at: Desk) -> list[Consent]:
    assert isinstance(at.storage, FakeStorage)
    return [*at.storage.consents[ACCOUNT.account_id].consents.values()]


async def test_a_total_that_is_not_the_price_is_refused_before_anybody_is_asked() -> None:
    at, asker = desk(), Saying()
    with pytest.raises(PriceChangedError) as caught:
        await at.bookings.book(ACCOUNT, request(total="99.49 EUR"), asker)
    assert "99.50 EUR" in caught.value.message
    assert (caught.value.hint or "").endswith('total="99.50 EUR".')
    assert asker.asked == []
    assert await consents(at) == []


async def test_a_price_that_changes_after_the_yes_stops_the_order_and_says_the_new_one() -> None:
    at = desk()
    dearer = replace(offer(), total=eur("120.00"))
    asker = Saying(meanwhile=lambda: sell(at, dearer))
    with pytest.raises(PriceChangedError) as caught:
        await at.bookings.book(ACCOUNT, request(), asker)
    assert "120.00 EUR" in caught.value.message
    [failed] = await booked(at)
    assert (failed.status, failed.failure) == ("failed", "price_changed")
    assert at.orders.orders == {}

    again = Saying()
    result = await at.bookings.book(ACCOUNT, request(total="120 EUR"), again)
    assert result.outcome == "booked"
    assert "120.00 EUR" in again.asked[0].shown.question


async def test_an_offer_that_expires_while_the_traveller_thinks_is_not_bought() -> None:
    at = desk()
    at.orders.refusals = [OfferExpiredError("The offer has expired; nothing was bought.")]
    with pytest.raises(OfferExpiredError):
        await at.bookings.book(ACCOUNT, request(), Saying())
    assert [(each.status, each.failure) for each in await booked(at)] == [
        ("failed", "offer_expired")
    ]


async def test_an_expired_offer_is_refused_before_anybody_is_asked() -> None:
    at, asker = desk(), Saying()
    at.clock.at = EXPIRY
    with pytest.raises(OfferExpiredError):
        await at.bookings.book(ACCOUNT, request(), asker)
    assert asker.asked == []


async def test_a_lost_answer_is_looked_for_and_found() -> None:
    at = desk()
    at.orders.lost_answers, at.orders.visible_after = 1, 2
    result = await at.bookings.book(ACCOUNT, request(), Saying())
    assert result.outcome == "booked"
    assert at.orders.calls == ["create", "find", "find", "find"]
    assert at.waits == list(LOOKS_S[:3])


@pytest.mark.parametrize(
    "lost",
    [
        ProviderUnavailableError("fake", "time-out"),
        ProviderProtocolError("fake", "not what was documented"),
    ],
)
async def test_an_outcome_that_stays_unknown_is_unconfirmed_and_never_sent_again(
    lost: TripSageError,
) -> None:
    at = desk()
    at.orders.refusals = [lost]
    result = await at.bookings.book(ACCOUNT, request(), Saying())
    assert result.outcome == "unconfirmed"
    assert at.orders.calls == ["create", *["find"] * len(LOOKS_S)]

    asker = Saying()
    again = await at.bookings.book(ACCOUNT, request(), asker)
    assert (again.outcome, again.again) == ("unconfirmed", True)
    assert at.orders.calls.count("create") == 1
    assert asker.asked == []


async def test_what_never_reached_the_provider_has_failed_and_may_be_tried_again() -> None:
    at = desk()
    at.orders.refusals = [ProviderUnavailableError("fake", "refused", may_have_acted=False)]
    with pytest.raises(ProviderUnavailableError) as caught:
        await at.bookings.book(ACCOUNT, request(), Saying())
    assert caught.value.hint == "Nothing was ordered."
    assert (await at.bookings.book(ACCOUNT, request(), Saying())).outcome == "booked"


async def test_a_caller_that_gives_up_in_mid_order_does_not_stop_it(storage: Storage) -> None:
    at = desk(storage)
    at.orders.gate = asyncio.Event()
    call = asyncio.create_task(at.bookings.book(ACCOUNT, request(), Saying()))
    async with asyncio.timeout(20):
        await at.orders.asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert [each.status for each in await booked(at)] == ["ordering"]
        again = await at.bookings.book(ACCOUNT, request(), Saying())
        assert (again.outcome, again.again) == ("ordering", True)
        at.orders.gate.set()
        await at.bookings.aclose()
    assert [each.status for each in await booked(at)] == ["booked"]
    assert at.orders.calls.count("create") == 1


async def test_an_order_that_a_crash_left_behind_is_read_back_and_not_made_again(
    storage: Storage,
) -> None:
    at = desk(storage)
    left = Booking(
        booking_id=uuid4(),
        offer_id=OFFER_ID,
        kind="instant",
        status="ordering",
        total=eur("99.50"),
        itinerary=Itinerary.of(offer().owner, offer().slices),
        data="sandbox",
        created_at=at.clock(),
        updated_at=at.clock(),
    )
    async with at.storage.begin(ACCOUNT) as unit:
        await unit.bookings.add(left)

    assert (await at.bookings.get(ACCOUNT, str(left.booking_id))).outcome == "ordering"
    at.clock.wait(minutes=4)
    asker = Saying()
    again = await at.bookings.book(ACCOUNT, request(), asker)
    assert (again.outcome, again.again, asker.asked) == ("unconfirmed", True, [])
    assert at.orders.requests == []
    # It had reached the provider before the crash, which shows it late.
    await at.orders.create(
        OrderRequest(OFFER_ID, "instant", fitted(checked([person()], NOW), offer()), left.total)
    )
    found = await at.bookings.get(ACCOUNT, str(left.booking_id))
    assert (found.outcome, found.seen[0].booking.booking_reference) == ("booked", "REF000")


class Flaky(FakeStorage):
    """A database that a test switches off."""

    down = False

    @override
    @asynccontextmanager
    async def begin(self, account: Account) -> AsyncGenerator[UnitOfWork]:
        if self.down:
            raise StorageError("The database is out of reach")
        async with super().begin(account) as unit:
            yield unit


@pytest.mark.parametrize("lost", [0, 1])
async def test_an_order_that_cannot_be_written_down_is_answered_and_found_later(
    lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    storage = Flaky()
    at = desk(storage)
    at.orders.gate = asyncio.Event()
    at.orders.lost_requests = lost
    call = asyncio.create_task(at.bookings.book(ACCOUNT, request(), Saying()))
    async with asyncio.timeout(20):
        await at.orders.asked.wait()
        storage.down = True
        at.orders.gate.set()
        result = await call
    assert result.outcome == ("unconfirmed" if lost else "booked")
    assert "not_recorded" in caplog.text

    storage.down = False
    assert [each.status for each in await booked(at)] == ["ordering"]
    at.clock.wait(minutes=4)
    again = await at.bookings.book(ACCOUNT, request(), Saying())
    assert (again.outcome, again.again) == (result.outcome, True)
