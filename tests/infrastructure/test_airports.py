import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from tripsage_mcp.infrastructure import airports


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LIS", "LIS"), ("lis", "LIS"), (" JFK ", "JFK"), ("NYC", "NYC"), ("nyc", "NYC"),
        ("Lisbon", "LIS"), ("lisboa", "LIS"), ("London", "LON"), ("PARIS", "PAR"),
        ("New York", "NYC"), ("New York City", "NYC"), ("Tokyo", "TYO"), ("Zürich", "ZRH"),
        ("São Paulo", "SAO"), ("Cancún", "CUN"), ("Barcelona", "BCN"), ("Berlin", "BER"),
        ("Birmingham, GB", "BHX"), ("Birmingham, UK", "BHX"), ("Lisbon, Portugal", "LIS"),
        ("Paris, France", "PAR"), ("Barcelona, Spain", "BCN"), ("Seoul, South Korea", "SEL"),
        ("London, CA", "YXU"), ("Heathrow", "LHR"), ("Rio", "RIO"),
        ("Charles de Gaulle", "CDG"), ("Washington D.C.", "WAS"), ("Houston", "HOU"),
        ("Panama City", "PTY"), ("Phoenix", "PHX"), ("Haneda", "HND"), ("Cúcuta", "CUC"),
    ],
)  # fmt: skip
def test_a_code_or_a_clear_name_means_one_place(text: str, code: str) -> None:
    assert [place.code for place in airports.look_up(text)] == [code]


def test_an_ambiguous_name_means_several_places_the_likelier_first() -> None:
    codes = [place.code for place in airports.look_up("San Jose")]
    assert codes[:2] == ["SJC", "SJO"]
    assert {place.code for place in airports.look_up("Birmingham")} == {"BHM", "BHX"}
    assert len(airports.look_up("Portland")) > 1


@pytest.mark.parametrize(
    "text", ["", " ", "ZZZ", "12", "Atlantis", "Lis", "?!", "Lisbon, JP", "Paris, Texas", "İ"]
)
def test_what_is_not_known_means_nothing(text: str) -> None:
    assert airports.look_up(text) == ()


def test_a_name_that_reads_like_another_citys_code_is_not_taken_for_it() -> None:
    for written, code in (("Goa", "GOI"), ("goa", "GOI"), ("GOA", "GOA"), ("Kos", "KGS")):
        assert [place.code for place in airports.look_up(written)] == [code]
    assert airports.look_up("Lis") == ()
    assert airports.similar("Lis")[0].code == "LIS"


@pytest.mark.parametrize("name", sorted(airports.PRINCIPAL))
def test_every_principal_name_leads_to_a_place(name: str) -> None:
    (place,) = airports.look_up(name)
    assert place.code == airports.PRINCIPAL[name]


def test_air_bases_and_landing_stages_are_no_other_meaning_of_a_city() -> None:
    dubai = airports.find("DXB")
    assert dubai is not None
    assert airports.namesakes("Dubai", dubai) == ()
    # Shared with an airport, or all that there is, they stay.
    assert "CHS" in {place.code for place in airports.look_up("Charleston, US")}
    assert [place.code for place in airports.look_up("Thule, GL")] == ["THU"]


def test_similar_forgives_a_slip() -> None:
    assert airports.similar("Lisbn")[0].code == "LIS"
    assert airports.similar("Lisbn, Portugal")[0].code == "LIS"
    assert airports.similar("qqqqqqqqqq") == ()


@pytest.mark.parametrize("text", ["", "  ", "?!"])
def test_nothing_is_similar_to_nothing(text: str) -> None:
    assert airports.similar(text) == ()


def test_a_city_lists_its_airports_in_order() -> None:
    london = airports.find("LON")
    assert london is not None
    assert london.airports == ("LCY", "LGW", "LHR", "LTN", "STN")
    assert str(london) == "LON (London, GB: LCY, LGW, LHR, LTN, STN)"
    newark = airports.find("NYC")
    assert newark is not None
    assert "EWR" in newark.airports


def test_where_city_and_airport_share_a_code_both_can_be_found() -> None:
    city, airport = airports.find("DXB"), airports.find_airport("DXB")
    assert city is not None
    assert airport is not None
    assert (city.kind, airport.kind) == ("city", "airport")
    assert city.airports == ("DWC", "DXB")
    assert airports.find_airport("LON") is None


def test_every_code_is_three_capitals_with_a_real_time_zone_and_airports() -> None:
    table = airports.all_places()
    assert len(table.places) > 7_000
    for code, place in table.places.items():
        assert len(code) == 3
        assert code == place.code == code.upper()
        assert place.airports
        assert set(place.airports) <= table.airports.keys()
    for zone in {place.time_zone for place in table.places.values()}:
        ZoneInfo(zone)


def test_every_hand_written_code_exists() -> None:
    table = airports.all_places()
    assert set(airports.PRINCIPAL.values()) <= table.places.keys()
    assert set(airports.MORE_AIRPORTS) <= table.places.keys()
    for code in airports.MORE_CITIES:
        assert table.places[code].kind == "city"


def test_importing_the_module_does_not_read_the_table() -> None:
    code = "import sys, tripsage_mcp.infrastructure.airports; print('airportsdata' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_name_that_was_taken_for_one_city_may_mean_others() -> None:
    (london,) = airports.look_up("London")
    others = {place.code for place in airports.namesakes("London", london)}
    assert "YXU" in others
    assert others.isdisjoint({"LON", *london.airports})
    for clear in ("LON", "London, GB", "Heathrow"):
        assert airports.namesakes(clear, london) == ()
