"""Orders: an offer that was bought or is being held, in Duffel's words."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tripsage_mcp.domain.flight import Carrier, Conditions, Slice
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance

type Title = Literal["mr", "ms", "mrs", "miss", "dr"]
type Gender = Literal["m", "f"]
type OrderKind = Literal["instant", "hold"]


@dataclass(frozen=True, slots=True, repr=False)
class IdentityDocument:
    """A passport or the like; never logged, hence without a repr.

    Attributes:
        kind: Provider vocabulary, one of the offer's `documents_accepted`.
        issuing_country: ISO 3166-1 alpha-2.
    """

    kind: str
    number: str
    issuing_country: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class LoyaltyAccount:
    """A frequent flyer number with the airline that runs the programme."""

    airline_code: str
    number: str


@dataclass(frozen=True, slots=True, repr=False)
class PassengerDetails:
    """One person as an airline wants them; never logged, hence without a repr.

    Attributes:
        passenger_id: From the offer.
        phone: E.164, e.g. `+351912345678`.
        infant_passenger_id: The infant on this adult's lap.
    """

    passenger_id: str
    title: Title
    given_name: str
    family_name: str
    gender: Gender
    born_on: date
    email: str
    phone: str
    infant_passenger_id: str | None = None
    documents: tuple[IdentityDocument, ...] = ()
    loyalty: tuple[LoyaltyAccount, ...] = ()


@dataclass(frozen=True, slots=True)
class AncillaryChoice:
    """How many of one ancillary to buy."""

    ancillary_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class OrderRequest:
    """What to buy, or to hold.

    Attributes:
        total: What the traveller agreed to pay, ancillaries included; the provider refuses
            another amount. Not sent when holding.
        reference: Ours, kept with the order so that it can be told from others.
    """

    offer_id: str
    kind: OrderKind
    passengers: tuple[PassengerDetails, ...]
    total: Money
    ancillaries: tuple[AncillaryChoice, ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class OrderPassenger:
    """One person on an order; names as ticketed."""

    passenger_id: str
    given_name: str
    family_name: str
    type: str | None = None
    infant_passenger_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderedAncillary:
    """Something bought beside the flight.

    Attributes:
        kind: Provider vocabulary.
        seat: Designator, only of seats.
    """

    kind: str
    quantity: int
    price: Money
    passenger_ids: tuple[str, ...] = ()
    segment_ids: tuple[str, ...] = ()
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class TravelDocument:
    """An issued ticket or receipt.

    Attributes:
        kind: Provider vocabulary, e.g. `electronic_ticket`.
    """

    kind: str
    number: str
    passenger_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the provider has it now.

    Attributes:
        booking_reference: The airline's, what travellers call the booking code.
        awaiting_payment: Held and not paid; also false once a hold has lapsed.
        pay_by: Until when a hold must be paid, else it lapses.
        price_guaranteed_until: Until when a hold's price is fixed.
        actions: Provider vocabulary, e.g. `cancel`.
        schedule_changed: The airline changed the flights, and nobody has accepted that yet.
        live_mode: False for the provider's own test data.
    """

    order_id: str
    kind: OrderKind
    offer_id: str | None
    booking_reference: str | None
    owner: Carrier
    total: Money
    base: Money | None
    tax: Money | None
    slices: tuple[Slice, ...]
    passengers: tuple[OrderPassenger, ...]
    conditions: Conditions
    created_at: datetime
    provenance: Provenance
    ancillaries: tuple[OrderedAncillary, ...] = ()
    documents: tuple[TravelDocument, ...] = ()
    awaiting_payment: bool = False
    pay_by: datetime | None = None
    price_guaranteed_until: datetime | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    actions: tuple[str, ...] = ()
    schedule_changed: bool = False
    live_mode: bool = False


@dataclass(frozen=True, slots=True)
class OrderPayment:
    """A payment for a held order.

    Attributes:
        status: Provider vocabulary: `pending`, `succeeded`, `failed`, `cancelled`.
    """

    payment_id: str
    order_id: str
    status: str
    amount: Money
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class AirlineCredit:
    """What an airline owes a passenger instead of money.

    Attributes:
        amount: None when not known yet.
    """

    amount: Money | None
    passenger_id: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What cancelling an order gives back: a quote until `confirmed_at`.

    Attributes:
        refund: None when the airline does not say.
        refund_to: Provider vocabulary: `balance`, `original_form_of_payment`, `voucher`,
            `airline_credits`, `awaiting_payment` (nothing was paid), ...
        expires_at: Until when the quote may be confirmed; None states no limit.
    """

    cancellation_id: str
    order_id: str
    refund: Money | None
    refund_to: str
    provenance: Provenance
    expires_at: datetime | None = None
    confirmed_at: datetime | None = None
    credits: tuple[AirlineCredit, ...] = ()
