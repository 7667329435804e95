"""The terms of a cancellation, kept with the question while the traveller thinks about them.

Asking for another quote would make the one that is shown stale, and a yes worth nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import Cancellation


@dataclass(frozen=True, slots=True)
class Quote:
    """What of a cancellation is shown.

    Attributes:
        credits: How many airline credits take the place of money.
    """

    cancellation_id: str
    refund: Money | None
    refund_to: str
    expires_at: datetime | None
    credits: int = 0

    @classmethod
    def of(cls, cancellation: Cancellation) -> "Quote":
        """Keep what is shown."""
        return cls(
            cancellation.cancellation_id,
            cancellation.refund,
            cancellation.refund_to,
            cancellation.expires_at,
            len(cancellation.credits),
        )

    @classmethod
    def read(cls, context: Mapping[str, str]) -> "Quote | None":
        """Read what `context` wrote; None when it is about something else."""
        if "cancellation_id" not in context:
            return None
        amount, ends = context.get("amount"), context.get("expires_at")
        return cls(
            context["cancellation_id"],
            None if amount is None else Money(Decimal(amount), context["currency"]),
            context["refund_to"],
            None if ends is None else datetime.fromisoformat(ends),
            int(context["credits"]),
        )

    def context(self) -> dict[str, str]:
        """Write it as words, to be kept with a consent."""
        kept = {
            "cancellation_id": self.cancellation_id,
            "refund_to": self.refund_to,
            "credits": str(self.credits),
        }
        if self.refund is not None:
            kept |= {"amount": str(self.refund.amount), "currency": self.refund.currency}
        if self.expires_at is not None:
            kept["expires_at"] = self.expires_at.astimezone(UTC).isoformat()
        return kept
