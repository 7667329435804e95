"""Towns and regions from Open-Meteo, which serves GeoNames without a key, and points from tables.

https://open-meteo.com/en/docs/geocoding-api
"""

from dataclasses import replace

from pydantic import BaseModel, Field, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import LocalitiesFound, Locality, Surroundings
from tripsage_mcp.domain.plain_text import bare, plain
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.domain.region import ABBREVIATED
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
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.geocoding import tables

PROVIDER = "open-meteo"

_ATTRIBUTION = "Place names by GeoNames, via Open-Meteo.com"
# GeoNames: populated places, regions, countries, islands. Not airports, hotels or rivers.
_LOCALITY_CODES = ("PPL", "ADM", "PCL", "ISL", "RGN", "CONT")
# Asked for so that enough remain after the others are dropped.
_SPARE = 10
_MOST = 100
_NAME_LENGTH = 100


class OpenMeteoGeocodingConfig(Section):
    """Settings for Open-Meteo geocoding.

    Attributes:
        requests_per_minute: In all; without a key 600 are allowed from one address.
    """

    model_config = env("TRIPSAGE_OPEN_METEO_")

    geocoding_url: WebAddress = "https://geocoding-api.open-meteo.com"
    timeout_s: Seconds = 10.0
    requests_per_minute: int = Field(default=600, ge=1)


class OpenMeteoGeocoding:
    """Resolves names at Open-Meteo; it cannot tell what a point is in, so our own tables do."""

    def __init__(self, http: JSONClient, *, data: DataKind, now: Clock = utc_now) -> None:
        self._http = http
        self._data: DataKind = data
        self._now = now

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._http.health,)

    async def localities(self, name: str, *, limit: int = 5) -> LocalitiesFound:
        """Search by name, or by `name, region` and `name, region, country`."""
        found = await self._search(name, limit + _SPARE)
        first, *qualifiers = (part.strip() for part in name.split(","))
        if not found and any(qualifiers):
            # They know some ways of writing a region and not others.
            namesakes = await self._search(first, _MOST)
            found = [each for each in namesakes if all(_lies_in(each, q) for q in qualifiers)]
        return LocalitiesFound(tuple(found[:limit]), self._provenance())

    async def reverse(self, at: Coordinates) -> Surroundings:
        """Name the nearest town with an airport, in the country whose time zone it is."""
        locality = tables.nearest_town(at)
        provenance = replace(self._provenance(), source=tables.SOURCE, attribution=None)
        return Surroundings(locality, provenance, approximate=locality is not None)

    async def _search(self, name: str, count: int) -> list[Locality]:
        found = await self._http.request(
            "GET",
            "/v1/search",
            _FOUND,
            params={"name": name, "count": count, "language": "en", "format": "json"},
        )
        unique: dict[tuple[str, str | None, str], Locality] = {}
        for raw in found.results:
            locality = raw.to_domain()
            if locality is not None:
                unique.setdefault((locality.name, locality.region, locality.country_code), locality)
        return list(unique.values())

    def _provenance(self) -> Provenance:
        return Provenance(PROVIDER, self._data, self._now(), attribution=_ATTRIBUTION)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.client.aclose()


def build(
    config: OpenMeteoGeocodingConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    limit: OutboundLimit | None = None,
) -> OpenMeteoGeocoding:
    """Wire the provider from its settings; the caller awaits `aclose`."""
    client = open_client(config.geocoding_url, timeout_s=config.timeout_s, app=app)
    return OpenMeteoGeocoding(
        JSONClient(PROVIDER, client, explain=explain, now=now, limit=limit), data=data, now=now
    )


def _lies_in(locality: Locality, qualifier: str) -> bool:
    """Tell whether a region or a country, by name or by code, is where a locality lies."""
    if not qualifier:
        return True
    names = {bare(name) for name in (locality.region, locality.country) if name}
    said = bare(qualifier)
    # "CA" is California and Canada, whichever has such a town.
    return (
        said in names
        or ABBREVIATED.get(said) in names
        or tables.country_code(qualifier) == locality.country_code
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
    # Of what nobody has counted they say zero, or nothing.
    population: int = 0

    def to_domain(self) -> Locality | None:
        """Return None for what is no locality, or one nobody can plan for without its zone."""
        if not self.feature_code.startswith(_LOCALITY_CODES):
            return None
        if not (self.country_code and self.timezone):
            return None
        return Locality(
            name=plain(self.name, _NAME_LENGTH),
            country=plain(self.country or self.country_code, _NAME_LENGTH),
            country_code=self.country_code,
            coordinates=Coordinates(self.latitude, self.longitude),
            time_zone=self.timezone,
            region=plain(self.admin1, _NAME_LENGTH) or None if self.admin1 else None,
            population=self.population or None,
        )


class _RawFound(BaseModel):
    # Absent when nothing matches.
    results: list[_RawLocality] = []


_FOUND = TypeAdapter(_RawFound)
