from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_flights import flown, offer, segment
from tripsage_mcp.domain.flight import Baggage, Layover, Passenger, PassengerType, least
from tripsage_mcp.domain.flight_request import OfferRequest, SliceRequest
from tripsage_mcp.domain.money import Money


@pytest.mark.parametrize(
    ("onward", "departs", "minutes", "short", "overnight"),
    [
        ("LHR-LIS", "2027-05-10T12:54", 74, True, False),
        ("LHR-LIS", "2027-05-10T12:55", 75, False, False),
        ("LHR-LGW", "2027-05-10T12:39", 59, True, False),
        ("LHR-LIS", "2027-05-11T02:59", 919, False, False),
        ("LHR-LIS", "2027-05-11T03:00", 920, False, True),
        ("LGW-LIS", "2027-05-10T14:39", 179, True, False),
        ("LGW-LIS", "2027-05-10T14:40", 180, False, False),
    ],
)
def test_a_layover_knows_whether_it_is_tight_or_takes_the_night(
    onward: str,
    departs: str,
    minutes: int,
    short: object,
    overnight: object,
) -> None:
    layover = Layover.between(segment(), segment(onward, departs))
    assert (layover.minutes, layover.short, layover.overnight) == (minutes, short, overnight)
    assert layover.onward is None or layover.onward.code == "LGW"
    assert (layover.onward is None) == onward.startswith("LHR")


def test_a_connection_without_a_border_may_be_shorter() -> None:
    inbound = segment("LIS-OPO", "2027-05-10T09:00", 55)
    assert Layover.between(inbound, segment("OPO-LIS", "2027-05-10T10:39")).short
    assert not Layover.between(inbound, segment("OPO-LIS", "2027-05-10T10:40")).short
    assert not Layover.between(inbound, segment("OPO-CDG", "2027-05-10T10:40")).short
    assert Layover.between(inbound, segment("OPO-LHR", "2027-05-10T10:54")).short
    assert not Layover.between(inbound, segment("OPO-LHR", "2027-05-10T10:55")).short


def test_a_short_wait_over_the_small_hours_is_not_a_night() -> None:
    late = segment("LIS-LHR", "2027-05-10T23:50", 160)
    assert not Layover.between(late, segment("LHR-CDG", "2027-05-11T03:40")).overnight


@pytest.mark.parametrize(("lands", "overnight"), [(0, True), (1, False)])
def test_a_night_begins_at_three_to_the_minute(lands: int, *, overnight: bool) -> None:
    late = segment("LIS-LHR", f"2027-05-11T00:{20 + lands}", 160)
    assert Layover.between(late, segment("LHR-CDG", "2027-05-11T09:00")).overnight is overnight


@pytest.mark.parametrize(
    ("each", "whole"),
    [
        ((True, True), True),
        ((True, False), False),
        ((None, False), False),
        ((True, None), None),
    ],
)
def test_choosing_seats_is_included_where_every_slice_includes_it(
    each: tuple[bool | None, ...], whole: object
) -> None:
    slices = [replace(flown(segment()), seat_selection=included) for included in each]
    assert offer(1, *slices).seat_selection is whole


@pytest.mark.parametrize(
    ("types", "price", "each"),
    [
        (("adult", "adult"), "100.50", "50.25"),
        (("adult", "adult", "adult"), "100.00", None),
        (("adult", "child"), "100.00", None),
        ((), "100.00", None),
    ],
)
def test_a_price_for_each_is_told_where_it_is_exact_and_the_same_for_all(
    types: tuple[PassengerType, ...], price: str, each: str | None
) -> None:
    passengers = tuple(Passenger(str(n), kind) for n, kind in enumerate(types))
    one = replace(offer(price=price), passengers=passengers)
    assert one.price_each == (None if each is None else Money(Decimal(each), "EUR"))


@pytest.mark.parametrize(("departs", "overnight"), [("05:29", False), ("05:30", True)])
def test_a_night_takes_three_hours_at_the_least(departs: str, *, overnight: bool) -> None:
    late = segment("LIS-LHR", "2027-05-10T23:50", 160)
    onward = segment("LHR-CDG", f"2027-05-11T{departs}")
    assert Layover.between(late, onward).overnight is overnight


def test_arrival_days_count_calendar_days_at_each_end() -> None:
    east = flown(segment("SFO-NRT", "2027-05-10T11:00", 640))
    west = flown(segment("NRT-SFO", "2027-05-10T00:30", 570))
    assert (east.arrives_days_later, west.arrives_days_later) == (1, -1)


def test_an_offers_baggage_is_what_every_segment_includes() -> None:
    both = offer(
        1, flown(segment(baggage=Baggage(1, 2))), flown(segment("LHR-LIS", baggage=Baggage(2, 0)))
    )
    assert both.baggage == Baggage(1, 0)


@given(st.lists(st.builds(Baggage, *[st.none() | st.integers(0, 3)] * 2), max_size=4))
def test_unknown_baggage_anywhere_is_unknown_everywhere(each: list[Baggage]) -> None:
    checked = [allowance.checked for allowance in each]
    expected = None if None in checked or not checked else min(c for c in checked if c is not None)
    assert least(each).checked == expected


def test_a_request_has_one_to_six_slices_and_somebody_in_it() -> None:
    one = SliceRequest("LIS", "LHR", date(2027, 5, 10))
    assert OfferRequest((one,) * 6).slices
    with pytest.raises(ValueError, match="1 to 6 slices"):
        OfferRequest(())
    with pytest.raises(ValueError, match="1 to 6 slices"):
        OfferRequest((one,) * 7)
    with pytest.raises(ValueError, match="somebody"):
        OfferRequest((one,), adults=0)
