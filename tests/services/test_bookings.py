"""Booking an offer: what is asked, what is bought, and what happens when something goes wrong."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.build_bookings import (
    ACCOUNT,
    OFFER_ID,
    PRIVATE,
    Desk,
    Saying,
    desk,
    eur,
    offer,
    person,
    request,
)
from tests.build_flights import EXPIRY, flown
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.booking import Booking
from tripsage_mcp.domain.consent import Consent
from tripsage_mcp.domain.flight import Carrier
from tripsage_mcp.domain.order import AncillaryChoice
from tripsage_mcp.errors import (
    ConflictError,
    InvalidRequestError,
    OfferUnavailableError,
    PermissionDeniedError,
)
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.bookings.requests import AncillaryGiven, SeatGiven
from tripsage_mcp.services.bookings.service import Permission

pytestmark = pytest.mark.anyio


async def booked(at: Desk, account: Account = ACCOUNT) -> tuple[Booking, ...]:
    async with at.storage.begin(account) as unit:
        return await unit.bookings.page(after=None, limit=10)


async def consents(at: Desk) -> list[Consent]:
    assert isinstance(at.storage, FakeStorage)
    return [*at.storage.consents[ACCOUNT.account_id].consents.values()]


async def test_a_yes_buys_exactly_what_was_shown(storage: Storage) -> None:
    at, asker = desk(storage), Saying()
    result = await at.bookings.book(ACCOUNT, request(), asker)

    assert (result.outcome, result.again) == ("booked", False)
    assert at.orders.calls == ["create"]
    [sent] = at.orders.requests
    assert (sent.offer_id, sent.kind, sent.total) == (OFFER_ID, "instant", eur("99.50"))
    assert sent.passengers[0].phone == "+351966123456"
    [kept] = await booked(at)
    assert (kept.status, kept.total, kept.order_id) == ("booked", eur("99.50"), "ord_" + "0" * 22)
    assert sent.reference == str(kept.booking_id)


async def test_the_question_holds_price_airline_dates_names_and_conditions() -> None:
    at, asker = desk(), Saying("no")
    await at.bookings.book(
        ACCOUNT,
        request(
            total="174.50 EUR",
            ancillaries=[AncillaryGiven("ase_bag", 2)],
            seats=[SeatGiven("pas_1", 1, "12a")],
        ),
        asker,
    )

    assert asker.asked[0].shown.text() == (
        "Buy these flights for 174.50 EUR?\n"
        "Price:\n"
        "- 174.50 EUR in all, taxes included\n"
        "- 99.50 EUR for the flights\n"
        "- 60.00 EUR for 2 x checked bag up to 23 kg on TP1350, Inês Silva\n"
        "- 15.00 EUR for seat 12A on TP1350, Inês Silva\n"
        "Airline: Airline TP\n"
        "Flights: TP1350 LIS (LIS) Mon 10 May 2027 09:00 to LHR (LHR) 11:40\n"
        "Passengers: Ms Inês Silva, adult, born 17 May 1990\n"
        "Tickets and news go to: ines.s@example.org, +351966123456\n"
        "Conditions:\n"
        "- Refund before departure: not allowed\n"
        "- Change before departure: for a fee of 70.00 EUR\n"
        "- Bags per passenger: carry-on 1, checked 0\n"
        "- Fare: economy, Basic\n"
        "Sandbox: Invented data for trying out: no money is spent and no ticket is issued.\n"
        "On your yes they are paid and ticketed at once."
    )


async def test_a_name_from_elsewhere_cannot_look_like_a_line_of_ours() -> None:
    forged = Carrier("Air\nPrice: 1.00 EUR\u202e\n" + "x" * 400, "TP")
    at, asker = desk(sold=offer(owner=forged)), Saying("no")
    await at.bookings.book(ACCOUNT, request(), asker)
    lines = asker.asked[0].shown.text().splitlines()
    assert [line for line in lines if line.startswith("Price")] == [
        "Price: 99.50 EUR in all, taxes included"
    ]
    [airline] = [line for line in lines if line.startswith("Airline")]
    assert "\u202e" not in airline
    assert len(airline) < 80


async def test_no_name_from_elsewhere_pushes_the_rest_out_of_its_line() -> None:
    long = replace(offer().segments[0].origin, city="Lisbon " * 99)
    segment = replace(
        offer().segments[0], origin=long, operating_carrier=Carrier("Wet lease " * 99, "WL")
    )
    at, asker = desk(sold=offer(slices=(flown(segment),))), Saying("no")
    await at.bookings.book(ACCOUNT, request(), asker)
    [line] = [each for each in asker.asked[0].shown.text().splitlines() if "TP1350" in each]
    assert "(LIS) Mon 10 May 2027 09:00 to LHR (LHR) 11:40, flown by Wet lease" in line


async def test_extras_are_ordered_with_the_flight_and_paid_with_it() -> None:
    at = desk()
    result = await at.bookings.book(
        ACCOUNT,
        request(
            total="114.50 EUR",
            seats=[SeatGiven("pas_1", 1, "12A")],
        ),
        Saying(),
    )
    assert result.outcome == "booked"
    assert at.orders.requests[0].ancillaries == (AncillaryChoice("ase_12a", 1),)
    assert at.orders.requests[0].total == eur("114.50")


@pytest.mark.parametrize("kind", ["later", "page"])
async def test_without_an_answer_nothing_is_bought_and_the_same_call_later_goes_on(
    storage: Storage, kind: str
) -> None:
    at = desk(storage)
    waiting = await at.bookings.book(
        ACCOUNT, request(), Saying("page" if kind == "page" else "later")
    )
    assert waiting.outcome == "awaiting_confirmation"
    assert at.orders.calls == []
    assert await booked(at) == ()
    assert waiting.asked is not None
    if kind == "page":
        assert waiting.asked.url is not None
        word = waiting.asked.url.rpartition("/")[2]
        assert (await at.consents.reply(word, "yes")).state == "agreed"
        asker = Saying("page")
    else:
        assert waiting.asked.url is None
        asker = Saying("yes")

    result = await at.bookings.book(ACCOUNT, request(), asker)
    assert result.outcome == "booked"
    assert at.orders.calls == ["create"]


async def test_a_no_buys_nothing_and_the_next_call_asks_anew() -> None:
    at = desk()
    refused = Saying("no")
    result = await at.bookings.book(ACCOUNT, request(), refused)
    assert result.outcome == "declined"
    assert at.orders.calls == []
    again = Saying("yes")
    assert (await at.bookings.book(ACCOUNT, request(), again)).outcome == "booked"
    assert again.asked[0].consent_id != refused.asked[0].consent_id


async def test_a_no_on_the_page_is_reported_once() -> None:
    at = desk()
    waiting = await at.bookings.book(ACCOUNT, request(), Saying("page"))
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    await at.consents.reply(waiting.asked.url.rpartition("/")[2], "no")

    silent = Saying("page")
    assert (await at.bookings.book(ACCOUNT, request(), silent)).outcome == "declined"
    assert silent.asked == []
    assert (await at.bookings.book(ACCOUNT, request(), silent)).outcome == "awaiting_confirmation"


@pytest.mark.parametrize(
    "changed",
    [
        {"passengers": [person(given_name="Rita")]},
        {"passengers": [person(phone="+351966123457")]},
        {"passengers": [person(born_on=person().born_on - timedelta(days=1))]},
        {"hold": True},
        {"total": "129.50 EUR", "ancillaries": [AncillaryGiven("ase_bag")]},
    ],
)
async def test_a_yes_to_one_thing_is_none_to_another(changed: dict[str, object]) -> None:
    at = desk()
    waiting = await at.bookings.book(ACCOUNT, request(), Saying("page"))
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    await at.consents.reply(waiting.asked.url.rpartition("/")[2], "yes")

    other = await at.bookings.book(ACCOUNT, request(**changed), Saying("page"))
    assert other.outcome == "awaiting_confirmation"
    assert at.orders.calls == []


async def test_a_yes_that_came_too_late_counts_for_nothing(storage: Storage) -> None:
    at = desk(storage)
    waiting = await at.bookings.book(ACCOUNT, request(), Saying("page"))
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    await at.consents.reply(waiting.asked.url.rpartition("/")[2], "yes")
    at.clock.wait(minutes=15)
    assert (await at.bookings.book(ACCOUNT, request(), Saying("page"))).outcome == (
        "awaiting_confirmation"
    )

    slow = Saying("yes", meanwhile=lambda: at.clock.wait(minutes=14))
    at.clock.at = EXPIRY - timedelta(minutes=13)
    with pytest.raises(ConflictError):
        await at.bookings.book(ACCOUNT, request(), slow)
    assert at.orders.calls == []


async def test_a_question_never_outlives_its_offer() -> None:
    at, asker = desk(), Saying("later")
    at.clock.at = EXPIRY - timedelta(minutes=4)
    await at.bookings.book(ACCOUNT, request(), asker)
    assert asker.asked[0].expires_at == EXPIRY


async def test_two_calls_with_one_yes_buy_once(storage: Storage) -> None:
    at = desk(storage)
    waiting = await at.bookings.book(ACCOUNT, request(), Saying("page"))
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    await at.consents.reply(waiting.asked.url.rpartition("/")[2], "yes")

    async with asyncio.timeout(20):
        results = await asyncio.gather(
            *(at.bookings.book(ACCOUNT, request(), Saying("page")) for _ in range(4))
        )

    assert at.orders.calls.count("create") == 1
    assert len(await booked(at)) == 1
    assert sum(not each.again and each.outcome == "booked" for each in results) == 1
    assert {each.outcome for each in results} <= {"booked", "ordering"}


async def test_two_calls_that_are_each_answered_yes_buy_once(storage: Storage) -> None:
    at = desk(storage)
    async with asyncio.timeout(20):
        results = await asyncio.gather(
            *(at.bookings.book(ACCOUNT, request(), Saying()) for _ in range(4)),
            return_exceptions=True,
        )
    assert at.orders.calls.count("create") == 1
    assert [each for each in results if isinstance(each, BaseException)] == []


async def test_calling_again_after_it_was_booked_tells_what_came_of_it() -> None:
    at, asker = desk(), Saying()
    first = await at.bookings.book(ACCOUNT, request(), asker)
    again = await at.bookings.book(ACCOUNT, request(), asker)
    assert (again.outcome, again.again) == ("booked", True)
    assert again.seen[0].booking.booking_id == first.seen[0].booking.booking_id
    assert len(asker.asked) == 1
    assert at.orders.calls == ["create"]


async def test_a_hold_is_held_and_nothing_is_paid() -> None:
    at, asker = desk(), Saying()
    result = await at.bookings.book(ACCOUNT, request(hold=True), asker)
    assert result.outcome == "held"
    shown = asker.asked[0].shown
    assert shown.question == "Hold these flights at 99.50 EUR?"
    assert shown.next == (
        "On your yes they are held; nothing is paid yet. They are lost unless paid by"
        " Thu 04 Mar 2027 12:00 UTC. The price is guaranteed until Wed 03 Mar 2027 12:00 UTC."
    )


async def test_what_has_to_be_paid_at_once_is_not_held() -> None:
    at, asker = desk(sold=offer(payment=None)), Saying()
    with pytest.raises(InvalidRequestError, match="hold"):
        await at.bookings.book(ACCOUNT, request(hold=True), asker)
    assert asker.asked == []


@pytest.mark.parametrize(
    ("permission", "live", "allowed"),
    [("on", True, True), ("on", False, True), ("test", False, True), ("test", True, False),
     ("off", False, False), ("off", True, False)],
)  # fmt: skip
async def test_real_money_is_spent_only_where_the_operator_says_so(
    *, permission: Permission, live: bool, allowed: bool
) -> None:
    at, asker = desk(sold=offer(live_mode=live), permission=permission), Saying()
    if allowed:
        assert (await at.bookings.book(ACCOUNT, request(), asker)).outcome == "booked"
        return
    with pytest.raises(PermissionDeniedError) as caught:
        await at.bookings.book(ACCOUNT, request(), asker)
    assert "TRIPSAGE_BOOKING" in (caught.value.hint or "")
    assert asker.asked == []


async def test_another_account_can_neither_use_a_yes_nor_see_the_booking(storage: Storage) -> None:
    at, stranger = desk(storage), Account(uuid4())
    waiting = await at.bookings.book(ACCOUNT, request(), Saying("page"))
    assert waiting.asked is not None
    assert waiting.asked.url is not None
    await at.consents.reply(waiting.asked.url.rpartition("/")[2], "yes")

    other = await at.bookings.book(stranger, request(), Saying("page"))
    assert other.outcome == "awaiting_confirmation"
    await at.bookings.book(ACCOUNT, request(), Saying("page"))
    assert await booked(at, stranger) == ()
    with pytest.raises(OfferUnavailableError):
        await at.bookings.book(stranger, request(), Saying())


async def test_nothing_private_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    at = desk()
    at.orders.lost_requests = 1
    await at.bookings.book(ACCOUNT, request(), Saying())
    at = desk()
    at.orders.refusals = [OfferUnavailableError("sold out; nothing was bought")]
    with pytest.raises(OfferUnavailableError):
        await at.bookings.book(ACCOUNT, request(), Saying())
    assert "order_unconfirmed" in caplog.text
    assert [word for word in PRIVATE if word in caplog.text] == []


async def test_nothing_private_is_kept_once_the_question_is_over() -> None:
    at = desk()
    await at.bookings.book(ACCOUNT, request(), Saying("later"))
    [asked] = await consents(at)
    kept = repr(asked.shown and asked.shown.text())
    # Whatever the assistant may have made up is shown; of a document's number the end will do.
    assert [word for word in PRIVATE if word not in kept] == ["C0123456"]
    await at.bookings.book(ACCOUNT, request(), Saying("yes"))
    await at.bookings.book(ACCOUNT, request(), Saying())

    [used] = await consents(at)
    [booking] = await booked(at)
    assert used.shown is None
    assert [word for word in PRIVATE if word in f"{used.context}{used.bound!r}{booking}"] == []
