"""What a flight search asks a provider for."""

from dataclasses import dataclass
from datetime import date, time
from typing import Literal

type CabinClass = Literal["economy", "premium_economy", "business", "first"]

MAX_SLICES = 6
INFANT_BELOW = 2
ADULT_FROM = 18


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Clock times at one airport, both ends included, within one day."""

    first: time = time.min
    last: time = time(23, 59)

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        if self.last < self.first:
            raise ValueError("a time window ends after it begins")


@dataclass(frozen=True, slots=True)
class SliceRequest:
    """One direction to search; `origin` and `destination` are IATA airport or city codes.

    Attributes:
        departure_window: When the first segment may depart, at its airport; None for any time.
        arrival_window: When the last segment may arrive, at its airport; None for any time.
    """

    origin: str
    destination: str
    departure_date: date
    departure_window: TimeWindow | None = None
    arrival_window: TimeWindow | None = None


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """What to search for: one to six slices, in date order.

    Attributes:
        children_ages: Age in years, below 18, on the day of the last flight; those below 2 sit on
            an adult's lap.
        infants_in_seat: Infants below 2 with a seat of their own, beside `children_ages`.
        cabin: None asks for any.
        max_connections: Per slice, 0 to 2.
    """

    slices: tuple[SliceRequest, ...]
    adults: int = 1
    children_ages: tuple[int, ...] = ()
    infants_in_seat: int = 0
    cabin: CabinClass | None = None
    max_connections: int = 1

    def __post_init__(self) -> None:
        """Refuse what no provider could search."""
        if not 1 <= len(self.slices) <= MAX_SLICES:
            raise ValueError(f"a request has 1 to {MAX_SLICES} slices")
        if self.travellers < 1:
            raise ValueError("somebody has to fly")

    @property
    def travellers(self) -> int:
        """How many people fly, infants included."""
        return self.adults + len(self.children_ages) + self.infants_in_seat
