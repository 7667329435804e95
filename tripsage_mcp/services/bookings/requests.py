"""What a caller asks to book, checked before anybody is asked, then against the fresh offer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tripsage_mcp.domain.ancillary import Ancillary, SeatMap
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import AncillaryChoice, OrderKind, PassengerDetails
from tripsage_mcp.errors import InvalidRequestError, OfferUnavailableError
from tripsage_mcp.services.arguments import money
from tripsage_mcp.services.bookings.passengers import PassengerGiven, checked
from tripsage_mcp.services.bookings.seats import find_seat
from tripsage_mcp.services.flights.offers import check_offer_id

_MOST_EXTRAS = 40
_FROM_OFFER = "must be an ancillary_id of this offer, from get_flight_offer"


@dataclass(frozen=True, slots=True)
class AncillaryGiven:
    """An ancillary of the offer, and how many."""

    ancillary_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class SeatGiven:
    """A seat for one passenger on one segment, counted from 1 over all slices."""

    passenger_id: str
    segment: int
    seat: str


@dataclass(frozen=True, slots=True, repr=False)
class BookRequest:
    """An order as the caller wrote it.

    Attributes:
        total: What the traveller was told it costs, like `334.34 GBP`, extras included.
        hold: Reserve now and pay later, where the offer allows that.
    """

    offer_id: str
    total: str
    passengers: Sequence[PassengerGiven]
    hold: bool = False
    ancillaries: Sequence[AncillaryGiven] = ()
    seats: Sequence[SeatGiven] = ()


@dataclass(frozen=True, slots=True, repr=False)
class CheckedBooking:
    """The same, valid in itself."""

    offer_id: str
    kind: OrderKind
    total: Money
    people: tuple[PassengerDetails, ...]
    ancillaries: tuple[AncillaryGiven, ...]
    seats: tuple[SeatGiven, ...]


@dataclass(frozen=True, slots=True)
class Extra:
    """Something bought beside the flight.

    Attributes:
        words: What it is, without anybody's name.
        price: Of all of it.
        passenger_ids: For whom.
    """

    choice: AncillaryChoice
    words: str
    price: Money
    passenger_ids: tuple[str, ...] = ()


def check(request: BookRequest, now: datetime) -> CheckedBooking:
    """Return the request in normal form; asks nobody.

    Raises:
        InvalidRequestError: an argument breaks a rule.
    """
    check_offer_id(request.offer_id)
    for argument, given in (("ancillaries", request.ancillaries), ("seats", request.seats)):
        if given and request.hold:
            raise InvalidRequestError(
                argument, "must be empty on a hold: a held order is of the flights alone"
            )
        if len(given) > _MOST_EXTRAS:
            raise InvalidRequestError(argument, f"must be at most {_MOST_EXTRAS}")
    for n, wanted in enumerate(request.ancillaries):
        if wanted.quantity < 1:
            raise InvalidRequestError(f"ancillaries.{n}.quantity", "must be 1 or more")
    _refuse_twice("ancillaries", (each.ancillary_id for each in request.ancillaries))
    _refuse_twice("seats", ((each.passenger_id, each.segment) for each in request.seats))
    _refuse_twice("seats", ((each.segment, each.seat.strip().upper()) for each in request.seats))
    return CheckedBooking(
        offer_id=request.offer_id,
        kind="hold" if request.hold else "instant",
        total=money(request.total, "total"),
        people=checked(request.passengers, now),
        ancillaries=tuple(request.ancillaries),
        seats=tuple(request.seats),
    )


def check_kind(kind: OrderKind, offer: Offer) -> None:
    """Refuse to hold what has to be paid at once.

    Raises:
        InvalidRequestError: the offer cannot be held.
    """
    if kind == "hold" and (offer.payment is None or offer.payment.instant):
        raise InvalidRequestError("hold", "must be false: this offer has to be paid when ordered")


def extras(asked: CheckedBooking, offer: Offer, maps: Iterable[SeatMap]) -> tuple[Extra, ...]:
    """Return what is bought beside the flight, as sold now.

    Args:
        asked: The request.
        offer: With its ancillaries, fresh.
        maps: Its seat maps, fresh; needed only where a seat is asked for.

    Raises:
        InvalidRequestError: something asked for is not sold.
        OfferUnavailableError: an extra has a price in another currency than the flight.
    """
    found = [*_ancillaries(asked, offer), *_seats(asked, offer, tuple(maps))]
    if any(extra.price.currency != offer.total.currency for extra in found):
        raise OfferUnavailableError(
            "An extra is sold in another currency than the flight; nothing was bought.",
            hint="Book without it and add it with the airline.",
        )
    return tuple(found)


def _ancillaries(asked: CheckedBooking, offer: Offer) -> Iterator[Extra]:
    sold: Mapping[str, Ancillary] = {each.ancillary_id: each for each in offer.ancillaries or ()}
    for n, wanted in enumerate(asked.ancillaries):
        found = sold.get(wanted.ancillary_id)
        if found is None:
            raise InvalidRequestError(f"ancillaries.{n}.ancillary_id", _FROM_OFFER)
        if wanted.quantity > found.maximum_quantity:
            raise InvalidRequestError(
                f"ancillaries.{n}.quantity", f"must be at most {found.maximum_quantity}"
            )
        yield Extra(
            AncillaryChoice(found.ancillary_id, wanted.quantity),
            _ancillary_words(found, wanted.quantity, offer),
            found.price * wanted.quantity,
            found.passenger_ids,
        )


def _ancillary_words(found: Ancillary, quantity: int, offer: Offer) -> str:
    what = found.kind.replace("_", " ")
    if found.bag is not None:
        weight = "" if found.bag.weight_kg is None else f" up to {found.bag.weight_kg} kg"
        what = f"{found.bag.kind.replace('_', ' ')} bag{weight}"
    elif found.seat is not None:
        what = f"seat {found.seat}"
    flights = [each.flight for each in offer.segments if each.segment_id in found.segment_ids]
    where = f" on {', '.join(flights)}" if flights else ""
    back = "" if found.refund is None else f", gives back {found.refund}"
    return f"{quantity} x {what}{where}{back}"


def _seats(asked: CheckedBooking, offer: Offer, maps: Sequence[SeatMap]) -> Iterator[Extra]:
    seated = {one.passenger_id for one in offer.passengers if one.type != "infant_without_seat"}
    for n, wanted in enumerate(asked.seats):
        if wanted.passenger_id not in seated:
            raise InvalidRequestError(
                f"seats.{n}.passenger_id", "must be a passenger of this offer who has a seat"
            )
        if not 1 <= wanted.segment <= len(offer.segments):
            raise InvalidRequestError(
                f"seats.{n}.segment", f"must be 1 to {len(offer.segments)}", example="1"
            )
        segment = offer.segments[wanted.segment - 1]
        choice = find_seat(
            maps, segment.segment_id, wanted.seat, wanted.passenger_id, argument=f"seats.{n}.seat"
        )
        seat = wanted.seat.strip().upper()
        yield Extra(
            AncillaryChoice(choice.ancillary_id),
            f"seat {seat} on {segment.flight}",
            choice.price,
            (wanted.passenger_id,),
        )


def _refuse_twice(argument: str, keys: Iterable[object]) -> None:
    if any(count > 1 for count in Counter(keys).values()):
        raise InvalidRequestError(argument, "must not name the same thing twice")
