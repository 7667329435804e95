"""An export service over fakes, and a shelf that is a dictionary."""

from dataclasses import dataclass, field
from typing import Any

from tests import fakes_itinerary
from tests.fakes_storage import FakeStorage
from tripsage_mcp.errors import StorageError
from tripsage_mcp.infrastructure.airports import find_airport
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.exports.service import ExportService
from tripsage_mcp.views.itinerary import read_back


@dataclass
class FakeShelf:
    """Keeps files by name; with `full` it takes none."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    full: bool = False

    async def put(self, name: str, content: bytes) -> str:
        if self.full:
            raise StorageError("the folder for files cannot be written")
        self.files[name] = content
        return f"/home/me/{name}"


def export_service(storage: Storage | None = None, **changes: Any) -> ExportService:
    usual: dict[str, Any] = {
        "storage": storage or FakeStorage(),
        "places": fakes_itinerary.FakePlaces(),
        "airports": find_airport,
        "read_itinerary": read_back,
        "shelf": FakeShelf(),
        "address": lambda: None,
        "secret": b"s" * 32,
        "now": lambda: fakes_itinerary.NOW,
    }
    return ExportService(**usual | changes)
