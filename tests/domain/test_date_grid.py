from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_flights import flown, offer, segment
from tripsage_mcp.domain.date_grid import DateCell, DateGrid, cheapest_of_each_currency
from tripsage_mcp.domain.flight import Offer

DAY = date(2027, 5, 10)


def priced(day: int, *offers: Offer, nights: int | None = None) -> DateCell:
    found = cheapest_of_each_currency(offers)
    return DateCell(DAY + timedelta(days=day), nights, "priced", found)


def test_the_return_is_so_many_days_after_the_departure() -> None:
    assert DateCell(date(2027, 2, 27), 3).back == date(2027, 3, 2)
    assert DateCell(DAY).back is None


@given(st.lists(st.tuples(st.decimals(1, 999, places=2), st.sampled_from(["EUR", "GBP", "USD"]))))
def test_the_cheapest_is_found_in_each_currency_for_itself(sold: list[tuple[Decimal, str]]) -> None:
    offers = [offer(n, price=str(p), currency=c) for n, (p, c) in enumerate(sold)]
    found = cheapest_of_each_currency(offers)
    assert {o.total.currency: o.total.amount for o in found} == {
        currency: min(price for price, c in sold if c == currency) for _, currency in sold
    }
    counts = [sum(c == o.total.currency for _, c in sold) for o in found]
    assert counts == sorted(counts, reverse=True)


def test_among_equal_prices_fewer_connections_win_then_the_shorter_way() -> None:
    twice = flown(segment("LIS-CDG", minutes=60), segment("CDG-LHR", "2027-05-10T11:00", 60))
    slow, quick = flown(segment(minutes=300)), flown(segment(minutes=200))
    same = [offer(1, twice), offer(2, slow), offer(3, quick)]
    assert [o.offer_id for o in cheapest_of_each_currency(same)] == [offer(3).offer_id]


def test_dates_are_ranked_by_price_within_the_currency_of_most() -> None:
    grid = DateGrid(
        (
            priced(0, offer(1, price="90")),
            priced(1, offer(2, price="1", currency="GBP")),
            DateCell(DAY + timedelta(days=2), None, "empty"),
            # Its other price is the one that compares.
            priced(3, offer(3, price="5", currency="USD"), offer(4, price="80")),
            DateCell(DAY + timedelta(days=4), None, "failed", failure="provider_unavailable"),
            DateCell(DAY + timedelta(days=5)),
        )
    )
    assert grid.currencies == ("EUR", "GBP", "USD")
    assert [(one.cell.departure.day, str(one.offer.total)) for one in grid.ranked] == [
        (13, "80.00 EUR"),
        (10, "90.00 EUR"),
        (11, "1.00 GBP"),
    ]
    assert grid.searches_made == 5


def test_among_dates_of_equal_price_the_nonstop_comes_first() -> None:
    via = flown(segment("LIS-CDG", minutes=60), segment("CDG-LHR", "2027-05-10T11:00", 60))
    grid = DateGrid((priced(0, offer(1, via)), priced(1, offer(2))))
    assert [one.cell.departure.day for one in grid.ranked] == [11, 10]


@pytest.mark.parametrize("nights", [(), (3, 4)])
def test_the_lengths_of_stay_are_those_of_the_cells(nights: tuple[int, ...]) -> None:
    cells = tuple(DateCell(DAY, n) for _ in range(2) for n in nights or (None,))
    assert DateGrid(cells).nights == nights


def test_the_lengths_of_stay_are_in_order_where_dates_of_return_made_them() -> None:
    returns = (DAY + timedelta(days=5), DAY + timedelta(days=6))
    departures = (DAY, DAY + timedelta(days=1))
    cells = tuple(DateCell(day, (back - day).days) for day in departures for back in returns)
    assert DateGrid(cells).nights == (4, 5, 6)
