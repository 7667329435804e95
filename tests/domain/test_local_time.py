from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.local_time import at_zone, at_zones

ZONES = ["Europe/Lisbon", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu", "Pacific/Apia"]


def clock(text: str) -> datetime:
    return datetime.fromisoformat(text)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(minutes=30), timedelta(hours=19)),
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
)
def test_clock_times_and_duration_give_back_the_very_moments(
    departure: datetime, duration: timedelta, origin: str, destination: str
) -> None:
    departure = departure.replace(second=0, microsecond=0)
    duration = timedelta(minutes=duration // timedelta(minutes=1))
    printed_departure = _printed(departure, origin)
    printed_arrival = _printed(departure + duration, destination)
    departs, arrives = at_zones(
        (printed_departure, origin), (printed_arrival, destination), duration
    )
    assert arrives - departs == duration
    assert departs.replace(tzinfo=None) == printed_departure
    assert arrives.replace(tzinfo=None) == printed_arrival


def _printed(moment: datetime, zone: str) -> datetime:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def test_the_offset_in_force_on_the_day_is_used() -> None:
    assert at_zone(clock("2027-01-10T09:00"), "Europe/Lisbon").isoformat().endswith("+00:00")
    assert at_zone(clock("2027-07-10T09:00"), "Europe/Lisbon").isoformat().endswith("+01:00")


def test_an_arrival_in_the_repeated_hour_is_the_one_the_duration_says() -> None:
    departure = (clock("2026-11-01T00:20"), "America/New_York")
    arrival = (clock("2026-11-01T01:30"), "America/New_York")
    _, first = at_zones(departure, arrival, timedelta(minutes=70))
    _, second = at_zones(departure, arrival, timedelta(minutes=130))
    assert first.utcoffset() == timedelta(hours=-4)
    assert second.utcoffset() == timedelta(hours=-5)


def test_without_a_duration_nobody_arrives_before_departing() -> None:
    departs, arrives = at_zones(
        (clock("2026-11-01T01:50"), "America/New_York"),
        (clock("2026-11-01T01:10"), "America/New_York"),
        None,
    )
    assert arrives > departs


def test_a_clock_time_the_rules_skip_is_kept_as_printed() -> None:
    skipped = at_zone(clock("2027-03-28T01:30"), "Europe/Lisbon")
    assert skipped.isoformat() == "2027-03-28T01:30:00+00:00"


def test_a_wait_across_the_change_of_clocks_is_measured_in_real_time() -> None:
    before = at_zone(clock("2026-10-25T00:30"), "Europe/Lisbon")
    after = at_zone(clock("2026-10-25T03:30"), "Europe/Lisbon")
    assert after - before == timedelta(hours=4)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_a_value_error(zone: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        at_zone(clock("2027-01-10T09:00"), zone)
