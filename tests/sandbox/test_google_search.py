"""Text search: what travellers write finds what they mean."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.sandbox.google_places import Known, known_places
from tripsage_mcp.sandbox.google_search import Area, rank, understand

LISBON = Area(Coordinates(38.7108, -9.139), 10)
BERLIN = Area(Coordinates(52.52, 13.405), 5)


def found(query: str, bias: Area | None = None) -> list[Known]:
    return rank(understand(query), bias, known_places().values())


def names(query: str, bias: Area | None = None) -> list[str]:
    return [known.place.name for known in found(query, bias)]


@pytest.mark.parametrize(
    ("query", "city", "kinds"),
    [
        ("museums in Lisbon", "lisbon", {"museum", "gallery", "landmark", "church", "palace"}),
        ("restaurants in Lisbon", "lisbon", {"restaurant"}),
        ("where to eat in Lisbon, Portugal", "lisbon", {"restaurant"}),
        ("best viewpoints in Lisbon", "lisbon", {"viewpoint", "landmark"}),
        ("London parks and gardens", "london", {"park", "viewpoint"}),
        ("markets lisboa", "lisbon", {"market", "church"}),
    ],
)
def test_a_kind_in_a_city_finds_that_kind_in_that_city(
    query: str, city: str, kinds: set[str]
) -> None:
    rows = found(query)
    assert rows
    assert {known.city.slug for known in rows} == {city}
    assert {known.place.kind for known in rows[:3]} <= kinds


@pytest.mark.parametrize(
    "query",
    [
        "top sights in Rome",
        "things to do in Rome",
        "Rome",
        "must-see attractions Rome",
        "visit Rome",
    ],
)
def test_sights_are_the_famous_ones_and_no_food(query: str) -> None:
    rows = found(query)
    assert {known.city.slug for known in rows} == {"rome"}
    assert {"Colosseum", "Pantheon", "Trevi Fountain"} & {k.place.name for k in rows[:5]}
    assert not {"restaurant", "cafe", "bar"} & {known.place.kind for known in rows}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Belém Tower", "Belém Tower"),
        ("belem tower lisbon", "Belém Tower"),
        ("the Eiffel Tower", "Eiffel Tower"),
        ("Sagrada Familia, Barcelona", "Sagrada Família"),
        ("British Museum", "British Museum"),
        ("Central Park", "Central Park"),
    ],
)
def test_a_name_finds_that_place_alone(query: str, name: str) -> None:
    assert names(query, LISBON) == [name]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        # Each is all that is left of some name elsewhere: Central Park, Café Central, Berlin's own.
        ("parks", "El Retiro Park"),
        ("cafe", "Chocolatería San Ginés"),
        ("cathedral", "Almudena Cathedral"),
        ("royal palace", "Royal Palace of Madrid"),
    ],
)
def test_a_kind_near_a_city_is_not_the_name_of_a_place_in_another(query: str, first: str) -> None:
    rows = found(query, Area(Coordinates(40.4168, -3.7038), 5))
    assert rows[0].place.name == first
    assert {known.city.slug for known in rows} == {"madrid"}


def test_a_kind_in_a_city_is_not_only_the_place_that_is_called_so() -> None:
    assert len(names("cafes in Vienna")) > 1
    assert names("lisbon cathedral") == ["Lisbon Cathedral"]


def test_a_part_of_a_name_ranks_it_first() -> None:
    assert names("Prado")[0] == "Prado Museum"
    assert names("the Louvre")[0] == "Louvre Museum"


def test_a_bias_decides_when_no_city_is_named() -> None:
    assert {k.city.slug for k in found("coffee", BERLIN)} == {"berlin"}
    assert {k.city.slug for k in found("seafood", LISBON)} == {"lisbon"}


def test_a_named_city_wins_over_the_bias() -> None:
    assert {k.city.slug for k in found("museums in Paris", LISBON)} == {"paris"}


def test_near_a_place_prefers_what_is_around_it_and_leaves_it_out() -> None:
    middle = next(k for k in known_places().values() if k.place.name == "Jerónimos Monastery")
    rows = found("museums near Jerónimos Monastery")
    assert middle not in rows
    assert {known.city.slug for known in rows} == {"lisbon"}
    assert rows[0].place.name in {"MAAT", "Ajuda National Palace", "National Coach Museum"}


def test_a_neighbourhood_pulls_its_own_places_up() -> None:
    in_town = names("sights in Lisbon")
    in_belem = names("sights in Belém, Lisbon")
    assert in_belem.index("Belém Tower") < in_town.index("Belém Tower")


def test_a_country_keeps_its_cities() -> None:
    assert {known.city.country_code for known in found("temples in Japan")} == {"JP"}


@pytest.mark.parametrize(
    "query",
    [
        "museums in Oslo",
        "restaurants near Reykjavik",
        "hotels in Lisbon",
        "xyzzy",
        "bars in Atlantis",
    ],
)
def test_what_the_world_lacks_is_not_replaced_by_something_else(query: str) -> None:
    assert found(query) == []


def test_a_kind_by_a_bias_far_from_every_city_finds_nothing() -> None:
    assert found("restaurant", Area(Coordinates(59.9, 10.7), 5)) == []


def test_nice_is_an_adjective_here() -> None:
    assert {known.place.kind for known in found("nice restaurants in Rome")} == {"restaurant"}


@pytest.mark.parametrize(
    "word",
    [
        "sights", "museum", "art", "park", "viewpoints", "church", "market", "dinner", "lunch",
        "coffee", "bars", "bakery", "shopping", "history", "nightlife", "theatre", "family",
    ],
)  # fmt: skip
def test_every_common_word_finds_something_somewhere(word: str) -> None:
    assert found(word)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "all",
                "the",
                "near",
                "in",
                "museums",
                "Belém",
                "Tower",
                "Lisbon",
                "Portugal",
                "Oslo",
                ",",
            ]
        )
    )
)
def test_no_order_of_words_is_too_much(words: list[str]) -> None:
    assert all(isinstance(known, Known) for known in found(" ".join(words), LISBON))


@pytest.mark.parametrize(
    "query",
    ["museums in San Francisco, CA", "San Francisco, California, USA", "sights new york ny"],
)
def test_a_state_behind_a_city_says_nothing_more(query: str) -> None:
    assert {known.city.country_code for known in found(query)} == {"US"}
    assert len({known.city.slug for known in found(query)}) == 1
