from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastmcp import Client
from jsonschema import Draft202012Validator
from mcp_types import TextContent
from pydantic import SecretStr

from tests import build
from tests.build_flights import EXPIRY, NOW, airport, flown, found, offer, segment
from tests.fakes import FakeFlights
from tests.recorded import duffel, needs_recordings
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
from tripsage_mcp.services.flights import FlightService
from tripsage_mcp.tools.get_flight_offer import TOOL

pytestmark = pytest.mark.anyio


async def shown(offered: Offer) -> tuple[dict[str, Any], str]:
    flights = FlightService(FakeFlights(found(offered)), lambda: NOW)
    async with Client(build.server([TOOL], flights=flights)) as client:
        result = await client.call_tool("get_flight_offer", {"offer_id": offered.offer_id})
    assert result.structured_content is not None
    schema: Any = Draft202012Validator(TOOL.output_schema or {})
    schema.validate(result.structured_content)
    (block,) = result.content
    assert isinstance(block, TextContent)
    return result.structured_content, block.text


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
    assert body["passengers"] == ["adult", "child aged 8", "infant without seat aged 1"]
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
        "TP1350 LIS 09:00 - LHR 11:40, 2 h 40 min, nonstop",
        "TP1350 LHR 20:00 - LIS 22:40, 2 h 40 min, nonstop",
        "Bags per passenger: carry-on 1, checked 0. Refund: no. Change: fee 110.00 GBP.",
    ]


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
    ("offer_id", "now", "code"),
    [
        (offer().offer_id, EXPIRY, "offer_expired"),
        (offer(2).offer_id, NOW, "not_found"),
        ("off_nonsense", NOW, "invalid_request"),
    ],
)
async def test_an_offer_that_cannot_be_shown_says_why(offer_id: str, now: Any, code: str) -> None:
    flights = FlightService(FakeFlights(found(offer())), lambda: now)
    async with Client(build.server([TOOL], flights=flights)) as client:
        result = await client.call_tool(
            "get_flight_offer", {"offer_id": offer_id}, raise_on_error=False
        )
    assert result.is_error
    assert result.structured_content is not None
    assert result.structured_content["code"] == code
    assert result.structured_content["retryable"] is False


@needs_recordings
async def test_a_recorded_offer_is_shown_in_full_and_stays_small() -> None:
    raw = duffel("offers/off_0000AeTCyLn97tj8zqhylF.json")
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": raw}))
    config = DuffelConfig(access_token=SecretStr("duffel_test_tool"))
    async with open_client(config.base_url, transport=transport) as http:
        provider = build_duffel(config, client=http, now=lambda: NOW)
        offered = await provider.get(raw["id"])
        body, _ = await shown(replace(offered, expires_at=EXPIRY))
    assert body["total"] == "177.70"
    assert body["sold_by"] == "Austrian"
    assert [s["flights"] for s in body["slices"]] == [["OS406", "OS317"], ["OS318", "OS405"]]
    assert body["slices"][0]["layovers"] == [{"airport": "VIE", "minutes": 345}]
    assert body["source"]["data"] == "sandbox"
    assert len(str(body)) < 3_500


def test_the_description_stays_short() -> None:
    assert len(TOOL.description or "") <= 350
