"""What every storage promises of consents and bookings: the fake and PostgreSQL, by one test."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.booking import BookedSlice, Booking, Itinerary
from tripsage_mcp.domain.consent import Consent, Section, Shown
from tripsage_mcp.domain.money import Money
from tripsage_mcp.repositories.ports import Storage, WatchQueue

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 1, 4, 9, 30, 0, 123456, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
LATE = NOW + timedelta(minutes=15)
SHOWN = Shown("Buy?", (Section("Passengers", ("Ms Inês Silva", "Mr Rui Silva")),), "Then paid.")
BOUND, OTHER = b"b" * 32, b"o" * 32


@pytest.fixture
def owner() -> Account:
    return Account(uuid4())


def consent(**changes: Any) -> Consent:
    usual: dict[str, Any] = {
        "consent_id": uuid4(),
        "action": "book",
        "subject": "off_1",
        "bound": BOUND,
        "shown": SHOWN,
        "created_at": NOW,
        "expires_at": LATE,
        "context": {"quote": "ore_1"},
    }
    return Consent(**usual | changes)


def booking(**changes: Any) -> Booking:
    usual: dict[str, Any] = {
        "booking_id": uuid4(),
        "offer_id": "off_1",
        "kind": "instant",
        "status": "ordering",
        "total": Money(Decimal("334.34"), "GBP"),
        "itinerary": Itinerary(
            "Air", (BookedSlice("LIS", "LHR", "2027-05-10T09:00+01:00", ("TP1", "TP2")),)
        ),
        "data": "sandbox",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Booking(**usual | changes)


async def opened(storage: Storage, owner: Account, given: Consent) -> Consent:
    async with storage.begin(owner) as unit:
        return await unit.consents.open(given)


async def stored(storage: Storage, owner: Account, given: Consent) -> Consent:
    async with storage.begin(owner) as unit:
        found = await unit.consents.get(given.consent_id)
    assert found is not None
    return found


async def agreed(storage: Storage, owner: Account, given: Consent) -> None:
    async with storage.begin(owner) as unit:
        await unit.consents.open(given)
        assert await unit.consents.answer(given.consent_id, "yes", SOON)


async def used(
    storage: Storage, owner: Account, given: Consent, bound: bytes = BOUND, at: datetime = SOON
) -> bool:
    async with storage.begin(owner) as unit:
        return await unit.consents.use(given.consent_id, bound, at)


async def test_a_consent_comes_back_as_it_was_stored(storage: Storage, owner: Account) -> None:
    asked = consent()
    assert await opened(storage, owner, asked) == asked
    assert await stored(storage, owner, asked) == asked
    async with storage.begin(owner) as unit:
        assert await unit.consents.current("book", "off_1", SOON) == asked
        assert await unit.consents.current("hold", "off_1", SOON) is None
        assert await unit.consents.current("book", "off_2", SOON) is None
        assert await unit.consents.current("book", "off_1", LATE) is None


async def test_the_same_question_asked_again_is_the_one_that_is_open(
    storage: Storage, owner: Account
) -> None:
    asked = consent()
    await opened(storage, owner, asked)
    assert await opened(storage, owner, consent(created_at=SOON)) == asked


async def test_another_question_about_the_same_thing_takes_the_place_of_the_first(
    storage: Storage, owner: Account
) -> None:
    first, elsewhere = consent(), consent(subject="off_2")
    await agreed(storage, owner, first)
    await opened(storage, owner, elsewhere)
    second = consent(bound=OTHER, created_at=SOON)
    assert await opened(storage, owner, second) == second

    closed = await stored(storage, owner, first)
    assert (closed.closed_at, closed.shown, closed.used_at) == (SOON, None, None)
    assert not await used(storage, owner, first)
    assert (await stored(storage, owner, elsewhere)).is_open(SOON)


async def test_questions_that_arrive_together_leave_one_open(
    storage: Storage, owner: Account
) -> None:
    asked = [consent(bound=BOUND if n % 2 else OTHER) for n in range(6)]
    async with asyncio.timeout(20):
        await asyncio.gather(*(opened(storage, owner, each) for each in asked))

    found = [each.consent_id for each in asked if await _get_open(storage, owner, each)]
    assert len(found) == 1


async def _get_open(storage: Storage, owner: Account, given: Consent) -> bool:
    async with storage.begin(owner) as unit:
        found = await unit.consents.get(given.consent_id)
    return found is not None and found.is_open(SOON)


async def test_a_yes_is_used_once_and_leaves_nothing_of_what_was_shown(
    storage: Storage, owner: Account
) -> None:
    asked = consent()
    await agreed(storage, owner, asked)
    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(*(used(storage, owner, asked) for _ in range(5)))

    assert sorted(outcomes) == [False, False, False, False, True]
    found = await stored(storage, owner, asked)
    assert (found.used_at, found.closed_at, found.shown) == (SOON, SOON, None)


async def test_a_yes_counts_for_nothing_but_what_it_was_given_to(
    storage: Storage, owner: Account
) -> None:
    asked = consent()
    await agreed(storage, owner, asked)
    assert not await used(storage, owner, asked, OTHER)
    assert not await used(storage, owner, asked, at=LATE)
    assert not await used(storage, Account(uuid4()), asked)
    assert await used(storage, owner, asked)


@pytest.mark.parametrize("answer", ["no", None])
async def test_without_a_yes_there_is_nothing_to_use(
    storage: Storage, owner: Account, answer: Any
) -> None:
    asked = consent()
    await opened(storage, owner, asked)
    if answer is not None:
        async with storage.begin(owner) as unit:
            assert await unit.consents.answer(asked.consent_id, answer, SOON)
    assert not await used(storage, owner, asked)


async def test_the_first_answer_stays(storage: Storage, owner: Account) -> None:
    asked = consent()
    await opened(storage, owner, asked)
    async with storage.begin(owner) as unit:
        assert await unit.consents.answer(asked.consent_id, "no", SOON)
        assert not await unit.consents.answer(asked.consent_id, "yes", SOON)
        assert not await unit.consents.answer(uuid4(), "yes", SOON)
    found = await stored(storage, owner, asked)
    assert (found.answer, found.answered_at) == ("no", SOON)


async def test_what_is_closed_or_over_takes_no_answer(storage: Storage, owner: Account) -> None:
    late, closed = consent(), consent(subject="off_2")
    await opened(storage, owner, late)
    await opened(storage, owner, closed)
    async with storage.begin(owner) as unit:
        assert not await unit.consents.answer(late.consent_id, "yes", LATE)
        await unit.consents.close(closed.consent_id, SOON)
        await unit.consents.close(closed.consent_id, LATE)
        assert not await unit.consents.answer(closed.consent_id, "yes", SOON)
    found = await stored(storage, owner, closed)
    assert (found.closed_at, found.shown) == (SOON, None)


async def test_what_has_expired_is_closed_and_what_was_shown_is_erased(
    storage: Storage, owner: Account
) -> None:
    over, alive = consent(), consent(subject="off_2", expires_at=LATE + timedelta(minutes=1))
    await opened(storage, owner, over)
    await opened(storage, owner, alive)
    async with storage.begin(owner) as unit:
        await unit.consents.close_expired(LATE)
    found = await stored(storage, owner, over)
    assert (found.closed_at, found.shown) == (LATE, None)
    assert (await stored(storage, owner, alive)).shown == SHOWN


async def test_nobody_sees_or_answers_anothers_question(storage: Storage, owner: Account) -> None:
    asked = consent()
    await opened(storage, owner, asked)
    async with storage.begin(Account(uuid4())) as unit:
        assert await unit.consents.get(asked.consent_id) is None
        assert await unit.consents.current("book", "off_1", SOON) is None
        assert not await unit.consents.answer(asked.consent_id, "yes", SOON)
        await unit.consents.close(asked.consent_id, SOON)
        await unit.consents.close_expired(LATE)
    assert await stored(storage, owner, asked) == asked


async def test_a_booking_comes_back_as_it_was_stored(storage: Storage, owner: Account) -> None:
    ordered = booking(status="held", order_id="ord_1", booking_reference="ABC123", failure="x")
    async with storage.begin(owner) as unit:
        assert await unit.bookings.add(ordered)
        assert await unit.bookings.get(ordered.booking_id) == ordered
        assert await unit.bookings.of_offer("off_1") == ordered
        assert await unit.bookings.page(after=None, limit=5) == (ordered,)
        assert await unit.bookings.get(uuid4()) is None
        assert await unit.bookings.of_offer("off_2") is None
    async with storage.begin(Account(uuid4())) as unit:
        assert await unit.bookings.get(ordered.booking_id) is None
        assert await unit.bookings.of_offer("off_1") is None
        assert await unit.bookings.page(after=None, limit=5) == ()
        assert not await unit.bookings.settle(ordered, was=("held",))


async def test_an_offer_is_booked_once_until_it_has_failed(
    storage: Storage, owner: Account
) -> None:
    async def add(given: Booking) -> bool:
        async with storage.begin(owner) as unit:
            return await unit.bookings.add(given)

    bookings = [booking() for _ in range(5)]
    async with asyncio.timeout(20):
        added = await asyncio.gather(*(add(each) for each in bookings))
    assert sorted(added) == [False, False, False, False, True]
    first = bookings[added.index(True)]
    async with storage.begin(owner) as unit:
        failed = replace(first, status="failed", failure="offer_expired", updated_at=SOON)
        assert await unit.bookings.settle(failed, was=("ordering",))
        assert await unit.bookings.of_offer("off_1") is None
        assert await unit.bookings.add(booking())
        assert len(await unit.bookings.page(after=None, limit=5)) == 2


async def test_a_booking_is_settled_only_from_the_states_named(
    storage: Storage, owner: Account
) -> None:
    ordered = booking()
    changed = replace(
        ordered,
        status="booked",
        total=Money(Decimal(340), "GBP"),
        order_id="ord_1",
        booking_reference="ABC123",
        updated_at=SOON,
    )
    async with storage.begin(owner) as unit:
        await unit.bookings.add(ordered)
        assert not await unit.bookings.settle(changed, was=("unconfirmed", "held"))
        assert await unit.bookings.get(ordered.booking_id) == ordered
        assert await unit.bookings.settle(changed, was=("unconfirmed", "ordering"))
        assert await unit.bookings.get(ordered.booking_id) == changed


async def test_bookings_are_listed_the_last_made_first(storage: Storage, owner: Account) -> None:
    made = [booking(offer_id=f"off_{n}", created_at=NOW + timedelta(minutes=n)) for n in range(4)]
    async with storage.begin(owner) as unit:
        for each in made:
            await unit.bookings.add(each)
        first = await unit.bookings.page(after=None, limit=3)
        assert first == tuple(reversed(made[1:]))
        last = (first[-1].created_at, first[-1].booking_id)
        assert await unit.bookings.page(after=last, limit=3) == (made[0],)


async def test_what_is_under_way_is_stored_and_goes_when_it_is_settled(
    storage: Storage, owner: Account
) -> None:
    held = booking(status="held", order_id="ord_1", pay_by=LATE)
    paying = replace(held, status="unconfirmed", acting="pay", updated_at=SOON)
    paid = replace(paying, status="booked", acting=None, pay_by=None)
    async with storage.begin(owner) as unit:
        await unit.bookings.add(held)
        for before, after in ((held, paying), (paying, paid)):
            assert await unit.bookings.get(held.booking_id) == before
            assert await unit.bookings.settle(after, was=(before.status,))
        assert await unit.bookings.get(held.booking_id) == paid


async def test_names_in_questions_nobody_answered_are_erased_in_every_account(
    storage: Storage, watch_queue: WatchQueue
) -> None:
    now, owners = datetime.now(UTC), [Account(uuid4()), Account(uuid4())]
    asked: list[Consent] = []
    for account in owners:
        for n, minutes in enumerate((-15, -3, 15)):
            asked.append(
                consent(
                    subject=f"off_{n}",
                    created_at=now - timedelta(hours=1),
                    expires_at=now + timedelta(minutes=minutes),
                )
            )
            async with storage.begin(account) as unit:
                await unit.consents.open(asked[-1])
    assert await watch_queue.close_questions() == 4
    assert await watch_queue.close_questions() == 0

    for n, account in enumerate(owners):
        found = [await stored(storage, account, each) for each in asked[3 * n : 3 * n + 3]]
        assert [each.closed_at is None for each in found] == [False, False, True]
        assert [each.shown is None for each in found] == [True, True, False]
