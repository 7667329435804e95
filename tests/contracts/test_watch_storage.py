"""What every storage promises of watches, their queue and events: the fake and PostgreSQL."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.watch import Alert, PricePoint, PriceWatch, WatchedFlight
from tripsage_mcp.repositories.ports import Storage, WatchClaim, WatchQueue

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRINT = bytes(32)


@dataclass(frozen=True, slots=True)
class Kept:
    storage: Storage
    queue: WatchQueue


@pytest.fixture
def kept(storage: Storage, watch_queue: WatchQueue) -> Kept:
    return Kept(storage, watch_queue)


@pytest.fixture
def owner() -> Account:
    return Account(uuid4())


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def watch(*, minutes: int = 0) -> PriceWatch:
    return PriceWatch(
        watch_id=uuid4(),
        request=OfferRequest((SliceRequest("LIS", "LHR", date(2027, 5, 10)),)),
        alert=Alert(drop_percent=3),
        created_at=NOW + timedelta(minutes=minutes),
        ends_at=datetime(2027, 5, 11, tzinfo=UTC),
    )


async def keep(kept: Kept, account: Account, *watches: PriceWatch) -> None:
    async with kept.storage.begin(account) as unit:
        for each in watches:
            await unit.watches.add(each, each.watch_id.bytes * 2)
            await unit.watches.schedule(each.watch_id, NOW)


async def claim(
    kept: Kept, *, at: datetime = NOW, lease: timedelta = HOUR, at_most: int = 10
) -> tuple[WatchClaim, ...]:
    return await kept.queue.claim(at, lease_until=at + lease, at_most=at_most)


async def test_a_watch_comes_back_as_it_was_stored(kept: Kept, owner: Account) -> None:
    stored = replace(
        watch(),
        request=OfferRequest(
            (
                SliceRequest("LIS", "NYC", date(2027, 5, 10)),
                SliceRequest("NYC", "LIS", date(2027, 5, 20)),
            ),
            adults=2,
            children_ages=(1, 11),
            infants_in_seat=1,
            cabin="premium_economy",
            max_connections=0,
        ),
        alert=Alert(euros("200"), 5),
        flights=(
            (WatchedFlight("TP201", "LIS", "EWR", date(2027, 5, 10)),),
            (WatchedFlight("TP202", "EWR", "LIS", date(2027, 5, 20)),),
        ),
        ends_for="until",
        first=euros("230.10"),
        best=euros("210.00"),
        best_at=NOW,
        last=euros("225.5"),
        told=euros("210.00"),
        data="sandbox",
        checked_at=NOW,
        checks=7,
        failures=2,
    )
    async with kept.storage.begin(owner) as unit:
        await unit.watches.add(stored, PRINT)

    async with kept.storage.begin(owner) as unit:
        assert await unit.watches.get(stored.watch_id) == stored
        assert await unit.watches.get_to_change(stored.watch_id) == stored
        assert await unit.watches.same(PRINT) == stored
        assert await unit.watches.newest(10) == (stored,)


async def test_replacing_a_watch_changes_what_was_seen_and_not_what_is_watched(
    kept: Kept, owner: Account
) -> None:
    stored = watch()
    await keep(kept, owner, stored)
    seen = replace(
        stored,
        first=euros("100"),
        best=euros("90"),
        best_at=NOW,
        last=euros("95"),
        told=euros("90"),
        data="live",
        checked_at=NOW,
        checks=3,
        failures=1,
        ended="stopped",
        ended_at=NOW,
    )

    async with kept.storage.begin(owner) as unit:
        await unit.watches.replace(replace(seen, ends_at=NOW, alert=Alert(drop_percent=50)))

    async with kept.storage.begin(owner) as unit:
        assert await unit.watches.get(stored.watch_id) == seen


async def test_a_watch_of_another_account_cannot_be_told_from_none(
    kept: Kept, owner: Account
) -> None:
    stored = watch()
    await keep(kept, owner, stored)

    async with kept.storage.begin(Account(uuid4())) as unit:
        assert await unit.watches.get(stored.watch_id) is None
        assert await unit.watches.get_to_change(stored.watch_id) is None
        assert await unit.watches.same(stored.watch_id.bytes * 2) is None
        assert await unit.watches.newest(10) == ()
        assert await unit.watches.count_active() == 0
        assert await unit.watches.points(stored.watch_id) == ()
        await unit.watches.replace(replace(stored, ended="stopped", ended_at=NOW))
        await unit.watches.unschedule(stored.watch_id)
    async with kept.storage.begin(owner) as unit:
        assert await unit.watches.get(stored.watch_id) == stored
    assert [each.watch_id for each in await claim(kept)] == [stored.watch_id]


async def test_an_ended_watch_leaves_its_fingerprint_and_goes_to_the_end_of_the_list(
    kept: Kept, owner: Account
) -> None:
    first, second, third = (watch(minutes=n) for n in range(3))
    await keep(kept, owner, first, second, third)
    ended = replace(third, ended="stopped", ended_at=NOW)
    async with kept.storage.begin(owner) as unit:
        await unit.watches.replace(ended)

    async with kept.storage.begin(owner) as unit:
        assert await unit.watches.newest(10) == (second, first, ended)
        assert await unit.watches.newest(1) == (second,)
        assert await unit.watches.count_active() == 2
        assert await unit.watches.same(third.watch_id.bytes * 2) is None
        again = replace(third, watch_id=uuid4())
        await unit.watches.add(again, third.watch_id.bytes * 2)
        assert await unit.watches.same(third.watch_id.bytes * 2) == again


async def test_points_come_back_in_the_order_of_their_checks(kept: Kept, owner: Account) -> None:
    stored = watch()
    await keep(kept, owner, stored)
    points = (
        PricePoint(NOW, euros("99.50"), 12, "live"),
        PricePoint(NOW, None, 0, "sandbox"),
        PricePoint(NOW - HOUR, failure="provider_unavailable"),
    )
    async with kept.storage.begin(owner) as unit:
        for number in (2, 3, 1):
            await unit.watches.add_point(stored.watch_id, number, points[number - 1])

    async with kept.storage.begin(owner) as unit:
        assert await unit.watches.points(stored.watch_id) == points


async def test_who_adds_a_watch_waits_for_who_is_adding_one(kept: Kept, owner: Account) -> None:
    async def add_if_none() -> None:
        async with kept.storage.begin(owner) as unit:
            await unit.watches.lock()
            if await unit.watches.same(PRINT) is None:
                await asyncio.sleep(0)
                await unit.watches.add(watch(), PRINT)

    async with asyncio.timeout(20):
        await asyncio.gather(*(add_if_none() for _ in range(5)))

    async with kept.storage.begin(owner) as unit:
        assert await unit.watches.count_active() == 1


# The queue


async def test_a_claim_takes_what_is_due_in_every_account_the_longest_due_first(
    kept: Kept, owner: Account
) -> None:
    early, late, later = watch(), watch(), watch()
    other = Account(uuid4())
    await keep(kept, owner, late, later)
    await keep(kept, other, early)
    async with kept.storage.begin(owner) as unit:
        await unit.watches.schedule(later.watch_id, NOW + HOUR)
    async with kept.storage.begin(other) as unit:
        await unit.watches.schedule(early.watch_id, NOW - HOUR)

    claims = await claim(kept)

    assert [(each.account_id, each.watch_id, each.due_at) for each in claims] == [
        (other.account_id, early.watch_id, NOW - HOUR),
        (owner.account_id, late.watch_id, NOW),
    ]
    assert await claim(kept) == ()


async def test_a_claim_takes_no_more_than_it_may(kept: Kept, owner: Account) -> None:
    await keep(kept, owner, *(watch() for _ in range(3)))

    taken = [len(await claim(kept, at_most=2)) for _ in range(3)]

    assert taken == [2, 1, 0]


async def test_a_lease_that_ran_out_goes_to_the_next_and_no_longer_holds(
    kept: Kept, owner: Account
) -> None:
    stored = watch()
    await keep(kept, owner, stored)
    (crashed,) = await claim(kept)
    assert await claim(kept, at=NOW + HOUR - timedelta(seconds=1)) == ()

    (taken_over,) = await claim(kept, at=NOW + HOUR)

    assert (taken_over.watch_id, taken_over.due_at) == (crashed.watch_id, crashed.due_at)
    async with kept.storage.begin(owner) as unit:
        assert not await unit.watches.holds(crashed)
        assert await unit.watches.holds(taken_over)
    async with kept.storage.begin(Account(uuid4())) as unit:
        assert not await unit.watches.holds(taken_over)


async def test_scheduling_frees_a_watch_and_unscheduling_ends_it(
    kept: Kept, owner: Account
) -> None:
    stored = watch()
    await keep(kept, owner, stored)
    (held,) = await claim(kept)

    async with kept.storage.begin(owner) as unit:
        await unit.watches.schedule(stored.watch_id, NOW + HOUR)
        assert not await unit.watches.holds(held)
    assert await claim(kept) == ()
    assert len(await claim(kept, at=NOW + HOUR)) == 1
    async with kept.storage.begin(owner) as unit:
        await unit.watches.unschedule(stored.watch_id)
        await unit.watches.unschedule(stored.watch_id)
    assert await claim(kept, at=NOW + 9 * HOUR) == ()


async def test_however_many_ask_at_once_each_check_goes_to_one(kept: Kept, owner: Account) -> None:
    watches = [watch() for _ in range(40)]
    await keep(kept, owner, *watches)

    async def take_all() -> list[UUID]:
        taken: list[UUID] = []
        while claims := await claim(kept, at_most=3):
            taken += [each.watch_id for each in claims]
        return taken

    async with asyncio.timeout(20):
        shares = await asyncio.gather(*(take_all() for _ in range(6)))

    assert sorted(taken for share in shares for taken in share) == sorted(
        each.watch_id for each in watches
    )


# Events


async def test_events_are_counted_from_one_and_read_in_order(kept: Kept, owner: Account) -> None:
    subject = uuid4()
    async with kept.storage.begin(owner) as unit:
        assert await unit.events.latest() == 0
        assert await unit.events.after(0, 10) == ()
        for n in range(3):
            data = {"price": f"{n}.00 EUR", "more": [1, None]}
            assert await unit.events.add("price_watch.changed", subject, data, NOW) == n + 1

    async with kept.storage.begin(owner) as unit:
        found = await unit.events.after(1, 10)
        assert [each.event_id for each in found] == [2, 3]
        assert [each.event_id for each in await unit.events.after(0, 2)] == [1, 2]
        assert await unit.events.latest() == 3
    assert found[0].kind == "price_watch.changed"
    assert (found[0].subject, found[0].created_at) == (subject, NOW)
    assert found[0].data == {"price": "1.00 EUR", "more": [1, None]}
    async with kept.storage.begin(Account(uuid4())) as unit:
        assert (await unit.events.after(0, 10), await unit.events.latest()) == ((), 0)


async def test_an_event_that_is_undone_leaves_no_gap(kept: Kept, owner: Account) -> None:
    async def fail() -> None:
        async with kept.storage.begin(owner) as unit:
            await unit.events.add("price_watch.ended", uuid4(), {}, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    async with kept.storage.begin(owner) as unit:
        assert await unit.events.add("price_watch.ended", uuid4(), {}, NOW) == 1


async def test_writers_of_one_account_get_numbers_in_the_order_of_their_commits(
    kept: Kept, owner: Account
) -> None:
    """Else a listener could read 2 before 1 is there, and would never see 1."""
    written: list[int] = []

    async def write() -> None:
        async with kept.storage.begin(owner) as unit:
            number = await unit.events.add("price_watch.changed", uuid4(), {}, NOW)
            await asyncio.sleep(0)
            written.append(number)

    async with asyncio.timeout(20):
        await asyncio.gather(*(write() for _ in range(6)))

    assert written == [1, 2, 3, 4, 5, 6]


async def test_old_events_are_forgotten_and_their_numbers_are_not_used_again(
    kept: Kept, owner: Account
) -> None:
    now = datetime.now(UTC)
    async with kept.storage.begin(owner) as unit:
        for days in (40, 31, 29):
            at = now - timedelta(days=days)
            await unit.events.add("price_watch.changed", uuid4(), {}, at)

    assert await kept.queue.forget_events() == 2
    assert await kept.queue.forget_events() == 0

    async with kept.storage.begin(owner) as unit:
        assert [each.event_id for each in await unit.events.after(0, 10)] == [3]
        assert await unit.events.add("price_watch.changed", uuid4(), {}, now) == 4
