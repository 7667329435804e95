"""What came of a booking call."""

from dataclasses import dataclass
from typing import Literal

from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.services.bookings.cancellation_quotes import Quote
from tripsage_mcp.services.bookings.consents import Sought
from tripsage_mcp.services.bookings.ordering import Seen

type Outcome = Literal[
    "ordering",
    "booked",
    "held",
    "cancelled",
    "failed",
    "unconfirmed",
    "declined",
    "awaiting_confirmation",
]


@dataclass(frozen=True, slots=True)
class BookingResult:
    """What came of a call.

    Attributes:
        outcome: None for a list.
        seen: The bookings it is about; none while nothing is ordered.
        asked: The question to the traveller, while it is not answered.
        cancelled: The terms on which the booking was cancelled by this call.
        again: Nothing was done now: it had been done before.
        next_cursor: Of a list that goes on with older bookings.
    """

    outcome: Outcome | None
    seen: tuple[Seen, ...]
    provenance: Provenance
    asked: Sought | None = None
    cancelled: Quote | None = None
    again: bool = False
    next_cursor: str | None = None
