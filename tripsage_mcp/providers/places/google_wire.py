"""What Places (New) sends about a place, as our `Place`.

https://developers.google.com/maps/documentation/places/web-service/reference/rest/v1/places
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.place import (
    Accessibility,
    OpeningHours,
    Place,
    PlaceStatus,
    PriceLevel,
    PriceRange,
)
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.providers.places.google_hours import RawDate, RawHours, exceptions, weekly

PRICE_LEVELS: Mapping[str, PriceLevel] = {
    "PRICE_LEVEL_FREE": "free",
    "PRICE_LEVEL_INEXPENSIVE": "inexpensive",
    "PRICE_LEVEL_MODERATE": "moderate",
    "PRICE_LEVEL_EXPENSIVE": "expensive",
    "PRICE_LEVEL_VERY_EXPENSIVE": "very_expensive",
}
STATUSES: Mapping[str, PlaceStatus] = {
    "OPERATIONAL": "operational",
    "CLOSED_TEMPORARILY": "closed_temporarily",
    "CLOSED_PERMANENTLY": "closed_permanently",
    "FUTURE_OPENING": "future",
}
# Today and the six days after.
_DAYS_AHEAD = timedelta(days=6)
_NAME, _ADDRESS, _SUMMARY, _URL, _PHONE, _CREDIT = 200, 200, 300, 500, 40, 100
_MOST_CREDITS = 5
# Every place has these; they say nothing.
_EMPTY_TYPES = {"point_of_interest", "establishment", "food", "store"}
_NANOS = Decimal(10) ** 9


class _RawText(BaseModel):
    text: str = ""


class _RawLocation(BaseModel):
    # Zero is left out of their JSON: the equator and the Greenwich meridian are real.
    latitude: float = Field(0.0, ge=-90, le=90)
    longitude: float = Field(0.0, ge=-180, le=180)


class _RawTimeZone(BaseModel):
    id: str = ""


class _RawMoney(BaseModel):
    """google.type.Money: whole units as text, and billionths."""

    # ruff: noqa: N815 - the names are theirs
    currencyCode: str = Field("", pattern=r"^[A-Z]{3}$|^$")
    units: int = Field(0, ge=0, le=10**12)
    nanos: int = Field(0, ge=0, lt=10**9)

    def to_domain(self) -> Money | None:
        if not self.currencyCode:
            return None
        return Money(self.units + Decimal(self.nanos) / _NANOS, self.currencyCode)


class _RawPriceRange(BaseModel):
    startPrice: _RawMoney = _RawMoney.model_construct()
    endPrice: _RawMoney | None = None

    def to_domain(self) -> PriceRange | None:
        start = self.startPrice.to_domain()
        return None if start is None else PriceRange(start, self._end(start))

    def _end(self, start: Money) -> Money | None:
        end = None if self.endPrice is None else self.endPrice.to_domain()
        sensible = end is not None and end.currency == start.currency and end.amount > start.amount
        return end if sensible else None


class _RawAccessibility(BaseModel):
    wheelchairAccessibleEntrance: bool | None = None
    wheelchairAccessibleParking: bool | None = None
    wheelchairAccessibleRestroom: bool | None = None
    wheelchairAccessibleSeating: bool | None = None

    def to_domain(self) -> Accessibility | None:
        known = Accessibility(
            self.wheelchairAccessibleEntrance,
            self.wheelchairAccessibleParking,
            self.wheelchairAccessibleRestroom,
            self.wheelchairAccessibleSeating,
        )
        return None if known == Accessibility() else known


class _RawAttribution(BaseModel):
    provider: str = ""


class RawPlace(BaseModel):
    """One place, with the fields that were asked for."""

    id: str
    displayName: _RawText
    location: _RawLocation = _RawLocation.model_construct()
    primaryType: str | None = None
    types: list[str] = []
    formattedAddress: str | None = None
    rating: float | None = None
    userRatingCount: int | None = None
    priceLevel: str | None = None
    priceRange: _RawPriceRange | None = None
    businessStatus: str | None = None
    openingDate: RawDate | None = None
    timeZone: _RawTimeZone | None = None
    utcOffsetMinutes: int | None = None
    googleMapsUri: str | None = None
    websiteUri: str | None = None
    internationalPhoneNumber: str | None = None
    accessibilityOptions: _RawAccessibility | None = None
    regularOpeningHours: RawHours | None = None
    currentOpeningHours: RawHours | None = None
    editorialSummary: _RawText | None = None
    attributions: list[_RawAttribution] = []

    def to_domain(self, now: datetime) -> Place:
        """Return the place; `now` decides which dates its current hours are about."""
        primary = [] if self.primaryType is None else [self.primaryType]
        types = dict.fromkeys(t for t in [*primary, *self.types] if t not in _EMPTY_TYPES)
        access, prices = self.accessibilityOptions, self.priceRange
        status = STATUSES.get(self.businessStatus or "OPERATIONAL", "operational")
        providers = (plain(each.provider, _CREDIT) for each in self.attributions[:_MOST_CREDITS])
        return Place(
            place_id=self.id,
            name=plain(self.displayName.text, _NAME),
            coordinates=Coordinates(self.location.latitude, self.location.longitude),
            types=tuple(types),
            address=_text(self.formattedAddress, _ADDRESS),
            time_zone=self.timeZone.id or None if self.timeZone is not None else None,
            rating=self.rating,
            rating_count=self.userRatingCount,
            price_level=PRICE_LEVELS.get(self.priceLevel or ""),
            opening_hours=OpeningHours() if status != "operational" else self._hours(now),
            summary=_text(self.editorialSummary and self.editorialSummary.text, _SUMMARY),
            url=_link(self.googleMapsUri),
            status=status,
            opens_on=None if self.openingDate is None else self.openingDate.to_domain(),
            price_range=None if prices is None else prices.to_domain(),
            accessibility=None if access is None else access.to_domain(),
            website=_link(self.websiteUri),
            phone=_text(self.internationalPhoneNumber, _PHONE),
            credits=tuple(name for name in providers if name),
        )

    def _hours(self, now: datetime) -> OpeningHours | None:
        raw = self.regularOpeningHours
        # A status that is new to us may mean anything.
        told = self.businessStatus is None or self.businessStatus in STATUSES
        if not told or raw is None or raw.periods is None:
            return None
        usual = weekly(raw.periods)
        current = self.currentOpeningHours
        today = self._today(now)
        if usual is None or current is None or current.periods is None or today is None:
            return usual
        differing = exceptions(current.periods, usual, today)
        if differing is None:
            return usual
        return replace(usual, exceptions=differing, known_until=today + _DAYS_AHEAD)

    def _today(self, now: datetime) -> date | None:
        if self.utcOffsetMinutes is not None:
            return (now + timedelta(minutes=self.utcOffsetMinutes)).date()
        if self.timeZone is None:
            return None
        try:
            return now.astimezone(ZoneInfo(self.timeZone.id)).date()
        except (ZoneInfoNotFoundError, ValueError):
            return None


def _text(text: str | None, most: int) -> str | None:
    return plain(text, most) or None if text else None


def _link(link: str | None) -> str | None:
    """Keep a link only whole: cut short, it would lead elsewhere."""
    clean = _text(link, _URL)
    return clean if clean == link and link and link.startswith(("http://", "https://")) else None


class _RawFound(BaseModel):
    # Left out when nothing was found.
    places: list[RawPlace] = []
    nextPageToken: str | None = None


FOUND = TypeAdapter(_RawFound)
PLACE = TypeAdapter(RawPlace)
