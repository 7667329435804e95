"""What may be asked of stays, and what is refused before anything is sent."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_stays import query
from tests.fakes_places import NOW
from tests.fakes_stays import CHECK_IN
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.stay_cost import Budget
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.stays.cursor import StayCursor
from tripsage_mcp.services.stays.requests import CheckedStays, budget, check

TODAY = NOW.date()
SOURCES = ("airbnb", "duffel")


def checked(**changes: Any) -> CheckedStays:
    return check(query(**changes), NOW, SOURCES)


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"location": ""}, "location"),
        ({"location": "  \n "}, "location"),
        ({"location": "x" * 201}, "location"),
        ({"location": "95,10"}, "location"),
        ({"location": "38.7,-190"}, "location"),
        ({"check_in": TODAY - timedelta(days=2)}, "check_in"),
        ({"check_in": date.min}, "check_in"),
        ({"check_out": CHECK_IN}, "check_out"),
        ({"check_out": CHECK_IN - timedelta(days=1)}, "check_out"),
        ({"check_out": CHECK_IN + timedelta(days=91)}, "check_out"),
        (
            {"check_in": TODAY + timedelta(days=729), "check_out": TODAY + timedelta(days=731)},
            "check_out",
        ),
        ({"check_in": date.max, "check_out": date.max}, "check_out"),
        ({"adults": 0}, "adults"),
        ({"adults": 17}, "adults"),
        ({"children_ages": (-1,)}, "children_ages"),
        ({"children_ages": (18,)}, "children_ages"),
        ({"children_ages": (5,) * 11}, "children_ages"),
        ({"adults": 10, "children_ages": (5,) * 7}, "children_ages"),
        ({"pets": 6}, "pets"),
        ({"rooms": 0}, "rooms"),
        ({"rooms": 9, "adults": 16}, "rooms"),
        ({"rooms": 3}, "rooms"),
        ({"budget": "cheap"}, "budget"),
        ({"budget": "900"}, "budget"),
        ({"budget": "0 EUR"}, "budget"),
        ({"budget": "900-500 EUR"}, "budget"),
        ({"budget": "99999999 EUR"}, "budget"),
        ({"budget": "-5 EUR"}, "budget"),
        ({"property_type": "castle"}, "property_type"),
        ({"min_rating": -0.1}, "min_rating"),
        ({"min_rating": 5.1}, "min_rating"),
        ({"min_rating": float("nan")}, "min_rating"),
        ({"amenities": ("wifi", "moat")}, "amenities"),
        ({"near": " "}, "near"),
        ({"near": "0,181"}, "near"),
        ({"max_walk_minutes": 15}, "near"),
        ({"near": "Prado", "max_walk_minutes": 0}, "max_walk_minutes"),
        ({"near": "Prado", "max_walk_minutes": 121}, "max_walk_minutes"),
        ({"sort": "best"}, "sort"),
        ({"sources": ("airbnb", "booking")}, "sources"),
        ({"limit": 0}, "limit"),
        ({"limit": 19}, "limit"),
    ],
)
def test_bad_input_names_the_argument(changes: dict[str, Any], argument: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        checked(**changes)
    assert raised.value.argument == argument


@pytest.mark.parametrize(
    ("argument", "example"), [("amenities", '["accessible"]'), ("sources", '["airbnb"]')]
)
def test_the_example_for_a_list_is_a_list(argument: str, example: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        checked(**{argument: ("moat",)})
    assert raised.value.example == example


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("900 EUR", Budget("EUR", Decimal(900))),
        ("900EUR", Budget("EUR", Decimal(900))),
        (" 900.50  eur ", Budget("EUR", Decimal("900.50"))),
        ("120 EUR a night", Budget("EUR", Decimal(120), nightly=True)),
        ("120 USD per night", Budget("USD", Decimal(120), nightly=True)),
        ("120 USD/night", Budget("USD", Decimal(120), nightly=True)),
        ("90-120 GBP a night", Budget("GBP", Decimal(120), Decimal(90), nightly=True)),
        ("500 - 900 EUR", Budget("EUR", Decimal(900), Decimal(500))),
        ("30000 JPY", Budget("JPY", Decimal(30000))),
    ],
)
def test_a_budget_is_read_as_people_write_it(text: str, meant: Budget) -> None:
    assert budget(text) == meant


def test_a_party_is_counted_as_homes_and_as_hotels_do() -> None:
    search = checked(adults=2, children_ages=(1, 4, 15)).search
    assert (search.adults, search.children, search.infants) == (3, 1, 1)
    assert search.minor_ages == (1, 4, 15)
    infants = checked(adults=16, children_ages=(0, 1))
    assert (infants.search.adults, infants.search.infants) == (16, 2)


def test_a_location_is_a_name_or_a_point() -> None:
    assert checked(location=" Lisbon ").place.name == "Lisbon"
    point = checked(location="38.71, -9.14", near="38.70,-9.15")
    assert point.place.coordinates == Coordinates(38.71, -9.14)
    assert point.near is not None
    assert point.near.coordinates == Coordinates(38.70, -9.15)
    assert point.search.location == ""


def test_a_source_named_twice_is_asked_once() -> None:
    assert checked(sources=("duffel", "airbnb", "duffel")).sources == ("duffel", "airbnb")


OTHERS: list[dict[str, Any]] = [
    {"location": "Porto"},
    {"location": "38.71,-9.14"},
    {"check_out": date(2027, 3, 6)},
    {"adults": 3},
    {"children_ages": (4,)},
    {"children_ages": (5,)},
    {"pets": 1},
    {"rooms": 2},
    {"budget": "900 EUR"},
    {"budget": "900 EUR a night"},
    {"property_type": "hotel_room"},
    {"min_rating": 4.5},
    {"amenities": ("wifi",)},
    {"free_cancellation": True},
    {"near": "Prado"},
    {"near": "Prado", "max_walk_minutes": 10},
    {"sort": "price"},
    {"sources": ("duffel",)},
]


def test_every_argument_that_shapes_the_pages_makes_another_search() -> None:
    marks = [checked(**changes).mark for changes in [{}, *OTHERS]]
    assert len(set(marks)) == len(marks)
    # How much of it is shown does not, nor in which order wishes are named.
    assert checked(limit=18).mark == checked().mark
    amenities = ("wifi", "pool", "gym", "spa")
    assert checked(amenities=amenities).mark == checked(amenities=amenities[::-1]).mark


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 2**33 - 1),
    st.dictionaries(st.text(max_size=12), st.none() | st.text(max_size=80), min_size=1, max_size=4),
    st.integers(0, 10_000),
)
def test_a_cursor_comes_back_as_it_went(
    search: int, made: int, sources: dict[str, str | None], offset: int
) -> None:
    cursor = StayCursor(search, made, sources, offset)
    assert StayCursor.decode(cursor.encode(), search=search) == cursor


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 2000, StayCursor(7, 1).encode()])
def test_a_cursor_of_nobodys_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        StayCursor.decode(text, search=7)
    assert raised.value.argument == "cursor"
