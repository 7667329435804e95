"""What a search over many dates asks for, checked and counted before anybody is asked."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from tripsage_mcp.domain.airports import IATAPlace
from tripsage_mcp.domain.date_grid import DateCell
from tripsage_mcp.domain.flight_request import CabinClass, OfferRequest, SliceRequest
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.arguments import between
from tripsage_mcp.services.flights.dates import (
    DAYS_AHEAD,
    check_departure,
    check_later,
    last_on_sale,
    today_at,
)
from tripsage_mcp.services.flights.places import Resolution, check_apart, resolution, resolve
from tripsage_mcp.services.flights.requests import (
    MAX_CONNECTIONS,
    check_cabin,
    check_passengers,
)

USUAL_SEARCHES = 31
MAX_SEARCHES = 62
MAX_NIGHTS = 90


@dataclass(frozen=True, slots=True)
class DateGridQuery:
    """A grid as the caller wrote it; see `find_cheapest_dates` for the meaning of each field.

    The returns are lengths of stay or dates, not both; without either the grid is one-way.

    Attributes:
        nights_min: Days from departure to return.
        nights_max: By default `nights_min`.
        return_from: May precede some departures: those pairs are no part of the grid.
        return_to: By default `return_from`.
    """

    origin: str
    destination: str
    departure_from: date
    departure_to: date
    nights_min: int | None = None
    nights_max: int | None = None
    return_from: date | None = None
    return_to: date | None = None
    adults: int = 1
    children_ages: tuple[int, ...] = ()
    infants_in_seat: int = 0
    cabin: str | None = None
    max_connections: int = 1
    max_searches: int = USUAL_SEARCHES


@dataclass(frozen=True, slots=True)
class CheckedGrid:
    """A grid that makes sense and is within its budget of searches.

    Attributes:
        resolved: What each name was taken to mean, by argument; codes are not listed.
        cells: By departure, then by nights; none asked yet.
        returns: The dates of return, in order, where they were asked for as dates; each is in at
            least one cell.
    """

    origin: IATAPlace
    destination: IATAPlace
    resolved: Mapping[str, Resolution]
    cells: tuple[DateCell, ...]
    returns: tuple[date, ...]
    adults: int
    children_ages: tuple[int, ...]
    infants_in_seat: int
    cabin: CabinClass | None
    max_connections: int

    def request(self, cell: DateCell) -> OfferRequest:
        """Return what to ask for one cell."""
        origin, destination = self.origin.code, self.destination.code
        slices = [SliceRequest(origin, destination, cell.departure)]
        if cell.back is not None:
            slices.append(SliceRequest(destination, origin, cell.back))
        return OfferRequest(
            slices=tuple(slices),
            adults=self.adults,
            children_ages=self.children_ages,
            infants_in_seat=self.infants_in_seat,
            cabin=self.cabin,
            max_connections=self.max_connections,
        )


def check_grid(query: DateGridQuery, now: datetime) -> CheckedGrid:
    """Check every argument, and the number of searches they make together.

    Raises:
        InvalidRequestError: naming the argument, the rule and a valid example.
    """
    cabin = check_cabin(query.cabin)
    between("max_connections", query.max_connections, 0, MAX_CONNECTIONS, example="1")
    between("max_searches", query.max_searches, 1, MAX_SEARCHES, example=str(USUAL_SEARCHES))
    check_passengers(query.adults, query.children_ages, query.infants_in_seat)
    origin = resolve("origin", query.origin)
    destination = resolve("destination", query.destination)
    check_apart("destination", origin, destination)
    today = today_at(now, origin)
    departures = _departures(query, today)
    returns = _returns(query, today)
    rows = (
        _by_dates(departures, returns)
        if returns
        else dict.fromkeys(departures, _stays(query, today))
    )
    _check_searches(query, rows, returns)
    return CheckedGrid(
        origin=origin,
        destination=destination,
        resolved={
            argument: meant
            for argument, given, place in (
                ("origin", query.origin, origin),
                ("destination", query.destination, destination),
            )
            if (meant := resolution(given, place)) is not None
        },
        cells=tuple(
            DateCell(departure, nights) for departure, stays in rows.items() for nights in stays
        ),
        returns=returns,
        adults=query.adults,
        children_ages=tuple(query.children_ages),
        infants_in_seat=query.infants_in_seat,
        cabin=cabin,
        max_connections=query.max_connections,
    )


type _Stays = Sequence[int] | Sequence[None]
"""Days from departure to return, in order; a single None for one way."""

type _Rows = Mapping[date, _Stays]
"""The lengths of stay of each departure; none is without."""


def _departures(query: DateGridQuery, today: date) -> tuple[date, ...]:
    first, last = query.departure_from, query.departure_to
    check_departure("departure_from", first, today)
    check_later("departure_to", last, after=first, of="departure_from", today=today)
    return _days(first, last)


def _returns(query: DateGridQuery, today: date) -> tuple[date, ...]:
    """Return the dates of return that some departure may have; none if none were asked for."""
    first, last, departure = query.return_from, query.return_to, query.departure_from
    if first is None and last is None:
        return ()
    for name in ("nights_min", "nights_max"):
        if getattr(query, name) is not None:
            raise InvalidRequestError(name, "must be left out where dates of return are given")
    if first is None:
        raise InvalidRequestError(
            "return_from", "must be given with return_to", example=f'"{last}"'
        )
    if last is None:
        check_later("return_from", first, after=departure, of="departure_from", today=today)
        return (first,)
    check_departure("return_from", first, today, instead=departure)
    after, of = max((departure, "departure_from"), (first, "return_from"))
    check_later("return_to", last, after=after, of=of, today=today)
    return _days(after, last)


def _by_dates(departures: tuple[date, ...], returns: tuple[date, ...]) -> _Rows:
    """Return the stays between dates that may go together; a departure without any is left out."""
    return {
        departure: stays
        for departure in departures
        if (stays := [(back - departure).days for back in returns if back >= departure])
    }


def _stays(query: DateGridQuery, today: date) -> _Stays:
    least, most = query.nights_min, query.nights_max
    if least is None:
        if most is not None:
            raise InvalidRequestError("nights_min", "must be given with nights_max", example="7")
        return (None,)
    between("nights_min", least, 0, MAX_NIGHTS, example="7")
    if most is not None:
        between("nights_max", most, least, MAX_NIGHTS, example=str(least))
    longest = least if most is None else most
    room = (last_on_sale(today) - query.departure_to).days
    if longest > room:
        raise InvalidRequestError(
            "nights_min" if most is None else "nights_max",
            f"may be at most {room} with this departure_to: airlines sell {DAYS_AHEAD} days ahead",
            example=str(room),
        )
    return range(least, longest + 1)


def _check_searches(query: DateGridQuery, rows: _Rows, returns: tuple[date, ...]) -> None:
    # How many searches each departure and all before it need.
    totals = tuple(accumulate(len(stays) for stays in rows.values()))
    needed, allowed = totals[-1], query.max_searches
    if needed <= allowed:
        return
    grid = _size(query, rows, returns)
    if needed <= MAX_SEARCHES:
        nights = "" if query.nights_min is None else " or the nights"
        raise InvalidRequestError(
            "max_searches",
            f"must be {needed} or more for {grid}; or narrow the dates{nights}",
            example=str(needed),
        )
    rule = f"needs {needed} searches ({grid}), more than the {allowed} allowed; narrow it"
    fitting = bisect_right(totals, allowed)
    if fitting:
        last = tuple(rows)[fitting - 1]
        raise InvalidRequestError("departure_to", rule, example=f'"{last}"')
    if returns:
        raise InvalidRequestError("return_to", rule, example=f'"{returns[0]}"')
    raise InvalidRequestError("nights_max", rule, example=str(query.nights_min))


def _size(query: DateGridQuery, rows: _Rows, returns: tuple[date, ...]) -> str:
    """Write how many searches a grid needs as the product it is, or nearly is."""
    departures = f"{len(rows)} departures"
    if returns:
        backwards = returns[0] < max(rows)
        less = ", less the returns before the departure" if backwards else ""
        return f"{departures} x {len(returns)} returns{less}"
    if query.nights_min is None:
        return departures
    lengths = len(rows[query.departure_from])
    return f"{departures} x {lengths} lengths of stay"


def _days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
