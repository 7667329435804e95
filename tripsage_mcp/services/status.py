"""What works, what does not, and what would help."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tripsage_mcp.errors import TripSageError

type Mode = Literal["demo", "live"]
type State = Literal["ready", "failing", "not_configured", "starting"]


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """One provider, as last seen; nothing is called to find out.

    Attributes:
        data: `live`, `sandbox`, or None when it is not configured.
        variable: What to set for live data; None where no key is needed.
    """

    capability: str
    provider: str
    state: State
    data: str | None
    variable: str | None = None
    last_error: str | None = None
    last_success: datetime | None = None


@dataclass(frozen=True, slots=True)
class StorageStatus:
    """The database or the cache."""

    name: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Status:
    """The whole server at one moment."""

    mode: Mode
    version: str
    providers: tuple[ProviderStatus, ...]
    storage: tuple[StorageStatus, ...]

    @property
    def ready(self) -> bool:
        """Whether trips and memories can be stored and read; the cache is not needed for that."""
        return all(store.state == "ready" for store in self.storage if store.name == "database")


@dataclass(frozen=True, slots=True)
class StatusService:
    """Reports on the server without calling any provider."""

    mode: Mode
    version: str
    providers: Callable[[], tuple[ProviderStatus, ...]]
    storage: Mapping[str, Callable[[], Awaitable[str]]]

    async def status(self) -> Status:
        """Return the present status; a failing store is part of it, not an error."""
        stores: list[StorageStatus] = []
        for name, check in self.storage.items():
            try:
                stores.append(StorageStatus(name, "ready", await check()))
            except TripSageError as error:
                stores.append(StorageStatus(name, "failing", error.message))
        return Status(self.mode, self.version, self.providers(), tuple(stores))
