"""Invented listings in the shape @openbnb/mcp-server-airbnb 0.3.0 gives to what it reads.

It joins every array into one string, and an object within an array into its values, so `flattened`
here is applied to rows that are written the way Airbnb's pages carry them.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from tripsage_mcp.sandbox.airbnb_listings import Listing
from tripsage_mcp.sandbox.schedule.chance import share, whole

PAGE = 18
PAGES = 3
_NBSP = "\N{NO-BREAK SPACE}"
_FAVOURITE_RATING = 4.85
_FAVOURITE_REVIEWS = 30
_OFFER_SHARE = 0.2
_PLURAL = {True: "", False: "s"}

_AMENITIES: Mapping[str, Sequence[str]] = {
    "Bathroom": ("Hair dryer", "Shampoo", "Hot water", "Shower gel", "Bathtub", "Bidet"),
    "Bedroom and laundry": ("Washer", "Essentials", "Hangers", "Bed linens", "Iron", "Safe",
        "Room-darkening shades"),
    "Entertainment": ("TV", "Books and reading material", "Sound system"),
    "Heating and cooling": ("Heating", "Air conditioning", "Ceiling fan"),
    "Home safety": ("Smoke alarm", "Carbon monoxide alarm", "Fire extinguisher", "First aid kit"),
    "Internet and office": ("Wifi", "Dedicated workspace"),
    "Kitchen and dining": ("Kitchen", "Refrigerator", "Coffee maker", "Dishwasher", "Stove",
        "Microwave", "Dishes and silverware"),
    "Location features": ("Private entrance", "Laundromat nearby"),
    "Services": ("Luggage dropoff allowed", "Long term stays allowed", "Self check-in"),
}  # fmt: skip
_ALWAYS = {"Wifi", "Hot water", "Essentials"}
_OFTEN_MISSED = ("Dryer", "Carbon monoxide alarm", "Air conditioning", "Pool")


def flattened(value: object, *, inside_array: bool = False) -> object:
    """Join arrays to strings with commas; an object inside one becomes its values."""
    if isinstance(value, list):
        rows = cast("list[object]", value)
        return ", ".join(str(flattened(row, inside_array=True)) for row in rows)
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        if inside_array:
            return ": ".join(str(flattened(v, inside_array=True)) for v in fields.values())
        return {name: flattened(item) for name, item in fields.items() if item is not None}
    return value


def _row(value: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", flattened(value))


def _s(count: int, word: str) -> str:
    return f"{count} {word}{_PLURAL[count == 1]}"


def row(listing: Listing, checkin: date | None, nights: int) -> dict[str, Any]:
    """Return one element of `searchResults`.

    Args:
        listing: What is shown.
        checkin: None when no dates were asked for; Airbnb then prices some of its own.
        nights: How many are priced.
    """
    global_id = b64encode(f"DemandStayListing:{listing.id}".encode()).decode()
    name = {"localizedStringWithTranslationPreference": listing.name}
    at = listing.coordinates
    where = {"latitude": round(at.latitude, 5), "longitude": round(at.longitude, 5)}
    beds = _s(listing.beds, "bed")
    bedrooms = _s(listing.bedrooms, "bedroom") if listing.bedrooms else "Studio"
    wire: dict[str, Any] = {
        "id": listing.id,
        "url": f"https://www.airbnb.com/rooms/{listing.id}",
        "demandStayListing": {
            "id": global_id,
            "description": {"name": name},
            "location": {"coordinate": where},
        },
        "badges": _badges(listing),
        "structuredContent": {
            "mapCategoryInfo": [{"body": f"{listing.home.capitalize()} in {listing.quarter}"}],
            "mapSecondaryLine": [{"body": bedrooms}],
            "primaryLine": [{"body": bedrooms}, {"body": beds}],
            "secondaryLine": (
                [{"body": "Free cancellation"}] if listing.free_cancellation else None
            ),
        },
        "avgRatingA11yLabel": _rating(listing),
        "listingParamOverrides": _overrides(checkin),
        "structuredDisplayPrice": _price(listing, checkin, nights),
    }
    return _row(wire)


def _badges(listing: Listing) -> list[dict[str, str]]:
    if (listing.rating or 0) >= _FAVOURITE_RATING and listing.reviews >= _FAVOURITE_REVIEWS:
        return [{"text": "Guest favorite"}]
    return [{"text": "Superhost"}] if listing.superhost else []


def _rating(listing: Listing) -> str:
    if listing.rating is None:
        return "New place to stay"
    reviews = _s(listing.reviews, "review")
    # Two blanks: the page has them.
    return f"{listing.rating:.2f} out of 5 average rating,  {reviews}"


def _overrides(checkin: date | None) -> dict[str, Any]:
    return {} if checkin is None else {"checkin": checkin.isoformat()}


def _price(listing: Listing, checkin: date | None, nights: int) -> dict[str, Any]:
    first = checkin or date(2027, 1, 11)
    base = listing.total_usd(first, nights)
    offered = share("offer", listing.id, first) < _OFFER_SHARE
    discount = round(base * 0.1) if offered else 0
    service = round((base - discount + listing.cleaning_usd) * 0.14)
    total = base - discount + listing.cleaning_usd + service
    items = [(f"{_s(nights, 'night')} x ${base / nights:,.2f}", f"${base:,.2f}")]
    if discount:
        items.append(("Special offer", f"-${discount:,.2f}"))
    if listing.cleaning_usd:
        items.append(("Cleaning fee", f"${listing.cleaning_usd:,.2f}"))
    items.append(("Airbnb service fee", f"${service:,.2f}"))
    items.append(("Total", f"${total:,.2f}"))
    stay = _s(nights, "night")
    secondary = None
    match listing.label:
        case 0:
            label = f"${total:,} for {stay}"
            if discount:
                label += f", originally ${total + discount:,}"
        case 1:
            label = f"${round(total / nights):,}{_NBSP}per night"
            secondary = {"accessibilityLabel": f"${total:,} total"}
        case _:
            label = f"${total:,}{_NBSP}for {stay}"
    return {
        "primaryLine": {"accessibilityLabel": label},
        "secondaryLine": secondary,
        "explanationData": {
            "title": "Price details",
            "priceDetails": [
                {"items": [{"description": what, "priceString": cost} for what, cost in items]}
            ],
        },
    }


def cursor(offset: int) -> str:
    """Return the cursor of the page that begins at `offset`."""
    position = {"section_offset": 0, "items_offset": offset, "version": 1}
    return b64encode(json.dumps(position, separators=(",", ":")).encode()).decode()


def offset_of(text: str | None) -> int:
    """Return where a cursor's page begins; what makes no sense is the first page, as there."""
    if not text:
        return 0
    try:
        offset = json.loads(b64decode(text))["items_offset"]
        return max(0, int(offset))
    except (ValueError, TypeError, KeyError):
        return 0


def paging(offset: int, count: int) -> dict[str, Any]:
    """Return `paginationInfo`; there is no next cursor on the last page."""
    starts = list(range(0, max(1, min(count, PAGE * PAGES)), PAGE))
    info: dict[str, Any] = {"pageCursors": [cursor(start) for start in starts]}
    if offset - PAGE in starts:
        info["previousPageCursor"] = cursor(offset - PAGE)
    if offset + PAGE in starts:
        info["nextPageCursor"] = cursor(offset + PAGE)
    return info


def details(listing: Listing) -> list[dict[str, Any]]:
    """Return the five sections of a listing's page."""
    at = listing.coordinates
    sections: list[dict[str, Any]] = [
        {
            "id": "LOCATION_DEFAULT",
            "lat": round(at.latitude, 5),
            "lng": round(at.longitude, 5),
            "subtitle": f"{listing.quarter}, {listing.town.name}, {listing.town.country}",
            "title": "Where you\N{RIGHT SINGLE QUOTATION MARK}ll be",
        },
        {
            "id": "POLICIES_DEFAULT",
            "title": "Things to know",
            "houseRulesSections": _rules(listing),
        },
        {"id": "HIGHLIGHTS_DEFAULT", "highlights": _highlights(listing)},
        {"id": "DESCRIPTION_DEFAULT", "htmlDescription": {"htmlText": _description(listing)}},
    ]
    flat = [_row(section) for section in sections]
    return [*flat, _amenities(listing)]


def _rules(listing: Listing) -> list[dict[str, Any]]:
    checkin = 14 + listing.number % 3
    pets = "Pets allowed" if listing.pets else "No pets"
    return [
        {
            "title": "Checking in and out",
            "items": [
                {"title": f"Check-in after {checkin - 12}:00 PM"},
                {"title": "Checkout before 11:00 AM"},
            ],
        },
        {
            "title": "During your stay",
            "items": [
                {"title": f"{_s(listing.guests, 'guest')} maximum"},
                {"title": pets},
                {"title": "No parties or events"},
                {"title": "No smoking"},
            ],
        },
    ]


def _highlights(listing: Listing) -> list[dict[str, str]]:
    found = [
        {
            "title": "Great location",
            "subtitle": "Most recent guests gave the location a 5-star rating.",
        }
    ]
    if listing.superhost:
        found.insert(
            0, {"title": "Experienced host", "subtitle": "This host has welcomed many guests."}
        )
    if listing.free_cancellation:
        found.append(
            {"title": "Free cancellation", "subtitle": "Get a full refund if you change your mind."}
        )
    return found


def _description(listing: Listing) -> str:
    rooms = "a studio" if listing.bedrooms == 0 else _s(listing.bedrooms, "bedroom")
    return (
        f"This {listing.home} in {listing.quarter}, {listing.town.name}, is part of the TripSage"
        f" sandbox: nobody can stay here.<br /><br /><b>The space</b><br />It has {rooms},"
        f" {_s(listing.beds, 'bed')} and {_s(listing.baths, 'bath')}, and sleeps"
        f" {_s(listing.guests, 'guest')}.<br /><br /><b>Getting around</b><br />Shops and public"
        " transport are a short walk away."
    )


def _amenities(listing: Listing) -> dict[str, Any]:
    """Keyed groups, as 0.3.0 recovers them: each group's titles in one string."""
    groups: dict[str, str] = {}
    for group, titles in _AMENITIES.items():
        if group == "Kitchen and dining" and listing.kind in {"shared_room", "hotel_room"}:
            continue
        has = [t for t in titles if t in _ALWAYS or share("amenity", listing.id, t) < 0.62]  # noqa: PLR2004
        if has:
            groups[group] = ", ".join(has)
    present = set(", ".join(groups.values()).split(", "))
    start = whole("missed", listing.id) % len(_OFTEN_MISSED)
    missed = [t for t in _OFTEN_MISSED[start:] + _OFTEN_MISSED[:start] if t not in present][:2]
    groups["Not included"] = ", ".join(missed)
    return {
        "id": "AMENITIES_DEFAULT",
        "title": "What this place offers",
        "seeAllAmenitiesGroups": groups,
    }
