"""Trips and their sharing over one store, for several people."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from tests.fakes_rates import FakeRates
from tests.fakes_storage import FakeStorage
from tripsage_mcp.domain.account import Account
from tripsage_mcp.infrastructure.bus import MemoryBus
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.bookings.consents import ConsentService, Question, Said
from tripsage_mcp.services.events import EventService
from tripsage_mcp.services.trips.part_requests import ItemChange
from tripsage_mcp.services.trips.reading import ReadRequest
from tripsage_mcp.services.trips.requests import SaveRequest
from tripsage_mcp.services.trips.results import TripRead, TripSaved
from tripsage_mcp.services.trips.service import TripService
from tripsage_mcp.services.trips.share_requests import ShareRequest
from tripsage_mcp.services.trips.sharing import Shared, ShareService

ROME: dict[str, Any] = {
    "title": "Rome in May",
    "destination": "Rome, Italy",
    "start_date": date(2027, 5, 10),
    "end_date": date(2027, 5, 14),
}


@dataclass
class Traveller:
    """Answers every question the same way, and remembers what it was asked."""

    says: Said = "yes"
    asked: list[Question] = field(default_factory=list[Question])

    async def ask(self, question: Question) -> Said:
        self.asked.append(question)
        return self.says


class Desk:
    """The services, and whoever was woken by them."""

    def __init__(self, storage: Storage | None = None) -> None:
        self.storage = storage or FakeStorage()
        self.events = EventService(self.storage, MemoryBus())
        self.woken: list[Account] = []
        self.consents = ConsentService(self.storage, self._page, self.clock)
        self.trips = TripService(self.storage, self.clock, FakeRates(), announce=self._announce)
        self.shares = ShareService(
            self.storage,
            self.consents,
            self.clock,
            announce=self._announce,
            address=lambda: "https://trips.example",
        )
        self.owner = Account(uuid4())

    def clock(self) -> datetime:
        # The store counts an invitation's time by its own clock, which is this one.
        return datetime.now(UTC)

    async def _announce(self, account: Account) -> None:
        self.woken.append(account)
        await self.events.announce(account)

    async def _page(self) -> str:
        return "https://trips.example"

    async def rome(self, **more: Any) -> str:
        saved = await self.trips.save(self.owner, SaveRequest(**ROME | more))
        return str(saved.trip_id)

    async def save(self, trip_id: str, who: Account | None = None, **changes: Any) -> TripSaved:
        return await self.trips.save(who or self.owner, SaveRequest(trip_id=trip_id, **changes))

    async def items(
        self, trip_id: str, *changes: ItemChange, who: Account | None = None, **more: Any
    ) -> tuple[str, ...]:
        return (await self.save(trip_id, who, items=changes, **more)).items

    async def read(self, trip_id: str, who: Account | None = None, **asked: Any) -> TripRead:
        return await self.trips.read(who or self.owner, ReadRequest(trip_id, **asked))

    async def titles(self, trip_id: str) -> list[str]:
        return [each.title for each in (await self.trips.get(self.owner, trip_id)).items]

    async def share(
        self, action: Any, who: Account | None = None, says: Said = "yes", **asked: Any
    ) -> Shared:
        return await self.shares.manage(
            who or self.owner, ShareRequest(action, **asked), Traveller(says)
        )

    async def joined(self, trip_id: str, role: Any = "editor", name: str = "Ines") -> Account:
        """Return another account that was invited and came."""
        invited = await self.share("invite", trip_id=trip_id, role=role)
        guest = Account(uuid4())
        await self.share("accept", guest, token=invited.token, name=name)
        return guest
