"""Naming a seat: `12A` on a segment, for a passenger, found on a fresh seat map."""

from collections.abc import Iterable, Iterator

from tripsage_mcp.domain.ancillary import CabinElement, SeatChoice, SeatMap, seat_place
from tripsage_mcp.errors import InvalidRequestError

_MOST_NAMED = 12
_EXAMPLE = '"12A"'


def find_seat(
    maps: Iterable[SeatMap],
    segment_id: str | None,
    designator: str,
    passenger_id: str,
    *,
    argument: str = "seats",
) -> SeatChoice:
    """Return what one passenger pays for one seat, and the ancillary that an order names for it.

    Args:
        maps: Of the offer, fresh: seats go fast.
        segment_id: On which segment.
        designator: As printed, e.g. `12A`; case, spaces and leading zeros do not matter.
        passenger_id: For whom.
        argument: What the caller calls its list of seats.

    Raises:
        InvalidRequestError: there is no map or no such seat, or it is not free for the passenger;
            it says which are, the nearest rows first.
    """
    wanted = seat_place(designator)
    if wanted is None:
        raise InvalidRequestError(argument, "must name a seat by row and letter", example=_EXAMPLE)
    seats = list(_seats(maps, segment_id))
    if not seats:
        raise InvalidRequestError(
            argument,
            "names a segment for which the airline shares no seat map; leave the seat out",
        )
    named = [seat for seat in seats if seat_place(seat.designator or "") == wanted]
    for seat in named:
        for choice in seat.choices:
            if choice.passenger_id == passenger_id:
                return choice
    raise _refused(argument, named, _free(seats, passenger_id, wanted[0]))


def _seats(maps: Iterable[SeatMap], segment_id: str | None) -> Iterator[CabinElement]:
    for each in maps:
        if segment_id is not None and each.segment_id == segment_id:
            for cabin in each.cabins:
                for row in cabin.rows:
                    yield from (element for element in row.elements if element.is_seat)


def _free(seats: Iterable[CabinElement], passenger_id: str, row: int) -> list[str]:
    """Return the seats the passenger may take, those nearest to `row` first."""
    free = {
        place
        for seat in seats
        if any(choice.passenger_id == passenger_id for choice in seat.choices)
        and (place := seat_place(seat.designator or "")) is not None
    }
    return [f"{n}{letter}" for n, letter in sorted(free, key=lambda at: (abs(at[0] - row), at))]


def _refused(argument: str, named: list[CabinElement], free: list[str]) -> InvalidRequestError:
    if not named:
        wrong = "names a seat that this aircraft does not have"
    elif any(seat.choices for seat in named):
        wrong = "names a seat that this passenger may not take"
    else:
        wrong = "names a seat that is taken or blocked"
    if not free:
        return InvalidRequestError(
            argument, f"{wrong}; none is free for this passenger on that segment, leave it out"
        )
    more = f" and {len(free) - _MOST_NAMED} more" if len(free) > _MOST_NAMED else ""
    return InvalidRequestError(
        argument,
        f"{wrong}; free on that segment: {', '.join(free[:_MOST_NAMED])}{more}",
        example=f'"{free[0]}"',
    )
