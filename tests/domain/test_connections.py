import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripsage_mcp.domain.connections import usual_minimum


@pytest.mark.parametrize(
    ("airport", "countries", "minutes"),
    [
        ("ATL", ("US", "US", "US"), 45),
        ("ATL", ("US", "US", "FR"), 90),
        ("FRA", ("PT", "DE", "AT"), 45),
        ("FRA", ("PT", "DE", "GB"), 60),
        ("DUB", ("IE", "IE", "GB"), 75),
        ("OPO", ("PT", "PT", "PT"), 45),
        ("OPO", ("BR", "PT", "PT"), 60),
    ],
)
def test_a_change_takes_longer_at_large_airports_and_over_borders(
    airport: str, countries: tuple[str, str, str], minutes: int
) -> None:
    assert usual_minimum(airport, countries) == minutes


_COUNTRIES = st.none() | st.sampled_from(["US", "DE", "PT", "GB"])


@given(st.sampled_from(["LHR", "FRA", "VIE", "ABC"]), st.tuples(*[_COUNTRIES] * 3))
def test_a_country_that_is_not_known_counts_as_a_border(
    airport: str, countries: tuple[str | None, str | None, str | None]
) -> None:
    found = usual_minimum(airport, countries)
    abroad = usual_minimum(airport, ("US", "DE", "GB"))
    home = usual_minimum(airport, ("US", "US", "US"))
    assert home <= found <= abroad
    if None in countries:
        assert found == abroad
