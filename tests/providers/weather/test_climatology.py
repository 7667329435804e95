from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.providers.weather.climatology import (
    ARCHIVE_DELAY_DAYS,
    WINDOW_DAYS,
    YEARS,
    Past,
    climatology,
    in_year,
    past_windows,
)

TODAY = date(2026, 11, 22)


def year_of(year: int, around: date, high: float, low: float, mm: float | None) -> list[Past]:
    centre = in_year(around, year)
    days = (centre + timedelta(days=n) for n in range(-WINDOW_DAYS, WINDOW_DAYS + 1))
    return [Past(day, high, low, mm) for day in days]


def test_a_window_that_ends_on_the_last_day_known_counts_and_a_day_later_does_not() -> None:
    last = TODAY - timedelta(days=ARCHIVE_DELAY_DAYS + WINDOW_DAYS)
    for later, year in ((0, 2026), (1, 2025)):
        day = in_year(last + timedelta(days=later), 2027)
        assert past_windows(day, day, TODAY)[0][1].year == year


def test_the_averages_of_a_known_archive() -> None:
    day = date(2027, 5, 10)
    past = [
        # Ten years: highs 20..29, lows 10..19; wet in the last four of them.
        sample
        for n in range(10)
        for sample in year_of(2017 + n, day, 20.0 + n, 10.0 + n, 5.0 if n >= 6 else 0.4)
    ]

    [averaged], years = climatology([day], past)

    assert years == 10
    assert (averaged.high_c, averaged.low_c) == (24.5, 14.5)
    assert averaged.precipitation_probability == 40
    assert averaged.precipitation_mm == 2.2  # (4 * 5.0 + 6 * 0.4) / 10
    assert averaged.condition == "sometimes rain"
    assert averaged.kind == "climatology"
    assert (averaged.sunrise, averaged.wind_kmh) == (None, None)


@pytest.mark.parametrize(
    ("mm", "high", "words"),
    [
        (0.9, 20.0, "usually dry"),
        (1.0, 20.0, "often rain"),
        (3.0, -4.0, "often snow"),
        (None, 20.0, "not stated"),
    ],
)
def test_the_words_follow_the_share_of_wet_days(mm: float | None, high: float, words: str) -> None:
    day = date(2027, 5, 10)
    [averaged], _ = climatology([day], year_of(2026, day, high, high - 5, mm))
    assert averaged.condition == words


def test_gaps_in_the_record_are_skipped_and_a_day_without_any_is_left_out() -> None:
    day, next_month = date(2027, 5, 10), date(2027, 6, 10)
    past = [
        *year_of(2025, day, 20.0, 10.0, 0.0),
        *year_of(2026, day, 30.0, 10.0, None),
        Past(date(2024, 5, 10), None, 10.0, 2.0),
    ]
    averaged, years = climatology([day, next_month], past)
    assert [found.day for found in averaged] == [day]
    assert averaged[0].high_c == 25.0
    assert averaged[0].precipitation_probability == 12  # 1 wet of 8 with a record
    assert years == 3


def test_days_across_new_year_are_averaged_each_at_its_own_date() -> None:
    days = [date(2026, 12, 31), date(2027, 1, 1)]
    past = [
        Past(date(year, 12, 25) + timedelta(days=n), float(n), 0.0, 0.0)
        for year in range(2016, 2026)
        for n in range(15)
    ]
    averaged, years = climatology(days, past)
    assert years == 10
    assert [found.high_c for found in averaged] == [6.0, 7.0]


def test_29_february_is_averaged_from_the_28th_in_common_years() -> None:
    assert in_year(date(2028, 2, 29), 2027) == date(2027, 2, 28)
    assert in_year(date(2028, 2, 29), 2024) == date(2024, 2, 29)
    windows = past_windows(date(2028, 2, 29), date(2028, 2, 29), date(2027, 11, 22))
    assert windows[0] == (date(2027, 2, 25), date(2027, 3, 3))
    assert windows[3] == (date(2024, 2, 26), date(2024, 3, 3))


@given(st.dates(TODAY, TODAY + timedelta(days=366)), st.integers(0, 30))
def test_windows_are_the_ten_latest_complete_years(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    windows = past_windows(first, last, TODAY)

    assert len(windows) == YEARS
    assert [start.year for start, _ in windows] == [windows[0][0].year - n for n in range(YEARS)]
    for start, end in windows:
        assert end <= TODAY - timedelta(days=ARCHIVE_DELAY_DAYS)
        # Leap days make the window a day longer or shorter, no more.
        assert abs((end - start).days - (length + 2 * WINDOW_DAYS)) <= 1
    # Only a year whose record is not complete yet is passed over.
    back = first.year - (windows[0][0] + timedelta(days=WINDOW_DAYS)).year
    if back > 1:
        later = in_year(last, last.year - back + 1) + timedelta(days=WINDOW_DAYS)
        assert later > TODAY - timedelta(days=ARCHIVE_DELAY_DAYS)
