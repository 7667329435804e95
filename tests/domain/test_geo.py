import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.geo import EARTH_RADIUS_KM, Coordinates, great_circle_km

HALF_WAY_ROUND_KM = math.pi * EARTH_RADIUS_KM
# At antipodes haversine is exact to about a hundred metres.
TOLERANCE_KM = 0.2

points = st.builds(Coordinates, st.floats(-90, 90), st.floats(-180, 180))


@given(points, points)
def test_the_distance_is_the_same_both_ways(a: Coordinates, b: Coordinates) -> None:
    assert great_circle_km(a, b) == great_circle_km(b, a)


@given(points, points)
def test_no_two_points_are_further_apart_than_half_the_globe(
    a: Coordinates, b: Coordinates
) -> None:
    assert 0 <= great_circle_km(a, b) <= HALF_WAY_ROUND_KM


@given(points, points, points)
def test_a_detour_is_never_shorter(a: Coordinates, b: Coordinates, c: Coordinates) -> None:
    direct = great_circle_km(a, c)
    assert direct <= great_circle_km(a, b) + great_circle_km(b, c) + TOLERANCE_KM


@given(points)
def test_a_point_is_no_way_from_itself_and_half_the_globe_from_its_antipode(
    point: Coordinates,
) -> None:
    assert great_circle_km(point, point) == 0
    opposite = Coordinates(-point.latitude, point.longitude - math.copysign(180, point.longitude))
    assert great_circle_km(point, opposite) == pytest.approx(HALF_WAY_ROUND_KM, abs=TOLERANCE_KM)


@given(st.floats(-90, 90), points)
def test_the_date_line_is_one_line(latitude: float, point: Coordinates) -> None:
    west, east = Coordinates(latitude, -180), Coordinates(latitude, 180)
    assert great_circle_km(west, east) == pytest.approx(0, abs=1e-6)
    assert great_circle_km(point, west) == pytest.approx(
        great_circle_km(point, east), abs=TOLERANCE_KM
    )


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        # One degree along the equator, and one along a meridian.
        (Coordinates(0, 0), Coordinates(0, 1), 111.195),
        (Coordinates(0, 0), Coordinates(1, 0), 111.195),
        (Coordinates(90, 0), Coordinates(-90, 0), HALF_WAY_ROUND_KM),
        (Coordinates(90, 0), Coordinates(90, 123), 0),
        # Lisbon to New York.
        (Coordinates(38.7223, -9.1393), Coordinates(40.7128, -74.0060), 5422),
    ],
)
def test_known_distances(a: Coordinates, b: Coordinates, km: float) -> None:
    assert great_circle_km(a, b) == pytest.approx(km, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    "latitude", [90.0001, -90.0001, math.nan, math.inf, -math.inf, 1e300, math.nextafter(90, 91)]
)
def test_a_latitude_outside_the_globe_is_refused(latitude: float) -> None:
    with pytest.raises(ValueError, match="latitude"):
        Coordinates(latitude, 0)


@pytest.mark.parametrize("longitude", [180.0001, -180.0001, 360, math.nan, math.inf, -math.inf])
def test_a_longitude_outside_the_globe_is_refused(longitude: float) -> None:
    with pytest.raises(ValueError, match="longitude"):
        Coordinates(0, longitude)
