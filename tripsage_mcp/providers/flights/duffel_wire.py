"""What Duffel answers to a search, and how it reads in our words.

An offer that cannot be understood is left out and counted, not guessed at.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, AwareDatetime, Field, TypeAdapter

from tripsage_mcp.domain.flight import (
    Conditions,
    Offer,
    OffersFound,
    Passenger,
    PaymentRequirements,
    Unanswered,
)
from tripsage_mcp.domain.flight_request import SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import ProviderProtocolError
from tripsage_mcp.providers.duffel.wire import (
    NAME,
    Currency,
    Data,
    NoneIfUnreadable,
    NullAsEmpty,
    Raw,
    Stamp,
    Unreadable,
    money,
    or_unreadable,
    readable,
)
from tripsage_mcp.providers.flights.duffel_ancillaries import MaybeServices
from tripsage_mcp.providers.flights.duffel_base import RawCarrier, RawPlace, Shared
from tripsage_mcp.providers.flights.duffel_slices import (
    MaybeConditions,
    RawPassenger,
    RawSlice,
    without_seat,
)


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
    total_currency: Currency
    expires_at: AwareDatetime
    owner: RawCarrier
    slices: list[RawSlice] = Field(min_length=1)
    passengers: Annotated[list[RawPassenger], NullAsEmpty] = Field(default=[])
    base_amount: Decimal | None = None
    base_currency: Currency | None = None
    tax_amount: Decimal | None = None
    tax_currency: Currency | None = None
    total_emissions_kg: Annotated[Decimal | None, NoneIfUnreadable] = None
    conditions: MaybeConditions = None
    payment_requirements: Annotated[_Payment | None, NoneIfUnreadable] = None
    passenger_identity_documents_required: bool = False
    supported_passenger_identity_document_types: Annotated[list[str], NullAsEmpty] = Field(
        default=[],
        # The second is what version 1 called it.
        validation_alias=AliasChoices(
            "supported_passenger_identity_document_types",
            "allowed_passenger_identity_document_types",
        ),
    )
    supported_loyalty_programmes: Annotated[list[str], NullAsEmpty] = Field(default=[])
    available_services: MaybeServices = Field(default=[])

    def to_domain(self, stamp: Stamp, shared: Shared, *, alone: bool = False) -> Offer:
        """Translate; raises ValueError where a time zone or an amount makes no sense.

        Args:
            stamp: When it was fetched, and from where.
            shared: What it has in common with the other offers of the answer.
            alone: It was asked for by itself, with its ancillaries.
        """
        passengers = tuple(passenger.to_domain() for passenger in self.passengers)
        lap = without_seat(passengers)
        expires_at = self.expires_at.astimezone(UTC)
        services = tuple(each.to_domain() for each in readable(self.available_services))
        return Offer(
            offer_id=self.id,
            slices=tuple(part.to_domain(lap, shared) for part in self.slices),
            total=Money(self.total_amount, self.total_currency),
            base=money(self.base_amount, self.base_currency),
            tax=money(self.tax_amount, self.tax_currency),
            owner=shared.carrier(self.owner),
            passengers=passengers,
            conditions=self.conditions.to_domain() if self.conditions else Conditions(),
            expires_at=expires_at,
            provenance=stamp.provenance(live_mode=self.live_mode, expires_at=expires_at),
            payment=self.payment_requirements.to_domain() if self.payment_requirements else None,
            emissions_kg=self.total_emissions_kg,
            documents_required=self.passenger_identity_documents_required,
            documents_accepted=tuple(self.supported_passenger_identity_document_types),
            loyalty_programmes=tuple(self.supported_loyalty_programmes),
            ancillaries=services if alone else None,
            live_mode=self.live_mode,
        )


class _RequestedSlice(Raw):
    origin: RawPlace
    destination: RawPlace
    departure_date: date

    def to_domain(self) -> SliceRequest:
        return SliceRequest(self.origin.iata_code, self.destination.iata_code, self.departure_date)


class RawOfferRequest(Raw):
    """An offer request with its offers."""

    id: str
    live_mode: bool
    cabin_class: str | None = None
    slices: Annotated[list[_RequestedSlice], NullAsEmpty] = Field(default=[])
    passengers: Annotated[list[RawPassenger], NullAsEmpty] = Field(default=[])
    offers: Annotated[
        list[Annotated[RawOffer | Unreadable, or_unreadable(RawOffer)]], NullAsEmpty
    ] = Field(default=[])


class RawBatch(RawOfferRequest):
    """An offer request that is answered in parts: those offers that are new."""

    total_batches: int
    remaining_batches: int


OFFER_REQUEST = TypeAdapter(Data[RawOfferRequest])
BATCH = TypeAdapter(Data[RawBatch])
OFFER = TypeAdapter(Data[RawOffer])


@dataclass(slots=True)
class Gathered:
    """The offers of one search, in the order in which they came."""

    stamp: Stamp
    offers: list[Offer] = field(default_factory=list[Offer])
    _wrong: dict[str, Unreadable] = field(default_factory=dict[str, Unreadable])
    _shared: Shared = field(default_factory=Shared)

    def add(self, raw: Iterable[RawOffer | Unreadable]) -> None:
        """Translate one answer's, without those that an earlier one told already."""
        told = {offer.offer_id for offer in self.offers}
        for each in raw:
            if isinstance(each, Unreadable):
                self._leave_out(each)
            elif each.id not in told:
                self._translate(each)

    def _translate(self, raw: RawOffer) -> None:
        try:
            self.offers.append(raw.to_domain(self.stamp, self._shared))
        except (ValueError, OverflowError) as exc:
            # An unknown zone or an absurd amount spoils one offer, not the search.
            self._leave_out(Unreadable(str(exc), raw.id))

    def _leave_out(self, wrong: Unreadable) -> None:
        self._wrong[wrong.entry_id or f"#{len(self._wrong)}"] = wrong

    def found(
        self,
        search: RawOfferRequest,
        *,
        slices: tuple[SliceRequest, ...],
        passengers: tuple[Passenger, ...],
        unanswered: Unanswered | None = None,
    ) -> OffersFound:
        """Return them as the answer to a search.

        Raises:
            ProviderProtocolError: there were offers and none could be understood.
        """
        offers = tuple(self.offers)
        if self._wrong and not offers:
            first = next(iter(self._wrong.values()))
            raise ProviderProtocolError(NAME, f"no offer could be understood: {first.field!r}")
        expires_at = min((offer.expires_at for offer in offers), default=None)
        return OffersFound(
            search_id=search.id,
            offers=offers,
            provenance=self.stamp.provenance(live_mode=search.live_mode, expires_at=expires_at),
            slices=slices,
            passengers=passengers,
            cabin=search.cabin_class,
            unreadable=len(self._wrong),
            unanswered=unanswered,
        )


def found(raw: RawOfferRequest, stamp: Stamp) -> OffersFound:
    """Translate the answer to a search that came in one piece.

    Raises:
        ProviderProtocolError: there were offers and none could be understood.
    """
    gathered = Gathered(stamp)
    gathered.add(raw.offers)
    return gathered.found(
        raw,
        slices=tuple(part.to_domain() for part in raw.slices),
        passengers=tuple(passenger.to_domain() for passenger in raw.passengers),
    )


def single(raw: RawOffer, stamp: Stamp) -> Offer:
    """Translate one offer that was asked for by itself.

    Raises:
        ProviderProtocolError: it could not be understood.
    """
    try:
        return raw.to_domain(stamp, Shared(), alone=True)
    except (ValueError, OverflowError) as exc:
        raise ProviderProtocolError(NAME, f"the offer could not be understood: {exc}") from exc
