"""One listing in full: what it is like, its rooms, and on what conditions each can be had."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.stay import Board

type PaidWhen = Literal["now", "there", "deposit"]
"""At booking, at the accommodation, or a part now and the rest there."""
type Refund = Literal["free", "partial", "none"]


@dataclass(frozen=True, slots=True)
class RefundStep:
    """What comes back when the stay is cancelled before a moment (and after the step before)."""

    before: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class StayRate:
    """One way to book a room for the whole party and period.

    Attributes:
        rate_id: The source's own id.
        total: For all guests, nights and rooms, taxes and fees included, less `due_there`.
        tax: The part of `total` that is tax; None where the source does not say.
        fee: The part of `total` that is a fee of the property's; likewise.
        due_there: To be paid at the property on top of `total`.
        paid: None where the source names a way to pay that we do not know.
        cancellation: In order of time; empty means that nothing comes back.
        conditions: In the property's words, which are a stranger's.
        left: How many are left, where the source says.
        loyalty: The loyalty programme it counts for.
        members_only: Whether it is for members of that programme alone.
        expires_at: When the price is no longer good.
    """

    rate_id: str
    total: Money
    board: Board | None = None
    tax: Money | None = None
    fee: Money | None = None
    due_there: Money | None = None
    paid: PaidWhen | None = None
    cancellation: tuple[RefundStep, ...] = ()
    conditions: tuple[str, ...] = ()
    left: int | None = None
    loyalty: str | None = None
    members_only: bool = False
    name: str | None = None
    expires_at: datetime | None = None

    def refund(self, now: datetime) -> Refund:
        """Return what cancelling at that moment would give back."""
        for step in self.cancellation:
            if now < step.before:
                whole = step.amount.currency == self.total.currency and self.total <= step.amount
                return "free" if whole else "partial" if step.amount.amount > 0 else "none"
        return "none"


@dataclass(frozen=True, slots=True)
class StayRoom:
    """A kind of room.

    Attributes:
        beds: In words, e.g. `2 double, 1 single`.
        rates: In the source's order.
    """

    name: str
    beds: str | None = None
    rates: tuple[StayRate, ...] = ()


@dataclass(frozen=True, slots=True)
class StayDetails:
    """One listing in full; text as in `Stay`.

    Attributes:
        url: With the dates and guests asked about, where there were any.
        area: Neighbourhood, city or country, in the source's words; of a hotel its address.
        amenities: By the source's own groups, in its order.
        missing: Amenities the source says the listing does not have.
        unknown: What the source did not tell, e.g. `price`: not known is not the same as no.
        rating: By guests, 0 to 5; `own_rating` is what the source itself says.
        check_in_after: `HH:MM`, local.
        check_out_before: `HH:MM`, local.
        rooms: With their rates; empty where the source tells none.
        left_out: Rates that could not be read.
        check_in: What the rates are for, with `check_out`.
        guests: How many people they are for; None where the source does not say.
        rooms_taken: How many rooms they are for, likewise.
    """

    listing_id: str
    url: str | None
    provenance: Provenance
    area: str | None = None
    coordinates: Coordinates | None = None
    description: str | None = None
    highlights: tuple[str, ...] = ()
    house_rules: tuple[str, ...] = ()
    amenities: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    source: str = field(kw_only=True)
    name: str | None = None
    rating: float | None = None
    own_rating: str | None = None
    reviews: int | None = None
    stars: int | None = None
    check_in_after: str | None = None
    check_out_before: str | None = None
    rooms: tuple[StayRoom, ...] = ()
    left_out: int = 0
    check_in: date | None = None
    check_out: date | None = None
    guests: int | None = None
    rooms_taken: int | None = None


@dataclass(frozen=True, slots=True)
class StayQuote:
    """One rate, asked for again just now: it is to be had, and this is what it costs.

    Attributes:
        total: As in `StayRate`.
        due_there: Likewise.
        deposit: The part of `total` to be paid in advance; None where it is all or nothing.
        rate: With its terms; None where the quote does not say which it is of.
    """

    quote_id: str
    name: str
    check_in: date
    check_out: date
    total: Money
    provenance: Provenance
    tax: Money | None = None
    fee: Money | None = None
    due_there: Money | None = None
    deposit: Money | None = None
    rate: StayRate | None = None
