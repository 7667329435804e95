from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_flights import NOW
from tests.build_watches import watch
from tripsage_mcp.domain.watch_times import end_of, next_check

HOURS = timedelta(hours=1)
INTERVAL = 6 * HOURS


def pause(*, left: timedelta, failures: int = 0, not_before: timedelta = timedelta()) -> timedelta:
    """Return the wait before a check, without the jitter of up to a tenth."""
    made = replace(watch(ends_at=NOW + left), failures=failures, checks=1)
    wait = next_check(made, NOW, INTERVAL, not_before=not_before) - NOW
    return timedelta(minutes=round(wait / timedelta(minutes=1)))


def between(low: timedelta, wait: timedelta, high: timedelta) -> bool:
    return low <= wait <= high + timedelta(minutes=1)


def test_checks_come_six_times_as_often_in_the_last_three_days() -> None:
    assert between(INTERVAL, pause(left=timedelta(days=30)), 1.1 * INTERVAL)
    assert between(HOURS, pause(left=timedelta(days=3)), 1.1 * HOURS)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, 5), (2, 10), (3, 20), (6, 160), (7, 320), (8, 360), (9, 360), (1000, 360)],
)
def test_after_failures_it_waits_twice_as_long_each_time_up_to_the_interval(
    failures: int, minutes: int
) -> None:
    wait = pause(left=timedelta(days=30), failures=failures)
    assert between(timedelta(minutes=minutes), wait, timedelta(minutes=1.1 * minutes))


def test_a_provider_that_asks_to_be_left_alone_is_left_alone() -> None:
    wait = pause(left=timedelta(days=30), failures=1, not_before=9 * HOURS)
    assert between(9 * HOURS, wait, 1.1 * 9 * HOURS)


def test_the_last_check_comes_at_the_end_and_none_after_it() -> None:
    assert pause(left=timedelta(minutes=20)) == timedelta(minutes=20)


@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(1, 500))
def test_the_same_check_of_the_same_watch_is_always_due_at_the_same_time(
    checks: int, failures: int, hours: int
) -> None:
    made = replace(watch(ends_at=NOW + hours * HOURS), checks=checks, failures=failures)
    at = next_check(made, NOW, INTERVAL)
    assert at == next_check(made, NOW, INTERVAL)
    assert NOW < at <= made.ends_at


def test_watches_made_together_do_not_stay_together() -> None:
    due = {next_check(replace(watch(), checks=1), NOW, INTERVAL) for _ in range(50)}
    assert len(due) > 40
    assert max(due) - min(due) > timedelta(minutes=15)


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Europe/Lisbon", datetime(2027, 5, 10, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 5, 11, 4, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2027, 5, 10, 12, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_midnight_where_the_flight_leaves(zone: str, end: datetime) -> None:
    assert end_of(date(2027, 5, 10), zone) == end
