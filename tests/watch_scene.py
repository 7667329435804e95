"""A market whose prices a test changes, and a worker that watches it under the test's clock."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

from tests.build_flights import NOW, found, offer
from tests.fakes import FakeFlights
from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.domain.watch import PricePoint, PriceWatch
from tripsage_mcp.infrastructure.bus import MemoryBus
from tripsage_mcp.providers.ports import SearchProgress
from tripsage_mcp.repositories.ports import Storage, WatchClaim, WatchQueue
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.watches.worker import WatchWorker

PATIENCE_S = 20
OWNER = Account(uuid4())
HOUR = timedelta(hours=1)


@dataclass
class Market(FakeFlights):
    """Sells at a price that a test changes, and fails on demand."""

    price: str | None = "100.00"
    failure: Exception | None = None
    data: DataKind = "sandbox"
    clock: Callable[[], datetime] = lambda: NOW

    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        alive = self.clock() + timedelta(minutes=30)
        offers = () if self.price is None else (offer(1, price=self.price, expires_at=alive),)
        self.answer = found(*offers)
        source = replace(self.answer.provenance, data=self.data)
        self.answer = replace(self.answer, provenance=source)
        answer = await super().search(request, progress=progress)
        if self.failure is not None:
            raise self.failure
        return answer


@dataclass
class Scene:
    """A worker, and everything around it, under a clock that a test moves."""

    storage: Storage
    queue: WatchQueue
    now: datetime = NOW
    slept: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.market = Market(clock=self.clock)
        self.events = EventService(self.storage, MemoryBus())

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def worker(self, *, search_s: float = PATIENCE_S) -> WatchWorker:
        return WatchWorker(
            self.queue,
            self.storage,
            self.market,
            self.events,
            self.clock,
            self.sleep,
            search_s=search_s,
        )

    async def keep(self, *watches: PriceWatch, account: Account = OWNER) -> None:
        async with self.storage.begin(account) as unit:
            for each in watches:
                await unit.watches.add(each, each.watch_id.bytes * 2)
                await unit.watches.schedule(each.watch_id, self.now)

    async def read(self, made: PriceWatch, account: Account = OWNER) -> PriceWatch:
        async with self.storage.begin(account) as unit:
            read = await unit.watches.get(made.watch_id)
        assert read is not None
        return read

    async def points(self, made: PriceWatch) -> tuple[PricePoint, ...]:
        async with self.storage.begin(OWNER) as unit:
            return await unit.watches.points(made.watch_id)

    async def told(self, account: Account = OWNER) -> list[AccountEvent]:
        async with self.storage.begin(account) as unit:
            return list(await unit.events.after(0, 100))

    async def due(self) -> tuple[WatchClaim, ...]:
        """Take everything that will ever be due."""
        far = self.now + timedelta(days=400)
        return await self.queue.claim(far, lease_until=far + HOUR, at_most=100)
