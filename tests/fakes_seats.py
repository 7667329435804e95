"""A source of flights whose seat maps fail."""

from dataclasses import dataclass, field
from typing import override

from tests.fakes import FakeFlights
from tripsage_mcp.domain.ancillary import SeatMap
from tripsage_mcp.errors import ProviderUnavailableError, TripSageError


@dataclass
class NoSeats(FakeFlights):
    """Knows offers, but fails to show their seats."""

    failure: TripSageError = field(
        default_factory=lambda: ProviderUnavailableError("duffel", "HTTP 503")
    )

    @override
    async def seat_maps(self, offer_id: str) -> tuple[SeatMap, ...]:
        raise self.failure
