"""Places (New) v1 and Routes v2 of the Google Maps Platform.

https://developers.google.com/maps/documentation/places/web-service/text-search and nearby-search
"""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import Field, SecretStr

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import (
    NearbySearch,
    Place,
    PlaceDetails,
    PlaceSearch,
    PlacesFound,
    TravelEnd,
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
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.places.google_errors import (
    KEY_VARIABLE,
    PROVIDER,
    explain,
    explain_details,
)
from tripsage_mcp.providers.places.google_routes import Trip, matrix
from tripsage_mcp.providers.places.google_wire import FOUND, PLACE

# What a list shows; the field that costs most decides the price, so nothing is asked for in vain.
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
    "priceRange",
    "businessStatus",
    "openingDate",
    "timeZone",
    "utcOffsetMinutes",
    "googleMapsUri",
    "accessibilityOptions",
    "attributions",
    "regularOpeningHours",
    "currentOpeningHours",
)
DETAIL_FIELDS = (*PLACE_FIELDS, "editorialSummary", "websiteUri", "internationalPhoneNumber")
BRIEF_FIELDS = ("id", "displayName", "location", "timeZone")

# Hours and ratings move slowly; a day-old answer should be asked for again.
_KEEPS_FOR = timedelta(hours=24)
_ATTRIBUTION = "Google Maps"
_RATING_STEP = 0.5


class GooglePlacesConfig(Section):
    """Settings for Google places and travel times.

    Attributes:
        places_per_minute: Requests to Places; a new project's quota by default.
        routes_per_minute: Requests to Routes, each of up to 625 ways.
    """

    model_config = env("TRIPSAGE_GOOGLE_")

    api_key: SecretStr | None = None
    places_url: WebAddress = "https://places.googleapis.com"
    routes_url: WebAddress = "https://routes.googleapis.com"
    timeout_s: Seconds = 20.0
    places_per_minute: int = Field(default=600, ge=1)
    routes_per_minute: int = Field(default=600, ge=1)


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
        return await self._found(
            "/v1/places:searchText",
            search_body(search),
            # They would round 4.2 up to 4.5, so the filter is finished here.
            lambda place: (place.rating or 0) >= (search.min_rating or 0),
            search.limit,
            "nextPageToken",
        )

    async def nearby(self, search: NearbySearch) -> PlacesFound:
        """Search by kind within a circle."""
        path, body = "/v1/places:searchNearby", nearby_body(search)
        return await self._found(path, body, lambda _: True, search.limit)

    async def _found(
        self,
        path: str,
        body: dict[str, Any],
        wanted: Callable[[Place], bool],
        limit: int,
        *more: str,
    ) -> PlacesFound:
        fields = ",".join((*(f"places.{field}" for field in PLACE_FIELDS), *more))
        found = await self._places.request(
            "POST",
            path,
            FOUND,
            json=body,
            headers=self._headers() | {"X-Goog-FieldMask": fields},
            idempotent=True,
        )
        unique: dict[str, Place] = {}
        for raw in found.places:
            place = raw.to_domain(self._now())
            if wanted(place):
                unique.setdefault(place.place_id, place)
        places = tuple(unique.values())[:limit]
        return PlacesFound(places, self._provenance(), found.nextPageToken or None)

    async def get(self, place_id: str, *, brief: bool = False) -> PlaceDetails:
        """Fetch one place."""
        fields = BRIEF_FIELDS if brief else DETAIL_FIELDS
        raw = await self._details.request(
            "GET",
            f"/v1/places/{quote(place_id, safe='')}",
            PLACE,
            params={"languageCode": "en"},
            headers=self._headers() | {"X-Goog-FieldMask": ",".join(fields)},
        )
        return PlaceDetails(raw.to_domain(self._now()), self._provenance())

    async def travel_times(
        self,
        origins: tuple[TravelEnd, ...],
        destinations: tuple[TravelEnd, ...],
        mode: TravelMode,
        *,
        departs: datetime | None = None,
    ) -> TravelTimes:
        """Ask for the matrix in pieces and merge them."""
        trip = Trip.of(origins, destinations, mode, departs, self._now())
        found = await matrix(self._routes, self._headers(), trip)
        rows, columns = range(len(origins)), range(len(destinations))
        return TravelTimes(
            mode=mode,
            minutes=tuple(tuple(found.cell(i, j)[0] for j in columns) for i in rows),
            distance_m=tuple(tuple(found.cell(i, j)[1] for j in columns) for i in rows),
            provenance=self._provenance(),
            departs=trip.departs,
            gaps=found.gaps(),
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
    limits: tuple[OutboundLimit, OutboundLimit] | None = None,
) -> GooglePlaces:
    """Wire the provider from its settings; the caller awaits `aclose`.

    Args:
        config: Its settings; without a key every call raises `ProviderNotConfiguredError`.
        data: What the answers are labelled.
        now: The clock.
        app: Answer from this application in-process instead of the network.
        limits: The queues of Places and of Routes; without them requests are sent at once.
    """
    places_limit, routes_limit = limits or (None, None)

    def client(base_url: str, limit: OutboundLimit | None) -> JSONClient:
        opened = open_client(base_url, timeout_s=config.timeout_s, app=app)
        return JSONClient(PROVIDER, opened, explain=explain, now=now, limit=limit)

    return GooglePlaces(
        client(config.places_url, places_limit),
        client(config.routes_url, routes_limit),
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
        body["locationBias"] = {"circle": _circle(search.center, search.radius_m)}
        if search.nearest_first:
            body["rankPreference"] = "DISTANCE"
    if search.included_type is not None:
        body |= {"includedType": search.included_type, "strictTypeFiltering": True}
    if search.open_now:
        body["openNow"] = True
    if search.min_rating is not None:
        body["minRating"] = math.floor(search.min_rating / _RATING_STEP) * _RATING_STEP
    if search.page is not None:
        body["pageToken"] = search.page
    return body


def nearby_body(search: NearbySearch) -> dict[str, Any]:
    """Write a search as SearchNearbyRequest."""
    return {
        "includedTypes": [search.kind],
        "locationRestriction": {"circle": _circle(search.center, search.radius_m)},
        "maxResultCount": search.limit,
        "rankPreference": "DISTANCE" if search.nearest_first else "POPULARITY",
        "languageCode": "en",
    }


def _circle(center: Coordinates, radius_m: float) -> dict[str, Any]:
    point = {"latitude": center.latitude, "longitude": center.longitude}
    return {"center": point, "radius": radius_m}
