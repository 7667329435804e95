from decimal import Decimal
from typing import Any

import pytest

from tests.providers.flights.duffel_wire_build import Wire, ok, raw_offer, raw_request
from tripsage_mcp.domain.ancillary import (
    Ancillary,
    BagSize,
    CabinElement,
    CabinMap,
    CabinRow,
    SeatChoice,
    SeatMap,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import ProviderProtocolError

pytestmark = pytest.mark.anyio


def service(**changed: Any) -> dict[str, Any]:
    return {
        "id": "ase_1",
        "type": "baggage",
        "total_amount": "20.00",
        "total_currency": "GBP",
        "maximum_quantity": 2,
        "passenger_ids": ["pas_1"],
        "segment_ids": ["seg_1"],
        "metadata": {
            "type": "checked",
            "maximum_weight_kg": 23,
            "maximum_height_cm": 90,
            "maximum_length_cm": None,
            "maximum_depth_cm": "a new shape",
        },
    } | changed


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


async def ancillaries(*services: object) -> tuple[Ancillary, ...] | None:
    offer = await Wire(ok(raw_offer(available_services=list(services)))).offers.get("off_1")
    return offer.ancillaries


async def test_a_bag_is_read_with_what_it_may_weigh_and_measure() -> None:
    assert await ancillaries(service()) == (
        Ancillary(
            ancillary_id="ase_1",
            kind="baggage",
            price=gbp("20.00"),
            maximum_quantity=2,
            passenger_ids=("pas_1",),
            segment_ids=("seg_1",),
            bag=BagSize("checked", weight_kg=23, height_cm=90),
        ),
    )


async def test_a_seat_is_read_with_its_place() -> None:
    metadata: dict[str, Any] = {"designator": "12A", "name": "EXTRA LEGROOM", "disclosures": []}
    got = await ancillaries(service(type="seat", metadata=metadata))
    assert got is not None
    assert (got[0].kind, got[0].seat, got[0].name, got[0].bag) == (
        "seat", "12A", "EXTRA LEGROOM", None,
    )  # fmt: skip


async def test_the_right_to_cancel_is_read_with_what_it_gives_back() -> None:
    metadata = {
        "refund_amount": "489.48",
        "merchant_copy": "Cancel for any reason",
        "terms_and_conditions_url": "https://duffel.com/terms",
    }
    got = await ancillaries(service(type="cancel_for_any_reason", metadata=metadata))
    assert got is not None
    assert got[0].refund == gbp("489.48")
    assert got[0].terms_url == "https://duffel.com/terms"


async def test_a_new_kind_is_other_and_an_entry_that_cannot_be_read_is_left_out() -> None:
    got = await ancillaries(
        service(id="ase_1", type="lounge", metadata={"anything": 1}),
        service(id="ase_2", total_amount=None),
        service(id="ase_3", metadata=None, passenger_ids=None),
        "not even an object",
    )
    assert got is not None
    assert [(each.ancillary_id, each.kind) for each in got] == [
        ("ase_1", "other"),
        ("ase_3", "baggage"),
    ]


async def test_an_offer_that_sells_nothing_else_says_so_and_a_search_does_not_ask() -> None:
    assert await ancillaries() == ()
    alone = await Wire(ok(raw_offer(available_services=None))).offers.get("off_1")
    assert alone.ancillaries == ()
    body = raw_request(raw_offer(available_services=[service()]))
    found = await Wire(ok(body)).offers.reopen("orq_1")
    assert found.offers[0].ancillaries is None


def element(designator: str | None = None, **changed: Any) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "type": "seat" if designator else "empty",
        "designator": designator,
        "name": None,
        "disclosures": None,
        "available_services": [],
    }
    return raw | changed


def raw_map(*elements: object, **changed: Any) -> dict[str, Any]:
    cabin: dict[str, Any] = {
        "cabin_class": "economy",
        "deck": 1,
        "aisles": 1,
        "wings": {"first_row_index": 0, "last_row_index": 2},
        "rows": [{"sections": [{"elements": list(elements)}, {"elements": []}]}],
    }
    return {"segment_id": "seg_1", "slice_id": "sli_1", "cabins": [cabin]} | changed


async def test_a_seat_map_is_mapped_to_our_words() -> None:
    sold = {
        "id": "ase_1",
        "passenger_id": "pas_1",
        "total_amount": "20.0",
        "total_currency": "GBP",
    }
    seat = element("12A", name="", disclosures=["Adults only"], available_services=[sold])
    (got,) = await Wire(ok([raw_map(seat, element(type="brand_new"))])).offers.seat_maps("off_1")
    assert got == SeatMap(
        "seg_1",
        "sli_1",
        (
            CabinMap(
                cabin="economy",
                deck=1,
                aisles=1,
                rows=(
                    CabinRow(
                        (
                            (
                                CabinElement(
                                    "seat",
                                    "12A",
                                    (SeatChoice("pas_1", "ase_1", gbp("20.0")),),
                                    disclosures=("Adults only",),
                                ),
                                CabinElement("brand_new"),
                            ),
                            (),
                        )
                    ),
                ),
                wing_rows=(0, 2),
            ),
        ),
    )


async def test_a_cabin_that_says_little_is_still_drawn() -> None:
    rows = [{"sections": [{"elements": [element("1A")]}, {"elements": [element("1B")]}]}]
    body = raw_map(cabins=[{"cabin_class": "first", "rows": rows, "wings": None}])
    (got,) = await Wire(ok([body])).offers.seat_maps("off_1")
    assert (got.cabins[0].aisles, got.cabins[0].deck, got.cabins[0].wing_rows) == (1, 0, None)


async def test_a_map_that_cannot_be_read_is_left_out() -> None:
    wire = Wire(ok([raw_map(cabins=None), raw_map(segment_id="seg_2")]))
    assert [each.segment_id for each in await wire.offers.seat_maps("off_1")] == ["seg_2"]


async def test_a_seat_whose_price_cannot_be_read_is_not_shown_as_taken() -> None:
    seat = element("12A", available_services=[{"id": "ase_1", "passenger_id": "pas_1"}])
    with pytest.raises(ProviderProtocolError, match="total_amount"):
        await Wire(ok([raw_map(seat)])).offers.seat_maps("off_1")


async def test_maps_none_of_which_can_be_read_are_an_error_that_names_the_field() -> None:
    with pytest.raises(ProviderProtocolError, match="segment_id"):
        await Wire(ok([raw_map(segment_id=None)])).offers.seat_maps("off_1")


async def test_no_maps_is_an_answer() -> None:
    assert await Wire(ok([])).offers.seat_maps("off_1") == ()
