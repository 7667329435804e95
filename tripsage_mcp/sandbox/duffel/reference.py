"""Reference data by id: airlines, aircraft, airports and cities."""

from collections.abc import Callable
from functools import cache

from tripsage_mcp.sandbox.duffel.places import Json, airport_json, city_json
from tripsage_mcp.sandbox.duffel.wire import aircraft_json, airline_json
from tripsage_mcp.sandbox.schedule.airlines import AIRCRAFT, load_airlines
from tripsage_mcp.sandbox.schedule.airports import load_gazetteer

type Catalogue = Callable[[], dict[str, Json]]


def _by_id(rows: list[Json]) -> dict[str, Json]:
    return {str(row["id"]): row for row in sorted(rows, key=lambda row: str(row["id"]))}


@cache
def airlines() -> dict[str, Json]:
    """Return every airline."""
    return _by_id([airline_json(code) for code in load_airlines()])


@cache
def aircraft() -> dict[str, Json]:
    """Return every aircraft type."""
    return _by_id([aircraft_json(code) for code in AIRCRAFT])


@cache
def airports() -> dict[str, Json]:
    """Return every airport with flights."""
    known = load_gazetteer().airports.values()
    return _by_id([airport_json(a.code) for a in known if a.served])


@cache
def cities() -> dict[str, Json]:
    """Return every city with several airports."""
    return _by_id([city_json(code) for code in load_gazetteer().cities])


CATALOGUES: dict[str, Catalogue] = {
    "airlines": airlines,
    "aircraft": aircraft,
    "airports": airports,
    "cities": cities,
}
