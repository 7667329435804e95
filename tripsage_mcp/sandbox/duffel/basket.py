"""What is bought beside the flight: bags, the right to cancel, and seats."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Offered
from tripsage_mcp.sandbox.duffel.bookings import Bought
from tripsage_mcp.sandbox.duffel.errors import RefusedError, invalid, refused_by_airline
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.duffel.seat_maps import (
    SeatService,
    disclosures_of,
    name_of,
    seat_services,
)
from tripsage_mcp.sandbox.duffel.services import available_services


@dataclass(frozen=True, slots=True)
class Basket:
    """The services chosen, and the seats among them."""

    bought: tuple[Bought, ...]
    seats: tuple[SeatService, ...]

    @property
    def price(self) -> Decimal:
        """Return what they cost together."""
        return sum((service.price for service in self.bought), Decimal(0))


def fill_basket(
    offered: Offered, wanted: tuple[tuple[str, int], ...], taken: Collection[str]
) -> Basket:
    """Return the services asked for.

    Args:
        offered: The offer they are bought with.
        wanted: Ids and quantities.
        taken: Seats that others ordered, as `SeatService.place`.

    Raises:
        RefusedError: 422, one is not on sale, or too many are asked for.
    """
    if not wanted:
        return Basket((), ())
    extras = {str(extra["id"]): extra for extra in available_services(offered)}
    seats = seat_services(offered, taken)
    bought: list[Bought] = []
    chosen: list[SeatService] = []
    for n, (name, quantity) in enumerate(wanted):
        if name in seats:
            most, service = 1, _seat(offered, seats[name])
            chosen.append(seats[name])
        elif name in extras:
            most, service = _extra(extras[name], quantity)
        else:
            message = "The service is not available for this offer."
            raise refused_by_airline(
                "ancillary_service_not_available", message, offered.fare.owner.name
            )
        if quantity > most:
            at = f"/services/{n}/quantity"
            raise RefusedError(422, invalid("quantity", at, f"must be at most {most}"))
        bought.append(service)
    names = [name for name, _ in wanted]
    sitting = {(seat.segment_id, seat.passenger) for seat in chosen}
    places = {seat.place for seat in chosen}
    if len(set(names)) < len(names) or not len(sitting) == len(places) == len(chosen):
        rule = "must name each service once, and one seat for each passenger and segment"
        raise RefusedError(422, invalid("services", "/services", rule))
    return Basket(tuple(bought), tuple(chosen))


def _seat(offered: Offered, seat: SeatService) -> Bought:
    return Bought(
        id=ids.derived("ser", offered.id, seat.id),
        type="seat",
        quantity=1,
        price=seat.price,
        passenger_ids=(offered.answer.passenger_id(seat.passenger),),
        segment_ids=(seat.segment_id,),
        metadata=seat_json(seat),
    )


def seat_json(seat: SeatService) -> Json:
    """Return a seat as orders show it."""
    spot = seat.spot
    return {
        "designator": spot.designator,
        "name": name_of(spot),
        "disclosures": disclosures_of(spot),
    }


def _extra(extra: Json, quantity: int) -> tuple[int, Bought]:
    bought = Bought(
        id=ids.derived("ser", extra["id"]),
        type=str(extra["type"]),
        quantity=quantity,
        price=Decimal(str(extra["total_amount"])) * quantity,
        passenger_ids=tuple(cast("list[str]", extra["passenger_ids"])),
        segment_ids=tuple(cast("list[str]", extra["segment_ids"])),
        metadata=cast("Json", extra["metadata"]),
    )
    return int(str(extra["maximum_quantity"])), bought
