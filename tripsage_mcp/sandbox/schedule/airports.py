"""Real airports and the cities they serve; the ones with scheduled flights are authored.

Positions, names and time zones come from the `airportsdata` package.
"""

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import TypedDict
from zoneinfo import ZoneInfo

import airportsdata

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.infrastructure import resources
from tripsage_mcp.sandbox.world import load_cities

# Airports that the metropolitan areas of `airportsdata` leave out.
_ALSO_IN = {"EWR": "NYC", "SEN": "LON", "NYO": "STO", "VST": "STO", "BWI": "WAS", "BVA": "PAR"}
_LARGE, _MEDIUM, _UNSERVED = 3, 2, 1
_NOT_A_NAME = re.compile(r"\s*(/|,|\().*$|\s+Island$")


class _Served(TypedDict):
    large: list[str]
    medium: list[str]
    cities: dict[str, str]


@dataclass(frozen=True)
class Airport:
    """One airport.

    Attributes:
        city_code: IATA code of the metropolitan area, or its own code.
        country: ISO 3166-1 alpha-2.
        size: 3 is large, 2 medium, 1 has no scheduled flights.
    """

    code: str
    icao: str
    name: str
    city_code: str
    city_name: str
    country: str
    coordinates: Coordinates
    time_zone: str
    size: int

    @property
    def large(self) -> bool:
        """Return whether every sort of flight comes here."""
        return self.size >= _LARGE

    @property
    def served(self) -> bool:
        """Return whether it has scheduled flights."""
        return self.size >= _MEDIUM

    @cached_property
    def zone(self) -> ZoneInfo:
        """Return its time zone."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Metropolis:
    """A city code and its airports, the largest first."""

    code: str
    name: str
    country: str
    airports: tuple[Airport, ...]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Every airport, and every city with more than one of them."""

    airports: dict[str, Airport]
    cities: dict[str, Metropolis]

    def served(self, code: str) -> tuple[Airport, ...]:
        """Return the airports with flights behind an airport or city code, largest first."""
        city = self.cities.get(code)
        found = city.airports if city else (self.airports.get(code),)
        return tuple(a for a in found if a is not None and a.served)


def _city_names(served: _Served) -> dict[str, str]:
    authored = {c.airports[0]: c.city for c in load_cities()}
    return served["cities"] | authored


@cache
def load_gazetteer() -> Gazetteer:
    """Return every airport with an IATA code (about 0.3 s the first time)."""
    served: _Served = json.loads(resources.text("sandbox", "airports.json"))
    size = dict.fromkeys(served["medium"], _MEDIUM) | dict.fromkeys(served["large"], _LARGE)
    for city in load_cities():
        size |= {code: size.get(code, _MEDIUM) for code in city.airports}
    macs = airportsdata.load_iata_macs()
    mac_of = _ALSO_IN | {code: mac for mac, row in macs.items() for code in row["airports"]}
    names = _city_names(served)
    airports: dict[str, Airport] = {}
    for code, row in airportsdata.load("IATA").items():
        if not (row["tz"] and re.fullmatch(r"[A-Z]{3}", code)):
            continue
        mac = mac_of.get(code, code)
        known = macs[mac]["name"] if mac in macs else names.get(code)
        airports[code] = Airport(
            code=code,
            icao=row["icao"],
            name=row["name"],
            city_code=mac,
            city_name=known or _NOT_A_NAME.sub("", row["city"]) or row["name"],
            country=row["country"],
            coordinates=Coordinates(row["lat"], row["lon"]),
            time_zone=row["tz"],
            size=size.get(code, _UNSERVED),
        )
    return Gazetteer(airports, _cities(airports, {m: r["name"] for m, r in macs.items()}))


def _cities(airports: dict[str, Airport], names: dict[str, str]) -> dict[str, Metropolis]:
    members: dict[str, list[Airport]] = {}
    for airport in airports.values():
        if airport.city_code in names:
            members.setdefault(airport.city_code, []).append(airport)
    return {
        code: Metropolis(
            code,
            names[code],
            found[0].country,
            tuple(sorted(found, key=lambda a: (-a.size, a.code))),
        )
        for code, found in members.items()
        if len(found) > 1
    }


@lru_cache(maxsize=65536)
def distance_km(a: Airport, b: Airport) -> float:
    """Return the great-circle distance in kilometres."""
    return great_circle_km(a.coordinates, b.coordinates)
