"""How far clocks are apart, and when that changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.destination import ClockChange, clock_changes, time_difference

ZONES = [
    "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Lord_Howe",
    "Europe/Lisbon", "Pacific/Apia", "Pacific/Honolulu", "UTC",
]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "home", "day", "hours"),
    [
        ("Europe/Lisbon", "America/New_York", date(2027, 1, 10), 5),
        ("America/New_York", "Europe/Lisbon", date(2027, 1, 10), -5),
        ("Asia/Kathmandu", "Europe/London", date(2027, 7, 1), 4.75),
        ("Europe/Paris", "Europe/Paris", date(2027, 7, 1), 0),
        # A day apart by the calendar, an hour by the clock.
        ("Pacific/Apia", "Pacific/Pago_Pago", date(2027, 7, 1), 24),
    ],
)
def test_the_difference_of_two_zones(zone: str, home: str, day: date, hours: float) -> None:
    found = time_difference(zone, home, day, day)
    assert (found.zone, found.home_zone) == (zone, home)
    assert found.minutes == hours * 60
    assert found.changes == ()


def test_a_change_of_either_clock_during_the_stay_is_told() -> None:
    # New York goes to summer time on 14 March 2027, Lisbon on the 28th.
    found = time_difference(
        "Europe/Lisbon", "America/New_York", date(2027, 3, 12), date(2027, 4, 1)
    )
    assert found.minutes == 300
    assert found.changes == (
        ClockChange(date(2027, 3, 14), 240),
        ClockChange(date(2027, 3, 28), 300),
    )


def test_a_change_that_both_make_at_once_changes_nothing() -> None:
    found = time_difference("Europe/Lisbon", "Europe/Athens", date(2027, 3, 26), date(2027, 3, 30))
    assert (found.minutes, found.changes) == (-120, ())


def test_a_change_of_the_local_clock_is_told_whatever_home_does() -> None:
    first, last = date(2027, 3, 26), date(2027, 3, 30)
    assert clock_changes("Europe/Lisbon", first, last) == (ClockChange(date(2027, 3, 28), 60),)
    assert clock_changes("Asia/Tokyo", first, last) == ()
    assert clock_changes("Europe/Lisbon", date(2027, 3, 28), last) == ()


@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.dates(date(2026, 1, 1), date(2029, 12, 31)),
    st.integers(0, 30),
)
def test_at_noon_of_every_day_clocks_are_as_far_apart_as_told(
    zone: str, home: str, first: date, length: int
) -> None:
    found = time_difference(zone, home, first, first + timedelta(days=length))
    changed = {change.day: change.minutes for change in found.changes}
    minutes = found.minutes
    for day in (first + timedelta(days=n) for n in range(length + 1)):
        assert changed.get(day) != minutes
        minutes = changed.get(day, minutes)
        noon = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)
        here, there = (noon.astimezone(ZoneInfo(z)).replace(tzinfo=None) for z in (zone, home))
        assert here - there == timedelta(minutes=minutes)


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        time_difference("Mars/Olympus", "UTC", date(2027, 1, 1), date(2027, 1, 1))
