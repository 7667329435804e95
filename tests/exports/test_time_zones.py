import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from tripsage_mcp.exports.components import with_properties
from tripsage_mcp.exports.time_zones import changes, timezone_component

# Half hours, two hours, none in summer, one that moves through Ramadan, one beyond the date line.
ZONES = (
    "Europe/Lisbon",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "America/St_Johns",
)


def as_others_read_it(name: str) -> tzical:
    calendar = with_properties(Calendar(), ("prodid", "x"), ("version", "2.0"))
    calendar.add_component(timezone_component(name, 2027, 2027))
    return tzical(io.StringIO(calendar.to_ical().decode()))


READ = {name: as_others_read_it(name).get(name) for name in ZONES}


def test_a_change_is_found_to_the_second() -> None:
    found = list(
        changes(
            ZoneInfo("Europe/Lisbon"),
            datetime(2027, 1, 1, tzinfo=UTC),
            datetime(2028, 1, 1, tzinfo=UTC),
        )
    )

    assert found == [
        datetime(2027, 3, 28, 1, tzinfo=UTC),
        datetime(2027, 10, 31, 1, tzinfo=UTC),
    ]


def test_spring_is_told_in_the_time_before_it() -> None:
    written = timezone_component("Europe/Lisbon", 2027, 2027).to_ical().decode().split("\r\n")

    summer = written[written.index("BEGIN:DAYLIGHT") :][:5]
    assert summer[1] == "DTSTART:20270328T010000"
    assert set(summer[2:]) == {"TZNAME:WEST", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0100"}


@pytest.mark.parametrize("name", ZONES)
@given(minutes=st.integers(0, 366 * 24 * 60))
def test_another_reader_gets_the_offset_that_holds(name: str, minutes: int) -> None:
    moment = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = moment.astimezone(ZoneInfo(name))
    wall = local.replace(tzinfo=None)
    # Of a wall time that comes twice such a reader knows one only; the calendar uses UTC there.
    other = local.replace(fold=1 - local.fold)
    if other.utcoffset() != local.utcoffset():
        return

    assert wall.replace(tzinfo=READ[name]).utcoffset() == local.utcoffset()
