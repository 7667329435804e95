"""Today's exchange rates from Frankfurter, without a key: a blend of what central banks publish.

https://frankfurter.dev (v2). Reference rates, each of a day; not what a bank or a shop will give.
"""

from datetime import date
from decimal import Decimal
from http import HTTPStatus

from pydantic import BaseModel, Field, TypeAdapter

from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.errors import NotFoundError, ProviderProtocolError, TripSageError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import ASGIApp, JSONClient, Reply, WebAddress, open_client
from tripsage_mcp.infrastructure.limits import OutboundLimit

PROVIDER = "frankfurter"
_SOURCE = "Frankfurter, from central banks"
_CODE_LENGTH = 3
_MOST_BYTES = 64 * 1024
# Everything is worth something in one of the two.
_ANCHORS = ("EUR", "USD")


class FrankfurterConfig(Section):
    """Settings for Frankfurter."""

    model_config = env("TRIPSAGE_FRANKFURTER_")

    base_url: WebAddress = "https://api.frankfurter.dev"
    timeout_s: Seconds = 8.0
    requests_per_minute: int = Field(default=60, ge=1)


class FrankfurterRates:
    """The latest rate of a pair."""

    def __init__(self, http: JSONClient, *, data: DataKind) -> None:
        self._http = http
        self._data: DataKind = data

    @property
    def health(self) -> tuple[Health, ...]:
        """What happened lately."""
        return (self._http.health,)

    async def rate(self, base: str, quote: str) -> ExchangeRate | None:
        """Ask for the pair; a currency is worth itself where it is worth anything."""
        if not (_is_code(base) and _is_code(quote)):
            return None
        if base != quote:
            return await self._rate(base, quote)
        anchor = next(code for code in _ANCHORS if code != base)
        found = await self._rate(base, anchor)
        if found is None:
            return None
        return ExchangeRate(base, base, Decimal(1), found.as_of, _SOURCE, self._data)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._http.client.aclose()

    async def _rate(self, base: str, quote: str) -> ExchangeRate | None:
        try:
            found = await self._http.request("GET", f"/v2/rate/{base}/{quote}", _RATE)
        except NotFoundError:
            return None
        if (found.base, found.quote) != (base, quote):
            raise ProviderProtocolError(PROVIDER, "the answer is about other currencies")
        return ExchangeRate(base, quote, found.rate, found.date, _SOURCE, self._data)


def build(
    config: FrankfurterConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    limit: OutboundLimit | None = None,
) -> FrankfurterRates:
    """Wire the provider from its settings; the caller awaits `aclose`."""
    opened = open_client(config.base_url, timeout_s=config.timeout_s, app=app)
    http = JSONClient(
        PROVIDER, opened, explain=explain, now=now, most_bytes=_MOST_BYTES, limit=limit
    )
    return FrankfurterRates(http, data=data)


def explain(reply: Reply) -> TripSageError | None:
    """Name a refusal: they answer 422 for a code that they do not quote."""
    if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return NotFoundError(f"{PROVIDER} does not quote this currency")
    return None


def _is_code(text: str) -> bool:
    return len(text) == _CODE_LENGTH and text.isascii() and text.isalpha() and text.isupper()


# What Frankfurter sends. Private: nothing outside this module may see these shapes.


class _RawRate(BaseModel):
    date: date
    base: str
    quote: str
    rate: Decimal = Field(gt=0, allow_inf_nan=False)


_RATE = TypeAdapter(_RawRate)
