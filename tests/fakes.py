"""Working in-memory stand-ins. tests/contracts proves they behave like the real thing."""

from dataclasses import dataclass, field, replace

from tests import build_flights
from tripsage_mcp.domain.flight import Offer, OffersFound, Passenger
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.errors import NotFoundError


@dataclass
class FakeFlights:
    """Answers every search with the same offers, and remembers what was asked."""

    answer: OffersFound = field(default_factory=build_flights.found)
    requests: list[OfferRequest] = field(default_factory=list[OfferRequest])
    searches: dict[str, OffersFound] = field(default_factory=dict[str, OffersFound])

    async def search(self, request: OfferRequest) -> OffersFound:
        self.requests.append(request)
        people = request.adults + len(request.children_ages)
        found = replace(
            self.answer,
            search_id=f"orq_{len(self.requests):022d}",
            slices=request.slices,
            passengers=tuple(Passenger(f"pas_{n}", "adult") for n in range(people)),
            cabin=request.cabin,
        )
        self.searches[found.search_id] = found
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
