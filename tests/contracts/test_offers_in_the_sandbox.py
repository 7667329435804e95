"""What offers and dates show, over the sandbox: the same as what is sold there."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date

import pytest
from pydantic import SecretStr

from tests.build_flights import NOW
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.providers.flights.duffel import DuffelConfig, build
from tripsage_mcp.providers.ports import FlightProvider
from tripsage_mcp.sandbox.duffel.app import build_app
from tripsage_mcp.services.bookings.seats import find_seat
from tripsage_mcp.services.flights.cheapest_dates import CheapestDatesService
from tripsage_mcp.services.flights.date_grid_requests import DateGridQuery
from tripsage_mcp.services.flights.offers import FlightOfferService
from tripsage_mcp.views.flight_offer import OfferAnswer

pytestmark = pytest.mark.anyio

TOKEN = "duffel_test_offers"
TWO_DAYS = DateGridQuery("LIS", "LHR", date(2027, 5, 10), date(2027, 5, 11))


@asynccontextmanager
async def sandbox() -> AsyncGenerator[FlightProvider]:
    app = build_app(now=lambda: NOW, token=TOKEN)
    duffel = build(
        DuffelConfig(access_token=SecretStr(TOKEN)), data="sandbox", now=lambda: NOW, app=app
    )
    try:
        yield duffel.offers
    finally:
        await duffel.aclose()


@pytest.mark.parametrize(
    ("query", "cells"),
    [
        (replace(TWO_DAYS, nights_min=3, nights_max=4), 4),
        # A return on the day of the departure, and none on the day before it.
        (replace(TWO_DAYS, return_from=date(2027, 5, 10), return_to=date(2027, 5, 12)), 5),
    ],
)
async def test_each_cell_of_a_grid_is_the_cheapest_of_its_own_search(
    query: DateGridQuery, cells: int
) -> None:
    async with sandbox() as provider:
        result = await CheapestDatesService(provider, lambda: NOW).find(query)
        for cell in result.grid.cells:
            found = await provider.search(result.asked.request(cell))
            (shown,) = cell.offers
            assert shown.total.amount == min(offer.total.amount for offer in found.offers)
            assert shown.slices[0].departs_at.date() == cell.departure
            assert shown.slices[1].departs_at.date() == cell.back
    assert (len(result.grid.cells), result.provenance.data) == (cells, "sandbox")


async def test_every_seat_that_is_shown_can_be_ordered_by_its_name() -> None:
    request = OfferRequest(
        (
            SliceRequest("LIS", "JFK", date(2027, 5, 10)),
            SliceRequest("JFK", "LIS", date(2027, 5, 17)),
        ),
        adults=2,
    )
    async with sandbox() as provider:
        offers = (await provider.search(request)).offers
        full = await FlightOfferService(provider, lambda: NOW).get(offers[0].offer_id, seats=True)
    assert full.seats is not None
    shown = OfferAnswer.of(full)
    assert shown.seats is not None
    assert shown.seats.segments
    passengers = {who.number: who.passenger_id for who in shown.passengers}
    for each in shown.seats.segments:
        segment_id = full.offer.segments[each.segment - 1].segment_id
        for cabin in each.cabins:
            seats = list(named(cabin.rows))
            assert len(seats) == cabin.available
            for seat, only in seats:
                choice = find_seat(full.seats.maps, segment_id, seat, passengers[only or 1])
                assert choice.price.amount >= 0


def named(rows: list[str]) -> list[tuple[str, int | None]]:
    """Return each seat a cabin's rows name, with the one passenger it is for, if it is for one."""
    seats: list[tuple[str, int | None]] = []
    for line in rows:
        label, _, groups = line.partition(": ")
        first, _, last = label.partition("-")
        for group in groups.split("; "):
            letters = re.findall(r"\b[A-Z]\b", group)
            only = re.search(r"passenger (\d+) only", group)
            seats += [
                (f"{number}{letter}", int(only[1]) if only else None)
                for number in range(int(first), int(last or first) + 1)
                for letter in letters
            ]
    return seats
