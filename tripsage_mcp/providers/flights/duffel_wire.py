"""What Duffel sends, and how it reads in our words.

Tolerant on purpose: Duffel adds service types, attributes and enum values without a new version
(https://duffel.com/docs/api/overview/versioning), and test fixtures omit keys that live answers
write as null. An offer that cannot be understood is left out and counted, not guessed at.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from tripsage_mcp.domain.flight import (
    Condition,
    Conditions,
    Offer,
    OffersFound,
    Passenger,
    PassengerType,
    PaymentRequirements,
    Slice,
)
from tripsage_mcp.domain.flight_request import SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import ProviderProtocolError
from tripsage_mcp.providers.flights.duffel_segments import (
    Raw,
    RawCarrier,
    RawPlace,
    RawSegment,
    null_as_empty,
)

_SOURCE = "duffel"
_ADULT_AGE = 18
_INFANT_AGE = 2


class _ErrorSource(Raw):
    field: str


class RawError(Raw):
    """One error; `source` is an object for validation errors, else a string or absent."""

    code: str = ""
    type: str = ""
    source: _ErrorSource | object = None

    @property
    def field(self) -> str:
        """The refused field's name, or nothing."""
        return self.source.field if isinstance(self.source, _ErrorSource) else ""


class RawErrors(Raw):
    """The error envelope."""

    errors: list[RawError]


class _Condition(Raw):
    allowed: bool
    penalty_amount: Decimal | None = None
    penalty_currency: str | None = None

    def to_domain(self) -> Condition:
        return Condition(self.allowed, _money(self.penalty_amount, self.penalty_currency))


class _Conditions(Raw):
    refund_before_departure: _Condition | None = None
    change_before_departure: _Condition | None = None

    def to_domain(self) -> Conditions:
        refund, change = self.refund_before_departure, self.change_before_departure
        return Conditions(
            refund=refund.to_domain() if refund else None,
            change=change.to_domain() if change else None,
        )


class _Slice(Raw):
    origin: RawPlace
    destination: RawPlace
    segments: list[RawSegment] = Field(min_length=1)
    id: str | None = None
    duration: timedelta | None = None
    fare_brand_name: str | None = None
    conditions: _Conditions | None = None

    def to_domain(self, without_seat: frozenset[str]) -> Slice:
        segments = tuple(segment.to_domain(without_seat) for segment in self.segments)
        elapsed = segments[-1].arrives_at - segments[0].departs_at
        return Slice(
            origin=self.origin.to_domain(),
            destination=self.destination.to_domain(),
            segments=segments,
            duration=self.duration or elapsed,
            fare_brand=self.fare_brand_name,
            conditions=self.conditions.to_domain() if self.conditions else Conditions(),
            slice_id=self.id,
        )


class _Passenger(Raw):
    id: str
    type: str | None = None
    age: int | None = None

    def to_domain(self) -> Passenger:
        return Passenger(self.id, self._type(), self.age)

    def _type(self) -> PassengerType:
        match self.type:
            case "adult" | "child" | "infant_without_seat":
                return self.type
            case _ if self.age is None or self.age >= _ADULT_AGE:
                return "adult"
            case _:
                return "infant_without_seat" if self.age < _INFANT_AGE else "child"


class _Payment(Raw):
    requires_instant_payment: bool
    payment_required_by: AwareDatetime | None = None
    price_guarantee_expires_at: AwareDatetime | None = None

    def to_domain(self) -> PaymentRequirements:
        return PaymentRequirements(
            instant=self.requires_instant_payment,
            pay_by=self.payment_required_by,
            price_guaranteed_until=self.price_guarantee_expires_at,
        )


class RawOffer(Raw):
    """An offer, in a search or alone."""

    id: str
    live_mode: bool
    total_amount: Decimal
    total_currency: str
    expires_at: AwareDatetime
    owner: RawCarrier
    slices: list[_Slice] = Field(min_length=1)
    passengers: Annotated[list[_Passenger], BeforeValidator(null_as_empty)] = Field(default=[])
    base_amount: Decimal | None = None
    base_currency: str | None = None
    tax_amount: Decimal | None = None
    tax_currency: str | None = None
    total_emissions_kg: Decimal | None = None
    conditions: _Conditions | None = None
    payment_requirements: _Payment | None = None
    passenger_identity_documents_required: bool = False
    supported_passenger_identity_document_types: Annotated[
        list[str], BeforeValidator(null_as_empty)
    ] = Field(
        default=[],
        # The second is what version 1 called it.
        validation_alias=AliasChoices(
            "supported_passenger_identity_document_types",
            "allowed_passenger_identity_document_types",
        ),
    )
    supported_loyalty_programmes: Annotated[list[str], BeforeValidator(null_as_empty)] = Field(
        default=[]
    )

    def to_domain(self, *, data: DataKind, fetched_at: datetime) -> Offer:
        """Translate; raises ValueError where a time zone or a currency makes no sense."""
        passengers = tuple(passenger.to_domain() for passenger in self.passengers)
        lap = frozenset(p.passenger_id for p in passengers if p.type == "infant_without_seat")
        expires_at = self.expires_at.astimezone(UTC)
        return Offer(
            offer_id=self.id,
            slices=tuple(part.to_domain(lap) for part in self.slices),
            total=Money(self.total_amount, self.total_currency),
            base=_money(self.base_amount, self.base_currency),
            tax=_money(self.tax_amount, self.tax_currency),
            owner=self.owner.to_domain(),
            passengers=passengers,
            conditions=self.conditions.to_domain() if self.conditions else Conditions(),
            expires_at=expires_at,
            provenance=Provenance(
                _SOURCE, data if self.live_mode else "sandbox", fetched_at, expires_at
            ),
            payment=self.payment_requirements.to_domain() if self.payment_requirements else None,
            emissions_kg=self.total_emissions_kg,
            documents_required=self.passenger_identity_documents_required,
            documents_accepted=tuple(self.supported_passenger_identity_document_types),
            loyalty_programmes=tuple(self.supported_loyalty_programmes),
            live_mode=self.live_mode,
        )


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> RawOffer | None:
    try:
        return read(value)
    except ValidationError:
        return None


class _RequestedSlice(Raw):
    origin: RawPlace
    destination: RawPlace
    departure_date: date

    def to_domain(self) -> SliceRequest:
        return SliceRequest(self.origin.iata_code, self.destination.iata_code, self.departure_date)


class RawOfferRequest(Raw):
    """An offer request with its offers; None stands for one that could not be read."""

    id: str
    live_mode: bool
    cabin_class: str | None = None
    slices: list[_RequestedSlice] = Field(default=[])
    passengers: Annotated[list[_Passenger], BeforeValidator(null_as_empty)] = Field(default=[])
    offers: Annotated[
        list[Annotated[RawOffer | None, WrapValidator(_or_none)]], BeforeValidator(null_as_empty)
    ] = Field(default=[])


class _Data[T](Raw):
    data: T


OFFER_REQUEST = TypeAdapter(_Data[RawOfferRequest])
OFFER = TypeAdapter(_Data[RawOffer])
ERRORS = TypeAdapter(RawErrors)


def found(raw: RawOfferRequest, *, data: DataKind, fetched_at: datetime) -> OffersFound:
    """Translate the answer to a search.

    Raises:
        ProviderProtocolError: there were offers and none could be understood.
    """
    offers: list[Offer] = []
    for each in raw.offers:
        if each is None:
            continue
        try:
            offers.append(each.to_domain(data=data, fetched_at=fetched_at))
        except ValueError:
            # Counted below: an unknown zone or currency spoils one offer, not the search.
            continue
    if raw.offers and not offers:
        raise ProviderProtocolError(_SOURCE, "no offer could be understood")
    return OffersFound(
        search_id=raw.id,
        offers=tuple(offers),
        provenance=Provenance(
            source=_SOURCE,
            data=data if raw.live_mode else "sandbox",
            fetched_at=fetched_at,
            expires_at=min((offer.expires_at for offer in offers), default=None),
        ),
        slices=tuple(part.to_domain() for part in raw.slices),
        passengers=tuple(passenger.to_domain() for passenger in raw.passengers),
        cabin=raw.cabin_class,
        unreadable=len(raw.offers) - len(offers),
    )


def single(raw: RawOffer, *, data: DataKind, fetched_at: datetime) -> Offer:
    """Translate one offer.

    Raises:
        ProviderProtocolError: it could not be understood.
    """
    try:
        return raw.to_domain(data=data, fetched_at=fetched_at)
    except ValueError as exc:
        raise ProviderProtocolError(_SOURCE, "the offer could not be understood") from exc


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount, currency)
