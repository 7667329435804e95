"""What works, what does not, and what would help."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure.deadline import time_budget

type Mode = Literal["demo", "live"]
type State = Literal["ready", "failing", "open", "not_configured"]
type StoreState = Literal["ready", "degraded", "failing"]


# The one store without which the server is not ready.
NEEDED = "database"
_CHECK_S = 10.0


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """One provider, as last seen; nothing is called to find out.

    Attributes:
        state: `open` while its breaker is: it failed repeatedly and is left alone.
        data: `live`, `sandbox`, or None when it is not configured.
        variable: What to set for live data; None where no key is needed.
        last_error: The code of the failure since which nothing succeeded.
        open_until: When an open one is asked again.
        queue_wait_s: How long a request made now would wait for its turn.
    """

    capability: str
    provider: str
    state: State
    data: str | None
    variable: str | None = None
    last_error: str | None = None
    last_success: datetime | None = None
    last_failure: datetime | None = None
    open_until: datetime | None = None
    queue_wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StorageStatus:
    """The database or the cache.

    Attributes:
        state: `degraded` for what the server can do without.
    """

    name: str
    state: StoreState
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
        return all(store.state == "ready" for store in self.storage if store.name == NEEDED)


async def _no_queue(_capability: str) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class StatusService:
    """Reports on the server without calling any provider.

    Attributes:
        providers: As last seen.
        storage: Checks by name; each says what it found, or raises.
        queue_wait_s: How long a request to a capability's provider would wait now.
    """

    mode: Mode
    version: str
    providers: Callable[[], tuple[ProviderStatus, ...]]
    storage: Mapping[str, Callable[[], Awaitable[str]]]
    queue_wait_s: Callable[[str], Awaitable[float]] = _no_queue

    async def status(self) -> Status:
        """Return the present status; a failing store is part of it, not an error."""
        stores = [await self._store(name, check) for name, check in self.storage.items()]
        providers = [
            replace(one, queue_wait_s=await self.queue_wait_s(one.capability))
            for one in self.providers()
        ]
        return Status(self.mode, self.version, tuple(providers), tuple(stores))

    async def _store(self, name: str, check: Callable[[], Awaitable[str]]) -> StorageStatus:
        try:
            # Whoever probes wants to know that it is not up yet, not when it is.
            with time_budget(_CHECK_S):
                return StorageStatus(name, "ready", await check())
        except TripSageError as error:
            state: StoreState = "failing" if name == NEEDED else "degraded"
            return StorageStatus(name, state, error.message)
