"""How the state of the server looks in an answer."""

from datetime import datetime
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
    last_failure: Opt[str] = None
    open_until: Opt[str] = None
    queue_wait_s: Opt[float] = None

    @classmethod
    def of(cls, status: ProviderStatus) -> "ProviderRow":
        """Project one provider's status."""
        wait_s = round(status.queue_wait_s, 1)
        return cls(
            capability=status.capability,
            provider=status.provider,
            state=status.state,
            data=status.data,
            set_for_live_data=status.variable if status.data != "live" else None,
            last_error=status.last_error,
            last_success=_moment(status.last_success),
            last_failure=_moment(status.last_failure),
            open_until=_moment(status.open_until),
            queue_wait_s=wait_s or None,
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
        rows = [_line(row) for row in self.providers]
        stores = [f"{s.name}: {s.state}" for s in self.storage]
        return f"TripSage {self.version}, {self.mode} mode. " + "; ".join(rows + stores) + "."


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _line(row: ProviderRow) -> str:
    said = [row.data or row.state]
    if row.data is not None and row.state != "ready":
        said.append(row.state if row.last_error is None else f"{row.state}: {row.last_error}")
    if row.open_until is not None:
        said.append(f"asked again from {row.open_until}")
    if row.queue_wait_s is not None:
        said.append(f"queue {row.queue_wait_s:g} s")
    return f"{row.capability}: {row.provider} ({', '.join(said)})"
