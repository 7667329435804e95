"""Sources of stays that fail: what the others found stands, and nothing is lost on the way."""

from typing import override

import anyio
import pytest

from tests.build_stays import query, stay_service
from tests.fakes_hotels import FakeHotels, hotel
from tests.fakes_places import at_now
from tests.fakes_stays import FakeStays, stay
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.stay import StaySearch, StaysFound
from tripsage_mcp.errors import (
    ProviderBlockedError,
    ProviderRejectedError,
    ProviderUnavailableError,
)
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.deadline import time_budget
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.providers.cached import CachedHotels
from tripsage_mcp.providers.ports import StaySource
from tripsage_mcp.services.stays.pages import StaysPage

pytestmark = pytest.mark.anyio


def ids(page: StaysPage) -> list[str]:
    return [stay.stay_id for lodging in page.lodgings for stay in lodging.listings]


def apart(number: int) -> Coordinates:
    """Return a place of its own: no two are close enough to be one."""
    return Coordinates(38.7 + number / 100, -9.1)


async def test_a_source_that_fails_is_listed_beside_what_the_other_found() -> None:
    refused = ProviderRejectedError("duffel", "Stays is not enabled", hint="Ask Duffel.")
    page = await stay_service(FakeStays(), FakeHotels(fails=refused)).search(query())
    assert len(page.lodgings) == 10
    (failure,) = page.asked.failures
    assert (failure.source, failure.code, failure.retryable) == (
        "duffel",
        "provider_rejected",
        False,
    )
    assert failure.hint == "Ask Duffel."


async def test_no_source_at_all_is_an_error_never_an_empty_page() -> None:
    blocked = ProviderBlockedError("airbnb", "robots.txt")
    down = ProviderUnavailableError("duffel", "HTTP 503")
    # What may pass is told before what will not.
    with pytest.raises(ProviderUnavailableError):
        await stay_service(FakeStays(fails=blocked), FakeHotels(fails=down)).search(query())
    refused = ProviderRejectedError("duffel", "Stays is not enabled")
    with pytest.raises(ProviderBlockedError):
        await stay_service(FakeStays(fails=blocked), FakeHotels(fails=refused)).search(query())


class Tiring(FakeStays):
    """Fails for every page after the first while `tired`."""

    tired = True

    @override
    async def search(self, search: StaySearch) -> StaysFound:
        if self.tired and search.cursor is not None:
            self.searches.append(search)
            raise ProviderUnavailableError("airbnb", "HTTP 503")
        return await super().search(search)


async def test_a_source_that_fails_when_asked_for_more_is_asked_again_on_the_next_page() -> None:
    homes = Tiring([stay(n, rating=4.9 if n % 18 < 3 else 4.0) for n in range(40)])
    service = stay_service(homes)
    first = await service.search(query(min_rating=4.8))
    assert len(first.lodgings) == 3
    assert [failure.code for failure in first.asked.failures] == ["provider_unavailable"]
    # Once: what has just failed is not asked again in the same call.
    assert [search.cursor for search in homes.searches] == [None, "18"]
    assert first.asked.asked_again == ("airbnb",)
    homes.tired = False
    second = await service.search(query(min_rating=4.8, cursor=first.next_cursor))
    assert [*ids(first), *ids(second)] == [
        one.stay_id for one in homes.known if one.rating and one.rating > 4.8
    ]


async def test_a_source_that_failed_at_first_loses_nothing_on_later_pages() -> None:
    homes = FakeStays([stay(n, coordinates=apart(n)) for n in range(18)])
    hotels = FakeHotels([hotel(n, coordinates=apart(n)) for n in range(5)])
    hotels.fails = ProviderUnavailableError("duffel", "HTTP 503")
    service = stay_service(homes, hotels)
    first = await service.search(query(limit=18))
    hotels.fails = None
    second = await service.search(query(limit=18, cursor=first.next_cursor))
    assert (len(ids(first)), len(ids(second)), second.next_cursor) == (18, 5, None)
    refused = FakeHotels(fails=ProviderRejectedError("duffel", "Stays is not enabled"))
    assert (await stay_service(homes, refused).search(query(limit=18))).next_cursor is None


async def test_reading_on_in_one_source_does_not_forget_the_other() -> None:
    homes = FakeStays([stay(n, rating=4.0, coordinates=apart(n)) for n in range(60)])
    hotels = FakeHotels([hotel(1, rating=4.9)])
    hotels.fails = ProviderUnavailableError("duffel", "HTTP 503")
    service = stay_service(homes, hotels)
    first = await service.search(query(min_rating=4.8))
    assert (len(homes.searches), len(hotels.searches), ids(first)) == (3, 1, [])
    hotels.fails = None
    second = await service.search(query(min_rating=4.8, cursor=first.next_cursor))
    assert ids(second) == [hotels.known[0].stay_id]


async def test_a_source_that_never_answers_costs_its_own_stays_alone() -> None:
    class Silent(FakeHotels):
        @override
        async def search(self, search: StaySearch) -> StaysFound:
            await anyio.sleep_forever()
            raise AssertionError

    homes, silent = FakeStays(), Silent()
    kept = CachedHotels(silent, Cache(MemoryKeyValue(), "hotels"), at_now)
    given = {"airbnb": StaySource(homes, "live"), "duffel": StaySource(kept, "live", silent)}
    with time_budget(0.2):
        page = await stay_service(homes, silent, sources=given).search(query())
    assert len(page.lodgings) == 10
    assert [failure.code for failure in page.asked.failures] == ["provider_unavailable"]
