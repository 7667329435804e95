"""Each check finds the fault it is there for: a check that cannot fail would prove nothing."""

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tripsage_mcp.cli import demo_checks as checks

START, END = date(2031, 5, 10), date(2031, 5, 11)
FLIGHT: dict[str, Any] = {
    "slices": [
        {
            "origin": "LHR",
            "destination": "LIS",
            "departs": "2031-05-10T08:00+01:00",
            "arrives": "2031-05-10T10:45+01:00",
            "minutes": 165,
            "flights": ["TP1"],
        },
        {
            "origin": "LIS",
            "destination": "LHR",
            "departs": "2031-05-11T20:00+01:00",
            "arrives": "2031-05-11T22:45+01:00",
            "minutes": 165,
            "flights": ["TP2"],
        },
    ],
    "fare": {"offer_id": "off_1", "price": "100.00"},
    "currency": "GBP",
}
FLIGHTS: dict[str, Any] = {
    "source": {"data": "sandbox"},
    "itineraries": [
        {"slices": FLIGHT["slices"], "fares": [{"price": "100.00"}, {"price": "120.00"}]}
    ],
}
PLAN: dict[str, Any] = {
    "days": [
        {
            "date": "2031-05-10",
            "items": [
                {"time": "10:45-11:45", "kind": "arrival", "name": "Land"},
                {"time": "13:00-14:00", "kind": "visit", "name": "Tower", "place_id": "a"},
                {"time": "20:00-21:00", "kind": "dinner", "name": "Inn", "place_id": "b"},
            ],
        },
        {
            "date": "2031-05-11",
            "items": [
                {"time": "10:00-12:00", "kind": "visit", "name": "Museum", "place_id": "c"},
                {"time": "18:00-20:00", "kind": "departure", "name": "Fly"},
            ],
        },
    ]
}


type Fault = Callable[[Any], object]

FLIGHT_FAULTS: list[Fault] = [
    lambda a: a["itineraries"].clear(),
    lambda a: a["itineraries"][0]["slices"][0].update(departs="2031-05-09T08:00+01:00"),
    lambda a: a["itineraries"][0]["fares"].reverse(),
    lambda a: a["itineraries"][0]["fares"].clear(),
    lambda a: a["itineraries"][0]["fares"][0].update(price="0"),
    lambda a: a["itineraries"][0]["slices"][1].update(minutes=100),
    lambda a: a["source"].update(data="live"),
]
PLAN_FAULTS: list[Fault] = [
    lambda p: p["days"].pop(),
    lambda p: p["days"][0]["items"][1].update(time="09:00-10:00"),
    lambda p: p["days"][0]["items"][2].update(time="13:30-14:30"),
    lambda p: p["days"][1]["items"][0].update(place_id="a"),
    lambda p: p["days"][1]["items"][0].update(time="18:00-19:30"),
    lambda p: [day["items"].clear() for day in p["days"]],
]


def changed(whole: dict[str, Any], fault: Fault) -> dict[str, Any]:
    copied = copy.deepcopy(whole)
    fault(copied)
    return copied


def test_sound_answers_pass() -> None:
    assert checks.flights(FLIGHTS, START, END) == []
    assert checks.itinerary(PLAN, FLIGHT, START, END) == []


@pytest.mark.parametrize("fault", FLIGHT_FAULTS)
def test_every_fault_in_a_flight_search_is_found(fault: Fault) -> None:
    assert checks.flights(changed(FLIGHTS, fault), START, END)


@pytest.mark.parametrize("fault", PLAN_FAULTS)
def test_every_fault_in_a_plan_is_found(fault: Fault) -> None:
    assert checks.itinerary(changed(PLAN, fault), FLIGHT, START, END)


def test_a_changed_price_or_offer_is_found() -> None:
    assert checks.offer({"offer_id": "off_1", "total": "100.0"}, FLIGHT) == []
    assert checks.offer({"offer_id": "off_1", "total": "101"}, FLIGHT)
    assert checks.offer({"offer_id": "off_2", "total": "100"}, FLIGHT)


def test_what_is_not_remembered_is_found() -> None:
    answer = {"memories": [{"text": "Is vegetarian"}], "stored": [{"text": "Is vegetarian"}]}
    assert checks.recalled(answer, ["Is vegetarian"]) == []
    assert checks.recalled(answer, ["Is vegetarian", "Is tall"]) == ["not recalled: Is tall"]
    assert checks.remembered(answer, ["Is tall"]) == ["not stored: Is tall"]


def test_a_trip_that_comes_back_changed_is_found() -> None:
    plan = {"trip": {"trip_id": "t"}, "itinerary": PLAN}
    assert checks.trip({"trip_id": "t", "itinerary": copy.deepcopy(PLAN)}, plan) == []
    assert checks.trip({"trip_id": "t", "itinerary": {"days": []}}, plan)
    assert checks.trip({"trip_id": "u", "itinerary": PLAN}, plan)
    assert checks.saved({}) == ["the trip has no id"]


def test_weather_with_a_missing_day_or_crossed_temperatures_is_found() -> None:
    days = [
        {"date": "2031-05-10", "low_c": 10, "high_c": 20, "kind": "climatology"},
        {"date": "2031-05-11", "low_c": 10, "high_c": 20, "kind": "climatology"},
    ]
    assert checks.weather({"days": days}, START, END) == []
    assert checks.weather({"days": days[:1]}, START, END)
    assert checks.weather({"days": [days[0], {**days[1], "low_c": 30}]}, START, END)
    assert checks.weather({"days": [days[0], {**days[1], "kind": "guess"}]}, START, END)


def test_stays_and_places_without_position_or_price_are_found() -> None:
    row = {"name": "Flat", "at": "38.7,-9.1", "total": "300", "rating": 4.5}
    assert checks.stays({"stays": [row]}) == []
    assert checks.stays({"stays": []})
    assert checks.stays({"stays": [{"name": "Flat", "at": "38.7,-9.1"}]})
    assert checks.stays({"stays": [{"name": "Flat", "total": "300"}]})
    assert checks.places({"places": []})
    assert checks.places({"places": [{"name": "Tower"}]})


def test_the_best_rated_priced_stay_is_chosen_the_cheaper_of_equals() -> None:
    rows = [
        {"stay_id": "airbnb:1", "name": "a", "rating": 4.9},
        {"stay_id": "duffel:2", "name": "b", "rating": 4.8, "total": "400"},
        {"stay_id": "airbnb:3", "name": "c", "rating": 4.8, "total": "300"},
    ]
    sources = [
        {"source": "duffel", "currency": "EUR"},
        {"source": "airbnb", "currency": "USD"},
    ]
    chosen = checks.chosen_stay({"stays": rows, "sources": sources, "nights": 3})
    assert (chosen["name"], chosen["currency"]) == ("c", "USD")


def test_a_blocker_or_a_broken_verdict_is_found() -> None:
    fine = {"findings": [{"severity": "warning", "code": "x", "message": "y"}], "verdict": "works"}
    broken = {
        "findings": [{"severity": "blocker", "code": "x", "message": "y"}],
        "verdict": "broken",
    }
    assert checks.verdict(fine, fine) == []
    assert checks.verdict(fine, broken) == ["x: y", "the checker calls the plan broken"]


def test_live_data_or_failing_storage_is_found() -> None:
    fine = {
        "providers": [{"capability": "flights", "data": "sandbox"}],
        "storage": [{"name": "database", "state": "ready", "detail": ""}],
    }
    assert checks.status(fine) == []
    assert checks.status({**fine, "providers": [{"capability": "flights", "data": "live"}]})
    assert checks.status(
        {**fine, "storage": [{"name": "database", "state": "failing", "detail": "down"}]}
    )
