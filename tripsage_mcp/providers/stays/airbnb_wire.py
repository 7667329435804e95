"""The two answers of @openbnb/mcp-server-airbnb 0.3.0, read into the domain.

It joins every list into one text, drops nulls, and checks nothing, so everything here is optional
until proven present, and one row that makes no sense costs that row alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.stay import Area, Stay, StaySearch
from tripsage_mcp.providers.stays.airbnb_errors import PROVIDER
from tripsage_mcp.providers.stays.airbnb_price import read_price
from tripsage_mcp.providers.stays.airbnb_text import plain_html

LISTING_ID = re.compile(r"[0-9]{1,20}")
_LISTING_URL = "https://www.airbnb.com/rooms/"

_NAME_LENGTH = 100
_LINE_LENGTH = 80
_TEXT_LENGTH = 200
_DESCRIPTION_LENGTH = 4_000
_MOST_ITEMS = 60
_MOST_GROUPS = 20
_LONGEST_CURSOR = 600
_LONGEST_LIST = 12_000
_BEST_RATING = 5

_RATING = re.compile(r"\b([0-9](?:\.[0-9]+)?) out of 5")
_REVIEWS = re.compile(r"([0-9][0-9,]*) reviews?\b", re.IGNORECASE)
_BEDROOMS = re.compile(r"\b([0-9]{1,2}) bedrooms?\b", re.IGNORECASE)
_STUDIO = re.compile(r"\bstudio\b", re.IGNORECASE)
_FREE_CANCELLATION = re.compile(r"(?<!\bno )\bfree cancell?ation\b", re.IGNORECASE)
# Lists arrive joined by commas: not those within brackets, and none before a lower-case word.
_BETWEEN_ITEMS = re.compile(r", (?![^(]*\))")
_BETWEEN_HIGHLIGHTS = re.compile(r", (?=[A-Z][^,:]{1,60}: )")
_NOT_INCLUDED = "not included"
_UNAVAILABLE = re.compile(r"\s+\u2014 unavailable$")


def _worded(value: object) -> str | None:
    """Accept text, and a list of texts should it stop being joined; anything else is nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        items = cast("list[object]", value)
        return ", ".join(item for item in items if isinstance(item, str))
    return None


_Words = Annotated[str | None, BeforeValidator(_worded)]


class _Raw(BaseModel):
    pass


class _RawName(_Raw):
    localizedStringWithTranslationPreference: _Words = None  # noqa: N815 - their spelling


class _RawDescription(_Raw):
    name: _RawName = _RawName()


class _RawCoordinate(_Raw):
    latitude: float | None = None
    longitude: float | None = None


class _RawLocation(_Raw):
    coordinate: _RawCoordinate | None = None


class _RawListing(_Raw):
    description: _RawDescription = _RawDescription()
    location: _RawLocation = _RawLocation()


class _RawContent(_Raw):
    mapSecondaryLine: _Words = None  # noqa: N815
    primaryLine: _Words = None  # noqa: N815
    secondaryLine: _Words = None  # noqa: N815


class _RawLine(_Raw):
    accessibilityLabel: _Words = None  # noqa: N815


class _RawExplanation(_Raw):
    priceDetails: _Words = None  # noqa: N815


class _RawPrice(_Raw):
    primaryLine: _RawLine = _RawLine()  # noqa: N815
    secondaryLine: _RawLine = _RawLine()  # noqa: N815
    explanationData: _RawExplanation = _RawExplanation()  # noqa: N815


class _RawRow(_Raw):
    id: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    demandStayListing: _RawListing  # noqa: N815
    badges: _Words = None
    structuredContent: _RawContent = _RawContent()  # noqa: N815
    avgRatingA11yLabel: _Words = None  # noqa: N815
    structuredDisplayPrice: _RawPrice = _RawPrice()  # noqa: N815

    def to_domain(self, search: StaySearch) -> Stay | None:
        """Return None for a row without a name: there is nothing to show."""
        listing, content, price = (
            self.demandStayListing,
            self.structuredContent,
            self.structuredDisplayPrice,
        )
        name = plain(
            listing.description.name.localizedStringWithTranslationPreference or "", _NAME_LENGTH
        )
        if not name:
            return None
        rating, reviews = _rating(self.avgRatingA11yLabel or "")
        lines = (content.primaryLine, content.secondaryLine, self.badges)
        return Stay(
            source=PROVIDER,
            listing_id=self.id,
            name=name,
            url=listing_url(self.id, search),
            coordinates=_coordinates(listing.location.coordinate),
            price=read_price(
                price.primaryLine.accessibilityLabel,
                price.secondaryLine.accessibilityLabel,
                price.explanationData.priceDetails,
                nights=search.nights,
            ),
            rating=rating,
            reviews=reviews,
            beds=plain(content.primaryLine or content.mapSecondaryLine or "", _LINE_LENGTH) or None,
            badges=_items(self.badges),
            free_cancellation=any(_FREE_CANCELLATION.search(line or "") for line in lines) or None,
            kind=search.property_type,
            bedrooms=_bedrooms(content.primaryLine, content.mapSecondaryLine),
        )


class _RawPages(_Raw):
    pageCursors: list[str] = []  # noqa: N815
    nextPageCursor: str | None = None  # noqa: N815


class RawSearch(_Raw):
    """The answer of `airbnb_search`."""

    searchUrl: str = ""  # noqa: N815
    searchResults: list[object]  # noqa: N815
    paginationInfo: _RawPages = _RawPages()  # noqa: N815

    def stays(self, search: StaySearch) -> tuple[tuple[Stay, ...], int]:
        """Return every row that can be read, once, and how many cannot."""
        found: dict[str, Stay] = {}
        skipped = 0
        for row in self.searchResults:
            try:
                stay = _ROW.validate_python(row).to_domain(search)
            except ValidationError:
                stay = None
            if stay is None:
                skipped += 1
            else:
                found.setdefault(stay.listing_id, stay)
        return tuple(found.values()), skipped

    def next_cursor(self, current: str | None) -> str | None:
        """Return the cursor of the page after `current`."""
        pages = self.paginationInfo
        following = pages.nextPageCursor
        if following is None and pages.pageCursors:
            at = pages.pageCursors.index(current) if current in pages.pageCursors else 0
            after = pages.pageCursors[at + 1 :]
            # An unknown cursor must not lead back to the second page for ever.
            known = current is None or current in pages.pageCursors
            following = after[0] if after and known else None
        if not self.searchResults or following == current or len(following or "") > _LONGEST_CURSOR:
            return None
        return following

    def area(self) -> Area | None:
        """Return the box that was searched, where the server found one for the words."""
        query = parse_qs(urlsplit(self.searchUrl).query)
        try:
            south, west, north, east = (
                float(query[name][0]) for name in ("sw_lat", "sw_lng", "ne_lat", "ne_lng")
            )
            corners = Coordinates(south, west), Coordinates(north, east)
        except (KeyError, ValueError):
            return None
        sw, ne = corners
        return Area(sw.latitude, sw.longitude, ne.latitude, ne.longitude)


@dataclass(frozen=True, slots=True)
class Sections:
    """What one listing's page told; None or empty is not told."""

    area: str | None
    coordinates: Coordinates | None
    description: str | None
    highlights: tuple[str, ...]
    house_rules: tuple[str, ...]
    amenities: Mapping[str, tuple[str, ...]] | None
    missing: tuple[str, ...]


class RawDetails(_Raw):
    """The answer of `airbnb_listing_details`."""

    details: list[object]

    def sections(self) -> Sections:
        """Read the sections there are."""
        by_id: dict[str, Mapping[str, Any]] = {}
        for section in self.details:
            if isinstance(section, dict):
                known = cast("dict[str, Any]", section)
                by_id.setdefault(str(known.get("id")), known)
        location = by_id.get("LOCATION_DEFAULT", {})
        amenities, missing = _amenities(by_id.get("AMENITIES_DEFAULT", {}))
        return Sections(
            area=plain(_worded(location.get("subtitle")) or "", _TEXT_LENGTH) or None,
            coordinates=_pair(location.get("lat"), location.get("lng")),
            description=_description(by_id.get("DESCRIPTION_DEFAULT", {})),
            highlights=_items(
                _worded(by_id.get("HIGHLIGHTS_DEFAULT", {}).get("highlights")), _BETWEEN_HIGHLIGHTS
            ),
            house_rules=_items(
                _worded(by_id.get("POLICIES_DEFAULT", {}).get("houseRulesSections"))
            ),
            amenities=amenities,
            missing=missing,
        )


def listing_url(listing_id: str, search: StaySearch | None) -> str:
    """Return the address of a listing's page, for these dates and guests where known."""
    if search is None:
        return _LISTING_URL + listing_id
    counts = {name: getattr(search, name) for name in ("adults", "children", "infants", "pets")}
    query = {
        "check_in": search.check_in,
        "check_out": search.check_out,
        **{name: count for name, count in counts.items() if count},
    }
    return f"{_LISTING_URL}{listing_id}?{urlencode(query)}"


_ROW = TypeAdapter(_RawRow)
SEARCH = TypeAdapter(RawSearch)
DETAILS = TypeAdapter(RawDetails)


def _items(text: str | None, between: re.Pattern[str] = _BETWEEN_ITEMS) -> tuple[str, ...]:
    parts = (plain(part, _TEXT_LENGTH) for part in between.split((text or "")[:_LONGEST_LIST]))
    return tuple(part for part in parts if part)[:_MOST_ITEMS]


def _bedrooms(*lines: str | None) -> int | None:
    """Read `2 bedrooms, 3 beds`; a studio is one room to sleep in."""
    text = ", ".join(line for line in lines if line)
    found = _BEDROOMS.search(text)
    if found is not None:
        return int(found[1])
    return 1 if _STUDIO.search(text) else None


def _rating(label: str) -> tuple[float | None, int | None]:
    """Read `4.80 out of 5 average rating,  100 reviews`; a new listing has neither."""
    rating, reviews = _RATING.search(label), _REVIEWS.search(label)
    stars = None if rating is None else float(rating[1])
    return (
        stars if stars is not None and stars <= _BEST_RATING else None,
        None if reviews is None else int(reviews[1].replace(",", "")),
    )


def _coordinates(raw: _RawCoordinate | None) -> Coordinates | None:
    return None if raw is None else _pair(raw.latitude, raw.longitude)


def _pair(latitude: object, longitude: object) -> Coordinates | None:
    """Make a point; (0, 0) is what a page says that does not know."""
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    if latitude == longitude == 0:
        return None
    try:
        return Coordinates(float(latitude), float(longitude))
    except (ValueError, OverflowError):
        return None


def _description(section: Mapping[str, Any]) -> str | None:
    html = section.get("htmlDescription")
    text = cast("dict[str, Any]", html).get("htmlText") if isinstance(html, dict) else None
    return plain_html(text, _DESCRIPTION_LENGTH) or None if isinstance(text, str) else None


def _amenities(
    section: Mapping[str, Any],
) -> tuple[Mapping[str, tuple[str, ...]] | None, tuple[str, ...]]:
    """Return the amenities by group and, apart, those the listing says it lacks."""
    groups = section.get("seeAllAmenitiesGroups")
    if not isinstance(groups, dict) or not groups:
        return None, ()
    there: dict[str, tuple[str, ...]] = {}
    missing: list[str] = []
    for title, joined in list(cast("dict[str, Any]", groups).items())[:_MOST_GROUPS]:
        items = _items(_worded(joined))
        if title.strip().casefold() == _NOT_INCLUDED:
            missing += items
            continue
        missing += [_UNAVAILABLE.sub("", item) for item in items if _UNAVAILABLE.search(item)]
        offered = tuple(item for item in items if not _UNAVAILABLE.search(item))
        if offered:
            there[plain(title, _LINE_LENGTH) or "Other"] = offered
    return there, tuple(missing)
