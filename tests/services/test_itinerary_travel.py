"""How to get about: the mode of each way, and what is asked for."""

import pytest

from tests.fakes_itinerary import CENTER, FakePlaces
from tests.services.test_itinerary_revising import blockers, items, planned, request
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.planning.problem import UNREACHABLE
from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.travel import Ways

pytestmark = pytest.mark.anyio


def north(km: float) -> Coordinates:
    return Coordinates(CENTER.latitude + km / 111.2, CENTER.longitude)


@pytest.mark.parametrize(
    ("km", "mode", "spared"),
    [(0.3, "walk", "walk"), (0.8, "walk", "transit"), (2.0, "transit", "transit"),
     (9.0, "transit", "transit")],
)  # fmt: skip
async def test_what_is_near_is_walked_and_what_is_far_is_ridden(
    km: float, mode: str, spared: str
) -> None:
    places = FakePlaces()
    for ways, expected in (
        (Ways(places), mode),
        (Ways(places, little_walking=True), spared),
    ):
        await ways.route([(CENTER, north(km))])
        leg = ways.leg(CENTER, north(km))
        assert leg is not None
        assert (leg.mode, leg.estimated) == (expected, False)


async def test_a_way_is_asked_for_once() -> None:
    places = FakePlaces()
    ways = Ways(places)
    await ways.route([(CENTER, north(1), north(4))])
    asked = len(places.calls)
    await ways.route([(north(4), CENTER), (north(1), CENTER)])
    assert len(places.calls) == asked


def test_the_matrices_offer_each_mode_where_it_makes_sense() -> None:
    ways = Ways(FakePlaces())
    travel, walking, modes = ways.matrices((CENTER, north(1), north(2), north(200)))
    assert [mode.name for mode in modes] == ["walk", "transit"]
    on_foot, ridden = (mode.minutes[0] for mode in modes)
    assert on_foot[0][2] < UNREACHABLE
    assert ridden[0][1] == UNREACHABLE
    assert travel[0][3] == UNREACHABLE
    assert walking[0][1] > 0
    assert walking[0][2] == 0
    assert all(minutes % 5 == 0 for row in travel for minutes in row if minutes < UNREACHABLE)
    assert ways.mode_name(1) == "transit"
    assert ways.mode_name(None) is None


def test_one_mode_needs_no_choice() -> None:
    _, walking, modes = Ways(FakePlaces(), ("walk",)).matrices((CENTER, north(8)))
    assert modes == ()
    assert walking[0][1] > 60


async def test_a_plan_made_by_car_is_changed_by_car() -> None:
    svc, plan = await planned(modes=("walk", "drive"), must_see=("Far Palace",))
    gone = next(i for i in items(plan, "visit") if i.place_id != "far-palace")
    revised = await svc.revise(request(plan, Change(action="drop", item=gone.item_id)))
    assert blockers(revised) == []
    palace = next(i for i in items(revised.itinerary) if i.place_id == "far-palace")
    assert palace.leg is not None
    assert palace.leg.mode == "drive"
