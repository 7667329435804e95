"""How the state of the server looks in an answer."""

from typing import override

from tripsage_mcp.services.status import ProviderStatus, Status
from tripsage_mcp.views.base import Answer, Opt, Part, utc_text


class ProviderRow(Part):
    """One provider."""

    capability: str
    provider: str
    state: str
    data: Opt[str] = None
    set_for_live_data: Opt[str] = None
    last_error: Opt[str] = None
    last_success: Opt[str] = None

    @classmethod
    def of(cls, status: ProviderStatus) -> "ProviderRow":
        """Project one provider's status."""
        seen = status.last_success
        return cls(
            capability=status.capability,
            provider=status.provider,
            state=status.state,
            data=status.data,
            set_for_live_data=status.variable if status.data != "live" else None,
            last_error=status.last_error,
            last_success=None if seen is None else utc_text(seen),
        )


class StoreRow(Part):
    """The database or the cache."""

    name: str
    state: str
    detail: str


class StatusAnswer(Answer):
    """The whole server at one moment."""

    mode: str
    version: str
    providers: list[ProviderRow]
    storage: list[StoreRow]

    @classmethod
    def of(cls, status: Status) -> "StatusAnswer":
        """Project the service's answer."""
        return cls(
            mode=status.mode,
            version=status.version,
            providers=[ProviderRow.of(p) for p in status.providers],
            storage=[StoreRow(name=s.name, state=s.state, detail=s.detail) for s in status.storage],
        )

    @override
    def text(self) -> str:
        """Say what is live, what is sandbox and what is broken."""
        rows = [f"{p.capability}: {p.provider} ({p.data or p.state})" for p in self.providers]
        stores = [f"{s.name}: {s.state}" for s in self.storage]
        return f"TripSage {self.version}, {self.mode} mode. " + "; ".join(rows + stores) + "."
