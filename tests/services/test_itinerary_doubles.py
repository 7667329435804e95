"""One attraction under two names is seen once."""

from dataclasses import replace
from datetime import date

import pytest

from tests.fakes_itinerary import NOW, FakeGeocoding, FakePlaces, FakeWeather, airports, city, place
from tripsage_mcp.services.itineraries.candidates import Found
from tripsage_mcp.services.itineraries.doubles import doubles, is_also
from tripsage_mcp.services.itineraries.promises import CommitmentAsked
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.itineraries.results import Built
from tripsage_mcp.services.itineraries.service import ItineraryService

TOWER = place("belem-tower", "monument", rating_count=90_000)
TORRE = replace(TOWER, place_id="torre", name="Torre de Belém")
DAY = date(2027, 5, 11)


@pytest.mark.parametrize(
    ("name", "north", "same"),
    [
        ("Torre de Belém", 0.0, True),
        ("Belem Tower Terrace", 0.1, True),
        ("Torre de Belém", 0.3, False),
        ("Belém Palace", 0.0, False),
        ("Belem Tower 2", 0.0, False),
        ("Coach Museum", 0.0, False),
    ],
)
def test_the_same_is_at_the_same_spot_and_of_no_other_kind(
    name: str, north: float, *, same: bool
) -> None:
    other = replace(place("other", "monument", north=north), name=name)
    assert is_also(TOWER, other.name, other.coordinates) is same
    assert is_also(other, TOWER.name, TOWER.coordinates) is same


def test_what_must_both_be_seen_is_no_double_and_restaurants_are_none() -> None:
    wanted = {p.place_id: Found(p, must_see=True) for p in (TOWER, TORRE)}
    assert doubles(wanted) == ()
    one = wanted | {"torre": Found(TORRE)}
    assert doubles(one) == (frozenset({"belem-tower", "torre"}),)
    rooms = {k: Found(replace(f.place, types=("restaurant",))) for k, f in one.items()}
    assert doubles(rooms) == ()


async def built(**given: object) -> Built:
    svc = ItineraryService(
        FakePlaces([TOWER, TORRE, *city()]),
        FakeGeocoding(),
        FakeWeather(),
        airports,
        lambda: NOW,
        budget_s=30,
        iterations=40,
    )
    request = BuildRequest(destination="Lisbon", start_date=DAY, end_date=DAY)
    return await svc.build(replace(request, **given))


def seen(plan: Built) -> list[str]:
    return [i.name for day in plan.itinerary.days for i in day.items if "Bel" in i.name]


@pytest.mark.anyio
async def test_a_plan_holds_one_of_two_names_and_says_what_became_of_the_other() -> None:
    plan = await built(pace="packed")
    assert len(seen(plan)) == 1
    assert "the same as another place" in {
        left.reason.partition(";")[0] for left in plan.itinerary.left_out
    }


@pytest.mark.anyio
async def test_what_is_booked_is_not_seen_again_under_another_name() -> None:
    booked = CommitmentAsked(
        name="Belem Tower", date=DAY, start="10:00", minutes=60, place_id="belem-tower"
    )
    assert seen(await built(commitments=(booked,))) == ["Belem Tower"]
