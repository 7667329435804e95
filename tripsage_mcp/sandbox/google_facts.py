"""What the authored world does not say of a place, made up so that the same place keeps it.

Websites are below example.com, which is reserved for such; telephone numbers only where some are
reserved for fiction, so that nobody is ever called.
"""

from typing import Any

from tripsage_mcp.sandbox.schedule.chance import share, whole
from tripsage_mcp.sandbox.world import City, SandboxPlace

_FOOD = {"restaurant", "cafe", "bar", "bakery"}
# What one person pays, in units that cost about a dollar; the last band has no end.
_BANDS: dict[str, tuple[int, int | None]] = {
    "inexpensive": (10, 20),
    "moderate": (20, 40),
    "expensive": (40, 80),
    "very_expensive": (80, None),
}
# About how much a dollar buys, rounded the way prices are.
_PER_DOLLAR = {"AED": 4, "CZK": 20, "DKK": 7, "HUF": 300, "JPY": 100, "THB": 30, "TRY": 40}
_FICTION = {
    "new-york": "+1 212-555-01{:02}",
    "san-francisco": "+1 415-555-01{:02}",
    "london": "+44 20 7946 0{:03}",
    "edinburgh": "+44 131 496 0{:03}",
    "sydney": "+61 2 5550 00{:02}",
}
# How likely each is, and that nobody has said.
_STEP_FREE, _PARKING, _RESTROOM, _SEATING, _UNKNOWN = 0.8, 0.5, 0.65, 0.85, 0.1


def facts(place: SandboxPlace, city: City) -> dict[str, Any]:
    """Return the fields of the message that are made up; what is not known is left out."""
    found: dict[str, Any] = {
        "accessibilityOptions": _accessibility(place, city),
        "priceRange": _price_range(place, city),
        "websiteUri": f"https://{place.id}.{city.slug}.example.com/",
    }
    pattern = _FICTION.get(city.slug)
    if pattern is not None:
        found["internationalPhoneNumber"] = pattern.format(whole("phone", place.id) % 100)
    return {name: value for name, value in found.items() if value}


def _accessibility(place: SandboxPlace, city: City) -> dict[str, bool]:
    likely = {"Entrance": _STEP_FREE, "Parking": _PARKING, "Restroom": _RESTROOM}
    if place.kind in _FOOD:
        likely["Seating"] = _SEATING
    options: dict[str, bool] = {}
    for what, chance in likely.items():
        if share("known", what, city.slug, place.id) >= _UNKNOWN:
            options[f"wheelchairAccessible{what}"] = share(what, city.slug, place.id) < chance
    return options


def _price_range(place: SandboxPlace, city: City) -> dict[str, Any] | None:
    band = _BANDS.get(place.price_level) if place.kind in _FOOD else None
    if band is None:
        return None
    low, high = band
    prices = {"startPrice": _money(low, city.currency)}
    return prices if high is None else prices | {"endPrice": _money(high, city.currency)}


def _money(dollars: int, currency: str) -> dict[str, str]:
    return {"currencyCode": currency, "units": str(dollars * _PER_DOLLAR.get(currency, 1))}
