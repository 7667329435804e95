"""What a provider did lately: shown by `get_status`, and the circuit breaker before its client."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tripsage_mcp.errors import ProviderUnavailableError

_THRESHOLD = 5
_OPEN_FOR = timedelta(seconds=30)


@dataclass(slots=True)
class Health:
    """The last success, the last failure, and whether the provider is being left alone.

    Attributes:
        open_until: Nobody asks before then; from then on one request probes.
    """

    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
    failures_in_a_row: int = 0
    open_until: datetime | None = None

    def succeeded(self, now: datetime) -> None:
        """Record an answer and close the breaker."""
        self.last_success, self.failures_in_a_row, self.open_until = now, 0, None

    def failed(self, now: datetime, code: str, *, down: bool = True) -> None:
        """Record a failure; enough of them in a row open the breaker.

        Args:
            now: When it failed.
            code: The error's code.
            down: Whether asking less would help; a strange answer to one request opens nothing.
        """
        self.last_failure, self.last_error = now, code
        self.failures_in_a_row += 1
        opens = down and self.failures_in_a_row >= _THRESHOLD
        self.open_until = now + _OPEN_FOR if opens else None

    def refuse_while_open(self, provider: str, now: datetime) -> None:
        """Raise while the provider is being left alone.

        Raises:
            ProviderUnavailableError: it is; nothing was sent.
        """
        # No longer than that: a clock that was set back would leave it alone for as long again.
        if self.open_until is not None and now < self.open_until <= now + _OPEN_FOR:
            error = ProviderUnavailableError(
                provider, "failing repeatedly; not asked again for now", may_have_acted=False
            )
            error.retry_after_s = (self.open_until - now).total_seconds()
            raise error

    def admit(self, provider: str, now: datetime) -> bool:
        """Let a request through; return whether it probes a provider that was failing.

        Raises:
            ProviderUnavailableError: the provider is being left alone; nothing was sent.
        """
        self.refuse_while_open(provider, now)
        if self.open_until is None:
            return False
        # Half open: this one request decides; the others wait for its verdict.
        self.open_until = now + _OPEN_FOR
        return True
