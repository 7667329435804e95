"""The authored cities: every fact a provider twin relies on is well-formed and plausible."""

import json
import math
from pathlib import Path
from typing import Any

import airportsdata
import pytest
from opening_hours import validate

CITIES = Path(__file__).parents[2] / "resources" / "sandbox" / "cities"
FILES = sorted(CITIES.glob("*.json"))
KINDS = {
    "landmark", "museum", "gallery", "church", "palace", "park", "viewpoint", "market",
    "neighbourhood", "theatre", "zoo", "beach", "shopping", "restaurant", "cafe", "bar", "bakery",
}  # fmt: skip
# Table A of the Places API (New), as far as the world uses it.
TYPES = {
    "tourist_attraction", "museum", "art_gallery", "park", "national_park", "zoo", "aquarium",
    "amusement_park", "historical_landmark", "monument", "church", "hindu_temple", "mosque",
    "synagogue", "buddhist_temple", "castle", "market", "shopping_mall", "restaurant", "cafe",
    "bar", "bakery", "night_club", "beach", "observation_deck", "botanical_garden", "garden",
    "performing_arts_theater", "opera_house", "stadium", "plaza", "library", "cultural_center",
    "cultural_landmark", "historical_place", "bridge", "pub", "wine_bar", "seafood_restaurant",
    "fine_dining_restaurant", "ferry_terminal", "cemetery", "shrine", "vegetarian_restaurant",
}  # fmt: skip
PRICE_LEVELS = {"free", "inexpensive", "moderate", "expensive", "very_expensive"}
AIRPORTS = airportsdata.load("IATA")
FOOD = {"restaurant", "cafe", "bar", "bakery"}


def km(a: dict[str, Any], b: dict[str, Any]) -> float:
    x = math.radians(b["longitude"] - a["longitude"]) * math.cos(math.radians(a["latitude"]))
    return 6371 * math.hypot(x, math.radians(b["latitude"] - a["latitude"]))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_city_is_complete_and_plausible(path: Path) -> None:
    city = json.loads(path.read_text(encoding="utf-8"))
    airports = AIRPORTS
    assert all(code in airports for code in city["airports"])
    assert all(
        km(city["center"], {"latitude": airports[code]["lat"], "longitude": airports[code]["lon"]})
        < 130
        for code in city["airports"]
    )
    assert airports[city["airports"][0]]["tz"] == city["time_zone"]
    climate = city["climate"]
    assert all(len(climate[key]) == 12 for key in ("high_c", "low_c", "wet_days"))
    assert all(low < high for low, high in zip(climate["low_c"], climate["high_c"], strict=True))
    assert 6 <= len(city["neighbourhoods"]) <= 10
    places = city["places"]
    assert 25 <= len(places) <= 40
    assert len({p["id"] for p in places}) == len({p["name"] for p in places}) == len(places)
    assert sum(p["kind"] in FOOD for p in places) >= 8
    assert sum(p["kind"] == "restaurant" for p in places) >= 6
    for spot in city["neighbourhoods"]:
        assert km(city["center"], spot) < 15, spot["name"]
    for place in places:
        name = place["name"]
        assert place["kind"] in KINDS, name
        assert place["types"], name
        assert set(place["types"]) <= TYPES, name
        assert km(city["center"], place) < 40, name
        assert validate(place["opening_hours"]), name
        assert 10 <= place["visit_minutes"] <= 360, name
        assert place["price_level"] in PRICE_LEVELS, name
        assert 3.5 <= place["rating"] <= 5, name
        assert place["reviews"] > 0, name
        assert isinstance(place["indoor"], bool), name
        assert isinstance(place["booking_advised"], bool), name
        assert 20 <= len(place["summary"]) <= 160, name
        assert place["address"], name
    assert len({round(p["latitude"], 4) * 1000 + round(p["longitude"], 4) for p in places}) == len(
        places
    )


def test_the_world_has_at_least_25_cities() -> None:
    assert len(FILES) >= 25
