"""Opening hours: OSM syntax into Google's periods."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tripsage_mcp.sandbox import hours
from tripsage_mcp.sandbox.world import City, load_cities

LISBON = ZoneInfo("Europe/Lisbon")
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


def point(day: int, hour: int, minute: int = 0) -> dict[str, int]:
    return {"day": day, "hour": hour, "minute": minute}


def test_days_count_from_sunday_and_come_in_that_order() -> None:
    periods = hours.regular("Mo 09:30-18:00; Su 10:00-12:00", LISBON, SUNDAY)["periods"]
    assert periods == [
        {"open": point(0, 10), "close": point(0, 12)},
        {"open": point(1, 9, 30), "close": point(1, 18)},
    ]


def test_a_night_ends_on_the_next_day_even_where_that_day_has_hours_of_its_own() -> None:
    periods = hours.regular("Fr 12:00-02:00; Sa 10:00-02:00", LISBON, SUNDAY)["periods"]
    assert periods == [
        {"open": point(5, 12), "close": point(6, 2)},
        {"open": point(6, 10), "close": point(0, 2)},
    ]


def test_midnight_as_a_closing_time_is_the_next_days() -> None:
    periods = hours.regular("Sa 18:00-24:00", LISBON, SUNDAY)["periods"]
    assert periods == [{"open": point(6, 18), "close": point(0, 0)}]


def test_what_never_closes_has_one_period_without_a_close() -> None:
    regular = hours.regular("24/7", LISBON, SUNDAY)
    assert regular["periods"] == [{"open": point(0, 0)}]
    assert regular["openNow"]
    assert "nextCloseTime" not in regular
    assert regular["weekdayDescriptions"][0] == "Monday: Open 24 hours"


def test_a_lunch_break_makes_two_periods() -> None:
    periods = hours.regular("Mo 12:00-15:00,19:00-23:00", LISBON, SUNDAY)["periods"]
    assert [p["open"]["hour"] for p in periods] == [12, 19]


@pytest.mark.parametrize(("month", "closes"), [(7, 19), (12, 18)])
def test_regular_hours_are_those_of_the_current_season(month: int, closes: int) -> None:
    text = "Apr-Sep Mo-Su 10:00-19:00; Oct-Mar Tu-Su 10:00-18:00"
    periods = hours.regular(text, LISBON, datetime(2026, month, 15, tzinfo=UTC))["periods"]
    assert {p["close"]["hour"] for p in periods} == {closes}
    assert len(periods) == (7 if month == 7 else 6)


def test_a_holiday_is_an_exception_of_the_current_week_alone() -> None:
    text = "Mo-Su 08:45-18:30; Jan 01,Nov 27,Dec 25 off"
    assert len(hours.regular(text, LISBON, SUNDAY)["periods"]) == 7
    current = hours.current(text, LISBON, SUNDAY)
    assert current["specialDays"] == [{"date": {"year": 2026, "month": 11, "day": 27}}]
    assert 5 not in {period["open"]["day"] for period in current["periods"]}
    assert current["weekdayDescriptions"][4] == "Friday: Closed"


def test_a_closed_season_has_present_but_empty_periods() -> None:
    regular = hours.regular("Apr-Sep Mo-Su 12:00-22:00", LISBON, SUNDAY)
    assert regular["periods"] == []
    assert not regular["openNow"]
    assert "nextOpenTime" not in regular


def test_current_hours_carry_dates_and_say_where_they_are_cut_off() -> None:
    periods = hours.current("Mo-Su 18:00-02:00", LISBON, SUNDAY)["periods"]
    first, last = periods[0], periods[-1]
    assert first["open"] == {
        **point(0, 0),
        "date": {"year": 2026, "month": 11, "day": 22},
        "truncated": True,
    }
    assert first["close"]["hour"] == 2
    assert last["close"] == {
        **point(6, 23, 59),
        "date": {"year": 2026, "month": 11, "day": 28},
        "truncated": True,
    }
    assert len(periods) == 8


def test_current_hours_of_what_never_closes_are_one_span_cut_at_both_ends() -> None:
    (period,) = hours.current("24/7", LISBON, SUNDAY)["periods"]
    assert period["open"]["truncated"]
    assert period["close"]["truncated"]


def test_the_next_change_is_told_in_utc() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    early = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # Monday 08:30 there.
    assert (
        hours.regular("Mo-Su 09:00-17:00", tokyo, early)["nextOpenTime"] == "2026-11-23T00:00:00Z"
    )
    noon = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert (
        hours.regular("Mo-Su 09:00-17:00", tokyo, noon)["nextCloseTime"] == "2026-11-23T08:00:00Z"
    )


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("Mo 12:00-15:00,17:30-22:00", "12:00 - 3:00 PM, 5:30 - 10:00 PM"),
        ("Mo 09:00-17:00", "9:00 AM - 5:00 PM"),
        ("Mo 18:00-02:00", "6:00 PM - 2:00 AM"),
        ("Tu 09:00-17:00", "Closed"),
    ],
)
def test_weekdays_are_described_the_way_google_writes_them(text: str, described: str) -> None:
    monday = hours.regular(text, LISBON, SUNDAY)["weekdayDescriptions"][0]
    expected = f"Monday: {described}".replace(" - ", "\u2009\u2013\u2009")
    assert monday == re.sub(" (?=[AP]M)", "\u202f", expected)


@pytest.mark.parametrize("city", load_cities(), ids=lambda c: c.slug)
def test_every_authored_place_has_hours_that_convert(city: City) -> None:
    zone = ZoneInfo(city.time_zone)
    for place in city.places:
        opened = set[date]()
        for month in range(1, 13):
            now = datetime(2027, month, 15, 12, tzinfo=UTC)
            regular = hours.regular(place.opening_hours, zone, now)
            current = hours.current(place.opening_hours, zone, now)
            assert len(regular["weekdayDescriptions"]) == 7
            for period in current["periods"]:
                begin, end = period["open"], period["close"]
                assert begin["date"]["year"] == 2027
                assert 0 <= begin["day"] <= 6
                assert (end["date"]["month"], end["date"]["day"], end["hour"], end["minute"]) > (
                    begin["date"]["month"],
                    begin["date"]["day"],
                    begin["hour"],
                    begin["minute"],
                )
            if regular["periods"]:
                opened.add(now.date())
        assert opened, f"{place.name} is never open"


@settings(deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001 - local on purpose
    st.sampled_from(["Fr 12:00-02:00; Sa 10:00-02:00", "Mo-Su 18:00-03:00", "Tu-Su 10:00-18:00"]),
)
def test_open_now_agrees_with_the_windows_of_the_day_and_the_night_before(
    moment: datetime, text: str
) -> None:
    minute = moment.hour * 60 + moment.minute
    spans = list(hours.windows_on(text, moment.date()))
    before = date.fromordinal(moment.date().toordinal() - 1)
    spans += [(o - 1440, c - 1440) for o, c in hours.windows_on(text, before)]
    assert hours.is_open(text, moment) == any(o <= minute < c for o, c in spans)
