import json
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import gpxpy
import gpxpy.gpx
import pytest
from geojson_pydantic import Feature, FeatureCollection, LineString, MultiLineString, Point
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.exports.build import at, journey, stop, weekend
from tests.exports.hostile import HOSTILE, names
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.exports.geojson import write_geojson
from tripsage_mcp.exports.geometry import lines
from tripsage_mcp.exports.gpx import write_gpx
from tripsage_mcp.exports.journey import Journey, JourneyDay

DAY = date(2027, 5, 10)
FIJI = (Coordinates(-17.0, 179.5), Coordinates(-16.5, -179.5))
# Bounds without a zone are what the strategy wants.
_FIRST, _LAST = (datetime.fromisoformat(day) for day in ("1990-01-01", "2100-01-01"))
places = st.builds(
    Coordinates,
    st.floats(-90, 90, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
)


class Known(BaseModel):
    """What a feature says of itself; anything."""

    model_config = {"extra": "allow"}


def geojson(whole: Journey) -> Any:
    """Read the file as another library does."""
    kind = FeatureCollection[Feature[Point | LineString | MultiLineString, Known]]
    return kind.model_validate_json(write_geojson(whole))


def properties_of(feature: Any) -> dict[str, Any]:
    return feature.properties.model_dump()


def gpx(whole: Journey) -> gpxpy.gpx.GPX:
    return gpxpy.parse(write_gpx(whole).decode())


def properties(whole: Journey) -> list[dict[str, Any]]:
    return [each["properties"] for each in json.loads(write_geojson(whole))["features"]]


def test_geojson_has_a_point_for_each_stop_in_order_and_a_line_for_each_day() -> None:
    whole = geojson(weekend())

    points = [each for each in whole.features if isinstance(each.geometry, Point)]
    days = [each for each in whole.features if each.properties.kind == "day"]
    assert len(points) == 16
    assert [each.properties.day for each in days] == ["2027-05-10", "2027-05-11", "2027-05-12"]
    tuesday = [p for p in map(properties_of, points) if p.get("day") == "2027-05-11"]
    assert [each["order"] for each in tuesday] == [1, 2, 3, 4, 5]


def test_geojson_says_when_and_where_in_the_standards_order() -> None:
    (point,) = json.loads(write_geojson(journey(stop("MAAT", "10:00-12:00"))))["features"]

    assert point["geometry"] == {"type": "Point", "coordinates": [-9.1947, 38.6959]}
    assert point["properties"]["starts"] == "2027-05-10T10:00:00+01:00"
    assert point["properties"]["ends"] == "2027-05-10T12:00:00+01:00"
    assert point["properties"]["order"] == 1


def test_what_has_no_place_is_not_on_a_map() -> None:
    nowhere = journey(stop("Lunch", coordinates=None, number=None))

    assert geojson(nowhere).features == []
    assert gpx(nowhere).waypoints == []
    assert gpx(nowhere).routes == []


def test_a_day_across_the_date_line_is_cut_in_two() -> None:
    first, second = FIJI
    whole = journey(
        stop("Taveuni", "09:00-10:00", stop_id="a", coordinates=first),
        stop("Rabi", "11:00-12:00", stop_id="b", coordinates=second),
    )

    (day,) = [each for each in geojson(whole).features if each.properties.kind == "day"]

    assert isinstance(day.geometry, MultiLineString)
    west, east = day.geometry.coordinates
    assert [tuple(p) for p in west] == [(179.5, -17.0), (180.0, -16.75)]
    assert [tuple(p) for p in east] == [(-180.0, -16.75), (-179.5, -16.5)]


@given(st.lists(places, min_size=2, max_size=12))
def test_no_part_of_a_line_goes_the_long_way_round(points: list[Coordinates]) -> None:
    parts = lines(points)

    assert all(len(part) >= 2 for part in parts)
    assert all(abs(a[0] - b[0]) <= 180 for part in parts for a, b in pairwise(part))
    assert all(-180 <= x <= 180 and -90 <= y <= 90 for part in parts for x, y in part)


def test_gpx_has_waypoints_and_one_route_a_day_in_utc() -> None:
    read = gpx(weekend())

    assert [route.name for route in read.routes] == [
        "Monday 10 May 2027",
        "Tuesday 11 May 2027",
        "Wednesday 12 May 2027",
    ]
    # The flight is at both its ends; the lodging is one more.
    assert len(read.waypoints) == 18
    lunch = next(each for each in read.waypoints if each.name == "Lunch: Cantina das Freiras")
    assert lunch.time == datetime(2027, 5, 10, 12, 50, tzinfo=UTC)
    landing = [each for each in read.waypoints if each.name == "Flight: TP 1351"][1]
    assert landing.time == datetime(2027, 5, 10, 11, 5, tzinfo=UTC)
    assert read.time == datetime(2027, 1, 4, 9, 30, tzinfo=UTC)


def test_gpx_follows_the_order_of_its_schema() -> None:
    space = "{http://www.topografix.com/GPX/1/1}"
    order = {
        "gpx": ["metadata", "wpt", "rte"],
        "metadata": ["name", "desc", "time"],
        "wpt": ["time", "name", "desc", "type"],
        "rte": ["name", "number", "rtept"],
        "rtept": ["name"],
    }
    root = ET.fromstring(write_gpx(weekend()))  # noqa: S314 - our own

    for element in root.iter():
        allowed = order.get(element.tag.removeprefix(space), [])
        at_places = [allowed.index(child.tag.removeprefix(space)) for child in element]
        assert at_places == sorted(at_places)
    assert root.get("version") == "1.1"


def test_gpx_stays_below_the_longitude_it_leaves_out() -> None:
    edge = journey(stop(coordinates=Coordinates(0, 180)))

    assert gpx(edge).waypoints[0].longitude == -180


def test_invented_data_and_credits_are_said_in_both() -> None:
    whole = replace(weekend(), sandbox=True)

    assert json.loads(write_geojson(whole))["data"] == "sandbox"
    assert json.loads(write_geojson(whole))["attribution"] == ["Weather: Open-Meteo.com, CC BY 4.0"]
    assert "invented data" in (gpx(whole).description or "")
    assert "Open-Meteo" in (gpx(whole).description or "")


@given(names)
def test_names_survive_both(name: str) -> None:
    whole = journey(stop(name))

    assert properties(whole)[0]["name"] == name
    assert (gpx(whole).waypoints[0].name or "").split() == name.split()


@pytest.mark.parametrize("name", [*HOSTILE, "nul\x00 bell\x07 \ufffe"])
def test_hostile_names_are_text_in_both(name: str) -> None:
    whole = journey(stop(name, notes=name), title=name)

    assert len(geojson(whole).features) == 1
    assert len(gpx(whole).waypoints) == 1


@given(st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)))
def test_times_survive_both(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    whole = journey(stop(starts=moment, ends=None))

    assert datetime.fromisoformat(properties(whole)[0]["starts"]) == moment
    assert gpx(whole).waypoints[0].time == moment


def test_a_day_begins_and_ends_where_the_traveller_sleeps() -> None:
    home = Coordinates(38.7, -9.1)
    museum, cafe = stop(), stop("Cafe", "13:00-14:00", stop_id="c", coordinates=FIJI[0])
    day = JourneyDay(DAY, (museum, cafe), museum.leg or weekend().days[0].back)
    read = gpx(replace(journey(), days=(day,), home=home))

    ends = [(p.latitude, p.longitude) for p in read.routes[0].points]
    assert ends[0] == ends[-1] == (38.7, -9.1)
    assert len(ends) == 4


def test_an_arrival_does_not_begin_at_the_hotel() -> None:
    landing = stop("LIS", "12:00-13:00", kind="arrival", starts=at(DAY, "12:00"))
    read = gpx(journey(landing, stop("Cafe", "14:00-15:00", stop_id="c"), home=FIJI[0]))

    assert read.routes[0].points[0].latitude == 38.6959
