"""Towns and regions, by name and by position, from Google through its own `googlemaps` library.

https://developers.google.com/maps/documentation/geocoding/requests-geocoding and
https://developers.google.com/maps/documentation/timezone/requests-timezone, both not legacy.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Protocol, cast

from pydantic import Field, SecretStr

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound, Locality, Surroundings
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import (
    ConfigurationError,
    ProviderError,
    ProviderNotConfiguredError,
)
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import (
    ASGIApp,
    WebAddress,
)
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.geocoding.google_wire import (
    KEY_VARIABLE,
    LOCALITY_TYPES,
    MATCHES,
    PROVIDER,
    SETTLEMENTS,
    ZONE,
    RawMatch,
    checked,
)

_ATTRIBUTION = "Google Maps"
_KEY_PREFIX = "AIza"


class GoogleGeocodingConfig(Section):
    """Settings for Google geocoding.

    Attributes:
        geocoding_per_minute: Names looked up; each costs a request, and one for each match's zone.
    """

    model_config = env("TRIPSAGE_GOOGLE_")

    api_key: SecretStr | None = None
    maps_url: WebAddress = "https://maps.googleapis.com"
    timeout_s: Seconds = 8.0
    retry_timeout_s: Seconds = 10.0
    geocoding_per_minute: int = Field(default=600, ge=1)


class _Closable(Protocol):
    def close(self) -> None: ...


class _Library(Protocol):
    """The part of `googlemaps.Client` in use; that package carries no types."""

    session: _Closable
    reverse_geocode: Callable[..., object]

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
        limit: OutboundLimit | None = None,
    ) -> None:
        self._config = config
        self._data: DataKind = data
        self._now = now
        self._app = app
        self._limit = limit
        self._library: _Library | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="googlemaps")
        self._health = Health()

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._health,)

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Geocode a name and ask for the time zone of each match."""
        resolved = self._in_thread(self._resolve, name, limit)
        found = await deadline.while_waited_for(PROVIDER, resolved)
        return LocalitiesFound(found, self._provenance())

    async def reverse(self, at: Coordinates) -> Surroundings:
        """Geocode a point and ask for its time zone."""
        identified = self._in_thread(self._identify, at)
        locality = await deadline.while_waited_for(PROVIDER, identified)
        return Surroundings(locality, self._provenance())

    async def _in_thread[*A, T](self, call: Callable[[*A], T], *arguments: *A) -> T:
        """Run a blocking call where calls of the library take turns.

        Raises:
            ProviderError: it failed, or the provider is being left alone for now.
        """
        if self._config.api_key is None:
            raise ProviderNotConfiguredError(PROVIDER, KEY_VARIABLE)
        self._health.refuse_while_open(PROVIDER, self._now())
        if self._limit is not None:
            await self._limit.enter(PROVIDER)
        probing = self._health.admit(PROVIDER, self._now())
        # The thread learns of the deadline, too.
        loop, context = asyncio.get_running_loop(), copy_context()
        try:
            found = await loop.run_in_executor(self._thread, lambda: context.run(call, *arguments))
        except ProviderError as failure:
            self._health.failed(self._now(), failure.code, down=failure.retryable)
            raise
        except BaseException as exc:
            # Cancelled, too late, or a bug of ours: no verdict, so the next request may probe.
            if probing:
                self._health.undecided()
            if isinstance(exc, TimeoutError):
                raise deadline.out_of_time(PROVIDER, may_have_acted=True) from None
            raise
        self._health.succeeded(self._now())
        return found

    def _provenance(self) -> Provenance:
        return Provenance(PROVIDER, self._data, self._now(), attribution=_ATTRIBUTION)

    async def aclose(self) -> None:
        """Let the thread go; a call still in it is left to its own time limit."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._library is not None:
            self._library.session.close()

    def _resolve(self, name: str, limit: int) -> tuple[Locality, ...]:
        library = self._open()
        matches = checked(MATCHES, lambda: library.geocode(name, language="en"))
        found: dict[str, Locality] = {}
        for match in matches:
            if len(found) == limit:
                break
            if match.place_id in found or not LOCALITY_TYPES.intersection(match.types):
                continue
            if not match.means(name):
                continue
            locality = self._complete(match, match.coordinates())
            if locality is not None:
                found[match.place_id] = locality
        return tuple(found.values())

    def _identify(self, at: Coordinates) -> Locality | None:
        library = self._open()
        matches = checked(
            MATCHES,
            lambda: library.reverse_geocode(
                (at.latitude, at.longitude), result_type=list(SETTLEMENTS), language="en"
            ),
        )
        for kind in SETTLEMENTS:
            for match in matches:
                if kind in match.types:
                    return self._complete(match, at)
        return None

    def _complete(self, match: RawMatch, at: Coordinates) -> Locality | None:
        """Add the time zone of a point; None where nobody could plan anything."""
        library, moment = self._open(), int(self._now().timestamp())
        zone = checked(ZONE, lambda: library.timezone((at.latitude, at.longitude), moment))
        return match.to_domain(zone.timeZoneId)

    def _open(self) -> _Library:
        """Return the library for one request.

        Raises:
            TimeoutError: whoever asked waits no longer; the next in line does.
        """
        if deadline.left_s() <= 0:
            raise TimeoutError
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
    limit: OutboundLimit | None = None,
) -> GoogleGeocoding:
    """Wire the provider from its settings; the caller awaits `aclose`.

    Raises:
        ConfigurationError: the key is one the library refuses.
    """
    key = config.api_key
    if key is not None and not key.get_secret_value().startswith(_KEY_PREFIX):
        raise ConfigurationError(f"{KEY_VARIABLE}: must start with {_KEY_PREFIX}")
    return GoogleGeocoding(config, data=data, now=now, app=app, limit=limit)
