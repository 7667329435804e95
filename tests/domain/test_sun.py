"""Sunrise and sunset against published tables, and what holds anywhere on any day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.sun import Daylight, daylight

LONDON = Coordinates(51.5074, -0.1278)
SYDNEY = Coordinates(-33.8688, 151.2093)
NEW_YORK = Coordinates(40.7128, -74.006)
TOKYO = Coordinates(35.6895, 139.6917)
REYKJAVIK = Coordinates(64.1466, -21.9426)
TROMSO = Coordinates(69.6492, 18.9553)
SINGAPORE = Coordinates(1.3521, 103.8198)

anywhere = st.builds(
    Coordinates,
    st.floats(-90, 90, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
)
any_day = st.dates(date(1950, 1, 1), date(2100, 12, 31))


def minutes_from(moment: datetime | None, clock: str) -> float:
    assert moment is not None
    hour, minute = (int(part) for part in clock.split(":"))
    wanted = moment.replace(hour=hour, minute=minute)
    return abs((moment - wanted) / timedelta(minutes=1))


@pytest.mark.parametrize(
    ("at", "zone", "day", "rises", "sets"),
    [
        (LONDON, "Europe/London", date(2024, 6, 20), "04:43", "21:21"),
        (LONDON, "Europe/London", date(2024, 12, 21), "08:04", "15:53"),
        (SYDNEY, "Australia/Sydney", date(2024, 12, 21), "05:41", "20:05"),
        (SYDNEY, "Australia/Sydney", date(2024, 6, 21), "07:00", "16:54"),
        (NEW_YORK, "America/New_York", date(2024, 3, 20), "06:59", "19:08"),
        (TOKYO, "Asia/Tokyo", date(2024, 1, 1), "06:51", "16:38"),
        (SINGAPORE, "Asia/Singapore", date(2024, 3, 20), "07:09", "19:16"),
    ],
)
def test_it_agrees_with_the_almanac_within_two_minutes(
    at: Coordinates, zone: str, day: date, rises: str, sets: str
) -> None:
    light = daylight(at, day, ZoneInfo(zone))
    assert light.kind == "rises and sets"
    assert minutes_from(light.sunrise, rises) <= 2
    assert minutes_from(light.sunset, sets) <= 2


def test_a_sunset_past_midnight_belongs_to_the_day_before() -> None:
    light = daylight(REYKJAVIK, date(2024, 6, 21), ZoneInfo("Atlantic/Reykjavik"))
    assert light.sunrise is not None
    assert light.sunset is not None
    assert f"{light.sunrise:%m-%d %H:%M}" == "06-21 02:55"
    assert light.sunset.date() == date(2024, 6, 22)
    assert minutes_from(light.sunset, "00:04") <= 2


@pytest.mark.parametrize(
    ("at", "day", "kind", "hours"),
    [
        (TROMSO, date(2024, 6, 20), "midnight sun", 24),
        (TROMSO, date(2024, 12, 20), "polar night", 0),
        # Days on which only one of sunrise and sunset is missing.
        (Coordinates(-77.64, 18.96), date(2027, 4, 25), "polar night", 0),
        (Coordinates(90, 0), date(2024, 6, 1), "midnight sun", 24),
        (Coordinates(-90, 0), date(2024, 6, 1), "polar night", 0),
    ],
)
def test_where_the_sun_does_not_rise_or_set_it_says_so(
    at: Coordinates, day: date, kind: str, hours: int
) -> None:
    light = daylight(at, day, ZoneInfo("Europe/Oslo"))
    assert light == Daylight(day, light.kind, None, None, timedelta(hours=hours))
    assert light.kind == kind


def test_a_clock_far_from_the_sun_still_names_its_own_date() -> None:
    # Samoa keeps the date of the far side of the date line.
    light = daylight(Coordinates(-13.83, -171.76), date(2024, 3, 1), ZoneInfo("Pacific/Apia"))
    assert light.sunrise is not None
    assert f"{light.sunrise:%Y-%m-%d %H:%M}" == "2024-03-01 06:28"


@given(anywhere, any_day)
def test_the_sun_sets_after_it_rises_within_a_day_and_night(at: Coordinates, day: date) -> None:
    light = daylight(at, day, UTC)
    if light.sunrise is None or light.sunset is None:
        assert light.sunrise is light.sunset is None
        assert light.length in {timedelta(0), timedelta(1)}
    else:
        assert timedelta(0) < light.length < timedelta(1)
        assert abs((light.sunset - light.sunrise) - light.length) <= timedelta(minutes=1)


@given(st.floats(-60, 60), st.floats(-180, 180), any_day)
def test_below_the_polar_circles_it_rises_every_day(
    latitude: float, longitude: float, day: date
) -> None:
    assert daylight(Coordinates(latitude, longitude), day, UTC).kind == "rises and sets"


@given(st.floats(68, 90), st.dates(date(2000, 6, 15), date(2000, 6, 27)))
def test_near_a_pole_midsummer_has_no_night_and_midwinter_no_day(
    latitude: float, day: date
) -> None:
    assert daylight(Coordinates(latitude, 20), day, UTC).kind == "midnight sun"
    assert daylight(Coordinates(-latitude, 20), day, UTC).kind == "polar night"
