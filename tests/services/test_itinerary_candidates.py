import pytest

from tests.fakes_itinerary import place
from tripsage_mcp.services.itineraries.candidates import (
    Found,
    alike,
    same_name,
    surely_alike,
    tells_apart,
)


def test_a_famous_place_takes_longer_and_is_worth_more_than_an_unknown_one() -> None:
    famous, plain, unknown = (
        Found(place(f"m{ratings}", "museum", visit_minutes=None, rating_count=ratings))
        for ratings in (200_000, 30_000, 500)
    )
    assert (famous.visit_minutes, plain.visit_minutes, unknown.visit_minutes) == (150, 120, 105)
    assert famous.score > plain.score > unknown.score


def test_what_the_source_says_about_the_length_of_a_visit_is_kept() -> None:
    assert Found(place("m", "museum", visit_minutes=43, rating_count=200_000)).visit_minutes == 45


@pytest.mark.parametrize(
    ("types", "meal"),
    [
        (("restaurant",), True),
        (("seafood_restaurant",), True),
        (("cafe", "historical_place"), True),
        (("observation_deck", "cafe"), False),
        (("market",), False),
    ],
)
def test_people_eat_where_eating_is_what_the_place_is_for(
    types: tuple[str, ...],
    meal: bool,  # noqa: FBT001
) -> None:
    found = Found(place("p", *types))
    assert found.is_meal is meal
    assert found.is_sight is not meal


def test_a_bakery_is_a_sight_only_for_those_who_asked_for_it() -> None:
    bakery = place("b", "bakery", "cafe")
    assert not Found(bakery).is_sight
    assert not Found(bakery).is_meal
    assert Found(bakery, interests={0}).is_sight
    assert Found(bakery, must_see=True).is_sight


def test_only_what_was_not_asked_for_counts_as_more_of_the_same() -> None:
    museum = place("m", "museum")
    assert Found(museum).group == Found(place("g", "art_gallery")).group == "museums"
    assert Found(museum, interests={0}).group is None
    assert Found(place("x", "stadium")).group is None


@pytest.mark.parametrize(
    ("asked", "name", "may", "surely"),
    [
        ("Belem Tower", "Belém Tower", True, True),
        ("the louvre", "Louvre Museum", True, True),
        ("Blargh Palace", "Ajuda National Palace", False, False),
        ("Science Museum", "Natural History Museum", False, False),
        ("National Museum", "National Museum of Singapore", True, True),
        ("Ghibli Science Center", "Ghibli Manga Museum", True, False),
    ],
)
def test_names_are_alike_by_the_words_that_tell_places_apart(
    asked: str,
    name: str,
    may: bool,  # noqa: FBT001
    surely: bool,  # noqa: FBT001
) -> None:
    assert alike(asked, name) is may
    assert surely_alike(asked, name) is surely


def test_names_may_differ_in_accents_and_case_alone() -> None:
    assert same_name("SACRE-COEUR", "Sacré Coeur")
    assert not same_name("Louvre", "Louvre Museum")
    assert tells_apart("Louvre")
    assert not tells_apart("Lunch somewhere near the park")
