from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.lodging import merge, same_place
from tripsage_mcp.domain.stay import Stay

RIVERSIDE = Coordinates(38.7100, -9.1400)
# Some 200 and 400 metres north of it.
NEAR, FAR = Coordinates(38.7118, -9.1400), Coordinates(38.7136, -9.1400)

points = st.sampled_from([None, RIVERSIDE, NEAR, FAR])
names = st.sampled_from(["Hotel Astoria", "Astoria", "The Astoria Lisbon", "Ástoria", "Grand", ""])
BRANDS = ["Astoria", "Ibis", "Lantern House", "Holiday", "NH", "1898"]
LINES = ["", "Budget", "Express", "Collection", "Annex", "Palace"]
WRITTEN = ["{}", "Hotel {}", "{} Hotel", "The {}", "{} Lisbon", "{}, Lisbon", "Hotel {} in Lisbon"]
TOWN = "Lisbon, Portugal"


def stay(source: str, listing_id: str, name: str, at: Coordinates | None = RIVERSIDE) -> Stay:
    return Stay(listing_id, name, coordinates=at, source=source)


@st.composite
def found(draw: st.DrawFn) -> dict[str, list[Stay]]:
    """Return listings of up to three sources, many of them much alike."""
    return {
        source: [
            stay(source, str(n), draw(names), draw(points)) for n in range(draw(st.integers(0, 6)))
        ]
        for source in draw(st.sets(st.sampled_from(["a", "b", "c"])))
    }


@st.composite
def truly(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    """Return the names of listings in one spot by source, each with the name it really has."""
    sources: dict[str, dict[str, str]] = {"a": {}, "b": {}, "c": {}}
    for listings in sources.values():
        for _ in range(draw(st.integers(0, 5))):
            real = f"{draw(st.sampled_from(BRANDS))} {draw(st.sampled_from(LINES))}".strip()
            listings[draw(st.sampled_from(WRITTEN)).format(real)] = real
    return sources


@given(truly(), st.sampled_from(["", TOWN]))
def test_two_places_are_never_made_one(names_of: dict[str, dict[str, str]], town: str) -> None:
    listings = {
        source: [stay(source, name, name) for name in written]
        for source, written in names_of.items()
    }
    for lodging in merge(listings, town):
        assert len({names_of[one.source][one.listing_id] for one in lodging.listings}) == 1


@given(found(), st.permutations(["a", "b", "c"]))
def test_what_is_one_place_does_not_depend_on_who_is_asked_first(
    listings: dict[str, list[Stay]], order: list[str]
) -> None:
    again = {source: listings[source] for source in order if source in listings}

    def together(given: dict[str, list[Stay]]) -> set[frozenset[str]]:
        return {frozenset(s.stay_id for s in one.listings) for one in merge(given, TOWN)}

    assert together(listings) == together(again)


@given(found())
def test_no_stay_is_lost_and_none_invented(listings: dict[str, list[Stay]]) -> None:
    merged = merge(listings)
    before = Counter(s.stay_id for stays in listings.values() for s in stays)
    after = Counter(s.stay_id for lodging in merged for s in lodging.listings)
    assert before == after


@given(found())
def test_a_lodging_has_one_listing_of_a_source_and_all_of_one_place(
    listings: dict[str, list[Stay]],
) -> None:
    for lodging in merge(listings):
        assert len({s.source for s in lodging.listings}) == len(lodging.listings)
        assert all(same_place(*pair) for pair in combinations(lodging.listings, 2))


@given(found())
def test_each_source_keeps_its_order(listings: dict[str, list[Stay]]) -> None:
    firsts = [lodging.shown for lodging in merge(listings)]
    for source, stays in listings.items():
        shown = [s for s in firsts if s.source == source]
        assert shown == [s for s in stays if s in shown]


@given(found())
def test_merging_is_repeatable(listings: dict[str, list[Stay]]) -> None:
    assert merge(listings) == merge(listings)


def test_sources_take_turns() -> None:
    listings = {
        "a": [stay("a", str(n), f"Flat {n}") for n in range(3)],
        "b": [stay("b", "0", "Palace")],
    }
    assert [lodging.shown.stay_id for lodging in merge(listings)] == ["a:0", "b:0", "a:1", "a:2"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Hotel Astoria", "ASTORIA", True),
        ("Hôtel Ástoria", "Astoria Hotel", True),
        ("The Lantern House", "Lantern House Lisbon", True),
        ("Astoria", "Hotel Astoria, Lisbon, Portugal", True),
        ("Holiday Inn", "Holiday Inn Hotel", True),
        # What is one word more is another hotel of the brand, often next door.
        ("Ibis Lisbon Centro", "Ibis Budget Lisbon Centro", False),
        ("Holiday Inn Lisbon", "Holiday Inn Express Lisbon", False),
        ("Hilton Lisbon", "DoubleTree by Hilton Lisbon", False),
        ("The Ritz", "The Ritz Carlton", False),
        ("Astoria", "Astoria Palace", False),
        ("Lantern House", "Lantern Court", False),
        # What both say they are must agree.
        ("Astoria Hostel", "Astoria Hotel", False),
        ("Central Apartments", "Central Hotel", False),
        # A kind and a town are no name.
        ("Room in Lisbon", "Hotel Lisbon", False),
        ("The Hotel", "the hotel", False),
        ("Hotel 2", "Hotel 2", False),
        ("", "", False),
    ],
)
def test_names_are_compared_by_the_words_that_tell(one: str, other: str, *, same: bool) -> None:
    listing, listed = stay("a", "1", one), stay("b", "2", other)
    assert same_place(listing, listed, TOWN) is same
    assert same_place(listed, listing, TOWN) is same


def test_of_several_twins_the_nearest_is_the_one() -> None:
    listings = {
        "a": [stay("a", "far", "Astoria", NEAR), stay("a", "near", "Astoria")],
        "b": [stay("b", "1", "Hotel Astoria")],
    }
    merged = merge(listings)
    assert [[s.stay_id for s in one.listings] for one in merged] == [["a:far"], ["b:1", "a:near"]]


@pytest.mark.parametrize(("at", "same"), [(NEAR, True), (FAR, False), (None, False)])
def test_one_name_in_two_streets_is_two_places(at: Coordinates | None, *, same: bool) -> None:
    assert same_place(stay("a", "1", "Astoria"), stay("b", "2", "Astoria", at)) is same


def test_a_lodging_is_where_any_of_its_listings_says() -> None:
    (lodging,) = merge({"a": [stay("a", "1", "Astoria")], "b": [stay("b", "1", "Astoria", NEAR)]})
    assert lodging.coordinates == RIVERSIDE
