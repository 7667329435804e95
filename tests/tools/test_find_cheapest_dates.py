import json
from dataclasses import replace
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from jsonschema import Draft202012Validator
from mcp_types import TextContent

from tests import build
from tests.build_flights import NOW, found
from tests.fakes_dates import DatedFlights, Sold, dates, priced, usual
from tripsage_mcp.domain.flight import Stop, Unanswered
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.errors import ProviderRateLimitedError, ProviderUnavailableError
from tripsage_mcp.services.flights.cheapest_dates import CheapestDatesService
from tripsage_mcp.tools.find_cheapest_dates import TOOL

pytestmark = pytest.mark.anyio

# How many characters of JSON make a token, on average.
TOKEN = 3.6
MAY = {
    "origin": "LIS", "destination": "LHR",
    "departure_from": "2027-05-01", "departure_to": "2027-05-31",
}  # fmt: skip
AROUND = MAY | {
    "departure_to": "2027-05-07", "return_from": "2027-05-05", "return_to": "2027-05-11",
    "max_searches": 46,
}  # fmt: skip
WEEK = MAY | {"departure_to": "2027-05-07", "nights_min": 4, "nights_max": 10, "max_searches": 49}


def answer(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return result.structured_content


def text(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def tokens(result: CallToolResult) -> float:
    return (len(json.dumps(answer(result), separators=(",", ":"))) + len(text(result))) / TOKEN


async def call(
    fake: DatedFlights,
    arguments: dict[str, Any],
    *,
    check: bool = True,
    told: list[tuple[float, float | None, str | None]] | None = None,
) -> CallToolResult:
    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        if told is not None:
            told.append((progress, total, message))

    service = CheapestDatesService(fake, lambda: NOW)
    async with Client(build.server([TOOL], cheapest_dates=service)) as client:
        result = await client.call_tool(
            "find_cheapest_dates", arguments, raise_on_error=False, progress_handler=on_progress
        )
    assert result.is_error is not check, result.content
    if check:
        schema: Any = Draft202012Validator(TOOL.output_schema or {})
        schema.validate(result.structured_content)
    return result


async def test_a_month_one_way_is_a_line_a_date_and_stays_small() -> None:
    told: list[tuple[float, float | None, str | None]] = []
    result = await call(DatedFlights(), MAY, told=told)
    body = answer(result)
    assert (body["searches_planned"], body["searches_made"], body["currency"]) == (31, 31, "EUR")
    assert list(body["grid"].items())[:2] == [
        ("2027-05-01 Sat", ["101.00"]),
        ("2027-05-02 Sun", ["102.00"]),
    ]
    assert len(body["grid"]) == 31
    assert body["cheapest"][0] == {
        "departure": "2027-05-01", "price": "101.00", "flights": ["TP1350 LIS 09:00 - LHR 11:40"],
        "airline": "Airline TP", "connections": 0,
        "offer_id": body["cheapest"][0]["offer_id"], "expires_at": "2027-03-01T12:30:00Z",
    }  # fmt: skip
    assert [each["price"] for each in body["cheapest"]] == [f"{100 + n}.00" for n in range(1, 6)]
    assert {"nights", "resolved", "note"}.isdisjoint(body)
    assert body["source"]["expires_at"] == "2027-03-01T12:30:00Z"
    assert tokens(result) < 900
    assert told[0] == (0, 31, "31 searches planned, at most 6 at a time, 120 s")
    assert told[-1][:2] == (31, 31)


async def test_seven_departures_by_seven_stays_are_a_small_grid() -> None:
    result = await call(DatedFlights(), WEEK)
    body = answer(result)
    assert body["nights"] == [4, 5, 6, 7, 8, 9, 10]
    assert body["grid"]["2027-05-07 Fri"] == [
        f"{100 + 7 + 7 + nights}.00" for nights in body["nights"]
    ]
    first = body["cheapest"][0]
    assert (first["departure"], first["return_date"], first["nights"], first["price"]) == (
        "2027-05-01", "2027-05-05", 4, "106.00",
    )  # fmt: skip
    assert len(first["flights"]) == 2
    assert tokens(result) < 1_200


async def test_dates_of_return_are_columns_and_those_before_the_departure_are_no_holes() -> None:
    told: list[tuple[float, float | None, str | None]] = []
    result = await call(DatedFlights(), AROUND, told=told)
    body = answer(result)
    assert [day[:10] for day in body["returns"]] == [f"2027-05-{day:02}" for day in range(5, 12)]
    assert body["returns"][3] == "2027-05-08 Sat"
    assert "nights" not in body
    assert body["legend"].startswith("a column for each of returns; -: a return before")
    assert body["grid"]["2027-05-05 Wed"] == [f"{100 + 5 + back}.00" for back in range(5, 12)]
    assert body["grid"]["2027-05-07 Fri"] == [
        "-",
        "-",
        *(f"{107 + back}.00" for back in range(7, 12)),
    ]
    assert {len(row) for row in body["grid"].values()} == {7}
    first = body["cheapest"][0]
    assert (first["departure"], first["return_date"], first["nights"], first["price"]) == (
        "2027-05-01", "2027-05-05", 4, "106.00",
    )  # fmt: skip
    assert (body["searches_planned"], body["searches_made"]) == (46, 46)
    assert text(result).splitlines()[-1] == "46 of 46 searches made: 46 priced."
    assert told[0] == (0, 46, "46 searches planned, at most 6 at a time, 120 s")


async def test_seven_departures_by_seven_dates_of_return_are_a_small_grid() -> None:
    later = {"return_from": "2027-05-08", "return_to": "2027-05-14", "max_searches": 49}
    result = await call(DatedFlights(), AROUND | later)
    assert sum(map(len, answer(result)["grid"].values())) == 49
    assert tokens(result) < 1_200


async def test_dates_that_no_pair_has_are_neither_rows_nor_columns() -> None:
    returns = {"return_from": "2027-04-29", "return_to": "2027-05-02"}
    body = answer(await call(DatedFlights(), AROUND | returns))
    assert body["returns"] == ["2027-05-01 Sat", "2027-05-02 Sun"]
    assert body["grid"] == {
        "2027-05-01 Sat": ["102.00", "103.00"],
        "2027-05-02 Sun": ["-", "104.00"],
    }


async def test_infants_with_a_seat_are_asked_for_and_said_to_be_priced_as_children() -> None:
    fake = DatedFlights()
    body = answer(await call(fake, MAY | {"infants_in_seat": 1}))
    assert {request.infants_in_seat for request in fake.requests} == {1}
    assert body["passengers"] == "1 adult, 1 infant with a seat"
    assert "priced as a child of 2, and can be booked with the airline only" in body["note"]


async def test_the_text_names_the_cheapest_and_the_shape() -> None:
    def sold(request: OfferRequest) -> Sold:
        day = dates(request)[0].day
        if day == 2:
            return []
        return [priced(request, "87.5", changes=1)] if day == 9 else usual(request)

    result = await call(DatedFlights(sold=sold), MAY | {"adults": 2, "children_ages": [4]})
    assert text(result).splitlines() == [
        "LIS to LHR, 2 adults, children aged 4 (sandbox data):",
        "87.50 EUR: 2027-05-09, Airline TP, 1 connection",
        "101.00 EUR: 2027-05-01, Airline TP, nonstop",
        "103.00 EUR: 2027-05-03, Airline TP, nonstop",
        "31 of 31 searches made: 30 priced, 1 empty.",
    ]
    body = answer(result)
    assert (body["grid"]["2027-05-02 Sun"], body["grid"]["2027-05-09 Sun"]) == (
        ["empty"],
        ["87.50 +1"],
    )


async def test_a_flight_that_lands_on_its_way_is_not_called_nonstop() -> None:
    def sold(request: OfferRequest) -> Sold:
        each = priced(request, str(100 + dates(request)[0].day))
        part = each.slices[0]
        stopping = replace(part.segments[0], stops=(Stop(part.origin), Stop(part.origin)))
        return [replace(each, slices=(replace(part, segments=(stopping,)),))]

    result = await call(DatedFlights(sold=sold), MAY)
    assert answer(result)["cheapest"][0]["technical_stops"] == 2
    assert text(result).splitlines()[1].endswith("Airline TP, 2 technical stops")


async def test_holes_are_named_and_counted() -> None:
    def sold(request: OfferRequest) -> Sold:
        match dates(request)[0].day:
            case 3:
                return ProviderUnavailableError("duffel", "HTTP 503")
            case 4:
                return replace(found(priced(request, "90")), unanswered=Unanswered("x"))
            case 5:
                return found(priced(request, "95"), unreadable=1)
            case day if day > 20:
                return ProviderRateLimitedError("duffel", 60)
            case _:
                return usual(request)

    body = answer(await call(DatedFlights(sold=sold), MAY))
    assert (body["grid"]["2027-05-03 Mon"], body["grid"]["2027-05-31 Mon"]) == (
        ["failed"],
        ["not_asked"],
    )
    cells = [cell for row in body["grid"].values() for cell in row]
    assert body["searches_made"] == 31 - cells.count("not_asked") < 31
    assert f"(provider_rate_limited): {cells.count('not_asked')} of 31" in body["note"]
    assert "1 x provider_unavailable" in body["note"]
    assert "Not every offer is known for 2 of the dates" in body["note"]


async def test_several_currencies_are_not_compared() -> None:
    def sold(request: OfferRequest) -> Sold:
        in_pounds = dates(request)[0].day == 5
        return [priced(request, "10", currency="GBP")] if in_pounds else usual(request)

    body = answer(await call(DatedFlights(sold=sold), MAY | {"departure_to": "2027-05-05"}))
    assert body["grid"]["2027-05-05 Wed"] == ["10.00 GBP"]
    assert [(each["price"], each.get("currency")) for each in body["cheapest"]] == [
        ("101.00", None), ("102.00", None), ("103.00", None), ("104.00", None), ("10.00", "GBP"),
    ]  # fmt: skip
    assert body["note"] == "Prices in GBP are not compared with those in EUR."


async def test_nothing_sold_is_an_answer_and_nothing_known_is_none() -> None:
    body = answer(await call(DatedFlights(sold=lambda _: []), MAY))
    assert (body["cheapest"], body["grid"]["2027-05-31 Mon"]) == ([], ["empty"])
    assert "Nothing is sold" in body["note"]
    failing = DatedFlights(sold=lambda _: ProviderUnavailableError("duffel", "HTTP 503"))
    failed = answer(await call(failing, MAY, check=False))
    assert (failed["code"], failed["retryable"]) == ("provider_unavailable", True)


async def test_a_name_is_echoed_with_what_it_was_taken_for() -> None:
    body = answer(await call(DatedFlights(), MAY | {"origin": "lisboa"}))
    assert body["resolved"]["origin"].startswith("LIS (")


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        ({"departure_to": "2027-04-30"}, "departure_to"),
        ({"departure_from": "May"}, "departure_from"),
        ({"nights_max": 3}, "nights_min"),
        ({"nights_min": 3, "nights_max": 20}, "departure_to"),
        ({"max_searches": 100}, "max_searches"),
        ({"return_from": "2027-04-30"}, "return_from"),
        ({"return_from": "2027-06-01", "nights_min": 7}, "nights_min"),
        ({"return_to": "June"}, "return_to"),
        ({"infants_in_seat": 9}, "infants_in_seat"),
        ({"returns": ["2027-06-01"]}, "returns"),
    ],
)
async def test_bad_input_is_refused_before_any_search(wrong: dict[str, Any], argument: str) -> None:
    fake = DatedFlights()
    body = answer(await call(fake, MAY | wrong, check=False))
    assert (body["code"], body["argument"]) == ("invalid_request", argument)
    assert fake.requests == []


def test_the_definition_stays_small() -> None:
    told = json.dumps([TOOL.name, TOOL.description, TOOL.parameters], separators=(",", ":"))
    assert len(told) / TOKEN < 520
    assert TOOL.parameters["required"] == [
        "origin",
        "destination",
        "departure_from",
        "departure_to",
    ]
