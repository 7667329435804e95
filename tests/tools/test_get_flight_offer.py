import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from jsonschema import Draft202012Validator
from mcp_types import TextContent
from pydantic import SecretStr

from tests import build
from tests.build_flights import EXPIRY, NOW, airport, flown, found, offer, offer_id, segment
from tests.build_seats import cabin, row, seat_map
from tests.fakes import FakeFlights
from tests.fakes_seats import NoSeats
from tests.recorded import duffel, duffel_names, needs_recordings
from tripsage_mcp.domain.ancillary import Ancillary, AncillaryKind, BagSize, SeatMap
from tripsage_mcp.domain.flight import (
    Baggage,
    Carrier,
    Condition,
    Conditions,
    Offer,
    Passenger,
    PaymentRequirements,
    Stop,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.providers.flights.duffel import DuffelConfig
from tripsage_mcp.providers.flights.duffel import build as build_duffel
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.tools.get_flight_offer import TOOL

pytestmark = pytest.mark.anyio

# How many characters of JSON make a token, on average.
TOKEN = 3.6
MOST_TOKENS = 3_000


async def called(fake: FakeFlights, **arguments: Any) -> CallToolResult:
    flights = FlightOfferService(fake, lambda: NOW)
    async with Client(build.server([TOOL], flight_offers=flights)) as client:
        return await client.call_tool("get_flight_offer", arguments, raise_on_error=False)


async def shown(offered: Offer, *maps: SeatMap, seats: bool = False) -> tuple[dict[str, Any], str]:
    fake = FakeFlights(found(offered), maps={offered.offer_id: maps})
    result = await called(fake, offer_id=offered.offer_id, seats=seats)
    assert not result.is_error
    assert result.structured_content is not None
    schema: Any = Draft202012Validator(TOOL.output_schema or {})
    schema.validate(result.structured_content)
    (block,) = result.content
    assert isinstance(block, TextContent)
    return result.structured_content, block.text


def tokens(body: dict[str, Any], text: str) -> float:
    return (len(json.dumps(body, separators=(",", ":"))) + len(text)) / TOKEN


async def test_an_offer_is_shown_with_its_rules_in_words_and_numbers() -> None:
    gbp = Money(Decimal(110), "GBP")
    outbound = replace(
        segment(baggage=Baggage(1, 2)),
        operating_carrier=Carrier("Portugalia", "NI"),
        aircraft="Embraer 195",
        origin_terminal="1",
        stops=(Stop(airport("OPO")),),
    )
    full = replace(
        offer(
            1,
            flown(outbound, brand="Plus"),
            flown(segment("LHR-LIS", "2027-05-17T20:00")),
            conditions=Conditions(
                refund=Condition(allowed=False), change=Condition(allowed=True, penalty=gbp)
            ),
        ),
        base=Money(Decimal("60.00"), "EUR"),
        tax=Money(Decimal("39.50"), "EUR"),
        passengers=(
            Passenger("pas_1", "adult"),
            Passenger("pas_2", "child", 8),
            Passenger("pas_3", "infant_without_seat", 1),
        ),
        documents_required=True,
        documents_accepted=("passport", "tax_id"),
        loyalty_programmes=("TP",),
        payment=PaymentRequirements(instant=False, pay_by=NOW + timedelta(days=2)),
        emissions_kg=Decimal("251.7"),
    )
    body, text = await shown(full)
    assert (body["total"], body["currency"], body["base"], body["tax"]) == (
        "99.50", "EUR", "60.00 EUR", "39.50 EUR",
    )  # fmt: skip
    assert (body["refund"], body["change"]) == ("no", "fee 110.00 GBP")
    # Two on the way out, none back: every segment includes none.
    assert (body["carry_on"], body["checked"]) == (1, 0)
    assert body["brand"] == "Plus + Basic"
    assert [part["brand"] for part in body["slices"]] == ["Plus", "Basic"]
    assert [part["segments"][0]["number"] for part in body["slices"]] == [1, 2]
    assert body["passengers"] == [
        {
            "number": 1, "passenger_id": "pas_1", "type": "adult",
            "born": "18 or older on 2027-05-17",
        },
        {
            "number": 2, "passenger_id": "pas_2", "type": "child", "age": 8,
            "born": "aged 8 on 2027-05-17",
        },
        {
            "number": 3, "passenger_id": "pas_3", "type": "infant_without_seat", "age": 1,
            "born": "under 2 on 2027-05-17",
            "lap": "one adult's; that adult's infant_passenger_id names it",
        },
    ]  # fmt: skip
    assert "given_name and family_name" in body["passengers_supply"]
    assert "passport, tax id" in body["passengers_supply"]
    assert body["documents_required"] is True
    assert body["hold"] == "yes: pay by 2027-03-03T12:00:00Z"
    assert body["emissions_kg"] == 252
    assert body["source"]["expires_at"] == "2027-03-01T12:30:00Z"
    first = body["slices"][0]["segments"][0]
    assert (first["checked"], first["operated_by"], first["origin_terminal"]) == (
        2, "Portugalia", "1",
    )  # fmt: skip
    assert first["stops"] == [{"airport": "OPO"}]
    assert body["slices"][0]["operated_by"] == ["Portugalia"]
    assert text.splitlines() == [
        "99.50 EUR from Airline TP: adult, child aged 8, infant without seat aged 1.",
        "Sandbox data, valid until 2027-03-01T12:30:00Z.",
        "TP1350 LIS 09:00 - LHR 11:40, 2 h 40 min, 1 technical stop",
        "TP1350 LHR 20:00 - LIS 22:40, 2 h 40 min, nonstop",
        "Bags per passenger: carry-on 1, checked 0. Refund: no. Change: fee 110.00 GBP.",
    ]


async def test_a_fee_is_said_with_what_it_is_of() -> None:
    def fee(amount: str, currency: str = "EUR") -> Condition:
        return Condition(allowed=True, penalty=Money(Decimal(amount), currency))

    for refund, words in (
        (fee("40"), "fee 40.00 EUR of 99.50 EUR"),
        (fee("99.50"), "fee 99.50 EUR of 99.50 EUR: nothing comes back"),
        (fee("40", "USD"), "fee 40.00 USD"),
        (fee("0"), "free"),
        (Condition(allowed=True), "yes, fee unknown"),
        (Condition(allowed=False), "no"),
    ):
        body, _ = await shown(offer(conditions=Conditions(refund, fee("120"))))
        assert body["refund"] == words
        assert body["change"] == "fee 120.00 EUR of 99.50 EUR"


async def test_a_slice_says_only_what_differs_from_the_whole_offer() -> None:
    no, half = Condition(allowed=False), Condition(allowed=True, penalty=Money(Decimal(9), "EUR"))
    out = replace(flown(segment()), conditions=Conditions(refund=no, change=half))
    back = replace(flown(segment("LHR-LIS", "2027-05-17T20:00")), conditions=Conditions(change=no))
    body, _ = await shown(offer(1, out, back, conditions=Conditions(refund=no, change=no)))
    first, second = body["slices"]
    assert (first.get("refund"), first["change"]) == (None, "fee 9.00 EUR")
    assert {"refund", "change", "brand"}.isdisjoint(second)


def ancillary(number: int, kind: AncillaryKind = "baggage", **given: Any) -> Ancillary:
    usual: dict[str, Any] = {
        "price": Money(Decimal(20), "EUR"), "maximum_quantity": 1,
        "passenger_ids": ("pas_1", "pas_2"), "segment_ids": ("seg_1", "seg_2"),
    }  # fmt: skip
    return Ancillary(f"ase_{number}", kind, **usual | given)


def family(*ancillaries: Ancillary) -> Offer:
    out = replace(segment(), segment_id="seg_1")
    back = replace(segment("LHR-LIS", "2027-05-17T20:00"), segment_id="seg_2")
    return replace(
        offer(1, flown(out), flown(back)),
        passengers=(Passenger("pas_1", "adult"), Passenger("pas_2", "child", 8)),
        ancillaries=ancillaries,
    )


async def test_what_can_be_added_is_grouped_and_says_for_whom() -> None:
    bag = BagSize("checked", weight_kg=23)
    body, text = await shown(
        family(
            ancillary(1, bag=bag, passenger_ids=("pas_1",), segment_ids=("seg_1",)),
            ancillary(2, bag=bag, passenger_ids=("pas_2",), maximum_quantity=1),
            ancillary(3, bag=BagSize("carry_on", height_cm=40, depth_cm=20), maximum_quantity=3),
            ancillary(4, "meal", name="Halal\nmeal\u202e" + "!" * 100),
            ancillary(
                5,
                "cancel_for_any_reason",
                price=Money(Decimal("15.5"), "EUR"),
                refund=Money(Decimal(70), "EUR"),
                terms_url="https://example.com/terms",
            ),
            ancillary(6, "other", terms_url="javascript:alert(1)"),
            ancillary(7, "seat", price=Money(Decimal(12), "EUR")),
            ancillary(8, "seat", price=Money(Decimal("7.5"), "EUR")),
        )
    )
    checked, carry_on, meal, cancel, other = body["extras"]
    assert checked == {
        "kind": "baggage", "what": "checked, up to 23 kg", "price": "20.00 EUR",
        "choices": [
            {"ancillary_id": "ase_1", "passengers": [1], "segments": [1]},
            {"ancillary_id": "ase_2", "passengers": [2]},
        ],
    }  # fmt: skip
    assert (carry_on["what"], carry_on["most"]) == ("carry-on, 40 x ? x 20 cm", 3)
    assert meal["what"].startswith("Halal meal!")
    assert len(meal["what"]) == 60
    assert (cancel["price"], cancel["gives_back"]) == ("15.50 EUR", "70.00 EUR")
    assert cancel["terms_url"] == "https://example.com/terms"
    assert "terms_url" not in other
    assert body["seats_for_sale"] == "2 choices, 7.50 to 12.00 EUR"
    assert "Can be added: checked, up to 23 kg 20.00 EUR, carry-on" in text


async def test_extras_that_are_unknown_differ_from_none() -> None:
    unknown, _ = await shown(offer())
    none, _ = await shown(family())
    assert "extras" not in unknown
    assert none["extras"] == []


async def test_a_long_list_of_extras_is_cut_and_says_so() -> None:
    bags = [
        ancillary(n, bag=BagSize("checked", n // 18), passenger_ids=(f"pas_{n % 2 + 1}",))
        for n in range(90)
    ]
    body, text = await shown(family(*bags))
    assert sum(len(each["choices"]) for each in body["extras"]) == 36
    assert body["note"] == "54 more extras are not listed."
    assert tokens(body, text) < MOST_TOKENS


async def test_seats_are_added_when_asked_for() -> None:
    maps = (
        seat_map(cabin(row(12, "AB CD", "15"), row(13, "AB CD", "15"))),
        seat_map(cabin(row(12, "A. ..", "15")), segment_id="seg_2"),
    )
    offered = family(ancillary(7, "seat"))
    body, text = await shown(offered, *maps, seats=True)
    out, back = body["seats"]["segments"]
    assert (out["segment"], out["cabins"][0]["rows"]) == (1, ["12-13: A B C D"])
    assert (back["segment"], back["flight"], back["cabins"][0]["available"]) == (2, "TP1350", 1)
    assert "seats_for_sale" not in body
    assert "Seats on TP1350: 8 of 8 available." in text
    assert "seats" not in (await shown(offered, *maps))[0]


async def test_no_seat_map_is_said_and_not_an_error() -> None:
    body, text = await shown(family(), seats=True)
    assert body["seats"]["no_map"] == [1, 2]
    assert "No seat map for flight 1, 2 of 2." in text


async def test_seat_maps_that_fail_are_said_beside_the_offer() -> None:
    result = await called(NoSeats(found(offer())), offer_id=offer().offer_id, seats=True)
    assert result.structured_content is not None
    assert result.structured_content["total"] == "99.50"
    assert "seats" not in result.structured_content
    assert "(provider_unavailable)" in result.structured_content["note"]


async def test_what_is_not_known_is_not_made_up() -> None:
    bare = offer(1, flown(segment(baggage=Baggage()), brand=None))
    body, text = await shown(bare)
    assert {"base", "tax", "brand", "carry_on", "checked", "hold", "emissions_kg"}.isdisjoint(body)
    assert (body["refund"], body["change"]) == ("unknown", "unknown")
    assert "carry-on unknown, checked unknown" in text


@pytest.mark.parametrize(
    ("payment", "words"),
    [
        (PaymentRequirements(instant=True), "no: pay when ordering"),
        (PaymentRequirements(instant=False), "yes"),
    ],
)
async def test_it_says_whether_the_offer_can_be_held(
    payment: PaymentRequirements, words: str
) -> None:
    body, _ = await shown(replace(offer(), payment=payment))
    assert body["hold"] == words


@pytest.mark.parametrize(
    ("asked", "now", "code"),
    [
        (offer().offer_id, EXPIRY, "offer_expired"),
        (offer(2).offer_id, NOW, "not_found"),
        ("off_nonsense", NOW, "invalid_request"),
    ],
)
async def test_an_offer_that_cannot_be_shown_says_why(asked: str, now: Any, code: str) -> None:
    flights = FlightOfferService(FakeFlights(found(offer())), lambda: now)
    async with Client(build.server([TOOL], flight_offers=flights)) as client:
        result = await client.call_tool(
            "get_flight_offer", {"offer_id": asked}, raise_on_error=False
        )
    assert result.is_error
    assert result.structured_content is not None
    assert result.structured_content["code"] == code
    assert result.structured_content["retryable"] is False


async def recorded(name: str, *, seats: bool = False) -> tuple[dict[str, Any], str]:
    def answer(request: httpx.Request) -> httpx.Response:
        maps = f"seat-maps/{Path(name).name}"
        if request.url.path.endswith("/seat_maps"):
            return httpx.Response(200, json={"data": duffel(maps) if seats else []})
        return httpx.Response(200, json={"data": duffel(name)})

    config = DuffelConfig(access_token=SecretStr("duffel_test_tool"))
    async with open_client(config.base_url, transport=httpx.MockTransport(answer)) as http:
        provider = build_duffel(config, client=http, now=lambda: NOW).offers
        offered = await provider.get("off_1")
        maps = await provider.seat_maps("off_1") if seats else ()
    offered = replace(offered, offer_id=offer_id(1), expires_at=EXPIRY)
    return await shown(offered, *maps, seats=seats)


@needs_recordings
async def test_a_recorded_offer_is_shown_in_full() -> None:
    body, _ = await recorded("offers/off_0000AeTCyLn97tj8zqhylF.json")
    assert body["total"] == "177.70"
    assert body["sold_by"] == "Austrian"
    assert [s["flights"] for s in body["slices"]] == [["OS406", "OS317"], ["OS318", "OS405"]]
    assert body["slices"][0]["layovers"] == [{"airport": "VIE", "minutes": 345}]
    assert body["slices"][0]["segments"][1]["amenities"]
    assert body["source"]["data"] == "sandbox"
    assert [(each["kind"], each["price"]) for each in body["extras"]] == [
        ("baggage", "26.00 GBP"),
        ("cancel_for_any_reason", "27.99 GBP"),
    ]
    assert [each.get("segments") for each in body["extras"][0]["choices"]] == [[1, 2], [3, 4]]


@needs_recordings
@pytest.mark.parametrize("name", duffel_names("offers"))
async def test_every_recorded_offer_stays_small_and_can_be_ordered(name: str) -> None:
    body, text = await recorded(name)
    raw = duffel(name)
    # An offer in full may cost 3,000 tokens; these, of one or two passengers, cost a third.
    assert tokens(body, text) < 1_000
    ids = [passenger["passenger_id"] for passenger in body["passengers"]]
    assert ids == [passenger["id"] for passenger in raw["passengers"]]
    sold = {each["id"] for each in raw["available_services"] if each["type"] != "seat"}
    listed = {choice["ancillary_id"] for each in body["extras"] for choice in each["choices"]}
    assert listed == sold
    seats = [each for each in raw["available_services"] if each["type"] == "seat"]
    assert body.get("seats_for_sale", "0 ").split()[0] == str(len(seats))


@needs_recordings
async def test_a_recorded_offer_with_its_two_wide_bodies_stays_small() -> None:
    body, text = await recorded("offers/off_0000AUde3KwTztSRK1cznH.json", seats=True)
    assert [each["cabins"][0]["available"] for each in body["seats"]["segments"]] == [76, 76]
    assert tokens(body, text) < 1_300


def test_the_description_stays_short() -> None:
    assert len(TOOL.description or "") <= 350
