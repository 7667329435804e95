"""Offers from Duffel (https://duffel.com/docs/api/v2/offer-requests), in TripSage's vocabulary."""

from dataclasses import dataclass

from tripsage_mcp.domain.ancillary import SeatMap
from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.providers.duffel.api import DuffelAPI
from tripsage_mcp.providers.flights import duffel_bodies as bodies
from tripsage_mcp.providers.flights.duffel_ancillaries import SEAT_MAPS, seat_maps
from tripsage_mcp.providers.flights.duffel_batches import BatchSearch
from tripsage_mcp.providers.flights.duffel_errors import BatchesRefusedError
from tripsage_mcp.providers.flights.duffel_wire import OFFER, OFFER_REQUEST, found, single
from tripsage_mcp.providers.ports import SearchProgress


@dataclass(slots=True)
class DuffelOffers:
    """Searches Duffel.

    Attributes:
        in_batches: Whether this account may search in batches, as far as is known.
    """

    api: DuffelAPI
    batches: BatchSearch
    supplier_timeout_ms: int
    in_batches: bool = True

    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        """Create an offer request, in batches where progress is to be told."""
        if progress is None:
            return await self._search_at_once(request)
        if self.in_batches:
            try:
                return await self.batches.search(request, progress)
            except BatchesRefusedError:
                self.in_batches = False
        answer = await self._search_at_once(request)
        await progress(1, 1, len(answer.offers))
        return answer

    async def _search_at_once(self, request: OfferRequest) -> OffersFound:
        answer = await self.api.ask(
            "/air/offer_requests",
            OFFER_REQUEST,
            bodies.search(request),
            params={"return_offers": "true", "supplier_timeout": self.supplier_timeout_ms},
            # A search leaves nothing behind, so it may be sent again.
            repeatable=True,
        )
        return found(answer, self.api.stamp())

    async def reopen(self, search_id: str) -> OffersFound:
        """Read an earlier offer request with its offers."""
        answer = await self.api.get(f"/air/offer_requests/{search_id}", OFFER_REQUEST)
        return found(answer, self.api.stamp())

    async def get(self, offer_id: str) -> Offer:
        """Read one offer, repriced by the airline, with what can be bought beside it."""
        answer = await self.api.get(
            f"/air/offers/{offer_id}", OFFER, {"return_available_services": "true"}
        )
        return single(answer, self.api.stamp())

    async def seat_maps(self, offer_id: str) -> tuple[SeatMap, ...]:
        """Read the seat maps of an offer."""
        return seat_maps(await self.api.get("/air/seat_maps", SEAT_MAPS, {"offer_id": offer_id}))
