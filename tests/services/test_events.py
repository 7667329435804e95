import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.fakes_storage import ShakyStorage
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.errors import InvalidRequestError, StorageError
from tripsage_mcp.infrastructure.bus import MemoryBus
from tripsage_mcp.repositories.ports import Storage, WatchQueue
from tripsage_mcp.services.events import EventService, Position

pytestmark = pytest.mark.anyio

PATIENCE_S = 20
OWNER = Account(uuid4())


async def happen(storage: Storage, count: int = 1, *, account: Account = OWNER) -> None:
    async with storage.begin(account) as unit:
        for _ in range(count):
            now = datetime.now(UTC)
            await unit.events.add("price_watch.changed", uuid4(), {"price": "1 EUR"}, now)


def service(storage: Storage, *, look_every_s: float = 60) -> EventService:
    return EventService(storage, MemoryBus(), look_every_s)


async def next_ids(
    following: AsyncGenerator[tuple[AccountEvent, ...]],
) -> list[int]:
    """Return the numbers of the next events, passing over the times when there was none."""
    async with asyncio.timeout(PATIENCE_S):
        while not (events := await anext(following)):
            pass
    return [event.event_id for event in events]


async def test_who_follows_hears_of_each_event_once_as_it_happens(storage: Storage) -> None:
    events = service(storage)
    await happen(storage, 2)
    begin = await events.begin(OWNER)
    async with aclosing(events.follow(OWNER, begin)) as following:
        assert await anext(following) == ()
        waiting = asyncio.create_task(next_ids(following))
        await happen(storage, 2)
        await events.announce(OWNER)

        assert await waiting == [3, 4]
        await happen(storage)
        await events.announce(OWNER)
        assert await next_ids(following) == [5]


async def test_who_comes_back_hears_what_happened_meanwhile(storage: Storage) -> None:
    events = service(storage)
    await happen(storage, 3)

    begin = await events.begin(OWNER, "1")

    assert begin == Position(1)
    async with aclosing(events.follow(OWNER, begin)) as following:
        assert await next_ids(following) == [2, 3]


async def test_a_long_absence_is_read_in_portions(storage: Storage) -> None:
    events = service(storage)
    await happen(storage, 230)
    async with aclosing(events.follow(OWNER, Position(0))) as following:
        portions = [len(await next_ids(following)) for _ in range(3)]
    assert portions == [100, 100, 30]


async def test_an_event_without_a_wake_up_is_found_after_a_while(storage: Storage) -> None:
    """As when it happened in another process that shares the database and no bus."""
    events = service(storage, look_every_s=0.01)
    async with aclosing(events.follow(OWNER, Position(0))) as following:
        assert await anext(following) == ()
        await happen(storage)
        assert await next_ids(following) == [1]


async def test_nobody_hears_of_anothers_events(storage: Storage) -> None:
    events = service(storage, look_every_s=0.01)
    stranger = Account(uuid4())
    begin = await events.begin(stranger)
    async with aclosing(events.follow(stranger, begin)) as following:
        await happen(storage)
        await events.announce(OWNER)
        assert [await anext(following) for _ in range(5)] == [()] * 5


async def test_following_ends_when_the_bus_closes(storage: Storage) -> None:
    events, begun = service(storage), asyncio.Event()

    async def follow() -> None:
        async for _ in events.follow(OWNER, Position(0)):
            begun.set()

    following = asyncio.create_task(follow())
    async with asyncio.timeout(PATIENCE_S):
        await begun.wait()
        await events.bus.close()
        await following


@pytest.mark.parametrize("after", ["", "-1", "1.5", "x", "९", "1" * 19, " 1"])
async def test_what_is_no_number_of_an_event_is_refused(storage: Storage, after: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await service(storage).begin(OWNER, after)
    assert caught.value.argument == "after"


async def test_who_was_away_too_long_is_told_that_something_was_missed(
    storage: Storage, watch_queue: WatchQueue
) -> None:
    events = service(storage)
    old = datetime.now(UTC) - timedelta(days=31)
    async with storage.begin(OWNER) as unit:
        for _ in range(3):
            await unit.events.add("price_watch.changed", uuid4(), {}, old)
    await happen(storage)
    assert await events.begin(OWNER, "1") == Position(1)
    await watch_queue.forget_events()

    assert await events.begin(OWNER, "1") == Position(3, missed=True)
    assert await events.begin(OWNER, "3") == Position(3)
    assert await events.begin(OWNER, "4") == Position(4)


async def test_when_nothing_is_kept_at_all_something_was_missed_too(
    storage: Storage, watch_queue: WatchQueue
) -> None:
    async with storage.begin(OWNER) as unit:
        old = datetime.now(UTC) - timedelta(days=31)
        await unit.events.add("price_watch.changed", uuid4(), {}, old)
    await watch_queue.forget_events()
    assert await service(storage).begin(OWNER, "0") == Position(1, missed=True)


async def test_a_number_from_a_database_that_is_no_more_begins_at_the_end(storage: Storage) -> None:
    await happen(storage)
    assert await service(storage).begin(OWNER, "9000") == Position(1, missed=True)


async def test_a_database_that_is_away_for_a_while_is_waited_for(storage: Storage) -> None:
    shaky = ShakyStorage(storage, down=False)
    events = service(shaky, look_every_s=0.01)
    async with aclosing(events.follow(OWNER, Position(0))) as following:
        shaky.down = True
        await happen(storage)
        assert [await anext(following) for _ in range(3)] == [()] * 3
        shaky.down = False
        assert await next_ids(following) == [1]
    shaky.down = True
    with pytest.raises(StorageError):
        await events.begin(OWNER)
