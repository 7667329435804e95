"""Checks watched prices when they are due.

Every process has one and none of them leads: what is due is claimed with a lease, searched for
outside any transaction, and noted down only by whoever still holds the lease. A worker that crashed
is replaced when its lease runs out.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.watch import (
    MOST_FAILURES,
    News,
    PricePoint,
    PriceWatch,
    observe,
    seen_in,
)
from tripsage_mcp.domain.watch_times import next_check
from tripsage_mcp.errors import ProviderUnavailableError, StorageError, TripSageError
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.providers.ports import FlightProvider
from tripsage_mcp.repositories.ports import Storage, UnitOfWork, WatchClaim, WatchQueue
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.watches.service import INTERVAL_S, end

log = logging.getLogger("tripsage")

LEASE = timedelta(minutes=5)
# Well within the lease, with time left to note down what was found.
SEARCH_S = 150.0
_AT_ONCE = 2
_LOOK_EVERY_S = 60.0
_LONGEST_PAUSE_S = 600.0
_FORGET_EVERY = timedelta(days=1)
_LONGEST_WAIT_S = 86_400.0

type Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Look:
    """What came of one search.

    Attributes:
        wait: How long the provider wants to be left alone.
        hopeless: It failed for good: nothing says that asking later would help.
    """

    point: PricePoint
    wait: timedelta = timedelta()
    hopeless: bool = False


@dataclass(slots=True)
class WatchWorker:
    """Takes turns at the queue.

    Attributes:
        interval_s: Between two checks of one watch, usually.
        search_s: How long one search may take.
    """

    queue: WatchQueue
    storage: Storage
    provider: FlightProvider
    events: EventService
    now: Clock
    sleep: Sleep = asyncio.sleep
    interval_s: float = INTERVAL_S
    search_s: float = SEARCH_S
    _forgot_at: datetime | None = None

    async def run(self) -> None:
        """Work until cancelled; a database that is out of reach is waited for."""
        pause_s = _LOOK_EVERY_S
        while True:
            try:
                while await self.run_once():
                    pass
                await self._forget()
                pause_s = _LOOK_EVERY_S
            except Exception as exc:  # noqa: BLE001 - nobody starts it again
                if pause_s == _LOOK_EVERY_S:
                    _report("watch_queue_failed", exc)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            await self.sleep(pause_s)

    async def run_once(self) -> int:
        """Check some of what is due and return how many that were; 0 when nothing is due.

        Raises:
            StorageError: the queue is out of reach.
        """
        now = self.now()
        claims = await self.queue.claim(now, lease_until=now + LEASE, at_most=_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for claim in claims:
                group.create_task(self._turn(claim))
        return len(claims)

    async def _turn(self, claim: WatchClaim) -> None:
        """Check one watch; what cannot be noted down is done again when the lease has run out."""
        account = Account(claim.account_id)
        try:
            watch = await self._begin(account, claim)
            if watch is not None:
                await self._note(account, claim, await self._look(watch))
        except Exception as exc:  # noqa: BLE001 - one watch must not end all the others
            _report("watch_not_noted", exc)

    async def _begin(self, account: Account, claim: WatchClaim) -> PriceWatch | None:
        """Return the watch, or None where there is nothing to look for any more."""
        async with self.storage.begin(account) as unit:
            watch = await self._held(unit, claim)
            if watch is None or self.now() < watch.ends_at:
                return watch
            await end(unit, watch, watch.ends_for, self.now())
        await self.events.announce(account)
        return None

    async def _look(self, watch: PriceWatch) -> _Look:
        try:
            async with asyncio.timeout(self.search_s):
                found = await self.provider.search(watch.request)
        except TripSageError as failed:
            wait = timedelta(seconds=min(failed.retry_after_s or 0, _LONGEST_WAIT_S))
            point = PricePoint(self.now(), failure=failed.code)
            return _Look(point, wait, hopeless=not failed.retryable)
        except TimeoutError:
            return _Look(PricePoint(self.now(), failure=ProviderUnavailableError.code))
        except Exception as exc:  # noqa: BLE001 - noted down like any other failure
            _report("watch_failed", exc)
            return _Look(PricePoint(self.now(), failure=TripSageError.code), hopeless=True)
        return _Look(seen_in(found, watch, self.now()))

    async def _note(self, account: Account, claim: WatchClaim, look: _Look) -> None:
        point = look.point
        async with self.storage.begin(account) as unit:
            watch = await self._held(unit, claim)
            if watch is None:
                return
            watch, news = observe(watch, point)
            await unit.watches.add_point(watch.watch_id, watch.checks, point)
            await unit.watches.replace(watch)
            if news is not None:
                await _tell(unit, watch, news, point.seen_at)
            # An outage, ours or the provider's, ends nothing: it passes, however long it takes.
            failing = look.hopeless and watch.failures >= MOST_FAILURES
            if failing:
                await end(unit, watch, "failing", point.seen_at)
            else:
                interval = timedelta(seconds=self.interval_s)
                at = next_check(watch, point.seen_at, interval, not_before=look.wait)
                await unit.watches.schedule(watch.watch_id, at)
        if failing or news is not None:
            await self.events.announce(account)

    async def _held(self, unit: UnitOfWork, claim: WatchClaim) -> PriceWatch | None:
        """Return the watch, locked, while it goes on and it is this worker's turn."""
        watch = await unit.watches.get_to_change(claim.watch_id)
        if watch is None or not watch.active or not await unit.watches.holds(claim):
            return None
        return watch

    async def _forget(self) -> None:
        """Erase names in questions nobody answered, and old events once a day.

        Which worker does it does not matter, nor that several do.
        """
        await self.queue.close_questions()
        now = self.now()
        if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
            await self.queue.forget_events()
            self._forgot_at = now


def _report(what: str, exc: Exception) -> None:
    """Say what failed; the text of an exception that is none of ours may quote a traveller."""
    why = exc.message if isinstance(exc, StorageError) else type(exc).__name__
    log.warning("%s reason=%s", what, why)


async def _tell(unit: UnitOfWork, watch: PriceWatch, news: News, now: datetime) -> None:
    data = {"route": watch.route, "reason": news.kind, "price": str(news.price)}
    if news.before is not None:
        data["before"] = str(news.before)
    if watch.data is not None:
        data["data"] = watch.data
    await unit.events.add("price_watch.changed", watch.watch_id, data, now)
