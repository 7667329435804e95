"""Looking at one flight offer as it is sold now, with its seats where asked for."""

import re
from dataclasses import dataclass

from tripsage_mcp.domain.ancillary import SeatMap
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.errors import (
    SEARCH_AGAIN,
    InvalidRequestError,
    OfferExpiredError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.concurrency import both
from tripsage_mcp.providers.ports import FlightProvider

_OFFER_ID = re.compile(r"off_[0-9A-Za-z]{22}")


@dataclass(frozen=True, slots=True)
class OfferSeats:
    """The seats of an offer, as far as its airlines share them.

    Attributes:
        maps: In flight order; a segment without one is not shared.
        failure: The error code of why there are none; None when the airlines answered.
    """

    maps: tuple[SeatMap, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class OfferInFull:
    """An offer, freshly priced.

    Attributes:
        seats: None when not asked for.
    """

    offer: Offer
    seats: OfferSeats | None = None


def check_offer_id(offer_id: str) -> None:
    """Refuse what is not shaped like an offer's id.

    Raises:
        InvalidRequestError: it is not.
    """
    if not _OFFER_ID.fullmatch(offer_id):
        raise InvalidRequestError(
            "offer_id",
            "must be an offer_id from search_flights, unchanged",
            example='"off_0000AhRzwgPpTRd20UhjaY"',
        )


@dataclass(frozen=True, slots=True)
class FlightOfferService:
    """What a traveller wants to know before buying."""

    provider: FlightProvider
    now: Clock

    async def get(self, offer_id: str, *, seats: bool = False) -> OfferInFull:
        """Return one offer as it is sold now; seats that fail do not take it away.

        Raises:
            InvalidRequestError: the id is malformed; nothing was sent.
            NotFoundError: no such offer, or it is forgotten.
            OfferExpiredError: it can no longer be booked.
            OfferUnavailableError: the airline no longer sells it.
            ProviderError: the provider failed.
        """
        check_offer_id(offer_id)
        if not seats:
            return OfferInFull(await self._priced(offer_id))
        offer, found = await both(lambda: self._priced(offer_id), lambda: self._seats(offer_id))
        return OfferInFull(offer, found)

    async def _priced(self, offer_id: str) -> Offer:
        offer = await self.provider.get(offer_id)
        if offer.expires_at <= self.now():
            raise OfferExpiredError("The offer has expired.", hint=SEARCH_AGAIN)
        return offer

    async def _seats(self, offer_id: str) -> OfferSeats:
        try:
            return OfferSeats(await self.provider.seat_maps(offer_id))
        except TripSageError as failed:
            return OfferSeats(failure=failed.code)
