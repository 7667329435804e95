"""Places (New) v1 and Routes v2 of the Google Maps Platform.

https://developers.google.com/maps/documentation/places/web-service/text-search
"""

import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, SecretStr, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import (
    OpeningHours,
    Place,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    PriceLevel,
    TravelMode,
    TravelTimes,
)
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import ProviderNotConfiguredError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import (
    ASGIApp,
    JSONClient,
    WebAddress,
    open_client,
)
from tripsage_mcp.providers.places.google_errors import (
    KEY_VARIABLE,
    PROVIDER,
    explain,
    explain_details,
)
from tripsage_mcp.providers.places.google_hours import RawHours, exceptions, weekly
from tripsage_mcp.providers.places.google_routes import matrix

PLACE_FIELDS = (
    "id",
    "displayName",
    "primaryType",
    "types",
    "formattedAddress",
    "location",
    "rating",
    "userRatingCount",
    "priceLevel",
    "businessStatus",
    "timeZone",
    "googleMapsUri",
    "regularOpeningHours",
    "editorialSummary",
)
DETAIL_FIELDS = (*PLACE_FIELDS, "currentOpeningHours", "utcOffsetMinutes")

# Hours and ratings move slowly; a day-old answer should be asked for again.
_KEEPS_FOR = timedelta(hours=24)
_ATTRIBUTION = "Google Maps"
_SUMMARY_LENGTH = 300
_RATING_STEP = 0.5
# Every place has these; they say nothing.
_EMPTY_TYPES = {"point_of_interest", "establishment", "food", "store"}
PRICE_LEVELS: dict[str, PriceLevel] = {
    "PRICE_LEVEL_FREE": "free",
    "PRICE_LEVEL_INEXPENSIVE": "inexpensive",
    "PRICE_LEVEL_MODERATE": "moderate",
    "PRICE_LEVEL_EXPENSIVE": "expensive",
    "PRICE_LEVEL_VERY_EXPENSIVE": "very_expensive",
}
_NOT_OPEN_AT_PRESENT = {"CLOSED_TEMPORARILY", "CLOSED_PERMANENTLY", "FUTURE_OPENING"}


class GooglePlacesConfig(Section):
    """Settings for Google places and travel times."""

    model_config = env("TRIPSAGE_GOOGLE_")

    api_key: SecretStr | None = None
    places_url: WebAddress = "https://places.googleapis.com"
    routes_url: WebAddress = "https://routes.googleapis.com"
    timeout_s: Seconds = 20.0


class GooglePlaces:
    """Finds places and travel times at Google."""

    def __init__(
        self,
        places: JSONClient,
        routes: JSONClient,
        *,
        api_key: SecretStr | None,
        data: DataKind,
        now: Clock = utc_now,
    ) -> None:
        self._places = places
        # The same client and health; only the meaning of a refusal differs.
        self._details = replace(places, explain=explain_details)
        self._routes = routes
        self._api_key = api_key
        self._data: DataKind = data
        self._now = now

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately, for places and for routes."""
        return self._places.health, self._routes.health

    async def search(self, search: PlaceSearch) -> PlacesFound:
        """Search by text."""
        mask = ",".join(f"places.{field}" for field in PLACE_FIELDS)
        found = await self._places.request(
            "POST",
            "/v1/places:searchText",
            _SEARCHED,
            json=search_body(search),
            headers=self._headers() | {"X-Goog-FieldMask": mask},
            idempotent=True,
        )
        # Their rating filter works in half steps only, so it is finished here.
        wanted = search.min_rating or 0
        unique: dict[str, Place] = {}
        for raw in found.places:
            place = raw.to_domain(self._now())
            if (place.rating or 0) >= wanted:
                unique.setdefault(place.place_id, place)
        places = tuple(unique.values())
        return PlacesFound(places[: search.limit], self._provenance())

    async def get(self, place_id: str) -> PlaceDetails:
        """Fetch one place."""
        raw = await self._details.request(
            "GET",
            f"/v1/places/{quote(place_id, safe='')}",
            _PLACE,
            params={"languageCode": "en"},
            headers=self._headers() | {"X-Goog-FieldMask": ",".join(DETAIL_FIELDS)},
        )
        return PlaceDetails(raw.to_domain(self._now()), self._provenance())

    async def travel_times(
        self,
        origins: tuple[Coordinates, ...],
        destinations: tuple[Coordinates, ...],
        mode: TravelMode,
    ) -> TravelTimes:
        """Ask for the matrix in pieces and merge them."""
        cells = await matrix(
            self._routes, self._headers(), (origins, destinations), mode, self._now
        )
        rows, columns = range(len(origins)), range(len(destinations))
        return TravelTimes(
            mode=mode,
            minutes=tuple(tuple(cells[i, j][0] for j in columns) for i in rows),
            distance_m=tuple(tuple(cells[i, j][1] for j in columns) for i in rows),
            provenance=self._provenance(),
        )

    async def aclose(self) -> None:
        """Close both connections."""
        await self._places.client.aclose()
        await self._routes.client.aclose()

    def _headers(self) -> dict[str, str]:
        if self._api_key is None:
            raise ProviderNotConfiguredError(PROVIDER, KEY_VARIABLE)
        return {"X-Goog-Api-Key": self._api_key.get_secret_value()}

    def _provenance(self) -> Provenance:
        asked = self._now()
        return Provenance(PROVIDER, self._data, asked, asked + _KEEPS_FOR, _ATTRIBUTION)


def build(
    config: GooglePlacesConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
) -> GooglePlaces:
    """Wire the provider from its settings; the caller awaits `aclose`.

    Args:
        config: Its settings; without a key every call raises `ProviderNotConfiguredError`.
        data: What the answers are labelled.
        now: The clock.
        app: Answer from this application in-process instead of the network.
    """

    def client(base_url: str) -> JSONClient:
        opened = open_client(base_url, timeout_s=config.timeout_s, app=app)
        return JSONClient(PROVIDER, opened, explain=explain, now=now)

    return GooglePlaces(
        client(config.places_url),
        client(config.routes_url),
        api_key=config.api_key,
        data=data,
        now=now,
    )


def search_body(search: PlaceSearch) -> dict[str, Any]:
    """Write a search as SearchTextRequest."""
    body: dict[str, Any] = {
        "textQuery": search.query,
        "languageCode": "en",
        "pageSize": search.limit,
    }
    if search.center is not None:
        center = {"latitude": search.center.latitude, "longitude": search.center.longitude}
        body["locationBias"] = {"circle": {"center": center, "radius": search.radius_m}}
    if search.included_type is not None:
        body |= {"includedType": search.included_type, "strictTypeFiltering": True}
    if search.open_now:
        body["openNow"] = True
    if search.min_rating is not None:
        # They would round 4.2 up to 4.5 and lose what is asked for.
        body["minRating"] = math.floor(search.min_rating / _RATING_STEP) * _RATING_STEP
    return body


def _plain(text: str, most: int = 200) -> str:
    """Flatten a text others wrote: one line, no control characters, bounded."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


# What Google sends. Private: nothing outside this module may see these shapes.


class _RawText(BaseModel):
    text: str = ""


class _RawLocation(BaseModel):
    # Zero is left out of their JSON: the equator and the Greenwich meridian are real.
    latitude: float = Field(0.0, ge=-90, le=90)
    longitude: float = Field(0.0, ge=-180, le=180)


class _RawTimeZone(BaseModel):
    id: str = ""


class _RawPlace(BaseModel):
    # ruff: noqa: N815 - the names are theirs
    id: str
    displayName: _RawText
    location: _RawLocation
    primaryType: str | None = None
    types: list[str] = []
    formattedAddress: str | None = None
    rating: float | None = None
    userRatingCount: int | None = None
    priceLevel: str | None = None
    businessStatus: str | None = None
    timeZone: _RawTimeZone | None = None
    utcOffsetMinutes: int | None = None
    googleMapsUri: str | None = None
    regularOpeningHours: RawHours | None = None
    currentOpeningHours: RawHours | None = None
    editorialSummary: _RawText | None = None

    def to_domain(self, now: datetime) -> Place:
        primary = [] if self.primaryType is None else [self.primaryType]
        types = dict.fromkeys(t for t in [*primary, *self.types] if t not in _EMPTY_TYPES)
        summary = None if self.editorialSummary is None else self.editorialSummary.text
        address = self.formattedAddress
        return Place(
            place_id=self.id,
            name=_plain(self.displayName.text),
            coordinates=Coordinates(self.location.latitude, self.location.longitude),
            types=tuple(types),
            address=_plain(address) if address else None,
            time_zone=self.timeZone.id or None if self.timeZone is not None else None,
            rating=self.rating,
            rating_count=self.userRatingCount,
            price_level=PRICE_LEVELS.get(self.priceLevel or ""),
            opening_hours=self._hours(now),
            summary=_plain(summary, _SUMMARY_LENGTH) if summary else None,
            url=self.googleMapsUri,
            permanently_closed=self.businessStatus == "CLOSED_PERMANENTLY",
        )

    def _hours(self, now: datetime) -> OpeningHours | None:
        if self.businessStatus in _NOT_OPEN_AT_PRESENT:
            return OpeningHours()
        raw = self.regularOpeningHours
        if raw is None or raw.periods is None:
            return None
        usual = weekly(raw.periods)
        current = self.currentOpeningHours
        today = self._today(now)
        if usual is None or current is None or current.periods is None or today is None:
            return usual
        return replace(usual, exceptions=exceptions(current.periods, usual, today))

    def _today(self, now: datetime) -> date | None:
        if self.utcOffsetMinutes is not None:
            return (now + timedelta(minutes=self.utcOffsetMinutes)).date()
        if self.timeZone is None:
            return None
        try:
            return now.astimezone(ZoneInfo(self.timeZone.id)).date()
        except (ZoneInfoNotFoundError, ValueError):
            return None


class _RawSearched(BaseModel):
    # Left out when nothing was found.
    places: list[_RawPlace] = []


_SEARCHED = TypeAdapter(_RawSearched)
_PLACE = TypeAdapter(_RawPlace)
