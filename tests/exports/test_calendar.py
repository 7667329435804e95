from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event
from icalendar import vText

from tests.exports.build import LISBON, at, journey, stop, weekend
from tests.exports.hostile import HOSTILE, names
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.exports.calendar import write_calendar
from tripsage_mcp.exports.journey import Journey, JourneyDay, Stop

DAY = date(2027, 5, 10)


def events(whole: Journey) -> list[Event]:
    """Read the calendar as another library does."""
    return IcsCalendarStream.calendar_from_ics(write_calendar(whole).decode()).events


def lines(whole: Journey) -> list[str]:
    """Return the unfolded lines."""
    return write_calendar(whole).decode().replace("\r\n ", "").split("\r\n")


def event(*stops: Stop) -> Event:
    (found,) = events(journey(*stops))
    return found


def test_every_stop_is_an_event_in_its_zone() -> None:
    found = event(stop("MAAT", "10:00-12:00", why="Roof to walk on"))

    assert found.summary == "MAAT"
    assert found.dtstart == at(DAY, "10:00")
    assert found.dtend == at(DAY, "12:00")
    assert str(getattr(found.dtstart, "tzinfo", None)) == LISBON
    assert found.description == "Roof to walk on"
    assert found.location == "MAAT"
    assert found.geo is not None
    assert (found.geo.lat, found.geo.lng) == (38.6959, -9.1947)


def test_a_whole_weekend_is_read_by_another_library() -> None:
    found = events(weekend())

    assert len(found) == 17
    assert len({each.uid for each in found}) == 17
    assert all(each.dtstamp == datetime(2027, 1, 4, 9, 30, tzinfo=UTC) for each in found)
    assert {each.sequence for each in found} == {3}


def test_lines_end_and_fold_as_the_standard_says() -> None:
    written = write_calendar(journey(stop("Ä" * 120, why="word " * 60)))

    assert written.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert max(map(len, written.split(b"\r\n"))) <= 75


def test_ids_stay_while_the_version_grows() -> None:
    before = journey(stop("MAAT", "10:00-12:00"))
    after = replace(before, version=4, days=(JourneyDay(DAY, (stop("MAAT", "11:00-12:30"),)),))

    (first,), (second,) = events(before), events(after)
    assert first.uid == second.uid == "0190f3c4-a1b2c3@tripsage"
    assert (first.sequence, second.sequence) == (3, 4)
    assert first.dtstart != second.dtstart


def test_what_was_dropped_is_cancelled_and_does_not_ring() -> None:
    gone = stop("Fado", "20:30-22:00", stop_id="fado", kind="commitment", status="cancelled")

    found = {each.summary: each for each in events(replace(journey(), cancelled=(gone,)))}

    assert found["Fado"].status == "CANCELLED"
    assert not found["Fado"].alarm
    assert found["MAAT"].status == "CONFIRMED"


def test_an_idea_is_tentative() -> None:
    assert event(stop(status="tentative")).status == "TENTATIVE"


def test_a_flight_leaves_and_lands_in_two_zones() -> None:
    flight = stop(
        "TP 1351",
        kind="flight",
        zone="Europe/London",
        starts=at(DAY, "09:20", "Europe/London"),
        ends=at(DAY, "12:05"),
        end_zone=LISBON,
    )

    written = lines(journey(flight))

    assert "DTSTART;TZID=Europe/London:20270510T092000" in written
    assert "DTEND;TZID=Europe/Lisbon:20270510T120500" in written
    assert {"TZID:Europe/London", "TZID:Europe/Lisbon"} <= set(written)


def test_a_flight_across_the_date_line_lands_before_it_left() -> None:
    flight = stop(
        "NZ 8",
        kind="flight",
        zone="Pacific/Auckland",
        starts=at(DAY, "19:30", "Pacific/Auckland"),
        ends=at(DAY, "12:15", "America/Los_Angeles"),
        end_zone="America/Los_Angeles",
    )

    found = event(flight)

    assert isinstance(found.dtstart, datetime)
    assert isinstance(found.dtend, datetime)
    assert found.dtend.replace(tzinfo=None) < found.dtstart.replace(tzinfo=None)
    assert found.dtend.astimezone(UTC) - found.dtstart.astimezone(UTC) == timedelta(
        hours=11, minutes=45
    )


def test_departures_ring_in_time() -> None:
    flight = event(stop("TP 1351", "09:20-12:05", kind="flight"))
    leaving = event(stop("LIS", "15:30-17:30", kind="departure", leg=Leg("transit", 40)))

    assert [alarm.trigger for alarm in flight.alarm] == [
        timedelta(hours=-24),
        timedelta(hours=-3),
    ]
    assert [alarm.trigger for alarm in leaving.alarm] == [timedelta(minutes=-55)]
    assert not event(stop("MAAT")).alarm


def test_a_stay_takes_whole_days_and_leaves_the_hours_free() -> None:
    stay = stop("Casa", kind="lodging", last_day=date(2027, 5, 13), starts=None, ends=None)

    (found,) = events(replace(journey(), days=(), lodgings=(stay,)))

    assert (found.dtstart, found.dtend) == (DAY, date(2027, 5, 13))
    assert found.transparency == "TRANSPARENT"


def test_what_has_no_time_takes_the_day_and_what_has_no_day_is_left_out() -> None:
    someday = stop("Sintra", stop_id="x", day=None, starts=None, ends=None)
    (found,) = events(replace(journey(stop("Buy a hat", starts=None, ends=None)), loose=(someday,)))

    assert (found.dtstart, found.dtend) == (DAY, date(2027, 5, 11))


@pytest.mark.parametrize(
    ("clock", "fold", "written"),
    [
        ("00:30", 0, "DTSTART;TZID=Europe/Lisbon:20271031T003000"),
        ("01:30", 0, "DTSTART;TZID=Europe/Lisbon:20271031T013000"),
        # The second half past one: a calendar can only name the first.
        ("01:30", 1, "DTSTART:20271031T013000Z"),
        ("02:30", 0, "DTSTART;TZID=Europe/Lisbon:20271031T023000"),
    ],
)
def test_the_night_the_clocks_go_back_has_no_doubt_in_it(
    clock: str, fold: int, written: str
) -> None:
    day = date(2027, 10, 31)
    bar = stop("Bar", day=day, starts=at(day, clock).replace(fold=fold), ends=None)

    assert written in lines(journey(bar))


ZONES = ["Europe/Lisbon", "Pacific/Auckland", "America/Los_Angeles", "Australia/Lord_Howe"]
# Bounds without a zone are what the strategy wants.
_FIRST, _LAST = (datetime.fromisoformat(day) for day in ("2027-01-01", "2029-12-30"))
moments = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@given(moments, st.integers(0, 40 * 60), st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_moments_survive(starts: datetime, minutes: int, zone: str, end_zone: str) -> None:
    ends = starts + timedelta(minutes=minutes)
    found = event(stop(zone=zone, starts=starts, ends=ends, end_zone=end_zone, kind="flight"))

    assert isinstance(found.dtstart, datetime)
    assert found.dtstart.astimezone(UTC) == starts
    if minutes:
        assert isinstance(found.dtend, datetime)
        assert found.dtend.astimezone(UTC) == ends
    local = starts.astimezone(ZoneInfo(zone))
    assert found.dtstart.replace(tzinfo=None) == local.replace(tzinfo=None) or local.fold


# icalendar takes a backslash before an N for a line break, within the text it stays.
@given(names.filter(lambda name: r"\N" not in name))
def test_names_survive(name: str) -> None:
    found = event(stop(name, kind="visit", why=name))

    assert found.summary == name
    assert found.location == name
    assert found.description == name


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_inside_its_line(name: str) -> None:
    """Even where nobody made it plain before."""
    written = lines(journey(stop(name, notes=name, coordinates=Coordinates(1, 2))))

    assert written.count("BEGIN:VEVENT") == 1
    assert not any(line.startswith(("ATTENDEE", "ATTACH")) for line in written)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_the_calendar_is_escaped_too(name: str) -> None:
    written = lines(replace(journey(stop("Castle")), title=name))
    escaped = str(vText(name).to_ical(), "utf-8")

    assert {f"NAME:{escaped}", f"X-WR-CALNAME:{escaped}"} <= set(written)
