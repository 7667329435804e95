import pytest

from tripsage_mcp.infrastructure import countries
from tripsage_mcp.providers.advisories.us_names import countries_of, name_in

OLD = "https://travel.state.gov/content/travel/en/traveladvisories/traveladvisories"
NEW = "https://travel.state.gov/content/tsg_aem/us/en/home/travel-advisories"
COMBINED = "Mainland China, Hong Kong & Macau - See Summaries - Level 3: Reconsider Travel"


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("Afghanistan - Level 4: Do Not Travel", "AF"),
        ("Mexico Travel Advisory - Level 2: Exercise Increased Caution", "MX"),
        ("Mexico - See State Summaries", "MX"),
        ("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire - Level 2: Exercise Increased Caution", "CI"),
        ("Cote d Ivoire - Level 2: Exercise Increased Caution", "CI"),
        ("The Kyrgyz Republic - Level 1: Exercise Normal Precautions", "KG"),
        ("The Bahamas \N{EN DASH} Level 2: Exercise Increased Caution", "BS"),
        ("Burma (Myanmar) - Level 4: Do Not Travel", "MM"),
        ("Democratic Republic of the Congo (D.R.C.) - Level 4: Do Not Travel", "CD"),
        ("Republic of the Congo - Level 2: Exercise Increased Caution", "CG"),
        ("Guinea - Level 2: Exercise Increased Caution", "GN"),
        ("Guinea-Bissau - Level 3: Reconsider Travel", "GW"),
        ("Papua New Guinea - Level 3: Reconsider Travel", "PG"),
        ("Dominica - Level 1: Exercise Normal Precautions", "DM"),
        ("Dominican Republic - Level 2: Exercise Increased Caution", "DO"),
        ("Niger - Level 4: Do Not Travel", "NE"),
        ("Nigeria - Level 3: Reconsider Travel", "NG"),
        ("Sudan - Level 4: Do Not Travel", "SD"),
        ("South Sudan - Level 4: Do Not Travel", "SS"),
        ("Georgia - Level 1: Exercise Normal Precautions", "GE"),
        ("Trinidad and Tobago - Level 3: Reconsider Travel", "TT"),
        ("Bosnia and Herzegovina - Level 2: Exercise Increased Caution", "BA"),
        ("Sao Tome and Principe - Level 1: Exercise Normal Precautions", "ST"),
        ("Turkey - Level 2: Exercise Increased Caution", "TR"),
        ("Türkiye - Level 2: Exercise Increased Caution", "TR"),
        ("U.S. Virgin Islands - Level 2: Exercise Increased Caution", "VI"),
        ("Kingdom of Denmark - Level 2: Exercise Increased Caution", "DK"),
        ("Saba - Level 1: Exercise Normal Precautions", "BQ"),
        ("Israel, the West Bank and Gaza - See Summaries", "IL PS"),
        ("Israel, the West Bank and Gaza - See Individual Summaries", "IL PS"),
        (
            "See Individual Summaries - Israel, the West Bank and Gaza - Level 3: Reconsider",
            "IL PS",
        ),
        ("French West Indies - Level 1: Exercise Normal Precautions", "BL GP MF MQ"),
        # No country, or none that is known: nothing is guessed.
        ("Worldwide Caution", ""),
        ("Level 2: Exercise Increased Caution", ""),
        ("Atlantis - Level 4: Do Not Travel", ""),
        ("Chad and Atlantis - Level 4: Do Not Travel", ""),
        ("", ""),
    ],
)
def test_a_title_names_its_country(title: str, codes: str) -> None:
    assert countries_of(title, "") == frozenset(codes.split())


@pytest.mark.parametrize(
    ("link", "codes"),
    [
        (f"{NEW}/destination.sau.html", "SA"),
        # The link knows better than a title that a dozen countries share.
        (f"{NEW}/destination.hkg.html", "HK"),
        (f"{NEW}/destination.xkx.html", "XK"),
        (f"{OLD}/macau-travel-advisory1.html", "MO"),
        (f"{OLD}/hong-kong-travel-advisory.html", "HK"),
        (f"{OLD}/china-travel-advisory.html", "CN"),
        (f"{OLD}/portugal-travel-advisory.html", "CN HK MO"),
        (f"{NEW}/destination.zzz.html", "CN HK MO"),
        (f"{NEW}/destination.sau.html?x", "CN HK MO"),
    ],
)
def test_a_link_tells_which_of_the_countries_of_a_title(link: str, codes: str) -> None:
    assert countries_of(COMBINED, link) == frozenset(codes.split())


@pytest.mark.parametrize("code", countries.every())
def test_every_country_is_known_by_its_own_name(code: str) -> None:
    country = countries.every()[code]
    title = f"{country.name} - Level 1: Exercise Normal Precautions"
    assert countries_of(title, "") == {code}
    assert countries_of("", f"{NEW}/destination.{country.code3.lower()}.html") == {code}


def test_the_name_is_what_is_left_of_a_title() -> None:
    assert name_in("Mexico Travel Advisory - Level 2: Exercise Increased Caution") == "Mexico"
    assert name_in(COMBINED) == "Mainland China, Hong Kong & Macau"
    assert name_in("Chad") == "Chad"
