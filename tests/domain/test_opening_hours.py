"""Opening hours as moments, against a clock that is read minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.opening_hours import Interval, is_dated, open_intervals, open_on
from tripsage_mcp.domain.place import MINUTES_PER_DAY, OpeningHours, OpeningPeriod

LISBON, BERLIN = ZoneInfo("Europe/Lisbon"), ZoneInfo("Europe/Berlin")
# The clocks go forward in one of them at midnight, in another by half an hour, in the last by a
# whole day.
ZONES = (
    LISBON,
    BERLIN,
    ZoneInfo("America/New_York"),
    ZoneInfo("America/Havana"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Pacific/Apia"),
    ZoneInfo("Asia/Kathmandu"),
    UTC,
)
CHANGES = {
    date(2027, 3, 14), date(2027, 3, 28), date(2027, 4, 4), date(2027, 10, 3), date(2027, 10, 31),
    date(2027, 11, 7), date(2011, 12, 30), date(2027, 6, 15), date(2026, 12, 31),
}  # fmt: skip
MONDAY = date(2027, 5, 10)


def weekly(*periods: tuple[int, int, int]) -> OpeningHours:
    return OpeningHours(tuple(OpeningPeriod(*period) for period in sorted(periods)))


def shown(intervals: tuple[Interval, ...]) -> list[str]:
    return [f"{opens:%a %H:%M%z}-{closes:%a %H:%M%z}" for opens, closes in intervals]


def clock(minute: datetime, zone: ZoneInfo) -> datetime:
    return minute.astimezone(zone).replace(tzinfo=None)


def minutes_open(hours: OpeningHours, first: date, last: date, zone: ZoneInfo) -> set[datetime]:
    """Walk through every minute; a window is entered, and left, when the clock first reaches it."""
    whole_days = [
        datetime.combine(first - timedelta(days=2), time(), UTC) + timedelta(minutes=n)
        for n in range(((last - first).days + 5) * MINUTES_PER_DAY)
    ]
    reached: dict[datetime, datetime] = {}

    def first_at(wall: datetime) -> datetime:
        if wall not in reached:
            reached[wall] = next(m for m in whole_days if clock(m, zone) >= wall)
        return reached[wall]

    begin = first_at(datetime.combine(first, time()))
    end = first_at(datetime.combine(last + timedelta(days=1), time()))
    found = set[datetime]()
    for n in range(-1, (last - first).days + 1):
        day = first + timedelta(days=n)
        midnight = datetime.combine(day, time())
        for opens, closes in hours.on(day):
            start, stop = (first_at(midnight + timedelta(minutes=m)) for m in (opens, closes))
            found |= {m for m in whole_days if max(begin, start) <= m < min(end, stop)}
    return found


def minutes_of(intervals: tuple[Interval, ...]) -> set[datetime]:
    found = set[datetime]()
    for opens, closes in intervals:
        minute = opens.astimezone(UTC)
        while minute < closes.astimezone(UTC):
            found.add(minute)
            minute += timedelta(minutes=1)
    return found


WINDOWS = st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440))
HOURS = st.lists(WINDOWS, max_size=5).map(
    lambda rows: weekly(*((day, opens, opens + length) for day, opens, length in rows))
)


@given(
    HOURS | st.just(OpeningHours(always_open=True)),
    st.sampled_from(sorted(CHANGES)),
    st.integers(0, 1),
    st.integers(0, 1),
    st.sampled_from(ZONES),
)
def test_intervals_are_what_reading_the_clock_minute_by_minute_gives(
    hours: OpeningHours, change: date, before: int, days: int, zone: ZoneInfo
) -> None:
    first = change - timedelta(days=before)
    last = first + timedelta(days=days)
    found = open_intervals(hours, first, last, zone)

    assert minutes_of(found) == minutes_open(hours, first, last, zone)
    instants = [moment.astimezone(UTC) for interval in found for moment in interval]
    assert instants == sorted(set(instants)), "sorted, not empty, and apart from each other"
    assert all(moment.tzinfo is zone for interval in found for moment in interval)


@given(HOURS, st.integers(0, 6))
def test_a_week_turned_by_some_days_is_the_same_week_some_days_later(
    hours: OpeningHours, turn: int
) -> None:
    turned = weekly(*(((p.day + turn) % 7, p.opens, p.closes) for p in hours.periods))
    by = timedelta(days=turn)
    found = open_intervals(hours, MONDAY, MONDAY + timedelta(days=6), UTC)
    later = open_intervals(turned, MONDAY + by, MONDAY + by + timedelta(days=6), UTC)
    assert later == tuple((opens + by, closes + by) for opens, closes in found)


def test_a_night_goes_on_into_the_next_day_and_ends_with_the_last() -> None:
    bar = weekly((4, 22 * 60, 26 * 60), (5, 22 * 60, 26 * 60))
    friday = MONDAY + timedelta(days=4)
    assert shown(open_intervals(bar, friday, friday + timedelta(days=1), LISBON)) == [
        "Fri 22:00+0100-Sat 02:00+0100",
        "Sat 22:00+0100-Sun 00:00+0100",
    ]
    sunday = friday + timedelta(days=2)
    assert shown(open_intervals(bar, sunday, sunday, LISBON)) == ["Sun 00:00+0100-Sun 02:00+0100"]


def test_asked_about_one_day_the_night_that_follows_ends_when_it_ends() -> None:
    bar = weekly((4, 22 * 60, 26 * 60), (5, 10 * 60, 12 * 60), (5, 22 * 60, 26 * 60))
    friday, saturday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    assert shown(open_on(bar, friday, LISBON)) == ["Fri 22:00+0100-Sat 02:00+0100"]
    assert shown(open_on(bar, saturday, LISBON)) == [
        "Sat 00:00+0100-Sat 02:00+0100",
        "Sat 10:00+0100-Sat 12:00+0100",
        "Sat 22:00+0100-Sun 02:00+0100",
    ]
    always = OpeningHours(always_open=True)
    assert shown(open_on(always, friday, LISBON)) == ["Fri 00:00+0100-Sat 00:00+0100"]


@given(HOURS, st.sampled_from(sorted(CHANGES)), st.sampled_from(ZONES))
def test_a_day_cut_off_at_midnight_is_what_the_range_of_that_day_gives(
    hours: OpeningHours, day: date, zone: ZoneInfo
) -> None:
    [*whole] = open_intervals(OpeningHours(always_open=True), day, day, zone)
    cut = [
        (opens, min(closes, end, key=lambda moment: moment.astimezone(UTC)))
        for opens, closes in open_on(hours, day, zone)
        for _, end in whole
    ]
    assert cut == list(open_intervals(hours, day, day, zone))


def test_what_never_closes_is_one_interval_of_an_hour_less_where_clocks_go_forward() -> None:
    always = OpeningHours(always_open=True)
    forward = date(2027, 3, 28)
    [(opens, closes)] = open_intervals(always, forward, forward, BERLIN)
    assert closes.astimezone(UTC) - opens.astimezone(UTC) == timedelta(hours=23)
    [(opens, closes)] = open_intervals(always, forward, date(2027, 10, 31), BERLIN)
    assert closes.astimezone(UTC) - opens.astimezone(UTC) == timedelta(days=218)


@pytest.mark.parametrize(
    ("day", "opens", "closes", "expected"),
    [
        # 02:00 to 03:00 does not exist that night.
        (date(2027, 3, 28), 60, 150, "Sun 01:00+0100-Sun 03:00+0200"),
        (date(2027, 3, 28), 150, 240, "Sun 03:00+0200-Sun 04:00+0200"),
        # 02:00 to 03:00 comes twice that night.
        (date(2027, 10, 31), 60, 150, "Sun 01:00+0200-Sun 02:30+0200"),
        (date(2027, 10, 31), 150, 240, "Sun 02:30+0200-Sun 04:00+0100"),
    ],
)
def test_a_time_the_clock_skips_is_the_jump_and_of_one_it_shows_twice_the_first(
    day: date, opens: int, closes: int, expected: str
) -> None:
    assert shown(open_intervals(weekly((6, opens, closes)), day, day, BERLIN)) == [expected]


def test_a_day_that_a_zone_left_out_has_no_opening() -> None:
    apia = ZoneInfo("Pacific/Apia")
    always, skipped = OpeningHours(always_open=True), date(2011, 12, 30)
    assert open_intervals(always, skipped, skipped, apia) == ()


def test_a_special_day_replaces_the_usual_hours_and_a_closed_one_has_none() -> None:
    christmas, eve = date(2026, 12, 25), date(2026, 12, 24)
    hours = OpeningHours(
        tuple(OpeningPeriod(day, 540, 1080) for day in range(7)),
        exceptions=((eve, ((540, 720),)), (christmas, ())),
        known_until=christmas,
    )
    assert shown(open_intervals(hours, eve, christmas + timedelta(days=1), LISBON)) == [
        "Thu 09:00+0000-Thu 12:00+0000",
        "Sat 09:00+0000-Sat 18:00+0000",
    ]
    assert [is_dated(hours, day) for day in (eve, christmas, MONDAY)] == [True, True, False]
    assert not is_dated(OpeningHours(), eve)


def test_never_open_and_windows_that_touch() -> None:
    assert open_intervals(OpeningHours(), MONDAY, MONDAY + timedelta(days=30), LISBON) == ()
    split = weekly((0, 540, 720), (0, 720, 900), (0, 800, 1000))
    assert shown(open_intervals(split, MONDAY, MONDAY, UTC)) == ["Mon 09:00+0000-Mon 16:40+0000"]
