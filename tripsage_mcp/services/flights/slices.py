"""The slices of a flight search: each with two ends, a date and, if wished, times of day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tripsage_mcp.domain.airports import IATAPlace
from tripsage_mcp.domain.flight_request import SliceRequest
from tripsage_mcp.services.flights.dates import check_departure, check_later, today_at, window
from tripsage_mcp.services.flights.places import Resolution, check_apart, resolution, resolve


@dataclass(frozen=True, slots=True)
class SliceAsked:
    """One direction of a trip with several, as the caller wrote it; times are `HH:MM-HH:MM`."""

    origin: str
    destination: str
    departure_date: date
    departure_time: str | None = None
    arrival_time: str | None = None


@dataclass(frozen=True, slots=True)
class NamedSlice:
    """One direction, with what the caller calls each of its fields.

    Attributes:
        names: By field of `SliceAsked`; those missing are called as the field is.
        follows: What the caller calls the date this one must not precede.
        mirrored: Flies back what the slice before flew: its ends are checked already.
    """

    asked: SliceAsked
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    follows: str = "departure_date"
    mirrored: bool = False

    def name(self, of: str) -> str:
        """Return what the caller calls a field."""
        return self.names.get(of, of)


def check_slices(
    slices: tuple[NamedSlice, ...], now: datetime
) -> tuple[tuple[SliceRequest, ...], dict[str, Resolution]]:
    """Resolve the ends of each slice, and check places, dates and times one after another.

    What a name was taken for is told once, for the first argument that holds it.

    Raises:
        InvalidRequestError: naming the argument, the rule and a valid example.
    """
    made: list[SliceRequest] = []
    resolved: dict[str, Resolution] = {}
    today: date | None = None
    for part in slices:
        origin, destination = _ends(part, resolved)
        day, argument = part.asked.departure_date, part.name("departure_date")
        if today is None:
            today = today_at(now, origin)
            check_departure(argument, day, today)
        else:
            before = made[-1].departure_date
            check_later(argument, day, after=before, of=part.follows, today=today)
        made.append(
            SliceRequest(
                origin.code,
                destination.code,
                day,
                window(part.name("departure_time"), part.asked.departure_time),
                window(part.name("arrival_time"), part.asked.arrival_time),
            )
        )
    return tuple(made), resolved


def _ends(part: NamedSlice, resolved: dict[str, Resolution]) -> tuple[IATAPlace, IATAPlace]:
    asked = part.asked
    ends = [
        (part.name("origin"), asked.origin, resolve(part.name("origin"), asked.origin)),
        (
            part.name("destination"),
            asked.destination,
            resolve(part.name("destination"), asked.destination),
        ),
    ]
    if not part.mirrored:
        check_apart(part.name("destination"), ends[0][2], ends[1][2])
        for name, given, place in ends:
            meant = resolution(given, place)
            if meant is not None and meant not in resolved.values():
                resolved[name] = meant
    return ends[0][2], ends[1][2]
