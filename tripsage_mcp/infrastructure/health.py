"""What a provider did lately: shown by `get_status`, and the circuit breaker before its client."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tripsage_mcp.errors import ProviderUnavailableError

_THRESHOLD = 5
_OPEN_FOR = timedelta(seconds=30)
# An order may be waited for so long; a probe of which nobody tells any more is then given up.
_LONGEST_PROBE = timedelta(minutes=10)


@dataclass(slots=True)
class Health:
    """The last success, the last failure, and whether the provider is being left alone.

    Attributes:
        open_until: Nobody asks before then; from then on one request probes.
        probe_until: Nobody else asks before then, for such a probe is under way.
    """

    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_error: str | None = None
    failures_in_a_row: int = 0
    open_until: datetime | None = None
    probe_until: datetime | None = None

    def succeeded(self, now: datetime) -> None:
        """Record an answer and close the breaker."""
        self.last_success, self.failures_in_a_row = now, 0
        self.open_until = self.probe_until = None

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
        self.open_until, self.probe_until = now + _OPEN_FOR if opens else None, None

    def undecided(self) -> None:
        """End a probe that says nothing of the provider, so that the next request probes."""
        self.probe_until = None

    def left_alone_until(self, now: datetime) -> datetime | None:
        """Return when to ask again; None where one may ask now."""
        # No longer than that: a clock that was set back would leave it alone for as long again.
        if self.open_until is not None and now < self.open_until <= now + _OPEN_FOR:
            return self.open_until
        if self.probe_until is not None and now < self.probe_until <= now + _LONGEST_PROBE:
            return min(self.probe_until, now + _OPEN_FOR)
        return None

    def refuse_while_open(self, provider: str, now: datetime) -> None:
        """Raise while the provider is being left alone.

        Raises:
            ProviderUnavailableError: it is; nothing was sent.
        """
        until = self.left_alone_until(now)
        if until is not None:
            wait_s = (until - now).total_seconds()
            error = ProviderUnavailableError(
                provider,
                "failing repeatedly; not asked again for now",
                hint=f"Try again in {max(1, round(wait_s))} s.",
                may_have_acted=False,
            )
            error.retry_after_s = wait_s
            raise error

    def admit(self, provider: str, now: datetime) -> bool:
        """Let a request through; return whether it probes a provider that was failing.

        Raises:
            ProviderUnavailableError: the provider is being left alone; nothing was sent.
        """
        self.refuse_while_open(provider, now)
        if self.open_until is None:
            return False
        # Half open: this one request decides, however long it takes; the others are sent away.
        self.probe_until = now + _LONGEST_PROBE
        return True
