"""Airports and cities on the wire, and how they are suggested for a few letters or a point."""

import unicodedata
from functools import cache

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox.schedule.airports import Airport, Metropolis, load_gazetteer

type Json = dict[str, object]

MOST_SUGGESTIONS = 20
_LETTERS = 3


def _city_row(code: str, name: str, country: str) -> Json:
    return {
        "type": "city",
        "id": f"cit_{code}_{country}".lower(),
        "name": name,
        "iata_code": code,
        "iata_city_code": code,
        "iata_country_code": country,
        "icao_code": None,
        "latitude": None,
        "longitude": None,
        "time_zone": None,
        "city_name": None,
    }


def _airport_row(airport: Airport) -> Json:
    return {
        "type": "airport",
        "id": f"arp_{airport.code}_{airport.country}".lower(),
        "name": airport.name,
        "iata_code": airport.code,
        "iata_city_code": airport.city_code,
        "iata_country_code": airport.country,
        "icao_code": airport.icao if airport.icao.isalpha() else None,
        "latitude": airport.coordinates.latitude,
        "longitude": airport.coordinates.longitude,
        "time_zone": airport.time_zone,
        "city_name": airport.city_name,
    }


@cache
def airport_json(code: str) -> Json:
    """Return an airport with the city it serves; small towns have no city of their own."""
    airport = load_gazetteer().airports[code]
    city = None
    if airport.large or airport.city_code != code:
        city = _city_row(airport.city_code, airport.city_name, airport.country)
    return _airport_row(airport) | {"city": city, "airports": None}


@cache
def city_json(code: str) -> Json:
    """Return a city with its airports."""
    city = load_gazetteer().cities[code]
    return _city_row(city.code, city.name, city.country) | {
        "city": None,
        "airports": [_airport_row(a) for a in city.airports],
    }


def place_json(code: str) -> Json:
    """Return what a code in a search means: a city wherever it has several airports."""
    return city_json(code) if code in load_gazetteer().cities else airport_json(code)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ø", "o"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


@cache
def _index() -> list[tuple[str, str, str, Airport]]:
    return [(code.casefold(), _plain(a.city_name), _plain(a.name), a)
            for code, a in load_gazetteer().airports.items()]  # fmt: skip


@cache
def _city_index() -> list[tuple[str, str, Metropolis]]:
    return [(code.casefold(), _plain(c.name), c) for code, c in load_gazetteer().cities.items()]


def _fit(wanted: str, code: str, city: str, name: str = "") -> int | None:
    """Return how well a place fits, 0 best, or None."""
    if wanted == code:
        return 0
    if city.startswith(wanted):
        return 1
    if any(word.startswith(wanted) for word in name.split()) or name.startswith(wanted):
        return 2
    return 3 if len(wanted) >= _LETTERS and (wanted in city or wanted in name) else None


def suggest_by_name(text: str) -> list[Json]:
    """Return cities, then airports, that fit the text; the best first."""
    wanted = _plain(text.strip())
    ranked: list[tuple[int, int, int, str, Json]] = []
    for code, name, city in _city_index():
        fit = _fit(wanted, code, name)
        if fit is not None:
            ranked.append((fit, -city.airports[0].size, 0, city.name, city_json(city.code)))
    for code, city_name, name, airport in _index():
        fit = _fit(wanted, code, city_name, name)
        if fit is not None:
            ranked.append((fit, -airport.size, 1, airport.name, airport_json(airport.code)))
    ranked.sort(key=lambda row: row[:4])
    return [row[4] for row in ranked[:MOST_SUGGESTIONS]]


def suggest_nearby(center: Coordinates, radius_m: float) -> list[Json]:
    """Return airports with flights in the circle, nearest first."""
    near = sorted(
        (great_circle_km(center, a.coordinates), a.code)
        for a in load_gazetteer().airports.values()
        if a.served
    )
    return [airport_json(code) for km, code in near if km * 1000 <= radius_m][:MOST_SUGGESTIONS]
