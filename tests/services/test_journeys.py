from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.build_trips import NOW, item, trip
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import (
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    Leg,
    RainAlternative,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip_item import TripDestination
from tripsage_mcp.exports.journey import Journey, Stop
from tripsage_mcp.infrastructure.airports import find_airport
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.exports.journeys import Gathered, plan_journey, trip_journey

ROME = ZoneInfo("Europe/Rome")
DAY = date(2027, 5, 10)
COLOSSEUM = Coordinates(41.8902, 12.4922)
RETURN: dict[str, Any] = {
    "origin": "LHR",
    "destination": "FCO",
    "slices": [
        {"departs": "2027-05-10T07:40", "arrives": "2027-05-10T11:15", "flights": ["BA 548"]},
        {"departs": "2027-05-14T19:55", "arrives": "2027-05-14T21:50", "flights": ["BA 561"]},
    ],
}


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ROME)


def sight(name: str = "Colosseum", hour: int = 10, **changes: Any) -> ItineraryItem:
    usual: dict[str, Any] = {
        "kind": "visit",
        "name": name,
        "starts": at(hour),
        "ends": at(hour + 1),
        "place_id": name.casefold(),
        "coordinates": COLOSSEUM,
        "item_id": name.casefold()[:6],
    }
    return ItineraryItem(**usual | changes)


def plan(*items: ItineraryItem, **changes: Any) -> Itinerary:
    day = ItineraryDay(DAY, items or (sight(),), Leg("walk", 12), "22 °C, fair")
    usual: dict[str, Any] = {
        "destination": "Rome, Italy",
        "time_zone": "Europe/Rome",
        "days": (day,),
    }
    return Itinerary(**usual | changes)


def whole(**changes: Any) -> WholeTrip:
    parts = {key: changes.pop(key) for key in ("items", "destinations") if key in changes}
    return WholeTrip(trip(**changes), **parts)


def made(known: WholeTrip, gathered: Gathered | None = None) -> Journey:
    return trip_journey(known, gathered or Gathered(), find_airport)


def only(journey: Journey) -> Stop:
    (stop,) = journey.stops
    return stop


def test_a_plan_is_a_journey_with_its_ids_and_numbers() -> None:
    lunch = sight("Lunch", 12, kind="lunch", place_id=None, coordinates=None)
    base = sight("Hotel", 14, kind="stay", place_id=None)
    journey = plan_journey(plan(sight(), lunch, base, sight("Forum", 15)), NOW)

    stops = journey.days[0].stops
    assert [stop.number for stop in stops] == [1, None, None, 2]
    assert [stop.kind for stop in stops] == ["visit", "lunch", "base", "visit"]
    assert stops[0].stop_id == "coloss"
    assert (journey.version, journey.updated_at) == (0, NOW)
    assert journey.days[0].weather == "22 °C, fair"


def test_the_id_of_a_plan_is_the_same_after_a_revision_and_differs_between_plans() -> None:
    first = plan_journey(plan(), NOW)
    revised = plan_journey(plan(sight("Forum", 11)), NOW + timedelta(days=1))
    other = plan_journey(plan(destination="Siena, Italy"), NOW)

    assert first.journey_id == revised.journey_id != other.journey_id


def test_a_stay_that_was_only_supposed_is_no_home() -> None:
    assert plan_journey(plan(stay=COLOSSEUM), NOW).home == COLOSSEUM
    assert plan_journey(plan(stay=COLOSSEUM, stay_assumed=True), NOW).home is None


def test_rain_plans_name_what_they_stand_in_for() -> None:
    alternative = RainAlternative("coloss", "Capitoline Museums", "cap")
    day = replace(plan().days[0], rain_alternatives=(alternative,))

    (rain,) = plan_journey(plan(days=(day,)), NOW).days[0].rain
    assert (rain.instead_of, rain.name) == ("Colosseum", "Capitoline Museums")


def test_what_was_invented_is_said_to_be_and_credits_are_kept() -> None:
    invented = Provenance("places", "sandbox", NOW, attribution="Somebody's data")

    journey = plan_journey(plan(provenance=(invented,)), NOW)
    assert journey.sandbox
    assert journey.credits == ("Somebody's data",)
    assert not plan_journey(plan(), NOW).sandbox


def test_a_saved_answer_says_itself_that_it_was_invented() -> None:
    kept = {"sources": [{"source": "places", "data": "sandbox", "attribution": "Somebody's"}]}
    journey = made(whole(itinerary=kept))

    assert journey.sandbox
    assert journey.credits == ("Somebody's",)


def test_names_are_plain_and_never_empty() -> None:
    hostile = "a\r\nATTENDEE:x\u202e\x00b"
    journey = plan_journey(plan(sight(hostile, why="x\ny"), sight("\u200b", 12)), NOW)

    first, second = journey.stops
    assert (first.name, first.why) == ("a ATTENDEE:xb", "x y")
    assert second.name == "Unnamed"


def test_a_trip_has_its_own_id_version_and_dates() -> None:
    known = whole(version=7, travellers=("self", "Inês"), notes="Hats.\n\nAnd \x07bags.")
    journey = made(known)

    assert journey.journey_id == known.trip.trip_id.hex
    assert (journey.version, journey.updated_at) == (7, NOW)
    assert (journey.first_day, journey.last_day) == (DAY, date(2027, 5, 14))
    assert journey.notes == "Hats.\n\nAnd bags."


def test_an_item_of_the_trip_joins_the_day_it_is_on() -> None:
    tour = item("Tour", starts=at(15), ends=at(17), zone="Europe/Rome", status="booked")
    later = item("Hat shop", day=date(2027, 5, 11))
    someday = item("Gelato")
    journey = made(whole(items=(tour, later, someday)), Gathered(plan()))

    assert [[stop.name for stop in day.stops] for day in journey.days] == [
        ["Colosseum", "Tour"],
        ["Hat shop"],
    ]
    assert journey.days[0].stops[1].booking == "booked"
    assert [stop.name for stop in journey.loose] == ["Gelato"]


def test_an_item_that_the_plan_has_too_is_shown_once_with_what_both_know() -> None:
    ticket = item(
        "Colosseum ticket",
        place_id="colosseum",
        starts=at(10),
        zone="Europe/Rome",
        status="booked",
        booking_reference="QX7",
        price=Money(Decimal(36), "EUR"),
    )

    stop = only(made(whole(items=(ticket,)), Gathered(plan())))
    assert (stop.name, stop.stop_id) == ("Colosseum", "coloss")
    assert (stop.reference, stop.booking, str(stop.cost)) == ("QX7", "booked", "36.00 EUR")


def test_what_was_called_off_is_cancelled_in_the_plan_too() -> None:
    off = item("Colosseum", place_id="colosseum", starts=at(10), status="cancelled")
    journey = made(whole(items=(off,)), Gathered(plan(sight(), sight("Forum", 12))))

    assert [stop.name for stop in journey.stops] == ["Forum"]
    assert {(stop.stop_id, stop.status) for stop in journey.cancelled} == {
        (off.item_id.hex, "cancelled"),
        ("coloss", "cancelled"),
    }


def test_what_an_earlier_plan_held_is_cancelled_once() -> None:
    older = plan(sight(), sight("Forum", 12))
    oldest = plan(sight("Forum", 14), sight("Pantheon", 16))
    journey = made(whole(), Gathered(plan(), earlier=(older, oldest)))

    assert [(stop.name, stop.starts) for stop in journey.cancelled] == [
        ("Forum", at(12)),
        ("Pantheon", at(16)),
    ]


def test_nights_are_told_on_their_days() -> None:
    stay = item("Casa", kind="stay", starts=at(15), ends=at(11, day=date(2027, 5, 12)))
    tomorrow = item("Hat shop", day=date(2027, 5, 11))
    leaving = item("Market", day=date(2027, 5, 12))
    journey = made(whole(items=(stay, tomorrow, leaving)), Gathered(plan()))

    assert [day.night for day in journey.days] == ["Casa", "Casa", None]
    (lodging,) = journey.lodgings
    assert (lodging.day, lodging.last_day) == (DAY, date(2027, 5, 12))


def test_a_return_flight_leaves_and_lands_in_its_airports_zones() -> None:
    out, back = made(whole(flights=(RETURN,))).stops

    assert (out.zone, out.end_zone) == ("Europe/London", "Europe/Rome")
    assert out.starts == datetime(2027, 5, 10, 6, 40, tzinfo=UTC)
    assert out.ends == datetime(2027, 5, 10, 9, 15, tzinfo=UTC)
    assert (back.zone, back.end_zone) == ("Europe/Rome", "Europe/London")
    assert back.route is not None
    assert "(FCO) to" in back.route
    assert (out.name, out.status) == ("BA 548", "tentative")
    assert out.coordinates != out.end_coordinates


def test_a_flight_over_the_date_line_lands_on_the_day_before() -> None:
    flight = {
        "origin": "AKL",
        "destination": "LAX",
        "departs": "2027-05-10T19:30",
        "arrives": "2027-05-10T12:15",
        "flights": ["NZ 6"],
    }
    stop = only(made(whole(flights=(flight,))))

    assert stop.starts is not None
    assert stop.ends is not None
    assert stop.ends - stop.starts == timedelta(hours=11, minutes=45)


def test_a_chosen_flight_that_is_an_item_too_is_shown_once() -> None:
    booked = item(
        "BA 548 London to Rome",
        kind="flight",
        starts=datetime(2027, 5, 10, 6, 40, tzinfo=UTC),
        ends=datetime(2027, 5, 10, 9, 15, tzinfo=UTC),
        zone="Europe/London",
        end_zone="Europe/Rome",
        status="booked",
        payload={"origin": "LHR", "destination": "FCO", **RETURN["slices"][0]},
    )
    out, back = made(whole(items=(booked,), flights=(RETURN,))).stops

    assert (out.name, out.status) == ("BA 548 London to Rome", "confirmed")
    assert out.airport == "LHR"
    assert out.end_coordinates is not None
    assert back.name == "BA 561"


def test_a_chosen_stay_has_its_days_where_they_are_told() -> None:
    dated = {
        "name": "Casa",
        "check_in": "2027-05-10",
        "check_out": "2027-05-12",
        "at": "41.9,12.5",
        "total": "280.00",
        "currency": "EUR",
    }
    journey = made(whole(stays=(dated, {"name": "Hotel Due"})))

    (lodging,) = journey.lodgings
    assert (lodging.day, lodging.last_day) == (DAY, date(2027, 5, 12))
    assert lodging.coordinates == Coordinates(41.9, 12.5)
    assert str(lodging.cost) == "280.00 EUR"
    assert [stop.name for stop in journey.loose] == ["Hotel Due"]


def test_what_cannot_be_read_is_counted_and_nothing_is_made_up() -> None:
    flights = (
        {"offer_id": "off_1"},
        {"origin": "LHR", "destination": "XXQ", "departs": "2027-05-10T07:40"},
        {"slices": [1, None]},
    )
    journey = made(whole(flights=flights, stays=({"name": " "},)))

    assert journey.stops == ()
    assert journey.gaps == ("4 of the saved flights and stays could not be read; see the trip.",)


def test_the_zone_of_a_trip_is_where_it_goes_not_where_it_starts_from() -> None:
    flight = item("BA 548", kind="flight", zone="Europe/London", end_zone="Europe/Rome")
    stop = TripDestination(trip().trip_id, "Rome", zone="Europe/Vatican")

    assert made(whole(items=(flight,), destinations=(stop,))).zone == "Europe/Vatican"
    assert made(whole(items=(flight,))).zone == "Europe/Rome"
    assert made(whole(), Gathered(plan())).zone == "Europe/Rome"
    assert made(whole()).zone == "UTC"


def test_stops_are_in_order_of_time_and_those_without_come_last() -> None:
    early = item("Swim", starts=at(7), zone="Europe/Rome")
    untimed = item("Hat shop", day=DAY)
    journey = made(whole(items=(untimed, early)), Gathered(plan()))

    assert [stop.name for stop in journey.days[0].stops] == ["Swim", "Colosseum", "Hat shop"]


def test_an_item_that_says_another_time_than_the_plan_is_right() -> None:
    changes: dict[str, Any] = {"place_id": "colosseum", "zone": "Europe/Rome"}
    later = item("Colosseum ticket", starts=at(15), ends=at(16), **changes)
    sights = (sight(hour=9, leg=Leg("walk", 12)), sight(hour=17, item_id="again"))

    first, again = made(whole(items=(later,)), Gathered(plan(*sights))).stops
    assert (first.stop_id, first.starts, first.ends, first.leg) == ("coloss", at(15), at(16), None)
    assert again.starts == at(17)

    twin = item("Colosseum ticket", starts=at(17), status="booked", **changes)
    first, again = made(whole(items=(twin,)), Gathered(plan(*sights))).stops
    assert (first.starts, first.booking, again.booking) == (at(9), None, "booked")
