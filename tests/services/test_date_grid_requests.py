import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_flights import NOW
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.flights.date_grid_requests import MAX_SEARCHES, DateGridQuery, check_grid

# Today is 2027-03-01 in Lisbon; the last day on sale is 2028-01-25.
MAY = DateGridQuery("LIS", "LHR", date(2027, 5, 1), date(2027, 5, 31))
WEEK = replace(MAY, departure_to=date(2027, 5, 7), nights_min=4, nights_max=10, max_searches=49)
# Three days either side of a departure on 2027-05-04 and of a return on 2027-05-11.
AROUND = replace(
    MAY,
    departure_to=date(2027, 5, 7),
    return_from=date(2027, 5, 8),
    return_to=date(2027, 5, 14),
    max_searches=49,
)


def test_a_month_is_one_search_a_day_and_within_the_usual_budget() -> None:
    grid = check_grid(MAY, NOW)
    assert [cell.departure.day for cell in grid.cells] == list(range(1, 32))
    assert {cell.nights for cell in grid.cells} == {None}
    assert {cell.state for cell in grid.cells} == {"not_asked"}
    assert len(grid.request(grid.cells[0]).slices) == 1


def test_departures_and_lengths_of_stay_make_a_grid() -> None:
    grid = check_grid(WEEK, NOW)
    assert len(grid.cells) == 49
    assert [(c.departure.day, c.nights) for c in grid.cells[:8]] == [
        (1, 4), (1, 5), (1, 6), (1, 7), (1, 8), (1, 9), (1, 10), (2, 4),
    ]  # fmt: skip
    out, back = grid.request(grid.cells[0]).slices
    assert (out.origin, out.destination, out.departure_date) == ("LIS", "LHR", date(2027, 5, 1))
    assert (back.origin, back.destination, back.departure_date) == ("LHR", "LIS", date(2027, 5, 5))


def test_one_length_of_stay_needs_one_number() -> None:
    assert {c.nights for c in check_grid(replace(MAY, nights_min=7), NOW).cells} == {7}


def test_departures_and_dates_of_return_make_a_grid() -> None:
    grid = check_grid(AROUND, NOW)
    assert [day.day for day in grid.returns] == [8, 9, 10, 11, 12, 13, 14]
    assert [(c.departure, c.back) for c in grid.cells] == [
        (date(2027, 5, out), date(2027, 5, back)) for out in range(1, 8) for back in range(8, 15)
    ]
    out, back = grid.request(grid.cells[-1]).slices
    assert (out.departure_date, back.departure_date) == (date(2027, 5, 7), date(2027, 5, 14))
    assert check_grid(WEEK, NOW).returns == ()


def test_one_date_of_return_needs_one_date() -> None:
    grid = check_grid(replace(MAY, return_from=date(2027, 6, 1)), NOW)
    assert grid.returns == (date(2027, 6, 1),)
    assert {cell.back for cell in grid.cells} == {date(2027, 6, 1)}
    assert len(grid.cells) == 31


def test_a_return_before_the_departure_is_not_planned_and_one_on_the_day_is() -> None:
    asked = replace(AROUND, return_from=date(2027, 4, 29), return_to=date(2027, 5, 3))
    grid = check_grid(replace(asked, max_searches=6), NOW)
    assert [(c.departure.day, c.nights) for c in grid.cells] == [
        (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0),
    ]  # fmt: skip
    assert [day.day for day in grid.returns] == [1, 2, 3]


def test_names_are_resolved_and_passengers_passed_on() -> None:
    asked = replace(
        MAY,
        origin="lisboa",
        adults=2,
        children_ages=(4,),
        infants_in_seat=1,
        cabin="Business",
    )
    grid = check_grid(asked, NOW)
    assert grid.resolved["origin"].place.code == "LIS"
    assert "destination" not in grid.resolved
    request = grid.request(grid.cells[0])
    assert (request.adults, request.children_ages, request.cabin) == (2, (4,), "business")
    assert request.infants_in_seat == 1


@pytest.mark.parametrize(
    ("wrong", "argument", "example"),
    [
        ({"origin": "ZZZ"}, "origin", None),
        ({"destination": "Lisbon"}, "destination", '"JFK"'),
        ({"departure_from": date(2027, 2, 28)}, "departure_from", None),
        ({"departure_to": date(2027, 4, 30)}, "departure_to", None),
        ({"departure_to": date(2028, 1, 26)}, "departure_to", None),
        ({"nights_max": 7}, "nights_min", "7"),
        ({"nights_min": -1}, "nights_min", "7"),
        ({"nights_min": 91}, "nights_min", "7"),
        ({"nights_min": 7, "nights_max": 6}, "nights_max", "7"),
        ({"adults": 0}, "adults", "2"),
        ({"return_to": date(2027, 6, 1)}, "return_from", '"2027-06-01"'),
        ({"return_from": date(2027, 4, 30)}, "return_from", '"2027-05-08"'),
        ({"return_from": date(2028, 1, 26)}, "return_from", '"2027-05-08"'),
        ({"return_from": date(2027, 6, 1), "nights_min": 7}, "nights_min", None),
        ({"return_to": date(2027, 6, 1), "nights_max": 7}, "nights_max", None),
        ({"children_ages": (18,)}, "children_ages", None),
        ({"infants_in_seat": -1}, "infants_in_seat", "1"),
        ({"adults": 5, "infants_in_seat": 5}, "adults", "2"),
        ({"cabin": "hold"}, "cabin", None),
        ({"max_connections": 3}, "max_connections", "1"),
        ({"max_searches": 0}, "max_searches", "31"),
        ({"max_searches": 63}, "max_searches", "31"),
    ],
)
def test_a_wrong_argument_is_named(
    wrong: dict[str, Any], argument: str, example: str | None
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        check_grid(replace(MAY, **wrong), NOW)
    assert refused.value.argument == argument
    assert example is None or refused.value.example == example


@pytest.mark.parametrize(
    ("first", "last", "argument", "rule", "example"),
    [
        ("2027-02-28", "2027-05-03", "return_from", "must be 2027-03-01", '"2027-05-01"'),
        ("2028-01-26", "2028-01-27", "return_from", "must be 2028-01-25", '"2027-05-01"'),
        ("2028-01-20", "2028-01-26", "return_to", "must be 2028-01-25", '"2028-01-25"'),
        ("2027-05-09", "2027-05-08", "return_to", "on or after return_from", '"2027-05-16"'),
        ("2027-04-20", "2027-04-30", "return_to", "on or after departure_from", '"2027-05-08"'),
    ],
)
def test_a_wrong_date_of_return_is_named_with_one_that_would_do(
    first: str, last: str, argument: str, rule: str, example: str
) -> None:
    asked = replace(
        MAY,
        departure_to=MAY.departure_from,
        return_from=date.fromisoformat(first),
        return_to=date.fromisoformat(last),
    )
    with pytest.raises(InvalidRequestError, match=rule) as refused:
        check_grid(asked, NOW)
    assert (refused.value.argument, refused.value.example) == (argument, example)


def test_returns_beyond_what_is_sold_are_refused_with_what_fits() -> None:
    late = replace(MAY, departure_from=date(2028, 1, 10), departure_to=date(2028, 1, 15))
    with pytest.raises(InvalidRequestError, match="nights_max: may be at most 10") as refused:
        check_grid(replace(late, nights_min=9, nights_max=11), NOW)
    assert refused.value.example == "10"
    with pytest.raises(InvalidRequestError, match="nights_min: may be at most 10"):
        check_grid(replace(late, nights_min=11), NOW)
    assert len(check_grid(replace(late, nights_min=9, nights_max=10), NOW).cells) == 12


@pytest.mark.parametrize(
    ("changes", "argument", "says", "example"),
    [
        ({"max_searches": 31}, "max_searches", "49", "49"),
        ({"nights_max": 34}, "departure_to", "217 searches", '"2027-05-01"'),
        ({"departure_to": date(2027, 5, 21)}, "departure_to", "147 searches", '"2027-05-07"'),
        ({"nights_min": 1, "nights_max": 60}, "nights_max", "420 searches", "1"),
    ],
)
def test_a_grid_that_is_too_large_is_refused_with_its_size_and_a_way_out(
    changes: dict[str, Any], argument: str, says: str, example: str
) -> None:
    with pytest.raises(InvalidRequestError, match=says) as refused:
        check_grid(replace(WEEK, **changes), NOW)
    assert (refused.value.argument, refused.value.example) == (argument, example)


@pytest.mark.parametrize(
    ("changes", "argument", "says", "example"),
    [
        ({"max_searches": 31}, "max_searches", "49 or more for 7 departures x 7 returns;", "49"),
        (
            {"return_from": date(2027, 5, 5), "return_to": date(2027, 5, 11), "max_searches": 45},
            "max_searches",
            "46 or more for 7 departures x 7 returns, less the returns before the departure;",
            "46",
        ),
        ({"return_to": date(2027, 5, 31)}, "departure_to", "168 searches", '"2027-05-02"'),
        ({"departure_to": date(2027, 5, 31)}, "departure_to", "77 searches", '"2027-05-07"'),
        ({"return_to": date(2027, 7, 31)}, "return_to", "595 searches", '"2027-05-08"'),
    ],
)
def test_too_many_dates_of_return_are_refused_with_their_size_and_a_way_out(
    changes: dict[str, Any], argument: str, says: str, example: str
) -> None:
    with pytest.raises(InvalidRequestError, match=says) as refused:
        check_grid(replace(AROUND, **changes), NOW)
    assert (refused.value.argument, refused.value.example) == (argument, example)


def every_day(first: date, last: date) -> list[date]:
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


@st.composite
def between_dates(draw: st.DrawFn) -> DateGridQuery:
    """Ask for returns that may lie before, among or after the departures."""
    first = MAY.departure_from + timedelta(days=draw(st.integers(-20, 60)))
    more = draw(st.none() | st.integers(0, 70))
    return replace(
        MAY,
        departure_to=MAY.departure_from + timedelta(days=draw(st.integers(0, 40))),
        return_from=first,
        return_to=None if more is None else first + timedelta(days=more),
        max_searches=draw(st.integers(1, MAX_SEARCHES)),
    )


@given(between_dates())
def test_exactly_the_dates_that_may_go_together_are_planned(query: DateGridQuery) -> None:
    assert query.return_from is not None
    pairs = [
        (departure, back)
        for departure in every_day(query.departure_from, query.departure_to)
        for back in every_day(query.return_from, query.return_to or query.return_from)
        if back >= departure
    ]
    if 0 < len(pairs) <= query.max_searches:
        grid = check_grid(query, NOW)
        assert [(cell.departure, cell.back) for cell in grid.cells] == pairs
        assert list(grid.returns) == sorted({back for _, back in pairs})
        return
    with pytest.raises(InvalidRequestError) as refused:
        check_grid(query, NOW)
    if pairs:
        assert f"{len(pairs)} " in refused.value.rule
        assert (refused.value.argument == "max_searches") == (len(pairs) <= MAX_SEARCHES)
    else:
        assert refused.value.argument == ("return_from" if query.return_to is None else "return_to")


@given(between_dates())
def test_taking_the_example_of_each_refusal_leads_to_a_grid(query: DateGridQuery) -> None:
    for _ in range(4):
        try:
            cells = check_grid(query, NOW).cells
        except InvalidRequestError as refused:
            value: int | str = json.loads(refused.example or "")
            taken = date.fromisoformat(value) if isinstance(value, str) else value
            changes: dict[str, Any] = {refused.argument: taken}
            query = replace(query, **changes)
        else:
            assert 0 < len(cells) <= query.max_searches
            return
    pytest.fail("still refused")


@given(st.integers(1, 100), st.none() | st.integers(0, 90), st.integers(0, 90), st.integers(1, 62))
def test_no_grid_needs_more_searches_than_allowed(
    days: int, least: int | None, more: int, allowed: int
) -> None:
    query = replace(
        MAY,
        departure_to=MAY.departure_from + timedelta(days=days - 1),
        nights_min=least,
        nights_max=None if least is None else min(90, least + more),
        max_searches=allowed,
    )
    needed = days * (1 if least is None else min(90, least + more) - least + 1)
    if needed <= allowed:
        cells = check_grid(query, NOW).cells
        assert len({(cell.departure, cell.nights) for cell in cells}) == len(cells) == needed
    else:
        with pytest.raises(InvalidRequestError, match=str(needed)) as refused:
            check_grid(query, NOW)
        assert (refused.value.argument == "max_searches") == (needed <= MAX_SEARCHES)
