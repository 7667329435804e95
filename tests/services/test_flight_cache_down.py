"""Later pages of a flight search are kept in the cache: without it, the answer says so."""

from dataclasses import replace
from datetime import date

import pytest

from tests.build_flights import NOW, flown, found, offer, segment
from tests.fakes import FakeFlights
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.services.flights.requests import FlightSearch
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.views.flights import FlightsAnswer

pytestmark = pytest.mark.anyio

SEARCH = FlightSearch("LIS", "LHR", date(2027, 5, 10), limit=2)


class OutOfReach(MemoryKeyValue):
    """A shared store that does not answer."""

    degraded = True

    async def get(self, key: str) -> bytes | None:
        return None


def flights(store: MemoryKeyValue, offers: int) -> FlightService:
    sold = found(
        *(offer(n, flown(segment(flight=f"TP{n + 1}")), price=f"{n}99.00") for n in range(offers))
    )
    return FlightService(FakeFlights(sold), lambda: NOW, store=store)


async def test_a_search_with_more_pages_than_can_be_kept_is_degraded() -> None:
    service = flights(OutOfReach(), 5)
    page = await service.search(SEARCH)
    assert FlightsAnswer.of(page).source.degraded is True
    later = await service.search(replace(SEARCH, cursor=page.next_cursor))
    assert FlightsAnswer.of(later).source.degraded is True


async def test_a_search_that_needed_no_cache_is_as_good_as_ever() -> None:
    page = await flights(OutOfReach(), 1).search(SEARCH)
    assert FlightsAnswer.of(page).source.degraded is None


async def test_with_the_cache_nothing_is_said() -> None:
    page = await flights(MemoryKeyValue(), 5).search(SEARCH)
    assert FlightsAnswer.of(page).source.degraded is None
