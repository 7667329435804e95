import json
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from tests.build_flights import NOW, found, offer
from tests.fakes import FakeFlights
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest, TimeWindow
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.infrastructure import airports
from tripsage_mcp.services.flights.requests import FlightSearch, check
from tripsage_mcp.services.flights.service import FlightService
from tripsage_mcp.services.flights.slices import SliceAsked

pytestmark = pytest.mark.anyio

SEARCH = FlightSearch("LIS", "LHR", date(2027, 5, 10))


def service(fake: FakeFlights, now: datetime = NOW) -> FlightService:
    return FlightService(fake, lambda: now)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"origin": "ZZZ"}, "origin"),
    ({"origin": ""}, "origin"),
    ({"origin": "San Jose"}, "origin"),
    ({"destination": "Atlantis"}, "destination"),
    ({"destination": "LIS"}, "destination"),
    ({"destination": "lisbon"}, "destination"),
    ({"origin": "LHR", "destination": "LON"}, "destination"),
    ({"origin": "London", "destination": "LGW"}, "destination"),
    ({"departure_date": date(2027, 2, 28)}, "departure_date"),
    ({"departure_date": date(2028, 1, 26)}, "departure_date"),
    ({"return_date": date(2027, 5, 9)}, "return_date"),
    ({"return_date": date(2028, 1, 26)}, "return_date"),
    ({"adults": 0}, "adults"),
    ({"adults": -1}, "adults"),
    ({"adults": 10}, "adults"),
    ({"adults": 8, "children_ages": (5, 6)}, "adults"),
    ({"children_ages": (18,)}, "children_ages"),
    ({"children_ages": (-1,)}, "children_ages"),
    ({"children_ages": (0, 1)}, "children_ages"),
    ({"cabin": "steerage"}, "cabin"),
    ({"cabin": ""}, "cabin"),
    ({"max_connections": 3}, "max_connections"),
    ({"max_connections": -1}, "max_connections"),
    ({"sort": "cheapest"}, "sort"),
    ({"limit": 0}, "limit"),
    ({"limit": 26}, "limit"),
    ({"detail": "everything"}, "detail"),
    ({"cursor": ""}, "cursor"),
    ({"cursor": "not a cursor"}, "cursor"),
    ({"origin": None}, "origin"),
    ({"departure_date": None}, "departure_date"),
    ({"departure_time": "6-12"}, "departure_time"),
    ({"departure_time": "12:00-06:00"}, "departure_time"),
    ({"arrival_time": "06:00-24:00"}, "arrival_time"),
    ({"return_departure_time": "06:00-12:00"}, "return_date"),
    ({"infants_in_seat": -1}, "infants_in_seat"),
    ({"adults": 5, "infants_in_seat": 5}, "adults"),
    ({"airlines_only": ("T",)}, "airlines_only"),
    ({"airlines_only": ("TP",) * 11}, "airlines_only"),
    ({"airlines_exclude": ("  ",)}, "airlines_exclude"),
    ({"airlines_only": ("TP",), "airlines_exclude": ("tp",)}, "airlines_exclude"),
    ({"currency": "euro"}, "currency"),
    ({"currency": "XXX"}, "currency"),
]


@pytest.mark.parametrize(("wrong", "argument"), BAD)
async def test_a_wrong_argument_is_named_before_anybody_is_asked(
    wrong: dict[str, Any], argument: str
) -> None:
    fake = FakeFlights(found(offer()))
    with pytest.raises(InvalidRequestError) as caught:
        await service(fake).search(replace(SEARCH, **wrong))
    assert caught.value.argument == argument
    assert caught.value.rule
    assert argument == "cursor" or caught.value.example
    assert fake.requests == []


def test_every_example_in_an_error_is_itself_accepted() -> None:
    for wrong, argument in BAD:
        if argument in {"cursor", "adults", "children_ages"} or wrong == {"currency": "XXX"}:
            continue
        with pytest.raises(InvalidRequestError) as caught:
            check(replace(SEARCH, **wrong), NOW)
        assert caught.value.example is not None
        value: Any = json.loads(caught.value.example)
        good: Any = date.fromisoformat(value) if argument.endswith("_date") else value
        if argument.startswith("airlines"):
            good = tuple(value)
        check(replace(SEARCH, **{"origin": "OPO", **wrong, argument: good}), NOW)


async def test_an_error_never_repeats_what_was_typed() -> None:
    for argument in (
        "origin",
        "destination",
        "cabin",
        "sort",
        "detail",
        "cursor",
        "currency",
        "departure_time",
    ):
        with pytest.raises(InvalidRequestError) as caught:
            await service(FakeFlights()).search(replace(SEARCH, **{argument: "xyzzyplugh"}))
        assert "xyzzyplugh" not in f"{caught.value.message} {caught.value.hint}"


async def test_an_ambiguous_city_lists_at_most_five_codes_to_choose_from() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await service(FakeFlights()).search(replace(SEARCH, origin="San Jose"))
    assert "SJC (" in caught.value.rule
    assert "SJO (" in caught.value.rule
    assert caught.value.rule.count(";") == 4


async def test_today_is_today_at_the_origin() -> None:
    # In Tokyo it is already 2 March.
    late = datetime.fromisoformat("2027-03-01T22:00:00+00:00")
    tokyo = FlightSearch("NRT", "LHR", date(2027, 3, 1))
    with pytest.raises(InvalidRequestError, match="2027-03-02"):
        await service(FakeFlights(), late).search(tokyo)
    fake = FakeFlights()
    await service(fake, late).search(replace(tokyo, departure_date=date(2027, 3, 2)))
    await service(fake, late).search(FlightSearch("SFO", "LHR", date(2027, 3, 1)))
    assert len(fake.requests) == 2


async def test_the_last_day_on_sale_and_the_fullest_party_are_accepted() -> None:
    fake = FakeFlights()
    await service(fake).search(
        replace(
            SEARCH,
            departure_date=date(2028, 1, 25),
            return_date=date(2028, 1, 25),
            adults=4,
            children_ages=(0, 1, 1, 1, 17),
        )
    )
    assert len(fake.requests) == 1


async def test_names_are_resolved_and_the_resolution_is_told() -> None:
    fake = FakeFlights()
    search = FlightSearch(
        "lisbon",
        "lhr",
        date(2027, 5, 10),
        date(2027, 5, 17),
        adults=2,
        children_ages=(4,),
        cabin="Premium Economy",
        max_connections=0,
    )
    page = await service(fake).search(search)
    assert fake.requests == [
        OfferRequest(
            slices=(
                SliceRequest("LIS", "LHR", date(2027, 5, 10)),
                SliceRequest("LHR", "LIS", date(2027, 5, 17)),
            ),
            adults=2,
            children_ages=(4,),
            cabin="premium_economy",
            max_connections=0,
        )
    ]
    # A code in small letters may have been meant as a name, so that it is told as well.
    assert {name: meant.place for name, meant in page.resolved.items()} == {
        "origin": airports.find("LIS"),
        "destination": airports.find("LHR"),
    }


def test_a_name_that_others_bear_says_which_was_taken_and_which_others_there_are() -> None:
    checked = check(replace(SEARCH, destination="London"), NOW)
    meant = checked.resolved["destination"]
    assert meant.place.code == "LON"
    assert "LHR" in meant.place.airports
    assert len(meant.alternatives) <= 3
    # Abroad first: those are what may have been meant instead.
    assert {place.country_code for place in meant.alternatives[:2]} == {"US", "CA"}
    assert check(replace(SEARCH, destination="LON"), NOW).resolved == {}


def test_times_of_day_are_read_for_each_direction() -> None:
    search = replace(
        SEARCH,
        return_date=date(2027, 5, 17),
        departure_time="06:00-12:30",
        arrival_time="00:00-23:59",
        return_departure_time="18:00 - 22:00",
        return_arrival_time="19:00-23:00",
    )
    out, back = check(search, NOW).request.slices
    assert out.departure_window == TimeWindow(time(6), time(12, 30))
    assert out.arrival_window == TimeWindow(time(0), time(23, 59))
    assert back.departure_window == TimeWindow(time(18), time(22))
    assert back.arrival_window == TimeWindow(time(19), time(23))


MULTI = (
    SliceAsked("LIS", "London", date(2027, 5, 10)),
    SliceAsked("LGW", "CDG", date(2027, 5, 12), "09:00-12:00"),
    SliceAsked("CDG", "Lisbon", date(2027, 5, 12)),
    SliceAsked("Lisbon", "London", date(2027, 5, 13)),
)


def test_several_slices_are_checked_and_resolved_one_by_one() -> None:
    checked = check(FlightSearch(slices=MULTI), NOW)
    assert checked.request.slices == (
        SliceRequest("LIS", "LON", date(2027, 5, 10)),
        SliceRequest("LGW", "CDG", date(2027, 5, 12), TimeWindow(time(9), time(12))),
        SliceRequest("CDG", "LIS", date(2027, 5, 12)),
        SliceRequest("LIS", "LON", date(2027, 5, 13)),
    )
    # What a name was taken for is told once, however often it comes up.
    assert list(checked.resolved) == ["slices.0.destination", "slices.2.destination"]


@pytest.mark.parametrize(
    ("number", "wrong", "argument"),
    [
        (0, {"origin": "ZZZ"}, "slices.0.origin"),
        (1, {"destination": "London"}, "slices.1.destination"),
        (1, {"departure_date": date(2027, 5, 9)}, "slices.1.departure_date"),
        (2, {"departure_date": date(2027, 5, 11)}, "slices.2.departure_date"),
        (2, {"departure_date": date(2029, 5, 11)}, "slices.2.departure_date"),
        (0, {"departure_date": date(2027, 2, 1)}, "slices.0.departure_date"),
        (1, {"arrival_time": "noon"}, "slices.1.arrival_time"),
    ],
)
def test_a_wrong_slice_is_named_by_its_number(
    number: int, wrong: dict[str, Any], argument: str
) -> None:
    slices = [replace(part, **wrong) if n == number else part for n, part in enumerate(MULTI)]
    with pytest.raises(InvalidRequestError) as caught:
        check(FlightSearch(slices=tuple(slices)), NOW)
    assert caught.value.argument == argument
    assert caught.value.example


def test_slices_stand_alone_and_are_six_at_most() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check(replace(SEARCH, slices=MULTI), NOW)
    assert caught.value.argument == "origin"
    with pytest.raises(InvalidRequestError, match="1 to 6"):
        check(FlightSearch(slices=(MULTI[0],) * 7), NOW)


def test_infants_with_a_seat_are_counted_and_need_no_lap() -> None:
    request = check(replace(SEARCH, children_ages=(1,), infants_in_seat=3), NOW).request
    assert request.travellers == 5


@pytest.mark.parametrize(
    "other",
    [
        {"destination": "LGW"},
        {"departure_date": date(2027, 5, 11)},
        {"return_date": date(2027, 5, 20)},
        {"departure_time": "06:00-12:00"},
        {"adults": 2},
        {"children_ages": (3,)},
        {"infants_in_seat": 1},
        {"cabin": "business"},
        {"max_connections": 0},
        {"airlines_only": ("TP",)},
        {"airlines_exclude": ("TP",)},
        {"checked_bag": True},
        {"refundable": True},
        {"changeable": True},
        {"currency": "USD"},
    ],
)
def test_whatever_changes_the_answer_changes_the_question(other: dict[str, Any]) -> None:
    question = check(SEARCH, NOW).question
    assert check(replace(SEARCH, **other), NOW).question != question
    assert check(replace(SEARCH, limit=3, detail="full", sort="price"), NOW).question == question
    # However it is written.
    assert check(replace(SEARCH, origin="lisbon", destination="Heathrow"), NOW).question == question
