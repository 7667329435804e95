"""Every town the sandbox knows by name: the authored cities, and the towns of served airports."""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import airportsdata

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.region import ABBREVIATED
from tripsage_mcp.sandbox.schedule.airports import Airport, load_gazetteer
from tripsage_mcp.sandbox.schedule.chance import whole
from tripsage_mcp.sandbox.world import City, load_cities

# Airports this near to each other that name the same town mean one town.
_SAME_TOWN_KM = 160.0
_FEET_PER_METRE = 3.28084
_LARGE = 3
_MEDIUM = 2
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
# What Unicode does not take apart into a letter and a mark.
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "\N{LATIN SMALL LETTER DOTLESS I}": "i"})
# GeoNames ids are below this.
_IDS = 12_000_000
# The zone table names countries by what fits on a line.
_COUNTRIES = {
    "CD": "DR Congo",
    "CG": "Congo",
    "CZ": "Czechia",
    "GB": "United Kingdom",
    "KP": "North Korea",
    "KR": "South Korea",
    "MM": "Myanmar",
    "PS": "Palestine",
    "SZ": "Eswatini",
    "TR": "Türkiye",
    "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands",
    "WS": "Samoa",
}
_ALIASES = {
    "nyc": "new york", "new york city": "new york", "lisboa": "lisbon", "roma": "rome",
    "wien": "vienna", "praha": "prague", "kobenhavn": "copenhagen", "athina": "athens",
    "sf": "san francisco", "oporto": "porto", "munchen": "munich", "milano": "milan",
    "koln": "cologne", "firenze": "florence", "venezia": "venice", "napoli": "naples",
    "geneve": "geneva", "sevilla": "seville", "warszawa": "warsaw", "bangalore": "bengaluru",
    "marrakesh": "marrakech", "cracow": "krakow",
    "東京": "tokyo", "京都": "kyoto", "大阪": "osaka", "αθηνα": "athens",
    "washington dc": "washington", "washington d c": "washington",
}  # fmt: skip
_COUNTRY_ALIASES = {
    "usa": "US", "america": "US", "united states of america": "US", "uk": "GB",
    "great britain": "GB", "england": "GB", "uae": "AE", "turkey": "TR", "czech republic": "CZ",
    "holland": "NL", "korea": "KR",
}  # fmt: skip


# How many live in the towns that share their name with another, so that the larger comes first.
_PEOPLE = {
    ("birmingham", "GB"): 1_145_000, ("birmingham", "US"): 200_000,
    ("charleston", "IE"): 1_000, ("charleston", "US"): 150_000,
    ("georgetown", "GY"): 118_000, ("georgetown", "KY"): 35_000,
    ("hamilton", "AU"): 1_900, ("hamilton", "BM"): 900, ("hamilton", "NZ"): 176_000,
    ("manchester", "GB"): 552_000, ("manchester", "US"): 116_000,
    ("san jose", "CR"): 335_000, ("san jose", "US"): 1_013_000,
    ("santiago", "CL"): 6_250_000, ("santiago", "DO"): 1_200,
}  # fmt: skip
_PEOPLE_BY_REGION = {("portland", "Maine"): 68_000, ("portland", "Oregon"): 652_000}


@dataclass(frozen=True, slots=True)
class Town:
    """A populated place.

    Attributes:
        id: Looks like a GeoNames id.
        region: The first-level division; empty when unknown.
        country_code: ISO 3166-1 alpha-2.
        population: None for what is neither authored nor shares its name.
        size: 4 for authored cities, else that of the airport: 3 large, 2 medium.
        city: The authored facts, if there are any.
    """

    id: int
    name: str
    region: str
    country: str
    country_code: str
    coordinates: Coordinates
    time_zone: str
    elevation_m: float
    population: int | None
    size: int
    city: City | None = None


def plain(text: str) -> str:
    """Reduce a name to lower-case words without accents or punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = "".join(
        c if c.isalnum() else "" if c in _APOSTROPHES else " "
        for c in decomposed
        if not unicodedata.combining(c)
    )
    return " ".join(kept.split())


@cache
def country_names() -> dict[str, str]:
    """Return English country names by ISO 3166-1 alpha-2 code."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    names = dict(line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    names = {code: name.replace(" & ", " and ") for code, name in names.items()}
    return names | _COUNTRIES | {city.country_code: city.country for city in load_cities()}


@cache
def country_code(name: str) -> str | None:
    """Return the code of a country given by `plain` name or by code."""
    if name in _COUNTRY_ALIASES:
        return _COUNTRY_ALIASES[name]
    by_name = {plain(known): code for code, known in country_names().items()}
    if name in by_name:
        return by_name[name]
    return name.upper() if name.upper() in country_names() else None


def _authored(city: City) -> Town:
    return Town(
        id=whole("town", city.city, city.country_code) % _IDS + 1,
        name=city.city,
        region=city.region,
        country=city.country,
        country_code=city.country_code,
        coordinates=city.center,
        time_zone=city.time_zone,
        elevation_m=city.elevation_m,
        population=city.population,
        size=_LARGE + 1,
        city=city,
    )


@cache
def load_towns() -> tuple[Town, ...]:
    """Return every town, the authored cities first, then by size and name."""
    towns = [_authored(city) for city in load_cities()]
    named: defaultdict[tuple[str, str], list[Town]] = defaultdict(list)
    for town in towns:
        named[plain(town.name), town.country_code].append(town)
    rows = airportsdata.load("IATA")
    served = [a for a in load_gazetteer().airports.values() if a.size >= _MEDIUM]
    for airport in sorted(served, key=lambda a: (-a.size, a.city_name, a.code)):
        key = plain(airport.city_name), airport.country
        if not key[0] or any(
            great_circle_km(t.coordinates, airport.coordinates) < _SAME_TOWN_KM for t in named[key]
        ):
            continue
        row = rows[airport.code]
        town = _of_airport(airport, row["subd"], row["elevation"] / _FEET_PER_METRE)
        named[key].append(town)
        towns.append(town)
    return tuple(towns)


def _of_airport(airport: Airport, region: str, elevation_m: float) -> Town:
    name = plain(airport.city_name)
    region = "" if plain(region) == name else region
    return Town(
        id=whole("town", airport.city_name, airport.country, region) % _IDS + 1,
        name=airport.city_name,
        region=region,
        country=country_names().get(airport.country, airport.country),
        country_code=airport.country,
        coordinates=airport.coordinates,
        time_zone=airport.time_zone,
        elevation_m=float(round(elevation_m)),
        population=_PEOPLE.get((name, airport.country), _PEOPLE_BY_REGION.get((name, region))),
        size=airport.size,
    )


@cache
def _by_name() -> dict[str, tuple[Town, ...]]:
    found: defaultdict[str, list[Town]] = defaultdict(list)
    for town in load_towns():
        found[plain(town.name)].append(town)
    return {
        name: tuple(sorted(towns, key=lambda town: -(town.population or 0)))
        for name, towns in found.items()
    }


def named(name: str) -> tuple[Town, ...]:
    """Return the towns of exactly this name, in any case and without accents, largest first."""
    words = plain(name)
    words = _ALIASES.get(words, words)
    return _by_name().get(words, ())


def beginning(prefix: str) -> tuple[Town, ...]:
    """Return the towns whose name begins with `prefix`, the exact ones first."""
    exact = named(prefix)
    words = plain(prefix)
    longer = [
        town
        for name, towns in _by_name().items()
        if words and name.startswith(words)
        for town in towns
        if town not in exact
    ]
    return exact + tuple(sorted(longer, key=lambda t: (-t.size, t.name)))


def qualified(towns: tuple[Town, ...], qualifier: str) -> tuple[Town, ...]:
    """Keep the towns in the region or country that `qualifier` names."""
    words = plain(qualifier)
    if not words:
        return towns
    code = country_code(words)
    return tuple(
        town
        for town in towns
        if town.country_code == code
        or ABBREVIATED.get(words, words)
        in {plain(town.region), plain(town.country), plain(town.name)}
    )


def find(text: str) -> tuple[Town, ...]:
    """Resolve `name`, `name, region` or `name, region, country`; the likeliest town first."""
    name, *qualifiers = (part.strip() for part in text.split(","))
    towns = named(name)
    for qualifier in qualifiers:
        towns = qualified(towns, qualifier)
    return towns


def nearest(at: Coordinates) -> tuple[Town, float]:
    """Return the nearest town and its distance in kilometres."""
    return min(
        ((town, great_circle_km(at, town.coordinates)) for town in load_towns()),
        key=lambda found: found[1],
    )
