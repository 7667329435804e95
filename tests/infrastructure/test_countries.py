"""The table of countries has the form it should have; what it says is general knowledge."""

import json
import re
from importlib.resources import files

import pytest

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure import countries, resources

EVERY = countries.every()
# IEC 60083 and what grew beside it.
PLUGS = set("ABCDEFGHIJKLMNO")
VOLTS = re.compile(r"(100|1[12]\d|2[234]\d)(/2[234]\d)?")


def test_it_holds_every_country_of_iso_3166() -> None:
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    codes = {line[:2] for line in table.splitlines() if not line.startswith("#")}
    assert set(EVERY) == codes | {"XK"}
    assert list(json.loads(resources.text("countries.json"))) == sorted(EVERY)


@pytest.mark.parametrize("code", EVERY)
def test_each_row_has_its_form(code: str) -> None:
    country = EVERY[code]
    assert country.code == code
    assert re.fullmatch(r"[A-Z]{3}", country.code3)
    assert country.name
    assert country.currency is None or re.fullmatch(r"[A-Z]{3}", country.currency)
    if country.electricity is not None:
        plugs = country.electricity.plugs
        assert set(plugs) <= PLUGS
        assert list(plugs) == sorted(set(plugs))
        assert VOLTS.fullmatch(country.electricity.volts)
        assert country.electricity.hertz in {"50", "60", "50/60"}
    for service, number in country.emergency:
        assert service in {"any", "police", "ambulance", "fire"}
        assert re.fullmatch(r"\d{2,5}", number)
    assert country.uk_slug is None or re.fullmatch(r"[a-z]+(-[a-z]+)*", country.uk_slug)
    assert all(re.fullmatch(r"[A-Z]{3}", also) for also in country.also_used)
    assert country.currency not in country.also_used
    if country.part_of is not None:
        whole = EVERY[country.part_of]
        assert whole.uk_slug is not None
        assert (whole.part_of, country.uk_slug) == (None, None)


def test_names_and_long_codes_are_each_of_one_country() -> None:
    assert len({country.code3 for country in EVERY.values()}) == len(EVERY)
    assert len({country.name.casefold() for country in EVERY.values()}) == len(EVERY)


def test_hardly_anything_is_unknown() -> None:
    inhabited = [c for c in EVERY.values() if c.currency is not None]
    assert len(inhabited) > 240
    assert sum(c.electricity is None for c in inhabited) < 10
    assert sum(not c.emergency for c in inhabited) < 20
    assert sum(c.drives_on is None for c in inhabited) < 5


@pytest.mark.parametrize(
    ("code", "currency", "plugs", "numbers", "side"),
    [
        ("PT", "EUR", ("C", "F"), {"any": "112"}, "right"),
        ("GB", "GBP", ("G",), {"any": "999"}, "left"),
        ("US", "USD", ("A", "B"), {"any": "911"}, "right"),
        ("JP", "JPY", ("A", "B"), {"police": "110", "ambulance": "119", "fire": "119"}, "left"),
        ("AU", "AUD", ("I",), {"any": "000"}, "left"),
        ("CY", "EUR", ("G",), {"any": "112"}, "left"),
    ],
)
def test_well_known_facts(
    code: str, currency: str, plugs: tuple[str, ...], numbers: dict[str, str], side: str
) -> None:
    country = countries.find(code.lower())
    assert country is not None
    assert country.electricity is not None
    assert (country.currency, country.electricity.plugs, country.drives_on) == (
        currency,
        plugs,
        side,
    )
    assert dict(country.emergency) == numbers


def test_a_code_of_no_country_finds_none() -> None:
    assert countries.find("ZZ") is None
    assert countries.find("") is None


@pytest.mark.parametrize(
    ("at", "zone", "code"),
    [
        (Coordinates(38.71, -9.14), "Europe/Lisbon", "PT"),
        (Coordinates(59.91, 10.75), "Europe/Oslo", "NO"),
        (Coordinates(45.44, 12.32), "Europe/Rome", "IT"),
        (Coordinates(43.739, 7.427), "Europe/Monaco", "MC"),
        (Coordinates(21.31, -157.86), "Pacific/Honolulu", "US"),
    ],
)
def test_a_point_has_a_zone_and_the_zone_a_country(at: Coordinates, zone: str, code: str) -> None:
    assert countries.zone_at(at) == zone
    assert countries.country_of_zone(zone) == code


def test_at_sea_there_is_a_zone_and_no_country() -> None:
    zone = countries.zone_at(Coordinates(0.0, -30.0))
    assert zone.startswith("Etc/GMT")
    assert countries.country_of_zone(zone) is None
