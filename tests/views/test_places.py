from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes_places import LISBON_CENTRE, locality, place
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import Accessibility, OpeningHours, OpeningPeriod, PriceRange
from tripsage_mcp.services.places.service import OpenOn
from tripsage_mcp.views.places import PlaceRow, weekly


def hours(*periods: tuple[int, int, int]) -> OpeningHours:
    return OpeningHours(tuple(OpeningPeriod(*period) for period in sorted(periods)))


def test_days_alike_are_written_once() -> None:
    museum = hours(*((day, 570, 1080) for day in range(1, 7)))
    assert weekly(museum) == "Mo closed; Tu-Su 09:30-18:00"


def test_two_openings_a_day_and_nights_that_go_on() -> None:
    restaurant = hours((4, 720, 900), (4, 1140, 1440), (5, 1320, 1560))
    assert (
        weekly(restaurant) == "Mo-Th closed; Fr 12:00-15:00,19:00-24:00; Sa 22:00-02:00; Su closed"
    )


def test_never_and_always() -> None:
    assert weekly(OpeningHours()) == "not open"
    assert weekly(OpeningHours(always_open=True)) == "open 24 hours"


@given(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 1439), st.integers(1, 1440))
def test_every_day_is_covered_by_exactly_one_run(days: set[int], opens: int, length: int) -> None:
    text = weekly(hours(*((day, opens, opens + length) for day in days)))
    names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
    covered: list[int] = []
    for run in text.split("; "):
        first, _, last = run.split(" ")[0].partition("-")
        run_days = range(names.index(first), names.index(last or first) + 1)
        assert all((day in days) != run.endswith("closed") for day in run_days)
        covered.extend(run_days)
    assert covered == list(range(7))


def test_a_name_tells_namesakes_apart_without_saying_a_word_twice() -> None:
    paris = locality("Paris", region="Île-de-France", country="France")
    assert paris.full_name == "Paris, Île-de-France, France"
    assert locality("Singapore", country="Singapore").full_name == "Singapore"


def test_a_row_says_how_far_it_is_and_leaves_out_what_is_not_known() -> None:
    row = PlaceRow.of(place(coordinates=Coordinates(38.72, -9.1333333)), LISBON_CENTRE)
    assert row.model_dump(exclude_none=True) == {
        "place_id": "p1",
        "name": "A museum",
        "kind": "museum",
        "at": "38.72000,-9.13333",
        "distance_m": 367,
    }


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (
            Accessibility(entrance=True, parking=False, restroom=True),
            "entrance, restroom; not parking",
        ),
        (Accessibility(entrance=False), "not entrance"),
        (Accessibility(seating=True), "seating"),
    ],
)
def test_what_a_wheelchair_can_use_is_said_in_words(access: Accessibility, words: str) -> None:
    assert PlaceRow.in_full(place(accessibility=access)).wheelchair == words
    assert PlaceRow.of(place(accessibility=access), None).step_free is access.entrance


@pytest.mark.parametrize(
    ("end", "words"), [(Money(Decimal(20), "EUR"), "10-20 EUR"), (None, "from 10 EUR")]
)
def test_a_price_range_is_written_with_its_currency(end: Money | None, words: str) -> None:
    prices = PriceRange(Money(Decimal(10), "EUR"), end)
    assert PlaceRow.in_full(place(price_range=prices)).price_range == words


def test_every_special_day_is_told_and_those_in_a_row_that_are_alike_at_once() -> None:
    late, closed = ((540, 1500),), ()
    on = {24: closed, 25: late, 26: late, 27: closed, 29: closed, 30: closed}
    days = tuple((date(2026, 12, day), windows) for day, windows in on.items())
    shown = place(opening_hours=OpeningHours(exceptions=days))
    listed = PlaceRow.of(shown, None).special_days
    assert listed == [
        "2026-12-24 closed",
        "2026-12-25 to 2026-12-26 09:00-01:00",
        "2026-12-27 closed",
        "2026-12-29 to 2026-12-30 closed",
    ]
    assert PlaceRow.in_full(shown).special_days == listed


def test_what_is_not_in_business_has_a_status_and_no_hours() -> None:
    future = place(status="future", opens_on=date(2027, 3, 1), opening_hours=OpeningHours())
    row = PlaceRow.of(future, None)
    assert (row.status, row.opens_on, row.hours) == ("future", "2027-03-01", None)


def test_intervals_say_of_their_end_what_differs_and_unknown_is_absent_while_closed_is_empty() -> (
    None
):
    lisbon = ZoneInfo("Europe/Lisbon")
    day = datetime(2027, 3, 28, tzinfo=lisbon)
    night = (day.replace(hour=22), datetime(2027, 3, 29, 2, tzinfo=lisbon))
    jump = (day, day.replace(hour=3))
    morning = (day.replace(hour=9), day.replace(hour=12))
    rows = [
        PlaceRow.of(place(), None, OpenOn(intervals)).open
        for intervals in ((jump, morning, night), (), None)
    ]
    assert rows == [
        [
            "2027-03-28T00:00+00:00/2027-03-28T03:00+01:00",
            "2027-03-28T09:00+01:00/12:00",
            "2027-03-28T22:00+01:00/2027-03-29T02:00+01:00",
        ],
        [],
        None,
    ]
