"""Everything Duffel was recorded to answer, read without losing what we show."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest

from tests.providers.flights.duffel_wire_build import ONE_WAY, Wire, ok
from tests.recorded import ATL_JFK, duffel, duffel_names, needs_recordings
from tripsage_mcp.domain.ancillary import Ancillary, SeatMap
from tripsage_mcp.domain.flight import (
    Amenities,
    Condition,
    Conditions,
    Offer,
    PassengerFare,
    Segment,
    Slice,
)
from tripsage_mcp.domain.flight_request import SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import Order

pytestmark = [pytest.mark.anyio, needs_recordings]

EXAMPLES = "official-examples/"


type Raw = dict[str, Any]


def below(raw: Raw, name: str) -> Raw:
    return raw.get(name) or {}


def rows(raw: Raw, name: str) -> list[Any]:
    return raw.get(name) or []


def money(raw: Raw, name: str) -> Money | None:
    if raw.get(f"{name}_amount") is None:
        return None
    return Money(Decimal(raw[f"{name}_amount"]), raw[f"{name}_currency"])


def check_condition(told: Condition | None, raw: Raw | None) -> None:
    if raw is None:
        assert told is None
        return
    assert told is not None
    assert (told.allowed, told.penalty) == (raw["allowed"], money(raw, "penalty"))


def check_conditions(told: Conditions, raw: Raw) -> None:
    check_condition(told.refund, raw.get("refund_before_departure"))
    check_condition(told.change, raw.get("change_before_departure"))


def check_amenities(told: Amenities | None, raw: Raw) -> None:
    told = told or Amenities()
    wifi, power, seat = (below(raw, name) for name in ("wifi", "power", "seat"))
    assert told.wifi == (None if not wifi else wifi["cost"] if wifi["available"] else "none")
    assert told.power == power.get("available")
    assert told.seat_pitch_in == (int(seat["pitch"]) if "pitch" in seat else None)
    assert told.legroom == (seat["legroom"] if seat.get("legroom", "n/a") != "n/a" else None)


def check_fare(told: PassengerFare, raw: Raw) -> None:
    assert told.passenger_id == raw["passenger_id"]
    assert told.cabin == raw["cabin_class"]
    assert told.cabin_name == raw["cabin_class_marketing_name"]
    assert told.fare_basis == raw.get("fare_basis_code")
    for kind, pieces in (("carry_on", told.baggage.carry_on), ("checked", told.baggage.checked)):
        sent = [bag["quantity"] for bag in raw["baggages"] if bag["type"] == kind]
        assert pieces == (sum(sent) if sent else None)
    check_amenities(told.amenities, below(below(raw, "cabin"), "amenities"))
    assert told.seat == below(raw, "seat").get("designator")


def check_segment(told: Segment, raw: Raw) -> None:
    assert told.segment_id == raw["id"]
    assert (told.origin.code, told.origin.name) == (
        raw["origin"]["iata_code"],
        raw["origin"]["name"],
    )
    assert told.destination.code == raw["destination"]["iata_code"]
    assert told.destination.time_zone == raw["destination"]["time_zone"]
    assert told.destination.city == raw["destination"]["city_name"]
    assert told.departs_at.replace(tzinfo=None).isoformat() == raw["departing_at"]
    assert told.arrives_at.replace(tzinfo=None).isoformat() == raw["arriving_at"]
    assert told.carrier.code == raw["marketing_carrier"]["iata_code"]
    assert told.flight_number == raw["marketing_carrier_flight_number"]
    assert told.operating_carrier.name == raw["operating_carrier"]["name"]
    assert told.operating_flight_number == raw["operating_carrier_flight_number"]
    assert told.aircraft == below(raw, "aircraft").get("name")
    assert told.origin_terminal == raw.get("origin_terminal")
    assert told.destination_terminal == raw.get("destination_terminal")
    assert told.distance_km == (None if raw.get("distance") is None else float(raw["distance"]))
    assert [stop.airport.code for stop in told.stops] == [
        stop["airport"]["iata_code"] for stop in rows(raw, "stops")
    ]
    for fare, sent in zip(told.fares, raw["passengers"], strict=True):
        check_fare(fare, sent)


def check_slice(told: Slice, raw: Raw) -> None:
    assert told.slice_id == raw["id"]
    assert told.fare_brand == raw["fare_brand_name"]
    conditions = below(raw, "conditions")
    assert told.seat_selection == conditions.get("advance_seat_selection")
    check_conditions(told.conditions, conditions)
    for segment, sent in zip(told.segments, raw["segments"], strict=True):
        check_segment(segment, sent)


def check_ancillary(told: Ancillary, raw: Raw) -> None:
    details = raw["metadata"]
    assert (told.ancillary_id, told.kind) == (raw["id"], raw["type"])
    assert told.price == money(raw, "total")
    assert told.maximum_quantity == raw["maximum_quantity"]
    assert list(told.passenger_ids) == raw["passenger_ids"]
    assert list(told.segment_ids) == raw["segment_ids"]
    assert told.seat == details.get("designator")
    assert told.name == details.get("name")
    assert told.terms_url == details.get("terms_and_conditions_url")
    refund = details.get("refund_amount")
    assert told.refund == (
        None if refund is None else Money(Decimal(refund), raw["total_currency"])
    )
    if raw["type"] == "baggage":
        assert told.bag is not None
        bag = told.bag
        assert [bag.kind, bag.weight_kg, bag.height_cm, bag.length_cm, bag.depth_cm] == [
            details[name]
            for name in (
                "type",
                "maximum_weight_kg",
                "maximum_height_cm",
                "maximum_length_cm",
                "maximum_depth_cm",
            )
        ]


def check_offer(told: Offer, raw: Raw) -> None:
    assert (told.offer_id, told.live_mode) == (raw["id"], raw["live_mode"])
    assert told.provenance.data == ("live" if raw["live_mode"] else "sandbox")
    assert [told.total, told.base, told.tax] == [
        money(raw, name) for name in ("total", "base", "tax")
    ]
    assert told.expires_at.isoformat()[:19] == raw["expires_at"][:19]
    assert (told.owner.name, told.owner.code) == (raw["owner"]["name"], raw["owner"]["iata_code"])
    emissions = raw.get("total_emissions_kg")
    assert told.emissions_kg == (None if emissions is None else Decimal(emissions))
    assert [p.passenger_id for p in told.passengers] == [p["id"] for p in raw["passengers"]]
    assert told.documents_required == raw["passenger_identity_documents_required"]
    accepted = raw.get("supported_passenger_identity_document_types")
    assert list(told.documents_accepted) == (
        raw.get("allowed_passenger_identity_document_types") if accepted is None else accepted
    )
    assert list(told.loyalty_programmes) == (raw.get("supported_loyalty_programmes") or [])
    payment = raw["payment_requirements"]
    assert told.payment is not None
    assert told.payment.instant == payment["requires_instant_payment"]
    assert (told.payment.pay_by is None) == (payment["payment_required_by"] is None)
    check_conditions(told.conditions, raw["conditions"])
    for part, sent in zip(told.slices, raw["slices"], strict=True):
        check_slice(part, sent)


@pytest.mark.parametrize("name", duffel_names("offers"))
async def test_every_recorded_offer_is_understood_whole(name: str) -> None:
    raw = duffel(name)
    offer = await Wire(ok(raw)).offers.get("off_1")
    check_offer(offer, raw)
    assert offer.base is not None
    assert offer.tax is not None
    assert offer.base + offer.tax == offer.total
    assert offer.ancillaries is not None
    for ancillary, sent in zip(offer.ancillaries, rows(raw, "available_services"), strict=True):
        check_ancillary(ancillary, sent)
    for segment in offer.segments:
        assert segment.arrives_at - segment.departs_at == segment.duration


@pytest.mark.parametrize(
    "name",
    [
        "Offers_mockOffer:mockOffer",
        "Offers_mockOffer:mockOfferPriced",
        "Offers_mockPartialOffer:mockPartialOffer",
    ],
)
async def test_the_official_example_offers_are_understood_whole(name: str) -> None:
    file, key = name.split(":")
    raw = duffel(f"{EXAMPLES}{file}.json")[key]
    offer = await Wire(ok(raw)).offers.get("off_1")
    check_offer(offer, raw)
    for ancillary, sent in zip(
        offer.ancillaries or (), rows(raw, "available_services"), strict=True
    ):
        check_ancillary(ancillary, sent)


@pytest.mark.parametrize("name", duffel_names("offer-requests"))
async def test_every_offer_of_a_recorded_search_is_understood_whole(name: str) -> None:
    raw = duffel(name)
    found = await Wire(ok(raw, 201)).offers.search(ONE_WAY)
    assert found.unreadable == 0
    for offer, sent in zip(found.offers, raw["offers"], strict=True):
        check_offer(offer, sent)
    assert found.search_id == raw["id"]
    assert found.provenance.data == ("live" if raw["live_mode"] else "sandbox")
    if name == ATL_JFK:
        assert found.slices == (SliceRequest("ATL", "JFK", date(2024, 9, 1)),)
        assert len(found.offers) == 220


async def test_what_repeats_in_an_answer_is_one_object() -> None:
    found = await Wire(ok(duffel(ATL_JFK), 201)).offers.search(ONE_WAY)
    airports = {id(segment.origin) for offer in found.offers for segment in offer.segments}
    codes = {segment.origin.code for offer in found.offers for segment in offer.segments}
    assert len(airports) == len(codes)


async def test_the_official_example_searches_are_understood() -> None:
    raw = duffel(f"{EXAMPLES}OfferRequests_mockOfferRequest.json")["mockOfferRequest"]
    found = await Wire(ok(raw, 201)).offers.search(ONE_WAY)
    assert (len(found.offers), found.unreadable) == (1, 0)
    examples = duffel(f"{EXAMPLES}BatchOfferRequests_mockBatchOfferRequest.json")
    begun, news = examples["mocCreatedBatchOfferRequest"], examples["mockBatchOfferRequest"]
    done = news | {"remaining_batches": 0, "offers": []}

    async def progress(_answered: int, _total: int, _offers: int) -> None: ...

    wire = Wire(ok(begun, 201), ok(news), ok(done))
    streamed = await wire.offers.search(ONE_WAY, progress=progress)
    assert (len(streamed.offers), streamed.unreadable, streamed.unanswered) == (1, 0, None)
    check_offer(streamed.offers[0], news["offers"][0])


def elements(told: SeatMap) -> Iterator[tuple[object, ...]]:
    for cabin in told.cabins:
        for element in (element for row in cabin.rows for element in row.elements):
            choices = [
                (choice.ancillary_id, choice.passenger_id, choice.price)
                for choice in element.choices
            ]
            yield (
                element.kind, element.designator, element.name, list(element.disclosures), choices,
            )  # fmt: skip


def sent_elements(raw: Raw) -> Iterator[tuple[object, ...]]:
    for cabin in raw["cabins"]:
        sections = (section for row in cabin["rows"] for section in row["sections"])
        for element in (element for section in sections for element in section["elements"]):
            services = [
                (service["id"], service["passenger_id"], money(service, "total"))
                for service in rows(element, "available_services")
            ]
            yield (
                element["type"],
                element.get("designator"),
                element.get("name") or None,
                element.get("disclosures") or [],
                services,
            )


def recorded_maps(name: str) -> list[Raw]:
    found = duffel(name)
    listed = cast("list[Raw]", found if isinstance(found, list) else [found])
    # The official example is named, and leaves out whose seats these are.
    return [
        {"segment_id": f"seg_{number}"} | each.get("mockSeatMap", each)
        for number, each in enumerate(listed)
    ]


@pytest.mark.parametrize(
    "name", [*duffel_names("seat-maps"), f"{EXAMPLES}SeatMaps_mockSeatMap.json"]
)
async def test_every_recorded_seat_map_is_understood_whole(name: str) -> None:
    raw = recorded_maps(name)
    maps = await Wire(ok(raw)).offers.seat_maps("off_1")
    for told, sent in zip(maps, raw, strict=True):
        assert told.segment_id == sent["segment_id"]
        assert list(elements(told)) == list(sent_elements(sent))
        for cabin, drawn in zip(told.cabins, sent["cabins"], strict=True):
            wings = drawn.get("wings")
            assert (cabin.cabin, cabin.deck, cabin.aisles) == (
                drawn["cabin_class"], drawn["deck"], drawn["aisles"],
            )  # fmt: skip
            assert cabin.wing_rows == (
                (wings["first_row_index"], wings["last_row_index"]) if wings else None
            )
            assert len(cabin.rows) == len(drawn["rows"])


def check_order(told: Order, raw: Raw) -> None:
    assert (told.order_id, told.booking_reference) == (raw["id"], raw["booking_reference"])
    assert [told.total, told.base, told.tax] == [
        money(raw, name) for name in ("total", "base", "tax")
    ]
    assert told.owner.name == raw["owner"]["name"]
    assert [(p.passenger_id, p.given_name, p.family_name, p.type) for p in told.passengers] == [
        (p["id"], p["given_name"], p["family_name"], p["type"]) for p in raw["passengers"]
    ]
    assert [(d.kind, d.number, list(d.passenger_ids)) for d in told.documents] == [
        (d["type"], d["unique_identifier"], d["passenger_ids"]) for d in raw["documents"]
    ]
    assert [(a.kind, a.quantity, a.price) for a in told.ancillaries] == [
        (s["type"], s["quantity"], money(s, "total")) for s in raw["services"]
    ]
    assert list(told.actions) == raw["available_actions"]
    paying = raw["payment_status"]
    assert told.awaiting_payment == paying["awaiting_payment"]
    for got, name in (
        (told.pay_by, "payment_required_by"),
        (told.price_guaranteed_until, "price_guarantee_expires_at"),
        (told.paid_at, "paid_at"),
    ):
        assert (got.isoformat()[:19] if got else None) == (paying[name] and paying[name][:19])
    assert (told.cancelled_at is None) == (raw["cancelled_at"] is None)
    check_conditions(told.conditions, raw["conditions"])
    for part, sent in zip(told.slices, raw["slices"], strict=True):
        check_slice(part, sent)


async def test_the_official_example_orders_are_understood_whole() -> None:
    examples = duffel(f"{EXAMPLES}Orders_mockOrders.json")
    for raw in (examples["mockOrder"], *examples["mockOnHoldOrders"]):
        order = await Wire(ok(raw)).orders.get("ord_1")
        check_order(order, raw)
        assert order.kind == "hold"
    seated = await Wire(ok(examples["mockOrder"])).orders.get("ord_1")
    assert seated.slices[0].segments[0].fares[0].seat == "14B"


async def test_the_official_example_payment_and_cancellation_are_understood() -> None:
    payment = duffel(f"{EXAMPLES}Payments_mockPayment.json")["mockPayment"]
    paid = await Wire(ok(payment, 201)).orders.pay("ord_1", Money(Decimal("30.20"), "GBP"))
    assert (paid.payment_id, paid.amount) == (payment["id"], Money(Decimal("30.20"), "GBP"))
    raw = duffel(f"{EXAMPLES}OrderCancellations_mockOrderCancellations.json")
    raw = raw["mockOrderCancellation"]
    cancelled = await Wire(ok(raw)).orders.confirm_cancellation(raw["id"])
    assert (cancelled.order_id, cancelled.refund) == (raw["order_id"], money(raw, "refund"))
    assert cancelled.refund_to == raw["refund_to"]
    assert cancelled.confirmed_at is not None
