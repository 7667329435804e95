import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_seats import cabin, row, seat, seat_map
from tripsage_mcp.domain.ancillary import CabinRow, SeatMap
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.bookings.seats import find_seat

MAPS = (
    seat_map(cabin(row(11, "A.. ..F", "10"), row(12, "AB. ...", "10", "12")), segment_id="seg_1"),
    seat_map(cabin(row(1, "AB CD", "5")), segment_id="seg_2"),
)


@pytest.mark.parametrize("written", ["12A", "12a", " 12 A ", "012A"])
def test_a_seat_is_found_however_it_is_written(written: str) -> None:
    choice = find_seat(MAPS, "seg_1", written, "pas_2")
    assert choice.ancillary_id == "ase_12A_2"
    assert str(choice.price) == "12.00 EUR"


def test_each_segment_has_seats_of_its_own() -> None:
    assert find_seat(MAPS, "seg_2", "1A", "pas_1").ancillary_id == "ase_1A_1"
    with pytest.raises(InvalidRequestError, match="does not have"):
        find_seat(MAPS, "seg_2", "12A", "pas_1")


def test_a_taken_seat_is_refused_with_the_nearest_that_are_free() -> None:
    with pytest.raises(InvalidRequestError, match=r"blocked; .*: 11A, 11F, 12A, 12B") as no:
        find_seat(MAPS, "seg_1", "11C", "pas_1", argument="seats.0.seat")
    assert (no.value.argument, no.value.example) == ("seats.0.seat", '"11A"')
    with pytest.raises(InvalidRequestError, match=": 12A, 12B, 11A, 11F"):
        find_seat(MAPS, "seg_1", "12C", "pas_1")


def test_a_seat_for_somebody_else_is_refused_with_those_for_the_passenger() -> None:
    with pytest.raises(InvalidRequestError, match=r"may not take; free on that segment: 12A, 12B$"):
        find_seat(MAPS, "seg_1", "11A", "pas_2")


def test_a_passenger_for_whom_nothing_is_free_is_told_so() -> None:
    with pytest.raises(InvalidRequestError, match="none is free for this passenger"):
        find_seat(MAPS, "seg_1", "11A", "pas_9")


@pytest.mark.parametrize("segment_id", ["seg_3", None])
def test_a_segment_without_a_map_has_no_seats_to_choose(segment_id: str | None) -> None:
    with pytest.raises(InvalidRequestError, match="no seat map"):
        find_seat(MAPS, segment_id, "12A", "pas_1")


@pytest.mark.parametrize("written", ["", "A", "12", "window", "12AB", "1234A", "12A;ase_1"])
def test_what_names_no_seat_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(InvalidRequestError, match="by row and letter") as refused:
        find_seat(MAPS, "seg_1", written, "pas_1")
    assert not written or written not in refused.value.message.split()


def test_a_long_list_of_free_seats_is_cut() -> None:
    full = (seat_map(cabin(*(row(n, "ABC DEF", "9") for n in range(1, 30)))),)
    with pytest.raises(InvalidRequestError, match="and 162 more") as refused:
        find_seat(full, "seg_1", "77A", "pas_1")
    assert len(refused.value.message) < 250


@given(st.sets(st.tuples(st.integers(1, 60), st.sampled_from("ABCDEF")), min_size=1), st.data())
def test_exactly_the_free_seats_are_found(free: set[tuple[int, str]], data: st.DataObject) -> None:
    rows = tuple(
        CabinRow((tuple(seat(f"{n}{x}", *(["7"] if (n, x) in free else [])) for x in "ABCDEF"),))
        for n in range(1, 61)
    )
    maps: tuple[SeatMap, ...] = (seat_map(cabin(*rows)),)
    wanted = data.draw(st.tuples(st.integers(1, 60), st.sampled_from("ABCDEF")))
    name = f"{wanted[0]}{wanted[1]}"
    if wanted in free:
        assert find_seat(maps, "seg_1", name, "pas_1").ancillary_id == f"ase_{name}_1"
    else:
        with pytest.raises(InvalidRequestError, match="taken or blocked") as refused:
            find_seat(maps, "seg_1", name, "pas_1")
        nearest = (refused.value.example or "").strip('"')
        distance = min(abs(n - wanted[0]) for n, _ in free)
        assert abs(int(nearest[:-1]) - wanted[0]) == distance
