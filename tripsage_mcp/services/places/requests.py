"""What a search for places may ask, and the same checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import NearbySearch, PlaceSearch
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.places.where import Asked, asked

MOST_PLACES = 20
MOST_IDS = 10
LARGEST_RADIUS_M = 50_000
FURTHEST_DAYS = 366
_LONGEST_QUERY = 200
_HIGHEST_RATING = 5
# Somewhere on Earth it is still this much earlier than in UTC.
_LATEST_ZONE = timedelta(hours=12)
PLACE_ID = re.compile(r"[A-Za-z0-9_-]{1,300}")
_ID_EXAMPLE = '"ChIJH0hU2_wzGQ0Rv7FJAkaSfd0"'

# fmt: off
KINDS = frozenset({
    "airport", "amusement_park", "aquarium", "art_gallery", "atm", "bakery", "bank", "bar",
    "beach", "book_store", "botanical_garden", "bridge", "buddhist_temple", "bus_station",
    "cafe", "car_rental", "castle", "church", "coffee_shop", "concert_hall",
    "convenience_store", "cultural_center", "cultural_landmark",
    "electric_vehicle_charging_station", "ferry_terminal", "garden", "gas_station",
    "hiking_area", "hindu_temple", "historical_landmark", "historical_place", "hospital",
    "hotel", "ice_cream_shop", "laundry", "library", "lodging", "market", "monument", "mosque",
    "movie_theater", "museum", "national_park", "night_club", "observation_deck", "opera_house",
    "park", "parking", "performing_arts_theater", "pharmacy", "playground", "plaza", "police",
    "post_office", "pub", "restaurant", "sculpture", "shopping_mall", "spa", "stadium",
    "subway_station", "supermarket", "synagogue", "tourist_attraction",
    "tourist_information_center", "train_station", "transit_station", "vegetarian_restaurant",
    "visitor_center", "water_park", "wine_bar", "zoo",
})
# fmt: on
"""What a search can be narrowed to: the part of Google's table A that matters on a trip."""


@dataclass(frozen=True, slots=True)
class PlaceQuery:
    """A search as the caller wrote it.

    Attributes:
        query: What to look for; without it everything of `kind` around a point.
        near: A town to search around; not with `latitude` and `longitude`.
        radius_m: Metres, 1 to 50 000; with `query` places further away may follow those within.
        kind: One of `KINDS`.
        limit: 1 to 20.
        nearest: Order by distance; only around a point.
        open_on: Say when each place is open on this local date.
        cursor: Of an earlier page of the same search.
    """

    query: str | None = None
    near: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_m: float = 5_000
    kind: str | None = None
    open_now: bool = False
    min_rating: float | None = None
    limit: int = 10
    nearest: bool = False
    open_on: date | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class DetailsQuery:
    """Places to be described in full: one to ten ids, and perhaps a date, as in `PlaceQuery`."""

    place_ids: Sequence[str]
    open_on: date | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search that keeps the rules.

    Attributes:
        where: What to search around, still to be resolved.
        text: What to look for in words; None asks for everything of the kind within the circle.
    """

    query: PlaceQuery
    where: Asked | None
    text: str | None

    def nearby(self, center: Coordinates) -> NearbySearch:
        """Return the search for everything of a kind."""
        query = self.query
        assert query.kind is not None
        return NearbySearch(
            query.kind, center, float(query.radius_m), query.limit, nearest_first=query.nearest
        )

    def search(self, text: str, center: Coordinates | None, page: str | None) -> PlaceSearch:
        """Return the search in words."""
        query = self.query
        return PlaceSearch(
            query=text,
            center=center,
            radius_m=float(query.radius_m),
            included_type=query.kind,
            open_now=query.open_now,
            min_rating=query.min_rating,
            limit=query.limit,
            nearest_first=query.nearest,
            page=page,
        )


def wanted(query: PlaceQuery, now: datetime) -> Wanted:
    """Check a search.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    text = None if query.query is None else " ".join(query.query.split())
    if text is not None and not 1 <= len(text) <= _LONGEST_QUERY:
        raise InvalidRequestError(
            "query", f"must be 1 to {_LONGEST_QUERY} characters", example='"art museums"'
        )
    _check_numbers(query)
    if query.kind is not None and query.kind not in KINDS:
        raise InvalidRequestError(
            "kind", f"must be one of {', '.join(sorted(KINDS))}", example='"museum"'
        )
    check_date(query.open_on, now)
    where = asked(query.near, query.latitude, query.longitude, argument="near")
    if text is None and query.kind is None:
        raise InvalidRequestError(
            "query", "is required, or else kind or place_ids", example='"art museums"'
        )
    if where is None and (text is None or query.nearest):
        without = "without query" if text is None else "with nearest"
        raise InvalidRequestError(
            "near", f"is required {without}, or else latitude and longitude", example='"Lisbon"'
        )
    return Wanted(query, where, text if text is not None else _in_words(query))


def _in_words(query: PlaceQuery) -> str | None:
    """Say a kind in words where only a search in words can filter."""
    if query.kind is None or not (query.open_now or query.min_rating):
        return None
    return query.kind.replace("_", " ")


def _check_numbers(query: PlaceQuery) -> None:
    if not 1 <= query.radius_m <= LARGEST_RADIUS_M:
        raise InvalidRequestError(
            "radius_m", f"must be 1 to {LARGEST_RADIUS_M} metres", example="5000"
        )
    if query.min_rating is not None and not 0 <= query.min_rating <= _HIGHEST_RATING:
        raise InvalidRequestError("min_rating", "must be 0 to 5", example="4.5")
    if not 1 <= query.limit <= MOST_PLACES:
        raise InvalidRequestError("limit", f"must be 1 to {MOST_PLACES}", example="10")


def check_date(day: date | None, now: datetime) -> None:
    """Refuse a date whose opening hours nobody would need, or could know.

    Raises:
        InvalidRequestError: it is past, or more than a year ahead.
    """
    earliest = (now.astimezone(UTC) - _LATEST_ZONE).date()
    if day is not None and not 0 <= (day - earliest).days <= FURTHEST_DAYS:
        soon = earliest + timedelta(days=14)
        raise InvalidRequestError(
            "open_on", "must be today or within a year", example=f'"{soon.isoformat()}"'
        )


def place_id(text: str, argument: str, example: str = _ID_EXAMPLE) -> str:
    """Return an id in a shape that ids have.

    Raises:
        InvalidRequestError: it has another.
    """
    clean = text.strip()
    if not PLACE_ID.fullmatch(clean):
        raise InvalidRequestError(argument, "must be a place_id of search_places", example=example)
    return clean


def place_ids(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of a request for details, each once.

    Raises:
        InvalidRequestError: there are none or too many, or one has another shape.
    """
    if not 1 <= len(texts) <= MOST_IDS:
        raise InvalidRequestError(
            "place_ids", f"must be 1 to {MOST_IDS} ids", example=f"[{_ID_EXAMPLE}]"
        )
    ids = (place_id(text, "place_ids", f"[{_ID_EXAMPLE}]") for text in texts)
    return tuple(dict.fromkeys(ids))
