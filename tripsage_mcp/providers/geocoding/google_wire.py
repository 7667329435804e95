"""What `googlemaps` returns and raises, in the shape of ours.

https://developers.google.com/maps/documentation/geocoding/requests-geocoding
"""

from collections.abc import Callable
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, cast

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import Locality
from tripsage_mcp.domain.plain_text import bare, plain
from tripsage_mcp.errors import (
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
)

PROVIDER = "google"
KEY_VARIABLE = "TRIPSAGE_GOOGLE_API_KEY"
LOCALITY_TYPES = frozenset(
    {"political", "locality", "postal_town", "colloquial_area", "archipelago", "natural_feature"}
)
SETTLEMENTS = (
    "locality",
    "postal_town",
    "administrative_area_level_3",
    "administrative_area_level_2",
    "administrative_area_level_1",
    "country",
)
"""What a point may be said to be in, the narrowest first."""

_QUOTA_WINDOW_S = 60.0
_NAME_LENGTH = 100


def checked[T](returns: TypeAdapter[T], call: Callable[[], object]) -> T:
    """Call the library and validate what it returns.

    Raises:
        ProviderError: one of its subclasses, for whatever the library raises.
    """
    # Not at start-up: it takes as long to import as everything else together.
    from googlemaps import exceptions as theirs  # noqa: PLC0415

    try:
        return returns.validate_python(call())
    except ValidationError as exc:
        wrong = ".".join(str(part) for part in exc.errors(include_input=False)[0]["loc"])
        raise ProviderProtocolError(PROVIDER, f"unexpected body at {wrong!r}") from exc
    except theirs.ApiError as exc:
        raise _refused(str(cast("Any", exc).status)) from exc
    except theirs.HTTPError as exc:
        raise _by_status(int(cast("Any", exc).status_code)) from exc
    except (theirs.Timeout, theirs.TransportError) as exc:
        raise ProviderUnavailableError(PROVIDER, "no answer in time") from exc
    except (ValueError, KeyError) as exc:
        raise ProviderProtocolError(PROVIDER, "the answer is not what is documented") from exc


def _refused(status: str) -> ProviderError:
    match status:
        case "OVER_QUERY_LIMIT":
            return ProviderRateLimitedError(PROVIDER, _QUOTA_WINDOW_S)
        case "UNKNOWN_ERROR":
            return ProviderUnavailableError(PROVIDER, "a fault on their side")
        case "REQUEST_DENIED" | "OVER_DAILY_LIMIT":
            return ProviderRejectedError(
                PROVIDER,
                "the API key may not use this API",
                hint=f"Enable Geocoding, Time Zone and billing for the project of {KEY_VARIABLE}.",
            )
        case _:
            return ProviderRejectedError(PROVIDER, "the request was refused as invalid")


def _by_status(status: int) -> ProviderError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ProviderRateLimitedError(PROVIDER, _QUOTA_WINDOW_S)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ProviderUnavailableError(PROVIDER, f"HTTP {status}")
    return ProviderRejectedError(PROVIDER, f"HTTP {status}")


class _RawComponent(BaseModel):
    long_name: str
    short_name: str
    types: list[str] = []


class _RawLocation(BaseModel):
    lat: float = Field(ge=-90, le=90)
    lng: float = Field(ge=-180, le=180)


class _RawGeometry(BaseModel):
    location: _RawLocation


class RawMatch(BaseModel):
    """One element of `results`."""

    place_id: str
    address_components: list[_RawComponent]
    geometry: _RawGeometry
    types: list[str] = []
    partial_match: bool = False

    def means(self, name: str) -> bool:
        """Tell whether it is what was asked for: perhaps misspelt, but not only the country of it.

        A partial match leaves out words of the name, and says not which.
        """
        if not self.partial_match:
            return True
        asked, own = bare(name.partition(",")[0]), self._own()
        return own is not None and bool(get_close_matches(asked, [bare(own.long_name)]))

    def coordinates(self) -> Coordinates:
        """Return the middle of it."""
        return Coordinates(self.geometry.location.lat, self.geometry.location.lng)

    def _component(self, *types: str) -> _RawComponent | None:
        return next((c for c in self.address_components if set(types) & set(c.types)), None)

    def _own(self) -> _RawComponent | None:
        own = self._component(*(t for t in self.types if t != "political"))
        return own or next(iter(self.address_components), None)

    def to_domain(self, time_zone: str) -> Locality | None:
        """Return None for what has no country, or no time zone."""
        country, own = self._component("country"), self._own()
        if country is None or own is None or not time_zone:
            return None
        region = self._component("administrative_area_level_1")
        return Locality(
            name=plain(own.long_name, _NAME_LENGTH),
            country=plain(country.long_name, _NAME_LENGTH),
            country_code=country.short_name,
            coordinates=self.coordinates(),
            time_zone=time_zone,
            region=(
                None if region is None or region is own else plain(region.long_name, _NAME_LENGTH)
            ),
        )


class _RawZone(BaseModel):
    # Absent with ZERO_RESULTS, in the middle of an ocean.
    timeZoneId: str = ""  # noqa: N815 - their spelling


MATCHES = TypeAdapter(list[RawMatch])
ZONE = TypeAdapter(_RawZone)
