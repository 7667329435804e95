"""What a name is taken to mean, and when it is better to ask."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes_places import FAKE, LISBON, LISBON_CENTRE, FakeGeocoding, at_now, locality
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound, Locality
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.providers.geocoding import open_meteo
from tripsage_mcp.providers.geocoding.open_meteo import OpenMeteoGeocodingConfig
from tripsage_mcp.sandbox.open_meteo import build_geocoding
from tripsage_mcp.services.places.where import Asked, Where, described, locate, whereabouts

pytestmark = pytest.mark.anyio


def town(name: str, code: str, people: int | None, latitude: float) -> Locality:
    at = Coordinates(latitude, 0.0)
    country = {"GB": "United Kingdom", "US": "United States"}.get(code, code)
    return locality(name, country=country, country_code=code, coordinates=at, population=people)


ENGLAND = replace(town("Birmingham", "GB", 1_145_000, 52), region="England")
ALABAMA = replace(town("Birmingham", "US", 200_000, 33), region="Alabama")


@dataclass
class Answers(FakeGeocoding):
    """Answers every name with all it knows, in that order, as a fuzzy search does."""

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        self.asked.append(name)
        return LocalitiesFound(tuple(self.known[:limit]), FAKE)


async def meant(name: str, *known: Locality) -> Where:
    return await locate(Answers(list(known)), Asked(name, None, "near"))


async def test_the_namesake_with_many_times_the_people_is_meant_in_whatever_order_they_came() -> (
    None
):
    for known in ((ALABAMA, ENGLAND), (ENGLAND, ALABAMA)):
        where = await meant("Birmingham", *known)
        assert (where.locality, where.alternatives) == (ENGLAND, (ALABAMA,))
        assert where.coordinates == ENGLAND.coordinates


async def test_namesakes_of_like_size_are_told_apart_instead_of_guessed() -> None:
    spain = replace(town("Valencia", "ES", 800_000, 39), region="Valencia")
    venezuela = replace(town("Valencia", "VE", 1_400_000, 10), region="Carabobo")
    village = town("Valencia", "PH", 20_000, 8)
    with pytest.raises(InvalidRequestError) as caught:
        await meant("valencia", spain, venezuela, village)
    assert caught.value.argument == "near"
    assert caught.value.rule == (
        "may mean several places, add the region and country of one: "
        "Valencia, Carabobo, VE (1,400,000 people); Valencia, ES (800,000 people)"
    )
    assert caught.value.example == '"Valencia, Carabobo, VE"'


@pytest.mark.parametrize(("people", "clear"), [(299_000, False), (300_000, True)])
async def test_three_times_the_people_make_it_clear(people: int, clear: bool) -> None:  # noqa: FBT001
    large, small = town("Springfield", "US", people, 39), town("Springfield", "AU", 100_000, -27)
    try:
        where = await meant("Springfield", small, large)
    except InvalidRequestError:
        assert not clear
    else:
        assert clear
        assert where.locality == large


async def test_where_nobody_counted_the_best_match_is_taken_and_the_others_are_echoed() -> None:
    first, second = town("Lisbon", "PT", None, 38), town("Lisbon", "US", 3_000, 40)
    where = await meant("Lisbon", first, second)
    assert (where.locality, where.alternatives) == (first, (second,))


async def test_a_name_in_another_language_is_that_of_the_best_match() -> None:
    village = town("Lisboa", "CO", 300, 4)
    where = await meant("Lisboa", LISBON, village)
    assert where.locality == LISBON
    assert where.alternatives == (village,)


async def test_what_only_begins_with_the_name_is_no_namesake() -> None:
    parish = town("Lisbon Falls", "US", 400_000, 44)
    where = await meant("Lisbon", LISBON, parish)
    assert (where.locality, where.alternatives) == (LISBON, ())


async def test_a_town_and_the_province_around_it_are_one_place() -> None:
    city = town("Granada", "ES", 230_000, 37.2)
    province = town("Granada", "ES", 915_000, 37.4)
    assert (await meant("Granada", city, province)).locality == city


async def test_a_name_with_a_country_is_looked_up_as_a_whole() -> None:
    geocoding = Answers([ENGLAND])
    where = await locate(geocoding, Asked("Birmingham, UK", None, "near"))
    assert geocoding.asked == ["Birmingham, UK"]
    assert where.locality == ENGLAND


async def test_nothing_of_that_name_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        await meant("Nowherium")


COUNTED = st.lists(st.none() | st.integers(1, 10_000_000), min_size=1, max_size=6)


@given(COUNTED)
async def test_one_is_taken_only_if_no_other_could_be_meant(people: list[int | None]) -> None:
    known = [town("Springfield", f"C{n}", count, n * 10.0) for n, count in enumerate(people)]
    counted = sorted((count for count in people if count is not None), reverse=True)
    clear = people[0] is None or len(counted) == 1 or counted[1] * 3 <= counted[0]
    try:
        where = await meant("Springfield", *known)
    except InvalidRequestError:
        assert not clear
        return
    assert clear
    assert where.locality is not None
    if people[0] is not None:
        assert where.locality.population == counted[0]
    assert where.locality not in where.alternatives
    assert len(where.alternatives) == min(3, len(known) - 1)


async def test_a_point_can_be_told_what_it_is_in() -> None:
    geocoding = FakeGeocoding()
    there = await whereabouts(geocoding, Where(LISBON_CENTRE))
    assert (there.coordinates, there.locality, there.approximate) == (LISBON_CENTRE, LISBON, False)
    known = Where(LISBON_CENTRE, LISBON)
    assert await whereabouts(geocoding, known) is known


def test_a_locality_is_described_with_its_people_where_they_are_counted() -> None:
    assert described(ENGLAND) == "Birmingham, England, United Kingdom (1,145,000 people)"
    assert described(town("Lisbon", "US", None, 40)) == "Lisbon, United States"


async def test_birmingham_is_the_english_one_in_the_sandbox_and_the_other_is_told() -> None:
    config = OpenMeteoGeocodingConfig(geocoding_url="http://sandbox.test")
    geocoding = open_meteo.build(config, data="sandbox", now=at_now, app=build_geocoding())
    where = await locate(geocoding, Asked("Birmingham", None, "destination"))
    await geocoding.aclose()
    assert where.locality is not None
    assert where.locality.country_code == "GB"
    assert [each.country_code for each in where.alternatives] == ["US"]
