"""Answers of Duffel Stays that make no sense: each costs little, and misleads nobody."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes_hotels import raw_accommodation, raw_quote, raw_rate, raw_result
from tests.providers.stays.duffel_replies import HERE, answering, found, provider
from tripsage_mcp.errors import ProviderProtocolError

pytestmark = pytest.mark.anyio

ENDLESS = "1" + "0" * 20


async def test_a_row_that_cannot_be_read_costs_that_row_alone() -> None:
    nameless = raw_result(2, accommodation=raw_accommodation(name=" \n "))
    rows = [raw_result(1), None, {"id": "srr_x"}, nameless, raw_result(1), raw_result(3)]
    page = await provider(found(*rows)).search(HERE)
    assert [stay.listing_id for stay in page.stays] == [f"srr_{n:022}" for n in (1, 3)]
    assert page.skipped_rows == 3
    with pytest.raises(ProviderProtocolError):
        await provider(found({"id": "srr_x"})).search(HERE)


@pytest.mark.parametrize(
    "odd",
    [
        {"review_score": "good", "rating": 9, "review_count": "many"},
        {"location": None},
        {"location": {"geographic_coordinates": {"latitude": 138.7, "longitude": -9.1}}},
        {"amenities": [None, "pool", {"description": "x"}]},
        {"rooms": [None, {"rates": [{"id": "rat_1"}, None]}]},
        {"check_in_information": "late"},
    ],
)
async def test_odd_details_cost_nobody_a_hotel(odd: dict[str, Any]) -> None:
    row = raw_result(accommodation=raw_accommodation(**odd))
    page = await provider(found(row)).search(HERE)
    assert len(page.stays) == 1
    assert page.stays[0].price is not None


@pytest.mark.parametrize(
    ("row", "priced"),
    [
        ({"cheapest_rate_total_amount": ENDLESS}, False),
        ({"cheapest_rate_total_amount": "NaN"}, False),
        # It would be the cheapest of all, and within every budget.
        ({"cheapest_rate_total_amount": "-5.00"}, False),
        ({"cheapest_rate_total_amount": "0.00"}, False),
        ({"expires_at": "2026-11-22T12:30:00"}, True),  # in no zone
        ({"rooms": "one", "guests": None}, True),
    ],
)
async def test_odd_prices_and_times_cost_nobody_the_page(
    row: dict[str, Any], *, priced: bool
) -> None:
    page = await provider(found(raw_result(1, **row), raw_result(2))).search(HERE)
    assert [stay.price is not None for stay in page.stays] == [priced, True]
    assert page.provenance.expires_at == datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "odd",
    [
        {"total_amount": ENDLESS},
        {"total_amount": "0.00"},
        {"due_at_accommodation_amount": "-16.00"},
        {"due_at_accommodation_amount": ENDLESS},
        {"cancellation_timeline": [
            {"before": "2027-02-27T18:00:00", "refund_amount": "400.00", "currency": "EUR"}
        ]},
        {"cancellation_timeline": [
            {"before": "2027-02-27T18:00:00Z", "refund_amount": ENDLESS, "currency": "EUR"}
        ]},
    ],
)  # fmt: skip
async def test_a_rate_that_makes_no_sense_is_left_out_and_counted(odd: dict[str, Any]) -> None:
    rooms = [{"name": "Double", "rates": [raw_rate(0), raw_rate(1, **odd)]}]
    row = raw_result(1, accommodation=raw_accommodation(rooms=rooms))
    details = await provider(answering(row)).get("srr_1", None)
    assert ([len(room.rates) for room in details.rooms], details.left_out) == ([1], 1)
    assert len((await provider(found(row)).search(HERE)).stays) == 1


async def test_what_is_due_at_the_door_is_never_overlooked() -> None:
    dear = raw_result(1, cheapest_rate_due_at_accommodation_amount="some")
    page = await provider(found(dear, raw_result(2))).search(HERE)
    assert (len(page.stays), page.skipped_rows) == (1, 1)
    odd = answering(raw_quote(due_at_accommodation_amount="some"), 201)
    with pytest.raises(ProviderProtocolError):
        await provider(odd).quote("rat_1")


async def test_a_hotel_without_an_address_has_no_area() -> None:
    row = raw_result(1, accommodation=raw_accommodation(location={"address": None}))
    details = await provider(answering(row)).get("srr_1", None)
    assert (details.area, details.coordinates) == (None, None)
    assert "location" in details.unknown
