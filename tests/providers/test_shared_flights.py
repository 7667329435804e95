"""Those who look for the same flights at the same moment share one search."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any, override

import pytest

from tests.build_flights import offer
from tests.fakes import FakeFlights
from tripsage_mcp.domain.ancillary import SeatMap
from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.providers.ports import SearchProgress
from tripsage_mcp.providers.shared_flights import SharedFlights

pytestmark = pytest.mark.anyio

REQUEST = OfferRequest(slices=(SliceRequest("LIS", "LHR", date(2027, 5, 10)),))
ONE_WAY_BACK = OfferRequest(slices=(SliceRequest("LHR", "LIS", date(2027, 5, 10)),))
OFFER_ID = offer(1).offer_id

who: ContextVar[str] = ContextVar("who")


@dataclass
class HeldFlights(FakeFlights):
    """Lets everybody who is about to ask do so before it answers."""

    looked_at: list[str] = field(default_factory=list[str])
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    error: ProviderUnavailableError | None = None

    @override
    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        if progress is not None:
            await progress(0, 9, 0)
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        return await super().search(request, progress=progress)

    @override
    async def get(self, offer_id: str) -> Offer:
        self.looked_at.append(offer_id)
        await self.go_on.wait()
        return offer(1)

    @override
    async def seat_maps(self, offer_id: str) -> tuple[SeatMap, ...]:
        self.looked_at.append(f"seats of {offer_id}")
        await self.go_on.wait()
        return ()


def shared(inner: HeldFlights) -> SharedFlights:
    return SharedFlights(inner, Cache(MemoryKeyValue(), "flights"))


async def begun() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_hundred_who_search_for_the_same_make_one_search_and_later_ones_another() -> None:
    inner = HeldFlights()
    flights = shared(inner)
    tasks = [asyncio.create_task(flights.search(REQUEST)) for _ in range(100)]
    other = asyncio.create_task(flights.search(ONE_WAY_BACK))
    await begun()
    inner.go_on.set()
    found = await asyncio.gather(*tasks)
    assert {one.search_id for one in found} == {found[0].search_id}
    assert (await other).search_id != found[0].search_id
    assert inner.requests == [REQUEST, ONE_WAY_BACK]
    await flights.search(REQUEST)
    assert len(inner.requests) == 3, "a price is not kept"


async def test_an_offer_and_its_seats_are_looked_at_once_for_many() -> None:
    inner = HeldFlights()
    flights = shared(inner)
    tasks = [asyncio.create_task(flights.get(OFFER_ID)) for _ in range(9)]
    seats = [asyncio.create_task(flights.seat_maps(OFFER_ID)) for _ in range(9)]
    await begun()
    inner.go_on.set()
    await asyncio.gather(*tasks, *seats)
    assert sorted(inner.looked_at) == [OFFER_ID, f"seats of {OFFER_ID}"]
    await flights.get(OFFER_ID)
    assert len(inner.looked_at) == 3


async def test_each_who_listens_is_told_within_its_own_request() -> None:
    inner = HeldFlights()
    listening: dict[str, Any] = {}
    flights = SharedFlights(inner, Cache(MemoryKeyValue(), "flights"), listening)
    heard: list[tuple[str, int]] = []

    async def listen(name: str) -> OffersFound:
        who.set(name)

        async def tell(answered: int, _total: int, _offers: int) -> None:
            heard.append((f"{name} as {who.get()}", answered))
            if name == "b":
                raise ConnectionError("gone")

        return await flights.search(REQUEST, progress=tell)

    tasks = [asyncio.create_task(listen(name)) for name in "abc"]
    quiet = asyncio.create_task(flights.search(REQUEST))
    await begun()
    tasks[0].cancel()
    await begun()
    inner.go_on.set()
    found = await asyncio.gather(*tasks, quiet, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1] == found[2]
    assert sorted(inner.streamed) == [False, True], "only one of them may be partial"
    later = [(name, answered) for name, answered in heard if answered]
    assert later == [("b as b", 1), ("c as c", 1), ("b as b", 2), ("c as c", 2)]
    assert listening == {}


async def test_a_failure_reaches_all_and_the_next_search_is_a_new_one() -> None:
    inner = HeldFlights(error=ProviderUnavailableError("duffel", "HTTP 503"))
    flights = shared(inner)
    inner.go_on.set()
    failed = await asyncio.gather(
        *(flights.search(REQUEST) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in failed] == [ProviderUnavailableError] * 3
    inner.error = None
    assert (await flights.search(REQUEST)).offers == inner.answer.offers
