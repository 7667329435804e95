import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.build_flights import NOW
from tests.build_watches import euros, watch
from tests.watch_scene import HOUR, OWNER, PATIENCE_S, Market, Scene
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.watch import MOST_FAILURES, PricePoint
from tripsage_mcp.errors import (
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
)
from tripsage_mcp.providers.ports import SearchProgress
from tripsage_mcp.repositories.ports import Storage, WatchQueue
from tripsage_mcp.services.watches.service import end
from tripsage_mcp.services.watches.worker import LEASE, SEARCH_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def scene(storage: Storage, watch_queue: WatchQueue) -> Scene:
    return Scene(storage, watch_queue)


async def test_what_is_due_is_searched_noted_down_and_due_again_later(scene: Scene) -> None:
    made = watch()
    await scene.keep(made)

    assert await scene.worker().run_once() == 1
    assert await scene.worker().run_once() == 0

    read = await scene.read(made)
    assert (read.last, read.checks, read.checked_at) == (euros("100.00"), 1, NOW)
    assert await scene.points(made) == (PricePoint(NOW, euros("100.00"), 1, "sandbox"),)
    assert scene.market.requests == [made.request]
    assert await scene.told() == []
    (claim,) = await scene.due()
    assert 6 * HOUR <= claim.due_at - NOW <= 6.6 * HOUR


async def test_a_drop_is_told_to_whoever_follows_the_account(scene: Scene) -> None:
    made = watch(target=euros(90))
    await scene.keep(made)
    worker = scene.worker()
    await worker.run_once()
    following = scene.events.follow(OWNER, await scene.events.begin(OWNER))
    assert await anext(following) == ()
    scene.now, scene.market.price = NOW + 7 * HOUR, "89.00"

    waiting = asyncio.ensure_future(anext(following))
    await worker.run_once()

    async with asyncio.timeout(PATIENCE_S):
        (event,) = await waiting
    await following.aclose()
    assert (event.kind, event.subject) == ("price_watch.changed", made.watch_id)
    assert event.data == {
        "route": "LIS-LHR 2027-05-10",
        "reason": "target_reached",
        "price": "89.00 EUR",
        "before": "100.00 EUR",
        "data": "sandbox",
    }
    assert (await scene.read(made)).told == euros("89.00")
    assert await scene.told(Account(uuid4())) == []


async def test_nothing_sold_is_noted_down_as_such_and_is_no_failure(scene: Scene) -> None:
    made = watch()
    await scene.keep(made)
    scene.market.price = None
    await scene.worker().run_once()
    read = await scene.read(made)
    assert (read.last, read.failures, read.active) == (None, 0, True)


async def test_watches_of_several_accounts_are_all_worked_on(scene: Scene) -> None:
    other = Account(uuid4())
    mine, theirs = [watch() for _ in range(3)], watch()
    await scene.keep(*mine)
    await scene.keep(theirs, account=other)
    worker = scene.worker()
    while await worker.run_once():
        pass
    checks = [(await scene.read(each)).checks for each in mine]
    assert [*checks, (await scene.read(theirs, other)).checks] == [1, 1, 1, 1]


# Failing


async def test_a_failed_search_is_tried_again_soon_and_keeps_its_code(scene: Scene) -> None:
    made = watch()
    await scene.keep(made)
    scene.market.failure = ProviderUnavailableError("fake", "HTTP 503")
    await scene.worker().run_once()
    assert await scene.points(made) == (PricePoint(NOW, failure="provider_unavailable"),)
    (claim,) = await scene.due()
    assert claim.due_at - NOW <= timedelta(minutes=5.5)


async def test_a_provider_that_asks_to_be_left_alone_is(scene: Scene) -> None:
    made = watch()
    await scene.keep(made)
    scene.market.failure = ProviderRateLimitedError("fake", 7200)
    await scene.worker().run_once()
    (claim,) = await scene.due()
    assert claim.due_at - NOW >= 2 * HOUR


async def test_a_bug_in_one_search_is_noted_down_and_says_nothing_of_the_trip(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    made = watch()
    await scene.keep(made)
    scene.market.failure = KeyError("LIS-LHR for Inês")
    await scene.worker().run_once()
    assert [point.failure for point in await scene.points(made)] == ["internal"]
    assert "KeyError" in caplog.text
    assert "LIS" not in caplog.text


async def test_a_search_that_never_ends_is_given_up_within_the_lease(scene: Scene) -> None:
    class Silent(Market):
        async def search(
            self, request: OfferRequest, *, progress: SearchProgress | None = None
        ) -> OffersFound:
            await asyncio.Event().wait()
            raise AssertionError

    made = watch()
    await scene.keep(made)
    scene.market = Silent()
    async with asyncio.timeout(PATIENCE_S):
        await scene.worker(search_s=0.01).run_once()
    assert [point.failure for point in await scene.points(made)] == ["provider_unavailable"]
    assert LEASE.total_seconds() / 2 >= SEARCH_S


async def test_ten_failures_in_a_row_end_a_watch_and_one_success_counts_anew(scene: Scene) -> None:
    made = watch(target=euros(1))
    await scene.keep(made)
    worker = scene.worker()

    async def fail(times: int) -> None:
        scene.market.failure = ProviderRejectedError("fake", "HTTP 403")
        for _ in range(times):
            scene.now += 7 * HOUR
            assert await worker.run_once() == 1

    await fail(9)
    assert (await scene.read(made)).active
    scene.market.failure = None
    scene.now += 7 * HOUR
    await worker.run_once()
    await fail(10)

    read = await scene.read(made)
    assert (read.ended, read.failures) == ("failing", 10)
    (event,) = await scene.told()
    assert (event.kind, event.data["reason"]) == ("price_watch.ended", "failing")
    assert await scene.due() == ()


async def test_an_outage_ends_no_watch_however_long_it_lasts(scene: Scene) -> None:
    """As when a laptop is awake in a plane."""
    made = watch()
    await scene.keep(made)
    worker = scene.worker()
    scene.market.failure = ProviderUnavailableError("fake", "cannot connect")
    for _ in range(MOST_FAILURES + 2):
        scene.now += 7 * HOUR
        assert await worker.run_once() == 1
    assert (await scene.read(made)).failures == MOST_FAILURES + 2

    scene.now, scene.market.failure = scene.now + 7 * HOUR, None
    await worker.run_once()

    read = await scene.read(made)
    assert (read.active, read.failures, read.last) == (True, 0, euros("100.00"))


@pytest.mark.parametrize("seconds", [1e11, 1e300])
async def test_a_wait_that_no_date_can_hold_is_noted_down_all_the_same(
    scene: Scene, seconds: float
) -> None:
    made = watch()
    await scene.keep(made)
    scene.market.failure = ProviderRateLimitedError("fake", seconds)
    await scene.worker().run_once()
    assert [point.failure for point in await scene.points(made)] == ["provider_rate_limited"]
    (claim,) = await scene.due()
    assert 24 * HOUR <= claim.due_at - NOW <= 27 * HOUR


# Ending


@pytest.mark.parametrize("reason", ["departed", "until"])
async def test_at_its_end_a_watch_stops_by_itself_without_a_search(
    scene: Scene, reason: str
) -> None:
    made = replace(watch(ends_at=NOW + HOUR), ends_for=reason)
    await scene.keep(made)
    worker = scene.worker()
    await worker.run_once()
    scene.now = made.ends_at

    assert await worker.run_once() == 1

    read = await scene.read(made)
    assert (read.ended, read.ended_at, read.checks) == (reason, made.ends_at, 1)
    (event,) = await scene.told()
    assert event.data == {
        "route": "LIS-LHR 2027-05-10",
        "reason": reason,
        "lowest": "100.00 EUR",
        "data": "sandbox",
    }
    assert len(scene.market.requests) == 1
    assert await scene.due() == ()


async def test_what_is_found_for_a_watch_that_was_stopped_meanwhile_is_dropped(
    scene: Scene,
) -> None:
    made = watch()
    await scene.keep(made)

    class Meanwhile(Market):
        async def search(
            self, request: OfferRequest, *, progress: SearchProgress | None = None
        ) -> OffersFound:
            async with scene.storage.begin(OWNER) as unit:
                await end(unit, made, "stopped", NOW)
            return await super().search(request, progress=progress)

    scene.market = Meanwhile()
    await scene.worker().run_once()
    assert (await scene.read(made)).checks == 0
    assert await scene.points(made) == ()
    assert [event.data["reason"] for event in await scene.told()] == ["stopped"]
