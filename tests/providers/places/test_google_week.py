"""From the hours people wrote down, through Google's shapes, to the moments a place is open."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tripsage_mcp.domain.opening_hours import open_intervals
from tripsage_mcp.providers.places.google_wire import PLACE
from tripsage_mcp.sandbox.google_places import Known, document, known_places
from tripsage_mcp.sandbox.hours import windows_on
from tripsage_mcp.sandbox.world import City, load_cities

WEEK = timedelta(days=7)
ORDINARY = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 24, 9, tzinfo=UTC)


def spans(known: Known, first: date) -> list[tuple[datetime, datetime]]:
    """Return when a place is open in seven days by its hours in OSM syntax, on its own clock."""
    begin, end = datetime.combine(first, time()), datetime.combine(first, time()) + WEEK
    found: list[tuple[datetime, datetime]] = []
    for n in range(-1, 7):
        midnight = begin + timedelta(days=n)
        for opens, closes in windows_on(known.place.opening_hours, midnight.date()):
            start = max(begin, midnight + timedelta(minutes=opens))
            stop = min(end, midnight + timedelta(minutes=closes))
            if found and start <= found[-1][1]:
                found[-1] = found[-1][0], max(found[-1][1], stop)
            elif start < stop:
                found.append((start, stop))
    return found


@pytest.mark.parametrize(
    "now",
    [ORDINARY, CHRISTMAS],
    ids=["an ordinary week", "christmas"],
)
@pytest.mark.parametrize("city", load_cities(), ids=lambda c: c.slug)
def test_the_coming_week_is_what_was_written_down_special_days_included(
    city: City, now: datetime
) -> None:
    zone = ZoneInfo(city.time_zone)
    today = now.astimezone(zone).date()
    for known in known_places().values():
        if known.city is not city:
            continue
        place = PLACE.validate_python(document(known, now)).to_domain(now)
        hours = place.opening_hours
        assert hours is not None
        if place.status != "operational":
            assert hours.periods == ()
            continue
        last = today + timedelta(days=6)
        assert hours.known_until == last
        found = [
            (opens.replace(tzinfo=None), closes.replace(tzinfo=None))
            for opens, closes in open_intervals(hours, today, last, zone)
        ]
        assert found == spans(known, today), known.place.name


def test_some_place_has_special_days_at_christmas_and_fewer_in_an_ordinary_week() -> None:
    special = [
        sum(
            bool(place.opening_hours and place.opening_hours.exceptions)
            for known in known_places().values()
            for place in (PLACE.validate_python(document(known, now)).to_domain(now),)
        )
        for now in (ORDINARY, CHRISTMAS)
    ]
    assert special[1] > special[0]
    assert special[1] > 10
