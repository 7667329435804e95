from collections import Counter
from typing import Any

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
        first, *others = lodging.listings
        assert len({s.source for s in lodging.listings}) == len(lodging.listings)
        assert all(same_place(first, other) for other in others)


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
        ("The Ritz", "The Ritz Carlton", False),  # one word alone tells too little
        ("Astoria", "Astoria Palace", False),
        ("Lantern House", "Lantern Court", False),
        ("The Hotel", "The Inn", False),
        ("The Hotel", "the hotel", True),
        ("", "", False),
    ],
)
def test_names_are_compared_by_the_words_that_tell(one: str, other: str, *, same: bool) -> None:
    pair: Any = stay("a", "1", one), stay("b", "2", other)
    assert same_place(*pair) is same
    assert same_place(*reversed(pair)) is same


@pytest.mark.parametrize(("at", "same"), [(NEAR, True), (FAR, False), (None, False)])
def test_one_name_in_two_streets_is_two_places(at: Coordinates | None, *, same: bool) -> None:
    assert same_place(stay("a", "1", "Astoria"), stay("b", "2", "Astoria", at)) is same


def test_a_lodging_is_where_any_of_its_listings_says() -> None:
    (lodging,) = merge({"a": [stay("a", "1", "Astoria")], "b": [stay("b", "1", "Astoria", NEAR)]})
    assert lodging.coordinates == RIVERSIDE
