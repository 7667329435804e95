"""Flights that several look for at the same moment, asked for once; no price is kept longer."""

import asyncio
import logging
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from tripsage_mcp.domain.ancillary import SeatMap
from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.infrastructure.cache import Cache
from tripsage_mcp.providers.ports import FlightProvider, SearchProgress

log = logging.getLogger("tripsage")

# What a listener is told in is its own context: it knows by that whose request it is.
type _Listeners = list[tuple[SearchProgress, Context]]


@dataclass(frozen=True, slots=True)
class SharedFlights:
    """Searches once for all who ask the same meanwhile, and tells each how far it is."""

    provider: FlightProvider
    cache: Cache
    _listening: dict[str, _Listeners] = field(default_factory=dict[str, _Listeners])

    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        """Return every offer for `request`; whoever joins late hears of the rest."""
        if progress is None:
            return await self.cache.share(f"{request!r}", lambda: self.provider.search(request))
        # Apart from the others, for only an answer to these may be partial.
        key = f"streamed:{request!r}"
        listeners = self._listening.setdefault(key, [])
        listener = (progress, copy_context())
        listeners.append(listener)

        async def tell(answered: int, total: int, offers: int) -> None:
            for told, context in tuple(listeners):
                telling = _quietly(told, answered, total, offers)
                await asyncio.create_task(telling, context=context)

        try:
            return await self.cache.share(key, lambda: self.provider.search(request, progress=tell))
        finally:
            listeners.remove(listener)
            if not listeners:
                self._listening.pop(key, None)

    async def reopen(self, search_id: str) -> OffersFound:
        """Return the offers of an earlier search."""
        return await self.cache.share(
            f"search:{search_id}", lambda: self.provider.reopen(search_id)
        )

    async def get(self, offer_id: str) -> Offer:
        """Return one offer, freshly priced."""
        return await self.cache.share(
            f"offer:{offer_id}", lambda: self.provider.get(offer_id), linger=False
        )

    async def seat_maps(self, offer_id: str) -> tuple[SeatMap, ...]:
        """Return the maps of an offer's segments."""
        return await self.cache.share(
            f"seats:{offer_id}", lambda: self.provider.seat_maps(offer_id), linger=False
        )


async def _quietly(told: SearchProgress, answered: int, total: int, offers: int) -> None:
    try:
        await told(answered, total, offers)
    except Exception as exc:  # noqa: BLE001 - one who cannot be told must not end it for the others
        log.info("progress_not_told type=%s", type(exc).__name__)
