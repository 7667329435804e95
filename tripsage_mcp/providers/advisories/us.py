"""What the US Department of State advises, from its public list of all advisories, without a key.

https://cadataapi.state.gov/api/TravelAdvisories - one request holds every country, so it is kept
for an hour. The level is a part of the title; now and then a country is missing, or there twice.
"""

import html
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tripsage_mcp.domain.destination import Advisory, AdvisoryFound
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import ProviderChallengedError, ProviderProtocolError, TripSageError
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import ASGIApp, JSONClient, Reply, WebAddress, open_client
from tripsage_mcp.infrastructure.keyvalue import MemoryKeyValue
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.advisories.us_names import countries_of, name_in

PROVIDER = "travel.state.gov"
ISSUER = "US Department of State"
_HOME = "https://travel.state.gov"
_LINK = re.compile(r"https?://([\w-]+\.)*state\.gov(/[\x21-\x7e]*)?", re.ASCII)
_LEVEL = re.compile(r"\bLevel\s+[1-4]\b.*$", re.DOTALL)
_LONGEST_TITLE, _LONGEST_LINK = 160, 300
_MOST_OF_A_COUNTRY = 3
_KEPT_FOR_S = 3600.0
_KEY = "list"


class USAdvisoriesConfig(Section):
    """Settings for American travel advisories."""

    model_config = env("TRIPSAGE_US_ADVISORIES_")

    base_url: WebAddress = "https://cadataapi.state.gov"
    timeout_s: Seconds = 15.0
    requests_per_minute: int = Field(default=20, ge=1)


class USAdvisories:
    """The advisories on one country, out of the list of all."""

    def __init__(self, http: JSONClient, *, data: DataKind, now: Clock) -> None:
        self._http = http
        self._data: DataKind = data
        self._now = now
        # Parsed and small; each process asks for itself.
        self._kept = Cache(MemoryKeyValue(), "us-advisories")

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._http.health,)

    async def on(self, country_code: str) -> AdvisoryFound:
        """Look the country up in the list, or else the country it is a part of."""
        listed = await self._kept.get_or_load(_KEY, _KEPT_FOR_S, _LISTED, self._list)
        country = countries.find(country_code)
        codes = (country_code.upper(), None if country is None else country.part_of)
        found = next((listed.by_country[code] for code in codes if code in listed.by_country), ())
        provenance = Provenance(PROVIDER, self._data, listed.fetched_at)
        return AdvisoryFound(ISSUER, found, _HOME, provenance)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.client.aclose()

    async def _list(self) -> "_Listed":
        rows = await self._http.request("GET", "/api/TravelAdvisories", _ROWS)
        items = [item for item in map(_item, rows) if item is not None]
        if not items:
            raise ProviderProtocolError(PROVIDER, "the list holds no advisory")
        return _Listed(by_country=_by_country(items), fetched_at=self._now())


def build(
    config: USAdvisoriesConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    limit: OutboundLimit | None = None,
) -> USAdvisories:
    """Wire the provider from its settings; the caller awaits `aclose`."""
    opened = open_client(config.base_url, timeout_s=config.timeout_s, app=app)
    http = JSONClient(PROVIDER, opened, explain=explain, now=now, limit=limit)
    return USAdvisories(http, data=data, now=now)


def explain(reply: Reply) -> TripSageError | None:
    """Name a refusal: what stands before their server answers 403 with a challenge page."""
    if reply.status == HTTPStatus.FORBIDDEN:
        return ProviderChallengedError(PROVIDER, "a challenge page stands before the list")
    return None


# What they send. Private: nothing outside this module may see these shapes.


class _RawItem(BaseModel):
    title: str = Field(alias="Title", min_length=1)
    link: str = Field(default="", alias="Link")
    published: str | None = Field(default=None, alias="Published")
    updated: str | None = Field(default=None, alias="Updated")

    def to_domain(self) -> Advisory:
        title = plain(html.unescape(self.title), _LONGEST_TITLE)
        level = _LEVEL.search(title)
        fits = len(self.link) <= _LONGEST_LINK and _LINK.fullmatch(self.link)
        return Advisory(
            issuer=ISSUER,
            title=title,
            # "See Summaries" and the like: the page tells of each part, and may warn of all.
            statements=None if level is None else (level[0],),
            published=_day(self.updated) or _day(self.published),
            url=self.link if fits else _HOME,
        )


class _Listed(BaseModel):
    by_country: dict[str, tuple[Advisory, ...]]
    fetched_at: datetime


_ROWS: TypeAdapter[list[dict[str, Any]]] = TypeAdapter(list[dict[str, Any]])
_ITEM = TypeAdapter(_RawItem)
_LISTED = TypeAdapter(_Listed)


def _item(row: dict[str, Any]) -> Advisory | None:
    """Read one row; one that is strange costs only itself."""
    try:
        return _ITEM.validate_python(row).to_domain()
    except ValidationError:
        return None


def _by_country(items: Iterable[Advisory]) -> dict[str, tuple[Advisory, ...]]:
    """Sort out what is about which country: its own pages before shared ones, no old copies."""
    about: defaultdict[str, dict[tuple[int, str], Advisory]] = defaultdict(dict)
    for item in items:
        codes = countries_of(item.title, item.url)
        for code in codes:
            same = len(codes), name_in(item.title).casefold()
            kept = about[code].get(same)
            if kept is None or _date(item) >= _date(kept):
                about[code][same] = item
    return {code: _most_specific(found) for code, found in about.items()}


def _most_specific(found: dict[tuple[int, str], Advisory]) -> tuple[Advisory, ...]:
    fewest = min(shared for shared, _ in found)
    own = sorted((name, item) for (shared, name), item in found.items() if shared == fewest)
    return tuple(item for _, item in own[:_MOST_OF_A_COUNTRY])


def _date(item: Advisory) -> date:
    return item.published or date.min


def _day(moment: str | None) -> date | None:
    """Read the day in UTC: on their own clock it is the evening of the day before."""
    try:
        read = datetime.fromisoformat(moment or "")
    except ValueError:
        return None
    return (read if read.tzinfo is None else read.astimezone(UTC)).date()
