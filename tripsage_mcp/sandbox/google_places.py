"""The authored places as documents of Places API (New) v1.

https://developers.google.com/maps/documentation/places/web-service/reference/rest/v1/places
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.sandbox import hours
from tripsage_mcp.sandbox.google_facts import facts
from tripsage_mcp.sandbox.google_http import tree
from tripsage_mcp.sandbox.world import City, SandboxPlace, load_cities

_LATLNG = "latitude longitude"
_TEXT = "text languageCode"
_POINT = "day hour minute truncated date(year month day)"
_HOURS = (
    f"(openNow periods(open({_POINT}) close({_POINT})) weekdayDescriptions"
    " specialDays(date(year month day)) nextOpenTime nextCloseTime secondaryHoursType)"
)
# Every field of the message, also those the world has nothing to say about.
PLACE_FIELDS = tree(
    f"""
    id name displayName({_TEXT}) types primaryType primaryTypeDisplayName({_TEXT})
    googleMapsTypeLabel({_TEXT}) formattedAddress shortFormattedAddress adrFormatAddress
    addressComponents(longText shortText types languageCode) postalAddress(*)
    location({_LATLNG}) viewport(low({_LATLNG}) high({_LATLNG})) plusCode(globalCode compoundCode)
    rating userRatingCount priceLevel priceRange(startPrice(*) endPrice(*)) businessStatus
    utcOffsetMinutes timeZone(id version) googleMapsUri googleMapsLinks(*) websiteUri
    nationalPhoneNumber internationalPhoneNumber iconMaskBaseUri iconBackgroundColor
    regularOpeningHours{_HOURS} currentOpeningHours{_HOURS}
    regularSecondaryOpeningHours{_HOURS} currentSecondaryOpeningHours{_HOURS}
    editorialSummary({_TEXT}) generativeSummary(*) reviewSummary(*) neighborhoodSummary(*)
    evChargeAmenitySummary(*) photos(*) reviews(*) attributions(*) accessibilityOptions(*)
    addressDescriptor(*) containingPlaces(*) subDestinations(*) parkingOptions(*) paymentOptions(*)
    fuelOptions(*) evChargeOptions(*) consumerAlert(*) entrances(*) navigationPoints(*)
    transitStation(*) openingDate(year month day) movedPlace movedPlaceId pureServiceAreaBusiness
    allowsDogs curbsidePickup delivery dineIn goodForChildren goodForGroups goodForWatchingSports
    liveMusic menuForChildren outdoorSeating reservable restroom servesBeer servesBreakfast
    servesBrunch servesCocktails servesCoffee servesDessert servesDinner servesLunch
    servesVegetarianFood servesWine takeout
    """
)

_FOOD = {"restaurant", "cafe", "bar", "bakery"}
# Half the height of a viewport around a point, in degrees.
_VIEW = 0.00135
_MAPS = "https://maps.google.com/?cid="


@dataclass(frozen=True, slots=True)
class Known:
    """A place with its id and its city."""

    id: str
    place: SandboxPlace
    city: City


def place_id(*words: str) -> str:
    """Return an id that looks like Google's: `ChIJ` and 23 URL-safe characters."""
    digest = blake2b("\x1f".join(words).encode(), digest_size=18).digest()
    return "ChIJ" + urlsafe_b64encode(digest).decode()[:23]


@cache
def known_places() -> dict[str, Known]:
    """Return every place by id."""
    found: dict[str, Known] = {}
    for city in load_cities():
        for place in city.places:
            known = Known(place_id("place", city.slug, place.id), place, city)
            found[known.id] = known
    return found


def document(known: Known, now: datetime) -> dict[str, Any]:
    """Return the whole message; what is empty is left out, as in protobuf's JSON."""
    place, city = known.place, known.city
    zone = ZoneInfo(city.time_zone)
    offset = now.astimezone(zone).utcoffset()
    assert offset is not None
    regular = hours.regular(place.opening_hours, zone, now)
    types = [*place.types, *(["food"] if place.kind in _FOOD else [])]
    primary = place.types[0]
    document: dict[str, Any] = {
        "name": f"places/{known.id}",
        "id": known.id,
        "types": [*types, "point_of_interest", "establishment"],
        "formattedAddress": f"{place.address}, {city.country}",
        "addressComponents": _components(city),
        "location": latlng(place.coordinates),
        "viewport": viewport(place.coordinates, _VIEW),
        "rating": place.rating,
        "googleMapsUri": f"{_MAPS}{int.from_bytes(known.id[-8:].encode(), 'big')}",
        "regularOpeningHours": regular,
        "utcOffsetMinutes": int(offset.total_seconds() // 60),
        "businessStatus": "OPERATIONAL" if regular["periods"] else "CLOSED_TEMPORARILY",
        "priceLevel": f"PRICE_LEVEL_{place.price_level.upper()}",
        "userRatingCount": place.reviews,
        "displayName": {"text": place.name, "languageCode": "en"},
        "primaryTypeDisplayName": {
            "text": primary.replace("_", " ").capitalize(),
            "languageCode": "en-US",
        },
        "currentOpeningHours": hours.current(place.opening_hours, zone, now),
        "primaryType": primary,
        "shortFormattedAddress": place.address,
        "editorialSummary": {"text": place.summary, "languageCode": "en"},
        "timeZone": {"id": city.time_zone},
    }
    if place.booking_advised:
        document["reservable"] = True
    return document | facts(place, city)


def latlng(at: Coordinates) -> dict[str, float]:
    """Return a LatLng; zero is left out, as in protobuf's JSON."""
    both = {"latitude": at.latitude, "longitude": at.longitude}
    return {name: value for name, value in both.items() if value}


def viewport(at: Coordinates, half: float) -> dict[str, Any]:
    """Return a viewport of `half` degrees around a point."""
    south, north = max(-90.0, at.latitude - half), min(90.0, at.latitude + half)
    west, east = max(-180.0, at.longitude - half), min(180.0, at.longitude + half)
    low = Coordinates(round(south, 7), round(west, 7))
    return {"low": latlng(low), "high": latlng(Coordinates(round(north, 7), round(east, 7)))}


def _components(city: City) -> list[dict[str, Any]]:
    named = (
        (city.city, city.city, "locality"),
        (city.region, city.region, "administrative_area_level_1"),
        (city.country, city.country_code, "country"),
    )
    return [
        {"longText": long, "shortText": short, "types": [kind, "political"], "languageCode": "en"}
        for long, short, kind in named
    ]
