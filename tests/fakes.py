"""Working in-memory stand-ins. tests/contracts proves they behave like the real thing."""

from dataclasses import dataclass, field, replace

from tests import build_flights
from tripsage_mcp.domain.ancillary import SeatMap
from tripsage_mcp.domain.flight import Offer, OffersFound, Passenger
from tripsage_mcp.domain.flight_request import INFANT_BELOW, OfferRequest
from tripsage_mcp.errors import NotFoundError
from tripsage_mcp.providers.ports import SearchProgress


@dataclass
class FakeFlights:
    """Answers every search with the same offers, and remembers what was asked.

    Attributes:
        answer: What every search finds; its `unanswered` shows only where progress was asked for.
        streamed: For each request, whether progress was asked for.
        reopenable: Whether `reopen` knows earlier searches; those that streamed it never does.
        maps: Seat maps by offer; an offer without has none.
    """

    answer: OffersFound = field(default_factory=build_flights.found)
    requests: list[OfferRequest] = field(default_factory=list[OfferRequest])
    searches: dict[str, OffersFound] = field(default_factory=dict[str, OffersFound])
    streamed: list[bool] = field(default_factory=list[bool])
    reopenable: bool = True
    maps: dict[str, tuple[SeatMap, ...]] = field(default_factory=dict[str, tuple[SeatMap, ...]])

    async def search(
        self, request: OfferRequest, *, progress: SearchProgress | None = None
    ) -> OffersFound:
        self.requests.append(request)
        self.streamed.append(progress is not None)
        found = replace(
            self.answer,
            search_id=f"orq_{len(self.requests):022d}",
            slices=request.slices,
            passengers=_passengers(request),
            cabin=request.cabin,
            unanswered=self.answer.unanswered if progress is not None else None,
        )
        if progress is None:
            if self.reopenable:
                self.searches[found.search_id] = found
            return found
        total = len(found.offers)
        missing = found.unanswered.batches or 0 if found.unanswered else 0
        await progress(0, 2 + missing, 0)
        await progress(1, 2 + missing, total // 2)
        await progress(2, 2 + missing, total)
        return found

    async def reopen(self, search_id: str) -> OffersFound:
        try:
            return self.searches[search_id]
        except KeyError:
            raise NotFoundError("no such search") from None

    async def get(self, offer_id: str) -> Offer:
        for offer in self.answer.offers:
            if offer.offer_id == offer_id:
                return offer
        raise NotFoundError("no such offer")

    async def seat_maps(self, offer_id: str) -> tuple[SeatMap, ...]:
        await self.get(offer_id)
        return self.maps.get(offer_id, ())


def _passengers(request: OfferRequest) -> tuple[Passenger, ...]:
    adults = [Passenger("", "adult") for _ in range(request.adults)]
    children = [
        Passenger("", "infant_without_seat" if age < INFANT_BELOW else "child", age)
        for age in request.children_ages
    ]
    # Sold as children of two, with the seat they are to have.
    seated = [Passenger("", "child", INFANT_BELOW) for _ in range(request.infants_in_seat)]
    return tuple(
        replace(one, passenger_id=f"pas_{n}") for n, one in enumerate([*adults, *children, *seated])
    )
