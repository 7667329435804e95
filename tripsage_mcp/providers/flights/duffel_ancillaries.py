"""What Duffel sells beside the flight, and the seats of a plane.

Duffel calls an ancillary a service. https://duffel.com/docs/api/v2/seat-maps
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, TypeAdapter

from tripsage_mcp.domain.ancillary import (
    Ancillary,
    AncillaryKind,
    BagSize,
    CabinElement,
    CabinMap,
    CabinRow,
    SeatChoice,
    SeatMap,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.errors import ProviderProtocolError
from tripsage_mcp.providers.duffel.wire import (
    NAME,
    Currency,
    Data,
    NoneIfUnreadable,
    NullAsEmpty,
    Raw,
    Unreadable,
    money,
    or_unreadable,
    readable,
)

_Limit = Annotated[int | None, NoneIfUnreadable]


class _Metadata(Raw):
    # Of bags.
    type: str | None = None
    maximum_weight_kg: _Limit = None
    maximum_height_cm: _Limit = None
    maximum_length_cm: _Limit = None
    maximum_depth_cm: _Limit = None
    # Of seats.
    designator: str | None = None
    name: str | None = None
    # Of the right to cancel for any reason.
    refund_amount: Decimal | None = None
    terms_and_conditions_url: str | None = None

    def bag(self) -> BagSize | None:
        if self.type is None:
            return None
        return BagSize(
            kind=self.type,
            weight_kg=self.maximum_weight_kg,
            height_cm=self.maximum_height_cm,
            length_cm=self.maximum_length_cm,
            depth_cm=self.maximum_depth_cm,
        )


class RawService(Raw):
    """One thing that can be added to an offer."""

    id: str
    type: str
    total_amount: Decimal
    total_currency: Currency
    maximum_quantity: int
    passenger_ids: Annotated[list[str], NullAsEmpty] = Field(default=[])
    segment_ids: Annotated[list[str], NullAsEmpty] = Field(default=[])
    metadata: _Metadata | None = None

    def to_domain(self) -> Ancillary:
        """Translate."""
        details = self.metadata or _Metadata()
        return Ancillary(
            ancillary_id=self.id,
            kind=self._kind(),
            price=Money(self.total_amount, self.total_currency),
            maximum_quantity=self.maximum_quantity,
            passenger_ids=tuple(self.passenger_ids),
            segment_ids=tuple(self.segment_ids),
            bag=details.bag() if self.type == "baggage" else None,
            seat=details.designator,
            name=details.name or None,
            refund=money(details.refund_amount, self.total_currency),
            terms_url=details.terms_and_conditions_url,
        )

    def _kind(self) -> AncillaryKind:
        match self.type:
            case "baggage" | "seat" | "meal" | "cancel_for_any_reason":
                return self.type
            case _:
                return "other"


# One that cannot be read is not worth the offer.
MaybeServices = Annotated[
    list[Annotated[RawService | Unreadable, or_unreadable(RawService)]], NullAsEmpty
]


class _SeatService(Raw):
    id: str
    passenger_id: str
    total_amount: Decimal
    total_currency: Currency

    def to_domain(self) -> SeatChoice:
        price = Money(self.total_amount, self.total_currency)
        return SeatChoice(self.passenger_id, self.id, price)


class _Element(Raw):
    type: str
    designator: str | None = None
    name: str | None = None
    disclosures: Annotated[list[str], NullAsEmpty] = Field(default=[])
    available_services: Annotated[list[_SeatService], NullAsEmpty] = Field(default=[])

    def to_domain(self) -> CabinElement:
        return CabinElement(
            kind=self.type,
            designator=self.designator or None,
            choices=tuple(service.to_domain() for service in self.available_services),
            name=self.name or None,
            disclosures=tuple(self.disclosures),
        )


class _Section(Raw):
    elements: Annotated[list[_Element], NullAsEmpty] = Field(default=[])


class _Row(Raw):
    sections: Annotated[list[_Section], NullAsEmpty] = Field(default=[])

    def to_domain(self) -> CabinRow:
        return CabinRow(
            tuple(
                tuple(element.to_domain() for element in section.elements)
                for section in self.sections
            )
        )


class _Wings(Raw):
    first_row_index: int
    last_row_index: int


class _CabinMap(Raw):
    cabin_class: str
    rows: list[_Row]
    deck: int = 0
    aisles: int | None = None
    wings: _Wings | None = None

    def to_domain(self) -> CabinMap:
        rows = tuple(row.to_domain() for row in self.rows)
        wings = self.wings
        return CabinMap(
            cabin=self.cabin_class,
            deck=self.deck,
            aisles=_aisles(rows) if self.aisles is None else self.aisles,
            rows=rows,
            wing_rows=(wings.first_row_index, wings.last_row_index) if wings else None,
        )


def _aisles(rows: tuple[CabinRow, ...]) -> int:
    return max((len(row.sections) - 1 for row in rows), default=0)


class RawSeatMap(Raw):
    """The seats of one segment."""

    segment_id: str
    cabins: list[_CabinMap]
    slice_id: str | None = None

    def to_domain(self) -> SeatMap:
        """Translate."""
        cabins = tuple(cabin.to_domain() for cabin in self.cabins)
        return SeatMap(self.segment_id, self.slice_id, cabins)


SEAT_MAPS: TypeAdapter[Data[list[RawSeatMap | Unreadable]]] = TypeAdapter(
    Data[list[Annotated[RawSeatMap | Unreadable, or_unreadable(RawSeatMap)]]]
)


def seat_maps(raw: list[RawSeatMap | Unreadable]) -> tuple[SeatMap, ...]:
    """Translate; a map that cannot be read is left out.

    Raises:
        ProviderProtocolError: there are maps and none could be read.
    """
    maps = tuple(each.to_domain() for each in readable(raw))
    wrong = [each.field for each in raw if isinstance(each, Unreadable)]
    if wrong and not maps:
        raise ProviderProtocolError(NAME, f"no seat map could be read: unexpected {wrong[0]!r}")
    return maps
