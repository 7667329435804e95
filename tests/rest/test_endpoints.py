import re
import uuid
from typing import Any

import pytest

from tests import build_flights
from tests.rest.served import client, fields, refused
from tripsage_mcp.rest.endpoint import Endpoint
from tripsage_mcp.rest.endpoints import ENDPOINTS as EVERY_ENDPOINT
from tripsage_mcp.rest.requests import schema
from tripsage_mcp.rest.trip_endpoints import TRIP_ENDPOINTS
from tripsage_mcp.tools.catalog import TOOLS

pytestmark = pytest.mark.anyio

OFFER = build_flights.offer_id(1)
LISTING = "900000000000000003"
UNKNOWN_TRIP = str(uuid.UUID(int=7))
FLIGHT = {"origin": "LIS", "destination": "LHR", "departure_date": "2027-05-10"}
MAY = {
    "origin": "LIS", "destination": "LHR", "departure_from": "2027-05-08",
    "departure_to": "2027-05-12",
}  # fmt: skip
INES = {
    "passenger_id": "pas_1", "title": "ms", "given_name": "Inês", "family_name": "Silva",
    "gender": "f", "born_on": "1990-05-17", "email": "ines@example.org", "phone": "+351966123456",
}  # fmt: skip
BOOK = {"offer_id": OFFER, "total": "99.50 EUR", "passengers": [INES]}
STAY = {"location": "Lisbon", "check_in": "2027-03-01", "check_out": "2027-03-05"}
DAYS = {"start_date": "2026-12-01", "end_date": "2026-12-02"}
TRIP = {"destination": "Lisbon", "start_date": "2027-05-10", "end_date": "2027-05-12"}
PLAN = {
    "destination": "Lisbon",
    "time_zone": "Europe/Lisbon",
    "days": [{"date": "2027-05-11", "items": [{"time": "10:00-11:00", "name": "Castle"}]}],
}
AISLE = {"text": "Prefers aisle seats", "category": "flights"}

# Those of trips are tried in `test_trips`: several of them are about one trip, and one tool each.
ENDPOINTS = [each for each in EVERY_ENDPOINT if each not in TRIP_ENDPOINTS]
TRIP_TOOLS = {"save_trip", "get_trips", "share_trip"}
CREATES = {"POST /memories", "POST /watches"}

type Call = tuple[str, str, dict[str, Any]]

# Each endpoint: a call that works with a member of its answer, and a call whose named field is
# refused. A GET's fields are its query.
WORKS: dict[str, tuple[Call, str]] = {
    "GET /status": (("GET", "/status", {}), "providers"),
    "POST /flights/search": (("POST", "/flights/search", FLIGHT), "itineraries"),
    "GET /flights/offers/{offer_id}": (
        ("GET", f"/flights/offers/{OFFER}", {"seats": "true"}),
        "seats",
    ),
    "POST /flights/cheapest-dates": (("POST", "/flights/cheapest-dates", MAY), "grid"),
    "POST /flights/bookings": (("POST", "/flights/bookings", BOOK), "confirm_url"),
    "GET /flights/bookings": (("GET", "/flights/bookings", {}), "bookings"),
    "POST /watches": (("POST", "/watches", FLIGHT), "watches"),
    "GET /watches": (("GET", "/watches", {}), "watches"),
    "POST /stays/search": (("POST", "/stays/search", STAY), "stays"),
    "GET /stays/{stay_id}": (("GET", f"/stays/airbnb:{LISTING}", {"adults": "2"}), "amenities"),
    "GET /places": (
        ("GET", "/places", {"query": "museum", "near": "Lisbon", "open_now": "true"}),
        "places",
    ),
    "GET /places/{place_ids}": (("GET", "/places/p1", {"open_on": "2026-11-24"}), "places"),
    "POST /travel-times": (
        ("POST", "/travel-times", {"points": ["38.71,-9.13", "38.72,-9.14"]}),
        "minutes",
    ),
    "GET /weather": (("GET", "/weather", DAYS | {"latitude": "38.7", "longitude": "-9"}), "days"),
    "GET /destinations": (
        ("GET", "/destinations", DAYS | {"place": "Lisbon", "include": "sun, money"}),
        "sun",
    ),
    "POST /itineraries": (("POST", "/itineraries", TRIP | {"pace": "relaxed"}), "verdict"),
    "POST /itineraries/revise": (("POST", "/itineraries/revise", {"itinerary": PLAN}), "findings"),
    "GET /memories": (("GET", "/memories", {"limit": "5"}), "memories"),
    "POST /memories": (("POST", "/memories", {"memories": [AISLE]}), "stored"),
    "POST /memories/forget": (("POST", "/memories/forget", {"everything": True}), "erased"),
}
REFUSED: dict[str, tuple[Call, str]] = {
    "GET /status": (("GET", "/status", {"verbose": "1"}), "verbose"),
    "POST /flights/search": (("POST", "/flights/search", FLIGHT | {"adults": 10}), "adults"),
    "GET /flights/offers/{offer_id}": (("GET", "/flights/offers/off_1", {}), "offer_id"),
    "POST /flights/cheapest-dates": (
        ("POST", "/flights/cheapest-dates", MAY | {"nights_min": 1, "nights_max": 10}),
        "max_searches",
    ),
    "POST /flights/bookings": (
        ("POST", "/flights/bookings", BOOK | {"passengers": [INES | {"phone": "soon"}]}),
        "passengers.0.phone",
    ),
    "GET /flights/bookings": (("GET", "/flights/bookings", {"status": "held"}), "status"),
    "GET /flights/bookings/{booking_id}": (("GET", "/flights/bookings/mine", {}), "booking_id"),
    "POST /flights/bookings/{booking_id}/pay": (
        ("POST", "/flights/bookings/mine/pay", {}),
        "booking_id",
    ),
    "POST /flights/bookings/{booking_id}/cancel": (
        ("POST", "/flights/bookings/mine/cancel", {}),
        "booking_id",
    ),
    "POST /watches": (("POST", "/watches", FLIGHT | {"target": "soon"}), "target"),
    "GET /watches": (("GET", "/watches", {"status": "ended"}), "status"),
    "GET /watches/{watch_id}": (("GET", "/watches/mine", {}), "watch_id"),
    "DELETE /watches/{watch_id}": (("DELETE", "/watches/mine", {}), "watch_id"),
    "POST /stays/search": (("POST", "/stays/search", STAY | {"limit": "many"}), "limit"),
    "GET /stays/{stay_id}": (("GET", "/stays/a-house", {}), "stay_id"),
    "GET /places": (("GET", "/places", {"near": "Lisbon"}), "query"),
    "GET /places/{place_ids}": (("GET", "/places/p1", {"open_on": "soon"}), "open_on"),
    "POST /travel-times": (("POST", "/travel-times", {"points": "38.71,-9.13"}), "points"),
    "GET /weather": (("GET", "/weather", {"place": "Lisbon", "start_date": "soon"}), "start_date"),
    "GET /destinations": (
        ("GET", "/destinations", {"place": "Lisbon", "include": "weather,secrets"}),
        "include",
    ),
    "POST /itineraries": (("POST", "/itineraries", TRIP | {"pace": "frantic"}), "pace"),
    "POST /itineraries/revise": (
        ("POST", "/itineraries/revise", {"itinerary": PLAN | {"days": [{"items": []}]}}),
        "itinerary.days.0.date",
    ),
    "GET /memories": (("GET", "/memories", {"category": "secrets"}), "category"),
    "POST /memories": (
        ("POST", "/memories", {"memories": [AISLE, AISLE | {"category": "secrets"}]}),
        "memories.1.category",
    ),
    "POST /memories/forget": (
        ("POST", "/memories/forget", {"memory_ids": ["all of them"]}),
        "memory_ids",
    ),
}
# What a web app shows by itself, and an assistant is told among other facts.
WITHOUT_A_TOOL = {"GET /weather"}
TOOL_OF = {
    "GET /status": "get_status",
    "POST /flights/search": "search_flights",
    "GET /flights/offers/{offer_id}": "get_flight_offer",
    "POST /flights/cheapest-dates": "find_cheapest_dates",
    "POST /flights/bookings": "book_flight",
    "GET /flights/bookings": "manage_flight_order",
    "GET /flights/bookings/{booking_id}": "manage_flight_order",
    "POST /flights/bookings/{booking_id}/pay": "manage_flight_order",
    "POST /flights/bookings/{booking_id}/cancel": "manage_flight_order",
    "POST /watches": "watch_price",
    "GET /watches": "watch_price",
    "GET /watches/{watch_id}": "watch_price",
    "DELETE /watches/{watch_id}": "watch_price",
    "POST /stays/search": "search_stays",
    "GET /stays/{stay_id}": "get_stay",
    "GET /places": "search_places",
    "GET /places/{place_ids}": "search_places",
    "POST /travel-times": "get_travel_times",
    "GET /destinations": "get_destination",
    "POST /itineraries": "build_itinerary",
    "POST /itineraries/revise": "revise_itinerary",
    "GET /memories": "recall",
    "POST /memories": "remember",
    "POST /memories/forget": "forget",
}

WATCH = {
    name for tool in TOOLS if tool.name == "watch_price" for name in tool.parameters["properties"]
}
PLACES = {
    name for tool in TOOLS if tool.name == "search_places" for name in tool.parameters["properties"]
}
# What the method and the path say, or leave no room for, and a tool is told.
SAID_BY_THE_PATH = {
    "GET /flights/bookings": {"action", "booking_id"},
    "GET /flights/bookings/{booking_id}": {"action", "cursor"},
    "POST /flights/bookings/{booking_id}/pay": {"action", "cursor"},
    "POST /flights/bookings/{booking_id}/cancel": {"action", "cursor"},
    "GET /places": {"place_ids"},
    "GET /places/{place_ids}": PLACES - {"place_ids", "open_on"},
    "POST /watches": {"action", "watch_id"},
    "GET /watches": WATCH,
    "GET /watches/{watch_id}": WATCH - {"watch_id"},
    "DELETE /watches/{watch_id}": WATCH - {"watch_id"},
}


def name_of(endpoint: Endpoint[Any]) -> str:
    return f"{endpoint.method} {endpoint.path}"


async def sent(http: Any, call: Call) -> Any:
    method, path, given = call
    where = {"params": given} if method in {"GET", "DELETE"} else {"json": given}
    return await http.request(method, f"/api/v1{path}", **where)


def test_every_endpoint_is_tried_here_and_has_a_tool() -> None:
    names = {name_of(endpoint) for endpoint in ENDPOINTS}
    assert len(names) == len(ENDPOINTS)
    # What is about one trip or one booking needs it to be there, and has a test of its own.
    assert {name for name in names - set(WORKS) if not name.endswith("_id}")} == {
        "POST /flights/bookings/{booking_id}/pay",
        "POST /flights/bookings/{booking_id}/cancel",
    }
    assert set(WORKS) <= names
    assert names == set(REFUSED) == set(TOOL_OF) | WITHOUT_A_TOOL
    assert set(TOOL_OF.values()) | TRIP_TOOLS == {tool.name for tool in TOOLS}


@pytest.mark.parametrize("name", WORKS)
async def test_an_endpoint_answers_as_its_tool_does(name: str) -> None:
    call, member = WORKS[name]
    async with client() as http:
        response = await sent(http, call)
    assert response.status_code == (201 if name in CREATES else 200)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert member in body
    assert "null" not in response.text
    for tool in TOOLS:
        if tool.name == TOOL_OF.get(name):
            assert tool.output_schema is not None
            assert set(body) <= set(tool.output_schema["properties"])


@pytest.mark.parametrize("name", REFUSED)
async def test_a_wrong_field_is_named_and_its_value_not_repeated(name: str) -> None:
    call, field = REFUSED[name]
    async with client() as http:
        response = await sent(http, call)
    assert response.status_code == 422
    assert refused(response)["code"] == "invalid_request"
    assert field in fields(response)
    for value in ("frantic", "secrets", "soon", "mine", "all of them", "a-house", "many"):
        assert value not in response.text


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if name_of(each) not in WITHOUT_A_TOOL], ids=name_of
)
def test_an_endpoint_takes_the_same_fields_as_its_tool(endpoint: Endpoint[Any]) -> None:
    tool = next(tool for tool in TOOLS if tool.name == TOOL_OF[name_of(endpoint)])
    taken = schema(endpoint.request).json_schema()
    assert taken["additionalProperties"] is False
    said = SAID_BY_THE_PATH.get(name_of(endpoint), set())
    assert set(taken["properties"]) == set(tool.parameters["properties"]) - said
    in_path = {*re.findall(r"{(\w+)}", endpoint.path)}
    required = {*taken.get("required", [])}
    assert required - in_path == {*tool.parameters.get("required", [])} - said - in_path
    for name, facts in taken["properties"].items():
        default = facts.get("default")
        assert (default or None) == (tool.parameters["properties"][name].get("default") or None)


async def test_what_one_request_remembers_another_recalls() -> None:
    async with client() as http:
        await http.post("/api/v1/memories", json={"memories": [AISLE]})
        recalled = await http.get("/api/v1/memories", params={"query": "which seats?"})
    assert [memory["text"] for memory in recalled.json()["memories"]] == ["Prefers aisle seats"]


async def test_all_fields_that_do_not_fit_are_named_at_once() -> None:
    async with client() as http:
        response = await http.post("/api/v1/flights/cheapest-dates", json={"origin": 1, "wings": 2})
    missing = {"destination", "departure_from", "departure_to"}
    assert set(fields(response)) == {"origin", "wings", *missing}


async def test_a_hold_is_confirmed_on_the_page_then_paid_and_cancelled() -> None:
    async with client() as http:

        async def agreed(path: str, given: dict[str, Any]) -> Any:
            """Ask, say yes on the page, and ask again."""
            asked = (await http.post(path, json=given)).json()
            assert asked["status"] == "awaiting_confirmation"
            page = "/confirm/" + asked["confirm_url"].rpartition("/")[2]
            assert (await http.post(page, data={"answer": "yes"})).status_code == 303
            return (await http.post(path, json=given)).json()

        held = await agreed("/api/v1/flights/bookings", BOOK | {"hold": True})
        path = f"/api/v1/flights/bookings/{held['bookings'][0]['booking_id']}"
        paid = await agreed(f"{path}/pay", {})
        read = (await http.get(path)).json()
        gone = await agreed(f"{path}/cancel", {})
        unknown = await http.get(f"/api/v1/flights/bookings/{UNKNOWN_TRIP}")
    statuses = [each["status"] for each in (held, paid, read, gone)]
    assert statuses == ["held", "booked", "booked", "cancelled"]
    assert unknown.status_code == 404
    assert refused(unknown)["code"] == "not_found"
