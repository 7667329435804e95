from hypothesis import given
from hypothesis import strategies as st

from tests.fakes_places import LISBON_CENTRE, locality, place
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import OpeningHours, OpeningPeriod
from tripsage_mcp.views.places import PlaceRow, full_name, weekly


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
    assert full_name(paris) == "Paris, Île-de-France, France"
    assert full_name(locality("Singapore", country="Singapore")) == "Singapore"


def test_a_row_says_how_far_it_is_and_leaves_out_what_is_not_known() -> None:
    row = PlaceRow.of(place(coordinates=Coordinates(38.72, -9.1333333)), LISBON_CENTRE)
    assert row.model_dump(exclude_none=True) == {
        "place_id": "p1",
        "name": "A museum",
        "kind": "museum",
        "latitude": 38.72,
        "longitude": -9.13333,
        "distance_m": 367,
    }


def test_a_long_summary_is_cut() -> None:
    summary = PlaceRow.of(place(summary="x" * 300), None).summary
    assert summary is not None
    assert len(summary) == 160
