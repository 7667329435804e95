"""Airports and the cities they serve, by IATA code."""

from dataclasses import dataclass
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates


@dataclass(frozen=True, slots=True)
class Airport:
    """One airport.

    Attributes:
        code: IATA, three capitals.
        city_code: IATA code of the city it serves; None when unknown.
        country_code: ISO 3166-1 alpha-2; None when unknown.
        time_zone: IANA name.
    """

    code: str
    name: str
    time_zone: str
    city: str | None = None
    city_code: str | None = None
    country_code: str | None = None


@dataclass(frozen=True, slots=True)
class IATAPlace:
    """What a three-letter code may stand for: an airport, or a city with several.

    Attributes:
        city: The city's name; for a city the same as `name`.
        airports: Codes of a city's airports, sorted; an airport's own code alone.
        time_zone: IANA name.
        coordinates: None for a city.
    """

    code: str
    kind: Literal["airport", "city"]
    name: str
    city: str
    country_code: str
    time_zone: str
    airports: tuple[str, ...]
    coordinates: Coordinates | None = None

    def __str__(self) -> str:
        """Describe it in one line, e.g. `LIS (Lisbon Portela Airport, Lisbon, PT)`."""
        if self.kind == "city":
            return f"{self.code} ({self.name}, {self.country_code}: {', '.join(self.airports)})"
        return f"{self.code} ({self.name}, {self.city}, {self.country_code})"
