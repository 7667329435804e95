"""Names of towns and regions from Google, through its own `googlemaps` library.

https://developers.google.com/maps/documentation/geocoding/requests-geocoding and
https://developers.google.com/maps/documentation/timezone/requests-timezone, both not legacy.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Protocol, cast

from pydantic import BaseModel, Field, SecretStr, TypeAdapter, ValidationError

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound, Locality
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import (
    ConfigurationError,
    ProviderError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import (
    ASGIApp,
    WebAddress,
)

PROVIDER = "google"
KEY_VARIABLE = "TRIPSAGE_GOOGLE_API_KEY"

_ATTRIBUTION = "Google Maps"
_KEY_PREFIX = "AIza"
_QUOTA_WINDOW_S = 60.0
_LOCALITY_TYPES = {
    "political",
    "locality",
    "postal_town",
    "colloquial_area",
    "archipelago",
    "natural_feature",
}


class GoogleGeocodingConfig(Section):
    """Settings for Google geocoding."""

    model_config = env("TRIPSAGE_GOOGLE_")

    api_key: SecretStr | None = None
    maps_url: WebAddress = "https://maps.googleapis.com"
    timeout_s: Seconds = 8.0
    retry_timeout_s: Seconds = 10.0


class _Closable(Protocol):
    def close(self) -> None: ...


class _Library(Protocol):
    """The part of `googlemaps.Client` in use; that package carries no types."""

    session: _Closable

    def geocode(self, address: str, *, language: str) -> object: ...
    def timezone(self, location: tuple[float, float], timestamp: int) -> object: ...


class GoogleGeocoding:
    """Resolves names at Google; the library blocks, so it lives in one thread of its own.

    One thread and not a lock: its rate limiter is not thread-safe, and a call whose caller has gone
    is still running.
    """

    def __init__(
        self,
        config: GoogleGeocodingConfig,
        *,
        data: DataKind,
        now: Clock = utc_now,
        app: ASGIApp | None = None,
    ) -> None:
        self._config = config
        self._data: DataKind = data
        self._now = now
        self._app = app
        self._library: _Library | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="googlemaps")
        self._health = Health()

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._health,)

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Geocode a name and ask for the time zone of each match."""
        if self._config.api_key is None:
            raise ProviderNotConfiguredError(PROVIDER, KEY_VARIABLE)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._thread, self._resolve, name, limit)
        except ProviderError as failure:
            self._health.failed(self._now(), failure.code)
            raise
        self._health.succeeded(self._now())
        provenance = Provenance(PROVIDER, self._data, self._now(), attribution=_ATTRIBUTION)
        return LocalitiesFound(found, provenance)

    async def aclose(self) -> None:
        """Let the thread go; a call still in it is left to its own time limit."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._library is not None:
            self._library.session.close()

    def _resolve(self, name: str, limit: int) -> tuple[Locality, ...]:
        library = self._open()
        matches = _checked(_MATCHES, lambda: library.geocode(name, language="en"))
        moment = int(self._now().timestamp())
        found: dict[str, Locality] = {}
        for match in matches:
            if len(found) == limit:
                break
            if match.place_id in found or not _LOCALITY_TYPES.intersection(match.types):
                continue
            at = match.geometry.location
            zone = _checked(
                _ZONE, lambda at=at: library.timezone((at.lat, at.lng), timestamp=moment)
            )
            locality = match.to_domain(zone.timeZoneId)
            if locality is not None:
                found[match.place_id] = locality
        return tuple(found.values())

    def _open(self) -> _Library:
        if self._library is None:
            # Not at start-up: it takes as long to import as everything else together.
            import googlemaps  # noqa: PLC0415

            assert self._config.api_key is not None
            self._library = cast(
                "_Library",
                cast("Any", googlemaps).Client(
                    key=self._config.api_key.get_secret_value(),
                    base_url=self._config.maps_url.rstrip("/"),
                    timeout=self._config.timeout_s,
                    retry_timeout=self._config.retry_timeout_s,
                    retry_over_query_limit=False,
                    requests_session=self._session(),
                ),
            )
        return self._library

    def _session(self) -> object:
        if self._app is None:
            return None
        from tripsage_mcp.infrastructure.asgi_requests import session_over  # noqa: PLC0415

        return session_over(self._app)


def build(
    config: GoogleGeocodingConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
) -> GoogleGeocoding:
    """Wire the provider from its settings; the caller awaits `aclose`.

    Raises:
        ConfigurationError: the key is one the library refuses.
    """
    key = config.api_key
    if key is not None and not key.get_secret_value().startswith(_KEY_PREFIX):
        raise ConfigurationError(f"{KEY_VARIABLE}: must start with {_KEY_PREFIX}")
    return GoogleGeocoding(config, data=data, now=now, app=app)


def _checked[T](returns: TypeAdapter[T], call: Callable[[], object]) -> T:
    """Call the library and validate what it returns, raising only our errors."""
    from googlemaps import exceptions as theirs  # noqa: PLC0415 - as above

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


class _RawMatch(BaseModel):
    place_id: str
    address_components: list[_RawComponent]
    geometry: _RawGeometry
    types: list[str] = []

    def _component(self, *types: str) -> _RawComponent | None:
        return next((c for c in self.address_components if set(types) & set(c.types)), None)

    def to_domain(self, time_zone: str) -> Locality | None:
        country = self._component("country")
        own = self._component(*(t for t in self.types if t != "political"))
        own = own or next(iter(self.address_components), None)
        if country is None or own is None or not time_zone:
            return None
        region = self._component("administrative_area_level_1")
        at = self.geometry.location
        return Locality(
            name=own.long_name,
            country=country.long_name,
            country_code=country.short_name,
            coordinates=Coordinates(at.lat, at.lng),
            time_zone=time_zone,
            region=None if region is None or region is own else region.long_name,
        )


class _RawZone(BaseModel):
    # Absent with ZERO_RESULTS, in the middle of an ocean.
    timeZoneId: str = ""  # noqa: N815 - their spelling


_MATCHES = TypeAdapter(list[_RawMatch])
_ZONE = TypeAdapter(_RawZone)
