"""Stays within a walk of somewhere: what that is, and how far it is."""

from dataclasses import replace
from typing import Any, Never, override

import pytest

from tests.build_stays import query, stay_service
from tests.fakes_hotels import FakeHotels, hotel
from tests.fakes_places import LISBON, LISBON_CENTRE, FakeGeocoding, FakePlaces, locality, place
from tests.fakes_stays import FakeStays, stay
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound, TravelTimes
from tripsage_mcp.domain.travel import estimated_minutes
from tripsage_mcp.errors import NotFoundError, ProviderNotConfiguredError, ProviderUnavailableError
from tripsage_mcp.services.stays.pages import StaysPage

pytestmark = pytest.mark.anyio

# The fake walks in a line at 5 km/h: a hundredth of a degree north takes 14 minutes.
MUSEUM = place("p1", "Azulejo Museum", coordinates=Coordinates(38.72, -9.11))


def north(hundredths: float) -> Coordinates:
    return Coordinates(38.72 + hundredths / 100, -9.11)


def homes() -> FakeStays:
    """Return homes 0, 14, 27 and 134 minutes away, and one that does not say where it is."""
    spots = [north(2), north(0), north(10), None, north(1)]
    return FakeStays([stay(n, coordinates=at) for n, at in enumerate(spots)])


def walked(page: StaysPage) -> list[tuple[str, int | None]]:
    return [(one.shown.listing_id[-1], page.walk(one)) for one in page.lodgings]


async def test_stays_beyond_the_walk_are_left_out_by_routed_times() -> None:
    places = FakePlaces([MUSEUM])
    service = stay_service(homes(), places=places)
    page = await service.search(query(near="azulejo museum", max_walk_minutes=20, sort="distance"))
    assert page.near is not None
    assert (page.near.name, page.near.coordinates) == ("Azulejo Museum", MUSEUM.coordinates)
    assert walked(page) == [("1", 0), ("4", 14)]
    assert page.walks.source == "fake"
    assert not {one.shown.stay_id for one in page.lodgings} & page.walks.estimated
    (left,) = page.left_out
    # Three are too far or nowhere; of one nobody knows where it is.
    assert (left.wish, left.stays, left.unknown) == ("max_walk_minutes", 3, 1)


async def test_only_ways_that_could_be_short_enough_are_routed() -> None:
    places = FakePlaces([MUSEUM])
    await stay_service(homes(), places=places).search(
        query(near="azulejo museum", max_walk_minutes=20)
    )
    (origins, destinations) = places.ends[-2:]
    assert set(origins) == {north(0), north(1), north(2)}
    assert destinations == (MUSEUM.coordinates,)
    assert places.timed == ["walk"]


async def test_where_walks_decide_nothing_only_those_shown_are_routed() -> None:
    places = FakePlaces([MUSEUM])
    page = await stay_service(homes(), places=places).search(query(near="azulejo museum", limit=2))
    assert [stay_id for stay_id, _ in walked(page)] == ["0", "1"]
    assert [minutes for _, minutes in walked(page)] == [27, 0]
    (origins, _) = places.ends[-2:]
    assert set(origins) == {north(2), north(0)}
    assert page.walks.source == "fake"


async def test_without_a_limit_every_stay_tells_its_walk_and_none_is_left_out() -> None:
    page = await stay_service(homes(), places=FakePlaces([MUSEUM])).search(
        query(near="azulejo museum", sort="distance")
    )
    assert [stay_id for stay_id, _ in walked(page)] == ["1", "4", "0", "2", "3"]
    assert walked(page)[-1] == ("3", None)
    assert page.left_out == ()


async def test_sources_are_asked_around_the_place_and_as_far_as_one_walks() -> None:
    hotels = FakeHotels()
    service = stay_service(homes(), hotels, places=FakePlaces([MUSEUM]))
    await service.search(query(near="azulejo museum", max_walk_minutes=25))
    await service.search(query(near="azulejo museum"))
    await service.search(query())
    asked = [(search.coordinates, search.radius_km) for search in hotels.searches]
    assert asked == [
        (MUSEUM.coordinates, 3),
        (MUSEUM.coordinates, 3),
        (LISBON_CENTRE, 10),
    ]


async def test_a_point_needs_no_looking_up() -> None:
    places = FakePlaces()
    page = await stay_service(homes(), places=places).search(
        query(near="38.72,-9.11", max_walk_minutes=5)
    )
    assert places.searches == []
    assert walked(page) == [("1", 0)]


class NoPlaces(FakePlaces):
    """Nobody has set its key."""

    def __init__(self) -> None:
        super().__init__(fails=ProviderNotConfiguredError("google", "TRIPSAGE_GOOGLE_API_KEY"))


async def test_without_routes_the_walk_is_estimated_and_said_to_be() -> None:
    quarter = locality("Beato", coordinates=MUSEUM.coordinates)
    service = stay_service(homes(), places=NoPlaces(), geocoding=FakeGeocoding([LISBON, quarter]))
    page = await service.search(query(near="Beato", max_walk_minutes=20, sort="distance"))
    estimate = estimated_minutes(north(1), MUSEUM.coordinates, "walk")
    assert walked(page) == [("1", 0), ("4", estimate)]
    assert page.walks.source is None
    assert {one.shown.stay_id for one in page.lodgings} <= page.walks.estimated


async def test_ways_that_nobody_answered_are_estimated_and_the_others_stand() -> None:
    places = FakePlaces([MUSEUM], unanswered=((0, 0),))
    page = await stay_service(homes(), places=places).search(
        query(near="azulejo museum", max_walk_minutes=60, sort="distance")
    )
    nearest = page.lodgings[0].shown.stay_id
    assert nearest in page.walks.estimated
    assert page.lodgings[1].shown.stay_id not in page.walks.estimated


async def test_a_place_that_is_not_there_is_an_error_that_says_so() -> None:
    far = place("p2", "Azulejo Museum", coordinates=Coordinates(40.4, -3.7))
    for known in ([], [far]):
        with pytest.raises(NotFoundError, match="near"):
            await stay_service(places=FakePlaces(known)).search(query(near="Azulejo Museum"))
    with pytest.raises(ProviderNotConfiguredError):
        await stay_service(places=NoPlaces()).search(query(near="Azulejo Museum"))


async def test_hotels_and_homes_are_measured_alike() -> None:
    hotels = FakeHotels([hotel(n, coordinates=north(n)) for n in range(3)])
    service = stay_service(homes(), hotels, places=FakePlaces([MUSEUM]))
    page = await service.search(query(near="museum", max_walk_minutes=20, sort="distance"))
    assert [minutes for _, minutes in walked(page)] == [0, 0, 14, 14]


async def test_places_that_fail_while_routing_leave_estimates() -> None:
    class Failing(FakePlaces):
        @override
        async def travel_times(self, *_ends: object, **_options: object) -> Never:
            raise ProviderUnavailableError("google", "HTTP 503")

    page = await stay_service(homes(), places=Failing([MUSEUM])).search(
        query(near="museum", max_walk_minutes=20)
    )
    assert {one.shown.stay_id for one in page.lodgings} <= page.walks.estimated
    assert page.lodgings


async def test_where_there_is_no_way_there_is_no_walk() -> None:
    class Islands(FakePlaces):
        @override
        async def travel_times(self, *ends: Any, **options: Any) -> TravelTimes:
            times = await super().travel_times(*ends, **options)
            return replace(times, minutes=tuple((None,) for _ in times.minutes))

    page = await stay_service(homes(), places=Islands([MUSEUM])).search(query(near="museum"))
    assert {minutes for _, minutes in walked(page)} == {None}


async def test_a_quarter_too_far_away_or_not_to_be_looked_up_is_not_it() -> None:
    far = locality("Beato", coordinates=Coordinates(40.4, -3.7))
    service = stay_service(places=NoPlaces(), geocoding=FakeGeocoding([LISBON, far]))
    with pytest.raises(ProviderNotConfiguredError):
        await service.search(query(near="Beato"))

    class NoNames(FakeGeocoding):
        @override
        async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
            raise ProviderUnavailableError("geocoder", "HTTP 503")

    with pytest.raises(NotFoundError, match="near"):
        await stay_service(geocoding=NoNames()).search(query(near="Beato"))
