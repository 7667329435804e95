from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.lodging import Lodging
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.stay import Stay, StayPrice
from tripsage_mcp.domain.stay_cost import Budget, Costs
from tripsage_mcp.domain.stay_filter import Known, StaysLeftOut, StayWishes, keep

EUR_100 = StayPrice("", 4, Money(Decimal(100), "EUR"))
IN_EUR = Known(Costs("EUR"))


def stay(listing_id: str = "1", source: str = "a", **facts: Any) -> Stay:
    return Stay(listing_id, "Flat", source=source, **facts)


def alone(*stays: Stay) -> list[Lodging]:
    return [Lodging((one,)) for one in stays]


WISHES: list[tuple[str, StayWishes, dict[str, Any], dict[str, Any]]] = [
    ("budget", StayWishes(budget=Budget("EUR", Decimal(100))), {"price": EUR_100},
     {"price": StayPrice("", 4, Money(Decimal(101), "EUR"))}),
    ("property_type", StayWishes(property_type="hotel_room"), {"kind": "hotel_room"},
     {"kind": "entire_home"}),
    ("min_rating", StayWishes(min_rating=4.5), {"rating": 4.5}, {"rating": 4.49}),
    ("amenities", StayWishes(amenities=frozenset({"pool", "wifi"})),
     {"amenities": frozenset({"pool", "wifi", "gym"})}, {"amenities": frozenset({"pool"})}),
    ("free_cancellation", StayWishes(free_cancellation=True), {"free_cancellation": True},
     {"free_cancellation": False}),
    ("pets", StayWishes(pets=True), {"amenities": frozenset({"pets_allowed"})},
     {"amenities": frozenset({"wifi"})}),
    ("rooms", StayWishes(rooms=2), {"bedrooms": 2}, {"bedrooms": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "wishes", "met", "broken"), WISHES)
def test_what_is_met_stays_and_what_is_unknown_is_counted_apart(
    wish: Any, wishes: StayWishes, met: dict[str, Any], broken: dict[str, Any]
) -> None:
    kept = keep(alone(stay("1", **met), stay("2", **broken), stay("3")), wishes, IN_EUR)
    assert [lodging.shown.listing_id for lodging in kept.lodgings] == ["1"]
    assert kept.left_out == (StaysLeftOut(wish, 2, unknown=1),)


@pytest.mark.parametrize(("wish", "wishes", "_met", "broken"), WISHES)
def test_what_a_source_has_filtered_is_not_judged_again(
    wish: Any, wishes: StayWishes, _met: dict[str, Any], broken: dict[str, Any]
) -> None:
    known = Known(Costs("EUR"), {"a": frozenset({wish})})
    stays = alone(stay("1", **broken), stay("2", source="b", **broken))
    kept = keep(stays, wishes, known)
    assert [lodging.shown.source for lodging in kept.lodgings] == ["a"]


def test_a_walk_is_judged_by_what_was_measured() -> None:
    known = Known(walks={"a:1": 15, "a:2": 16})
    kept = keep(alone(stay("1"), stay("2"), stay("3")), StayWishes(max_walk_minutes=15), known)
    assert [lodging.shown.listing_id for lodging in kept.lodgings] == ["1"]
    assert kept.left_out == (StaysLeftOut("max_walk_minutes", 2, unknown=1),)


def test_a_lodging_keeps_the_listings_that_fit() -> None:
    both = Lodging((stay("1", rating=3.0), stay("2", source="b", rating=4.8)))
    kept = keep([both], StayWishes(min_rating=4.5), IN_EUR)
    assert [one.stay_id for one in kept.lodgings[0].listings] == ["b:2"]


facts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([None, "entire_home", "hotel_room"]),
        "rating": st.none() | st.floats(0, 5),
        "free_cancellation": st.sampled_from([None, True, False]),
        "bedrooms": st.none() | st.integers(0, 4),
        "amenities": st.none() | st.frozensets(st.sampled_from(["wifi", "pool", "pets_allowed"])),
    }
)
wishes_asked = st.builds(
    StayWishes,
    property_type=st.sampled_from([None, "entire_home"]),
    min_rating=st.none() | st.floats(0, 5),
    amenities=st.frozensets(st.sampled_from(["wifi", "pool"])),
    free_cancellation=st.booleans(),
    pets=st.booleans(),
    rooms=st.integers(1, 3),
)


@given(st.lists(facts, max_size=8), wishes_asked)
def test_every_listing_is_kept_or_accounted_for(
    given_facts: list[dict[str, Any]], wishes: StayWishes
) -> None:
    stays = [stay(str(n), **each) for n, each in enumerate(given_facts)]
    kept = keep(alone(*stays), wishes, IN_EUR)
    shown = [lodging.shown for lodging in kept.lodgings]
    dropped = len(stays) - len(shown)
    assert [one for one in stays if one in shown] == shown
    assert all(0 <= left.unknown <= left.stays <= dropped for left in kept.left_out)
    assert sum(left.stays for left in kept.left_out) >= dropped
    # What is shown fulfils every wish by itself, and nothing else would.
    for one in stays:
        assert (one in shown) is bool(keep(alone(one), wishes, IN_EUR).lodgings)


def test_no_wish_leaves_anything_out() -> None:
    kept = keep(alone(stay("1"), stay("2")), StayWishes(), Known())
    assert (len(kept.lodgings), kept.left_out) == (2, ())
