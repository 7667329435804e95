import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.providers.geocoding.tables import country_code, nearest_town


@pytest.mark.parametrize(
    ("at", "town", "country", "zone"),
    [
        (Coordinates(48.86, 2.35), "Paris", "FR", "Europe/Paris"),
        (Coordinates(52.48, -1.9), "Birmingham", "GB", "Europe/London"),
        (Coordinates(40.75, -73.98), "New York", "US", "America/New_York"),
        # Between Geneva and its airport's French side: the country is the point's own.
        (Coordinates(46.2, 6.14), "Geneva", "CH", "Europe/Zurich"),
        # Nobody flies to Liechtenstein.
        (Coordinates(47.14, 9.52), "Liechtenstein", "LI", "Europe/Vaduz"),
    ],
)
def test_a_point_is_near_a_town_of_its_own_country(
    at: Coordinates, town: str, country: str, zone: str
) -> None:
    found = nearest_town(at)
    assert found is not None
    assert (found.name, found.country_code, found.time_zone) == (town, country, zone)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_whatever_the_point_the_town_is_near_and_in_its_country(
    latitude: float, longitude: float
) -> None:
    at = Coordinates(latitude, longitude)
    found = nearest_town(at)
    code = countries.country_of_zone(countries.zone_at(at))
    assert (found is None) == (code is None)
    if found is not None:
        assert found.country_code == code
        assert great_circle_km(at, found.coordinates) <= 80


@pytest.mark.parametrize(
    ("name", "code"),
    [("uk", "GB"), ("Portugal", "PT"), ("PRT", "PT"), ("pt", "PT"), ("USA", "US"), ("Mars", None)],
)
def test_a_country_is_known_by_its_codes_and_names(name: str, code: str | None) -> None:
    assert country_code(name) == code
