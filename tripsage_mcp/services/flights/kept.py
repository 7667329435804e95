"""Offers kept for the later pages of a search: a provider may not show them again."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter, ValidationError

from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.infrastructure.keyvalue import KeyValue

# Raise the number when the types change: a replica of another version must not read them.
_PREFIX = "tripsage:offers:1:"
_LARGEST_BYTES = 64_000_000
# The fastest: the same airports and airlines over and over shrink well at any level.
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class KeptOffers:
    """What a search found.

    Attributes:
        rates: Those its first page was ordered by.
    """

    found: OffersFound
    rates: tuple[ExchangeRate, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferStore:
    """Keeps what a search found until its last offer dies; it may be forgotten before."""

    store: KeyValue

    async def keep(self, question: str, kept: KeptOffers, now: datetime) -> None:
        """Store the offers of one search for one question."""
        ends = max((offer.expires_at for offer in kept.found.offers), default=now)
        written = zlib.compress(_adapter().dump_json(kept), _LEVEL)
        await self.store.set(
            _key(kept.found.search_id, question), written, ttl_s=(ends - now).total_seconds()
        )

    async def read(self, question: str, search_id: str) -> KeptOffers | None:
        """Return what was stored, or None when it is forgotten."""
        written = await self.store.get(_key(search_id, question))
        if written is None:
            return None
        try:
            # Bounded: a shared store may hold what others wrote.
            return _adapter().validate_json(
                zlib.decompressobj().decompress(written, _LARGEST_BYTES)
            )
        except (zlib.error, ValidationError):
            return None


def _key(search_id: str, question: str) -> str:
    return f"{_PREFIX}{search_id}:{question}"


@cache
def _adapter() -> TypeAdapter[KeptOffers]:
    return TypeAdapter(KeptOffers)
