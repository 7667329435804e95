"""IATA airport and city codes, from the `airportsdata` package; read on first use.

The package also lists closed and military airports: a known code is not a promise of flights.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from tripsage_mcp.domain.airports import IATAPlace
from tripsage_mcp.domain.geo import Coordinates

_CODE_LENGTH = 3

# What airfields are called that no airline serves; one that is also international or municipal is
# shared.
_NO_TICKETS = re.compile(
    r"^(?!.*(?:International|Municipal|/))"
    r".*\b(?:AFB|Air Base|Air Force|Army|Heliport|Naval|Seaplane)\b"
)

# City codes the package does not know, with their airports.
MORE_CITIES = {
    "BAK": ("Baku", "AZ", "GYD"),
    "BUH": ("Bucharest", "RO", "BBU OTP"),
    "DTT": ("Detroit", "US", "DTW"),
    "EAP": ("Basel-Mulhouse", "CH", "BSL MLH"),
    "IZM": ("Izmir", "TR", "ADB"),
    "YEA": ("Edmonton", "CA", "YEG"),
    "YMQ": ("Montreal", "CA", "YUL"),
}

# The package follows a pricing list; travellers also count these to the city.
MORE_AIRPORTS = {"NYC": "EWR", "PAR": "BVA", "WAS": "BWI"}

# Where the name alone is ambiguous in the table, or written otherwise, but one city is meant.
PRINCIPAL = {
    name: code
    for code, names in (
        ("AMM", "amman"), ("AMS", "amsterdam"), ("ANC", "anchorage"), ("ATH", "athens|athina"),
        ("ATL", "atlanta"), ("AUA", "aruba"), ("AUH", "abu dhabi"), ("AUS", "austin"),
        ("BAK", "baku"), ("BCN", "barcelona"), ("BER", "berlin"), ("BGI", "barbados"),
        ("BJV", "bodrum"), ("BLR", "bangalore|bengaluru"), ("BOD", "bordeaux"), ("BOG", "bogota"),
        ("BOM", "mumbai|bombay"), ("BOS", "boston"), ("BUD", "budapest"), ("CAI", "cairo"),
        ("CFU", "corfu|kerkyra"), ("CGN", "cologne|koln"), ("CLE", "cleveland"), ("CMB", "colombo"),
        ("CPH", "copenhagen"), ("CPT", "cape town"), ("CUR", "curacao"), ("CUZ", "cuzco"),
        ("DAD", "da nang"), ("DEL", "delhi|new delhi"), ("DEN", "denver"), ("DOH", "doha"),
        ("DPS", "bali"), ("DTT", "detroit"), ("DUB", "dublin"), ("DUR", "durban"),
        ("EDI", "edinburgh"), ("FAO", "faro|algarve"), ("FEZ", "fez"), ("FLL", "fort lauderdale"),
        ("FLR", "florence|firenze"), ("FRA", "frankfurt"), ("GLA", "glasgow"),
        ("GOA", "genoa|genova"), ("GOI", "goa"), ("GOT", "gothenburg|goteborg"),
        ("GPS", "galapagos"), ("GVA", "geneva|geneve"), ("HAJ", "hanover"), ("HAM", "hamburg"),
        ("HAN", "hanoi"), ("HAV", "havana"), ("HEL", "helsinki"), ("HND", "haneda"),
        ("HNL", "honolulu"), ("HYD", "hyderabad"), ("IEV", "kiev"), ("IZM", "izmir"),
        ("JMK", "mykonos"), ("KGS", "kos"), ("KTI", "phnom penh"), ("LAS", "las vegas"),
        ("LAX", "los angeles"), ("LIM", "lima"), ("LIS", "lisboa"), ("LOP", "lombok"),
        ("LPA", "las palmas|gran canaria"), ("LYS", "lyon"), ("MAD", "madrid"),
        ("MAN", "manchester"), ("MCI", "kansas city"), ("MCO", "orlando"), ("MIA", "miami"),
        ("MIL", "milano"), ("MLE", "male|maldives"), ("MNL", "manila"), ("MPH", "boracay"),
        ("MRU", "mauritius"), ("MSP", "minneapolis"), ("MSY", "new orleans"),
        ("MUC", "munich|munchen"), ("MVD", "montevideo"), ("NAN", "fiji"), ("NAP", "naples|napoli"),
        ("NAS", "nassau"), ("NBO", "nairobi"), ("NCE", "nice"), ("NYC", "new york city"),
        ("OAK", "oakland"), ("OGG", "maui"), ("OPO", "oporto"), ("PER", "perth"),
        ("PHL", "philadelphia"), ("PHX", "phoenix"), ("PIT", "pittsburgh"),
        ("PMI", "palma|majorca|mallorca"), ("PPT", "tahiti"), ("PRG", "prague|praha"),
        ("PTY", "panama city"), ("PUF", "pau"), ("RAK", "marrakesh"), ("RHO", "rhodes|rodos"),
        ("RIO", "rio"), ("ROM", "roma"), ("RUH", "riyadh"), ("SAN", "san diego"),
        ("SAT", "san antonio"), ("SEA", "seattle"), ("SFO", "san francisco"),
        ("SGN", "ho chi minh city|saigon"), ("SIN", "singapore"), ("SJD", "cabo|cabo san lucas"),
        ("STL", "st louis|saint louis"), ("STR", "stuttgart"), ("SVQ", "seville|sevilla"),
        ("SYD", "sydney"), ("TOS", "tromso"), ("TPA", "tampa"), ("TRN", "turin"),
        ("USM", "koh samui|ko samui"), ("VCE", "venice|venezia"), ("VIE", "vienna|wien"),
        ("WAS", "washington dc|washington d c"), ("WAW", "warsaw|warszawa"), ("WDH", "windhoek"),
        ("WRO", "wroclaw"), ("YOW", "ottawa"), ("YVR", "vancouver"), ("ZQN", "queenstown"),
        ("ZRH", "zurich"),
    )
    for name in names.split("|")
}  # fmt: skip


# As people write them, where the table of countries does not.
_COUNTRY_ALIASES = {
    "america": "us", "czech republic": "cz", "czechia": "cz", "england": "gb",
    "great britain": "gb", "holland": "nl", "korea": "kr", "northern ireland": "gb",
    "russia": "ru", "scotland": "gb", "south korea": "kr", "the netherlands": "nl",
    "turkey": "tr", "turkiye": "tr", "uae": "ae", "uk": "gb", "united kingdom": "gb",
    "united states of america": "us", "usa": "us", "viet nam": "vn", "wales": "gb",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """Places by code, and the codes by city and by the airport's own name, in plain letters."""

    places: Mapping[str, IATAPlace]
    airports: Mapping[str, IATAPlace]
    by_city: Mapping[str, tuple[str, ...]]
    by_name: Mapping[str, str]


def find(code: str) -> IATAPlace | None:
    """Return what an IATA code stands for; the city where city and airport share the code."""
    return all_places().places.get(code)


def find_airport(code: str) -> IATAPlace | None:
    """Return the airport with an IATA code."""
    return all_places().airports.get(code)


def look_up(text: str) -> tuple[IATAPlace, ...]:
    """Return what a code or a name may mean: one when it is clear, none when it is unknown.

    A name may carry a country after a comma, by code or by name: `Birmingham, GB`.
    """
    given = text.strip()
    by_code = find(given.upper()) if len(given) == _CODE_LENGTH and given.isascii() else None
    # "Goa" is more likely a name than Genoa's code; "lis" is a code.
    a_name = given.istitle() or (given.islower() and given in PRINCIPAL)
    if by_code is not None and not a_name:
        return (by_code,)
    return _named(given)


def namesakes(text: str, chosen: IATAPlace) -> tuple[IATAPlace, ...]:
    """Return the other places a name may mean, beside the one it was taken for, likely ones first.

    A code, and a name that says its country, mean nothing else.
    """
    table = all_places()
    codes = table.by_city.get(_plain(text), ())
    others = [table.places[code] for code in codes if code not in {chosen.code, *chosen.airports}]
    return tuple(sorted(others, key=_likelihood))


def similar(text: str, limit: int = 5) -> tuple[IATAPlace, ...]:
    """Return places whose code or city is written much like `text`, most alike first."""
    table = all_places()
    city, _, _ = text.partition(",")
    names = get_close_matches(_plain(city), table.by_city, n=limit, cutoff=0.75)
    codes = [code for name in names for code in table.by_city[name]]
    same = [code for code in (text.strip().upper(),) if code in table.places]
    return tuple(table.places[code] for code in dict.fromkeys(same + codes))[:limit]


def _named(text: str) -> tuple[IATAPlace, ...]:
    table = all_places()
    city, _, qualifier = text.partition(",")
    name, wanted = _plain(city), _plain(qualifier)
    if not wanted and name in PRINCIPAL:
        return (table.places[PRINCIPAL[name]],)
    if not name:
        return ()
    found = [table.places[code] for code in table.by_city.get(name, ())]
    found = found or _with_words(name)
    if wanted:
        code = _country_codes().get(wanted, wanted)
        found = [place for place in found if _plain(place.country_code) == code]
        chosen = PRINCIPAL.get(name)
        if chosen is not None and _plain(table.places[chosen].country_code) == code:
            return (table.places[chosen],)
    cities = [place for place in found if place.kind == "city" and len(place.airports) > 1]
    return (cities[0],) if len(cities) == 1 else tuple(sorted(found, key=_likelihood))


def _with_words(name: str) -> list[IATAPlace]:
    """Find airports by a part of their own name, e.g. Heathrow."""
    if len(name) <= _CODE_LENGTH:
        return []
    padded = f" {name} "
    table = all_places()
    return [table.places[code] for own, code in table.by_name.items() if padded in f" {own} "]


def _likelihood(place: IATAPlace) -> tuple[bool, bool, str]:
    return (place.kind != "city", "International" not in place.name, place.code)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


@cache
def _country_codes() -> Mapping[str, str]:
    """Return ISO 3166-1 codes by the country's plain English name, as `tzdata` lists them."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {_plain(name): code.casefold() for code, name in rows} | _COUNTRY_ALIASES


@cache
def all_places() -> PlaceTable:
    """Return every place we know, read on the first call."""
    import airportsdata  # noqa: PLC0415 - only a flight search needs it

    folder = Path(airportsdata.__file__).parent
    airports = _read_airports(folder / "airports.csv")
    places = airports | _read_cities(folder / "iata_macs.csv", airports)
    by_city: defaultdict[str, list[str]] = defaultdict(list)
    within = {code for p in places.values() if p.kind == "city" for code in p.airports}
    for code, place in places.items():
        if place.city and (place.kind == "city" or code not in within):
            by_city[_plain(place.city)].append(code)
    return PlaceTable(
        places=places,
        airports=airports,
        by_city={name: _for_travellers(codes, places) for name, codes in by_city.items()},
        by_name={_plain(a.name): a.code for a in airports.values()},
    )


def _for_travellers(codes: list[str], places: Mapping[str, IATAPlace]) -> tuple[str, ...]:
    """Leave out the airfields of a city that sell no tickets, unless it has nothing else."""
    public = [code for code in codes if not _NO_TICKETS.search(places[code].name)]
    return tuple(public or codes)


def _read_airports(path: Path) -> dict[str, IATAPlace]:
    # Not `airportsdata.load`: reading the few columns directly takes a third of its time, twice.
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        iata, name, city, country, zone, lat, lon = (
            header.index(column)
            for column in ("iata", "name", "city", "country", "tz", "lat", "lon")
        )
        return {
            row[iata]: IATAPlace(
                code=row[iata],
                kind="airport",
                name=row[name],
                city=row[city],
                country_code=row[country],
                time_zone=row[zone],
                airports=(row[iata],),
                coordinates=Coordinates(float(row[lat]), float(row[lon])),
            )
            for row in rows
            if row[iata] and row[zone]
        }


def _read_cities(path: Path, airports: Mapping[str, IATAPlace]) -> dict[str, IATAPlace]:
    members: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            members[row["City Code"], row["City Name"], row["Country"]].add(row["Airport Code"])
    for code, (name, country, inside) in MORE_CITIES.items():
        members[code, name, country].update(inside.split())
    cities: dict[str, IATAPlace] = {}
    for (code, name, country), codes in members.items():
        inside = sorted({*codes, *MORE_AIRPORTS.get(code, "").split()} & airports.keys())
        cities[code] = IATAPlace(
            code=code,
            kind="city",
            name=name,
            city=name,
            country_code=country,
            time_zone=airports[inside[0]].time_zone,
            airports=tuple(inside),
        )
    return cities
