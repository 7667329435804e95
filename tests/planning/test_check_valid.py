from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.planning.itineraries import AIRPORT, STAY, ZONES, Case, cases
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Commitment,
    ItemKind,
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    Need,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.planning.check import check
from tripsage_mcp.planning.check_facts import Facts
from tripsage_mcp.services.itineraries.drafts import read, readable
from tripsage_mcp.views.itinerary import ItineraryView


@dataclass(frozen=True)
class Airport:
    code: str
    name: str = "Somewhere"
    time_zone: str = "Europe/Lisbon"
    coordinates: Coordinates | None = AIRPORT


@settings(max_examples=300, deadline=None)
@given(case=cases())
def test_nothing_is_said_about_an_itinerary_with_nothing_wrong(case: Case) -> None:
    assert check(case.itinerary, case.facts) == ()


@settings(max_examples=100, deadline=None)
@given(case=cases())
def test_nor_when_it_was_written_down_and_read_again(case: Case) -> None:
    written = ItineraryView.of(case.itinerary).model_dump_json(exclude_none=True)
    draft = ItineraryView.model_validate_json(written).draft()
    readable(draft, Airport)
    again = read(draft, ZoneInfo(case.itinerary.time_zone), case.facts.places, Airport)
    assert check(again, case.facts) == ()
    adapter: TypeAdapter[Itinerary] = TypeAdapter(Itinerary)
    stored = adapter.validate_json(adapter.dump_json(case.itinerary))
    assert check(stored, case.facts) == ()


KINDS: tuple[ItemKind, ...] = (
    "visit",
    "lunch",
    "dinner",
    "arrival",
    "departure",
    "stay",
    "check_in",
    "check_out",
    "commitment",
    "rest",
)
NEEDS: tuple[Need, ...] = ("wheelchair", "stroller", "naps", "low_walking")
SPOTS = st.sampled_from((None, STAY, AIRPORT, Coordinates(38.7001, -9.1001)))
MONEY = st.none() | st.builds(
    Money, st.decimals(-9_999, 9_999, places=2).map(Decimal), st.sampled_from(("EUR", "USD", "JPY"))
)


@st.composite
def muddles(draw: st.DrawFn) -> Itinerary:
    """Draw an itinerary without any sense."""
    zone = draw(st.sampled_from(ZONES))
    moment = st.datetimes(
        datetime(2027, 3, 25),  # noqa: DTZ001 - the zones follow
        datetime(2027, 3, 31),  # noqa: DTZ001
        timezones=st.sampled_from([ZoneInfo(z) for z in (zone, zone, "Asia/Tokyo")]),
    )
    name = st.sampled_from(("A", "b", "B", "Lunch", "dinner near A"))
    items = st.builds(
        ItineraryItem,
        st.sampled_from(KINDS),
        name,
        moment,
        moment,
        place_id=st.sampled_from((None, "p0", "p1", "nobody")),
        coordinates=SPOTS,
        airport=st.sampled_from((None, "LIS")),
        leg=st.none()
        | st.builds(Leg, st.sampled_from(("walk", "transit", "drive")), st.integers(0, 500)),
        cost=MONEY,
        locked=st.booleans(),
        indoor=st.none() | st.booleans(),
        booking=st.sampled_from((None, "needed", "booked")),
    )
    days = st.builds(
        ItineraryDay,
        st.dates(date(2027, 3, 25), date(2027, 3, 30)),
        st.lists(items, max_size=5).map(tuple),
    )
    names = st.lists(name, max_size=2).map(tuple)
    kept = st.builds(Commitment, name, moment, moment, st.sampled_from(KINDS))
    return Itinerary(
        "Nowhere",
        zone,
        draw(st.lists(days, max_size=4).map(tuple)),
        stay=draw(SPOTS),
        must_see=draw(names),
        must_not=draw(names),
        budget=draw(MONEY),
        needs=draw(st.lists(st.sampled_from(NEEDS), unique=True).map(tuple)),
        day_start=draw(st.none() | st.integers(0, 1_439)),
        day_end=draw(st.none() | st.integers(0, 1_800)),
        commitments=draw(st.lists(kept, max_size=3).map(tuple)),
        rest_minutes=draw(st.sampled_from((0, 60))),
    )


@settings(max_examples=300, deadline=None)
@given(muddle=muddles(), case=cases(days=1), known=st.sampled_from(("all", "nothing")))
def test_whatever_is_written_the_check_has_an_answer(
    muddle: Itinerary, case: Case, known: str
) -> None:
    facts = case.facts if known == "all" else Facts()
    for finding in check(muddle, facts):
        assert finding.message
        assert finding.suggestion
    assert check(muddle, facts) == check(muddle, facts)


@settings(max_examples=100, deadline=None)
@given(case=cases(days=2), late=st.integers(1, 600))
def test_what_nothing_is_known_about_is_unchecked_and_never_fine(case: Case, late: int) -> None:
    shifted = replace(
        case.itinerary, commitments=(), budget=None, day_start=None, day_end=None, needs=()
    )
    nothing = Facts(first=shifted.days[0].date, last=shifted.days[0].date + timedelta(days=late))
    found = check(shifted, nothing)
    assert {f.severity for f in found} == {"unchecked"}
    assert {f.code for f in found} >= {"hours_unknown", "travel_unknown"}
