"""What a traveller may ask of a flight search beyond where and when, and what the answer says."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fastmcp.exceptions import ToolError

from tests.build_flights import flown, found, offer, segment
from tests.fakes import FakeFlights
from tests.recorded import needs_recordings
from tests.tools.flight_calls import (
    ATL_TO_JFK,
    LIS_TO_LHR,
    Upstream,
    answer,
    call,
    faked,
    recorded,
    text,
)
from tripsage_mcp.domain.flight import (
    Baggage,
    Carrier,
    Condition,
    Conditions,
    OffersFound,
    Passenger,
    Stop,
    Unanswered,
)
from tripsage_mcp.errors import ProviderUnavailableError
from tripsage_mcp.providers.ports import SearchProgress

pytestmark = pytest.mark.anyio

ROUTE = [
    {"origin": "LIS", "destination": "London", "departure_date": "2027-05-10"},
    {
        "origin": "LHR", "destination": "CDG", "departure_date": "2027-05-12",
        "departure_time": "06:00-23:00",
    },
    {"origin": "CDG", "destination": "LIS", "departure_date": "2027-05-15"},
]  # fmt: skip


def flight(number: int, *, checked: int | None, refund: Condition | None, price: str) -> Any:
    part = flown(segment(flight=f"TP{number}", baggage=Baggage(1, checked)))
    return offer(number, part, price=price, conditions=Conditions(refund=refund))


BAG = flight(1, checked=1, refund=Condition(allowed=False), price="150.00")
NO_BAG = flight(2, checked=0, refund=Condition(allowed=True), price="90.00")
SILENT = flight(3, checked=None, refund=None, price="80.00")


async def test_fares_that_break_a_wish_are_left_out_and_counted() -> None:
    async with faked(FakeFlights(found(BAG, NO_BAG, SILENT))) as client:
        result = await call(client, LIS_TO_LHR | {"checked_bag": True})
    body = answer(result)
    assert [i["fares"][0]["offer_id"] for i in body["itineraries"]] == [BAG.offer_id]
    assert body["left_out"] == {
        "fares": 2, "of": 3, "by": {"checked_bag": 2}, "unknown": {"checked_bag": 1},
    }  # fmt: skip
    said = "Only 1 of 3 fares gives all that is asked; left out by checked_bag 2, of which 1"
    assert said in body["note"]
    assert said in text(result)


async def test_wishes_that_nothing_meets_say_so_instead_of_answering_nothing() -> None:
    async with faked(FakeFlights(found(BAG, NO_BAG, SILENT))) as client:
        body = answer(await call(client, LIS_TO_LHR | {"checked_bag": True, "refundable": True}))
    assert (body["total"], body["itineraries"]) == (0, [])
    assert body["note"].startswith("None of 3 fares gives all that is asked")
    assert "other dates" not in body["note"]


async def test_airlines_are_chosen_by_code_or_name() -> None:
    other = offer(4, flown(segment(flight="BA501")))
    other = replace(other, owner=other.segments[0].carrier)
    async with faked(FakeFlights(found(BAG, other))) as client:
        only = answer(await call(client, LIS_TO_LHR | {"airlines_only": ["Airline BA"]}))
        never = answer(await call(client, LIS_TO_LHR | {"airlines_exclude": ["ba"]}))
    assert list(only["airlines"]) == ["BA"]
    assert list(never["airlines"]) == ["TP"]


async def test_a_misspelt_airline_is_not_left_in_silently() -> None:
    async with faked(FakeFlights(found(BAG, NO_BAG))) as client:
        slip = answer(await call(client, LIS_TO_LHR | {"airlines_exclude": ["Airlin TP", "FR"]}))
        right = answer(await call(client, LIS_TO_LHR | {"airlines_exclude": ["British", "TP"]}))
    assert slip["total"] == 2
    assert slip["note"].startswith("1 of the airline names given fits no airline found here")
    assert right["note"].startswith("None of 2 fares gives all that is asked")


async def test_the_seller_is_named_where_no_flight_is_its_own() -> None:
    sold_elsewhere = replace(BAG, owner=Carrier("Agent Air", "QX"))
    async with faked(FakeFlights(found(sold_elsewhere, NO_BAG))) as client:
        body = answer(await call(client, LIS_TO_LHR | {"sort": "price"}))
    sellers = [i["fares"][0].get("sold_by") for i in body["itineraries"]]
    assert sellers == [None, "Agent Air"]


async def test_a_flight_that_lands_on_its_way_is_not_called_nonstop() -> None:
    stop = Stop(segment("OPO-LHR").origin)
    part = flown(replace(segment(), stops=(stop,)))
    async with faked(FakeFlights(found(offer(1, part)))) as client:
        result = await call(client, LIS_TO_LHR | {"max_connections": 0})
    assert answer(result)["itineraries"][0]["slices"][0]["technical_stops"] == 1
    assert "2 h 40 min, 1 technical stop" in text(result)


async def test_a_cursor_does_not_answer_other_wishes() -> None:
    fake = FakeFlights(found(BAG, NO_BAG, SILENT))
    async with faked(fake) as client:
        first = answer(await call(client, LIS_TO_LHR | {"limit": 1}))
        more = {"limit": 1, "cursor": first["next_cursor"]}
        second = answer(await call(client, LIS_TO_LHR | more))
        refused = answer(await call(client, LIS_TO_LHR | more | {"refundable": True}, check=False))
    assert second["first"] == 2
    assert (refused["code"], refused["argument"]) == ("invalid_request", "cursor")
    assert len(fake.requests) == 1


async def test_a_route_of_several_slices_is_searched_and_told_as_one() -> None:
    parts = [
        flown(segment("LIS-LHR", "2027-05-10T09:00")),
        flown(segment("LHR-CDG", "2027-05-12T09:00", 75, flight="BA304")),
        flown(segment("CDG-LIS", "2027-05-15T09:00", 150, flight="AF1024")),
    ]
    fake = FakeFlights(found(offer(1, *parts)))
    async with faked(fake) as client:
        result = await call(client, {"slices": ROUTE})
    body = answer(result)
    assert body["route"] == [
        "LIS to LON, 2027-05-10", "LHR to CDG, 2027-05-12", "CDG to LIS, 2027-05-15",
    ]  # fmt: skip
    assert "origin" not in body
    assert "LHR" in body["resolved"]["slices.0.destination"]
    assert any("CA)" in each for each in body["alternatives"]["slices.0.destination"])
    assert [part["flights"] for part in body["itineraries"][0]["slices"]] == [
        ["TP1350"], ["BA304"], ["AF1024"],
    ]  # fmt: skip
    assert len(fake.requests[0].slices) == 3
    assert text(result).startswith("LIS to LON, 2027-05-10; LHR to CDG")


async def test_a_price_is_shown_in_another_currency_beside_what_is_charged() -> None:
    pounds = offer(2, flown(segment(flight="BA501")), price="80.00", currency="GBP")
    rupees = offer(3, flown(segment(flight="AI1")), price="9000.00", currency="INR")
    async with faked(FakeFlights(found(offer(1), pounds, rupees))) as client:
        result = await call(client, LIS_TO_LHR | {"currency": "usd", "sort": "price"})
    body = answer(result)
    assert body["display"] == {
        "currency": "USD",
        "rates": {"EUR": "1.25", "GBP": "1.5625"},
        "as_of": "2027-02-26",
        "source": "fake bank",
    }
    fares = [i["fares"][0] for i in body["itineraries"]]
    # 99.50 euros are 124.375 dollars: half to even. Rupees cannot be compared and come last.
    assert [(f["price"], f["currency"], f.get("about")) for f in fares] == [
        ("99.50", "EUR", "124.38"), ("80.00", "GBP", "125.00"), ("9000.00", "INR", None),
    ]  # fmt: skip
    assert "No exchange rate for INR." in body["note"]
    assert "From 99.50 EUR (about 124.38 USD)" in text(result)


async def test_a_price_in_the_currency_asked_for_needs_no_rate() -> None:
    async with faked(FakeFlights(found(offer(1)))) as client:
        body = answer(await call(client, LIS_TO_LHR | {"currency": "EUR"}))
    assert body["display"] == {"currency": "EUR"}
    assert "about" not in body["itineraries"][0]["fares"][0]


async def test_the_price_of_each_is_said_only_where_it_is_exact() -> None:
    def party(*kinds: Any, price: str = "199.00") -> Any:
        people = tuple(Passenger(f"pas_{n}", kind) for n, kind in enumerate(kinds))
        return replace(offer(1, price=price), passengers=people)

    async def fare(each: Any, **asked: Any) -> tuple[dict[str, Any], str]:
        async with faked(FakeFlights(found(each))) as client:
            body = answer(await call(client, LIS_TO_LHR | asked))
        return body["itineraries"][0]["fares"][0], body.get("note", "")

    shown, note = await fare(party("adult", "adult"), adults=2)
    assert (shown["each"], note) == ("99.50", "")
    shown, _ = await fare(party("adult", "adult", "adult"), adults=3)
    assert "each" not in shown
    shown, note = await fare(party("adult", "child"), children_ages=[8])
    assert "each" not in shown
    assert "only totals are exact" in note
    shown, _ = await fare(party("adult"))
    assert "each" not in shown


async def test_an_infant_with_a_seat_is_said_to_be_priced_as_a_child() -> None:
    fake = FakeFlights(found(offer(1)))
    async with faked(fake) as client:
        body = answer(await call(client, LIS_TO_LHR | {"infants_in_seat": 1}))
    assert fake.requests[0].infants_in_seat == 1
    assert body["passengers"] == "1 adult, 1 infant with a seat"
    assert "priced as a child of 2" in body["note"]


async def test_emissions_and_seats_are_told_where_known() -> None:
    part = replace(flown(segment()), seat_selection=True)
    free = replace(offer(1, part), emissions_kg=Decimal("251.7"))
    paid = offer(2, replace(part, seat_selection=False), price="80.00")
    async with faked(FakeFlights(found(free))) as client:
        same = answer(await call(client, LIS_TO_LHR))
    assert (same["seat_choice"], same["itineraries"][0]["emissions_kg"]) == (True, 252)
    async with faked(FakeFlights(found(free, paid))) as client:
        differs = answer(await call(client, LIS_TO_LHR))
    assert "seat_choice" not in differs
    (itinerary,) = differs["itineraries"]
    assert [fare["seat_choice"] for fare in itinerary["fares"]] == [False, True]


async def test_only_a_client_that_asks_for_progress_makes_the_search_stream() -> None:
    fake = FakeFlights(
        replace(found(BAG, NO_BAG), unanswered=Unanswered("provider_unavailable", 1))
    )
    told: list[tuple[float, float | None, str | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with faked(fake) as client:
        whole = answer(await call(client, LIS_TO_LHR))
        result = await client.call_tool("search_flights", LIS_TO_LHR, progress_handler=tell)
    assert fake.streamed == [False, True]
    assert told == [
        (0, 3, "0 offers so far"), (1, 3, "1 offers so far"), (2, 3, "2 offers so far"),
    ]  # fmt: skip
    assert "partial" not in whole
    body = result.structured_content
    assert body is not None
    assert body["partial"] == {"code": "provider_unavailable", "batches_missing": 1}
    assert body["note"].startswith("Partial: not every airline answered in time (1 group missing)")
    assert body["note"] in text(result)


async def test_nothing_from_those_who_answered_is_not_called_nothing_at_all() -> None:
    fake = FakeFlights(replace(found(), unanswered=Unanswered("provider_unavailable")))
    async with faked(fake) as client:
        result = await client.call_tool("search_flights", LIS_TO_LHR)
    body = result.structured_content
    assert body is not None
    assert body["partial"] == {"code": "provider_unavailable"}
    assert "No offers from the airlines that answered." in body["note"]
    assert "other dates" not in body["note"]


async def test_a_search_that_fails_is_an_error_however_it_was_asked() -> None:
    class Broken(FakeFlights):
        async def search(
            self, request: Any, *, progress: SearchProgress | None = None
        ) -> OffersFound:
            raise ProviderUnavailableError("duffel", "HTTP 503")

    async with faked(Broken()) as client:
        with pytest.raises(ToolError, match="provider_unavailable"):
            await client.call_tool("search_flights", LIS_TO_LHR)


@needs_recordings
async def test_wishes_over_the_recording_show_only_fares_that_meet_them() -> None:
    wishes = {"refundable": True, "checked_bag": True, "airlines_only": ["AA"], "limit": 25}
    async with recorded(Upstream()) as client:
        body = answer(await call(client, ATL_TO_JFK | wishes | {"detail": "full"}))
    assert body["total"] > 0
    for itinerary in body["itineraries"]:
        for fare in itinerary["fares"]:
            assert fare["checked"] >= 1
            assert fare["refund"] in {"free", "yes, fee unknown"} or fare["refund"].startswith(
                "fee"
            )
    kept = body["left_out"]["of"] - body["left_out"]["fares"]
    assert 0 < kept < 220 == body["left_out"]["of"]
