import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.build_watches import watch
from tests.fakes_storage import FakeStorage
from tests.watch_scene import OWNER, PATIENCE_S, Market, Scene
from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.errors import StorageError
from tripsage_mcp.providers.ports import SearchProgress
from tripsage_mcp.repositories.ports import Storage, WatchClaim, WatchQueue
from tripsage_mcp.services.watches.worker import LEASE, WatchWorker

pytestmark = pytest.mark.anyio


@pytest.fixture
def scene(storage: Storage, watch_queue: WatchQueue) -> Scene:
    return Scene(storage, watch_queue)


# Several workers


async def test_two_workers_never_search_twice_for_the_same_due_time(
    storage: Storage, watch_queue: WatchQueue
) -> None:
    scene = Scene(storage, watch_queue)
    made = [watch() for _ in range(24)]
    await scene.keep(*made)
    one, two = scene.worker(), scene.worker()

    async def work(worker: WatchWorker) -> int:
        worked = 0
        while done := await worker.run_once():
            worked += done
        return worked

    async with asyncio.timeout(PATIENCE_S):
        shares = await asyncio.gather(work(one), work(two))

    assert sum(shares) == len(made) == len(scene.market.requests)
    assert [(await scene.read(each)).checks for each in made] == [1] * len(made)


async def test_another_worker_takes_over_from_one_that_crashed_in_its_search(scene: Scene) -> None:
    made = watch()
    await scene.keep(made)
    begun = asyncio.Event()

    class Endless(Market):
        async def search(
            self, request: OfferRequest, *, progress: SearchProgress | None = None
        ) -> OffersFound:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

    market, scene.market = scene.market, Endless()
    crashing = asyncio.create_task(scene.worker().run_once())
    async with asyncio.timeout(PATIENCE_S):
        await begun.wait()
    crashing.cancel()
    await asyncio.wait({crashing})
    scene.market = market

    assert await scene.worker().run_once() == 0
    scene.now += LEASE
    assert await scene.worker().run_once() == 1
    assert (await scene.read(made)).checks == 1


async def test_a_worker_that_was_too_slow_drops_what_it_found(scene: Scene) -> None:
    made = watch()
    await scene.keep(made)
    searches = Counter[UUID]()

    class Slow(Market):
        async def search(
            self, request: OfferRequest, *, progress: SearchProgress | None = None
        ) -> OffersFound:
            searches[made.watch_id] += 1
            if searches[made.watch_id] == 1:
                # The lease runs out, and another does the work in the meantime.
                scene.now += LEASE
                assert await scene.worker().run_once() == 1
            return await super().search(request, progress=progress)

    scene.market = Slow(clock=scene.clock)
    await scene.worker().run_once()
    assert searches[made.watch_id] == 2
    assert (await scene.read(made)).checks == 1


# Running


class Stop(Exception):  # noqa: N818 - not an error: the way out of an endless loop
    """Ends a worker."""


@dataclass
class Shaky:
    """A queue that is out of reach for the first calls."""

    queue: WatchQueue
    down: int
    forgets: int = 0
    closings: int = 0

    async def claim(
        self, now: datetime, *, lease_until: datetime, at_most: int
    ) -> tuple[WatchClaim, ...]:
        if self.down:
            self.down -= 1
            raise StorageError("The database is out of reach")
        return await self.queue.claim(now, lease_until=lease_until, at_most=at_most)

    async def close_questions(self) -> int:
        self.closings += 1
        return await self.queue.close_questions()

    async def forget_events(self) -> int:
        self.forgets += 1
        return await self.queue.forget_events()


async def run(scene: Scene, rounds: int) -> None:
    """Run a worker until it has slept so many times."""
    scene.slept.clear()

    async def sleep(seconds: float) -> None:
        await scene.sleep(seconds)
        if len(scene.slept) == rounds:
            raise Stop

    worker = scene.worker()
    worker.sleep = sleep
    with pytest.raises(Stop):
        await worker.run()


async def test_a_worker_looks_once_a_minute_and_works_off_all_that_is_due(scene: Scene) -> None:
    made = [watch() for _ in range(5)]
    await scene.keep(*made)
    await run(scene, 3)
    assert scene.slept == [60, 60, 60]
    assert [(await scene.read(each)).checks for each in made] == [1] * 5


async def test_a_queue_out_of_reach_is_left_alone_ever_longer_and_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    storage = FakeStorage()
    scene = Scene(storage, Shaky(storage.queue, down=6))
    made = watch()
    await scene.keep(made)
    await run(scene, 8)
    assert scene.slept == [120, 240, 480, 600, 600, 600, 60, 60]
    assert (await scene.read(made)).checks == 1
    assert caplog.text.count("watch_queue_failed") == 1


async def test_old_events_are_forgotten_once_a_day(storage: Storage) -> None:
    fake = FakeStorage()
    queue = Shaky(fake.queue, down=0)
    scene = Scene(fake, queue)
    async with fake.begin(OWNER) as unit:
        old = datetime.now(UTC) - timedelta(days=31)
        await unit.events.add("price_watch.changed", uuid4(), {}, old)
    await run(scene, 24 * 60 + 2)
    assert (queue.forgets, queue.closings) == (2, 24 * 60 + 2)
    assert await scene.told() == []
