import json
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build_flights import flown, offer, segment
from tests.build_seats import LETTERS, cabin, row, seat, seat_map, thing
from tests.recorded import duffel, needs_recordings
from tripsage_mcp.domain.ancillary import CabinElement, CabinMap, CabinRow, SeatMap
from tripsage_mcp.domain.flight import Offer, Passenger
from tripsage_mcp.providers.flights.duffel_ancillaries import SEAT_MAPS, seat_maps
from tripsage_mcp.views.seat_map import SeatsView

# How many characters of JSON make a token, on average.
TOKEN = 3.6


def flight(*segment_ids: str, passengers: int = 1) -> Offer:
    segments = [replace(segment(), segment_id=one) for one in segment_ids]
    people = tuple(Passenger(f"pas_{n}", "adult") for n in range(1, passengers + 1))
    return replace(offer(1, *(flown(each) for each in segments)), passengers=people)


def view(*maps: SeatMap, passengers: int = 1) -> SeatsView:
    ids = dict.fromkeys(each.segment_id for each in maps)
    return SeatsView.of(flight(*ids, passengers=passengers), maps)


def rows(*given: CabinRow, passengers: int = 1) -> list[str]:
    (segment_view,) = view(seat_map(cabin(*given)), passengers=passengers).segments
    (cabin_view,) = segment_view.cabins
    return cabin_view.rows


def tokens(shown: SeatsView) -> float:
    body = shown.model_dump(mode="json", exclude_none=True)
    return len(json.dumps(body, separators=(",", ":"))) / TOKEN


def test_one_price_is_said_once_and_rows_list_what_is_available() -> None:
    shown = view(seat_map(cabin(row(1, "AB. ..F", "20"), row(2, "... ...", "20"))))
    (cabin_view,) = shown.segments[0].cabins
    assert (shown.currency, cabin_view.price, cabin_view.layout) == ("EUR", "20.00", "ABC DEF")
    assert (cabin_view.seats, cabin_view.available) == (12, 3)
    assert cabin_view.rows == ["1: A B F"]


def test_rows_that_offer_the_same_are_one_line() -> None:
    assert rows(
        row(1, "ABC DEF", "20"),
        row(2, "ABC DEF", "20"),
        row(3, "ABC DE.", "20"),
        row(4, "... ...", "20"),
        row(5, "ABC DE.", "20"),
        row(6, "ABC DE.", "20"),
        # Nobody sits in row 7: it is not there.
        row(8, "ABC DE.", "20"),
    ) == ["1-2: A B C D E F", "3: A B C D E", "5-6: A B C D E", "8: A B C D E"]


def test_prices_that_differ_are_said_with_the_seats() -> None:
    mixed = CabinRow(((seat("3A", "30"), seat("3B", "0"), seat("3C", "30")),))
    assert rows(row(1, "AB", "20"), mixed) == ["1: A B 20.00", "3: A C 30.00; B 0.00"]


def test_a_seat_that_only_some_may_take_says_who() -> None:
    exits = CabinRow(((seat("2A", "20"), seat("2B", "", "25")),))
    assert rows(row(1, "AB", "20", "20"), exits, passengers=2) == [
        "1: A B 20.00",
        "2: A 20.00 (passenger 1 only); B 25.00 (passenger 2 only)",
    ]


def test_prices_in_several_currencies_name_theirs() -> None:
    shown = view(seat_map(cabin(CabinRow(((seat("1A", "20"), seat("1B", "9", currency="GBP")),)))))
    assert shown.currency is None
    assert shown.segments[0].cabins[0].rows == ["1: A 20.00 EUR; B 9.00 GBP"]


def test_doors_and_other_landmarks_are_placed_by_row() -> None:
    made = CabinMap(
        "economy",
        0,
        1,
        (
            thing("galley"),
            row(1, "AB CD", "9"),
            row(2, "AB CD", "9"),
            thing("exit_row"),
            row(10, "AB CD", "9"),
            CabinRow(((seat("11A", "9"), CabinElement("bassinet")),)),
            thing("something_new"),
        ),
        wing_rows=(2, 4),
    )
    (shown,) = view(seat_map(made)).segments[0].cabins
    assert shown.landmarks == [
        "over the wing: 2-10",
        "galley before row 1",
        "exit before row 10",
        "bassinet in row 11",
        "something new behind row 11",
    ]


def test_what_the_airline_says_about_seats_is_said_once_and_bounded() -> None:
    adult = ("Passenger must be an adult\u202e\n" + "x" * 200,)
    made = CabinRow(
        (
            tuple(seat(f"1{x}", "9", disclosures=adult) for x in "AB"),
            (seat("1C", "9", name="EXTRA LEGROOM"),),
            tuple(seat(f"1{x}", "9", name="STANDARD") for x in "DEFG"),
            (seat("1H", disclosures=("Taken, so nobody cares",)),),
        )
    )
    (shown,) = view(seat_map(cabin(made))).segments[0].cabins
    assert shown.notes is not None
    assert [note.partition(": ")[2] for note in shown.notes] == ["1A 1B", "1C"]
    assert all(len(note) < 100 for note in shown.notes)
    assert "\u202e" not in "".join(shown.notes)


def test_what_the_airline_keeps_back_is_counted() -> None:
    kept = CabinRow((tuple(CabinElement("restricted_seat_general") for _ in range(3)),))
    (shown,) = view(seat_map(cabin(row(1, "AB", "9"), kept))).segments[0].cabins
    assert (shown.seats, shown.available, shown.blocked) == (2, 2, 3)


def test_a_flight_without_a_map_is_said_and_no_fault() -> None:
    offered = flight("seg_1", "seg_2")
    shown = SeatsView.of(offered, [seat_map(cabin(row(1, "AB", "9")), segment_id="seg_2")])
    assert ([each.segment for each in shown.segments], shown.no_map) == ([2], [1])
    assert list(shown.lines()) == [
        "Seats on TP1350: 2 of 2 available.",
        "No seat map for flight 1 of 2.",
    ]
    none = SeatsView.of(offered, [])
    assert (none.segments, none.no_map) == ([], [1, 2])
    assert "no fault" in none.note


def test_a_sold_out_cabin_takes_no_room() -> None:
    (shown,) = view(seat_map(cabin(thing("exit_row"), row(1, "... ...", "9")))).segments[0].cabins
    assert (shown.available, shown.rows, shown.layout, shown.landmarks) == (0, [], None, None)


def test_an_upper_deck_is_named() -> None:
    (shown,) = view(seat_map(cabin(row(80, "AB", "9"), deck=1))).segments[0].cabins
    assert shown.deck == "upper"


def varied(count: int, layout: str, per_passenger: int = 1) -> CabinMap:
    """Return a cabin in which no two seats cost the same: the worst there can be."""
    price = iter(range(10, 10_000))
    return cabin(
        *(
            CabinRow(
                tuple(
                    tuple(
                        seat(f"{n}{x}", *(str(next(price)) for _ in range(per_passenger)))
                        for x in section
                    )
                    for section in layout.split()
                )
            )
            for n in range(1, count + 1)
        )
    )


def test_a_full_narrow_body_stays_small() -> None:
    empty = view(seat_map(cabin(*(row(n, "ABC DEF", str(40 - n)) for n in range(1, 32)))))
    assert tokens(empty) < 500
    assert tokens(view(seat_map(varied(31, "ABC DEF")))) < 1_500


def test_a_wide_body_is_cut_by_whole_rows_and_says_which() -> None:
    shown = view(seat_map(varied(60, "ABC DEFG HJK", per_passenger=2)), passengers=2)
    (cabin_view,) = shown.segments[0].cabins
    assert tokens(shown) < 1_500
    assert cabin_view.available == 600
    assert cabin_view.rows_left_out is not None
    listed = [line.partition(":")[0] for line in cabin_view.rows]
    assert [*listed, *cabin_view.rows_left_out.split(", ")] == [str(n) for n in range(1, 61)]


def test_many_flights_share_the_room() -> None:
    maps = [seat_map(varied(60, "ABC DEFG HJK"), segment_id=f"seg_{n}") for n in range(12)]
    shown = view(*maps)
    assert len(shown.segments) == 12
    assert all(each.cabins[0].rows for each in shown.segments)
    assert tokens(shown) < 4_500


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(LETTERS[:6])), st.sampled_from(["5", "9"])),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=60)
def test_every_available_seat_is_listed_and_no_other(
    cabin_rows: list[tuple[set[str], str]],
) -> None:
    layouts = [
        ("".join(x if x in free else "." for x in LETTERS[:6]), price) for free, price in cabin_rows
    ]
    lines = rows(*(row(n, layout, price) for n, (layout, price) in enumerate(layouts, 1)))
    listed: set[str] = set()
    for line in lines:
        label, _, seats = line.partition(": ")
        first, _, last = label.partition("-")
        for n in range(int(first), int(last or first) + 1):
            listed |= {f"{n}{word}" for word in seats.replace(";", "").split() if word.isalpha()}
    assert listed == {f"{n}{x}" for n, (free, _) in enumerate(cabin_rows, 1) for x in free}


@needs_recordings
@pytest.mark.parametrize(
    ("name", "available", "most_tokens"),
    [
        ("seat-maps/off_0000AUde3KwTztSRK1cznH.json", [76, 76], 600),
        ("seat-maps/seat_map_with_restricted_seat_general.json", [12], 300),
    ],
)
def test_a_recorded_seat_map_is_small(name: str, available: list[int], most_tokens: int) -> None:
    raw = duffel(name)
    listed = cast("list[Any]", raw) if isinstance(raw, list) else [raw]
    maps = seat_maps(SEAT_MAPS.validate_python({"data": listed}).data)
    people = dict.fromkeys(
        choice.passenger_id
        for each in maps
        for made in each.cabins
        for line in made.rows
        for element in line.elements
        for choice in element.choices
    )
    offered = replace(
        flight(*(each.segment_id for each in maps)),
        passengers=tuple(Passenger(one, "adult") for one in people),
    )
    shown = SeatsView.of(offered, maps)
    assert [sum(c.available for c in each.cabins) for each in shown.segments] == available
    assert all(c.rows_left_out is None for each in shown.segments for c in each.cabins)
    assert tokens(shown) < most_tokens
