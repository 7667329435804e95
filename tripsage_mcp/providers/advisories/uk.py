"""What the British foreign office (FCDO) advises, from the content API of gov.uk, without a key.

https://content-api.publishing.service.gov.uk - one page a country, by a name of their own.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from pydantic import BaseModel, Field, TypeAdapter

from tripsage_mcp.domain.country import Country
from tripsage_mcp.domain.destination import Advisory, AdvisoryFound
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import NotFoundError, TripSageError
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import ASGIApp, JSONClient, Reply, WebAddress, open_client
from tripsage_mcp.infrastructure.limits import OutboundLimit

PROVIDER = "gov.uk"
ISSUER = "UK Foreign, Commonwealth & Development Office"
_ATTRIBUTION = "Contains public sector information licensed under the Open Government Licence v3.0."
_PAGE = "https://www.gov.uk/foreign-travel-advice"
_LONGEST_TITLE, _LONGEST_CHANGE, _LONGEST_STATEMENT = 120, 200, 120
_MOST_STATEMENTS = 6
_MOST_BYTES = 4 * 1024 * 1024
# As their own pages word them.
_STATEMENTS = {
    "avoid_all_travel_to_whole_country": "FCDO advises against all travel to the whole country",
    "avoid_all_travel_to_parts": "FCDO advises against all travel to parts of the country",
    "avoid_all_but_essential_travel_to_whole_country": (
        "FCDO advises against all but essential travel to the whole country"
    ),
    "avoid_all_but_essential_travel_to_parts": (
        "FCDO advises against all but essential travel to parts of the country"
    ),
}

type FindCountry = Callable[[str], Country | None]


class UKAdviceConfig(Section):
    """Settings for British travel advice."""

    model_config = env("TRIPSAGE_UK_ADVICE_")

    base_url: WebAddress = "https://www.gov.uk"
    timeout_s: Seconds = 10.0
    requests_per_minute: int = Field(default=120, ge=1)


class UKAdvice:
    """The advice of one page, with its warnings and its last change as published."""

    def __init__(
        self, http: JSONClient, *, data: DataKind, now: Clock, find: FindCountry = countries.find
    ) -> None:
        self._http = http
        self._data: DataKind = data
        self._now = now
        self._find = find

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._http.health,)

    async def on(self, country_code: str) -> AdvisoryFound:
        """Ask for the country's page, or for that of the country it is a part of."""
        country = self._find(country_code)
        if country is not None and country.uk_slug is None and country.part_of is not None:
            country = self._find(country.part_of)
        advisories: tuple[Advisory, ...] = ()
        if country is not None and country.uk_slug is not None:
            advisories = await self._page(country.uk_slug)
        provenance = Provenance(PROVIDER, self._data, self._now(), None, _ATTRIBUTION)
        return AdvisoryFound(ISSUER, advisories, _PAGE, provenance)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.client.aclose()

    async def _page(self, slug: str) -> tuple[Advisory, ...]:
        path = f"/api/content/foreign-travel-advice/{slug}"
        try:
            page = await self._http.request("GET", path, _PAGE_SHAPE)
        except NotFoundError:
            return ()
        if page.withdrawn_notice is not None:
            return ()
        return (page.to_domain(slug),)


def build(
    config: UKAdviceConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    limit: OutboundLimit | None = None,
) -> UKAdvice:
    """Wire the provider from its settings; the caller awaits `aclose`."""
    opened = open_client(config.base_url, timeout_s=config.timeout_s, app=app)
    http = JSONClient(
        PROVIDER, opened, explain=explain, now=now, most_bytes=_MOST_BYTES, limit=limit
    )
    return UKAdvice(http, data=data, now=now)


def explain(reply: Reply) -> TripSageError | None:
    """Name a refusal: a page that was taken away is gone, not failed."""
    if reply.status == HTTPStatus.GONE:
        return NotFoundError(f"{PROVIDER} has no such page any more")
    return None


# What gov.uk sends. Private: nothing outside this module may see these shapes.


class _RawWithdrawn(BaseModel):
    withdrawn_at: str | None = None


class _RawDetails(BaseModel):
    # Without it nobody could tell "no warning" from another kind of page.
    alert_status: list[str]
    change_description: str | None = None


class _RawPage(BaseModel):
    title: str
    public_updated_at: datetime | None = None
    withdrawn_notice: _RawWithdrawn | None = None
    details: _RawDetails

    def to_domain(self, slug: str) -> Advisory:
        updated, change = self.public_updated_at, self.details.change_description
        return Advisory(
            issuer=ISSUER,
            title=plain(self.title, _LONGEST_TITLE),
            statements=tuple(
                _STATEMENTS.get(code) or plain(code.replace("_", " "), _LONGEST_STATEMENT)
                for code in self.details.alert_status[:_MOST_STATEMENTS]
            ),
            published=None if updated is None else updated.date(),
            url=f"{_PAGE}/{slug}",
            change=plain(change, _LONGEST_CHANGE) or None if change else None,
        )


_PAGE_SHAPE = TypeAdapter(_RawPage)
