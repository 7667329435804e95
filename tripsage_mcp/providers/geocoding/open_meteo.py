"""Names of towns and regions from Open-Meteo, which serves GeoNames without a key.

https://open-meteo.com/en/docs/geocoding-api
"""

from pydantic import BaseModel, Field, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound, Locality
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import ProviderRateLimitedError, ProviderRejectedError, TripSageError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import (
    ASGIApp,
    JSONClient,
    Reply,
    WebAddress,
    open_client,
)

PROVIDER = "open-meteo"

_ATTRIBUTION = "Place names by GeoNames, via Open-Meteo.com"
# GeoNames: populated places, regions, countries, islands. Not airports, hotels or rivers.
_LOCALITY_CODES = ("PPL", "ADM", "PCL", "ISL", "RGN", "CONT")
# Asked for so that enough remain after the others are dropped.
_SPARE = 10


class OpenMeteoGeocodingConfig(Section):
    """Settings for Open-Meteo geocoding."""

    model_config = env("TRIPSAGE_OPEN_METEO_")

    geocoding_url: WebAddress = "https://geocoding-api.open-meteo.com"
    timeout_s: Seconds = 10.0


class OpenMeteoGeocoding:
    """Resolves names at Open-Meteo."""

    def __init__(self, http: JSONClient, *, data: DataKind, now: Clock = utc_now) -> None:
        self._http = http
        self._data: DataKind = data
        self._now = now

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._http.health,)

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Search by name, or by `name, region`."""
        found = await self._http.request(
            "GET",
            "/v1/search",
            _FOUND,
            params={"name": name, "count": limit + _SPARE, "language": "en", "format": "json"},
        )
        unique: dict[tuple[str, str | None, str], Locality] = {}
        for raw in found.results:
            locality = raw.to_domain()
            if locality is not None:
                unique.setdefault((locality.name, locality.region, locality.country_code), locality)
        provenance = Provenance(PROVIDER, self._data, self._now(), attribution=_ATTRIBUTION)
        return LocalitiesFound(tuple(unique.values())[:limit], provenance)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.client.aclose()


def build(
    config: OpenMeteoGeocodingConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
) -> OpenMeteoGeocoding:
    """Wire the provider from its settings; the caller awaits `aclose`."""
    client = open_client(config.geocoding_url, timeout_s=config.timeout_s, app=app)
    return OpenMeteoGeocoding(
        JSONClient(PROVIDER, client, explain=explain, now=now), data=data, now=now
    )


def explain(reply: Reply) -> TripSageError | None:
    """Name a refusal; they send no Retry-After, and their text is not for us to repeat."""
    if reply.status == 429:  # noqa: PLR2004
        return ProviderRateLimitedError(PROVIDER, 60.0)
    if reply.status == 404:  # noqa: PLR2004
        return ProviderRejectedError(PROVIDER, "HTTP 404")
    return None


class _RawLocality(BaseModel):
    # Empty fields are left out of their JSON, zero coordinates too.
    name: str
    latitude: float = Field(0.0, ge=-90, le=90)
    longitude: float = Field(0.0, ge=-180, le=180)
    feature_code: str = "PPL"
    country_code: str = ""
    country: str = ""
    admin1: str | None = None
    timezone: str = ""
    population: int | None = None

    def to_domain(self) -> Locality | None:
        """Return None for what is no locality, or one nobody can plan for without its zone."""
        if not self.feature_code.startswith(_LOCALITY_CODES):
            return None
        if not (self.country_code and self.timezone):
            return None
        return Locality(
            name=self.name,
            country=self.country or self.country_code,
            country_code=self.country_code,
            coordinates=Coordinates(self.latitude, self.longitude),
            time_zone=self.timezone,
            region=self.admin1,
            population=self.population,
        )


class _RawFound(BaseModel):
    # Absent when nothing matches.
    results: list[_RawLocality] = []


_FOUND = TypeAdapter(_RawFound)
