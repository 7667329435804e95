"""After the order: reading back, paying a hold, cancelling."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from uuid import uuid4

import pytest

from tests.build_bookings import ACCOUNT, Desk, Saying, desk, eur, offer, request
from tests.build_flights import NOW
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PaymentRefusedError,
    PermissionDeniedError,
    PriceChangedError,
    ProviderRateLimitedError,
)
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.bookings.ordering import LOOKS_S

pytestmark = pytest.mark.anyio

ORDER = "ord_" + "0" * 22


async def ordered(at: Desk, *, hold: bool = False) -> str:
    """Book and return the booking's id."""
    result = await at.bookings.book(ACCOUNT, request(hold=hold), Saying())
    at.orders.calls.clear()
    return str(result.seen[0].booking.booking_id)


async def test_a_booking_is_read_back_from_the_provider() -> None:
    at = desk()
    booking_id = await ordered(at, hold=True)
    at.orders.orders[ORDER] = replace(at.orders.orders[ORDER], schedule_changed=True)
    result = await at.bookings.get(ACCOUNT, booking_id)
    [seen] = result.seen
    assert (result.outcome, seen.order) == ("held", at.orders.orders[ORDER])
    assert at.orders.calls == ["get"]


async def test_a_hold_that_was_not_paid_in_time_has_lapsed(storage: Storage) -> None:
    at = desk(storage)
    booking_id = await ordered(at, hold=True)
    at.orders.orders[ORDER] = replace(at.orders.orders[ORDER], awaiting_payment=False)
    result = await at.bookings.get(ACCOUNT, booking_id)
    assert (result.outcome, result.seen[0].booking.failure) == ("cancelled", "hold_lapsed")
    with pytest.raises(ConflictError, match="cancelled"):
        await at.bookings.pay(ACCOUNT, booking_id, Saying())
    listed = await at.bookings.list(ACCOUNT)
    assert [each.booking.status for each in listed.seen] == ["cancelled"]


async def test_the_list_asks_no_provider() -> None:
    at = desk()
    await ordered(at)
    result = await at.bookings.list(ACCOUNT)
    assert [each.booking.status for each in result.seen] == ["booked"]
    assert (result.outcome, result.next_cursor, at.orders.calls) == (None, None, [])
    # What was never read from a live provider is not called live.
    assert result.provenance.data == "sandbox"
    assert (await at.bookings.list(Account(uuid4()))).seen == ()


@pytest.mark.parametrize("action", ["get", "pay", "cancel"])
async def test_anothers_booking_cannot_be_told_from_none(
    storage: Storage, action: Literal["get", "pay", "cancel"]
) -> None:
    at, asker = desk(storage), Saying()
    booking_id = await ordered(at, hold=True)
    for account, named in ((Account(uuid4()), booking_id), (ACCOUNT, str(uuid4()))):
        with pytest.raises(NotFoundError) as caught:
            await at.bookings.manage(account, action, named, asker)
        assert caught.value.message == "There is no such booking"
    assert at.orders.calls == []
    assert asker.asked == []


@pytest.mark.parametrize("named", [ORDER, "", "00000000"])
async def test_an_id_of_the_provider_is_none_of_ours(named: str) -> None:
    at = desk()
    await ordered(at)
    for action in ("get", "pay", "cancel"):
        with pytest.raises(InvalidRequestError, match="booking_id"):
            await at.bookings.manage(ACCOUNT, action, named, Saying())
    assert at.orders.calls == []


async def test_an_action_needs_an_id_and_a_list_takes_none() -> None:
    at = desk()
    with pytest.raises(InvalidRequestError, match="booking_id"):
        await at.bookings.manage(ACCOUNT, "get", None, Saying())
    with pytest.raises(InvalidRequestError, match="booking_id"):
        await at.bookings.manage(ACCOUNT, "list", str(uuid4()), Saying())
    assert (await at.bookings.manage(ACCOUNT, "list", None, Saying())).seen == ()


async def test_a_hold_is_paid_what_it_costs_now_after_a_yes_to_that(storage: Storage) -> None:
    at, asker = desk(storage), Saying()
    booking_id = await ordered(at, hold=True)
    at.orders.change_price(ORDER, eur("101.00"))
    result = await at.bookings.pay(ACCOUNT, booking_id, asker)

    assert asker.asked[0].shown.question == "Pay 101.00 EUR for the held booking REF000?"
    assert (result.outcome, result.seen[0].booking.total) == ("booked", eur("101.00"))
    assert at.orders.calls == ["get", "pay", "get"]
    again = await at.bookings.pay(ACCOUNT, booking_id, asker)
    assert (again.outcome, again.again, len(asker.asked)) == ("booked", True, 1)


async def test_a_price_that_changes_after_the_yes_is_not_paid_and_asked_again() -> None:
    at = desk()
    booking_id = await ordered(at, hold=True)
    changed = Saying(meanwhile=lambda: at.orders.change_price(ORDER, eur("105.00")))
    with pytest.raises(PriceChangedError, match=r"105\.00 EUR"):
        await at.bookings.pay(ACCOUNT, booking_id, changed)
    assert at.orders.orders[ORDER].awaiting_payment
    asker = Saying("no")
    assert (await at.bookings.pay(ACCOUNT, booking_id, asker)).outcome == "declined"
    assert "105.00 EUR" in asker.asked[0].shown.question


async def test_a_payment_that_is_refused_leaves_the_hold() -> None:
    at = desk()
    booking_id = await ordered(at, hold=True)
    at.orders.balance = eur("1").amount
    with pytest.raises(PaymentRefusedError):
        await at.bookings.pay(ACCOUNT, booking_id, Saying())
    assert (await at.bookings.get(ACCOUNT, booking_id)).outcome == "held"


async def test_a_payment_that_fails_is_said_and_one_that_is_pending_is_unconfirmed() -> None:
    at = desk()
    booking_id = await ordered(at, hold=True)
    at.orders.payment_status = "failed"
    with pytest.raises(PaymentRefusedError):
        await at.bookings.pay(ACCOUNT, booking_id, Saying())
    at.orders.payment_status = "pending"
    assert (await at.bookings.pay(ACCOUNT, booking_id, Saying())).outcome == "unconfirmed"


@pytest.mark.parametrize(("lost", "outcome"), [("answers", "booked"), ("requests", "unconfirmed")])
async def test_a_payment_without_an_answer_is_read_back(lost: str, outcome: str) -> None:
    at = desk()
    booking_id = await ordered(at, hold=True)
    if lost == "answers":
        at.orders.lost_answers = 1
    else:
        at.orders.lost_requests = 1
    result = await at.bookings.pay(ACCOUNT, booking_id, Saying())
    assert result.outcome == outcome
    assert at.orders.calls.count("pay") == 1
    if outcome == "unconfirmed":
        assert at.waits == [0.0, *LOOKS_S]
        # It may still come, so nobody may pay again; later it turns out that nothing was paid.
        assert (await at.bookings.get(ACCOUNT, booking_id)).outcome == "unconfirmed"
        with pytest.raises(ConflictError, match="unconfirmed"):
            await at.bookings.pay(ACCOUNT, booking_id, Saying())
        at.clock.wait(minutes=4)
        assert (await at.bookings.get(ACCOUNT, booking_id)).outcome == "held"


async def test_what_is_not_held_cannot_be_paid() -> None:
    at, asker = desk(), Saying()
    booking_id = await ordered(at)
    assert (await at.bookings.pay(ACCOUNT, booking_id, asker)).again
    await at.bookings.cancel(ACCOUNT, booking_id, Saying())
    with pytest.raises(ConflictError):
        await at.bookings.pay(ACCOUNT, booking_id, asker)
    assert asker.asked == []
    assert "pay" not in at.orders.calls


async def test_cancelling_shows_the_refund_first_and_gives_exactly_that(storage: Storage) -> None:
    at, asker = desk(storage), Saying()
    at.orders.refund = eur("0.5").amount
    booking_id = await ordered(at)
    result = await at.bookings.cancel(ACCOUNT, booking_id, asker)

    shown = asker.asked[0].shown
    assert shown.question == "Cancel the booking REF000?"
    assert shown.sections[0].lines == ("49.75 EUR; goes to the account that paid",)
    assert result.outcome == "cancelled"
    assert result.cancelled is not None
    assert result.cancelled.refund == Money(eur("49.75").amount, "EUR")
    assert at.orders.calls == ["get", "quote_cancellation", "confirm_cancellation", "get"]
    again = await at.bookings.cancel(ACCOUNT, booking_id, asker)
    assert (again.outcome, again.again, len(asker.asked)) == ("cancelled", True, 1)


async def test_the_quote_that_was_shown_is_the_one_confirmed(storage: Storage) -> None:
    at = desk(storage)
    booking_id = await ordered(at)
    waiting = await at.bookings.cancel(ACCOUNT, booking_id, Saying("page"))
    assert waiting.outcome == "awaiting_confirmation"
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    for _ in range(2):
        await at.bookings.cancel(ACCOUNT, booking_id, Saying("page"))
    await at.consents.reply(waiting.asked.url.rpartition("/")[2], "yes")

    result = await at.bookings.cancel(ACCOUNT, booking_id, Saying("page"))
    assert result.outcome == "cancelled"
    # Another quote would have made the first one stale.
    assert at.orders.calls.count("quote_cancellation") == 1


async def test_a_quote_that_ran_out_is_replaced_and_shown_anew() -> None:
    at = desk()
    booking_id = await ordered(at)
    await at.bookings.cancel(ACCOUNT, booking_id, Saying("later"))
    at.clock.wait(hours=2)
    asker = Saying()
    assert (await at.bookings.cancel(ACCOUNT, booking_id, asker)).outcome == "cancelled"
    assert len(asker.asked) == 1
    assert at.orders.calls.count("quote_cancellation") == 2


async def test_an_order_that_changed_while_the_traveller_thought_is_shown_anew() -> None:
    at = desk()
    booking_id = await ordered(at)
    first, second = Saying("later"), Saying("later")
    await at.bookings.cancel(ACCOUNT, booking_id, first)
    at.orders.change_price(ORDER, eur("80.00"))
    await at.bookings.cancel(ACCOUNT, booking_id, second)
    assert first.asked[0].consent_id != second.asked[0].consent_id


async def test_cancelling_a_hold_says_that_nothing_was_paid() -> None:
    at, asker = desk(), Saying()
    booking_id = await ordered(at, hold=True)
    result = await at.bookings.cancel(ACCOUNT, booking_id, asker)
    assert asker.asked[0].shown.sections[0].lines == ("none: nothing was paid",)
    assert result.outcome == "cancelled"


async def test_a_no_cancels_nothing() -> None:
    at = desk()
    booking_id = await ordered(at)
    assert (await at.bookings.cancel(ACCOUNT, booking_id, Saying("no"))).outcome == "declined"
    assert "confirm_cancellation" not in at.orders.calls


@pytest.mark.parametrize(
    ("lost", "outcome"), [("answers", "cancelled"), ("requests", "unconfirmed")]
)
async def test_a_cancellation_without_an_answer_is_read_back(lost: str, outcome: str) -> None:
    at = desk()
    booking_id = await ordered(at)
    if lost == "answers":
        at.orders.lost_answers = 1
    else:
        at.orders.lost_requests = 1
    result = await at.bookings.cancel(ACCOUNT, booking_id, Saying())
    assert result.outcome == outcome
    # What was shown is what applies, if it was done at all.
    assert (result.cancelled is not None) == (outcome == "cancelled")
    assert at.orders.calls.count("confirm_cancellation") == 1


async def test_two_cancellations_with_one_yes_cancel_once(storage: Storage) -> None:
    at = desk(storage)
    booking_id = await ordered(at)
    waiting = await at.bookings.cancel(ACCOUNT, booking_id, Saying("page"))
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    await at.consents.reply(waiting.asked.url.rpartition("/")[2], "yes")
    async with asyncio.timeout(20):
        results = await asyncio.gather(
            *(at.bookings.cancel(ACCOUNT, booking_id, Saying("page")) for _ in range(3)),
            return_exceptions=True,
        )
    assert at.orders.calls.count("confirm_cancellation") == 1
    refused = [each for each in results if isinstance(each, BaseException)]
    assert all(isinstance(each, ConflictError) for each in refused)


async def test_a_provider_that_fails_the_confirmation_has_cancelled_nothing() -> None:
    at = desk()
    booking_id = await ordered(at)
    at.orders.refusals = [ProviderRateLimitedError("fake", 30)]
    with pytest.raises(ProviderRateLimitedError):
        await at.bookings.cancel(ACCOUNT, booking_id, Saying())
    assert (await at.bookings.get(ACCOUNT, booking_id)).outcome == "booked"


async def test_a_switched_off_server_reads_but_neither_pays_nor_cancels() -> None:
    at = desk()
    booking_id = await ordered(at, hold=True)
    off = replace(at.bookings, permission="off")
    assert (await off.get(ACCOUNT, booking_id)).outcome == "held"
    for action in ("pay", "cancel"):
        with pytest.raises(PermissionDeniedError):
            await off.manage(ACCOUNT, action, booking_id, Saying())


async def test_a_live_order_needs_the_operators_leave_to_be_cancelled() -> None:
    at = desk(sold=offer(live_mode=True), permission="on")
    booking_id = await ordered(at)
    with pytest.raises(PermissionDeniedError):
        await replace(at.bookings, permission="test").cancel(ACCOUNT, booking_id, Saying())


async def test_a_payment_is_not_asked_for_beyond_the_end_of_the_hold() -> None:
    at, asker = desk(), Saying("later")
    booking_id = await ordered(at, hold=True)
    at.clock.at = NOW + timedelta(days=3) - timedelta(minutes=5)
    await at.bookings.pay(ACCOUNT, booking_id, asker)
    assert asker.asked[0].expires_at == NOW + timedelta(days=3)
