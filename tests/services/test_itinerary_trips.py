"""Plans made from a saved trip, and stored with it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.fakes_itinerary import CENTER, NOW, FakeGeocoding, FakePlaces, FakeWeather, airports
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import LOCAL_ACCOUNT, Account
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import ItineraryItem
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import Trip
from tripsage_mcp.domain.trip_budget import BudgetLine
from tripsage_mcp.domain.trip_item import TripDestination, TripItem, TripTraveller
from tripsage_mcp.errors import InvalidRequestError, NotFoundError
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.itineraries.results import Built
from tripsage_mcp.services.itineraries.service import (
    ItineraryService,
    Library,
    Notation,
    ReviseRequest,
)
from tripsage_mcp.services.itineraries.trips import filled
from tripsage_mcp.services.memories.requests import Statement
from tripsage_mcp.services.memories.service import MemoryService
from tripsage_mcp.services.trips.requests import SaveRequest
from tripsage_mcp.services.trips.service import TripService
from tripsage_mcp.views.itinerary import read_back, written

pytestmark = pytest.mark.anyio

MONDAY = date(2027, 5, 10)
TODAY = date(2027, 3, 1)
AT = datetime(2027, 1, 1, tzinfo=UTC)
FLIGHT: dict[str, Any] = {
    "slices": [
        {
            "origin": "JFK",
            "destination": "LIS",
            "departs": "2027-05-09T20:00-04:00",
            "arrives": "2027-05-10T08:05+01:00",
        },
        {
            "origin": "LIS",
            "destination": "JFK",
            "departs": "2027-05-13T17:30+01:00",
            "arrives": "2027-05-13T20:40-04:00",
        },
    ]
}
STAY: dict[str, Any] = {"name": "Rua Inn", "at": f"{CENTER.latitude},{CENTER.longitude}"}


def trip(**given: Any) -> Trip:
    plain = Trip(uuid4(), 1, "Lisbon", "Lisbon", MONDAY, MONDAY + timedelta(days=3), AT, AT)
    return replace(plain, **given)


def item(kind: Any, title: str, **given: Any) -> TripItem:
    return TripItem(uuid4(), kind, title, AT, AT, **given)


def fill(whole: WholeTrip, **said: Any) -> Any:
    return filled(BuildRequest(**said), whole, airports, TODAY)


def test_dates_flights_and_stay_come_from_what_was_saved() -> None:
    found = fill(WholeTrip(trip(flights=(FLIGHT,), stays=(STAY,))))
    asked = found.request
    assert (asked.destination, asked.start_date, asked.end_date) == (
        "Lisbon",
        MONDAY,
        MONDAY + timedelta(days=3),
    )
    assert (asked.arrival_airport, asked.departure_airport) == ("LIS", "LIS")
    assert asked.arrival_time == datetime.fromisoformat("2027-05-10T08:05+01:00")
    assert asked.departure_time == datetime.fromisoformat("2027-05-13T17:30+01:00")
    assert [(s.latitude, s.name) for s in asked.stays] == [(CENTER.latitude, "Rua Inn")]
    assert found.said == ("landing at LIS", "take-off from LIS", "1 stay")


def test_what_is_said_is_not_taken_from_the_trip() -> None:
    whole = WholeTrip(trip(flights=(FLIGHT,), stays=(STAY,)))
    found = fill(
        whole,
        destination="Porto",
        start_date=MONDAY + timedelta(days=1),
        arrival_airport="LIS",
        arrival_time=datetime(2027, 5, 11, 9, 0),  # noqa: DTZ001 - local
        stay_latitude=38.7,
        stay_longitude=-9.1,
    )
    assert found.request.destination == "Porto"
    assert found.request.start_date == MONDAY + timedelta(days=1)
    assert found.request.arrival_time == datetime(2027, 5, 11, 9, 0)  # noqa: DTZ001
    assert found.request.stays == ()


def test_items_of_a_trip_say_the_same() -> None:
    zone = "Europe/Lisbon"
    starts = datetime(2027, 5, 10, 7, 5, tzinfo=UTC)
    show = datetime(2027, 5, 11, 19, 0, tzinfo=UTC)
    whole = WholeTrip(
        trip(),
        items=(
            item(
                "flight",
                "JFK to LIS",
                status="booked",
                starts=starts - timedelta(hours=7),
                ends=starts,
                zone="America/New_York",
                end_zone=zone,
            ),
            item(
                "stay",
                "Rua Inn",
                status="booked",
                starts=datetime(2027, 5, 10, 14, tzinfo=UTC),
                ends=datetime(2027, 5, 13, 10, tzinfo=UTC),
                zone=zone,
                coordinates=CENTER,
            ),
            item(
                "activity",
                "Fado show",
                status="booked",
                starts=show,
                ends=show + timedelta(minutes=100),
                zone=zone,
                price=Money(Decimal(40), "EUR"),
            ),
            item("activity", "Maybe a tour", status="idea", starts=show, zone=zone),
        ),
    )
    asked = fill(whole).request
    assert asked.arrival_airport == "LIS"
    assert asked.arrival_time == starts
    (stay,) = asked.stays
    assert (stay.check_in, stay.check_out) == (MONDAY, MONDAY + timedelta(days=3))
    (booked,) = asked.commitments
    assert (booked.name, booked.date, booked.start, booked.minutes, booked.cost) == (
        "Fado show",
        date(2027, 5, 11),
        "20:00",
        100,
        "40.00 EUR",
    )


def test_who_travels_and_what_is_set_aside_counts() -> None:
    whole = WholeTrip(
        trip(),
        travellers=(
            TripTraveller(uuid4(), "self"),
            TripTraveller(uuid4(), "Noa", "child", ("naps",)),
        ),
        budget=(
            BudgetLine("food", Money(Decimal(200), "EUR")),
            BudgetLine("activities", Money(Decimal(100), "EUR")),
            BudgetLine("flights", Money(Decimal(900), "EUR")),
        ),
    )
    asked = fill(whole).request
    assert (asked.travellers, asked.needs, asked.budget) == (2, ("naps",), "300.00 EUR")


def test_the_budget_of_everything_is_none_for_sights_unless_the_rest_is_known() -> None:
    money = Money(Decimal(1500), "EUR")
    unknown = fill(WholeTrip(trip(budget=money)))
    assert unknown.request.budget is None
    assert any("budget" in words for words in unknown.said)
    flight = item("flight", "JFK LIS", status="booked", price=Money(Decimal(1100), "EUR"))
    known = fill(WholeTrip(trip(budget=money), items=(flight,)))
    assert known.request.budget == "400.00 EUR"


def test_of_a_trip_with_several_stops_the_first_is_planned() -> None:
    stops = (
        TripDestination(uuid4(), "Lisbon", CENTER, MONDAY, MONDAY + timedelta(days=1)),
        TripDestination(uuid4(), "Porto", None, MONDAY + timedelta(days=1), MONDAY),
    )
    found = fill(WholeTrip(trip(destination="Portugal"), destinations=stops))
    assert found.request.destination == "Lisbon"
    assert found.request.end_date == MONDAY + timedelta(days=1)
    assert "only the trip's first stop; name another one as destination" in found.said


def test_of_a_trip_under_way_only_the_rest_is_planned() -> None:
    whole = WholeTrip(trip())
    found = filled(BuildRequest(), whole, airports, MONDAY + timedelta(days=2))
    assert found.request.start_date == MONDAY + timedelta(days=2)


def test_stays_that_do_not_fit_together_are_not_all_taken() -> None:
    stays = (
        STAY | {"check_in": "2027-05-10", "check_out": "2027-05-12"},
        STAY | {"check_in": "2027-05-11", "check_out": "2027-05-13"},
    )
    found = fill(WholeTrip(trip(stays=stays)))
    assert len(found.request.stays) == 1


def test_what_nobody_can_read_is_left_alone() -> None:
    odd = ({"slices": ["x", {"origin": 7}]}, {"slices": None, "departs": "soon"})
    found = fill(WholeTrip(trip(flights=odd, stays=({"at": "here"}, {"at": "95,200"}))))
    assert found.request.arrival_airport is None
    assert found.request.stays == ()


class Home:
    """A planner over storage, with a trip in it."""

    def __init__(self) -> None:
        self.storage = FakeStorage()
        self.trips = TripService(self.storage, lambda: NOW)
        self.memories = MemoryService(self.storage, lambda: NOW)
        self.planner = ItineraryService(
            FakePlaces(),
            FakeGeocoding(),
            FakeWeather(),
            airports,
            lambda: NOW,
            library=Library(self.trips, self.memories, Notation(written, read_back)),
            budget_s=30,
            iterations=40,
        )

    async def trip(self, **given: Any) -> str:
        request = SaveRequest(
            destination="Lisbon", start_date=MONDAY, end_date=MONDAY + timedelta(days=3), **given
        )
        return str((await self.trips.save(LOCAL_ACCOUNT, request)).trip_id)

    async def build(self, **given: Any) -> Built:
        return await self.planner.build(BuildRequest(**given), who=LOCAL_ACCOUNT)


def visits(built: Built) -> list[ItineraryItem]:
    return [i for day in built.itinerary.days for i in day.items if i.kind == "visit"]


async def test_a_trip_is_planned_saved_revised_and_saved_again() -> None:
    home = Home()
    trip_id = await home.trip(flights=[FLIGHT], stays=[STAY])
    built = await home.build(trip_id=trip_id, save=True)
    assert built.saved is not None
    assert built.from_trip == ("landing at LIS", "take-off from LIS", "1 stay")
    assert built.itinerary.days[0].items[0].kind == "arrival"
    kept = (await home.trips.get(LOCAL_ACCOUNT, trip_id)).whole
    assert kept.trip.itinerary == written(built.itinerary)
    assert kept.itineraries[0].origin == "built"
    gone = visits(built)[0]
    revised = await home.planner.revise(
        ReviseRequest(
            trip_id=trip_id, changes=(Change(action="drop", item=gone.item_id),), save=True
        ),
        who=LOCAL_ACCOUNT,
    )
    assert revised.saved is not None
    assert revised.saved.version == built.saved.version + 1
    kept = (await home.trips.get(LOCAL_ACCOUNT, trip_id)).whole
    assert [v.origin for v in kept.itineraries][:2] == ["revised", "built"]
    assert kept.itineraries[0].reason == "drop"
    again = await home.planner.revise(ReviseRequest(trip_id=trip_id), who=LOCAL_ACCOUNT)
    assert again.verdict == "works"
    assert gone.item_id not in {i.item_id for d in again.itinerary.days for i in d.items}


async def test_a_trip_of_somebody_else_or_without_a_plan_is_not_found() -> None:
    home = Home()
    trip_id = await home.trip()
    with pytest.raises(NotFoundError, match="no itinerary yet"):
        await home.planner.revise(ReviseRequest(trip_id=trip_id), who=LOCAL_ACCOUNT)
    with pytest.raises(NotFoundError):
        await home.build(trip_id=str(uuid4()))
    with pytest.raises(InvalidRequestError):
        await home.build(trip_id="mine")
    stranger = Account(uuid4())
    with pytest.raises(NotFoundError):
        await home.planner.build(BuildRequest(trip_id=trip_id), who=stranger)


async def test_flights_of_the_trip_to_somewhere_else_are_left_out_and_told() -> None:
    home = Home()
    away = {"slices": [{**FLIGHT["slices"][0], "destination": "JFK"}]}
    far = {"name": "Elsewhere", "at": "48.85,2.35"}
    trip_id = await home.trip(flights=[away], stays=[far])
    built = await home.build(trip_id=trip_id)
    assert all(i.kind != "arrival" for d in built.itinerary.days for i in d.items)
    assert built.itinerary.stay_assumed
    assert "The trip's arrival is elsewhere and is left out." in built.assumptions


async def test_the_memory_is_applied_and_said_unless_it_is_not_wanted() -> None:
    home = Home()
    await home.memories.remember(
        LOCAL_ACCOUNT,
        [
            Statement("Is vegetarian", "dietary"),
            Statement("Prefers a slow pace", "activities"),
            Statement("Bored by museums", "dislikes"),
        ],
        consent=True,
    )
    trip_id = await home.trip()
    built = await home.build(trip_id=trip_id)
    assert set(built.remembered) == {"diet: vegetarian", "pace: relaxed", "dislikes: museums"}
    assert built.itinerary.pace == "relaxed"
    without = await home.build(trip_id=trip_id, use_memory=False)
    assert without.remembered == ()
    assert without.itinerary.pace == "balanced"


async def test_after_many_time_zones_the_first_day_is_light() -> None:
    home = Home()
    home.planner = replace(home.planner, geocoding=Everywhere())
    told = [Statement("Lives in Tokyo", "identity_home")]
    await home.memories.remember(LOCAL_ACCOUNT, told)
    built = await home.build(trip_id=await home.trip())
    first = built.itinerary.days[0].items
    assert sum(i.kind == "visit" for i in first) == 2
    assert any("time zones" in words for words in built.assumptions)


class Everywhere(FakeGeocoding):
    """Knows Tokyo too."""

    async def localities(self, name: str, *, limit: int = 5) -> Any:
        found = await super().localities("Lisbon", limit=limit)
        if "tokyo" not in name.casefold():
            return found
        tokyo = replace(
            found.localities[0],
            name="Tokyo",
            country="Japan",
            country_code="JP",
            coordinates=Coordinates(35.68, 139.69),
            time_zone="Asia/Tokyo",
        )
        return replace(found, localities=(tokyo,))
