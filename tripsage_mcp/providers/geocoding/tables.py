"""What can be told of a point or a country without asking anybody."""

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.domain.place import Locality
from tripsage_mcp.domain.plain_text import bare
from tripsage_mcp.infrastructure import airports, countries

SOURCE = "airport and time zone tables"

_NEAR_KM = 80.0
# Most of a degree of latitude more than that.
_NEAR_DEGREES = 1.0
# As people write them, where the table of countries does not.
_ALSO_CALLED = {
    "america": "US", "czech republic": "CZ", "great britain": "GB", "holland": "NL",
    "korea": "KR", "the netherlands": "NL", "turkey": "TR", "uae": "AE", "uk": "GB",
    "united states of america": "US", "usa": "US",
}  # fmt: skip


def nearest_town(at: Coordinates) -> Locality | None:
    """Return the nearest town with an airport in the country the point is in; None at sea.

    Where no such town is within 80 km the country stands in for it. The time zone is the point's
    own, and so is the country: time zones end at borders.
    """
    zone = countries.zone_at(at)
    code = countries.country_of_zone(zone)
    if code is None:
        return None
    known = countries.find(code)
    country = code if known is None else known.name
    towns = (
        (great_circle_km(at, place.coordinates), place.city, place.coordinates)
        for place in airports.all_places().airports.values()
        if place.country_code == code
        and place.city
        and place.coordinates is not None
        and abs(place.coordinates.latitude - at.latitude) < _NEAR_DEGREES
    )
    km, name, coordinates = min(towns, default=(_NEAR_KM, country, at), key=lambda town: town[0])
    if km >= _NEAR_KM:
        name, coordinates = country, at
    return Locality(
        name=name, country=country, country_code=code, coordinates=coordinates, time_zone=zone
    )


def country_code(name: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country by its code or English name."""
    said = bare(name)
    if said in _ALSO_CALLED:
        return _ALSO_CALLED[said]
    for code, country in countries.every().items():
        if said in {bare(code), bare(country.code3), bare(country.name)}:
            return code
    return None
